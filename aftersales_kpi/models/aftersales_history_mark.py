from odoo import fields, models


class AftersalesHistoryMark(models.Model):
    """A record the demo history has made, so that all of it can go again (KP-12)."""

    _name = "aftersales.history.mark"
    _description = "Demo history: record made"
    _log_access = False
    _order = "id"

    history_id = fields.Many2one(
        "aftersales.history", required=True, index=True, ondelete="cascade"
    )
    res_model = fields.Char("Model", required=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
