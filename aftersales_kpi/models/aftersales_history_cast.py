from datetime import timedelta

import pytz

from odoo import api, models

from ..tools import history_words as words
from ..tools.history import Cast, Fault, Machine, Technician

CUSTOMERS = 240
MACHINES_EACH = 4
# How good the technicians are, in their order.
QUALITY = (0.93, 0.86, 0.80, 0.52, 0.90, 0.74, 0.83, 0.62)
# Symptom, cause, part of the demo company, share, hours on site, supplier's fault.
FAULTS = (
    ("disk_amber", "disk_damaged", "disk300", 17, 0.8, True),
    ("disk_missing", "disk_damaged", "disk146", 8, 0.8, True),
    ("disk_amber", "disk_offline", None, 9, 0.9, False),
    ("raid_post", "raid_card", "raid", 6, 1.4, True),
    ("raid_post", "loose_slot", None, 6, 0.7, False),
    ("no_display", "memory_failed", "dimm4", 9, 0.9, True),
    ("no_display", "board_failed", "board", 5, 2.1, True),
    ("no_display", "power", "psu", 8, 1.0, False),
    ("no_display", "loose_slot", None, 5, 0.6, False),
    ("dimm_error", "memory_failed", "dimm4", 8, 0.7, True),
    ("blue_screen", "software", None, 7, 1.2, False),
    ("blue_screen", "memory_failed", "dimm4", 4, 1.0, True),
    ("board_error", "pci_failed", "pci", 4, 1.3, True),
    ("other", "no_fault", None, 3, 0.5, False),
    ("no_display", "liquid", "board346", 2, 1.8, False),
)
# More and more of it in the last months: a bad lot.
RISING = ("dimm_error", "memory_failed")
# Suppliers of the demo company by part, in the order of their reference.
PARTS = ("disk300", "disk146", "raid", "dimm4", "board", "board346", "pci", "psu")
SUPPLIER_OF = {"disk300": 0, "disk146": 0, "raid": 1, "board": 1, "psu": 2}


