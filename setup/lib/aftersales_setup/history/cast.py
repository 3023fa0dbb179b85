"""People, machines and faults of the story: the demo company's own, or made."""

from datetime import timedelta

import pytz

from . import words
from .rows import Rows
from .story import Cast, Fault, Machine, Technician

CUSTOMERS = 240
MACHINES_EACH = 4
# How good the technicians are, in their order.
QUALITY = (0.93, 0.86, 0.80, 0.52, 0.90, 0.74, 0.83, 0.62)
# Symptom, cause, part of the demo company, share, hours on site, supplier's fault.
FAULTS = {
    "server": (
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
    ),
    "storage": (
        ("disk_amber", "disk_damaged", "disk300", 45, 0.8, True),
        ("disk_amber", "disk_offline", None, 16, 0.9, False),
        ("raid_post", "raid_card", "raid", 14, 1.6, True),
        ("disk_missing", "disk_damaged", "disk146", 12, 0.8, True),
        ("board_error", "pci_failed", "pci", 6, 1.3, True),
    ),
    "network": (
        ("link_down", "software", None, 34, 1.1, False),
        ("link_down", "loose_slot", None, 26, 0.6, False),
        ("link_down", "board_failed", "pci", 14, 1.4, True),
        ("link_down", "power", "psu", 12, 0.9, False),
    ),
    "ups": (
        ("ups_alarm", "power", "psu", 60, 1.3, False),
        ("ups_alarm", "board_failed", "board346", 14, 1.9, True),
        ("ups_alarm", "no_fault", None, 12, 0.5, False),
    ),
    "all": (
        ("other", "opened", None, 3, 1.4, False),
        ("other", "misuse", None, 4, 1.1, False),
        # Our own work put right soon after the installation, and that of others.
        ("not_right", "own_work", None, 34, 0.9, False),
        ("not_right", "foreign_work", None, 3, 1.2, False),
    ),
}
# More and more of it in the last months.
RISING = ("dimm_error", "memory_failed")
# What the machines of a bad lot fail of.
OF_LOT = ("disk_amber", "disk_damaged")
# Nobody pays for it; days after the installation in which it shows, 0: always.
FREE = {"own_work": 330, "foreign_work": 0}
# Lots that go bad: kind, and which of its lots.
BAD_LOTS = (("storage", 1), ("server", 2))
LOT_SIZE = 12
# Suppliers of the demo company by part, in the order of their reference.
PARTS = ("disk300", "disk146", "raid", "dimm4", "board", "board346", "pci", "psu")
# Kinds the demo company has no machines of.
NEW = ("storage", "network", "ups")
SUPPLIER_OF = {"disk300": 0, "disk146": 0, "raid": 1, "board": 1, "psu": 2}


