from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .aftersales_entitlement_rule import PAYERS

OPEN = ("draft", "requested", "approved", "in_progress")
LIVE = (*OPEN, "done")
CHUNK = 100


class AftersalesReturn(models.Model):
    """Refund, exchange or compensation: who decided it, goods and money (WA-10, WA-11).

    =============== ==================== ============================================
    Action          Group                Restriction
    =============== ==================== ============================================
    create, edit    operator             draft; own service points
    request         supervisor           cause, unit and rule on record
    approve, reject general manager      requested; reject with a reason
    carry out       supervisor, parts    approved
    receive, send   stock users          Odoo's transfers
    post            accounting groups    Odoo's credit notes and invoices
    cancel          supervisor           nothing received, sent or posted yet
    delete          manager              draft or cancelled
    =============== ==================== ============================================

    Nothing is refunded twice: unique indexes on the lines, one document per return and
    origin, and every action locks the return, looks again and updates the locked row.
    Quantities without serial number are counted on the invoice line, locked as well.
    """

    _name = "aftersales.return"
    _description = "Refund or Exchange"
    _inherit = ["aftersales.partner.mixin"]
    _order = "date desc, id desc"
    _rec_names_search = ["name", "partner_id.name", "line_ids.serial"]
    _check_company_auto = True

    TODAY = ("date", "drafted_on")

    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("requested", "Waiting for approval"),
            ("approved", "Approved"),
            ("in_progress", "In progress"),
            ("done", "Done"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    kind = fields.Selection(
        [
            ("refund", "Refund"),
            ("exchange", "Exchange"),
            ("compensation", "Compensation"),
        ],
        required=True,
        default="refund",
        tracking=True,
        index=True,
    )
    partner_id = fields.Many2one(string="Customer")
    commercial_partner_id = fields.Many2one(string="Customer's company")
    order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    date = fields.Date(
        "Asked for on",
        required=True,
        default=lambda self: self.env.company._aftersales_today(),
        copy=False,
        index=True,
        help="The day that decides what the customer may ask for.",
    )
    line_ids = fields.One2many(
        "aftersales.return.line", "return_id", "Products", copy=False
    )
    serials = fields.Char(compute="_compute_serials")

    # Why
    rule_id = fields.Many2one(
        "aftersales.entitlement.rule",
        "Rests on",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('kind', '=', kind)]",
        help="Law or promise the customer relies on.",
    )
    exception_reason = fields.Text(
        "Why an exception",
        help="Goodwill: no rule gives it, the general manager decides all the same.",
    )
    cause_id = fields.Many2one(
        "aftersales.cause", index="btree_not_null", ondelete="restrict", tracking=True
    )
    cause_text = fields.Text("Cause in words")
    unit_id = fields.Many2one(
        "aftersales.unit",
        "Responsible unit",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Department or party whose work or product caused it (WA-11).",
    )
    finding = fields.Selection(
        related="order_id.finding", string="Finding", guarded=True
    )

    # Who bears what
    freight_payer = fields.Selection(
        PAYERS,
        "Freight paid by",
        compute="_compute_freight_payer",
        store=True,
        precompute=True,
    )
    costs_payer = fields.Selection(
        PAYERS,
        "Costs borne by",
        readonly=True,
        copy=False,
        help="Ours with the general manager's approval, else the customer's (WA-11).",
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", store=True, precompute=True
    )
    amount_price = fields.Monetary("Price paid", compute="_compute_amounts", store=True)
    amount_fee = fields.Monetary("Fee", compute="_compute_amounts", store=True)
    amount_total = fields.Monetary(
        "To the customer",
        compute="_compute_amounts",
        store=True,
        tracking=True,
        help="Tax included. Below zero: the customer pays, for a dearer product.",
    )

    # Goods
    goods_back = fields.Boolean(
        "Goods come back",
        compute="_compute_goods_back",
        store=True,
        readonly=False,
        precompute=True,
        help="Otherwise the money goes without them: scrapped at the customer's.",
    )
    replace_first = fields.Boolean(
        "Replacement first",
        help="The new product is delivered before the old one is back.",
    )
    due_on = fields.Date(
        "Goods due on",
        compute="_compute_due_on",
        store=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
    )
    reminded_on = fields.Date(readonly=True, copy=False)
    note = fields.Html("Internal note")

    # Who and when
    requested_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    requested_at = fields.Datetime("Requested on", readonly=True, copy=False)
    decided_by_id = fields.Many2one(
        "res.users", "Decided by", readonly=True, copy=False
    )
    decided_at = fields.Datetime("Decided on", readonly=True, copy=False)
    decision_note = fields.Text(readonly=True, copy=False)
    started_at = fields.Datetime("Carried out from", readonly=True, copy=False)
    done_at = fields.Datetime("Done on", readonly=True, copy=False, index=True)

    _open_idx = models.Index(
        "(company_id, state) "
        "WHERE state IN ('draft', 'requested', 'approved', 'in_progress')"
    )
    _due_idx = models.Index(
        "(due_on) WHERE state = 'in_progress' AND reminded_on IS NULL"
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("order_id", "company_id")
    def _compute_team_id(self):
        orders = self.env["aftersales.order"]
        for row in self:
            team = row.order_id.team_id or row.team_id
            if not team or team.company_id != row.company_id:
                team = orders._get_default_team(row.company_id)
            row.team_id = team

    @api.depends("line_ids.serial")
    def _compute_serials(self):
        for row in self:
            serials = [serial for serial in row.line_ids.mapped("serial") if serial]
            more = f" … ({len(serials)})" if len(serials) > 3 else ""
            row.serials = ", ".join(serials[:3]) + more

    @api.depends("rule_id")
    def _compute_freight_payer(self):
        for row in self:
            row.freight_payer = row.rule_id.freight_payer or "company"

    @api.depends("line_ids.currency_id", "company_id")
    def _compute_currency_id(self):
        for row in self:
            # Safe: the currency the customer paid in.
            lines = row.sudo().line_ids
            row.currency_id = lines.currency_id[:1] or row.company_id.currency_id

    @api.depends("line_ids.price_total", "line_ids.fee", "line_ids.amount")
    def _compute_amounts(self):
        for row in self:
            row.amount_price = sum(row.line_ids.mapped("price_total"))
            row.amount_fee = sum(row.line_ids.mapped("fee"))
            row.amount_total = sum(row.line_ids.mapped("amount"))

    @api.depends("kind")
    def _compute_goods_back(self):
        for row in self:
            row.goods_back = row.kind != "compensation"

    @api.depends("replace_first", "date")
    def _compute_due_on(self):
        for row in self:
            if row.replace_first and row.date:
                days = row.company_id.aftersales_return_days
                row.due_on = row.due_on or row.date + relativedelta(days=days)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def write(self, vals):
        if not self._writes_itself(vals) and vals.keys() - self._get_always_writable():
            self._check_draft()
        result = super().write(vals)
        if "due_on" in vals:
            # Safe: another day is another reminder; the caller may set the day.
            self.sudo().filtered("reminded_on").write({"reminded_on": False})
        return result

    @api.model
    def _get_always_writable(self):
        """What may change after the request: nothing the decision rests on."""
        return {
            "note",
            "due_on",
            "activity_ids",
            "message_follower_ids",
            "message_ids",
            "message_main_attachment_id",
        }

    def _check_draft(self):
        if fixed := self.filtered(lambda row: row.state != "draft"):
            raise UserError(
                self.env._(
                    "%(returns)s was requested and cannot be changed. Cancel it and "
                    "make a new one.",
                    returns=", ".join(fixed[:5].mapped("name")),
                )
            )

    def _check_can_delete(self):
        if kept := self.filtered(lambda row: row.state not in ("draft", "cancelled")):
            raise UserError(
                self.env._(
                    "%(names)s was requested; cancel it instead of deleting it.",
                    names=", ".join(kept[:5].mapped("name")),
                )
            )

    def unlink(self):
        """The lines go first: what is computed from them must not look for them."""
        # Safe: whoever may delete the return deletes its lines with it.
        self.sudo().line_ids.unlink()
        return super().unlink()

    # -------------------------------------------------------------------------
    # START
    # -------------------------------------------------------------------------

    @api.model
    def _prepare_from_rule(self, assets, rule, kind, order=None):
        """Values of a draft for some machines of one customer."""
        order = order or self.env["aftersales.order"]
        partner = order.partner_id or assets[:1].partner_id
        return {
            "kind": kind,
            "company_id": assets.company_id.id,
            "partner_id": partner.id,
            "order_id": order.id,
            "date": assets[:1]._get_claim_day(order),
            "rule_id": rule.id,
            "cause_id": order.cause_id.id,
            "line_ids": [
                fields.Command.create({"asset_id": asset.id}) for asset in assets
            ],
        }

    @api.model
    def _start(self, assets, rule, kind=None, order=None):
        """Draft a return for the machines, as the user; opens its form."""
        assets.check_access("read")
        assets._check_same_customer()
        if not self.has_access("create"):
            raise AccessError(
                self.env._("Operators and supervisors prepare refunds and exchanges.")
            )
        row = self.create(
            self._prepare_from_rule(assets, rule, kind or rule.kind, order)
        )
        return row._get_form_action()
