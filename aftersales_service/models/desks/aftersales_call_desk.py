import re

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_datetime

from ...const import COMPLAINT_OPEN, OPEN_STATES
from ...tools.phone import MINIMUM_DIGITS, phone_digits, phone_needle
from ...tools.place import fold
from ...tools.records import count_by
from ...tools.text import clean_text

MAX_HITS = 12
MAX_MACHINES = 60
MAX_ORDERS = 8
_HAS_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")


class AftersalesCallDesk(models.AbstractModel):
    """Call desk: find the caller, see what matters, register the call (SV-01).

    ================ ========== ===================================================
    Method           Group      Restriction
    ================ ========== ===================================================
    get_defaults     operator
    lookup           operator   rules on customers, machines and orders
    get_customer     operator   customer readable; amount owed as one figure
    search_symptoms  operator
    search_causes    operator
    search_products  operator
    get_promise      operator
    get_zone         operator
    finish           operator   order readable and open; cause and remedy
    register         operator   named values only; other service points: hand over
    continue_order   operator   order readable and open
    ================ ========== ===================================================
    """

    _name = "aftersales.call.desk"
    _description = "Call Desk"

    # Values the desk may send, and what they may be.
    CHOICES = ("fault_level", "service_type", "place", "channel")
    TEXTS = {"description": 20000, "contact_name": 128, "phone": 64}
    LINKS = (
        "partner_id",
        "site_id",
        "asset_id",
        "symptom_id",
        "product_id",
        "zone_id",
    )
    OTHER = (
        "serial",
        "expected_at",
        "duplicate_confirmed",
        "new_partner",
        "new_asset",
        "answered",
        "call_seconds",
        "call_key",
    )

    # -- what the screen asks -----------------------------------------------------

    @api.model
    def get_defaults(self):
        """Choices and rights the screen is built from."""
        self._check_operator()
        order = self.env["aftersales.order"]
        defaults = order.default_get(list(self.CHOICES))
        return {
            "choices": {
                name: order._fields[name]._description_selection(self.env)
                for name in self.CHOICES
            },
            "defaults": {name: defaults.get(name) for name in self.CHOICES},
            "can_assign": self.env.user._has_aftersales_role("dispatcher"),
        }

    @api.model
    def lookup(self, query):
        """Find callers by telephone number, serial number, order number or name.

        :param query: what was typed
        :return: list of hits, best first; the number of queries does not depend on
            how many there are
        """
        self._check_operator()
        text = clean_text(query, 100).strip()
        if not text:
            return []
        hits = [
            *self._lookup_orders(text),
            *self._lookup_assets(text),
            *self._lookup_partners(text),
        ]
        return hits[:MAX_HITS]

    def _lookup_partners(self, text):
        partners = self.env["res.partner"]
        needle = phone_needle(text, self.env.company.country_id.phone_code)
        digits = phone_digits(text)
        plain = not _LETTER.search(text) and len(digits) >= MINIMUM_DIGITS
        if needle or plain:
            # Leading zeros count in the last digits of a number: …8888 0001.
            needle = needle or digits
            domain = Domain("aftersales_phone_digits", "ilike", needle)
            if len(digits) <= 6:
                domain |= Domain("aftersales_phone_digits", "ilike", digits)
        else:
            domain = Domain("complete_name", "ilike", text) | Domain("ref", "=", text)
        found = partners.search_fetch(
            domain, self._partner_hit_fields(), limit=MAX_HITS
        )
        if needle:
            # The last digits are what callers and displays agree on.
            found = found.sorted(
                lambda p: (
                    not (p.aftersales_phone_digits or "").endswith((needle, digits))
                )
            )
        return [self._partner_hit(partner) for partner in found]

    def _partner_hit_fields(self):
        return [
            "name",
            "phone",
            "city",
            "parent_id",
            "commercial_partner_id",
            "aftersales_phone_digits",
            "aftersales_vip",
        ]

    def _partner_hit(self, partner):
        company = partner.commercial_partner_id
        return {
            "key": f"partner-{partner.id}",
            "kind": "customer",
            "partner_id": partner.id,
            "asset_id": False,
            "title": partner.name or "",
            "details": [
                text
                for text in (
                    company.name if company != partner else "",
                    partner.phone,
                    partner.city,
                )
                if text
            ],
        }

    def _lookup_assets(self, text):
        if not _HAS_DIGIT.search(text) and len(text) < 4:
            return []
        assets = self.env["aftersales.asset"].search_fetch(
            [
                ("serial_key", "ilike", fold(text)),
                ("company_id", "=", self.env.company.id),
            ],
            ["serial", "product_id", "partner_id"],
            limit=MAX_HITS,
            order="serial, id",
        )
        exact = assets.filtered(lambda asset: asset.serial_key == fold(text))
        return [
            {
                "key": f"asset-{asset.id}",
                "kind": "machine",
                "partner_id": asset.partner_id.id,
                "asset_id": asset.id,
                "title": asset.serial,
                "details": [
                    asset.product_id.display_name,
                    asset.partner_id.display_name,
                ],
            }
            for asset in exact or assets
        ]

    def _lookup_orders(self, text):
        if not ("/" in text and _HAS_DIGIT.search(text)):
            return []
        orders = self.env["aftersales.order"].search_fetch(
            [("name", "ilike", text)],
            ["name", "partner_id", "asset_id", "symptom_id"],
            limit=MAX_HITS,
        )
        return [
            {
                "key": f"order-{order.id}",
                "kind": "order",
                "partner_id": order.partner_id.id,
                "asset_id": order.asset_id.id,
                "title": order.name,
                "details": [
                    text
                    for text in (
                        order.partner_id.display_name,
                        order.symptom_id.display_name,
                    )
                    if text
                ],
            }
            for order in orders
        ]

    @api.model
    def get_customer(self, partner_id):
        """Everything the operator looks at while the caller speaks (SV-01)."""
        self._check_operator()
        partner = self._browse("res.partner", partner_id)
        company = partner.commercial_partner_id
        machines = self._get_machines(company)
        return {
            **self._get_card(partner, company),
            "sites": self._get_sites(company),
            "machines": machines,
            **self._get_orders(company),
            "owed": self._get_owed(company),
            "complaints": self._get_complaints(company),
        }

    def _get_complaints(self, company):
        """How often the customer has complained within a year, and what is open."""
        since = fields.Datetime.subtract(fields.Datetime.now(), months=12)
        groups = self.env["aftersales.complaint"]._read_group(
            [
                ("partner_id", "child_of", company.id),
                ("received_at", ">=", since),
                ("state", "not in", ("withdrawn", "rejected", "merged")),
            ],
            ["state"],
            ["__count"],
        )
        counts = dict(groups)
        opened = sum(counts.get(state, 0) for state in COMPLAINT_OPEN)
        return {"count": sum(counts.values()), "open": opened}

    def _get_card(self, partner, company):
        grade = partner.aftersales_grade_id or company.aftersales_grade_id
        zone = partner.aftersales_zone_id
        phones = dict.fromkeys(p for p in (partner.phone, company.phone) if p)
        return {
            "id": partner.id,
            "name": company.name or partner.name or "",
            "contact": partner.name if partner != company else "",
            "phones": list(phones),
            "email": partner.email or company.email or "",
            "address": ", ".join(
                line
                for line in (partner if partner.street or partner.city else company)
                ._display_address(without_company=True)
                .splitlines()
                if line.strip()
            ),
            "vip": company.aftersales_vip,
            "grade": grade.display_name or "",
            "customer_class": grade.customer_class or "",
            "wishes": partner.aftersales_wishes or company.aftersales_wishes or "",
            "zone": zone.display_name or "",
            "travel_minutes": zone.travel_minutes,
            "team": zone.team_id.display_name or "",
        }

    def _get_sites(self, company):
        """Addresses the technician may be sent to; only when there is a choice."""
        children = self.env["res.partner"].search_fetch(
            [("id", "child_of", company.id), ("street", "!=", False)],
            ["name", "street", "city", "parent_id", "type"],
            limit=30,
        )
        sites = company | children
        if len(sites) < 2:
            return []
        return [
            {
                "id": site.id,
                "name": " · ".join(
                    text for text in (site.name, site.street, site.city) if text
                ),
            }
            for site in sites
        ]

    def _get_machines(self, company):
        assets = self.env["aftersales.asset"].search_fetch(
            [
                ("partner_id", "child_of", company.id),
                ("company_id", "=", self.env.company.id),
            ],
            [
                "serial",
                "product_id",
                "grade_id",
                "site_id",
                "place",
                "state",
                "importance",
            ],
            limit=MAX_MACHINES,
        )
        # Safe: only how many orders are open for machines the operator may read.
        orders = self.env["aftersales.order"].sudo()
        opened = [("state", "in", OPEN_STATES)]
        open_orders = count_by(orders, "asset_id", assets, opened)
        states = dict(assets._fields["state"]._description_selection(self.env))
        machines = [
            {
                "id": asset.id,
                "serial": asset.serial or "",
                "product": asset.product_id.display_name or "",
                "product_id": asset.product_id.id,
                "grade": asset.grade_id.display_name or "",
                "site_id": asset.site_id.id,
                "site": (asset.site_id.name or "") if asset.site_id != company else "",
                "place": asset.place or "",
                "state": asset.state,
                "state_name": states[asset.state],
                "important": asset.importance in ("2", "3"),
                "open_orders": open_orders.get(asset.id, 0),
            }
            for asset in assets
        ]
        machines.sort(key=lambda m: (m["state"] != "in_use", -m["open_orders"]))
        return machines

    def _get_orders(self, company):
        """Open orders, oldest promise first, and what was done last."""
        orders = self.env["aftersales.order"]
        domain = Domain("commercial_partner_id", "=", company.id)
        still_open = Domain("state", "in", OPEN_STATES)
        names = ["name", "state", "called_at", "asset_id", "symptom_id", "description"]
        opened = orders.search_fetch(domain & still_open, names, limit=MAX_ORDERS)
        recent = orders.search_fetch(domain & ~still_open, names, limit=4)
        count = len(opened)
        if count == MAX_ORDERS:
            count = orders.search_count(domain & still_open)
        return {
            "open_count": count,
            "open_orders": self._order_rows(opened),
            "recent_orders": self._order_rows(recent),
        }

    def _order_rows(self, orders):
        states = dict(orders._fields["state"]._description_selection(self.env))
        tz = self.env["aftersales.board"]._get_tz()
        return [
            {
                "id": order.id,
                "name": order.name,
                "state": order.state,
                "state_name": states[order.state],
                "called": format_datetime(
                    self.env, order.called_at, tz=tz, dt_format="MM-dd HH:mm"
                )
                if order.state in OPEN_STATES
                else fields.Date.to_string(
                    order.company_id._aftersales_day(order.called_at)
                ),
                "asset_id": order.asset_id.id,
                "about": order.symptom_id.display_name
                or (order.description or "").strip().split("\n")[0][:60],
            }
            for order in orders
        ]

    def _get_owed(self, company):
        """What the customer owes: one figure the operator may tell, no entries."""
        today = self.env.company._aftersales_today()
        due = Domain(
            [
                ("partner_id", "child_of", company.id),
                ("company_id", "=", self.env.company.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
            ]
        )
        # Safe: an operator has no accounting rights; two sums of a customer the
        # operator may read leave this method, in the operator's own company.
        lines = self.env["account.move.line"].sudo()
        total = lines._read_group(due, [], ["amount_residual:sum"])[0][0] or 0.0
        late = Domain("date_maturity", "<", today)
        overdue = lines._read_group(due & late, [], ["amount_residual:sum"])[0][0] or 0
        currency = self.env.company.currency_id
        return {
            "open": currency.compare_amounts(total, 0.0) > 0,
            "overdue": currency.compare_amounts(overdue, 0.0) > 0,
            "amount": format_amount(self.env, total, currency),
            "overdue_amount": format_amount(self.env, overdue, currency),
        }

    @api.model
    def search_symptoms(self, query, product_id=False):
        """Symptoms by name, code or the callers' own words; those of the product."""
        self._check_operator()
        symptoms = self.env["aftersales.symptom"]
        domain = Domain.TRUE
        if product_id:
            product = self._browse("product.product", product_id)
            domain = Domain(symptoms._get_product_domain(product))
        text = clean_text(query, 100).strip()
        if text:
            domain &= Domain("display_name", "ilike", text)
        else:
            # Groups are headings; nobody reports "disk" before typing.
            domain &= Domain("child_ids", "=", False)
        found = symptoms.search_fetch(domain, ["name", "code"], limit=10).sorted(
            lambda s: not (s.name or "").lower().startswith(text.lower())
        )
        return [
            {"id": s.id, "name": s.display_name, "code": s.code or ""} for s in found
        ]

    @api.model
    def search_products(self, query):
        """Models a new machine can be of."""
        self._check_operator()
        found = self.env["product.product"].name_search(
            clean_text(query, 100).strip(), [("type", "=", "consu")], limit=8
        )
        return [{"id": product_id, "name": name} for product_id, name in found]

    @api.model
    @api.readonly
    def get_promise(self, values):
        """What we promise for the call as it is typed, told before it is registered.

        :param values: ``CHOICES``, ``LINKS`` and ``new_partner`` as far as known
        :return: list of ``{"key", "label", "deadline", "policy", "reason"}``
        """
        self._check_operator()
        order = self._get_draft(values)
        return order._explain_sla_draft(fields.Datetime.now())

    @api.model
    @api.readonly
    def get_zone(self, values):
        """Where the site of the call as it is typed belongs to; *unknown* is asked.

        :param values: as of ``get_promise``
        :return: ``{"id", "name", "team", "known", "missing", "choices"}``
        """
        self._check_operator()
        order = self._get_draft(values)
        zones = self.env["aftersales.zone"].search_fetch(
            [("company_id", "=", self.env.company.id)], ["name", "team_id", "area"]
        )
        zone = order.zone_id
        return {
            "id": zone.id,
            "name": zone.display_name or "",
            "team": zone.team_id.display_name or "",
            "known": bool(zone) or not zones or order.place != "onsite",
            "missing": order.sla_missing or "",
            "choices": [{"id": z.id, "name": z.display_name} for z in zones],
        }

    def _get_draft(self, values):
        """The order as it would be registered; nothing is stored."""
        values = values if isinstance(values, dict) else {}
        draft = {name: values[name] for name in self.CHOICES if values.get(name)}
        for name in self.LINKS:
            if values.get(name):
                model = self.env["aftersales.order"]._fields[name].comodel_name
                draft[name] = self._browse(model, values[name]).id
        draft["company_id"] = self.env.company.id
        if not draft.get("partner_id") and isinstance(values.get("new_partner"), dict):
            data = self._prepare_partner_values(values["new_partner"])
            partner = self.env["res.partner"].new(data)
            draft.setdefault("zone_id", self._match_zone(partner).id)
        return self.env["aftersales.order"].new(draft)

    def _match_zone(self, partner):
        return self.env["aftersales.zone"]._match(partner)[partner.id]
