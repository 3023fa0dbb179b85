from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.aftersales_service.tools.records import labels, require_reason

from ...const import READERS
from .aftersales_penalty_review import LIVE
from .aftersales_penalty_rule import ACTIONS


class AftersalesPenalty(models.Model):
    """A step of the ladder a supplier has reached (WA-23 … WA-28).

    ============== ==================== ===========================================
    Action         Group                Restriction
    ============== ==================== ===========================================
    propose        the system           due by rule, once per rule, supplier, issue
                                        and period, or per complaint
    approve        as the rule says     proposed; its entries with it
    exempt         manager              proposed or approved, with a reason
    propose again  manager              exempted, with a reason; if still due
    revoke         the system           no longer due: complaints withdrawn or moved
    post, reverse  accountant           the entries, on the deposit
    read           supervisor, accountant, general manager, purchasing
    ============== ==================== ===========================================

    Revoked penalties stay on record. Due again, the same record becomes active again
    with a new ``cycle``: new entries, a new letter. What was posted is given back by a
    reversing entry that accounting books (service proposes, finance books); the fund
    is kept apart and never given back by itself.
    """

    _name = "aftersales.penalty"
    _description = "Penalty of a supplier"
    _inherit = ["aftersales.document.mixin"]
    _order = "reached_on desc, id desc"
    _rec_names_search = ["name", "partner_id"]
    _mail_post_access = "read"
    _check_company_auto = True

    # Nobody writes a penalty by hand: it comes from the complaints.

    rule_id = fields.Many2one(
        "aftersales.penalty.rule", required=True, readonly=True, ondelete="restrict"
    )
    action = fields.Selection(ACTIONS, "Step", required=True, readonly=True, index=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Supplier",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    category_id = fields.Many2one(
        "aftersales.complaint.category",
        "Issue",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    period_start = fields.Date(
        "Period from",
        required=True,
        readonly=True,
        help="Month, year or agreement in which the complaints were counted.",
    )
    complaint_id = fields.Many2one(
        "aftersales.complaint",
        "About complaint",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        groups=READERS,
    )
    complaint_ids = fields.Many2many(
        "aftersales.complaint",
        "aftersales_penalty_complaint_rel",
        "penalty_id",
        "complaint_id",
        "Complaints",
        readonly=True,
        copy=False,
        ondelete="restrict",
        groups=READERS,
    )
    deposit_id = fields.Many2one(
        "aftersales.deposit",
        "Agreement",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    built_on_id = fields.Many2one(
        "aftersales.penalty",
        "Follows",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The step before, on which this one is built.",
    )
    built_ids = fields.One2many(
        "aftersales.penalty", "built_on_id", "Followed by", guarded=True
    )
    reached_on = fields.Date(required=True, readonly=True)
    counted = fields.Integer("Complaints counted", readonly=True)
    threshold = fields.Integer("More than", readonly=True)
    cycle = fields.Integer(
        default=1,
        required=True,
        readonly=True,
        copy=False,
        help="How often it became due; each time with entries and a letter of its own.",
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("exempted", "Exempted"),
            ("revoked", "Revoked"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    proposed_at = fields.Datetime(
        "Proposed on", default=fields.Datetime.now, readonly=True, copy=False
    )
    decided_by_id = fields.Many2one(
        "res.users", "Decided by", readonly=True, copy=False, ondelete="restrict"
    )
    decided_at = fields.Datetime("Decided on", readonly=True, copy=False)
    decision_note = fields.Text("Note of the decision", readonly=True, copy=False)
    revoked_at = fields.Datetime("Revoked on", readonly=True, copy=False)
    exit_announced = fields.Boolean(readonly=True, copy=False)
    can_decide = fields.Boolean(compute="_compute_can_decide")
    can_exempt = fields.Boolean(compute="_compute_can_decide")
    person_ids = fields.One2many(
        "aftersales.penalty.person", "penalty_id", "Persons concerned", readonly=True
    )

    _period_uniq = models.UniqueIndex(
        "(rule_id, partner_id, company_id, coalesce(category_id, 0), period_start) "
        "WHERE complaint_id IS NULL",
        "This step is already on record for the period.",
    )
    _complaint_uniq = models.UniqueIndex(
        "(rule_id, partner_id, company_id, complaint_id) "
        "WHERE complaint_id IS NOT NULL",
        "This complaint is already on record.",
    )
    _ladder_idx = models.Index("(partner_id, category_id, period_start)")

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @property
    def is_live(self):
        """It counts: proposed or approved, neither forgiven nor taken back."""
        return self.state in LIVE

    @api.depends("state", "rule_id.approver")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        manager = self.env["res.users"]._has_aftersales_role(
            "manager", "general_manager"
        )
        for penalty in self:
            proposed = penalty.state == "proposed"
            penalty.can_decide = proposed and penalty._may_approve()
            penalty.can_exempt = penalty.is_live and manager

    @api.depends("name", "action", "partner_id")
    def _compute_display_name(self):
        actions = labels(self, "action")
        for penalty in self:
            # Safe: the name of the supplier stands on the penalty.
            partner = penalty.partner_id.sudo().name or ""
            step = actions.get(penalty.action, "")
            penalty.display_name = f"{penalty.name} {step} · {partner}"

    # -------------------------------------------------------------------------
    # GUARD
    # -------------------------------------------------------------------------

    def _check_can_delete(self):
        raise UserError(
            self.env._("Penalties are exempted or revoked, they are never deleted.")
        )

    def _may_approve(self):
        """Whether the user is who the rule says, or above."""
        self.ensure_one()
        # Safe: who approves is shown on the penalty.
        approver = self.sudo().rule_id.approver
        return self.env["res.users"]._has_aftersales_role("general_manager", approver)

    def _check_may_approve(self):
        self.check_access("read")
        for penalty in self:
            if not penalty._may_approve():
                # Safe: who approves is shown on the penalty.
                rule = penalty.sudo().rule_id
                approvers = labels(rule, "approver")
                raise AccessError(
                    self.env._(
                        "%(name)s is decided by: %(approver)s.",
                        name=penalty.name,
                        approver=approvers[rule.approver],
                    )
                )

    # -------------------------------------------------------------------------
    # STATES
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "approve": (("proposed",), "approved"),
            "exempt": (LIVE, "exempted"),
            "revoke": (LIVE, "revoked"),
            "lift": (("exempted",), "revoked"),
            "revive": (("revoked",), "proposed"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        if name in ("approve", "exempt"):
            values.update(decided_by_id=self.env.uid, decided_at=now)
        elif name == "revive":
            values.update(
                decided_by_id=False,
                decided_at=False,
                decision_note=False,
                revoked_at=False,
                proposed_at=now,
            )
        elif name in ("revoke", "lift"):
            values["revoked_at"] = now
        return values

    def action_approve(self, note=False):
        """Agree; its entries are approved with it, its letter is drafted.

        :raise AccessError: the rule names somebody else
        """
        self._check_may_approve()
        penalties = self._begin("approve")
        penalties._approve_money()
        penalties._transition("approve")
        penalties._close_approvals("approved", note)
        penalties._log_reason(self.env._("Approved"), note)
        penalties._after_approve()
        return True

    def action_exempt(self, reason=False):
        """Forgive it, with a reason; nothing is built on it any more."""
        self.check_access("read")
        if not self.env["res.users"]._has_aftersales_role("manager", "general_manager"):
            raise AccessError(self.env._("A manager exempts from penalties."))
        reason = require_reason(self.env, reason)
        penalties = self._begin("exempt")
        penalties._transition("exempt")
        penalties.write({"decision_note": reason})
        penalties._close_approvals("rejected", reason)
        penalties._take_back(reason)
        penalties._log_reason(self.env._("Exempted"), reason)
        penalties._review_followers()
        return True

    def action_propose_again(self, reason=False):
        """Take an exemption back: due again if the complaints still say so."""
        self.check_access("read")
        if not self.env["res.users"]._has_aftersales_role("manager", "general_manager"):
            raise AccessError(self.env._("A manager takes an exemption back."))
        reason = require_reason(self.env, reason)
        penalties = self._begin("lift")
        penalties._transition("lift")
        penalties._log_reason(self.env._("Exemption taken back"), reason)
        penalties._review_followers()
        return True

    def _review_followers(self):
        """The decision changes what is built on it: evaluate from its month on."""
        rules = self.env["aftersales.penalty.rule"]
        touches = self.env["aftersales.penalty.due"]
        for penalty in self:
            if penalty.complaint_id:
                touches._mark_complaints(penalty.complaint_id)
            touches._mark_suppliers(
                penalty.company_id,
                penalty.partner_id,
                penalty.period_start,
                penalty.category_id.id,
            )
            rules._review_now(penalty.company_id, penalty.partner_id)

    # -------------------------------------------------------------------------
    # QUEUE OF APPROVALS
    # -------------------------------------------------------------------------

    def _request_approvals(self):
        """One row each in the queue of what needs a superior."""
        self.env["aftersales.approval"].create(
            [
                {
                    "kind": "penalty",
                    "name": penalty.display_name,
                    "company_id": penalty.company_id.id,
                    "res_model": self._name,
                    "res_id": penalty.id,
                    "reason": penalty.reason,
                    "requested_by_id": self.env.uid,
                }
                for penalty in self
            ]
        )

    def _close_approvals(self, state, note):
        """The decision was taken on the penalty itself, or by the complaints."""
        approvals = self.env["aftersales.approval"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("kind", "=", "penalty"),
                ("state", "=", "pending"),
            ]
        )
        approvals.write(approvals._prepare_decision(state, note))

    def _approval_decided(self, approval):
        """The queue has decided; called as superuser with the decider's name."""
        self.ensure_one()
        if self.state != "proposed":
            return
        if approval.state == "approved":
            self.action_approve(approval.decision_note)
        else:
            self.action_exempt(approval.decision_note)

    # -------------------------------------------------------------------------
    # VIEWS
    # -------------------------------------------------------------------------

    def action_view_complaints(self):
        """The complaints that are the evidence."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_complaint_action"
        )
        return {
            **action,
            "domain": [("id", "in", self.complaint_ids.ids)],
            "context": {"create": False},
        }

    def action_view_entries(self):
        """The entries of the deposit that come from the penalty."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_deposit_entry_action"
        )
        return {
            **action,
            "domain": [("penalty_id", "in", self.ids)],
            "context": {"create": False},
        }
