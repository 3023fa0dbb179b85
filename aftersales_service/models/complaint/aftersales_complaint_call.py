from odoo import fields, models

KINDS = [("call", "Call"), ("visit", "Visit")]


class AftersalesComplaintCall(models.Model):
    """The call or visit of a superior to a complainant; written by actions only."""

    _name = "aftersales.complaint.call"
    _description = "Call to a Complainant"
    _order = "called_at desc, id desc"
    _rec_name = "called_at"

    complaint_id = fields.Many2one(
        "aftersales.complaint", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="complaint_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(KINDS, required=True)
    by_deputy = fields.Boolean("By the deputy general manager")
    user_id = fields.Many2one("res.users", "Who", required=True, ondelete="restrict")
    called_at = fields.Datetime("When", required=True)
    result = fields.Text("What the customer said", required=True)
