"""Twenty machines of one customer, each covered differently.

For agents who learn the call desk, and for the test that asks the desk for all.
"""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import Command, fields

from odoo.addons.aftersales_service.demo.stage import Stage

from ..tools.period import local_date

# What the twenty machines are sold under; rows: scope, share, own months, role.
TERMS = {
    "all": [("part", 100, 0), ("labour", 100, 0), ("travel", 100, 0)],
    "parts": [("part", 100, 0)],
    "labour3": [("part", 100, 0), ("labour", 100, 3), ("travel", 100, 3)],
    "half": [("part", 50, 0), ("labour", 50, 0)],
    "key": [("part", 100, 0), ("labour", 100, 0), ("key", 100, 36)],
    "excluded": [("part", 100, 0), ("labour", 100, 0), ("travel", 0, 0)],
    "accepted": [("part", 100, 0), ("labour", 100, 0), ("travel", 100, 0)],
    "strict": [("part", 100, 0), ("labour", 100, 0), ("travel", 100, 0)],
    "counter": [("part", 100, 0), ("labour", 100, 0), ("travel", 100, 0)],
}
TERM_VALUES = {
    "accepted": {"events": ["acceptance"]},
    "strict": {"events": ["acceptance"], "cover_before_start": False},
    "counter": {"counter": "hour", "counter_limit": 1000.0},
}
# Serial, term, days until the end of twelve months (None: never opened), what
# happened besides, and what the call desk is to say: state and a part of the words.
MACHINES = [
    ("CV01", "all", 41, None, "active", "parts free 41 d · labour ✓ · travel ✓"),
    ("CV02", "all", 0, None, "active", "parts free, last day"),
    ("CV03", "all", -1, None, "expired", "warranty ended"),
    ("CV04", "all", 365, None, "active", "parts free 365 d"),
    ("CV05", "parts", 100, None, "partly", "labour charged · travel charged"),
    ("CV06", "labour3", 200, None, "partly", "parts free 200 d · labour charged"),
    ("CV07", "half", 150, None, "partly", "parts 50 % · labour 50 %"),
    ("CV08", "key", -30, None, "partly", "labour charged · travel charged"),
    ("CV09", "all", 33, "repair", "active", "parts free 41 d"),
    ("CV10", "all", 120, "void", "void", "warranty void"),
    ("CV11", "strict", 300, None, "pending", "warranty not begun"),
    ("CV12", "accepted", 300, None, "active", "labour ✓"),
    ("CV13", None, None, None, "none", "no warranty"),
    ("CV14", "all", -20, "extended", "active", "parts free"),
    ("CV15", "counter", 90, "counter", "expired", "warranty ended"),
    ("CV16", "counter", 91, "reading", "active", "parts free 91 d"),
    ("CV17", "all", -5, "part", "partly", "free 60 d · labour"),
    ("CV18", "excluded", 77, None, "active", "parts free 77 d · labour ✓ · travel"),
    ("CV19", "all", 10, "later", "pending", "warranty not begun"),
    ("CV20", "all", 15, "extended", "active", "parts free"),
]


def play(company):
    Cover(company).play()


