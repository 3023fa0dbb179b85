from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesOrder(models.Model):
    """The repair as the supplier's matter: what can be claimed for it (WA-20)."""

    _inherit = "aftersales.order"

    claim_due_ids = fields.One2many(
        "aftersales.claim.due",
        "order_id",
        "To be claimed",
        readonly=True,
        copy=False,
        groups="aftersales_service.aftersales_service_group_supervisor,"
        "aftersales_service.aftersales_service_group_accountant",
    )
    claim_ids = fields.One2many(
        "aftersales.supplier.claim",
        "order_id",
        "Supplier claims",
        readonly=True,
        copy=False,
        groups="aftersales_service.aftersales_service_group_supervisor,"
        "aftersales_service.aftersales_service_group_accountant,"
        "aftersales_service.aftersales_service_group_parts",
    )
    claim_checked_at = fields.Datetime(
        "Claims looked at",
        readonly=True,
        copy=False,
        help="When it was last found out what can be claimed from suppliers.",
    )
    is_claimable = fields.Boolean(compute="_compute_is_claimable", compute_sudo=True)

    @api.depends("claim_due_ids.state", "claim_ids.state", "state")
    def _compute_is_claimable(self):
        """Done, and something of it is still to be claimed."""
        for order in self:
            order.is_claimable = order.state in ("done", "closed") and bool(
                order.claim_due_ids.filtered(
                    lambda row: row.state == "open" and not row.claim_id
                )
            )

    # -- actions ---------------------------------------------------------------

    def action_claim_supplier(self):
        """One click: the drafts of what each supplier has to bear.

        :raise UserError: nothing can be claimed, and why
        """
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        return (
            self.env["aftersales.supplier.claim"]._create_for_orders(self)._get_action()
        )

    def action_view_claims(self):
        """Open the claims of the order."""
        self.check_access("read")
        return self.claim_ids._get_action()

    def _check_can_claim(self):
        if wrong := self.filtered(lambda order: order.state not in ("done", "closed")):
            raise UserError(
                self.env._(
                    "%(orders)s is not done yet: what can be claimed is known then.",
                    orders=", ".join(wrong[:5].mapped("name")),
                )
            )

    # -- what happens to the order ------------------------------------------------

    def _after_complete(self):
        result = super()._after_complete()
        covered = self.filtered(
            lambda order: any(line.payer != "customer" for line in order.line_ids)
        )
        if covered:
            self.env["aftersales.claim.due"]._refresh(covered)
        return result

    def _check_can_reopen(self):
        super()._check_can_reopen()
        self._check_not_claimed()

    def _check_can_cancel(self):
        super()._check_can_cancel()
        self._check_not_claimed()

    def _check_not_claimed(self):
        # Safe: only the number of the claim is shown.
        claims = self.sudo().claim_ids
        sent = claims.filtered(lambda claim: claim.state not in ("draft", "cancelled"))
        if sent:
            raise UserError(
                self.env._(
                    "%(order)s has been claimed from %(supplier)s with %(claim)s. "
                    "Cancel the claim first.",
                    order=sent[0].order_id.name,
                    supplier=sent[0].partner_id.name,
                    claim=sent[0].name,
                )
            )

    def action_reopen(self, reason=False):
        result = super().action_reopen(reason)
        self._withdraw_claims()
        return result

    def action_cancel(self, reason=False):
        result = super().action_cancel(reason)
        self._withdraw_claims()
        return result

    def _withdraw_claims(self):
        """Drafts go with the repair; the list is drawn up anew when it is done."""
        # Safe: the consequence of the order's own action, drafts only.
        drafts = self.sudo().claim_ids.filtered(lambda claim: claim.state == "draft")
        if drafts:
            drafts._cancel(self.env._("The order was taken up again."))
        self.env["aftersales.claim.due"]._withdraw(self)
