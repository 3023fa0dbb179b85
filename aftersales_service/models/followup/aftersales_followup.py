from odoo import api, fields, models
from odoo.fields import Domain

from ...const import OPINIONS
from ...tools.records import labels
from .aftersales_followup_plan import get_selection

MARKS = [("4", "Very good"), ("3", "Good"), ("2", "Fair"), ("1", "Poor")]


class AftersalesFollowup(models.Model):
    """One question to one customer: how was our service? (SV-80 … SV-82).

    Follow-ups are made by plan, never by hand, and written by their actions only.
    Silence is a state of its own: who was not reached is never counted as satisfied.

    ============== ======================= =========================================
    Action         Group                   Restriction
    ============== ======================= =========================================
    read           technician              answered ones of the own orders
    read           operator, manager       own service points; whole company
    answer         operator                planned or unreachable
    not reached    operator                planned
    refuse         operator                planned or unreachable
    reassign       supervisor, or the      planned; to somebody of the service point
                   agent concerned
    decide         supervisor              a question is open
    told           operator                the question is decided
    by the link    customer with the token once, until it expires
    ============== ======================= =========================================
    """

    _name = "aftersales.followup"
    _description = "Follow-up"
    _inherit = [
        "aftersales.guard.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "call_on, id"
    _mail_post_access = "read"
    _check_company_auto = True
    _rec_names_search = ["order_id.name", "partner_id.name", "phone"]

    # What it is about
    order_id = fields.Many2one(
        "aftersales.order",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
        check_company=True,
    )
    plan_id = fields.Many2one(
        "aftersales.followup.plan",
        required=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    kind = fields.Selection(
        lambda self: get_selection(self, "aftersales.followup.plan", "kind"),
        required=True,
        readonly=True,
        copy=False,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, copy=False
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        index="btree_not_null",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        required=True,
        index=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        store=True,
        index=True,
        precompute=True,
    )
    contact_name = fields.Char("Whom to ask for")
    phone = fields.Char(help="Number to call.")
    asset_id = fields.Many2one(related="order_id.asset_id")
    product_id = fields.Many2one(related="order_id.product_id")
    done_at = fields.Datetime(related="order_id.done_at", string="Service done on")
    technician_ids = fields.Many2many(
        related="order_id.technician_ids", string="Technicians"
    )
    script = fields.Html(related="plan_id.script")

    consent_refused = fields.Boolean(
        "Refuses contact", compute="_compute_consent_refused"
    )

    # When and by whom
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("answered", "Answered"),
            ("unreachable", "Not reached"),
            ("refused", "Contact refused"),
            ("cancelled", "Cancelled"),
        ],
        default="planned",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    planned_on = fields.Date("Earliest", required=True, readonly=True, copy=False)
    due_on = fields.Date("Latest", required=True, readonly=True, copy=False)
    call_on = fields.Date(
        "Call on",
        required=True,
        readonly=True,
        copy=False,
        help="The earliest day, or later when the customer has first got a link.",
    )
    agent_id = fields.Many2one(
        "res.users",
        "Caller",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
    )
    stand_in_for_id = fields.Many2one(
        "res.users", "Stands in for", readonly=True, copy=False, ondelete="set null"
    )
    tries = fields.Integer(readonly=True, copy=False, help="Calls nobody answered.")
    next_try_at = fields.Datetime("Next try", readonly=True, copy=False)
    last_try_at = fields.Datetime("Last try", readonly=True, copy=False)
    last_try_by_id = fields.Many2one(
        "res.users",
        "Last tried by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    is_overdue = fields.Boolean(
        compute="_compute_is_overdue", search="_search_is_overdue"
    )

    complaint_id = fields.Many2one(
        "aftersales.complaint",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="What became of a bad answer.",
    )

    # The card
    channel = fields.Selection(
        [("phone", "Phone"), ("link", "Link"), ("paper", "Paper")],
        readonly=True,
        copy=False,
    )
    attitude = fields.Selection(MARKS, readonly=True, copy=False)
    skill = fields.Selection(MARKS, readonly=True, copy=False)
    punctuality = fields.Selection(MARKS, "Arrival time", readonly=True, copy=False)
    promises = fields.Selection(MARKS, "Promises kept", readonly=True, copy=False)
    overall = fields.Selection(
        OPINIONS, "Overall opinion", readonly=True, copy=False, tracking=True
    )
    praise = fields.Text(readonly=True, copy=False)
    suggestion = fields.Text(readonly=True, copy=False)
    complaint_text = fields.Text("Complaint in words", readonly=True, copy=False)
    note = fields.Text("Note of the caller", copy=False)
    answered_at = fields.Datetime("Answered on", readonly=True, copy=False, index=True)
    answered_by_id = fields.Many2one(
        "res.users", "Written down by", readonly=True, copy=False, ondelete="set null"
    )

    _order_plan_uniq = models.UniqueIndex(
        "(order_id, plan_id) WHERE order_id IS NOT NULL AND state != 'cancelled'",
        "This order already has its follow-up of that plan.",
    )
    _regular_uniq = models.UniqueIndex(
        "(plan_id, company_id, partner_id) "
        "WHERE order_id IS NULL AND state = 'planned'",
        "This customer already has an open contact of that plan.",
    )
    _link_token_uniq = models.UniqueIndex(
        "(link_token) WHERE link_token IS NOT NULL", "This link is already in use."
    )
    _link_idx = models.Index(
        "(planned_on) WHERE state = 'planned' AND link_state = 'waiting'"
    )
    _call_idx = models.Index("(agent_id, call_on) WHERE state = 'planned'")
    _team_call_idx = models.Index("(team_id, call_on) WHERE state = 'planned'")

    # -- compute ----------------------------------------------------------------

    @api.depends("order_id", "partner_id", "kind")
    def _compute_display_name(self):
        kinds = labels(self, "kind")
        for followup in self:
            # Safe: number of the order, name of the customer of a readable record.
            about = followup.sudo().order_id.name or followup.sudo().partner_id.name
            followup.display_name = f"{about} · {kinds.get(followup.kind, '')}"

    @api.depends(
        "partner_id.aftersales_followup_consent",
        "commercial_partner_id.aftersales_followup_consent",
    )
    def _compute_consent_refused(self):
        for followup in self:
            # Safe: everybody who sees the follow-up must know not to call.
            partner = followup.sudo().partner_id
            followup.consent_refused = (
                bool(partner) and partner._is_aftersales_contact_refused()
            )

    @api.depends("state", "due_on", "company_id")
    def _compute_is_overdue(self):
        for followup in self:
            today = followup.company_id._aftersales_today()
            followup.is_overdue = (
                followup.state == "planned"
                and bool(followup.due_on)
                and followup.due_on < today
            )

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = self.env["res.company"]._aftersales_compare_today("due_on", "<")
        return Domain("state", "=", "planned") & late

    def _get_call_domain(self, day=None):
        """Calls to make: their day has come, and so has the time of the next try."""
        companies = self.env["res.company"]
        return (
            Domain("state", "=", "planned")
            & (
                Domain("call_on", "<=", day)
                if day
                else companies._aftersales_compare_today("call_on", "<=")
            )
            & (
                Domain("next_try_at", "=", False)
                | Domain("next_try_at", "<=", fields.Datetime.now())
            )
        )

    # -- transitions ------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "answer": (("planned", "unreachable"), "answered"),
            "give_up": (("planned",), "unreachable"),
            "refuse": (("planned", "unreachable"), "refused"),
            "cancel": (("planned",), "cancelled"),
        }
