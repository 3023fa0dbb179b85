"""A year of suppliers and complaints, and an independent model of the rules.

``Year`` plays the year on a database: complaints come in any order, are confirmed
late, withdrawn, moved and settled; runs crash and are repeated; a manager approves and
an accountant books at the end of each month. ``expected_penalties`` and ``Books`` say
what must come out; they are written from the requirements (WA-23 … WA-28) and share
nothing with ``tools/ladder.py``.
"""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from odoo.tools import SQL

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFSET = 8 * HOUR  # Shanghai
FIRST, LAST = date(2025, 1, 1), date(2026, 1, 9)
RECEIPT, DEDUCTION, FINE = 100000.0, 200.0, 20.0


@dataclass
class Case:
    """A complaint with its fate; instants in UTC, days in Shanghai."""

    id: int
    supplier: int
    issue: int
    received: datetime
    confirmed: date
    settled: datetime | None
    contact: int | None = None
    withdrawn: date | None = None
    moved: date | None = None
    moved_to: int | None = None
    home: int | None = None  # the supplier it was first about

    @property
    def day(self):
        return (self.received + OFFSET).date()


# -- the model -------------------------------------------------------------------------


def expected_penalties(cases, agreements, now):
    """Everything in force, from nothing but the complaints that count now.

    :param agreements: ``{supplier: first day}``
    :return: set of (what, supplier, issue, first day of the period, complaint)
    """
    seen = [case for case in cases if case.received <= now]
    return {
        *_expected_steps(seen),
        *_expected_totals(seen, agreements, (now + OFFSET).date()),
        *_expected_deductions(seen, agreements, now),
    }


def _expected_steps(cases):
    """Third: warning. Fourth: ultimatum. Three again in the next month: withdraw."""
    months = Counter((c.supplier, c.issue, c.day.replace(day=1)) for c in cases)
    ultimatums, stopped = set(), set()
    for supplier, issue, month in sorted(months, key=lambda key: key[2]):
        count = months[supplier, issue, month]
        if count <= 2 or (supplier, issue) in stopped:
            continue
        yield "warning", supplier, issue, month, None
        if (supplier, issue, (month - DAY).replace(day=1)) in ultimatums:
            yield "withdrawal", supplier, issue, month, None
            stopped.add((supplier, issue))
        elif count > 3:
            yield "ultimatum", supplier, issue, month, None
            ultimatums.add((supplier, issue, month))


def _expected_totals(cases, agreements, today):
    """More than 25 since the agreement began; none in the whole of 2025."""
    counted = [case for case in cases if case.day >= agreements[case.supplier]]
    totals = Counter(case.supplier for case in counted)
    complained = {case.supplier for case in counted if case.day.year == 2025}
    for supplier, start in agreements.items():
        if totals[supplier] > 25:
            yield "fund", supplier, None, start, None
        if start <= FIRST and today.year > 2025 and supplier not in complained:
            yield "award", supplier, None, FIRST, None


def _expected_deductions(cases, agreements, now):
    for case in cases:
        limit = case.received + 48 * HOUR
        in_force = (limit + OFFSET).date() >= agreements[case.supplier]
        late = case.settled is None or case.settled > limit
        if limit <= now and in_force and late:
            month = case.day.replace(day=1)
            yield "deduction", case.supplier, case.issue, month, case.id


class Books:
    """What each booked supplier has with us: its deposit less what it owes."""

    def __init__(self, suppliers):
        self.net = dict.fromkeys(suppliers, RECEIPT)
        self.before = dict(self.net)
        self.booked = {}
        self.seizable = {}
        self.funds = set()

    def close_month(self, due, cases):
        """Give back what is due no more, book what is new, forfeit at last."""
        wanted = {key for key in due if key[1] in self.net}
        wanted |= self._fines(wanted, cases)
        for key in [key for key in self.booked if key not in wanted]:
            self.net[key[1]] += self.booked.pop(key)
        seizures = sorted(key for key in wanted if key[0] == "withdrawal")
        self.seizable = {
            key: self.seizable.get(key, self._holds(key[1])) for key in seizures
        }
        for key in wanted - self.booked.keys():
            self._book(key)
        for key in seizures:
            self._seize(key)
        self.before = dict(self.net)

    def _fines(self, wanted, cases):
        """Of the supplier's own people, for each of its late complaints."""
        late = {key[4] for key in wanted if key[0] == "deduction"}
        return {
            ("fine", case.supplier, case.contact, None, case.id)
            for case in cases
            if case.id in late and case.contact and case.supplier == case.home
        }

    def _holds(self, supplier):
        """There was something to forfeit when it was proposed or approved."""
        return self.before[supplier] > 0 or self.net[supplier] > 0

    def _book(self, key):
        amount = {"deduction": DEDUCTION, "fine": FINE}.get(key[0])
        if amount:
            self.net[key[1]] -= amount
            self.booked[key] = amount
        elif key[0] == "fund":
            self.funds.add(key[1])

    def _seize(self, key):
        if self.seizable[key] and key not in self.booked and self.net[key[1]] > 0:
            self.booked[key] = self.net[key[1]]
            self.net[key[1]] = 0.0