class AftersalesHistoryCast(models.AbstractModel):
    """Who and what the demo history is about: the demo company's own people, or made.

    In any other company nobody real gets invented work: service points, technicians
    and products are made, marked and removed with the rest.
    """

    _name = "aftersales.history.cast"
    _description = "Demo history: people and machines"

    def _prepare_cast(self):
        company = self.company_id
        teams = self._get_teams()
        parts, labour, travel, products = self._get_products()
        technicians = self._get_technicians(teams)
        return Cast(
            technicians=technicians,
            machines=tuple(self._create_machines(teams, products)),
            faults=tuple(self._get_faults(parts)),
            prices=self._get_prices([*parts.values(), labour, travel]),
            labour=labour.id,
            travel=travel.id,
            agents=self._get_agents(teams),
            tz=pytz.timezone(company.resource_calendar_id.tz or "UTC"),
            tax=self._get_tax().amount,
        )

    def _is_demo_company(self):
        demo = self._demo("company")
        return bool(demo) and demo == self.company_id

    @api.model
    def _demo(self, name):
        """A record of the demo company; nothing where there is no demo data."""
        xmlid = f"aftersales_service.{name}_demo"
        return self.env.ref(xmlid, raise_if_not_found=False)

    @api.model
    def _own(self, name):
        return self.env.ref(f"aftersales_service.aftersales_{name}")

    def _get_tax(self):
        tax = self.company_id.account_sale_tax_id
        simple = tax.amount_type == "percent" and not tax.price_include
        return tax if simple else tax.browse()

    # -- people -----------------------------------------------------------------

    def _get_teams(self):
        if self._is_demo_company():
            names = [f"team_{code.lower()}" for code in words.CITIES]
            return self.env["aftersales.team"].concat(*map(self._demo, names))
        return self._make_records(
            "aftersales.team",
            [
                {"name": f"{city}服务站", "company_id": self.company_id.id}
                for city in words.CITIES.values()
            ],
        )

    def _get_technicians(self, teams):
        if self._is_demo_company():
            names = ["technician", *(f"technician{n}" for n in range(2, 9))]
            people = self.env["aftersales.technician"].concat(*map(self._demo, names))
        else:
            people = self._create_technicians(teams)
        return tuple(
            Technician(person.id, person.team_id.id, quality)
            for person, quality in zip(people, QUALITY, strict=True)
        )

    def _create_technicians(self, teams):
        """Four, two and two, as in the demo company."""
        places = [teams[n] for n in (0, 0, 0, 0, 1, 1, 2, 2)]
        people = self._make_records(
            "aftersales.technician",
            [
                {
                    "name": name,
                    "company_id": self.company_id.id,
                    "team_id": team.id,
                    "tz": self.company_id.resource_calendar_id.tz or "UTC",
                }
                for name, team in zip(words.TECHNICIANS, places, strict=True)
            ],
        )
        self._mark("resource.resource", people.resource_id.ids)
        return people

    def _get_agents(self, teams):
        """Who calls the customers afterwards."""
        return {
            team.id: (team.followup_user_ids[:1] or self.env.user).id for team in teams
        }

    # -- goods ------------------------------------------------------------------

    def _get_products(self):
        """:return: parts by name, labour, travel and machines"""
        if not self._is_demo_company():
            return self._create_products()
        machines = self.env["aftersales.asset"].search(
            [("company_id", "=", self.company_id.id)]
        )
        parts = {name: self._demo(f"product_{name}") for name in PARTS}
        return (
            parts,
            self._demo("product_labour"),
            self._demo("product_travel"),
            machines.product_id.sorted("id"),
        )

    def _create_products(self):
        # Safe: an administrator makes demo goods; no stock is kept of them.
        goods = [{"name": f"Server {name}", "type": "consu"} for name in words.MACHINES]
        goods += [
            {"name": name, "type": "consu", "list_price": price, "standard_price": cost}
            for name, price, cost in words.PARTS
        ]
        goods += [
            {"name": "On-site labour", "type": "service", "list_price": 180.0},
            {"name": "Travel", "type": "service", "list_price": 60.0},
        ]
        company = {"company_id": self.company_id.id}
        made = self._make_records("product.product", [good | company for good in goods])
        values = self.env["product.value"].sudo()  # Safe: costs of invented goods.
        values = values.search([("product_id", "in", made.ids)])
        self._mark("product.value", values.ids)
        count = len(words.MACHINES)
        parts = made[count:-2]
        named = {name: parts[n % len(parts)] for n, name in enumerate(PARTS)}
        return named, made[-2], made[-1], made[:count]

    def _get_prices(self, products):
        return {
            product.id: (
                product.list_price,
                product.with_company(self.company_id).standard_price
                or round(product.list_price * 0.6, 2),
            )
            for product in products
        }

    def _get_faults(self, parts):
        suppliers = self._get_suppliers()
        for symptom, cause, part, weight, hours, supplied in FAULTS:
            record = self._own(f"cause_{cause}")
            supplier = suppliers[SUPPLIER_OF.get(part, 0)] if supplied else None
            yield Fault(
                symptom=self._own(f"symptom_{symptom}").id,
                cause=record.id,
                part=parts[part].id if part else None,
                weight=weight,
                hours=hours,
                misuse=record.is_misuse,
                rising=(symptom, cause) == RISING,
                supplier=supplier.id if supplier else None,
            )

    def _get_suppliers(self):
        """Disks and memory, boards, power supplies."""
        if self._is_demo_company():
            return [
                self._demo("supplier"),
                self.env.ref("aftersales_warranty.supplier_board_demo"),
                self.env.ref("aftersales_warranty.supplier_power_demo"),
            ]
        return self._make_records(
            "res.partner",
            [
                {"name": name, "is_company": True, "company_id": self.company_id.id}
                for name in words.SUPPLIERS
            ],
        )

    # -- customers and machines -------------------------------------------------

    def _create_machines(self, teams, products):
        """Customers around the service points, with a few machines each."""
        zones = self.env["aftersales.zone"].search([("team_id", "in", teams.ids)])
        by_team = zones.grouped("team_id")
        places = [teams[n] for n in (0, 0, 1, 0, 2, 0, 1, 2)]
        spots = [places[n % len(places)] for n in range(CUSTOMERS)]
        customers = self._create_customers(spots)
        rows, plain = [], []
        for number in range(CUSTOMERS * MACHINES_EACH):
            customer, team = customers[number // 4], spots[number // 4]
            product = products[(number * 7 + number // 11) % len(products)]
            zone = by_team.get(team, zones.browse())[: 1 + number % 2][-1:]
            rows.append(self._prepare_machine(number, customer, product))
            plain.append((customer.id, team.id, zone.id or None, product.id))
        ids = self._insert_rows("aftersales.asset", rows)
        for machine, row, (customer, team, zone, product) in zip(
            ids, rows, plain, strict=True
        ):
            yield Machine(
                machine,
                customer,
                team,
                zone,
                product,
                row["serial"],
                row["installed_on"],
            )

    def _create_customers(self, teams):
        company = self.company_id
        count = len(words.NAMES)
        return self._make_records(
            "res.partner",
            [
                {
                    "name": self._name_customer(n, team),
                    "is_company": True,
                    "company_id": company.id,
                    "city": words.CITIES.get(team.code) or "杭州",
                    "country_id": company.country_id.id,
                    "phone": f"0571 88{n % count:02d} {1000 + n * 7}",
                }
                for n, team in enumerate(teams)
            ],
        )

    @api.model
    def _name_customer(self, number, team):
        city = words.CITIES.get(team.code) or "杭州"
        name = words.NAMES[number % len(words.NAMES)]
        trade = words.TRADES[(number * 5 + number // 30) % len(words.TRADES)]
        return f"{city}{name}{trade}"

    def _prepare_machine(self, number, customer, product):
        """Installed over the eight years before the end, some not long ago."""
        age = 40 + (number * 37) % 2900
        installed = self.date_to - timedelta(days=age)
        rack = f"{'ABCDEF'[number % 6]}{1 + number % 24:02d}"
        return {
            "company_id": self.company_id.id,
            "partner_id": customer.id,
            "site_id": customer.id,
            "product_id": product.id,
            "product_categ_id": product.categ_id.id or None,
            "serial": f"LS{self.id:02d}{100000 + number * 7}",
            "place": f"机房 {1 + number % 3} · {rack}",
            "importance": "10213"[number % 5],
            "state": "in_use",
            "active": True,
            "delivered_on": installed - timedelta(days=5),
            "installed_on": installed,
        }
