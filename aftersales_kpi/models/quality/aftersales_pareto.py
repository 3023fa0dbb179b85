from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.aftersales_service.tools.workbook import make_workbook

from ...tools.pareto import pareto

MAX_YEARS = 30


class AftersalesPareto(models.AbstractModel):
    """What happens most: the Pareto of faults and of trips (KP-07, KP-08).

    Everything is asked of the analysis models as the reader, so nobody counts what he
    may not see. Options come from the screen and are checked here, each time.
    """

    _name = "aftersales.pareto"
    _description = "Pareto"

    # -------------------------------------------------------------------------
    # SOURCES
    # -------------------------------------------------------------------------

    @api.model
    def _get_sources(self):
        """``{source: analysis model, its day, its link to documents, dimensions}``.

        A later add-on adds its own source (extension point).
        """
        return {
            "fault": {
                "model": "aftersales.fault.report",
                "day": "called_on",
                "instant": "called_at",
                "target": ("aftersales.order", "fault_row_ids"),
                "dimensions": (
                    *("symptom_id", "symptom_group_id", "cause_id", "responsible"),
                    *("product_id", "product_categ_id", "supplier_id", "unit_id"),
                    *("part_id", "partner_id", "team_id"),
                ),
            },
            "trip": {
                "model": "aftersales.trip.report",
                "day": "trip_on",
                "instant": False,
                "target": ("aftersales.visit", "trip_row_ids"),
                "dimensions": (
                    *("trip_cause_id", "rule_id", "product_id", "cause_id"),
                    *("partner_id", "lead_id", "team_id"),
                ),
            },
        }

    @api.model
    def _read_options(self, options):
        """The choices of the screen, checked; what is missing gets its default.

        :raise UserError: an unknown source or dimension, or an impossible period
        """
        options = options if isinstance(options, dict) else {}
        sources = self._get_sources()
        source = options.get("source") or "fault"
        if source not in sources:
            raise UserError(self.env._("There is no such analysis."))
        dimension = options.get("dimension") or sources[source]["dimensions"][0]
        if dimension not in sources[source]["dimensions"]:
            raise UserError(self.env._("There is no such dimension."))
        start, end = self._read_period(options)
        return {
            "source": source,
            "dimension": dimension,
            "date_from": start,
            "date_to": end,
            **{
                name: self._read_id(options.get(name))
                for name in ("team_id", "product_id", "symptom_id")
            },
        }

    @api.model
    def _read_period(self, options):
        today = fields.Date.context_today(self)
        try:
            end = fields.Date.to_date(options.get("date_to")) or today
            start = fields.Date.to_date(options.get("date_from"))
        except (ValueError, TypeError) as error:
            raise UserError(self.env._("This is no date.")) from error
        start = start or end - relativedelta(years=1) + timedelta(days=1)
        if not end - relativedelta(years=MAX_YEARS) <= start <= end:
            raise UserError(self.env._("The period ends before it begins."))
        return start, end

    @api.model
    def _read_id(self, value):
        if value and (not isinstance(value, int) or not 0 < value < 2**31):
            raise UserError(self.env._("There is no such record."))
        return value or False

    @api.model
    def _get_domain(self, options, start=None, end=None):
        """Rows of the options; the instant helps the index, the day decides."""
        source = self._get_sources()[options["source"]]
        start, end = start or options["date_from"], end or options["date_to"]
        domain = Domain("company_id", "in", self.env.companies.ids)
        domain &= Domain(source["day"], ">=", start) & Domain(source["day"], "<=", end)
        if source["instant"]:
            domain &= Domain(source["instant"], ">=", start - timedelta(days=1))
            domain &= Domain(source["instant"], "<", end + timedelta(days=2))
        for name in ("team_id", "product_id", "symptom_id"):
            if options[name] and name in self.env[source["model"]]._fields:
                domain &= Domain(name, "=", options[name])
        return domain

    # -------------------------------------------------------------------------
    # FIGURES
    # -------------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_pareto(self, options=None):
        """Bars of one dimension, most frequent first, for the screen.

        :return: dict with ``rows`` (key, label, count, previous, share, cumulated,
            mark), ``total``, ``previous_total`` and the options as they were read
        """
        options = self._read_options(options)
        rows = self._get_rows(options)
        return {
            "rows": rows,
            "total": sum(row["count"] for row in rows),
            "previous_total": self._count_previous(options),
            "options": {
                name: fields.Date.to_string(value)
                if name.startswith("date_")
                else value
                for name, value in options.items()
            },
            "dimensions": self._get_dimensions(options["source"]),
            "teams": self.env["aftersales.team"].search_read(
                [("company_id", "in", self.env.companies.ids)], ["display_name"]
            ),
        }

    @api.model
    def _get_dimensions(self, source):
        """``[(name, label)]`` in the reader's language."""
        settings = self._get_sources()[source]
        model_fields = self.env[settings["model"]]._fields
        return [
            (name, model_fields[name]._description_string(self.env))
            for name in settings["dimensions"]
        ]

    @api.model
    def _get_rows(self, options):
        now = self._count(options, options["date_from"], options["date_to"])
        before = self._count(options, *self._get_previous_period(options))
        labels = self._get_labels(options, [key for key in now if key])
        bars = pareto(
            dict(sorted(now.items(), key=lambda item: labels.get(item[0], ""))), before
        )
        return [
            {
                "key": bar.key,
                "label": labels.get(bar.key) or self.env._("Not named"),
                "count": bar.count,
                "previous": bar.previous,
                "share": bar.share,
                "cumulated": bar.cumulated,
                "mark": bar.mark,
            }
            for bar in bars
        ]

    @api.model
    def _get_previous_period(self, options):
        """As long as the period, right before it; a whole year has its year before."""
        start, end = options["date_from"], options["date_to"]
        if start + relativedelta(years=1) == end + timedelta(days=1):
            return start - relativedelta(years=1), start - timedelta(days=1)
        length = end - start + timedelta(days=1)
        return start - length, start - timedelta(days=1)

    @api.model
    def _count(self, options, start, end):
        """``{value of the dimension: rows}``; False where it is not named."""
        source = self._get_sources()[options["source"]]
        groups = self.env[source["model"]]._read_group(
            self._get_domain(options, start, end), [options["dimension"]], ["__count"]
        )
        return {
            (key.id if isinstance(key, models.BaseModel) else key) or False: count
            for key, count in groups
        }

    @api.model
    def _count_previous(self, options):
        source = self._get_sources()[options["source"]]
        domain = self._get_domain(options, *self._get_previous_period(options))
        return self.env[source["model"]].search_count(domain)

    @api.model
    def _get_labels(self, options, keys):
        source = self._get_sources()[options["source"]]
        field = self.env[source["model"]]._fields[options["dimension"]]
        if field.type == "selection":
            return dict(field._description_selection(self.env))
        # Safe: names of what the reader's own rows point to, as on those rows.
        records = self.env[field.comodel_name].sudo().browse(keys)
        return {record.id: record.display_name for record in records}

    # -------------------------------------------------------------------------
    # DOCUMENTS
    # -------------------------------------------------------------------------

    @api.model
    def open_bar(self, options, keys=None):
        """The documents behind bars; all of the period without keys.

        :param keys: values of the dimension, False for "not named"
        """
        options = self._read_options(options)
        source = self._get_sources()[options["source"]]
        domain = self._get_domain(options)
        if keys is not None:
            domain &= Domain(options["dimension"], "in", list(keys))
        model, link = source["target"]
        return {
            "type": "ir.actions.act_window",
            "name": self._get_title(options),
            "res_model": model,
            "views": [(False, "list"), (False, "form")],
            "domain": [(link, "any", list(domain))],
        }

    @api.model
    def _get_title(self, options):
        dimension = dict(self._get_dimensions(options["source"]))[options["dimension"]]
        if options["source"] == "trip":
            return self.env._("Trips by %(dimension)s", dimension=dimension)
        return self.env._("Faults by %(dimension)s", dimension=dimension)

    @api.model
    def action_print(self, options):
        """The table and its bars on paper."""
        options = self._read_options(options)
        report = self.env.ref("aftersales_kpi.action_report_pareto")
        plain = {
            name: fields.Date.to_string(value) if name.startswith("date_") else value
            for name, value in options.items()
        }
        return report.report_action(None, data={"pareto": plain}, config=False)

    @api.model
    def _make_workbook(self, options):
        """The table as typed cells."""
        options = self._read_options(options)
        title = self._get_title(options)
        header = [
            dict(self._get_dimensions(options["source"]))[options["dimension"]],
            *self._get_headers(),
        ]
        rows = [
            [
                row["label"],
                row["count"],
                row["share"],
                row["cumulated"],
                row["mark"],
                row["previous"],
            ]
            for row in self._get_rows(options)
        ]
        return make_workbook([(title, header, rows)])

    @api.model
    def _get_headers(self):
        return [
            self.env._("Count"),
            self.env._("Share %"),
            self.env._("Cumulated %"),
            self.env._("Class"),
            self.env._("Period before"),
        ]