class Casting(Rows):
    """Who and what the demo history is about: the demo company's own people, or made.

    In any other company nobody real gets invented work: service points, technicians
    and products are made.
    """

    def _prepare_cast(self):
        company = self.company
        teams = self._get_teams()
        parts, labour, travel, machines = self._get_products()
        technicians = self._get_technicians(teams)
        return Cast(
            technicians=technicians,
            machines=tuple(self._create_machines(teams, machines)),
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
        return bool(demo) and demo == self.company

    def _demo(self, name):
        """A record of the demo company; nothing where there is no demo data."""
        xmlid = f"aftersales_service.{name}_demo"
        return self.env.ref(xmlid, raise_if_not_found=False)

    def _own(self, name):
        return self.env.ref(f"aftersales_service.aftersales_{name}")

    def _get_tax(self):
        tax = self.company.account_sale_tax_id
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
                {"name": f"{city}服务站", "company_id": self.company.id}
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
        return self._make_records(
            "aftersales.technician",
            [
                {
                    "name": name,
                    "company_id": self.company.id,
                    "team_id": team.id,
                    "tz": self.company.resource_calendar_id.tz or "UTC",
                }
                for name, team in zip(words.TECHNICIANS, places, strict=True)
            ],
        )

    def _get_agents(self, teams):
        """Who calls the customers afterwards."""
        return {
            team.id: (team.followup_user_ids[:1] or self.env.user).id for team in teams
        }

    # -- goods ------------------------------------------------------------------

    def _get_products(self):
        """:return: parts by name, labour, travel and machines by kind"""
        if not self._is_demo_company():
            parts, labour, travel = self._create_products()
            return parts, labour, travel, self._create_models(words.MODELS)
        parts = {name: self._demo(f"product_{name}") for name in PARTS}
        others = {kind: named for kind, named in words.MODELS.items() if kind in NEW}
        servers = self.env["aftersales.asset"].search(
            [("company_id", "=", self.company.id)]
        )
        machines = self._create_models(others)
        machines["server"] = servers.product_id.sorted("id")
        return (
            parts,
            self._demo("product_labour"),
            self._demo("product_travel"),
            machines,
        )

    def _create_models(self, models):
        """Products that fail, each kind in a category of its own."""
        names = [words.KINDS[kind] for kind in models]
        categories = self._make_records(
            "product.category", [{"name": name} for name in names]
        )
        result = {}
        for (kind, names), category in zip(models.items(), categories, strict=True):
            values = [
                {
                    "name": name,
                    "type": "consu",
                    "categ_id": category.id,
                    "company_id": self.company.id,
                }
                for name in names
            ]
            result[kind] = self._make_records("product.product", values)
        return result

    def _create_products(self):
        """Parts, labour and travel; no stock is kept of them."""
        goods = [
            {"name": name, "type": "consu", "list_price": price, "standard_price": cost}
            for name, price, cost in words.PARTS
        ]
        goods += [
            {"name": "On-site labour", "type": "service", "list_price": 180.0},
            {"name": "Travel", "type": "service", "list_price": 60.0},
        ]
        company = {"company_id": self.company.id}
        made = self._make_records("product.product", [good | company for good in goods])
        parts = made[:-2]
        named = {name: parts[n % len(parts)] for n, name in enumerate(PARTS)}
        return named, made[-2], made[-1]

    def _get_prices(self, products):
        return {
            product.id: (
                product.list_price,
                product.with_company(self.company).standard_price
                or round(product.list_price * 0.6, 2),
            )
            for product in products
        }

    def _get_faults(self, parts):
        suppliers, symptoms = self._get_suppliers(), self._create_symptoms()
        for kind, rows in FAULTS.items():
            kinds = tuple(words.KINDS) if kind == "all" else (kind,)
            for symptom, cause, part, weight, hours, supplied in rows:
                record = self._get_cause(cause)
                supplier = suppliers[SUPPLIER_OF.get(part, 0)] if supplied else None
                known = symptoms.get(symptom) or self._own(f"symptom_{symptom}")
                yield Fault(
                    symptom=known.id,
                    cause=record.id,
                    part=parts[part].id if part else None,
                    weight=weight,
                    hours=hours,
                    misuse=record.is_misuse,
                    rising=(symptom, cause) == RISING,
                    supplier=supplier.id if supplier else None,
                    kinds=kinds,
                    max_days=FREE.get(cause, 0),
                    free=cause in FREE,
                    of_lot=(symptom, cause) == OF_LOT and kind in dict(BAD_LOTS),
                )

    def _get_cause(self, name):
        addon = "aftersales_kpi" if name in FREE else "aftersales_service"
        return self.env.ref(f"{addon}.aftersales_cause_{name}")

    def _create_symptoms(self):
        """The catalogue is about servers; other machines fail in other ways."""
        made = self._make_records(
            "aftersales.symptom",
            [{"name": name, "sequence": 900} for name in words.SYMPTOMS.values()],
        )
        return dict(zip(words.SYMPTOMS, made, strict=True))

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
                {"name": name, "is_company": True, "company_id": self.company.id}
                for name in words.SUPPLIERS
            ],
        )

    # -- customers and machines -------------------------------------------------

    def _create_machines(self, teams, machines):
        """Customers around the service points, with a few machines each."""
        zones = self.env["aftersales.zone"].search([("team_id", "in", teams.ids)])
        by_team = zones.grouped("team_id")
        places = [teams[n] for n in (0, 0, 1, 0, 2, 0, 1, 2)]
        spots = [places[n % len(places)] for n in range(CUSTOMERS)]
        customers = self._create_customers(spots)
        pool = self._get_pool(machines)
        rows, plain, counts = [], [], {}
        for number in range(CUSTOMERS * MACHINES_EACH):
            customer, team = customers[number // 4], spots[number // 4]
            kind, product = pool[(number * 7 + number // 11) % len(pool)]
            counts[product] = counts.get(product, -1) + 1
            zone = by_team.get(team, zones.browse())[: 1 + number % 2][-1:]
            lot = counts[product] // LOT_SIZE
            rows.append(self._prepare_machine(number, customer, product, lot))
            bad = self._get_bad_lot(kind, product, machines, lot)
            plain.append((customer.id, team.id, zone.id or None, product.id, kind, bad))
        ids = self._insert_rows("aftersales.asset", rows)
        for asset, row, (customer, team, zone, product, kind, bad) in zip(
            ids, rows, plain, strict=True
        ):
            yield Machine(
                asset,
                customer,
                team,
                zone,
                product,
                row["serial"],
                row["installed_on"],
                kind,
                bad,
            )

    def _get_pool(self, machines):
        """Kinds and models as often as they stand at customers."""
        return [
            (kind, product)
            for kind, share in words.SHARES.items()
            for number, product in enumerate(machines[kind])
            for _copy in range(share + number % 3)
        ]

    def _get_bad_lot(self, kind, product, machines, lot):
        """Number of the bad lot, of the first model of the kind; else None."""
        if product == machines[kind][:1] and (kind, lot) in BAD_LOTS:
            return BAD_LOTS.index((kind, lot))
        return None

    def _create_customers(self, teams):
        company = self.company
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

    def _name_customer(self, number, team):
        city = words.CITIES.get(team.code) or "杭州"
        name = words.NAMES[number % len(words.NAMES)]
        trade = words.TRADES[(number * 5 + number // 30) % len(words.TRADES)]
        return f"{city}{name}{trade}"

    def _prepare_machine(self, number, customer, product, lot):
        """Installed over the eight years before the end, some not long ago.

        The serial number says product and lot, and ends with three digits of its own.
        """
        age = 40 + (number * 37) % 2900
        installed = self.date_to - timedelta(days=age)
        rack = f"{'ABCDEF'[number % 6]}{1 + number % 24:02d}"
        return {
            "company_id": self.company.id,
            "partner_id": customer.id,
            "site_id": customer.id,
            "product_id": product.id,
            "product_categ_id": product.categ_id.id or None,
            "serial": f"{self.company.id}P{product.id}L{lot + 1:02d}{number:03d}",
            "place": f"机房 {1 + number % 3} · {rack}",
            "importance": "10213"[number % 5],
            "state": "in_use",
            "active": True,
            "delivered_on": installed - timedelta(days=5),
            "installed_on": installed,
        }
