from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.aftersales_service.const import OPEN_STATES

from ...tools.figures import RATIO, Slice

GROUP = "aftersales_service.aftersales_service_group_"


class DigestDigest(models.Model):
    """Figures of the service department in the digest by mail (KP-12).

    ================== ====================== =====================================
    Figure             Group                  Restriction
    ================== ====================== =====================================
    all                manager, accountant    company of the digest, also their own
    ================== ====================== =====================================

    The facts are those of the figures, counted from the first to the last instant of
    the digest instead of a month. Others get a digest without these lines.
    """

    _inherit = "digest.digest"

    kpi_aftersales_orders = fields.Boolean("Service: orders done")
    kpi_aftersales_orders_value = fields.Integer(
        compute="_compute_kpi_aftersales_orders_value"
    )
    kpi_aftersales_timeliness = fields.Boolean("Service: timeliness in %")
    kpi_aftersales_timeliness_value = fields.Float(
        compute="_compute_kpi_aftersales_timeliness_value"
    )
    kpi_aftersales_satisfaction = fields.Boolean("Service: satisfaction in %")
    kpi_aftersales_satisfaction_value = fields.Float(
        compute="_compute_kpi_aftersales_satisfaction_value"
    )
    kpi_aftersales_complaints = fields.Boolean("Service: complaints")
    kpi_aftersales_complaints_value = fields.Integer(
        compute="_compute_kpi_aftersales_complaints_value"
    )
    kpi_aftersales_overdue = fields.Boolean("Service: overdue orders")
    kpi_aftersales_overdue_value = fields.Integer(
        compute="_compute_kpi_aftersales_overdue_value"
    )
    kpi_aftersales_revenue = fields.Boolean("Service: revenue")
    kpi_aftersales_revenue_value = fields.Monetary(
        compute="_compute_kpi_aftersales_revenue_value"
    )

    # -- values -----------------------------------------------------------------

    def _compute_kpi_aftersales_orders_value(self):
        self._set_aftersales_figure("kpi_aftersales_orders_value", "ORDERS")

    def _compute_kpi_aftersales_timeliness_value(self):
        self._set_aftersales_figure("kpi_aftersales_timeliness_value", "TIMELY")

    def _compute_kpi_aftersales_satisfaction_value(self):
        self._set_aftersales_figure("kpi_aftersales_satisfaction_value", "SATISFACTION")

    def _compute_kpi_aftersales_revenue_value(self):
        self._set_aftersales_figure("kpi_aftersales_revenue_value", "REVENUE")

    def _compute_kpi_aftersales_complaints_value(self):
        """Received in the time, whatever became of them but withdrawn or merged."""
        self._check_aftersales_reader()
        self._calculate_company_based_kpi(
            "aftersales.complaint",
            "kpi_aftersales_complaints_value",
            date_field="received_at",
            additional_domain=[
                ("state", "not in", ("withdrawn", "rejected", "merged"))
            ],
        )

    def _compute_kpi_aftersales_overdue_value(self):
        """Open now and late: a state of the day, the same in each column."""
        self._check_aftersales_reader()
        orders = self.env["aftersales.order"]
        for digest in self:
            company = digest._get_aftersales_company()
            digest.kpi_aftersales_overdue_value = orders.search_count(
                [
                    ("company_id", "=", company.id),
                    ("state", "in", OPEN_STATES),
                    ("sla_state", "=", "missed"),
                ]
            )

    def _check_aftersales_reader(self):
        user = self.env.user
        if not any(user.has_group(f"{GROUP}{n}") for n in ("manager", "accountant")):
            raise AccessError(
                self.env._("Only managers and accountants get figures of the service.")
            )

    def _get_aftersales_company(self):
        """Whose figures the digest shows; never of a company the reader is not in."""
        company = self.company_id or self.env.company
        if company not in self.env.user.company_ids:
            raise AccessError(
                self.env._("Only managers and accountants get figures of the service.")
            )
        return company

    def _set_aftersales_figure(self, name, code):
        self._check_aftersales_reader()
        for digest in self:
            company = digest._get_aftersales_company()
            digest[name] = digest._get_aftersales_figure(company, code)

    def _get_aftersales_figure(self, company, code):
        """A figure of the digest's time; 0 where there is nothing to divide by."""
        # Safe: the reader may see all figures of the company, checked before.
        kpis = self.env["aftersales.kpi"].sudo()._get_for_company(company)
        kpi = kpis.filtered(lambda kpi: kpi.code == code)[:1]
        if not kpi:
            return 0.0
        facts = self.env["aftersales.kpi.facts"]
        facts._flush()
        query = facts._get_query(kpi, self._get_aftersales_part(company))
        rows = SQL("SELECT SUM(num), SUM(den) FROM (%s) facts", query)
        ((numerator, denominator),) = self.env.execute_query(rows)
        kind = kpi._get_kind()
        if kind.roll_up != RATIO:
            return float(numerator or 0)
        return float(numerator * kind.scale / denominator) if denominator else 0.0

    def _get_aftersales_part(self, company):
        """The facts between the instants of the digest."""
        start, end, _companies = self._get_kpi_compute_parameters()
        start, end = (
            fields.Datetime.to_datetime(start),
            fields.Datetime.to_datetime(end),
        )
        return Slice(
            company_id=company.id,
            first=start.date(),
            last=end.date(),
            start=start,
            end=end,
            now=end,
            today=end.date(),
        )

    # -- where a click leads ------------------------------------------------------

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("aftersales_service.aftersales_menu_root").id
        orders = f"aftersales_service.aftersales_order_action?menu_id={menu}"
        complaints = f"aftersales_service.aftersales_complaint_action?menu_id={menu}"
        figures = f"aftersales_kpi.aftersales_kpi_value_action?menu_id={menu}"
        return actions | {
            "kpi_aftersales_orders": orders,
            "kpi_aftersales_overdue": orders,
            "kpi_aftersales_complaints": complaints,
            "kpi_aftersales_timeliness": figures,
            "kpi_aftersales_satisfaction": figures,
            "kpi_aftersales_revenue": figures,
        }
