from importlib.util import find_spec
from unittest import SkipTest

from odoo import Command, fields
from odoo.tests import new_test_user
from odoo.tools import SQL

from odoo.addons.aftersales_service.tests.common import GROUP, AftersalesCommon

from ..tools.figures import get_changes

# Columns that may not be the same twice.
FRESH = ("access_token", "source_key", "source_message_id", "link_token")
MARCH, APRIL = "2026-03-01", "2026-04-01"


def tell_history(company, last, months, orders):
    """Invented months of a department, which ``setup/`` of the repository knows."""
    if not find_spec("aftersales_setup"):
        raise SkipTest("needs setup/lib of the repository")
    from aftersales_setup.history import generate

    return generate(company.env, company, last, months, orders)


class ScoreCommon(AftersalesCommon):
    """Orders of March 2026 with answers, and two technicians."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.other_user = new_test_user(
            cls.env, login="as_other", groups=f"{GROUP}technician"
        )
        cls.other = cls._create_technician("Wang Fang", user_id=cls.other_user.id)
        cls.sheets = cls.env["aftersales.score.sheet"]

    @classmethod
    def _create_done(cls, amount=8500.0, done="2026-03-10 04:00:00", people=None):
        """A done order at list price, with its card."""
        people = people or cls.technician
        order = cls._create_order(
            place="remote",
            technician_id=people[0].id,
            technician_ids=[Command.set(people.ids)],
            line_ids=[
                cls._line_values("labour", cls.labour, 1.0, price_unit=amount),
            ],
        )
        order.line_ids.list_price = amount
        order.write({"state": "done", "done_at": done})
        order._plan_followups()
        return order

    @classmethod
    def _answer(cls, order, overall, at="2026-03-12 04:00:00", **values):
        """The customer's answer, at a moment of the past."""
        card = order.followup_ids[:1]
        card.sudo().write({"overall": overall, "answered_at": at, **values})
        card.sudo()._transition("answer")
        order._update_opinions()
        return card

    @classmethod
    def _compute(cls):
        """What the job does, without its commits."""
        cls.env.flush_all()
        months = cls.sheets._get_due(everything=True)
        march = fields.Date.to_date(MARCH)
        for company, month in dict.fromkeys([*months, (cls.company, march)]):
            if company == cls.company:
                cls.sheets._compute_by_job(company, month)
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _sheet(cls, month=MARCH, technician=None):
        technician = technician or cls.technician
        return cls.sheets.search(
            [("month", "=", month), ("technician_id", "=", technician.id)]
        )

    @classmethod
    def _close(cls, sheet):
        cls.as_user("supervisor", sheet).action_close()
        cls.as_user("manager", sheet).action_close()

    @classmethod
    def _incident(cls, kind="hotline_missed", date="2026-03-05", **values):
        return cls.env["aftersales.score.incident"].create(
            {
                "technician_id": cls.technician.id,
                "kind": kind,
                "date": date,
                "description": "20:15, nobody answered; the customer told us.",
                **values,
            }
        )

    @classmethod
    def _lines(cls, sheet, kind):
        return sheet.line_ids.filtered(lambda line: line.rule_id.kind == kind)

    @classmethod
    def _today(cls):
        return fields.Date.to_date(APRIL)


class TwoSheetsCommon(ScoreCommon):
    """The technician's sheet of March, and another's with an incident."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_done(people=cls.other)
        cls._incident(technician_id=cls.other.id)
        cls._create_done()
        cls._compute()
        cls.mine = cls._sheet()
        cls.theirs = cls._sheet(technician=cls.other)


class FiguresCommon(ScoreCommon):
    """Figures of the same department."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kpis = {kpi.code: kpi for kpi in cls.env["aftersales.kpi"].search([])}
        cls.values = cls.env["aftersales.kpi.value"]
        cls.months = cls.env["aftersales.kpi.month"]
        cls.periods = cls.env["aftersales.kpi.period"]

    @classmethod
    def _period(cls, month=MARCH):
        day = fields.Date.to_date(month)
        return cls.periods._get_or_create(cls.company, day)

    @classmethod
    def _compute_figures(cls, month=MARCH):
        """All figures of a month, anew."""
        cls.env.flush_all()
        cls._period(month)._compute_all()
        cls.env.invalidate_all()

    @classmethod
    def _work_off(cls, clock=False):
        """What the job does, without its commits."""
        cls.env.flush_all()
        for period in cls.periods._get_due(everything=True):
            if period.company_id == cls.company:
                period._compute_by_job(clock)
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _changes(cls):
        """What the job would count again: ``{month: {topic: people}}``"""
        cls.env.flush_all()
        cls.env.invalidate_all()
        changes = {
            str(period.month): get_changes(period.trace or {}, period._read_trace())
            for period in cls.periods.search([("company_id", "=", cls.company.id)])
        }
        return {month: found for month, found in changes.items() if found}

    @classmethod
    def _month(cls, code, month=MARCH, level="company", **dimensions):
        return cls.months.search(
            [
                ("kpi_id.code", "=", code),
                ("company_id", "=", cls.company.id),
                ("month", "=", month),
                ("level", "=", level),
                *((name, "=", value.id) for name, value in dimensions.items()),
            ]
        )

    @classmethod
    def _value(cls, code, month=MARCH, **kwargs):
        """Numerator, denominator and how it reads."""
        row = cls._month(code, month, **kwargs)
        return row.numerator, row.denominator, row.text

    @classmethod
    def _set(cls, record, **values):
        """Write columns as history left them, without anything following from it."""
        cls.env.flush_all()
        columns = [
            SQL("%s = %s", SQL.identifier(name), value)
            for name, value in values.items()
        ]
        cls.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = ANY(%s)",
                SQL.identifier(record._table),
                SQL(", ").join(columns),
                record.ids,
            )
        )
        record.invalidate_recordset()

    @classmethod
    def _multiply(cls, record, count, **special):
        """Copies of a row made in SQL; ``n`` counts from 1.

        :param special: expressions of columns that differ
        """
        cls.env.flush_all()
        table = record._table
        rows = cls.env.execute_query(
            SQL(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
                " AND attnum > 0 AND NOT attisdropped AND attname <> 'id'",
                table,
            )
        )
        names = [name for (name,) in rows]
        found = {**dict.fromkeys(FRESH, "NULL"), **special}
        values = [
            SQL(found[name]) if name in found else SQL.identifier("t", name)
            for name in names
        ]
        made = cls.env.execute_query(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s t, generate_series(1, %s) n"
                " WHERE t.id = %s RETURNING id",
                SQL.identifier(table),
                SQL(", ").join(map(SQL.identifier, names)),
                SQL(", ").join(values),
                SQL.identifier(table),
                count,
                record.id,
            )
        )
        return record.browse([number for (number,) in made])
