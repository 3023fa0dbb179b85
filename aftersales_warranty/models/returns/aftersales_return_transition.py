from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.aftersales_service.tools.records import label, labels

from ...tools.clock import over_domain
from ...tools.period import local_date
from .aftersales_return import CHUNK, LIVE


class AftersalesReturn(models.Model):
    """From the request to goods and money back: actions, checks and states."""

    _inherit = "aftersales.return"

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "request": (("draft",), "requested"),
            "approve": (("draft", "requested"), "approved"),
            "reject": (("requested",), "rejected"),
            "start": (("approved",), "in_progress"),
            "finish": (("in_progress",), "done"),
            "unfinish": (("done",), "in_progress"),
            "cancel": (("draft", "requested", "approved", "in_progress"), "cancelled"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        values.update(
            {
                "request": {"requested_by_id": self.env.uid, "requested_at": now},
                "approve": {"costs_payer": "company"},
                "reject": {"costs_payer": "customer"},
                "start": {"started_at": now},
                "finish": {"done_at": now},
                "unfinish": {"done_at": False},
            }.get(name, {})
        )
        return values

    def action_request(self):
        """Ask the general manager; without need of approval it is approved at once.

        :raise UserError: names everything that is missing, nothing is half-done
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self._check_transition("request")
        self._check_complete()
        self._check_requestable()
        self.line_ids._check_returnable()
        asking = self.filtered(lambda row: row._needs_approval())
        asking._transition("request")
        asking._request_approval()
        (self - asking)._transition("approve")
        self.line_ids._claim_documents()

    def _needs_approval(self):
        if not self.rule_id or (self.exception_reason or "").strip():
            return True
        return (
            self.company_id.aftersales_return_approval and self.rule_id.needs_approval
        )

    def _request_approval(self):
        approvals = self.env["aftersales.approval"]
        for row in self:
            approvals._request(
                "return", row, row._approval_subject(), row.order_id, row._reason_text()
            )

    def _approval_subject(self):
        kinds = labels(self, "kind")
        amount = self.currency_id.format(self.amount_total)
        return f"{self.name} · {kinds[self.kind]} · {self.partner_id.name} · {amount}"

    def _reason_text(self):
        parts = [
            self.rule_id.name,
            self.exception_reason,
            self.cause_id.name,
            self.cause_text,
            self.unit_id.name,
        ]
        return " · ".join(part.strip() for part in parts if part)

    def _check_complete(self):
        found = [(row.name, row._get_missing()) for row in self]
        lines = [f"{name}: {', '.join(missing)}" for name, missing in found if missing]
        if lines:
            raise UserError(
                self.env._("The return is not complete yet.\n%s", "\n".join(lines))
            )

    def _get_missing(self):
        """What the general manager needs to decide (WA-11)."""
        checks = [
            (self.line_ids, self.env._("the products")),
            (self.cause_id or (self.cause_text or "").strip(), self.env._("the cause")),
            (self.unit_id, self.env._("the responsible unit")),
            (
                self.rule_id or (self.exception_reason or "").strip(),
                self.env._("the rule, or why without one"),
            ),
            (
                all(line._has_price() for line in self.line_ids),
                self.env._("the price, with a reason where it is entered by hand"),
            ),
            (
                len(self.line_ids.currency_id) <= 1,
                self.env._("one currency only: make one return for each"),
            ),
            (
                self.kind != "exchange"
                or all(line.replacement_product_id for line in self.line_ids),
                self.env._("the product given in exchange"),
            ),
        ]
        return [text for ok, text in checks if not ok]

    def _rests_on_finding(self):
        return self.state in LIVE and self.rule_id.condition in (
            "quality_fault",
            "wrong_spec",
            "unusable",
            "heavy_loss",
        )

    def action_approve(self, reason=False):
        """Decide here instead of in the queue; more than the rule gives: say why."""
        self._get_approvals().action_approve(reason)

    def action_reject(self, reason=False):
        """Refuse with a reason; the costs stay with the customer (WA-11)."""
        self._get_approvals().action_reject(reason)

    def _get_approvals(self):
        self.check_access("read")
        approvals = self.env["aftersales.approval"].search(self._approval_domain())
        if not approvals:
            raise UserError(self._blocked_message("approve", self))
        return approvals

    def _approval_domain(self):
        return [
            ("res_model", "=", self._name),
            ("res_id", "in", self.ids),
            ("state", "=", "pending"),
        ]

    def _approval_decided(self, approval):
        """The queue has decided; called as superuser with the decider's name."""
        self.ensure_one()
        self._lock_for_action()
        if self.state != "requested":
            return
        if approval.state == "approved":
            self._check_approvable(approval.decision_note)
        self.write(
            {
                "decided_by_id": approval.decided_by_id.id,
                "decided_at": approval.decided_at,
                "decision_note": approval.decision_note,
            }
        )
        self._transition("approve" if approval.state == "approved" else "reject")
        self.line_ids._claim_documents()
        self._tell_decision()

    def _tell_decision(self):
        text = label(self, "state")
        if self.decision_note:
            text = f"{text}: {self.decision_note}"
        if self.state == "rejected":
            text += "\n" + self.env._("The costs stay with the customer.")
        self.message_post(body=text, partner_ids=self.requested_by_id.partner_id.ids)

    def action_start(self):
        """Carry out what was approved: transfers, credit note, replacement."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "parts")
        self._lock_for_action()
        self._check_transition("start")
        self._check_settings()
        self._transition("start")
        # Safe: rights and state were checked, amounts and goods were approved; people
        # of the service department have no rights on transfers and credit notes.
        for row in self.sudo():
            row._carry_out()

    def _carry_out(self):
        if self.goods_back:
            self._create_receipts()
        if self.kind == "exchange" and (self.replace_first or not self.goods_back):
            self._create_replacement()
        if not self.goods_back:
            self._create_documents()
        self._try_finish()

    def action_cancel(self, reason=False):
        """Give it up; only as long as nothing was received, sent or posted."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self._check_transition("cancel")
        self._check_can_cancel()
        # Safe: rights and state were checked; drafts and open transfers of the return.
        for row in self.sudo():
            row.picking_ids.filtered(lambda p: p.state != "done").action_cancel()
            row.invoice_ids.filtered(lambda m: m.state == "draft").button_cancel()
        pending = self.env["aftersales.approval"].sudo()
        pending.search(self._approval_domain()).write({"state": "obsolete"})
        self._transition("cancel")
        self.line_ids._claim_documents()
        self._log_reason(self.env._("Cancelled"), reason)

    def _check_can_cancel(self):
        # Safe: only the state of the return's own documents is looked at.
        for row in self.sudo():
            done = row.picking_ids.filtered(lambda picking: picking.state == "done")
            posted = row.invoice_ids.filtered(lambda move: move.state == "posted")
            if done or posted:
                raise UserError(
                    self.env._(
                        "%(name)s cannot be cancelled: %(document)s is done already.",
                        name=row.name,
                        document=(done[:1] or posted[:1]).display_name,
                    )
                )

    def _try_finish(self):
        """Done as soon as goods and money have all moved; called as superuser."""
        ready = self.filtered(
            lambda row: (
                row.state == "in_progress"
                and row._is_goods_done()
                and row._is_money_done()
            )
        )
        if ready:
            ready._lock_for_action()
            ready.filtered(lambda row: row.state == "in_progress")._transition("finish")

    @api.model
    def _get_overdue_domain(self):
        """The replacement went first, and the old goods are still not back."""
        return (
            Domain("state", "=", "in_progress")
            & over_domain(self.env, "due_on")
            & Domain("goods_state", "=", "waiting")
        )

    @api.model
    def _cron_remind_goods(self):
        """Goods and loaners that are overdue: one activity each, once.

        Restartable at any point; two workers share the list.
        """
        if self._remind_overdue():
            self.env["stock.picking"]._aftersales_remind_loaners()

    @api.model
    def _remind_overdue(self):
        """:return: False when the time is used up"""
        domain = self._get_overdue_domain() & Domain("reminded_on", "=", False)
        progress = self.env["ir.cron"]
        while chunk := self.search(domain, order="due_on, id", limit=CHUNK):
            mine = chunk.try_lock_for_update().filtered_domain(domain)
            for row in mine:
                row.activity_schedule(
                    "mail.mail_activity_data_todo",
                    user_id=(row.requested_by_id or row.create_uid).id,
                    summary=self.env._("The goods are overdue: ask the customer"),
                )
            for company, rows in mine.grouped("company_id").items():
                rows.write({"reminded_on": company._aftersales_today()})
            if not progress._commit_progress(len(mine)):
                return False
            if not mine:
                break
        return True

    def _get_day(self):
        """Today at the customer's place, where his deadlines run."""
        zone = self.partner_id.tz or self.company_id._aftersales_zone().zone
        return local_date(fields.Datetime.now(), zone)
