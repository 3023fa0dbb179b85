from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

ACTIVITY = "mail.mail_activity_data_warning"


class AftersalesAlarm(models.Model):
    """A product or lot that fails more often than usual (KP-08).

    ============ ========== ========================================================
    Action       Group      Restriction
    ============ ========== ========================================================
    read         supervisor own companies
    take up      supervisor new
    close        manager    finding written
    open again   manager    closed, the rise is not over
    ============ ========== ========================================================

    One rise makes one alarm: while it lasts the job only brings the figures up to
    date. Once the rate has come down the rise is over, and the next one is new.
    """

    _name = "aftersales.alarm"
    _description = "Early Alarm"
    _inherit = ["aftersales.guard.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "raised_on desc, id desc"
    _rec_names_search = ["product_id.name", "product_id.default_code", "lot"]
    _mail_post_access = "read"

    rule_id = fields.Many2one(
        "aftersales.alarm.rule",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="cascade"
    )
    product_categ_id = fields.Many2one(related="product_id.categ_id")
    lot = fields.Char(readonly=True, help="Beginning of the serial numbers.")
    state = fields.Selection(
        [("new", "New"), ("working", "Being looked into"), ("closed", "Closed")],
        default="new",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    raised_on = fields.Date(readonly=True, copy=False)
    seen_on = fields.Date("Last seen", readonly=True, copy=False)
    ended_on = fields.Date(
        "Over since",
        readonly=True,
        copy=False,
        help="The rate has come down again; the next rise makes a new alarm.",
    )
    date_from = fields.Date("From", readonly=True)
    date_to = fields.Date("To", readonly=True)
    failures = fields.Integer("Faults", readonly=True)
    machines = fields.Integer(readonly=True)
    rate = fields.Float(
        "Now",
        digits=(16, 2),
        readonly=True,
        aggregator="avg",
        help="Faults per 100 machines and month.",
    )
    usual_rate = fields.Float("Usual", digits=(16, 2), readonly=True, aggregator="avg")
    peak_rate = fields.Float("Peak", digits=(16, 2), readonly=True, aggregator="max")
    expected = fields.Float(
        "Faults expected", digits=(16, 1), readonly=True, aggregator="avg"
    )
    probability = fields.Float(
        "By chance %",
        digits=(16, 4),
        readonly=True,
        aggregator="avg",
        help="Chance that the usual rate alone gives so many faults.",
    )
    order_ids = fields.Many2many(
        "aftersales.order",
        "aftersales_alarm_order_rel",
        "alarm_id",
        "order_id",
        string="Evidence",
        readonly=True,
        copy=False,
    )
    unit_id = fields.Many2one(
        "aftersales.unit",
        "Responsible unit",
        ondelete="set null",
        index="btree_not_null",
        help="Gets the alarm in its next monthly improvement request.",
    )
    finding = fields.Text(help="Why it is so, after looking into it.")
    measures = fields.Text(help="What is done about it.")
    user_id = fields.Many2one("res.users", "Told to", readonly=True)
    closed_by_id = fields.Many2one("res.users", "Closed by", readonly=True, copy=False)
    closed_at = fields.Datetime("Closed on", readonly=True, copy=False)

    _once = models.UniqueIndex(
        "(rule_id, company_id, product_id, COALESCE(lot, '')) WHERE ended_on IS NULL",
        "There is an alarm of this rise already.",
    )

    @api.depends("product_id", "lot")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for alarm in self:
            # Safe: the name of what the alarm is about.
            parts = (alarm.sudo().product_id.display_name, alarm.lot)
            alarm.display_name = " · ".join(part for part in parts if part)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Alarms stay on record. Close them instead."))

    # -------------------------------------------------------------------------
    # THE JOB
    # -------------------------------------------------------------------------

    @api.model
    def _record_rises(self, rule, company, today, verdicts):
        """One alarm for each new rise, fresh figures for known ones, an end else.

        A known rise is over when the rate has clearly come down, not when it swings
        about the threshold: that would make an alarm every other day.

        :param verdicts: ``{(product id, lot): (Seen, Verdict)}``
        """
        # Safe: called by the job and after the checks of the action.
        known = self.sudo()._get_lasting(rule, company)
        lasting = {
            key: found
            for key, found in verdicts.items()
            if found[1].is_rise or (key in known and not found[1].is_over)
        }
        over = [alarm.id for key, alarm in known.items() if key not in lasting]
        # Safe: see above.
        self.sudo().browse(over).write({"ended_on": today})
        evidence = rule._get_evidence(company, today, lasting)
        new = {}
        for key, found in lasting.items():
            values = self._prepare_figures(rule, today, *found)
            values["order_ids"] = [fields.Command.set(evidence.get(key, []))]
            if alarm := known.get(key):
                values["peak_rate"] = max(alarm.peak_rate, values["rate"])
                alarm.write(values)
            else:
                new[key] = values
        # Safe: see above.
        self.sudo()._raise(rule, company, today, new)

    def _get_lasting(self, rule, company):
        """``{(product id, lot): alarm}`` of rises that are not over."""
        alarms = self.search(
            [
                ("rule_id", "=", rule.id),
                ("company_id", "=", company.id),
                ("ended_on", "=", False),
            ]
        )
        return {(alarm.product_id.id, alarm.lot or ""): alarm for alarm in alarms}

    @api.model
    def _prepare_figures(self, rule, today, seen, verdict):
        recent, _usual = rule._get_periods(today)
        return {
            "seen_on": today,
            "date_from": recent,
            "date_to": today - timedelta(days=1),
            "failures": seen.failures,
            "machines": seen.machines,
            "rate": verdict.rate,
            "usual_rate": verdict.usual_rate,
            "expected": verdict.expected,
            "probability": verdict.probability,
        }

    def _raise(self, rule, company, today, values):
        """New alarms, and a task for the one who looks after quality."""
        user = rule.user_id or company._get_quality_manager()
        alarms = self.create(
            [
                {
                    **figures,
                    "rule_id": rule.id,
                    "company_id": company.id,
                    "product_id": product,
                    "lot": lot or False,
                    "raised_on": today,
                    "peak_rate": figures["rate"],
                    "user_id": user.id,
                }
                for (product, lot), figures in values.items()
            ]
        )
        for alarm in alarms if user else ():
            alarm.activity_schedule(
                ACTIVITY, user_id=user.id, summary=alarm._get_summary()
            )
        return alarms

    def _get_summary(self):
        return self.env._(
            "%(name)s: %(count)s faults in %(days)s days, %(expected).1f expected",
            name=self.display_name,
            count=self.failures,
            days=self.rule_id.window_days,
            expected=self.expected,
        )

    # -------------------------------------------------------------------------
    # PEOPLE
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "take": (("new",), "working"),
            "close": (("new", "working"), "closed"),
            "reopen": (("closed",), "working"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name == "close":
            values["closed_by_id"] = self.env.uid
            values["closed_at"] = fields.Datetime.now()
        elif name == "reopen":
            values.update({"closed_by_id": False, "closed_at": False})
        return values

    def action_take(self):
        """Somebody looks into it."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self._transition("take")

    def action_close(self):
        """Looked into, with what was found.

        :raise UserError: no finding is written
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("manager")
        self._lock_for_action()
        if empty := self.filtered(lambda alarm: not (alarm.finding or "").strip()):
            raise UserError(
                self.env._(
                    "Write what you found before you close %(alarms)s.",
                    alarms=", ".join(empty[:5].mapped("display_name")),
                )
            )
        self._transition("close")
        self.activity_feedback([ACTIVITY])

    def action_reopen(self):
        """Closed too early."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("manager")
        self._lock_for_action()
        self._transition("reopen")

    def action_view_orders(self):
        """The faults behind the alarm."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "aftersales.order",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", self.order_ids.ids)],
        }
