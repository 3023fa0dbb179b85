from odoo import api, models

from ...tools import ladder


class AftersalesPenalty(models.Model):
    """How a penalty follows the complaints: reached, due again, revoked (WA-28)."""

    _inherit = "aftersales.penalty"

    # -------------------------------------------------------------------------
    # EVALUATION: called by `aftersales.penalty.review` as superuser
    # -------------------------------------------------------------------------

    def _get_key(self):
        self.ensure_one()
        partner, rule = self.partner_id.id, self.rule_id.id
        if self.complaint_id:
            return partner, rule, None, None, self.complaint_id.id
        return partner, rule, self.category_id.id or None, self.period_start, None

    @api.model
    def _start(self, batch, rows):
        """Record steps that are due for the first time.

        :param rows: ``[(partner id, step)]`` in the order they were reached
        """
        if not rows:
            return
        rules = {rule.id: rule for rule in batch.rules}
        rows.sort(key=lambda row: (row[1].reached, rules[row[1].rule].sequence))
        penalties = self.create(
            [
                {
                    "rule_id": step.rule,
                    "action": step.action,
                    "company_id": batch.company.id,
                    "partner_id": partner,
                    "complaint_id": step.complaint,
                    "period_start": step.period,
                    **self._prepare_step(step, rules, batch.deposits.get(partner)),
                }
                for partner, step in rows
            ]
        )
        penalties._link_steps()
        penalties._propose_money()
        penalties._request_approvals()
        penalties._message_log_batch(
            bodies={penalty.id: penalty.reason for penalty in penalties}
        )

    @api.model
    def _prepare_step(self, step, rules, deposit):
        """What changes when a step is reached, also when it is reached again."""
        rule = rules[step.rule]
        deposit = deposit or self.env["aftersales.deposit"]
        return {
            "category_id": step.issue or False,
            "deposit_id": step.agreement or deposit.id,
            "reached_on": step.reached,
            "counted": len(step.evidence),
            "threshold": rule.threshold,
            "amount": self._get_rule_amount(rule, deposit, step.reached),
            "complaint_ids": [(6, 0, step.evidence)],
        }

    def _link_steps(self):
        """Name the step before, which the words and the history rest on."""
        for penalty in self.filtered(lambda p: p.action == "end_contract"):
            penalty.built_on_id = penalty.deposit_id.penalty_ids.filtered(
                lambda p: p.action == "fund" and p.is_live
            )[:1]
        for penalty in self.filtered("rule_id.after_id"):
            penalty.built_on_id = self.search(
                [
                    ("company_id", "=", penalty.company_id.id),
                    ("partner_id", "=", penalty.partner_id.id),
                    ("category_id", "=", penalty.category_id.id),
                    ("action", "=", penalty.rule_id.after_id.action),
                    (
                        "period_start",
                        "=",
                        ladder.month_before(penalty.period_start),
                    ),
                ],
                limit=1,
            )

    def _renew(self, step, deposit, shown):
        """Due, and on record: revive it, or keep its evidence up to date.

        :param shown: ids of the complaints it names by now
        """
        self.ensure_one()
        if self.state == "revoked":
            self._revive(step, deposit)
        elif self.is_live:
            self._update_evidence(step, shown)

    def _revive(self, step, deposit):
        rules = {self.rule_id.id: self.rule_id}
        self._transition("revive")
        self.write(
            {**self._prepare_step(step, rules, deposit), "cycle": self.cycle + 1}
        )
        self._link_steps()
        self._propose_money()
        self._request_approvals()
        self._log_reason(self.env._("Due again"), self.reason)

    def _update_evidence(self, step, known):
        """While proposed it shows all; once approved only what no longer counts goes.

        What the letter names stays, as long as it is enough for the step.
        """
        now = set(step.evidence)
        if now == known:
            self._correct(step)
            return
        if self.state == "approved":
            kept = known & now
            if len(kept) > self.threshold or kept == known:
                now = kept
            if now == known:
                return
        self.write(
            {
                "complaint_ids": [(6, 0, sorted(now))],
                "counted": len(now),
                "reached_on": step.reached,
            }
        )
        self._refresh_reasons()

    def _correct(self, step):
        """The same complaints, but their day or issue was corrected meanwhile."""
        values = {"reached_on": step.reached, "category_id": step.issue or False}
        changed = {
            name: value
            for name, value in values.items()
            if self._fields[name].convert_to_write(self[name], self) != value
        }
        if changed:
            self.write(changed)
            self._refresh_reasons()

    def _refresh_reasons(self):
        """Entries and approvals that wait say what the complaints say now."""
        self.entry_ids._refresh_evidence()
        approvals = self.env["aftersales.approval"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("state", "=", "pending"),
            ]
        )
        for approval in approvals:
            approval.reason = self.browse(approval.res_id).reason

    def _revoke(self):
        """No longer due: undone as far as nothing was booked, else given back."""
        for penalty in self:
            why = penalty._why_revoked()
            penalty._transition("revoke")
            penalty._close_approvals("obsolete", why)
            penalty._take_back(why)
            penalty._log_reason(self.env._("Revoked"), why)

    def _take_back(self, reason):
        """Money and letter follow the penalty."""
        for penalty in self:
            penalty._take_money_back(reason)
            if penalty.exit_announced:
                penalty.deposit_id.write({"exit_on": False})
                penalty.exit_announced = False
        self._after_take_back(reason)

    def _after_approve(self):
        """The contract ends: from now on nothing is demanded any more (WA-25)."""
        for penalty in self.filtered(lambda p: p.action == "end_contract"):
            deposit = penalty.deposit_id
            if deposit.state == "running" and not deposit.exit_on:
                deposit.write({"exit_on": deposit.company_id._aftersales_today()})
                penalty.exit_announced = True
                deposit._review_demand()

    def _after_take_back(self, reason):
        """Extension point: the letter is cancelled, or revoked by another letter."""

    def _get_unpaid_steps(self, rule, today, ends):
        """The end of the contract, when this demanded fund was not paid on its day."""
        self.ensure_one()
        entry = self._get_fund_entry()
        unpaid = entry.state == "approved" and entry.due_on < today
        own = ends.filtered(lambda p: p.built_on_id == self and p.state == "approved")
        if self.state != "approved" or not (unpaid or own):
            return []
        return [
            ladder.Step(
                rule.id,
                rule.action,
                self.period_start,
                entry.due_on or self.reached_on,
                agreement=self.deposit_id.id,
                evidence=tuple(self.complaint_ids.ids),
            )
        ]
