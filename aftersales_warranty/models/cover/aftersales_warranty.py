from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from odoo.addons.aftersales_service.tools.records import labels
from odoo.addons.base.models.res_partner import _tz_get

from ...tools.period import local_date
from ..term.aftersales_warranty_term_event import EVENTS

# Field of the warranty that keeps the day of each event.
EVENT_FIELDS = {
    "delivery": "delivered_on",
    "invoice": "invoiced_on",
    "installation": "installed_on",
    "acceptance": "accepted_on",
    "trial": "trial_ended_on",
}
STARTS = [
    *EVENTS,
    ("import", "Set by a person"),
    ("exchange", "Exchange"),
    ("extension", "End of the standard warranty"),
]


class AftersalesWarranty(models.Model):
    """The warranty of one installed product, or of a sales line (WA-02…04).

    ================== ============ ==============================================
    Action             Group        Restriction
    ================== ============ ==============================================
    read               user, sales  own companies
    opened by an event the system   term found for the product, one per product
    open by hand       supervisor   a start in the past: with a reason
    change the start   supervisor   with a reason, not when void
    void               supervisor   with a reason
    restore            manager      with a reason, no other warranty meanwhile
    assign a machine   operator     extended warranties not yet assigned
    delete             nobody       void it instead
    ================== ============ ==============================================

    The state is a question of today's date at the place of the machine and is never
    stored: an expired warranty is expired without any job having run.
    """

    _name = "aftersales.warranty"
    _description = "Warranty"
    _inherit = [
        "aftersales.guard.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_end desc, id desc"
    _rec_names_search = ["name", "serial", "product_id", "partner_id"]
    _check_company_auto = True

    # Given when the warranty is opened, never changed by hand afterwards.
    FIXED = frozenset(
        {
            "company_id",
            "kind",
            "asset_id",
            "sale_line_id",
            "product_id",
            "quantity",
            "term_id",
            "opening_date",
            "opening_reason",
        }
    )

    name = fields.Char("Number", required=True, readonly=True, copy=False, index=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    kind = fields.Selection(
        [("standard", "Warranty"), ("extended", "Extended warranty")],
        default="standard",
        required=True,
    )
    asset_id = fields.Many2one(
        "aftersales.asset",
        string="Installed Product",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )
    sale_line_id = fields.Many2one(
        "sale.order.line",
        string="Sales Order Line",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )
    sale_order_id = fields.Many2one(
        related="sale_line_id.order_id", store=True, index="btree_not_null"
    )
    invoice_line_id = fields.Many2one(
        "account.move.line",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        readonly=True,
    )
    move_id = fields.Many2one(
        "stock.move",
        string="Delivery",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", store=True, index=True, string="Category"
    )
    quantity = fields.Float(default=1.0, digits="Product Unit")
    serial = fields.Char(related="asset_id.serial", string="Serial Number")
    lot_id = fields.Many2one(related="asset_id.lot_id", string="Lot/Serial")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        index=True,
        ondelete="restrict",
        readonly=True,
        help="Whoever owns the machine now.",
    )
    parent_id = fields.Many2one(
        "aftersales.warranty",
        string="Extends",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        readonly=True,
    )
    child_ids = fields.One2many("aftersales.warranty", "parent_id", "Extended by")
    exchanged_id = fields.Many2one(
        "aftersales.warranty",
        string="Given in exchange for",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
    )
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        help="Where the machine stands.",
        guarded=True,
    )

    # Term
    term_id = fields.Many2one(
        "aftersales.warranty.term",
        required=True,
        index=True,
        ondelete="restrict",
        help="The wording it was sold under; later changes do not touch it.",
    )
    head_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Kind of Term",
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    term_source = fields.Selection(
        [
            ("contract", "Contract"),
            ("product", "Product"),
            ("category", "Product category"),
            ("company", "Company"),
            ("chosen", "Chosen by hand"),
            ("exchange", "Exchanged unit"),
        ],
        readonly=True,
    )
    term_source_name = fields.Char("Term found on", readonly=True)

    # Start
    opening_date = fields.Date(
        "Start by hand", help="Only where no event says it; in the past with a reason."
    )
    opening_reason = fields.Char("Reason for the start")
    delivered_on = fields.Date(readonly=True)
    invoiced_on = fields.Date("Invoiced / bought on", readonly=True)
    installed_on = fields.Date(readonly=True)
    accepted_on = fields.Date(readonly=True)
    trial_ended_on = fields.Date(readonly=True)
    date_start = fields.Date("Start", readonly=True, index=True)
    start_event = fields.Selection(STARTS, "Started by", readonly=True)
    start_capped = fields.Boolean("Started at the limit", readonly=True)
    waiting_events = fields.Char(readonly=True)
    waits_for = fields.Char(compute="_compute_waits_for")
    start_fixed = fields.Boolean(readonly=True, help="Set by a person or an exchange.")
    start_reason = fields.Char(readonly=True)
    start_user_id = fields.Many2one("res.users", "Start set by", readonly=True)
    start_changed_at = fields.Datetime(readonly=True)

    # End
    date_base_end = fields.Date("End without repairs", readonly=True)
    date_end = fields.Date("End", readonly=True, index=True)
    date_last_end = fields.Date(
        "Key parts until", readonly=True, help="Last day of the longest cover."
    )
    extended_days = fields.Integer("Repair days added", readonly=True)
    carried_days = fields.Integer(readonly=True)
    counter = fields.Selection(related="term_id.counter")
    counter_limit = fields.Float(readonly=True)
    usage_ended_on = fields.Date(
        "Counter passed on", readonly=True, help="First reading above the limit."
    )
    usage_forecast_on = fields.Date(
        "Counter expected on",
        readonly=True,
        help="At the present rate of use; a forecast never ends a warranty.",
    )
    days_left = fields.Integer(compute="_compute_state")
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("active", "Active"),
            ("expired", "Expired"),
            ("void", "Void"),
        ],
        compute="_compute_state",
        search="_search_state",
    )
    is_void = fields.Boolean("Void", readonly=True, copy=False)
    void_reason = fields.Char(readonly=True, copy=False)
    void_user_id = fields.Many2one("res.users", "Voided by", readonly=True, copy=False)
    void_at = fields.Datetime("Voided on", readonly=True, copy=False)
    scope_ids = fields.One2many("aftersales.warranty.scope", "warranty_id", "Covers")
    part_ids = fields.One2many(
        "aftersales.warranty.part", "warranty_id", "Replaced Parts"
    )
    note = fields.Text()

    _standard_uniq = models.UniqueIndex(
        "(asset_id) WHERE asset_id IS NOT NULL AND kind = 'standard' "
        "AND is_void IS NOT TRUE",
        "This product has a warranty already. Look at it, or void it first.",
    )
    _sale_line_uniq = models.UniqueIndex(
        "(sale_line_id, COALESCE(move_id, 0)) WHERE asset_id IS NULL "
        "AND kind = 'standard' AND sale_line_id IS NOT NULL AND is_void IS NOT TRUE",
        "A warranty was opened for this sales line already.",
    )
    _check_subject = models.Constraint(
        "CHECK (asset_id IS NOT NULL OR sale_line_id IS NOT NULL "
        "OR invoice_line_id IS NOT NULL)",
        "A warranty belongs to an installed product or to a sales line.",
    )

    # -- computes ---------------------------------------------------------------

    @api.depends("name", "product_id", "asset_id.serial")
    def _compute_display_name(self):
        for warranty in self:
            # Safe: the name of the product and its serial, as on the certificate.
            shown = warranty.sudo()
            parts = (shown.name, shown.product_id.display_name, shown.serial)
            warranty.display_name = " · ".join(part for part in parts if part)

    @api.depends("date_start", "date_end", "usage_ended_on", "is_void", "tz")
    def _compute_state(self):
        now = fields.Datetime.now()
        today = {zone: local_date(now, zone) for zone in set(self.mapped("tz"))}
        for warranty in self:
            day = today[warranty.tz]
            warranty.state = warranty._get_state_on(day)
            ends = warranty.date_end
            warranty.days_left = (
                (ends - day).days if ends and warranty.state == "active" else 0
            )

    def _get_state_on(self, day):
        """The state on a day at the place of the machine."""
        if self.is_void:
            return "void"
        if not self.date_start or self.date_start > day:
            return "pending"
        if self.date_end < day:
            return "expired"
        return (
            "expired"
            if self.usage_ended_on and self.usage_ended_on <= day
            else "active"
        )

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        values = tuple(item for item in value if item)
        if not values:
            return Domain.FALSE
        return Domain.custom(
            to_sql=lambda model, alias, _query: SQL(
                "%s IN %s", model._get_state_sql(alias), values
            ),
            predicate=lambda warranty: warranty.state in values,
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        """The state sorts and groups like a stored field."""
        if field_expr == "state":
            return self._get_state_sql(alias)
        return super()._field_to_sql(alias, field_expr, query)

    def _get_state_sql(self, alias):
        """The same as `_get_state_on`, for lists, groups and searches."""
        column = {
            # pylint: disable-next=super-method-mismatch
            name: super(AftersalesWarranty, self)._field_to_sql(alias, name)
            for name in ("date_start", "date_end", "usage_ended_on", "is_void", "tz")
        }
        return SQL(
            """CASE WHEN %(is_void)s THEN 'void'
                WHEN %(date_start)s IS NULL OR %(date_start)s > %(today)s
                THEN 'pending'
                WHEN %(date_end)s < %(today)s OR %(usage_ended_on)s <= %(today)s
                THEN 'expired' ELSE 'active' END""",
            **column,
            today=SQL(
                "(%s::timestamp AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
                fields.Datetime.now().replace(second=0, microsecond=0),
                column["tz"],
            ),
        )

    @api.depends("waiting_events", "date_start", "is_void", "asset_id", "kind")
    def _compute_waits_for(self):
        events = labels(self, "start_event")
        for warranty in self:
            text = False
            if warranty.state == "pending":
                text = warranty._describe_waiting(events)
            warranty.waits_for = text

    def _describe_waiting(self, events):
        """“Installation, at the latest 8 June 2026”."""
        if self.kind == "extended" and not self.asset_id:
            return self.env._("Choose the machine it was bought for")
        if self.kind == "extended":
            if not self.date_start:
                return self.env._("Start of the standard warranty")
            day = format_date(self.env, self.date_start)
            return self.env._("End of the standard warranty; starts %s", day)
        names = [events[e] for e in (self.waiting_events or "").split(",") if e]
        if not self.date_start:
            return ", ".join(names)
        day = format_date(self.env, self.date_start)
        if not names or not self.start_capped:
            return self.env._("Starts %s", day)
        return self.env._(
            "%(events)s, at the latest %(day)s", events=", ".join(names), day=day
        )

    # -- CRUD -------------------------------------------------------------------

    def write(self, vals):
        if not self._writes_itself(vals) and (fixed := vals.keys() & self.FIXED):
            labels = [
                self._fields[name]._description_string(self.env) for name in fixed
            ]
            raise AccessError(
                self.env._(
                    "%(fields)s cannot change once the warranty is open. Void it and "
                    "open another.",
                    fields=", ".join(sorted(labels)),
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_opened(self):
        raise UserError(
            self.env._("Warranties are not deleted. Void them, with the reason.")
        )

    # pylint: disable-next=method-required-super
    def copy(self, default=None):
        raise UserError(self.env._("A warranty cannot be duplicated."))

    @api.model
    def load(self, fields, data):
        """Import: name the bad rows only (Reliability 44).

        Odoo says the error of the whole batch once more, on its first row, which
        is mostly a good one.
        """
        result = super().load(fields, data)
        first, *others = result["messages"] or [{}]
        if first.get("message") in [other["message"] for other in others]:
            result["messages"] = others
        return result