# -- the year --------------------------------------------------------------------------


class CrashError(Exception):
    """The server dies here."""


class Year:
    def __init__(self, env, suppliers, complaints, booked, seed=1, step=1, late=0.04):
        self.env, self.late = env, late
        self.random = random.Random(seed)
        self.step = step
        self.company = env.company
        self._set_up(suppliers, booked)
        self.plan = self._plan(complaints)
        self.cases = {}
        self.books = Books(self.booked)

    # -- people, agreements, template ----------------------------------------------

    def _set_up(self, suppliers, booked):
        env = self.env
        self.company.partner_id.tz = "Asia/Shanghai"
        if not self.company.aftersales_deposit_account_id:
            env["aftersales.deposit.setup"].create({}).action_apply()
        partners = env["res.partner"].create(
            [{"name": f"Year {n}", "is_company": True} for n in range(suppliers)]
        )
        self.contacts = dict(
            zip(
                partners.ids,
                env["res.partner"]
                .create([{"name": f"C {p.id}", "parent_id": p.id} for p in partners])
                .ids,
                strict=True,
            )
        )
        self.issues = (
            env["aftersales.complaint.category"]
            .create([{"name": f"Year {n}"} for n in range(6)])
            .ids
        )
        self.agreements = {
            partner: FIRST
            if self.random.random() < 0.7
            else FIRST + self.random.randrange(200) * DAY
            for partner in partners.ids
        }
        deposits = env["aftersales.deposit"].create(
            [
                {"partner_id": p, "required_amount": RECEIPT, "date_start": start}
                for p, start in self.agreements.items()
            ]
        )
        deposits.action_start()
        self.deposits = {deposit.partner_id.id: deposit for deposit in deposits}
        self.booked = partners.ids[-booked:]
        for partner in self.booked:
            env["aftersales.deposit.entry"].create(
                {
                    "deposit_id": self.deposits[partner].id,
                    "kind": "receipt",
                    "amount": RECEIPT,
                    "source": "other",
                    "counterpart_account_id": self.deposits[
                        partner
                    ].income_account_id.id,
                }
            ).action_post()
        customer = env["res.partner"].create({"name": "Year's customer"})
        self.template = env["aftersales.complaint"].create(
            {"partner_id": customer.id, "category_id": self.issues[0]}
        )
        env.flush_all()
        names = [
            name
            for name, field in self.template._fields.items()
            if field.store and field.column_type and name not in ("id", "parent_id")
        ]
        self.columns = names

    def _plan(self, count):
        """What happens to whom, in the order of the days it becomes known."""
        rnd, partners = self.random, list(self.agreements)
        quiet = set(partners[: max(1, len(partners) // 10)])
        busy = [partner for partner in partners if partner not in quiet]
        plan = []
        for number in range(count):
            partner = rnd.choice(busy)
            if number < len(quiet):  # one each, if at all
                partner = list(quiet)[number] if rnd.random() < 0.5 else partner
            received = datetime(2024, 12, 31, 16) + rnd.random() * 371 * DAY
            received = received.replace(microsecond=0)
            plan.append(self._fate(partner, received, partners))
        plan.sort(key=lambda case: case.confirmed)
        return plan

    def _fate(self, partner, received, partners):
        rnd = self.random
        day = (received + OFFSET).date()
        settled = received + rnd.random() * 47 * HOUR
        if rnd.random() < self.late:
            settled = rnd.choice([None, received + (48 + rnd.random() * 400) * HOUR])
        elif rnd.random() < 0.02:
            settled = received + 48 * HOUR
        case = Case(
            0,
            partner,
            rnd.choices(self.issues, (8, 4, 3, 2, 2, 1))[0],
            received,
            day + (rnd.randrange(2, 70) if rnd.random() < 0.05 else 0) * DAY,
            settled and settled.replace(microsecond=0),
            home=partner,
        )
        if rnd.random() < 0.3:
            case.contact = self.contacts[partner]
        if rnd.random() < 0.05:
            case.withdrawn = case.confirmed + rnd.randrange(1, 60) * DAY
        elif rnd.random() < 0.05:
            case.moved = case.confirmed + rnd.randrange(1, 60) * DAY
            case.moved_to = rnd.choice(partners)
        return case

    # -- play ----------------------------------------------------------------------

    def play(self, check, commit=lambda: None):
        """Day after day; ``check(year, now)`` at the end of each month."""
        day = FIRST
        while day <= LAST:
            self._happen(day)
            now = datetime.combine(day + DAY, datetime.min.time()) - OFFSET
            now -= timedelta(seconds=1)
            ends = (day + DAY).month != day.month or day == LAST
            if ends or self.random.random() < 1 / self.step:
                self._run(day)
            if ends:
                self._close_month(now)
                check(self, now)
            commit()
            day += DAY

    def _run(self, day):
        """Sometimes killed and repeated, sometimes run twice."""
        fate = self.random.random()
        if fate < 0.15:
            self._run_and_crash(day)
        self.env["aftersales.penalty.rule"]._run(day)
        if fate > 0.95:
            self.env["aftersales.penalty.rule"]._run(day)
        self.env.flush_all()
        self.env.invalidate_all()

    def _run_and_crash(self, day):
        cls = type(self.env["aftersales.penalty.review"])
        original, left = cls._apply, [self.random.randrange(1, 4)]

        def apply(*args):
            result = original(*args)
            left[0] -= 1
            if not left[0]:
                raise CrashError
            return result

        cls._apply = apply
        try:
            with self.env.cr.savepoint():
                self.env["aftersales.penalty.rule"]._run(day)
                raise CrashError
        except CrashError:
            self.env.invalidate_all()
        finally:
            cls._apply = original

    def _happen(self, day):
        now = datetime.combine(day + DAY, datetime.min.time()) - OFFSET
        fresh = []
        while self.plan and self.plan[0].confirmed <= day:
            fresh.append(self.plan.pop(0))
        self._insert(fresh)
        touched = {case.id for case in fresh}
        gone = [c for c in self.cases.values() if c.withdrawn and c.withdrawn <= day]
        moved = [c for c in self.cases.values() if c.moved and c.moved <= day]
        self._touch({case.id for case in moved})
        for case in gone:
            del self.cases[case.id]
        self._update("state", "withdrawn", [case.id for case in gone])
        for case in moved:
            case.supplier, case.moved = case.moved_to, None
            self._update("supplier_id", case.supplier, [case.id])
            touched.add(case.id)
        settled = [
            case for case in self.open if case.settled < now and case.id in self.cases
        ]
        self.open = [case for case in self.open if case.settled >= now]
        self._settle(settled)
        self._touch(touched | {case.id for case in (*gone, *settled)})

    open = ()

    def _settle(self, cases):
        if cases:
            self.env.cr.execute(
                SQL(
                    "UPDATE aftersales_complaint c SET state = 'resolved',"
                    " resolve_at = v.at FROM unnest(%s::int[], %s::timestamp[])"
                    " v(id, at) WHERE c.id = v.id",
                    [case.id for case in cases],
                    [case.settled for case in cases],
                )
            )

    def _insert(self, fresh):
        """Copies of one complaint, a statement for all."""
        if not fresh:
            return
        special = {
            "name": SQL("'Y/' || v.n"),
            "supplier_id": SQL("v.supplier"),
            "category_id": SQL("v.issue"),
            "received_at": SQL("v.received"),
            "confirmed_at": SQL("v.received"),
            "resolve_at": SQL("NULL"),
            "state": SQL("'confirmed'"),
            "access_token": SQL("NULL"),
            "source_key": SQL("NULL"),
        }
        values = [special.get(n, SQL.identifier("c", n)) for n in self.columns]
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO aftersales_complaint (%s) SELECT %s"
                " FROM aftersales_complaint c, unnest(%s::int[], %s::int[],"
                " %s::timestamp[]) WITH ORDINALITY v(supplier, issue, received, n)"
                " WHERE c.id = %s ORDER BY v.n RETURNING id",
                SQL(", ").join(SQL.identifier(name) for name in self.columns),
                SQL(", ").join(values),
                [case.supplier for case in fresh],
                [case.issue for case in fresh],
                [case.received for case in fresh],
                self.template.id,
            )
        )
        for case, (number,) in zip(fresh, sorted(rows), strict=True):
            case.id = number
            self.cases[number] = case
        people = [(case.id, case.contact) for case in fresh if case.contact]
        if people:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO aftersales_complaint_concerned_partner_rel"
                    " (complaint_id, partner_id)"
                    " SELECT * FROM unnest(%s::int[], %s::int[])",
                    *map(list, zip(*people, strict=True)),
                )
            )
        self.open = [*self.open, *(case for case in fresh if case.settled)]

    def _update(self, column, value, ids):
        if ids:
            self.env.cr.execute(
                SQL(
                    "UPDATE aftersales_complaint SET %s = %s WHERE id = ANY(%s)",
                    SQL.identifier(column),
                    value,
                    ids,
                )
            )

    def _touch(self, ids):
        if not ids:
            return
        complaints = self.env["aftersales.complaint"].browse(sorted(ids))
        complaints.invalidate_recordset()
        self.env["aftersales.penalty.due"]._mark_complaints(complaints)

    # -- manager and accountant ----------------------------------------------------

    def _close_month(self, now):
        due = expected_penalties(self.cases.values(), self.agreements, now)
        self.books.close_month(due, self.cases.values())
        penalties = self.env["aftersales.penalty"].search(
            [("partner_id", "in", self.booked)], order="id"
        )
        entries = penalties.entry_ids
        entries.filtered("give_back_reason").action_give_back()
        penalties.filtered(lambda p: p.state == "proposed").action_approve()
        penalties.invalidate_recordset()
        entries = penalties.entry_ids.sorted("id")
        # Somebody fined after the penalty was approved.
        entries.filtered(lambda e: e.state == "proposed").action_approve()
        todo = entries.filtered(lambda e: e.state == "approved")
        last = todo.filtered(lambda e: e.kind == "forfeiture")
        (todo - last).action_post()
        for entry in last.sorted(self._seizure_order):
            entry.deposit_id.invalidate_recordset()
            if entry.deposit_id.balance > 0:
                entry.action_post()
        self.env.flush_all()
        self.env.invalidate_all()

    def _seizure_order(self, entry):
        penalty = entry.penalty_id
        return entry.partner_id.id, penalty.category_id.id, penalty.period_start

    # -- what the database says ----------------------------------------------------

    def recorded_penalties(self):
        rows = self.env["aftersales.penalty"].search_read(
            [
                ("partner_id", "in", list(self.agreements)),
                ("state", "in", ("proposed", "approved")),
            ],
            ["action", "partner_id", "category_id", "period_start", "complaint_id"],
            load=None,
        )
        return {
            (
                row["action"],
                row["partner_id"],
                row["category_id"] or None,
                row["period_start"],
                row["complaint_id"] or None,
            )
            for row in rows
        }

    def ledger(self):
        """:return: ``{supplier: (deposit less what is owed, fund)}``"""
        deposits = self.env["aftersales.deposit"].concat(*self.deposits.values())
        figures = deposits._get_figures()
        return {
            partner: (
                round(
                    figures[deposit.id]["balance"] - figures[deposit.id]["receivable"],
                    2,
                ),
                round(figures[deposit.id]["fund_balance"], 2),
            )
            for partner, deposit in self.deposits.items()
        }

    def expected_ledger(self):
        return {
            partner: (
                round(self.books.net.get(partner, 0.0), 2),
                1000.0 if partner in self.books.funds else 0.0,
            )
            for partner in self.deposits
        }


def check_month(year, now):
    """Same penalties, same balances; the differences are what is shown."""
    expected = expected_penalties(year.cases.values(), year.agreements, now)
    recorded = year.recorded_penalties()
    assert recorded == expected, (
        now,
        "missing",
        sorted(map(str, expected - recorded))[:5],
        "too many",
        sorted(map(str, recorded - expected))[:5],
    )
    ledger, wanted = year.ledger(), year.expected_ledger()
    wrong = {p: (ledger[p], wanted[p]) for p in wanted if ledger[p] != wanted[p]}
    assert not wrong, (now, wrong)
