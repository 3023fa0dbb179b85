from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.aftersales_service.const import OPEN_STATES
from odoo.addons.aftersales_service.tools.records import require_reason

from ...tools.clock import over_domain


class AftersalesClaimDue(models.Model):
    """What a done order lets us claim from a supplier, and until when (WA-20).

    One row per order and supplier, written when the order is completed. Until the
    claim has gone out it stands in "to be claimed"; past its deadline it stands in
    "not made in time", with the money lost.

    ============ ============ ======================================================
    Action       Group        Restriction
    ============ ============ ======================================================
    claim        supervisor   one draft per order and supplier, also for many at once
    look again   supervisor   terms or receipts were entered late
    dismiss      manager      with a reason; it can be taken up again
    take up      manager
    ============ ============ ======================================================
    """

    _name = "aftersales.claim.due"
    _description = "Claim to be made"
    _inherit = ["aftersales.guard.mixin"]
    _order = "deadline, id"
    _check_company_auto = True

    order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        required=True,
        index=True,
        ondelete="restrict",
        readonly=True,
        check_company=True,
    )
    company_id = fields.Many2one(
        related="order_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner",
        "Supplier",
        required=True,
        index=True,
        ondelete="restrict",
        readonly=True,
    )
    customer_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    product_id = fields.Many2one(related="order_id.product_id", string="Machine")
    amount = fields.Monetary(
        "To claim", readonly=True, help="Our cost that the supplier's terms cover."
    )
    done_on = fields.Date(readonly=True)
    deadline = fields.Date("Claim until", readonly=True, index=True)
    facts = fields.Json(readonly=True)
    supplier_reason = fields.Char(
        "Why this supplier", compute="_compute_supplier_reason"
    )
    state = fields.Selection(
        [
            ("open", "To be claimed"),
            ("claimed", "Claimed"),
            ("dismissed", "Not claimed"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
    )
    claim_id = fields.Many2one(
        "aftersales.supplier.claim",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    days_left = fields.Integer(compute="_compute_days_left")
    is_missed = fields.Boolean(
        "Not made in time", compute="_compute_days_left", search="_search_is_missed"
    )
    dismissed_by_id = fields.Many2one(
        "res.users", "Decided by", readonly=True, ondelete="restrict"
    )
    dismissed_reason = fields.Char("Why not claimed", readonly=True)

    _order_uniq = models.UniqueIndex(
        "(order_id, partner_id)", "This claim is on the list already."
    )

    @api.depends("order_id.name", "partner_id.name")
    def _compute_display_name(self):
        # Safe: purchasing follows claims up and sees no orders; only their number.
        for row in self.sudo():
            row.display_name = f"{row.order_id.name} · {row.partner_id.name}"

    @api.depends("facts")
    @api.depends_context("lang")
    def _compute_supplier_reason(self):
        assessor = self.env["aftersales.claim.assessor"]
        for row in self:
            row.supplier_reason = assessor._describe_delivery(row.facts)

    @api.depends("deadline", "state")
    def _compute_days_left(self):
        for row in self:
            today = row.company_id._aftersales_today()
            row.days_left = (row.deadline - today).days if row.deadline else 0
            row.is_missed = row.state == "open" and row.days_left < 0

    def _search_is_missed(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "=", "open") & over_domain(self.env, "deadline")

    # -------------------------------------------------------------------------
    # ASSESS
    # -------------------------------------------------------------------------

    @api.model
    def _refresh(self, orders):
        """Bring the list in line with the lines of done orders; twice = once.

        :return: ``{order: [Assessed]}``
        """
        # Safe: a consequence of completing an order; people read rows by their rights.
        orders, rows = orders.sudo(), self.sudo()
        found = self.env["aftersales.claim.assessor"]._assess(orders)
        known = {
            (row.order_id, row.partner_id): row
            for row in rows.search([("order_id", "in", orders.ids)])
        }
        wanted = {}
        for order, items in found.items():
            for values in self._prepare_rows(order, items):
                wanted[order, rows.env["res.partner"].browse(values["partner_id"])] = (
                    values
                )
        gone = rows.browse()
        for key, row in known.items():
            if key in wanted:
                row._update(wanted[key])
            elif row.state == "open" and not row.claim_id:
                gone |= row
        gone.unlink()
        rows.create([vals for key, vals in wanted.items() if key not in known])
        return found

    def _update(self, values):
        """Amount and deadline follow the facts until the claim has gone out."""
        if self.state == "claimed":
            return
        changed = {
            name: value
            for name, value in values.items()
            if name in ("amount", "deadline", "facts", "done_on")
            and self[name] != value
        }
        if changed:
            self.write(changed)

    @api.model
    def _prepare_rows(self, order, items):
        """One row per supplier with something to claim."""
        by_supplier = {}
        for item in items:
            if item.cover and item.amount > 0:
                by_supplier.setdefault(item.delivery.supplier, []).append(item)
        day = self._get_done_on(order)
        for supplier, group in by_supplier.items():
            yield {
                "order_id": order.id,
                "partner_id": supplier.id,
                "amount": order.company_id.currency_id.round(
                    sum(item.amount for item in group)
                ),
                "done_on": day,
                "deadline": day + timedelta(days=self._get_claim_days(order, group)),
                "facts": self.env["aftersales.claim.assessor"]._pack_delivery(
                    group[0].delivery
                ),
            }

    @api.model
    def _get_done_on(self, order):
        done = order.done_at or fields.Datetime.now()
        return order.company_id._aftersales_day(done)

    @api.model
    def _get_claim_days(self, order, items):
        """The strictest of the supplier's terms, else the company's setting."""
        days = [item.cover.term.claim_days for item in items if item.cover.term]
        return min(filter(None, days), default=order.company_id.aftersales_claim_days)

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_create_claims(self):
        """A draft claim for each row; what has one already shows that one."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        claims = self.env["aftersales.supplier.claim"]._create_for_orders(
            self.order_id, self.partner_id
        )
        return claims._get_action()

    def action_look_again(self):
        """Terms or receipts were entered late: assess the orders anew."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        self._refresh(self.order_id)
        return True

    @api.model
    def action_find_missing(self):
        """Look at done orders of the last half year that are not on the list."""
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        since = fields.Datetime.now() - timedelta(days=183)
        orders = self.env["aftersales.order"].search(
            Domain("state", "in", ("done", "closed"))
            & Domain("done_at", ">=", since)
            & Domain("claim_due_ids", "=", False)
            & Domain("line_ids.payer", "not in", ("customer", False)),
            limit=2000,
        )
        self._refresh(orders)
        return True

    def action_dismiss(self, reason=False):
        """Not worth claiming: a manager says why."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        reason = require_reason(
            self.env, reason, self.env._("Say why it is not claimed.")
        )
        rows = self.sudo()  # Safe: rights were checked above.
        rows._lock_for_action()
        if claimed := rows.filtered(lambda row: row.state != "open" or row.claim_id):
            raise UserError(rows._blocked_message("dismiss", claimed))
        rows.write(
            {
                "state": "dismissed",
                "dismissed_by_id": self.env.uid,
                "dismissed_reason": reason,
            }
        )
        return True

    def action_take_up(self):
        """Claim it after all."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        rows = self.sudo()  # Safe: rights were checked above.
        rows._lock_for_action()
        dismissed = rows.filtered(lambda row: row.state == "dismissed")
        dismissed.write(
            {"state": "open", "dismissed_by_id": False, "dismissed_reason": False}
        )
        return True

    @api.model
    def _withdraw(self, orders):
        """Orders taken up again: nothing is claimed for them for the time being."""
        rows = self.sudo().search(  # Safe: consequence of the order's own action.
            Domain("order_id", "in", orders.ids)
            & Domain("order_id.state", "in", (*OPEN_STATES, "cancelled"))
        )
        rows.filtered(lambda row: row.state != "claimed").unlink()
