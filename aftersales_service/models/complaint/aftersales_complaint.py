import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools.records import count_by
from .aftersales_complaint_category import ABOUT

ANSWER_CHANNELS = [
    ("email", "E-mail"),
    ("letter", "Letter"),
    ("phone", "Phone"),
    ("talk", "In person"),
]


class AftersalesComplaint(models.Model):
    """A customer's dissatisfaction, from its receipt to the settled cause (SV-60 …).

    ================== ================ ============================================
    Action             Group            Restriction
    ================== ================ ============================================
    read               operator         own service points; manager: all
    read, comment      technician       complaints naming oneself; neither telephone
                                        number nor contact nor the supervisor's calls
    create, edit       operator         own service points; not when settled
    investigation      supervisor       finding, fault, unit, people, repeat of
    confirm            supervisor       new; issue, finding and (our fault) unit
    answer             supervisor       not settled; text on record
    register a call    supervisor       or whoever was sent: holds the task
    resolve            supervisor       answered, called, cause, correction,
                                        prevention
    withdraw           supervisor       reason; the customer in the portal: own, open
    reject, reopen     supervisor       reason
    move to supplier   supervisor       reason; not withdrawn or merged
    merge              supervisor       same customer, not settled
    delete             manager          new ones only
    ================== ================ ============================================
    """

    _name = "aftersales.complaint"
    PAST_MOMENTS = ("received_at",)
    _description = "Complaint"
    _inherit = [
        "aftersales.sla.mixin",
        "aftersales.mail.intake",
        "aftersales.guard.mixin",
        "aftersales.portal.mixin",
        "portal.mixin",
        "mail.thread.main.attachment",
        "mail.activity.mixin",
    ]
    _order = "received_at desc, id desc"
    _mail_post_access = "read"
    _check_company_auto = True
    _rec_names_search = ["name", "partner_id.name", "asset_id.serial"]

    SLA_MILESTONES = ("answer", "resolve")
    # Only who has looked into it may write these.
    SUPERVISED = frozenset(
        {
            "finding",
            "at_fault",
            "responsible_unit",
            "concerned_technician_ids",
            "concerned_partner_ids",
            "parent_id",
        }
    )

    # Who and when
    name = fields.Char(
        "Number", readonly=True, copy=False, index="trigram", default="/"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [
            ("new", "New"),
            ("confirmed", "Confirmed"),
            ("answered", "Answered"),
            ("resolved", "Resolved"),
            ("withdrawn", "Withdrawn"),
            ("rejected", "Rejected"),
            ("merged", "Duplicate"),
        ],
        default="new",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        readonly=True,
        group_expand=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Complainant",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        check_company=True,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Customer",
        store=True,
        index=True,
        precompute=True,
    )
    contact_name = fields.Char(
        "Contact", groups="aftersales_service.aftersales_service_group_operator"
    )
    phone = fields.Char(
        compute="_compute_phone",
        store=True,
        readonly=False,
        precompute=True,
        help="Number to call back.",
        groups="aftersales_service.aftersales_service_group_operator",
    )
    channel = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "E-mail"),
            ("portal", "Portal"),
            ("letter", "Letter"),
            ("walk_in", "Visit"),
            ("web", "Web"),
            ("followup", "Follow-up"),
        ],
        default="phone",
        required=True,
    )
    place = fields.Selection(
        [
            ("counter", "At the counter"),
            ("onsite", "At the customer's"),
            ("remote", "By phone or in writing"),
        ],
        compute="_compute_place",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Somebody standing at the counter is answered within minutes.",
    )
    received_at = fields.Datetime(
        "Received on",
        required=True,
        default=lambda self: fields.Datetime.now(),
        copy=False,
        index=True,
        tracking=True,
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        check_company=True,
    )

    # About what
    about = fields.Selection(
        ABOUT,
        compute="_compute_about",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
    )
    category_id = fields.Many2one(
        "aftersales.complaint.category",
        "Issue",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Complaints about the same issue are counted together.",
    )
    seriousness = fields.Selection(
        [("normal", "Normal"), ("serious", "Serious")],
        default="normal",
        required=True,
        tracking=True,
        help="Serious complaints also go to the deputy general manager.",
    )
    description = fields.Text(
        "What the customer says", help="In the customer's own words."
    )
    order_id = fields.Many2one(
        "aftersales.order",
        "About order",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    asset_id = fields.Many2one(
        "aftersales.asset",
        "Machine",
        compute="_compute_asset_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    supplier_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        check_company=True,
        help="Supplier of what is complained about. Once confirmed, it is changed "
        "with a reason only.",
    )
    technician_ids = fields.Many2many(
        "aftersales.technician",
        "aftersales_complaint_technician_rel",
        "complaint_id",
        "technician_id",
        string="Technicians",
        compute="_compute_technician_ids",
        store=True,
        readonly=False,
        check_company=True,
        context={"active_test": False},
        help="Technicians the complaint is about.",
    )
    photo_ids = fields.Many2many(
        "ir.attachment",
        "aftersales_complaint_photo_rel",
        "complaint_id",
        "attachment_id",
        string="Evidence",
        copy=False,
        bypass_search_access=True,
    )

    # Investigation
    confirmed_at = fields.Datetime("Confirmed on", copy=False, readonly=True)
    confirmed_by_id = fields.Many2one(
        "res.users", "Confirmed by", copy=False, readonly=True
    )
    finding = fields.Text(copy=False, help="What looking into it has shown.")
    at_fault = fields.Boolean(
        "Our fault",
        copy=False,
        tracking=True,
        help="Decided after looking into it.",
    )
    responsible_unit = fields.Many2one(
        "aftersales.unit",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        tracking=True,
        check_company=True,
        help="Unit at fault, named after investigation.",
    )
    concerned_technician_ids = fields.Many2many(
        "aftersales.technician",
        "aftersales_complaint_concerned_rel",
        "complaint_id",
        "technician_id",
        string="Our people concerned",
        copy=False,
        check_company=True,
        context={"active_test": False},
        help="People of ours who answer for it, named after investigation.",
    )
    concerned_partner_ids = fields.Many2many(
        "res.partner",
        "aftersales_complaint_concerned_partner_rel",
        "complaint_id",
        "partner_id",
        string="Supplier's people concerned",
        copy=False,
        check_company=True,
        help="Contacts of the supplier who answer for it.",
    )
    cause = fields.Text(copy=False, help="Why it happened.")
    correction = fields.Text(copy=False, help="What was done for this customer.")
    prevention = fields.Text(
        copy=False, help="What keeps it from happening to the next customer."
    )

    # What the customer was told, and how it ended
    answer_text = fields.Text("Answer", copy=False, readonly=True)
    answer_channel = fields.Selection(
        ANSWER_CHANNELS, "How answered", copy=False, readonly=True
    )
    answered_by_id = fields.Many2one(
        "res.users", "Answered by", copy=False, readonly=True
    )
    last_answer_at = fields.Datetime("Last answer on", copy=False, readonly=True)
    resolved_by_id = fields.Many2one(
        "res.users", "Settled by", copy=False, readonly=True
    )
    closing_reason = fields.Text("Reason", copy=False, readonly=True)
    started_order_ids = fields.One2many(
        "aftersales.order", "origin_complaint_id", "Orders started"
    )
    started_order_count = fields.Integer(compute="_compute_started_order_count")
    can_supervise = fields.Boolean(compute="_compute_can_supervise")

    _received_idx = models.Index("(company_id, state, received_at)")
    _issue_idx = models.Index(
        "(category_id, commercial_partner_id, received_at) "
        "WHERE state NOT IN ('withdrawn', 'rejected', 'merged')"
    )
    _source_key_uniq = models.UniqueIndex(
        "(source_key) WHERE source_key IS NOT NULL",
        "This e-mail has already been registered.",
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("partner_id")
    def _compute_phone(self):
        for complaint in self:
            complaint.phone = complaint.phone or complaint.partner_id.phone

    @api.depends("channel")
    def _compute_place(self):
        for complaint in self:
            at_counter = complaint.channel == "walk_in"
            complaint.place = "counter" if at_counter else "remote"

    @api.depends("category_id")
    def _compute_about(self):
        for complaint in self:
            complaint.about = (
                complaint.category_id.about or complaint.about or "service"
            )

    @api.depends("order_id")
    def _compute_asset_id(self):
        for complaint in self:
            complaint.asset_id = complaint.order_id.asset_id or complaint.asset_id

    @api.depends("order_id")
    def _compute_technician_ids(self):
        for complaint in self:
            people = complaint.order_id.technician_ids
            complaint.technician_ids = people or complaint.technician_ids

    @api.depends("asset_id", "order_id")
    def _compute_product_id(self):
        for complaint in self:
            complaint.product_id = (
                complaint.asset_id.product_id
                or complaint.order_id.product_id
                or complaint.product_id
            )

    @api.depends("order_id", "company_id")
    def _compute_team_id(self):
        orders = self.env["aftersales.order"]
        for company, complaints in self.grouped("company_id").items():
            fallback = orders._get_default_team(company)
            for complaint in complaints:
                team = complaint.order_id.team_id or complaint.team_id
                complaint.team_id = team if team.company_id == company else fallback

    @api.depends("started_order_ids")
    def _compute_started_order_count(self):
        # Safe: a number of orders, not the orders.
        orders = self.env["aftersales.order"].sudo()
        counts = count_by(orders, "origin_complaint_id", self)
        for complaint in self:
            complaint.started_order_count = counts.get(complaint.id, 0)

    @api.depends_context("uid")
    def _compute_can_supervise(self):
        """Whether the reader may say who is at fault; only for the form."""
        group = "aftersales_service.aftersales_service_group_supervisor"
        self.can_supervise = self.env.user.has_group(group)

    # -------------------------------------------------------------------------
    # CONSTRAINTS AND CRUD
    # -------------------------------------------------------------------------

    @api.constrains("received_at")
    def _check_received_at(self):
        limit = fields.Datetime.add(fields.Datetime.now(), minutes=5)
        if any(complaint.received_at > limit for complaint in self):
            raise ValidationError(
                self.env._("A complaint cannot be received in the future.")
            )

    @api.constrains("asset_id", "partner_id", "order_id")
    def _check_same_customer(self):
        """Machine and order are the complainant's own."""
        for complaint in self:
            customer = complaint.commercial_partner_id
            owners = (
                complaint.asset_id.partner_id | complaint.order_id.partner_id
            ).commercial_partner_id
            if owners and owners != customer:
                raise ValidationError(
                    self.env._(
                        "The machine or order of %(complaint)s belongs to %(owner)s, "
                        "not to %(customer)s. Change the customer, or leave the "
                        "machine and the order out.",
                        complaint=complaint.name,
                        owner=", ".join(owners.mapped("display_name")),
                        customer=customer.display_name,
                    )
                )

    @api.model
    def _prepare_guarded_values(self, vals_list):
        self.env["ir.sequence"]._aftersales_number("aftersales.complaint", vals_list)
        for vals in vals_list:
            # Here, so that opening the portal page never has to write.
            vals["access_token"] = str(uuid.uuid4())
        return super()._prepare_guarded_values(vals_list)

    @api.model_create_multi
    def create(self, vals_list):
        # The form sends every field; what is empty says nothing.
        given = {name for vals in vals_list for name, value in vals.items() if value}
        self._check_supervised(given)
        complaints = super().create(vals_list)
        complaints._detect_repeats()
        complaints._assign_calls()
        return complaints

    def write(self, vals):
        if not self._writes_itself(vals):
            self._check_supervised(vals.keys())
            self._check_writable(vals.keys())
        result = super().write(vals)
        if vals.keys() & self._get_repeat_facts():
            self._detect_repeats()
        if vals.keys() & {"seriousness", "team_id"}:
            self._assign_calls()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_worked_on(self):
        if kept := self.filtered(lambda complaint: complaint.state != "new"):
            raise UserError(
                self.env._(
                    "%(complaints)s has been looked into; withdraw it or reject it "
                    "instead of deleting it.",
                    complaints=", ".join(kept[:5].mapped("name")),
                )
            )

    # -------------------------------------------------------------------------
    # EXTENSION POINTS
    # -------------------------------------------------------------------------

    def _after_confirm(self):
        """The complaints count from now on (again, when they were reopened)."""

    def _after_withdraw(self):
        """The complaints count no longer: withdrawn, rejected or merged."""

    def _after_supplier_change(self, old_supplier):
        """The complaints count for their new supplier, from their day of receipt."""

    # -------------------------------------------------------------------------
    # PROMISES ON TIME
    # -------------------------------------------------------------------------

    def _sla_document(self):
        return "complaint"

    def _get_sla_start(self):
        return self.received_at

    def _get_sla_facts(self):
        """What a promise about a complaint may depend on (SV-11)."""
        customer = self.commercial_partner_id
        grade = self.asset_id.grade_id or customer.aftersales_grade_id
        return {
            **super()._get_sla_facts(),
            "grade_id": grade,
            "customer_class": grade.customer_class,
            "vip": customer.aftersales_vip,
        }

    # -------------------------------------------------------------------------
    # MAIL, PORTAL, IMPORT
    # -------------------------------------------------------------------------

    def _creation_message(self):
        return self.env._("Complaint registered")

    def _compute_access_url(self):
        super()._compute_access_url()
        for complaint in self:
            complaint.access_url = f"/my/complaints/{complaint.id}"

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]

    @api.model
    def _get_import_key(self):
        return ("received_at", "partner_id", "description")

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Template for complaints"),
                "template": "/aftersales_service/static/xls/complaints.csv",
            }
        ]
