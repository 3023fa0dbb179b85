from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.records import require_reason


class AftersalesApproval(models.Model):
    """One queue for all that needs a superior (SV-23, SV-40, SV-50, WA-11).

    ======== ============================== =======================================
    Action   Group                          Restriction
    ======== ============================== =======================================
    request  whoever works on the document  by the document's own action
    explain  whoever works on the document  while it waits
    approve  manager; supervisor for trips  never the own request, unless a manager
    reject   and requisitions               with a reason
    ======== ============================== =======================================
    """

    _name = "aftersales.approval"
    _description = "Approval"
    _inherit = ["aftersales.guard.mixin"]
    _order = "state desc, requested_at desc, id desc"
    _check_company_auto = True

    name = fields.Char("Subject", required=True, readonly=True)
    kind = fields.Selection(
        [
            ("price", "Price off the list"),
            ("gift", "Free of charge"),
            ("trip", "Trip"),
            ("requisition", "Parts requisition"),
            ("credit", "Credit note"),
            ("write_off", "Less received"),
        ],
        required=True,
        readonly=True,
    )
    company_id = fields.Many2one("res.company", required=True, index=True, guarded=True)
    order_id = fields.Many2one(
        "aftersales.order", index="btree_not_null", ondelete="cascade", guarded=True
    )
    line_id = fields.Many2one(
        "aftersales.order.line",
        index="btree_not_null",
        ondelete="cascade",
        guarded=True,
    )
    team_id = fields.Many2one(related="order_id.team_id", store=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    list_price = fields.Float("List price", digits="Product Price", readonly=True)
    asked_price = fields.Float("Asked price", digits="Product Price", readonly=True)
    asked_payer = fields.Char(readonly=True)
    deviation = fields.Float("Off list %", digits="Discount", readonly=True)
    amount = fields.Monetary(
        "Given away", readonly=True, help="What the customer does not pay in the end."
    )
    reason = fields.Text(readonly=True)
    requested_by_id = fields.Many2one(
        "res.users", required=True, default=lambda self: self.env.user, readonly=True
    )
    requested_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
            ("obsolete", "Obsolete"),
        ],
        default="pending",
        required=True,
        readonly=True,
        index=True,
    )
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_at = fields.Datetime(readonly=True)
    decision_note = fields.Text(readonly=True)
    by_limit = fields.Boolean(
        "Within the role's limit",
        readonly=True,
        help="Granted by the discount limit of the person's role.",
    )

    _pending_idx = models.Index("(company_id, kind) WHERE state = 'pending'")
    _one_pending_per_line = models.UniqueIndex(
        "(line_id) WHERE state = 'pending' AND line_id IS NOT NULL",
        "This line already waits for a decision.",
    )

    # -------------------------------------------------------------------------
    # REQUEST
    # -------------------------------------------------------------------------

    @api.model
    def _request_for_lines(self, lines):
        """Queue lines off the price list; grant those within the user's limit.

        :param lines: ``aftersales.order.line`` records that wait for approval
        :return: the new approvals
        """
        # Safe: rows of the queue about lines the user has just been allowed to write.
        queue = self.sudo()
        queue.search([("line_id", "in", lines.ids), ("state", "=", "pending")]).write(
            {"state": "obsolete"}
        )
        granted = self._get_granted(lines)
        approvals = queue.create(
            [self._prepare_line_request(line, line in granted) for line in lines]
        )
        approvals.filtered("by_limit")._apply_to_lines()
        return approvals

    @api.model
    def _get_granted(self, lines):
        """Lines nobody needs to decide on; later parts add theirs."""
        return lines.browse()

    def _prepare_line_request(self, line, granted):
        values = {
            "name": f"{line.order_id.name} · {line.name}",
            "kind": "gift" if line.payer == "goodwill" else "price",
            "company_id": line.company_id.id,
            "order_id": line.order_id.id,
            "line_id": line.id,
            "list_price": line.list_price,
            "asked_price": line._get_net_price(),
            "asked_payer": line.payer,
            "deviation": -100.0 if line.payer == "goodwill" else line.deviation,
            "requested_by_id": self.env.uid,
        }
        if granted:
            values.update(self._prepare_decision("approved", False), by_limit=True)
        return values

    @api.model
    def _request(self, kind, record, name, order, reason=False):
        """Queue anything else (trip, requisition); returns the pending approval."""
        # Safe: the caller has checked that the user may ask for this document.
        return self.sudo().create(
            {
                "kind": kind,
                "name": name,
                "company_id": (order.company_id or record.company_id).id,
                "order_id": order.id,
                "res_model": record._name,
                "res_id": record.id,
                "reason": reason,
                "requested_by_id": self.env.uid,
            }
        )

    def _explain(self, reason):
        """Say why; what was said before stays, and a decided request says no more."""
        for approval in self:
            parts = [approval.reason, reason]
            approval.reason = "\n".join(part for part in parts if part)

    # -------------------------------------------------------------------------
    # DECIDE
    # -------------------------------------------------------------------------

    def action_approve(self, note=False):
        """Grant; the price or document asked for becomes valid at once."""
        self._decide("approved", note)

    def action_reject(self, note=False):
        """Refuse with a reason; the asker sees it on the order."""
        note = require_reason(self.env, note, self.env._("Say why it is rejected."))
        self._decide("rejected", note)

    def _decide(self, state, note):
        self.check_access("read")
        self._check_can_decide()
        self._lock_for_action()
        if done := self.filtered(lambda approval: approval.state != "pending"):
            raise UserError(
                self.env._(
                    "%(name)s was already decided by %(user)s.",
                    name=done[0].name,
                    user=done[0].decided_by_id.sudo().name or "–",  # Safe: a name.
                )
            )
        # Safe: rights were checked above; the queue is written in no other way.
        queue = self.sudo()
        queue.write(self._prepare_decision(state, note))
        if state == "approved":
            queue._apply_to_lines()
        queue._apply_to_documents()
        for approval in queue:
            approval.order_id._log_reason(approval._decision_message(), note)

    def _decision_message(self):
        template = (
            self.env._("Approved: %s")
            if self.state == "approved"
            else self.env._("Rejected: %s")
        )
        return template % self.name

    def _prepare_decision(self, state, note):
        return {
            "state": state,
            "decided_by_id": self.env.uid,
            "decided_at": fields.Datetime.now(),
            "decision_note": (note or "").strip() or False,
        }

    @api.model
    def _get_supervisor_kinds(self):
        """Kinds a supervisor may decide; all others need the manager."""
        return {"trip", "requisition"}

    def _check_can_decide(self):
        user = self.env.user
        if user._has_aftersales_role("manager"):
            return
        supervisor = user._has_aftersales_role("supervisor")
        kinds = set(self.mapped("kind"))
        own = self.filtered(lambda approval: approval.requested_by_id == user)
        if not supervisor or kinds - self._get_supervisor_kinds() or own:
            raise AccessError(
                self.env._(
                    "Prices and gifts are decided by the service manager, trips and "
                    "requisitions by a supervisor who did not ask for them."
                )
            )

    def _apply_to_lines(self):
        for approval in self.filtered("line_id"):
            approval.line_id.write(
                {
                    "approved_price": approval.asked_price,
                    "approved_payer": approval.asked_payer,
                }
            )

    def _apply_to_documents(self):
        """Tell the document asked for; models opt in with ``_approval_decided``."""
        for model, approvals in self.filtered("res_model").grouped("res_model").items():
            for approval in approvals:
                record = self.env[model].browse(approval.res_id).exists()
                if record:
                    record._approval_decided(approval)
