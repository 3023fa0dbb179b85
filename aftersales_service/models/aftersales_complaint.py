import uuid

from odoo import api, fields, models

from .aftersales_complaint_category import ABOUT

OPEN_STATES = ("new", "confirmed", "answered")


class AftersalesComplaint(models.Model):
    """A customer's dissatisfaction, from its receipt to the settled cause (SV-60 …).

    ================ =================== ==========================================
    Action           Group               Restriction
    ================ =================== ==========================================
    read             operator            own service points
    read             technician          complaints naming oneself; no phone number
    create, edit     operator            own service points; not when settled
    finding, fault   supervisor          own service points
    ================ =================== ==========================================
    """

    _name = "aftersales.complaint"
    _description = "Complaint"
    _inherit = [
        "aftersales.sla.mixin",
        "aftersales.guard.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "received_at desc, id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "partner_id.name", "asset_id.serial", "phone"]

    SLA_MILESTONES = ("answer", "resolve")
    PROTECTED = frozenset(
        {
            "name",
            "state",
            "confirmed_at",
            "confirmed_by_id",
            "answer_at",
            "resolve_at",
            "is_repeat",
            "duplicate_of_id",
            "access_token",
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
        default=fields.Datetime.now,
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

    # Repeats and duplicates
    parent_id = fields.Many2one(
        "aftersales.complaint",
        "Repeat of",
        index="btree_not_null",
        copy=False,
        check_company=True,
        ondelete="restrict",
    )
    child_ids = fields.One2many("aftersales.complaint", "parent_id", "Repeats")
    is_repeat = fields.Boolean("Repeat", copy=False, readonly=True)
    duplicate_of_id = fields.Many2one(
        "aftersales.complaint",
        "Duplicate of",
        index="btree_not_null",
        copy=False,
        readonly=True,
        check_company=True,
        ondelete="restrict",
    )
    duplicate_ids = fields.One2many(
        "aftersales.complaint", "duplicate_of_id", "Duplicates"
    )

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

    @api.model
    def _prepare_guarded_values(self, vals_list):
        for company, group in self._group_values_by_company(vals_list).items():
            numbers = self.env["ir.sequence"]._aftersales_next_numbers(
                "aftersales.complaint", company, len(group)
            )
            for vals, number in zip(group, numbers, strict=True):
                vals["name"] = number
                # Here, so that opening the portal page never has to write.
                vals["access_token"] = str(uuid.uuid4())
        return super()._prepare_guarded_values(vals_list)

    @api.model
    def _group_values_by_company(self, vals_list):
        groups = {}
        for vals in vals_list:
            company = self.env["res.company"].browse(
                vals.get("company_id") or self.env.company.id
            )
            groups.setdefault(company, []).append(vals)
        return groups

    # -- promises on time ---------------------------------------------------------

    def _sla_document(self):
        return "complaint"

    def _get_sla_start(self):
        return self.received_at
