from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ...tools.records import require_reason

_lt = LazyTranslate(__name__)

# More lines than this are counted, not added up.
TOTALS_LIMIT = 5000

# Exceptions of an order, in the order the desk names them.
CODES = {
    "not_invoiced": _lt("Done and not invoiced"),
    "late": _lt("Invoiced after the day"),
    "voucher": _lt("Invoice differs from the voucher"),
    "not_handed_over": _lt("Collected but not handed over"),
    "not_booked": _lt("Handed over but not booked"),
    "price": _lt("Off the list without approval"),
    "free": _lt("Free without a rule"),
    "unmatched": _lt("Payment without match"),
    "refund": _lt("Refund without return"),
    "credited": _lt("Credited without approval"),
    "less": _lt("Less received than agreed"),
}


class AftersalesFeeLine(models.Model):
    """The reconciliation desk: one line per order, all figures from SQL (SV-54).

    ============ ============ ======================================================
    Action       Group        Restriction
    ============ ============ ======================================================
    read         accountant   own companies; the service manager reads too
    tick, accept accountant   accounting rights; a difference needs a reason
    mend         accountant   opens the document; the document checks again
    ============ ============ ======================================================

    What is clicked on a line is in ``aftersales_fee_line_mend.py``.

    Everything per order is a LATERAL aggregate on indexed links, so a page costs what
    its 80 orders cost, not what the table holds; PostgreSQL drops those a count does
    not need. ``rank`` is a stored column of the
    order (0: look at it): work lists filter on it, the exceptions themselves are
    always computed from what the documents say now.
    """

    _name = "aftersales.fee.line"
    _description = "Service Fees"
    _auto = False
    _order = "rank, day desc, id desc"
    _rec_name = "name"
    _rec_names_search = ["name", "partner_id.name"]

    _depends = {
        "aftersales.order": [
            "name",
            "company_id",
            "team_id",
            "technician_id",
            "partner_id",
            "service_type",
            "state",
            "currency_id",
            "amount_customer",
            "amount_covered",
            "signed_at",
            "fee_day",
            "fee_rank",
            "fee_close_id",
        ],
        "aftersales.order.line": [
            "order_id",
            "kind",
            "payer",
            "payer_rule",
            "payer_share",
            "approval_state",
            "list_price",
            "price_unit",
            "discount",
            "quantity",
            "returned_quantity",
            "customer_total",
            "covered_amount",
        ],
        "aftersales.collection": [
            "order_id",
            "state",
            "amount",
            "method",
            "method_id",
            "payment_id",
            "handover_id",
            "collected_at",
        ],
        "aftersales.collection.method": ["name"],
        "aftersales.handover": ["state", "counted_amount"],
        "aftersales.fee.check": ["order_id", "code", "amount", "user_id"],
        "account.move": [
            "state",
            "move_type",
            "amount_total",
            "amount_residual",
            "amount_total_signed",
            "amount_residual_signed",
            "invoice_date",
        ],
        "account.move.line": [
            "aftersales_order_line_id",
            "move_id",
            "parent_state",
            "price_total",
            "display_type",
            "amount_currency",
        ],
        "account.payment": ["is_reconciled"],
        "account.partial.reconcile": ["amount", "debit_amount_currency", "max_date"],
        "aftersales.approval": ["order_id", "state", "kind", "amount"],
        "res.company": [
            "currency_id",
            "aftersales_invoice_days",
            "aftersales_rounding_limit",
            "aftersales_tz",
        ],
        "res.currency": ["rounding"],
        "res.currency.rate": ["rate", "name", "currency_id", "company_id"],
    }

    name = fields.Char("Order", readonly=True)
    order_id = fields.Many2one("aftersales.order", "Service order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    technician_id = fields.Many2one("aftersales.technician", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    service_type = fields.Selection(
        selection=lambda self: self._selection_of("service_type"), readonly=True
    )
    order_state = fields.Selection(
        selection=lambda self: self._selection_of("state"), readonly=True
    )
    day = fields.Date(readonly=True)
    rank = fields.Integer(readonly=True, aggregator=None)
    close_id = fields.Many2one("aftersales.fee.close", "Closed with", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one(
        "res.currency", "Company currency", readonly=True
    )
    methods = fields.Char("Kinds of payment", readonly=True)
    paid_by = fields.Char(readonly=True, help="Ways of paying on site.")
    agreed = fields.Monetary(
        readonly=True, help="What the customer has to pay by the signed voucher."
    )
    list_value = fields.Monetary(
        "Price list",
        readonly=True,
        help="What the customer would pay by the price list, taxes included.",
    )
    deviation = fields.Monetary(
        "Off list", readonly=True, help="Agreed less price list, taxes included."
    )
    approved_deviation = fields.Monetary(
        "Off list, approved",
        readonly=True,
        help="Part of what is off the list that somebody approved.",
    )
    covered = fields.Monetary(
        readonly=True, help="List value before tax that the customer does not pay."
    )
    invoiced = fields.Monetary(readonly=True, help="Posted invoices.")
    credited = fields.Monetary(readonly=True, help="Posted credit notes.")
    written_off = fields.Monetary(
        "Written off",
        readonly=True,
        help="Given away at payment: write-offs, early discounts.",
    )
    collected = fields.Monetary("Taken on site", readonly=True)
    handed = fields.Monetary("Handed in", readonly=True)
    held = fields.Monetary("With technician", readonly=True)
    paid = fields.Monetary(readonly=True, help="Settled on the posted invoices.")
    open = fields.Monetary(readonly=True, help="Still open on the posted invoices.")
    agreed_company = fields.Monetary(
        "Agreed (company)", currency_field="company_currency_id", readonly=True
    )
    covered_company = fields.Monetary(
        "Covered (company)", currency_field="company_currency_id", readonly=True
    )
    invoiced_company = fields.Monetary(
        "Invoiced (company)", currency_field="company_currency_id", readonly=True
    )
    credited_company = fields.Monetary(
        "Credited (company)", currency_field="company_currency_id", readonly=True
    )
    written_off_company = fields.Monetary(
        "Written off (company)", currency_field="company_currency_id", readonly=True
    )
    collected_company = fields.Monetary(
        "Taken on site (company)", currency_field="company_currency_id", readonly=True
    )
    handed_company = fields.Monetary(
        "Handed in (company)", currency_field="company_currency_id", readonly=True
    )
    open_company = fields.Monetary(
        "Open (company)", currency_field="company_currency_id", readonly=True
    )
    rate_difference = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="Exchange difference booked when the invoices were paid.",
    )
    state = fields.Selection(
        [
            ("exception", "To look at"),
            ("accepted", "Accepted"),
            ("open", "Open"),
            ("done", "Settled"),
        ],
        readonly=True,
    )
    codes = fields.Char(
        "Exception codes", readonly=True, help="Exceptions nobody has accepted."
    )
    exceptions = fields.Char(compute="_compute_exceptions")
    age = fields.Integer(
        "Age (days)", readonly=True, aggregator="max", help="Days since that day."
    )
    is_late = fields.Boolean(
        "Invoiced later", readonly=True, help="Not invoiced on the day it was done."
    )
    checked_by_id = fields.Many2one("res.users", "Checked by", readonly=True)
    checked_at = fields.Datetime("Checked on", readonly=True)
    accepted_reason = fields.Char("Accepted because", readonly=True)

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.model
    def _selection_of(self, name):
        return (
            self.env["aftersales.order"]._fields[name]._description_selection(self.env)
        )

    @api.model
    def _get_codes(self):
        """``{code: text}``; later add-ons add theirs."""
        return CODES

    @api.depends("codes")
    def _compute_exceptions(self):
        texts = {code: self.env._(text) for code, text in self._get_codes().items()}
        for line in self:
            codes = (line.codes or "").split(",")
            line.exceptions = " · ".join(texts.get(c, c) for c in codes if c)

    @api.model
    def _get_exception_domain(self):
        """Lines to look at; ``rank`` keeps settled orders out of the scan."""
        return Domain("rank", "=", 0) & Domain("state", "=", "exception")

    @api.model
    def _get_left_domain(self, team, end):
        """Lines that keep a service point from being closed up to that day."""
        domain = self._get_exception_domain() & Domain("team_id", "=", team.id)
        return domain & Domain("day", "<=", end)

    @api.model
    def get_summary(self, domain):
        """What the head line of the desk says about the lines shown.

        Totals are left out when the selection is too large to be added up at once.

        :param domain: of the list
        :return: dict with counts, and ``totals`` in company currency or False
        """
        self.check_access("read")
        domain = Domain(domain)
        count = self.search_count(domain, limit=TOTALS_LIMIT + 1)
        small = count <= TOTALS_LIMIT
        orphans = self.env["aftersales.fee.orphan"].search_count(
            [("state", "=", "exception")], limit=100
        )
        return {
            "orders": count if small else f"{TOTALS_LIMIT}+",
            "exceptions": self.search_count(domain & self._get_exception_domain()),
            "orphans": orphans,
            "totals": small and self.env["aftersales.fee.tie_out"]._get_totals(domain),
            "currency_id": self.env.company.currency_id.id,
            "can_close": self._can_close(),
            **(self._get_period(domain) if small else {}),
        }

    def _can_close(self):
        user = self.env.user
        return user._has_aftersales_role("accountant") and user.has_group(
            "account.group_account_invoice"
        )

    @api.model
    def _get_period(self, domain):
        """First and last day of the lines; their service point when they have one."""
        [(start, end, teams, companies)] = self._read_group(
            domain,
            [],
            [
                "day:min",
                "day:max",
                "team_id:array_agg_distinct",
                "company_id:array_agg_distinct",
            ],
        )
        return {
            "day_from": start and fields.Date.to_string(start),
            "day_to": end and fields.Date.to_string(end),
            "team_id": teams[0] if teams and len(teams) == 1 else False,
            "company_id": companies[0] if companies else self.env.company.id,
        }

    # -------------------------------------------------------------------------
    # TICK AND ACCEPT
    # -------------------------------------------------------------------------

    def action_tick(self):
        """Looked at and found right; with name and time."""
        self._check_accountant()
        if wrong := self.filtered(lambda line: line.state == "exception"):
            raise UserError(
                self.env._(
                    "%(order)s still has exceptions: %(what)s. Mend them, or accept "
                    "them with a reason.",
                    order=wrong[0].name,
                    what=wrong[0].exceptions,
                )
            )
        self._create_checks([(line, "ok", 0.0) for line in self], False)

    def action_accept(self, reason=False):
        """Accept the exceptions as they are; another amount comes up again."""
        self._check_accountant()
        reason = require_reason(
            self.env, reason, self.env._("Say why the difference is accepted.")
        )
        self._lock_orders()
        found = self._get_open_amounts()
        if not found:
            raise UserError(
                self.env._(
                    "%s has no exception left. Reload the page.", self[:1].name or "–"
                )
            )
        self._create_checks(found, reason)

    def _check_accountant(self):
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("accountant")
        self.env["aftersales.collection"]._check_accounting()

    def _lock_orders(self):
        # Safe: the accountant may read these orders; rows are locked, not shown.
        self.order_id.sudo()._lock_for_action()
        self.invalidate_recordset()

    def _get_open_amounts(self):
        """``[(line, code, amount)]`` of what nobody has accepted; one query."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT o.id, y.code, y.amount FROM %s
                 CROSS JOIN LATERAL (
                    SELECT v.code, v.amount FROM (VALUES %s) v(code, holds, amount)
                     WHERE v.holds
                 ) y
                 WHERE o.id IN %s
                """,
                self._from(),
                SQL(", ").join(
                    SQL("(%s, %s, round((%s)::numeric, 4))", code, *condition)
                    for code, condition in self._get_exception_sql().items()
                ),
                tuple(self.order_id.ids) or (0,),
            )
        )
        lines = {line.order_id.id: line for line in self}
        return [
            (lines[order_id], code, float(amount))
            for order_id, code, amount in rows
            if code in (lines[order_id].codes or "").split(",")
        ]

    def _create_checks(self, found, reason):
        # Safe: rights were checked; checks are made in no other way.
        checks = self.env["aftersales.fee.check"].sudo()
        checks.create(
            [
                {
                    "order_id": line.order_id.id,
                    "code": code,
                    "amount": amount,
                    "reason": reason,
                }
                for line, code, amount in found
            ]
        )
        self.env.flush_all()
        self.invalidate_model()
