from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, formatLang

from ...tools.figures import RATIO, light

LIGHTS = [("green", "Reached"), ("amber", "Nearly"), ("red", "Off target")]


class AftersalesKpiNumber(models.AbstractModel):
    """A numerator by a denominator: how it reads, and the records behind it (KP-12)."""

    _name = "aftersales.kpi.number"
    _description = "Service figure as a number"

    text = fields.Char(
        "Shown as",
        compute="_compute_text",
        help="“–” where there is nothing to divide by.",
    )
    light = fields.Selection(LIGHTS, "Traffic light", compute="_compute_light")
    has_denominator = fields.Boolean(compute="_compute_text")
    month_text = fields.Char("Month of the year", compute="_compute_month_text")

    @api.depends("numerator", "denominator")
    @api.depends_context("lang")
    def _compute_text(self):
        for row in self:
            row.text = row._format_number(row.numerator, row.denominator)
            row.has_denominator = row.roll_up == RATIO

    @api.depends("month")
    def _compute_month_text(self):
        for row in self:
            row.month_text = row.month and row.month.strftime("%Y-%m")

    def _get_number(self, numerator, denominator):
        """None where there is nothing to divide by."""
        if self.roll_up != RATIO:
            return numerator
        return numerator * (self.scale or 1) / denominator if denominator else None

    def _format_number(self, numerator, denominator):
        number = self._get_number(numerator, denominator)
        # Safe: name and unit of a figure whose value is readable.
        unit = self.kpi_id.sudo().unit
        if number is None:
            return "–"
        if unit == "money":
            currency = self.currency_id or self.company_id.currency_id
            return format_amount(self.env, number, currency)
        if unit == "count":
            return formatLang(self.env, number, digits=0)
        text = formatLang(self.env, number, digits=2)
        if unit == "percent":
            return f"{text} %"
        if unit == "hours":
            return self.env._("%(number)s h", number=text)
        return self.env._("%(number)s d", number=text)

    @api.depends("numerator", "denominator")
    def _compute_light(self):
        for row in self:
            # Safe: the target of a figure whose value is readable.
            kpi = row.kpi_id.sudo()
            number = row._get_number(row.numerator, row.denominator)
            row.light = light(number, row.target, kpi.direction, kpi.tolerance) or False

    # -- every number opens its records ---------------------------------------

    def action_open_numerator(self):
        """Open the records the numerator counts, as far as the reader may see them."""
        return self._open_records("num")

    def action_open_denominator(self):
        """Open the records the denominator counts."""
        return self._open_records("den")

    def _get_source_parts(self):
        """``[(kpi, company, month, {dimension: id})]``"""
        raise NotImplementedError

    def _open_records(self, side):
        self.check_access("read")
        found = self.env["aftersales.kpi.facts"]._find_records(
            self._get_source_parts(), side
        )
        if not found:
            raise UserError(self.env._("There is no record behind this number."))
        model, ids = max(found.items(), key=lambda item: len(item[1]))
        records = self.env[model]
        records.check_access("read")
        visible = records.search([("id", "in", list(ids))])
        return {
            "type": "ir.actions.act_window",
            "name": ", ".join(dict.fromkeys(self.mapped("kpi_id.display_name"))),
            "res_model": model,
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", visible.ids)],
            "context": {"create": False, "active_test": False},
        }
