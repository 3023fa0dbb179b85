from odoo import api, fields, models


class AftersalesWarrantyTermRow(models.AbstractModel):
    """A row of a term: as immutable as the term once a version was sold."""

    _name = "aftersales.warranty.term.row"
    _description = "Row of a Warranty Term"

    term_id = fields.Many2one(
        "aftersales.warranty.term", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows.term_id._check_not_version()
        rows.term_id.filtered(lambda term: not term.head_id)._start_new_version()
        return rows

    def write(self, vals):
        self.term_id._check_not_version()
        result = super().write(vals)
        self.term_id._check_not_version()
        self.term_id._start_new_version()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_version(self):
        self.term_id._check_not_version()
        self.term_id._start_new_version()
