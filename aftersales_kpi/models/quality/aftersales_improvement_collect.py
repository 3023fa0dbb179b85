import logging

import psycopg2
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class AftersalesImprovement(models.Model):
    """How the monthly requests come about: the job and its facts (KP-08, SV-91).

    Once for each company, unit and month; the unique index is the proof. Killed in
    the middle, what is made stays and the next run makes the rest.
    """

    _inherit = "aftersales.improvement"

    @api.model
    def _cron_make(self):
        """Requests of the month that is over, for every unit with anything to tell."""
        cron = self.env["ir.cron"]
        # Safe: a scheduled job over all companies.
        requests = self.env["aftersales.improvement"].sudo()
        todo = requests._get_missing(requests._get_last_months())
        cron._commit_progress(remaining=len(todo))
        for company, month, unit in todo:
            requests._make_safely(company, month, unit)
            if not cron._commit_progress(1):
                return

    @api.model
    def _get_last_months(self):
        """``[(company, first day of the month that is over)]`` by their clocks."""
        facts = self.env["aftersales.score.facts"]
        now = fields.Datetime.now()
        groups = self.env["aftersales.order"]._read_group([], ["company_id"])
        return [
            (
                company,
                fields.Date.start_of(facts._get_local_day(company, now), "month")
                - relativedelta(months=1),
            )
            for (company,) in groups
        ]

    @api.model
    def _get_missing(self, months):
        """``[(company, month, unit)]`` that have something to tell and no request."""
        todo = []
        for company, month in months:
            made = self.search(
                [("company_id", "=", company.id), ("month", "=", month)]
            ).unit_id
            units = self._get_units(company, month) - made
            todo += [(company, month, unit) for unit in units]
        return todo

    @api.model
    def _get_units(self, company, month):
        """Units named by faults, complaints, suggestions or alarms of a month."""
        found = {
            unit.id for rows in self._collect(company, month).values() for unit in rows
        }
        return self.env["aftersales.unit"].browse(sorted(found))

    @api.model
    def _make_safely(self, company, month, unit):
        """A unit whose request cannot be made does not keep the others from theirs."""
        try:
            self._make(company, month, unit)
            self.env.flush_all()
        except psycopg2.IntegrityError:
            # Another worker has made it a moment ago.
            self.env.cr.rollback()
            self.env.invalidate_all()
        except (UserError, ValueError, psycopg2.Error):
            self.env.cr.rollback()
            self.env.invalidate_all()
            _logger.warning("No request for %s in %s", unit, month, exc_info=True)

    @api.model
    def _make(self, company, month, unit):
        """Make and send the request of a unit; without an addressee it waits."""
        rows = self._collect(company, month)
        lines = [values for kind in rows for values in rows[kind].get(unit, [])]
        counts = {
            kind: sum(values["count"] for values in rows[kind].get(unit, []))
            for kind in rows
        }
        request = self.create(
            {
                "company_id": company.id,
                "month": month,
                "unit_id": unit.id,
                "fault_count": counts["fault"],
                "complaint_count": counts["complaint"],
                "suggestion_count": counts["suggestion"],
                "alarm_count": counts["alarm"],
                "previous_count": self._count_faults(
                    company, month - relativedelta(months=1), unit
                ),
                "line_ids": [fields.Command.create(values) for values in lines],
            }
        )
        if request._get_addressees():
            request._send()
        else:
            request._tell_nobody()
        return request

    def _tell_nobody(self):
        """Nobody to write to: the quality manager is asked to name somebody."""
        user = self.company_id._get_quality_manager()
        if user:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=self.env._("The unit has no head with an e-mail address"),
            )

    # -------------------------------------------------------------------------
    # FACTS
    # -------------------------------------------------------------------------

    @api.model
    def _collect(self, company, month):
        """``{kind: {unit: [values of lines]}}`` of a month; a query for each kind."""
        end = fields.Date.end_of(month, "month")
        return {
            "fault": self._collect_faults(company, month, end),
            "complaint": self._collect_complaints(company, month, end),
            "suggestion": self._collect_suggestions(company, month),
            "alarm": self._collect_alarms(company, month, end),
        }

    @api.model
    def _get_fault_domain(self, company, start, end):
        return [
            ("company_id", "=", company.id),
            ("called_on", ">=", start),
            ("called_on", "<=", end),
        ]

    @api.model
    def _count_faults(self, company, month, unit):
        domain = self._get_fault_domain(
            company, month, fields.Date.end_of(month, "month")
        )
        faults = self.env["aftersales.fault.report"]
        return faults.search_count([*domain, ("unit_id", "=", unit.id)])

    @api.model
    def _collect_faults(self, company, start, end):
        """Equal faults are one line with their number, most frequent first."""
        groups = self.env["aftersales.fault.report"]._read_group(
            [*self._get_fault_domain(company, start, end), ("unit_id", "!=", False)],
            ["unit_id", "product_id", "symptom_id", "cause_id"],
            ["__count", "order_id:max"],
        )
        rows = {}
        for unit, product, symptom, cause, count, order in sorted(
            groups, key=lambda row: (-row[4], row[1].id, row[2].id, row[3].id)
        ):
            rows.setdefault(unit, []).append(
                {
                    "kind": "fault",
                    "count": count,
                    "product_id": product.id,
                    "symptom_id": symptom.id,
                    "cause_id": cause.id,
                    "order_id": order if count == 1 else False,
                }
            )
        return rows

    @api.model
    def _collect_complaints(self, company, start, end):
        """Confirmed ones received in the month that name the unit."""
        reports = self.env["aftersales.complaint.report"].search(
            [
                ("company_id", "=", company.id),
                ("received_on", ">=", start),
                ("received_on", "<=", end),
                ("responsible_unit", "!=", False),
                ("valid_count", "=", 1),
            ]
        )
        rows = {}
        for complaint in reports.complaint_id.sorted("id"):
            rows.setdefault(complaint.responsible_unit, []).append(
                {
                    "kind": "complaint",
                    "count": 1,
                    "complaint_id": complaint.id,
                    "product_id": complaint.product_id.id,
                    "text": complaint.description,
                }
            )
        return rows

    @api.model
    def _collect_suggestions(self, company, day):
        """Of the follow-ups answered in the month, to the unit of the cause."""
        month = self.env["aftersales.score.facts"]._get_month(company, day)
        cards = self.env["aftersales.followup"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "answered"),
                ("suggestion", "!=", False),
                ("answered_at", ">=", month.start),
                ("answered_at", "<", month.end),
            ],
            order="answered_at, id",
        )
        rows = {}
        for card in cards:
            unit = card.order_id.cause_id.unit_id
            unit = unit or company.aftersales_suggestion_unit_id
            if unit:
                rows.setdefault(unit, []).append(
                    {
                        "kind": "suggestion",
                        "count": 1,
                        "followup_id": card.id,
                        "product_id": card.order_id.product_id.id,
                        "text": card.suggestion,
                    }
                )
        return rows

    @api.model
    def _collect_alarms(self, company, start, end):
        """Raised in the month and passed to a unit."""
        alarms = self.env["aftersales.alarm"].search(
            [
                ("company_id", "=", company.id),
                ("unit_id", "!=", False),
                ("raised_on", ">=", start),
                ("raised_on", "<=", end),
            ]
        )
        rows = {}
        for alarm in alarms:
            rows.setdefault(alarm.unit_id, []).append(
                {
                    "kind": "alarm",
                    "count": 1,
                    "alarm_id": alarm.id,
                    "product_id": alarm.product_id.id,
                    "text": alarm._get_summary(),
                }
            )
        return rows
