from odoo import api, fields, models
from odoo.tools import format_amount, format_date, get_lang
from odoo.tools.misc import babel_locale_parse

from odoo.addons.aftersales_service.tools.records import labels
from odoo.addons.aftersales_service.tools.timeline import to_local

from ...const import READERS
from ...tools import ladder
from ...tools.letter import format_period


class AftersalesPenalty(models.Model):
    """Why a step was reached, on what evidence, and what comes next, in words.

    Made from what was stored when it became due, in the language of the reader.
    """

    _inherit = "aftersales.penalty"

    period = fields.Char(compute="_compute_words")
    reason = fields.Text("Why", compute="_compute_words")
    evidence = fields.Text(compute="_compute_evidence")
    next_step = fields.Char("What comes next", compute="_compute_next_step")
    photo_ids = fields.Many2many(
        "ir.attachment",
        string="Photos",
        compute="_compute_photo_ids",
        groups=READERS,
    )

    @api.depends(
        "rule_id",
        "period_start",
        "reached_on",
        "counted",
        "threshold",
        "category_id",
        "state",
        "built_on_id.state",
    )
    @api.depends_context("lang")
    def _compute_words(self):
        for penalty in self:
            penalty.period = penalty._get_period()
            # Safe: numbers and names that stand on the penalty itself.
            penalty.reason = penalty.sudo()._get_reason()

    def _get_period(self):
        if not self.period_start:
            return False
        if self.action in ("fund", "end_contract"):
            return self.env._("since %s", format_date(self.env, self.period_start))
        return self._format_period(self.period_start, self.action == "award")

    def _format_period(self, day, whole_year=False):
        locale = babel_locale_parse(get_lang(self.env).code)
        return format_period(day, locale, whole_year)

    def _get_reason(self):
        values = {
            "count": self.counted,
            "issue": self.category_id.display_name or "",
            "period": self._get_period(),
            "threshold": self.threshold,
            "complaint": self.complaint_id.name or "",
            "day": format_date(self.env, self.reached_on),
            "hours": f"{self.rule_id.hours:g}",
        }
        texts = {
            "deduction": self.env._(
                "%(complaint)s (%(issue)s) was not settled within %(hours)s hours, "
                "until %(day)s.",
                **values,
            ),
            "fund": self.env._(
                "More than %(threshold)s complaints %(period)s; reached on %(day)s.",
                **values,
            ),
            "end_contract": self.env._(
                "The complaint fund was not paid on its due date, %(day)s.", **values
            ),
            "award": self.env._("No complaint in the whole year %(period)s.", **values),
        }
        text = texts.get(self.action) or self.env._(
            "%(count)s complaints about “%(issue)s” in %(period)s, more than "
            "%(threshold)s; reached on %(day)s.",
            **values,
        )
        return " ".join(filter(None, [text, self._get_before()]))

    def _get_before(self):
        """The step before, and whether it came too late (WA-24)."""
        before = self.built_on_id
        if self.action != "withdrawal" or not before:
            return ""
        text = self.env._(
            "Ultimatum of %(period)s: %(name)s.",
            period=before._get_period(),
            name=before.name,
        )
        if not before.decided_at or before.state == "proposed":
            return f"{text} " + self.env._("It has not been approved yet.")
        day = self.company_id._aftersales_day(before.decided_at)
        if day >= self.period_start:
            late = self.env._(
                "It was approved late, on %s.", format_date(self.env, day)
            )
            return f"{text} {late}"
        return text

    def _why_revoked(self):
        """Which complaints no longer count."""
        lost = self.complaint_ids.filtered(lambda c: not self._still_counts(c))
        if self.action == "award":
            return self.env._("A complaint of the year was confirmed later.")
        if self.action == "end_contract":
            return self.env._("The complaint fund was paid or is demanded no longer.")
        if not lost:
            return self.env._("The complaints no longer reach this step.")
        return self.env._(
            "No longer counted: %s.",
            ", ".join(self._describe_lost(c) for c in lost.sorted("received_at")),
        )

    def _still_counts(self, complaint):
        return (
            complaint.state in ladder.COUNTED
            and complaint.supplier_id.commercial_partner_id == self.partner_id
        )

    def _describe_lost(self, complaint):
        if complaint.state in ladder.COUNTED:
            supplier = complaint.supplier_id.name or self.env._("no supplier")
            return (
                self.env._("%(name)s (now of %(supplier)s)")
                .replace("%(name)s", complaint.name)
                .replace("%(supplier)s", supplier)
            )
        states = labels(complaint, "state")
        return f"{complaint.name} ({states[complaint.state]})"

    @api.depends("complaint_ids.received_at", "complaint_ids.description")
    @api.depends_context("lang")
    def _compute_evidence(self):
        for penalty in self:
            # Safe: it names its evidence to all who may read the penalty.
            penalty.evidence = "\n".join(
                penalty._get_evidence_line(complaint)
                for complaint in penalty.sudo().complaint_ids.sorted("received_at")
            )

    def _get_evidence_line(self, complaint):
        zone = self.company_id._aftersales_zone().zone
        received = to_local(complaint.received_at, zone)
        # Safe: one line about a complaint the penalty is built on.
        machine = complaint.asset_id.sudo()
        parts = [
            complaint.name,
            f"{format_date(self.env, received.date())} {received:%H:%M}",
            machine.serial or complaint.product_id.display_name,
            (complaint.description or "").strip().split("\n")[0][:120],
        ]
        return " · ".join(part for part in parts if part)

    @api.depends("complaint_ids")
    def _compute_photo_ids(self):
        for penalty in self:
            penalty.photo_ids = penalty.complaint_ids.photo_ids

    # -------------------------------------------------------------------------
    # WHAT COMES NEXT
    # -------------------------------------------------------------------------

    @api.depends("state", "action", "entry_ids.state", "entry_ids.give_back_reason")
    @api.depends_context("lang", "uid")
    def _compute_next_step(self):
        for penalty in self:
            # Safe: one sentence about the penalty the user may read.
            penalty.next_step = penalty.sudo()._get_next_step()

    def _get_next_step(self):
        """One sentence: what somebody has to do, or what the supplier has to fear."""
        self.ensure_one()
        if self.give_back_amount:
            return self.env._(
                "Accounting gives back %s",
                format_amount(self.env, self.give_back_amount, self.currency_id),
            )
        if self.state == "proposed":
            return self.env._("Approve or exempt")
        if self.state != "approved":
            return False
        if any(entry.state == "approved" for entry in self.entry_ids):
            return self._get_money_step()
        return self._get_ladder_step()

    def _get_money_step(self):
        if self.action == "fund":
            return self.env._(
                "Fund payable on %s; unpaid, the contract ends",
                format_date(self.env, self._get_fund_entry().due_on),
            )
        return self.env._(
            "Accounting posts %s",
            format_amount(self.env, self.reserved_amount, self.currency_id),
        )

    def _get_ladder_step(self):
        """The rule that follows on the same issue, while it still can."""
        today = self.company_id._aftersales_today()
        month = ladder.month_of(today)
        following = ladder.month_after(self.period_start)
        if self.action == "warning" and self.period_start == month:
            return self._get_threat("ultimatum", month)
        if self.action == "ultimatum" and month <= following:
            return self._get_threat("withdrawal", following)
        if self.action == "ultimatum":
            return self.env._("Lapsed")
        return False

    def _get_threat(self, action, month):
        rules = self.rule_id._get_effective(self.company_id)
        rule = rules.filtered(lambda rule: rule.action == action)[:1]
        if not rule:
            return False
        return self.env._(
            "More than %(threshold)s complaints on this issue in %(period)s: %(step)s",
            threshold=rule.threshold,
            period=self._format_period(month),
            step=rule.name,
        )
