from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesSlaAgree(models.TransientModel):
    """A promise that cannot be kept is agreed anew with the customer (SV-12)."""

    _name = "aftersales.sla.agree"
    _description = "Agree a New Date"

    res_model = fields.Char(
        required=True, default=lambda self: self.env.context.get("active_model")
    )
    res_id = fields.Many2oneReference(
        required=True,
        model_field="res_model",
        default=lambda self: self.env.context.get("active_id"),
    )
    milestone = fields.Selection(
        [("answer", "Answer"), ("arrive", "On site"), ("resolve", "Solved")],
        required=True,
        default=lambda self: self._default_milestone(),
    )
    open_milestones = fields.Char(
        compute="_compute_open_milestones", help="What the dialog offers."
    )
    old_deadline = fields.Datetime("Promised until now", compute="_compute_old")
    new_deadline = fields.Datetime("New date", required=True)
    reason = fields.Char("Why", required=True, size=500)
    agreed_with = fields.Char("Agreed with", help="Who of the customer agreed.")

    @api.model
    def _default_milestone(self):
        """The first promise that is still open."""
        context = self.env.context
        document = self._browse_document(
            context.get("active_model"), context.get("active_id")
        )
        return next(iter(self._get_open_milestones(document)), False)

    @api.model
    def _browse_document(self, model, res_id):
        if model not in self.env["aftersales.sla.mixin"]._get_sla_models():
            return None
        document = self.env[model].browse(res_id or []).exists()
        document.check_access("read")
        return document

    @api.model
    def _get_open_milestones(self, document):
        return [
            milestone
            for milestone in (document.SLA_MILESTONES if document else ())
            if document[f"{milestone}_deadline"] and not document[f"{milestone}_at"]
        ]

    @api.depends("res_model", "res_id")
    def _compute_open_milestones(self):
        for wizard in self:
            document = self._browse_document(wizard.res_model, wizard.res_id)
            wizard.open_milestones = ",".join(self._get_open_milestones(document))

    @api.depends("res_model", "res_id", "milestone")
    def _compute_old(self):
        for wizard in self:
            document = self._browse_document(wizard.res_model, wizard.res_id)
            known = document and wizard.milestone in document.SLA_MILESTONES
            name = f"{wizard.milestone}_deadline"
            wizard.old_deadline = known and document[name]

    def action_confirm(self):
        """Record the new promise; rights and state are checked by the document."""
        self.ensure_one()
        document = self._browse_document(self.res_model, self.res_id)
        if not document:
            raise UserError(self.env._("This document makes no promises."))
        document.action_agree(
            self.milestone, self.new_deadline, self.reason, self.agreed_with
        )
        return {"type": "ir.actions.act_window_close"}
