from pytz import timezone

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.base.models.res_partner import _tz_get

from ...tools.timeline import day_bounds, to_local


class ResCompany(models.Model):
    """The company's clock: the one that says which day it is (Principle 9).

    Days of the books, of deadlines, figures and papers of the company are days of this
    clock, whoever asks and wherever the reader sits.
    """

    _inherit = "res.company"

    aftersales_own_tz = fields.Selection(
        _tz_get,
        "Clock of the company",
        help="Time zone that decides on which day something happened: invoices, closed "
        "days, deadlines, figures. Empty: that of the company's address, else of its "
        "working hours.",
    )
    aftersales_tz = fields.Char(
        "Clock in use", compute="_compute_aftersales_tz", store=True
    )

    @api.depends("aftersales_own_tz", "partner_id.tz", "resource_calendar_id.tz")
    def _compute_aftersales_tz(self):
        for company in self:
            company.aftersales_tz = (
                company.aftersales_own_tz
                or company.partner_id.tz
                or company.resource_calendar_id.tz
                or "UTC"
            )

    def _aftersales_zone(self):
        """The clock as a ``pytz`` zone; UTC without a company."""
        # Safe: the clock is no secret, and readers of a record may lack its company.
        return timezone(self.sudo().aftersales_tz or "UTC")

    def _aftersales_today(self):
        """Today, by the company's clock."""
        return self._aftersales_day(fields.Datetime.now())

    def _aftersales_day(self, instant):
        """Day of an instant (naive UTC) by the company's clock; False without one."""
        return instant and to_local(instant, self._aftersales_zone().zone).date()

    @api.model
    def _aftersales_compare_today(self, field, operator, company="company_id"):
        """Records whose day compares so with today, each by its company's clock.

        :param field: day of the record
        :param operator: ``<``, ``<=``, …
        :param company: field of the record that names the company
        """
        days = {}
        # Safe: only the day it is leaves this method.
        # pylint: disable-next=no-search-all
        for each in self.sudo().search([]):
            days.setdefault(each._aftersales_today(), []).append(each.id)
        return Domain.OR(
            Domain(company, "in", ids) & Domain(field, operator, day)
            for day, ids in days.items()
        )

    def _aftersales_bounds(self, day):
        """Instants (naive UTC) at which a day of the company begins and ends."""
        return day_bounds(day, self._aftersales_zone().zone)
