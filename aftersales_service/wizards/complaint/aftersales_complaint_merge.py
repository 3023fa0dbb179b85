from odoo import api, fields, models


class AftersalesComplaintMerge(models.TransientModel):
    """Asks which of several complaints about one matter goes on."""

    _name = "aftersales.complaint.merge"
    _description = "Merge Complaints"

    complaint_ids = fields.Many2many(
        "aftersales.complaint", string="Complaints", required=True
    )
    main_id = fields.Many2one(
        "aftersales.complaint",
        "Goes on",
        compute="_compute_main_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="cascade",
        domain="[('id', 'in', complaint_ids)]",
        help="The others become its duplicates and are not counted.",
    )

    @api.depends("complaint_ids")
    def _compute_main_id(self):
        """The first report, unless the user says otherwise."""
        for wizard in self:
            found = wizard.complaint_ids.sorted(lambda c: (c.received_at, c._origin.id))
            wizard.main_id = wizard.main_id or found[:1]._origin

    def action_confirm(self):
        self.ensure_one()
        self.main_id.action_merge(self.complaint_ids - self.main_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.complaint",
            "res_id": self.main_id.id,
            "view_mode": "form",
        }
