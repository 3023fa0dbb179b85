from odoo import fields, models
from odoo.exceptions import AccessError


class AftersalesProposalMixin(models.AbstractModel):
    """Money on a deposit agreement that one proposes and another one approves."""

    _name = "aftersales.proposal.mixin"
    _description = "Proposal on a deposit agreement"
    _inherit = ["aftersales.document.mixin"]

    TODAY = ("date",)

    deposit_id = fields.Many2one(
        "aftersales.deposit",
        "Agreement",
        required=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="deposit_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="deposit_id.partner_id", store=True, index=True, string="Supplier"
    )
    currency_id = fields.Many2one(related="deposit_id.currency_id")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._aftersales_today(),
        copy=False,
    )
    proposed_by_id = fields.Many2one(
        "res.users",
        "Proposed by",
        readonly=True,
        copy=False,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    approved_by_id = fields.Many2one(
        "res.users", "Approved by", readonly=True, copy=False, ondelete="restrict"
    )
    approved_at = fields.Datetime("Approved on", readonly=True, copy=False)

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "The amount has to be above zero."
    )

    def _check_decider(self):
        """A manager decides, never on the own proposal.

        :raise AccessError: not a manager, or the own proposal
        """
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")

    def _check_not_own(self):
        own = self.filtered(lambda record: record.proposed_by_id == self.env.user)
        if own and not self.env.su:
            raise AccessError(
                self.env._(
                    "You proposed %s yourself: another manager has to approve it.",
                    own[0].name,
                )
            )

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name == "approve":
            values.update(
                approved_by_id=self.env.uid, approved_at=fields.Datetime.now()
            )
        return values
