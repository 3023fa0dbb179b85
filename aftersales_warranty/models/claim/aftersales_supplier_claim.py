from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.aftersales_service.tools.records import open_records, require_reason

from ...const import AGREED, SENT
from ...tools.claim import BY_HAND, answer_state
from ...tools.clock import today_sql


class AftersalesSupplierClaim(models.Model):
    """Recovering a warranty repair from the supplier that caused it (WA-20).

    ================ =================== ===========================================
    Action           Group               Restriction
    ================ =================== ===========================================
    make, edit       supervisor          draft; from a done order, once per supplier
    change supplier  supervisor          draft, with a reason; lines drawn up anew
    claim            supervisor          something is claimed
    send by mail     supervisor,         the paper attached
                     accountant,
                     purchasing
    record answer    supervisor,         line by line, a reason where less is
                     accountant,         accepted (portal: only the own claims)
                     purchasing,
                     the supplier
    negotiate        manager             gives up what the supplier refuses
    old parts        parts keeper        received ones go to the supplier
    credit note      supervisor,         what is agreed and not yet on its way; a
                     accountant          draft that accounting posts
    replacement      supervisor, parts   a receipt for the parts that are agreed
    deposit          supervisor,         proposes an entry (manager approves)
                     accountant
    close            supervisor,         nothing is owed any more
                     accountant
    give up          manager             with a reason; nothing on its way
    cancel           manager             with a reason; nothing settled
    ================ =================== ===========================================

    ``settled_amount`` comes from posted documents alone: vendor credit notes, received
    replacements, deposit entries as far as the deposit or a payment covered them. When
    it reaches what was agreed the claim is settled by itself; when a document is taken
    back it is open again.
    """

    _name = "aftersales.supplier.claim"
    _description = "Supplier claim"
    _inherit = ["aftersales.document.mixin", "mail.activity.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "order_id", "partner_id", "reference"]
    _check_company_auto = True

    order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        required=True,
        index=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Supplier",
        required=True,
        index=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
        tracking=True,
    )
    supplier_facts = fields.Json(readonly=True, copy=False)
    supplier_reason = fields.Char(
        "Why this supplier", compute="_compute_supplier_reason"
    )
    order_name = fields.Char(
        related="order_id.name",
        string="Number of the order",
        help="For those who follow claims up and do not see orders.",
    )
    customer_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    product_id = fields.Many2one(
        related="order_id.product_id", string="Machine", store=True
    )
    serial = fields.Char(related="order_id.serial")
    done_at = fields.Datetime(related="order_id.done_at", string="Repaired on")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("claimed", "Claimed"),
            ("accepted", "Accepted"),
            ("partly", "Partly accepted"),
            ("disputed", "Disputed"),
            ("negotiated", "Negotiated"),
            ("settled", "Settled"),
            ("lost", "Lost"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand="_expand_states",
    )
    version = fields.Integer(readonly=True, copy=False, default=0)
    reference = fields.Char(
        "Supplier's reference", copy=False, help="The number the supplier answers by."
    )
    deadline = fields.Date("Claim until", readonly=True, copy=False)
    claimed_on = fields.Date(readonly=True, copy=False, index=True)
    claimed_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict"
    )
    is_late = fields.Boolean(
        "After the deadline", compute="_compute_is_late", search="_search_is_late"
    )
    answer_due_on = fields.Date("Answer due", copy=False, tracking=True)
    answered_on = fields.Date(readonly=True, copy=False)
    closed_on = fields.Date(readonly=True, copy=False)
    age_days = fields.Integer(
        "Age (days)", compute="_compute_age_days", help="Since it was claimed."
    )
    note = fields.Text(
        "What happened", help="Fault, cause and remedy, as the supplier reads it."
    )
    line_ids = fields.One2many(
        "aftersales.supplier.claim.line", "claim_id", "Lines", copy=False
    )
    claimed_amount = fields.Monetary(
        "Claimed", compute="_compute_amounts", store=True, tracking=True
    )
    accepted_amount = fields.Monetary(
        "Accepted",
        compute="_compute_amounts",
        store=True,
        help="What the supplier has answered it pays.",
    )
    agreed_amount = fields.Monetary(
        "Agreed",
        compute="_compute_amounts",
        store=True,
        help="What the supplier owes: accepted, or agreed in negotiation.",
    )
    given_up_by_id = fields.Many2one(
        "res.users", "Given up by", readonly=True, copy=False, ondelete="restrict"
    )
    given_up_reason = fields.Text("Why given up", readonly=True, copy=False)
    next_step = fields.Char(compute="_compute_next_step")

    _order_uniq = models.UniqueIndex(
        "(order_id, partner_id) WHERE state != 'cancelled'",
        "This repair has been claimed from this supplier already.",
    )
    _open_idx = models.Index(
        "(company_id, claimed_on) WHERE state IN "
        "('claimed', 'accepted', 'partly', 'disputed', 'negotiated')"
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("name", "partner_id.name")
    def _compute_display_name(self):
        for claim in self:
            # Safe: the name of the supplier stands on the claim.
            claim.display_name = f"{claim.name} · {claim.sudo().partner_id.name}"

    @api.depends("supplier_facts")
    @api.depends_context("lang")
    def _compute_supplier_reason(self):
        assessor = self.env["aftersales.claim.assessor"]
        for claim in self:
            claim.supplier_reason = assessor._describe_delivery(claim.supplier_facts)

    @api.depends(
        "line_ids.amount", "line_ids.accepted_amount", "line_ids.agreed_amount"
    )
    def _compute_amounts(self):
        for claim in self:
            lines = claim.line_ids
            claim.claimed_amount = sum(lines.mapped("amount"))
            claim.accepted_amount = sum(lines.mapped("accepted_amount"))
            claim.agreed_amount = sum(lines.mapped("agreed_amount"))

    @api.depends("deadline", "claimed_on", "state")
    def _compute_is_late(self):
        for claim in self:
            day = claim.claimed_on or claim.company_id._aftersales_today()
            live = claim.state != "cancelled"
            claim.is_late = live and bool(claim.deadline) and day > claim.deadline

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.flush_model(["claimed_on", "deadline", "state"])
        self.env["res.company"].flush_model(["aftersales_tz"])
        rows = self.env.execute_query(
            SQL(
                "SELECT c.id FROM aftersales_supplier_claim c"
                " JOIN res_company o ON o.id = c.company_id"
                " WHERE c.state != 'cancelled'"
                " AND coalesce(c.claimed_on, %s) > c.deadline",
                today_sql("o"),
            )
        )
        return Domain("id", "in", [row[0] for row in rows])

    @api.depends("claimed_on", "closed_on")
    def _compute_age_days(self):
        for claim in self:
            start = claim.claimed_on
            end = claim.closed_on or claim.company_id._aftersales_today()
            claim.age_days = (end - start).days if start else 0

    @api.depends("state", "answer_due_on", "agreed_amount")
    @api.depends_context("lang")
    def _compute_next_step(self):
        for claim in self:
            claim.next_step = claim._get_next_step()

    def _get_next_step(self):
        """One sentence: what somebody has to do now."""
        self.ensure_one()
        today = self.company_id._aftersales_today()
        steps = {
            "draft": self.env._("Check the lines and claim"),
            "claimed": self.env._("Wait for the supplier's answer"),
            "accepted": self.env._("Book what was agreed"),
            "partly": self.env._("Negotiate what is refused"),
            "disputed": self.env._("Negotiate, or give it up"),
            "negotiated": self.env._("Book what was agreed"),
        }
        if (
            self.state == "claimed"
            and self.answer_due_on
            and (self.answer_due_on < today)
        ):
            return self.env._("Remind the supplier: the answer is overdue")
        if self.state in AGREED and (waiting := self._get_waiting_text()):
            return waiting
        return steps.get(self.state, False)

    # -------------------------------------------------------------------------
    # CRUD AND VIEWS
    # -------------------------------------------------------------------------

    def _get_action(self):
        """The claim's form, or the list where there are several."""
        return open_records(
            self.env,
            "aftersales_warranty.aftersales_supplier_claim_action",
            self,
            context={},
        )

    # -------------------------------------------------------------------------
    # LOCK AND TRANSITIONS
    # -------------------------------------------------------------------------

    def _lock(self):
        self._lock_claim()

    def _lock_claim(self):
        """Lock the rows and UPDATE them: others repeat and read the papers anew."""
        self._lock_for_action()
        self.invalidate_recordset()
        for claim in self:
            claim.version += 1
        self.flush_recordset(["version"])

    @api.model
    def _get_transitions(self):
        answered = ("claimed", "partly", "disputed")
        return {
            **super()._get_transitions(),
            "claim": (("draft",), "claimed"),
            "answer_accepted": (answered, "accepted"),
            "answer_partly": (answered, "partly"),
            "answer_disputed": (answered, "disputed"),
            "negotiate": (SENT, "negotiated"),
            "settle": (("accepted", "negotiated"), "settled"),
            "unsettle": (("settled",), "negotiated"),
            "give_up": (SENT, "lost"),
            "cancel": (("draft", *SENT), "cancelled"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        today = self.company_id._aftersales_today()
        if name == "claim":
            values.update(claimed_on=today, claimed_by_id=self.env.uid)
        elif name.startswith("answer_"):
            values["answered_on"] = today
        elif name in ("settle", "give_up", "cancel"):
            values["closed_on"] = today
        elif name == "unsettle":
            values["closed_on"] = False
        return values

    # -------------------------------------------------------------------------
    # CLAIM
    # -------------------------------------------------------------------------

    def action_claim(self):
        """The claim goes out; from now on the supplier sees it in the portal."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        claims = self._begin("claim")
        for claim in claims:
            if claim.currency_id.compare_amounts(claim.claimed_amount, 0) <= 0:
                raise UserError(
                    self.env._("%s claims nothing: enter an amount.", claim.name)
                )
            days = claim.company_id.aftersales_claim_answer_days
            today = claim.company_id._aftersales_today()
            claim.answer_due_on = claim.answer_due_on or today + timedelta(days=days)
        claims._transition("claim")
        claims._link_due()
        claims._after_claim()
        return True

    def _after_claim(self):
        """Extension point: what follows when a claim has gone out."""

    def action_change_supplier(self, partner_id, reason):
        """Another supplier has to bear it: its terms draw up the lines anew.

        :param partner_id: id of the supplier
        :param reason: why, shown on the claim
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor")
        reason = require_reason(
            self.env, reason, self.env._("Say why this supplier has to bear it.")
        )
        partner = self.env["res.partner"].browse(int(partner_id or 0)).exists()
        partner = partner.commercial_partner_id
        if not partner:
            raise UserError(self.env._("Choose the supplier."))
        claim = self._begin("claim")
        claim._redraw(partner, reason)
        return True

    def _redraw(self, partner, reason):
        order, old = self.order_id, self.partner_id
        rows = self.env["aftersales.claim.due"].search([("claim_id", "=", self.id)])
        found = self.env["aftersales.claim.assessor"]._assess(order, {order: partner})
        # Safe: only compared; the caller has checked the rights.
        items = [
            item for item in found[order] if item.delivery.supplier == partner.sudo()
        ]
        siblings = (order.claim_ids - self).filtered(lambda c: c.state != "cancelled")
        facts = {"source": BY_HAND, "reason": reason}
        self.line_ids.unlink()
        self.write(
            {
                "partner_id": partner.id,
                "supplier_facts": facts,
                "line_ids": self._prepare_lines(items, siblings),
            }
        )
        rows.filtered(lambda row: row.state != "dismissed").write(
            {"partner_id": partner.id, "facts": facts, "amount": self.claimed_amount}
        )
        self.message_post(
            body=self.env._(
                "Supplier changed from %(old)s to %(new)s: %(reason)s",
                old=old.name,
                new=partner.name,
                reason=reason,
            )
        )

    # -------------------------------------------------------------------------
    # ANSWER
    # -------------------------------------------------------------------------

    def action_open_answer(self):
        """The dialog in which the supplier's answer is recorded."""
        return self._get_answer_action("answer")

    def action_open_negotiation(self):
        """The dialog in which a manager records what was agreed."""
        return self._get_answer_action("negotiate")

    def _get_answer_action(self, kind):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_supplier_claim_answer_action"
        )
        if kind == "negotiate":
            action["name"] = self.env._("What was agreed")
        action["context"] = {"default_claim_id": self.id, "default_kind": kind}
        return action

    def action_answer(self, answers):
        """Record the supplier's answer, line by line.

        :param answers: ``{line id: (accepted amount, reason)}``; a line left out stays
            as it is
        """
        self.ensure_one()
        self.check_access("read")
        self._check_follower()
        claim = self.sudo()  # Safe: rights were checked above.
        claim._answer(answers)
        return True

    def _answer(self, answers):
        """As superuser, after the caller's checks; the way in for the portal."""
        self.ensure_one()
        self._lock_claim()
        self._check_transition("answer_accepted")
        lines = self._take_answers(answers)
        lines._write_answers(answers)
        name = answer_state(
            self.claimed_amount, self.accepted_amount, self.currency_id.compare_amounts
        )
        self._check_not_below_settled()
        self._transition(f"answer_{name}")
        self._try_settle()

    def _take_answers(self, answers):
        lines = self.line_ids.filtered(lambda line: line.id in answers)
        if not lines or len(lines) != len(answers):
            raise UserError(self.env._("Answer the lines of %s, no others.", self.name))
        return lines

    def action_negotiate(self, answers, reason):
        """What both sides have agreed; what is refused is given up by a manager.

        :param answers: ``{line id: (agreed amount, reason)}``
        :param reason: how it came about
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        reason = require_reason(
            self.env, reason, self.env._("Say what was agreed, with whom.")
        )
        claim = self._begin("negotiate")
        lines = claim._take_answers(answers)
        lines._write_agreement(answers)
        claim._check_not_below_settled()
        claim._transition("negotiate")
        claim._log_reason(self.env._("Negotiated"), reason)
        claim._try_settle()
        return True

    # -------------------------------------------------------------------------
    # END
    # -------------------------------------------------------------------------

    def action_give_up(self, reason=False):
        """A manager gives up what cannot be recovered; what came in stays."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        reason = require_reason(
            self.env, reason, self.env._("Say why it cannot be recovered.")
        )
        claims = self._begin("give_up")
        claims._check_nothing_pending()
        claims._check_no_debt_booked()
        claims.write({"given_up_by_id": self.env.uid, "given_up_reason": reason})
        claims._transition("give_up")
        claims._log_reason(self.env._("Given up"), reason)
        return True

    def action_cancel(self, reason=False):
        """Drop a claim that was a mistake; the repair can be claimed again."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        reason = require_reason(self.env, reason)
        self.sudo()._cancel(reason)  # Safe: rights were checked above.
        return True

    def _cancel(self, reason):
        self._lock_claim()
        self._check_transition("cancel")
        self._check_nothing_pending()
        if settled := self.filtered(
            lambda claim: not claim.currency_id.is_zero(claim.settled_amount)
        ):
            raise UserError(
                self.env._(
                    "%s was settled in part. Reverse its documents first, or give up "
                    "the rest.",
                    settled[0].name,
                )
            )
        self._transition("cancel")
        # The repair may be claimed anew in this very transaction (unique indexes).
        self.line_ids.flush_recordset(["state"])
        rows = self.env["aftersales.claim.due"].search([("claim_id", "in", self.ids)])
        rows.write({"claim_id": False, "state": "open"})
        self._log_reason(self.env._("Cancelled"), reason)

    def action_view_pickings(self):
        """Transfers of the claim: old parts sent, replacements."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "stock.action_picking_tree_all"
        )
        action["domain"] = [("aftersales_claim_id", "in", self.ids)]
        action["context"] = {}
        return action

    def action_view_order(self):
        """The repair the claim is about."""
        self.ensure_one()
        return self.order_id._get_records_action()
