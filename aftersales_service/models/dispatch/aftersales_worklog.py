from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...tools.records import labels
from ...tools.timeline import to_local


class AftersalesWorklog(models.Model):
    """Hours of a person, from visits or entered by hand (SV-25).

    =============== ============ ==================================================
    Action          Group        Restriction
    =============== ============ ==================================================
    enter, change   technician   own rows that no visit made
    enter, change   supervisor   of the own service points, rows of visits too
    read            all roles    technician: own; others: service points, company
    =============== ============ ==================================================
    """

    _name = "aftersales.worklog"
    _description = "Work Log"
    _inherit = ["aftersales.guard.mixin"]
    _order = "date desc, technician_id, started_at, id"
    _check_company_auto = True

    technician_id = fields.Many2one(
        "aftersales.technician",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self._default_technician_id(),
    )
    company_id = fields.Many2one(
        related="technician_id.company_id", store=True, index=True, precompute=True
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        compute="_compute_team_id",
        store=True,
        precompute=True,
        index=True,
        help="Service point of the technician when the row was made.",
    )
    date = fields.Date(
        required=True, default=lambda self: self._default_date(), index=True
    )
    category = fields.Selection(
        [
            ("work", "Work"),
            ("travel", "Travel"),
            ("workshop", "Workshop"),
            ("training", "Training"),
            ("office", "Office"),
            ("other", "Other"),
        ],
        required=True,
        default="work",
    )
    started_at = fields.Datetime("From", readonly=True, copy=False)
    ended_at = fields.Datetime("Until", readonly=True, copy=False)
    hours = fields.Float(required=True)
    order_id = fields.Many2one(
        "aftersales.order",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    visit_id = fields.Many2one(
        "aftersales.visit",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
    )
    is_automatic = fields.Boolean(
        "From the visit",
        readonly=True,
        copy=False,
        help="Written by the clock of a visit; only a supervisor corrects it.",
    )
    note = fields.Char()

    _hours_range = models.Constraint(
        "CHECK (hours >= 0 AND hours <= 25)", "A row has between 0 and 24 hours."
    )
    _date_technician_idx = models.Index("(date, technician_id)")

    @api.model
    def _default_technician_id(self):
        return self.env["aftersales.technician"].search(
            [("user_id", "=", self.env.uid), ("company_id", "=", self.env.company.id)],
            limit=1,
        )

    @api.model
    def _default_date(self):
        """Today where the technician works, as the clock of visits counts."""
        tz = (
            self._default_technician_id().tz or self.env.company._aftersales_zone().zone
        )
        return to_local(fields.Datetime.now(), tz).date()

    @api.depends("technician_id")
    def _compute_team_id(self):
        for log in self:
            log.team_id = log.technician_id.team_id

    @api.depends("technician_id", "date", "category")
    def _compute_display_name(self):
        words = labels(self, "category")
        for log in self:
            parts = (log.technician_id.name, str(log.date), words.get(log.category))
            log.display_name = " · ".join(part for part in parts if part)

    @api.constrains("hours", "technician_id", "date")
    def _check_day_total(self):
        """What is typed does not make a day longer than a day."""
        typed = self.filtered(lambda log: not log.is_automatic)
        totals = self._read_group(
            [
                ("technician_id", "in", typed.technician_id.ids),
                ("date", "in", typed.mapped("date")),
            ],
            ["technician_id", "date:day"],
            ["hours:sum"],
        )
        keys = {(log.technician_id, log.date) for log in typed}
        for technician, day, total in totals:
            if (technician, day) in keys and total > 24.0:
                raise ValidationError(
                    self.env._(
                        "%(technician)s would have %(hours).1f hours on %(day)s.",
                        technician=technician.name,
                        hours=total,
                        day=day,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        logs = super().create(vals_list)
        logs._check_order_readable()
        return logs

    def write(self, vals):
        self._check_may_change()
        result = super().write(vals)
        if "order_id" in vals:
            self._check_order_readable()
        if vals.keys() & {"hours", "category"} and not self._writes_itself(vals):
            self.visit_id._fill_lines()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_automatic(self):
        self._check_may_change()

    def _check_may_change(self):
        """Rows of the clock are corrected by a supervisor only."""
        if self.env.su or not any(log.is_automatic for log in self):
            return
        if not self.env.user._has_aftersales_role("supervisor"):
            raise AccessError(
                self.env._(
                    "These hours come from a visit. A supervisor can correct them."
                )
            )

    def _check_order_readable(self):
        """Nobody books hours on an order he cannot see."""
        if not self.env.su:
            self.order_id.check_access("read")
