from odoo import SUPERUSER_ID, api

PREFIX = "aftersales_service.aftersales_sla_policy_"


def migrate(cr, version):
    """Two shipped promises had been misread; what people changed stays theirs."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    hard = env.ref(f"{PREFIX}hard_question", raise_if_not_found=False)
    if hard and hard.place == "remote" and hard.answer_value == 4:
        hard.place = False
    counter = env.ref(f"{PREFIX}complaint_counter", raise_if_not_found=False)
    if counter and (counter.resolve_value, counter.resolve_unit) == (30, "minutes"):
        counter.write({"resolve_value": 48, "resolve_unit": "hours"})
