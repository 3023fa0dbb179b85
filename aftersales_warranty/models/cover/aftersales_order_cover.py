from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.aftersales_service.const import OPEN_STATES


class AftersalesOrder(models.Model):
    """Cover of the machine in words; repairs and parts tell the warranty (WA-05)."""

    _inherit = "aftersales.order"

    sale_warranty_id = fields.Many2one(
        "aftersales.warranty",
        "Warranty of the Sale",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('asset_id', '=', False), "
        "('partner_id', 'child_of', commercial_partner_id)]",
        help="Where the goods have no serial number: the warranty of the sales line.",
    )
    warranty_card = fields.Json(compute="_compute_warranty_card")
    warranty_text = fields.Char(
        "Warranty", compute="_compute_warranty_card", help="What is covered, and why."
    )
    warranty_state = fields.Selection(
        [
            ("active", "Covered"),
            ("partly", "Partly covered"),
            ("pending", "Not begun"),
            ("expired", "Ended"),
            ("void", "Void"),
            ("none", "No warranty"),
        ],
        string="Cover",
        compute="_compute_warranty_card",
    )

    @api.depends("asset_id", "sale_warranty_id", "called_at")
    @api.depends_context("lang")
    def _compute_warranty_card(self):
        cards = self.env["aftersales.warranty.card"]._get_order_cards(self)
        for order in self:
            card = cards[order]
            order.warranty_card = card or False
            order.warranty_text = card.get("text", False)
            order.warranty_state = card.get("state", False)

    @api.constrains("sale_warranty_id", "asset_id", "partner_id")
    def _check_sale_warranty(self):
        for order in self.filtered("sale_warranty_id"):
            # Safe: only who owns it; the user may choose what the list offers.
            warranty = order.sudo().sale_warranty_id
            owner = warranty.partner_id.commercial_partner_id
            if warranty.asset_id or owner != order.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(warranty)s is not a warranty without a machine of "
                        "%(customer)s.",
                        warranty=warranty.display_name,
                        customer=order.partner_id.display_name,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"asset_id", "sale_warranty_id", "called_at"}:
            self._reset_changed_quotes()
        return result

    # -- actions ---------------------------------------------------------------

    def action_decide_payer(self):
        """Ask the warranties again: one was opened, voided or corrected meanwhile."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role(
            "operator", "technician", "supervisor"
        )
        self._lock_for_action()
        if fixed := self.filtered(
            lambda order: order.state not in OPEN_STATES or order.signed_at
        ):
            raise UserError(
                self.env._(
                    "%(orders)s: done or signed, who pays is settled. A manager can "
                    "override a line.",
                    orders=", ".join(fixed[:5].mapped("name")),
                )
            )
        # Safe: rights and state were checked; the rules decide, not the user.
        self.sudo()._decide_payer_again()

    def _decide_payer_again(self):
        """Decide all lines again; quotations that are no longer true end."""
        self.line_ids._decide_again()
        self._reset_changed_quotes()

    @api.model
    def _decide_open_orders(self, warranties):
        """What the warranties say has changed: running orders follow."""
        # Safe: a consequence of what the user was allowed to do to the warranty.
        orders = self.sudo().search(
            Domain("state", "in", OPEN_STATES)
            & Domain("signed_at", "=", False)
            & (
                Domain("asset_id", "in", warranties.asset_id.ids)
                | Domain("sale_warranty_id", "in", warranties.ids)
            )
        )
        orders._decide_payer_again()

    # -- misuse ----------------------------------------------------------------

    def _is_warranty_lost(self):
        """Misuse takes away what the warranty would have paid."""
        return self.misuse and self.warranty_state in ("active", "partly")

    def _is_signature_required(self):
        if self.place == "onsite" and self._is_warranty_lost():
            return True
        return super()._is_signature_required()

    def _get_missing_for_completion(self):
        """Misuse is shown by a photo when the warranty would have paid (WA-05)."""
        missing = super()._get_missing_for_completion()
        for order in self:
            if order._is_warranty_lost() and not order.photo_ids:
                missing.setdefault(order, []).append(
                    self.env._("a photo that shows the misuse")
                )
        return missing

    # -- what the warranty learns ----------------------------------------------

    def _after_complete(self):
        result = super()._after_complete()
        self._tell_warranties()
        return result

    def action_start(self):
        result = super().action_start()
        self._tell_warranties()
        return result

    def action_reopen(self, reason=False):
        result = super().action_reopen(reason)
        self._tell_warranties()
        return result

    def action_cancel(self, reason=False):
        result = super().action_cancel(reason)
        self._tell_warranties()
        return result

    def _tell_warranties(self):
        """Repair time of covered orders, own cover of the parts fitted (WA-03)."""
        # Safe: facts of orders whose actions have checked the rights.
        orders = self.sudo()
        known = self.env["aftersales.warranty.repair"].sudo()  # Safe: as above.
        known = known.search([("order_id", "in", orders.ids)]).order_id
        repairs = orders.filtered(
            lambda order: order in known or order._is_warranty_repair()
        )
        repairs._register_warranty_repair()
        done = orders.filtered(lambda order: order.state == "done")
        done._register_warranty_parts()
        done.line_ids._set_warranty_cost()
        (orders - done)._withdraw_warranty_parts()

    def _withdraw_warranty_parts(self):
        """Reopened or cancelled: the parts are not handed over after all."""
        parts = self.env["aftersales.warranty.part"].sudo()  # Safe: as the caller.
        parts.search([("order_line_id.order_id", "in", self.ids)]).unlink()

    def _register_warranty_parts(self):
        """Parts replaced under warranty carry a cover of their own."""
        lines = self.line_ids.filtered(
            lambda line: (
                line.kind == "part"
                and line.payer == "warranty"
                and line.warranty_id
                and line._get_charged_quantity() > 0
            )
        )
        if lines:
            self.env["aftersales.warranty"]._register_parts(
                [line._prepare_warranty_part() for line in lines]
            )
