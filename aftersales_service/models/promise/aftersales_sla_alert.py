from odoo import fields, models


class AftersalesSlaAlert(models.Model):
    """Who was told that a promise is at risk or missed: the proof of "once" (SV-12).

    Written by the watch in the same transaction as the activities; the unique index
    makes a second one impossible, whatever is killed or run twice.
    """

    _name = "aftersales.sla.alert"
    _description = "Alert about a Promise"
    _order = "told_at, id"
    _rec_name = "res_id"

    res_model = fields.Char("Document model", required=True)
    res_id = fields.Many2oneReference(
        "Document", model_field="res_model", required=True
    )
    company_id = fields.Many2one("res.company", index="btree_not_null")
    milestone = fields.Selection(
        [("answer", "Answer"), ("arrive", "On site"), ("resolve", "Solved")],
        required=True,
    )
    level = fields.Selection(
        [("at_risk", "At risk"), ("missed", "Missed"), ("error", "Not checked")],
        required=True,
    )
    promise = fields.Integer(
        help="0 for the first promise, 1 after it was agreed anew, and so on: a new "
        "promise may be told anew."
    )
    deadline = fields.Datetime()
    told_at = fields.Datetime(required=True, default=fields.Datetime.now)
    supervisor_id = fields.Many2one("res.users", ondelete="set null")
    manager_id = fields.Many2one("res.users", ondelete="set null")

    _once = models.UniqueIndex(
        "(res_model, res_id, milestone, level, promise)",
        "This has been told already.",
    )
