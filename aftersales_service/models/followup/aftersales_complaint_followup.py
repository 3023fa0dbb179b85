from odoo import fields, models


class AftersalesComplaint(models.Model):
    _inherit = "aftersales.complaint"

    followup_id = fields.Many2one(
        "aftersales.followup",
        "From follow-up",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The follow-up in which the customer said it.",
    )

    _followup_uniq = models.UniqueIndex(
        "(followup_id) WHERE followup_id IS NOT NULL",
        "This follow-up has already become a complaint.",
    )
