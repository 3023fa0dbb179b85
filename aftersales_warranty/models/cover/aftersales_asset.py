from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.period import local_date

DATES = {
    "delivered_on": "delivery",
    "installed_on": "installation",
    "accepted_on": "acceptance",
    "trial_ended_at": "trial",
}


class AftersalesAsset(models.Model):
    """The installed product carries its warranties; its dates start them (WA-02)."""

    _inherit = "aftersales.asset"

    trial_ended_at = fields.Datetime(
        "Trial Run Ended",
        copy=False,
        tracking=True,
        help="End of the 48 h trial run; starts the warranty where the term says so.",
    )
    warranty_ids = fields.One2many("aftersales.warranty", "asset_id", "Warranties")
    warranty_id = fields.Many2one("aftersales.warranty", compute="_compute_warranty_id")
    warranty_end = fields.Date("Warranty until", compute="_compute_warranty_id")
    warranty_state = fields.Selection(
        [
            ("none", "No warranty"),
            ("pending", "Pending"),
            ("active", "Active"),
            ("expired", "Expired"),
            ("void", "Void"),
        ],
        compute="_compute_warranty_id",
        search="_search_warranty_state",
    )
    warranty_count = fields.Integer(
        "Number of Warranties", compute="_compute_warranty_id"
    )
    reading_ids = fields.One2many(
        "aftersales.warranty.reading", "asset_id", "Counter Readings"
    )

    # -- computes ---------------------------------------------------------------

    @api.depends("warranty_ids.date_end", "warranty_ids.is_void")
    def _compute_warranty_id(self):
        """The one that covers today, else the next to start, else the last."""
        ranks = {"active": 0, "pending": 1, "expired": 2, "void": 3}
        found = {}
        warranties = self.env["aftersales.warranty"]
        if warranties.has_access("read"):
            rows = warranties.search([("asset_id", "in", self.ids)])
            found = rows.grouped("asset_id")
        for asset in self:
            rows = found.get(asset, warranties)
            best = rows.sorted(
                lambda row: (ranks[row.state], -(row.date_end or date.max).toordinal())
            )[:1]
            asset.warranty_id = best
            asset.warranty_state = best.state or "none"
            asset.warranty_end = best.date_end
            asset.warranty_count = len(rows)

    def _search_warranty_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        states = {item for item in value if item}
        domain = Domain.FALSE
        if found := states - {"none"}:
            domain |= Domain("warranty_ids.state", "in", list(found))
        if "none" in states:
            domain |= Domain("warranty_ids", "=", False)
        return domain

    # -- CRUD -------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        assets = super().create(vals_list)
        assets._open_by_events()
        return assets

    def write(self, vals):
        owners = {}
        if "partner_id" in vals:
            owners = {a: a.partner_id.commercial_partner_id for a in self}
        events = {name: DATES[name] for name in DATES.keys() & vals.keys()}
        before = {a: {name: a[name] for name in events} for a in self if events}
        result = super().write(vals)
        if owners:
            self._follow_owner(owners)
        for name in events:
            self._follow_event(name, before)
        if {"site_id", "partner_id"} & vals.keys():
            self._follow_place()
        return result

    # -- actions ----------------------------------------------------------------

    def action_view_warranties(self):
        """Open the warranties of these products."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_warranty_action"
        )
        action["domain"] = [("asset_id", "in", self.ids)]
        action["context"] = {"default_asset_id": self.id if len(self) == 1 else False}
        if len(self.warranty_ids) == 1:
            action.update(view_mode="form", views=[(False, "form")])
            action["res_id"] = self.warranty_ids.id
        return action

    # -- business ---------------------------------------------------------------

    def _get_warranty_tz(self):
        """Days are those of the place where the machine stands."""
        self.ensure_one()
        return (
            self.site_id.tz
            or self.partner_id.tz
            or self.company_id._aftersales_zone().zone
        )

    def _get_warranty_events(self):
        """``{field of the warranty: day}`` as far as they have happened."""
        self.ensure_one()
        ended = self.trial_ended_at
        return {
            "delivered_on": self.delivered_on,
            "installed_on": self.installed_on,
            "accepted_on": self.accepted_on,
            "trial_ended_on": ended and local_date(ended, self._get_warranty_tz()),
        }

    def _open_by_events(self):
        """Open warranties of products registered by hand with a recent event.

        Older ones are opened by a person who says why (bulk wizard, import), and
        deliveries open theirs themselves, knowing the sale.
        """
        if self.env.context.get("aftersales_no_warranty"):
            return
        recent = self.filtered(lambda asset: asset._has_recent_event())
        if recent:
            self.env["aftersales.warranty"]._open_for_assets(recent)

    def _has_recent_event(self):
        days = [day for day in self._get_warranty_events().values() if day]
        if not days:
            return False
        limit = self.company_id.aftersales_warranty_backdate_days
        today = local_date(fields.Datetime.now(), self._get_warranty_tz())
        return (today - max(days)).days <= limit

    def _follow_owner(self, owners):
        """A warranty goes on with the machine, unless its term forbids (WA-04)."""
        sold = self.filtered(
            lambda asset: owners[asset] != asset.partner_id.commercial_partner_id
        )
        # Safe: a consequence of the change of owner the caller was allowed to make.
        warranties = self.env["aftersales.warranty"].sudo()
        found = warranties.search(
            [("asset_id", "in", self.ids), ("is_void", "=", False)]
        )
        ended = found.filtered(
            lambda w: w.asset_id in sold and not w.term_id.transferable
        )
        ended._void(self.env._("The machine was sold; the term does not go with it"))
        for asset, group in found.grouped("asset_id").items():
            group.partner_id = asset.partner_id

    def _follow_event(self, name, before):
        """Tell the warranties what happened, or open them."""
        changed = self.filtered(lambda asset: before[asset][name] != asset[name])
        if not changed:
            return
        # Safe: facts of the machine the caller may edit.
        warranties = self.env["aftersales.warranty"].sudo()
        found = warranties.search(
            [("asset_id", "in", changed.ids), ("is_void", "=", False)]
        )
        event = DATES[name]
        field = warranties._get_event_fields()[event]
        by_day = {}
        for asset, group in found.grouped("asset_id").items():
            day = asset._get_warranty_events()[field]
            by_day[day] = by_day.get(day, warranties) | group
        for day, group in by_day.items():
            group._set_event(event, day)
        (changed - found.asset_id)._open_by_events()

    def _follow_place(self):
        """Another site may lie in another time zone: future days are its days."""
        # Safe: the time zone of the site the caller has just chosen.
        warranties = self.env["aftersales.warranty"].sudo()
        found = warranties.search(
            [("asset_id", "in", self.ids), ("is_void", "=", False)]
        )
        for asset, group in found.grouped("asset_id").items():
            zone = asset._get_warranty_tz()
            moved = group.filtered(lambda row, zone=zone: row.tz != zone)
            if moved:
                moved.tz = zone
                moved._refresh_periods()

    def _refresh_warranties(self):
        """A counter was read: periods and forecasts follow."""
        # Safe: arithmetic on the readings the caller was allowed to enter.
        warranties = self.env["aftersales.warranty"].sudo()
        warranties.search([("asset_id", "in", self.ids)])._refresh_periods()

    def _get_portal_machines(self):
        """Rows of the list: the machine and its cover in words.

        Called on the superuser's records of the visitor's own machines.
        """
        cards = self.env["aftersales.warranty.card"]._get_cards(self)
        return [
            {
                "id": machine.id,
                "serial": machine.serial or "",
                "product": machine.product_id.display_name,
                "place": machine.place or "",
                "state": cards[machine]["state"],
                "short": cards[machine]["short"],
                "text": cards[machine]["text"],
                "certificate": machine.warranty_state
                in ("active", "pending", "expired"),
            }
            for machine in self
        ]