class Cover(Stage):
    QUIET = ("tracking_disable",)

    def play(self):
        """The customer to call for: 0571-87650000."""
        partner = self.env["res.partner"].create(
            {
                "name": "西湖云计算有限公司",
                "is_company": True,
                "phone": "0571-87650000",
                "city": "杭州",
                "tz": "Asia/Shanghai",
                "lang": "zh_CN" if self._has_chinese() else False,
                "country_id": self.env.ref("base.cn").id,
            }
        )
        product = self._ref("product_7979q7c")
        part = self._ref("product_psu")
        categ = self._ref("categ_boards")
        return self.prepare_machines(partner, product, part, categ)

    def prepare_machines(self, partner, product, part, categ):
        """Make the machines of the table.

        :param part: fitted once before, with a cover of its own
        :param categ: the key parts
        :return: ``{serial: machine}``
        """
        company = self.company
        terms = {name: self._create_cover_term(name, company, categ) for name in TERMS}
        today = self._get_cover_day(partner, company)
        machines = {}
        for serial, term, left, story, _state, _text in MACHINES:
            asset = self._create_cover_machine(serial, company, partner, product)
            machines[serial] = asset
            if term is None:
                continue
            start = today + timedelta(days=left) - relativedelta(months=12)
            warranty = self._open_cover(asset, terms[term], start, story)
            if story and story != "later":
                getattr(self, f"_tell_cover_{story}")(warranty, terms["all"], part)
        return machines

    def _get_cover_day(self, partner, company):
        """Today where the machines stand."""
        zone = partner.tz or company.partner_id.tz
        return local_date(fields.Datetime.now(), zone)

    def _create_cover_term(self, name, company, categ):
        values = dict(TERM_VALUES.get(name, {}))
        events = values.pop("events", ["delivery"])
        rows = []
        for number, (scope, share, months) in enumerate(TERMS[name]):
            row = {"scope": scope, "share": share, "sequence": number + 1}
            if scope == "key":
                row.update(scope="part", role="key", categ_id=categ.id, sequence=0)
            rows.append(Command.create({**row, "duration": months}))
        return self.env["aftersales.warranty.term"].create(
            {
                "name": f"Cover {name}, 12 months",
                "code": f"CV-{name}",
                "company_id": company.id,
                "duration": 12,
                "duration_unit": "month",
                "event_ids": [Command.create({"event": event}) for event in events],
                "line_ids": rows,
                **values,
            }
        )

    def _create_cover_machine(self, serial, company, partner, product):
        # pylint: disable-next=context-overridden
        quiet = self.env["aftersales.asset"].with_context(aftersales_no_warranty=True)
        asset = quiet.create(
            {
                "company_id": company.id,
                "partner_id": partner.id,
                "product_id": product.id,
                "serial": serial,
            }
        )
        return asset.with_env(self.env)

    def _open_cover(self, asset, term, start, story):
        values = {"asset_id": asset.id, "term_id": term.id}
        if story == "later":
            day = local_date(fields.Datetime.now(), asset._get_warranty_tz())
            day += timedelta(days=10)
            values.update(opening_date=day, opening_reason="Agreed with the customer")
        else:
            values["delivered_on"] = start
        return self.env["aftersales.warranty"].create([values])

    def _tell_cover_repair(self, warranty, _term, _part):
        now = fields.Datetime.now()
        self.env["aftersales.warranty.repair"]._register_repairs(
            [
                {
                    "asset_id": warranty.asset_id.id,
                    "company_id": warranty.company_id.id,
                    "reported_at": now - timedelta(days=60),
                    "started_at": now - timedelta(days=60),
                    "ended_at": now - timedelta(days=52),
                    "covered": True,
                }
            ]
        )

    def _tell_cover_void(self, warranty, _term, _part):
        warranty._void("Opened by others")

    def _tell_cover_extended(self, warranty, term, _part):
        self.env["aftersales.warranty"].create(
            [
                {
                    "kind": "extended",
                    "asset_id": warranty.asset_id.id,
                    "parent_id": warranty.id,
                    "term_id": term.id,
                }
            ]
        )

    def _tell_cover_counter(self, warranty, _term, _part, value=1200.0):
        self.env["aftersales.warranty.reading"].create(
            [
                {
                    "asset_id": warranty.asset_id.id,
                    "read_on": fields.Date.today() - timedelta(days=3),
                    "value": value,
                }
            ]
        )

    def _tell_cover_reading(self, warranty, term, part):
        self._tell_cover_counter(warranty, term, part, 400.0)

    def _tell_cover_part(self, warranty, _term, part):
        """Ninety days of its own, thirty of them gone."""
        self.env["aftersales.warranty"]._register_parts(
            [
                {
                    "warranty_id": warranty.id,
                    "product_id": part.id,
                    "fitted_on": local_date(fields.Datetime.now(), warranty.tz)
                    - timedelta(days=30),
                }
            ]
        )
