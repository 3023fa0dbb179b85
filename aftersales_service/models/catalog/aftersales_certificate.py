from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesCertificate(models.Model):
    """A certificate held by a technician, valid from the first to the last day."""

    _name = "aftersales.certificate"
    _description = "Technician Certificate"
    _order = "date_to desc, id desc"
    _rec_name = "type_id"
    _rec_names_search = ["number", "type_id", "technician_id"]
    _check_company_auto = True

    technician_id = fields.Many2one(
        "aftersales.technician",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="technician_id.company_id", store=True, index=True, precompute=True
    )
    team_id = fields.Many2one(related="technician_id.team_id", string="Service Point")
    type_id = fields.Many2one(
        "aftersales.certificate.type",
        string="Certificate",
        required=True,
        index=True,
        ondelete="restrict",
    )
    number = fields.Char()
    date_from = fields.Date(
        string="Valid From",
        required=True,
        default=lambda self: self.env.company._aftersales_today(),
    )
    date_to = fields.Date(
        string="Valid Until",
        compute="_compute_date_to",
        store=True,
        readonly=False,
        precompute=True,
        help="Last day of validity; empty for no expiry.",
    )
    state = fields.Selection(
        [
            ("future", "Not yet valid"),
            ("valid", "Valid"),
            ("expiring", "Expires soon"),
            ("expired", "Expired"),
        ],
        compute="_compute_state",
    )

    _check_dates = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "A certificate cannot end before it begins.",
    )

    @api.depends("type_id", "date_from")
    def _compute_date_to(self):
        for certificate in self:
            months = certificate.type_id.default_months
            if months and certificate.date_from and not certificate.date_to:
                end = certificate.date_from + relativedelta(months=months, days=-1)
                certificate.date_to = end

    @api.depends("date_from", "date_to", "company_id")
    def _compute_state(self):
        for certificate in self:
            today = certificate.company_id._aftersales_today()
            soon = today + relativedelta(days=60)
            end = certificate.date_to
            if end and end < today:
                certificate.state = "expired"
            elif certificate.date_from and certificate.date_from > today:
                certificate.state = "future"
            else:
                certificate.state = "expiring" if end and end <= soon else "valid"

    @api.model
    def _valid_domain(self, day):
        """Certificates that count on a day, both ends included."""
        return Domain("date_from", "<=", day) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", day)
        )
