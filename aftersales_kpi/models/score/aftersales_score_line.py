from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

COUNTED = ("none", "approved")


class AftersalesScoreLine(models.Model):
    """One point, bonus or fine with its rule and its source document (KP-01 … KP-05).

    Lines are written by the computation alone. ``rule_points`` and ``rule_money`` are
    what the rule gave; ``points`` and ``money`` what counts after approval and
    objection. ``key`` names the fact: it stays the same at every computation.

    ============ ============ ======================================================
    Action       Group        Restriction
    ============ ============ ======================================================
    read         technician   own sheet; supervisor: own service points
    object       technician   own line, with a reason, once, before the close
    accept       supervisor   an open objection; never on the own sheet
    reject       supervisor   an open objection, with a reason; never on the own sheet
    approve      manager      in the queue of approvals
    ============ ============ ======================================================
    """

    _name = "aftersales.score.line"
    _description = "Score Line"
    _inherit = ["aftersales.guard.mixin"]
    _order = "month desc, sheet_id, rule_id, id"
    _rec_names_search = ["technician_id.name", "rule_id.name"]

    sheet_id = fields.Many2one(
        "aftersales.score.sheet",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    origin_id = fields.Many2one(
        "aftersales.score.sheet",
        "Adjusts",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Closed sheet this line puts right.",
    )
    technician_id = fields.Many2one(
        "aftersales.technician", required=True, readonly=True, ondelete="restrict"
    )
    team_id = fields.Many2one(
        "aftersales.team", "Service point", readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(required=True, readonly=True)
    rule_id = fields.Many2one(
        "aftersales.score.rule", required=True, readonly=True, ondelete="restrict"
    )
    kind = fields.Selection(related="rule_id.kind")
    key = fields.Char(required=True, readonly=True)
    rule_points = fields.Float("Points by rule", digits=(16, 2), readonly=True)
    rule_money = fields.Monetary("Money by rule", readonly=True)
    points = fields.Float(digits=(16, 2), readonly=True)
    money = fields.Monetary(readonly=True)
    forgone = fields.Monetary(
        "Bonus lost", readonly=True, help="The customer was dissatisfied."
    )
    money_kind = fields.Selection(
        [("bonus", "Bonus"), ("fine", "Fine")], "Kind of money", readonly=True
    )
    is_repeat = fields.Boolean("Repeat", readonly=True)
    res_model = fields.Char("Document model", readonly=True)
    res_id = fields.Many2oneReference("Document", model_field="res_model", guarded=True)
    source_ids = fields.Json("Documents", readonly=True)
    source_name = fields.Char("Source", compute="_compute_source_name")

    approval_state = fields.Selection(
        [
            ("none", "Not needed"),
            ("pending", "Waiting for approval"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
        ],
        "Approval",
        default="none",
        readonly=True,
    )
    objection_state = fields.Selection(
        [
            ("open", "Objection open"),
            ("accepted", "Objection accepted"),
            ("rejected", "Objection rejected"),
        ],
        "Objection state",
        readonly=True,
    )
    objection = fields.Text(readonly=True)
    objected_at = fields.Datetime("Objected on", readonly=True)
    decision = fields.Text(readonly=True)
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True)
    decided_at = fields.Datetime("Decided on", readonly=True)
    can_object = fields.Boolean(compute="_compute_can_object")
    can_decide = fields.Boolean(compute="_compute_can_object")

    _once = models.UniqueIndex(
        "(sheet_id, key, COALESCE(origin_id, 0))", "This fact is already counted."
    )
    _work_idx = models.Index(
        "(sheet_id) WHERE approval_state = 'pending' OR objection_state = 'open'"
    )
    _month_idx = models.Index("(company_id, month, technician_id)")

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("rule_id", "technician_id", "month")
    def _compute_display_name(self):
        for line in self:
            month = line.month.strftime("%Y-%m") if line.month else ""
            line.display_name = " · ".join(
                part
                for part in (line.rule_id.name, line.technician_id.name, month)
                if part
            )

    @api.depends("res_model", "source_ids")
    def _compute_source_name(self):
        """Name of the document, or how many there are; one query per model."""
        for model, lines in self.grouped("res_model").items():
            single = lines.filtered(lambda line: len(line.source_ids or []) == 1)
            records = self.env[model].browse() if model in self.env else False
            if records is not False:
                # Safe: the number of the document a visible line speaks of.
                records = records.sudo().browse(single.mapped("res_id")).exists()
            names = {r.id: r.display_name for r in records or ()}
            for line in lines:
                count = len(line.source_ids or [])
                line.source_name = (
                    names.get(line.res_id, False)
                    if count == 1
                    else self.env._("%(count)s answers", count=count)
                )

    @api.depends("objection_state", "sheet_id.state", "technician_id.user_id")
    @api.depends_context("uid")
    def _compute_can_object(self):
        supervisor = self.env.user.has_group(
            "aftersales_service.aftersales_service_group_supervisor"
        )
        for line in self:
            mine = line._is_own()
            is_open = line.sheet_id.state != "closed"
            line.can_object = mine and is_open and not line.objection_state
            line.can_decide = supervisor and not mine and line.objection_state == "open"

    def _is_own(self):
        # Safe: compared with the user, never shown.
        return self.sudo().technician_id.user_id == self.env.user

    # -------------------------------------------------------------------------
    # WHAT COUNTS
    # -------------------------------------------------------------------------

    def _get_effective(self):
        """Values that count: nothing while not approved or successfully objected."""
        accepted = self.objection_state == "accepted"
        if accepted and self.forgone:
            return {"points": self.rule_points, "money": self.forgone}
        counted = self.approval_state in COUNTED and not accepted
        return {
            "points": self.rule_points if counted else 0.0,
            "money": self.rule_money if counted else 0.0,
        }

    def _refresh(self):
        for line in self:
            line.write(line._get_effective())
        self.sheet_id._refresh_totals()

    # -------------------------------------------------------------------------
    # APPROVAL
    # -------------------------------------------------------------------------

    def _request_approvals(self):
        """Queue lines that count only when approved; one create for all."""
        if not self:
            return
        self._drop_approvals()
        self.env["aftersales.approval"].create(
            [
                {
                    "kind": "score",
                    "name": line.display_name,
                    "company_id": line.company_id.id,
                    "order_id": line.res_id
                    if line.res_model == "aftersales.order"
                    else False,
                    "res_model": self._name,
                    "res_id": line.id,
                    "score_line_id": line.id,
                    "reason": line.source_name,
                    "requested_by_id": self.env.uid,
                }
                for line in self
            ]
        )

    def _drop_approvals(self):
        """The values they asked for are not asked for any more."""
        self.env["aftersales.approval"].search(
            [("score_line_id", "in", self.ids), ("state", "=", "pending")]
        ).write({"state": "obsolete"})

    def _approval_decided(self, approval):
        """Called by the queue, which has checked who may decide."""
        # Safe: see above.
        line = self.sudo()
        line.sheet_id._lock_for_action()
        line.sheet_id._check_not_closed()
        line.approval_state = "approved" if approval.state == "approved" else "rejected"
        line._refresh()

    # -------------------------------------------------------------------------
    # OBJECTION (KP-05)
    # -------------------------------------------------------------------------

    def action_object(self, reason=False):
        """The technician does not agree with a line; the supervisor decides."""
        self.check_access("read")
        reason = self._check_reason(reason)
        if any(not line._is_own() for line in self):
            raise AccessError(
                self.env._("Only the technician concerned objects to a line.")
            )
        # Safe: own lines, checked above; written in no other way.
        lines = self.sudo()
        lines.sheet_id._lock_for_action()
        lines.sheet_id._check_not_closed()
        if done := lines.filtered("objection_state"):
            raise UserError(
                self.env._(
                    "There is already an objection to “%(line)s”.",
                    line=done[:1].display_name,
                )
            )
        lines.write(
            {
                "objection": reason,
                "objection_state": "open",
                "objected_at": fields.Datetime.now(),
            }
        )
        lines.sheet_id._refresh_totals()
        lines.sheet_id._ask_supervisor(reason)

    def action_accept_objection(self, reason=False):
        """The supervisor agrees: the line stays visible and counts no more."""
        self._decide("accepted", (reason or "").strip() or False)

    def action_reject_objection(self, reason=False):
        """The line stays as it is; the technician reads why."""
        self._decide("rejected", self._check_reason(reason))

    def _decide(self, state, reason):
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor")
        if any(line._is_own() for line in self):
            raise AccessError(self.env._("Nobody decides about the own sheet."))
        # Safe: role and sheet were checked; written in no other way.
        lines = self.sudo()
        lines.sheet_id._lock_for_action()
        lines.invalidate_recordset(["objection_state"])
        lines.sheet_id._check_not_closed()
        if any(line.objection_state != "open" for line in lines):
            raise UserError(self.env._("There is no open objection to decide."))
        lines.write(
            {
                "objection_state": state,
                "decision": reason,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        lines._refresh()
        lines.sheet_id._tell_decision()

    def _check_reason(self, reason):
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Please give a reason."))
        return reason

    # -------------------------------------------------------------------------
    # SOURCE
    # -------------------------------------------------------------------------

    def action_open_source(self):
        """The document, or the documents, this line comes from."""
        self.ensure_one()
        self.check_access("read")
        ids = self.source_ids or []
        action = {
            "type": "ir.actions.act_window",
            "name": self.rule_id.name,
            "res_model": self.res_model,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", ids)],
            "context": {"create": False},
        }
        if len(ids) == 1:
            action.update(res_id=ids[0], views=[(False, "form")])
        return action
