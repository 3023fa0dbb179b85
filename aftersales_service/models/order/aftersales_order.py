import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...const import OPEN_STATES


class AftersalesOrder(models.Model):
    """One request for service, from the call to the archived voucher (SV-01 … SV-55).

    ============= ======================== =========================================
    Action        Group                    Restriction
    ============= ======================== =========================================
    create, edit  operator                 own service points; not when closed
    dispatch      dispatcher               valid certificate, or supervisor + reason
    start         dispatcher, technician   technician: own orders
    complete      supervisor, technician   technician: own orders; report complete
    quote         operator, technician     no open approval
    invoice       accountant, supervisor   done; posted by accounting groups
    close         supervisor               done, nothing left to invoice
    cancel        dispatcher               not closed; nothing posted
    reopen        manager                  reason
    override payer manager                 reason; not invoiced
    ============= ======================== =========================================
    """

    _name = "aftersales.order"
    _description = "Service Order"
    _inherit = [
        "aftersales.sla.mixin",
        "aftersales.mail.intake",
        "aftersales.guard.mixin",
        "aftersales.portal.mixin",
        "portal.mixin",
        "mail.thread.main.attachment",
        "mail.activity.mixin",
    ]
    _order = "called_at desc, id desc"
    _mail_post_access = "read"
    _check_company_auto = True
    _rec_names_search = ["name", "partner_id.name", "asset_id.serial", "phone"]

    # What and where
    name = fields.Char(
        "Number", readonly=True, copy=False, index="trigram", default="/"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [
            ("new", "New"),
            ("dispatched", "Dispatched"),
            ("in_progress", "In progress"),
            ("done", "Done"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
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
        "Customer",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        check_company=True,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        store=True,
        index=True,
        precompute=True,
    )
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="Address where the machine stands and the technician goes.",
    )
    phone = fields.Char(
        compute="_compute_phone",
        store=True,
        readonly=False,
        precompute=True,
        help="Number to call back.",
    )
    contact_name = fields.Char("Caller")
    channel = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "E-mail"),
            ("portal", "Portal"),
            ("letter", "Letter"),
            ("walk_in", "Walk-in"),
            ("web", "Web"),
        ],
        default="phone",
        required=True,
    )
    called_at = fields.Datetime(
        "Called on",
        required=True,
        default=fields.Datetime.now,
        copy=False,
        index=True,
        tracking=True,
    )
    expected_at = fields.Datetime(
        "Told to the customer",
        copy=False,
        help="The time the caller was told to expect us.",
    )
    asset_id = fields.Many2one(
        "aftersales.asset",
        "Machine",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Installed product the call is about.",
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
    serial = fields.Char(
        "Serial number",
        index="trigram",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    symptom_id = fields.Many2one(
        "aftersales.symptom", index="btree_not_null", ondelete="restrict"
    )
    description = fields.Text(
        "What the customer says", help="In the caller's own words."
    )
    parent_id = fields.Many2one(
        "aftersales.order",
        "Repeat of",
        index="btree_not_null",
        copy=False,
        check_company=True,
        help="Earlier order about the same fault.",
    )
    child_ids = fields.One2many("aftersales.order", "parent_id", "Repeats")
    duplicate_confirmed = fields.Boolean(
        "Create although an order is open",
        copy=False,
        help="Set when the caller really wants a second order for the same machine "
        "and symptom.",
    )
    duplicate_ids = fields.Many2many(
        "aftersales.order",
        compute="_compute_duplicate_ids",
        string="Open orders for the same fault",
    )

    # Kind of service
    service_type = fields.Selection(
        [
            ("chargeable", "Chargeable"),
            ("contract", "Under contract"),
            ("free", "Free"),
            ("internal", "Internal"),
        ],
        default="chargeable",
        required=True,
        tracking=True,
        help="Proposes who pays; each line shows the decision and its reason.",
    )
    fault_level = fields.Selection(
        [("1", "Critical"), ("2", "Major"), ("3", "Minor")],
        default="3",
        required=True,
        tracking=True,
        help="1: service interrupted or data lost · 2: degraded or at risk · 3: minor",
    )
    grade_id = fields.Many2one(
        "aftersales.grade",
        "Service grade",
        compute="_compute_grade_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
    )
    place = fields.Selection(
        [("onsite", "On site"), ("workshop", "Workshop"), ("remote", "Remote")],
        default="onsite",
        required=True,
    )
    zone_id = fields.Many2one(
        "aftersales.zone",
        compute="_compute_zone_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
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

    # People and work
    technician_id = fields.Many2one(
        "aftersales.technician",
        "Technician in charge",
        group_expand="_group_expand_technician_id",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        tracking=True,
        check_company=True,
    )
    technician_ids = fields.Many2many(
        "aftersales.technician",
        string="Technicians",
        compute="_compute_technician_ids",
        store=True,
        readonly=False,
        copy=False,
        check_company=True,
        context={"active_test": False},
    )
    dispatched_at = fields.Datetime("Dispatched on", copy=False, readonly=True)
    started_at = fields.Datetime("Work started on", copy=False, readonly=True)
    done_at = fields.Datetime("Done on", copy=False, readonly=True, index=True)
    closed_at = fields.Datetime("Closed on", copy=False, readonly=True)
    closed_by_id = fields.Many2one("res.users", "Closed by", copy=False, readonly=True)
    cancelled_at = fields.Datetime("Cancelled on", copy=False, readonly=True)
    # Report
    cause_id = fields.Many2one(
        "aftersales.cause",
        copy=False,
        ondelete="restrict",
        tracking=True,
        index="btree_not_null",
    )
    remedy = fields.Text(
        copy=False,
        compute="_compute_remedy",
        store=True,
        readonly=False,
        help="What was done; proposed from the cause.",
    )
    misuse = fields.Boolean(
        "Misuse or force majeure",
        copy=False,
        compute="_compute_misuse",
        store=True,
        readonly=False,
        tracking=True,
        help="Found on site: neither warranty nor contract pays (SV-55).",
    )
    misuse_evidence = fields.Text("Evidence of misuse", copy=False)
    photo_ids = fields.Many2many(
        "ir.attachment", string="Photos", copy=False, bypass_search_access=True
    )
    customer_opinion = fields.Selection(
        [
            ("very_satisfied", "Very satisfied"),
            ("satisfied", "Satisfied"),
            ("fair", "Fair"),
            ("dissatisfied", "Dissatisfied"),
        ],
        copy=False,
    )
    customer_note = fields.Text("Customer's remark", copy=False)
    signature = fields.Binary(
        copy=False, attachment=True, readonly=True, help="Customer's signature."
    )
    signed_by = fields.Char(copy=False, readonly=True)
    signed_at = fields.Datetime(copy=False, readonly=True)
    note = fields.Html("Internal note", copy=False)

    # Lines and money
    line_ids = fields.One2many("aftersales.order.line", "order_id", "Lines")
    pricelist_id = fields.Many2one(
        "product.pricelist",
        compute="_compute_pricelist_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        help="List prices come from here; they are never overwritten.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
        required=True,
    )
    fiscal_position_id = fields.Many2one(
        "account.fiscal.position",
        compute="_compute_fiscal_position_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    payment_term_id = fields.Many2one(
        "account.payment.term",
        compute="_compute_payment_term_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    amount_untaxed = fields.Monetary(compute="_compute_amounts", store=True)
    amount_tax = fields.Monetary("Taxes", compute="_compute_amounts", store=True)
    amount_customer = fields.Monetary(
        "To pay by the customer", compute="_compute_amounts", store=True, tracking=True
    )
    amount_covered = fields.Monetary(
        "Covered",
        compute="_compute_amounts",
        store=True,
        help="Value before tax, at list price, of what the customer does not pay.",
    )
    approval_state = fields.Selection(
        [
            ("none", "Nothing to approve"),
            ("pending", "Waiting for approval"),
            ("rejected", "Rejected"),
            ("approved", "Approved"),
        ],
        compute="_compute_approval_state",
        store=True,
        default="none",
    )
    approval_ids = fields.One2many("aftersales.approval", "order_id", "Approvals")

    _source_key_uniq = models.UniqueIndex(
        "(source_key) WHERE source_key IS NOT NULL",
        "This call or e-mail has already been registered.",
    )
    _called_state_idx = models.Index("(company_id, state, called_at)")
    _unassigned_idx = models.Index(
        "(team_id, called_at) WHERE state = 'new'",
    )
    _open_fault_idx = models.Index(
        "(asset_id, symptom_id) WHERE state IN ('new', 'dispatched', 'in_progress')"
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("technician_id")
    def _compute_technician_ids(self):
        groups = self.grouped(lambda order: (order.technician_id, order.technician_ids))
        for (technician, people), orders in groups.items():
            if technician <= people and all(orders.ids):
                continue  # nothing to add; saved orders keep what they have
            orders.technician_ids = people | technician

    @api.depends("cause_id")
    def _compute_remedy(self):
        for order in self:
            order.remedy = order.remedy or order.cause_id.remedy

    @api.depends("cause_id")
    def _compute_misuse(self):
        for order in self:
            order.misuse = order.misuse or order.cause_id.is_misuse

    # -------------------------------------------------------------------------
    # CONSTRAINTS AND CRUD
    # -------------------------------------------------------------------------

    @api.constrains("asset_id", "partner_id")
    def _check_asset_owner(self):
        for order in self:
            owner = order.asset_id.partner_id.commercial_partner_id
            if owner and owner != order.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "Machine %(machine)s belongs to %(owner)s, not to "
                        "%(customer)s. Change the customer, or the owner on the "
                        "machine.",
                        machine=order.asset_id.display_name,
                        owner=owner.display_name,
                        customer=order.partner_id.display_name,
                    )
                )

    @api.constrains("technician_id", "technician_ids")
    def _check_technicians_active(self):
        for order in self:
            gone = order.technician_ids.filtered(lambda tech: not tech.active)
            if gone and order.state in OPEN_STATES:
                raise ValidationError(
                    self.env._(
                        "%(names)s no longer works here and cannot be assigned.",
                        names=", ".join(gone.mapped("name")),
                    )
                )

    @api.model
    def _prepare_guarded_values(self, vals_list):
        self.env["ir.sequence"]._aftersales_number("aftersales.order", vals_list)
        for vals in vals_list:
            # Here, so that opening the portal page never has to write.
            vals["access_token"] = str(uuid.uuid4())
        return super()._prepare_guarded_values(vals_list)

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._check_duplicates()
        return orders

    def write(self, vals):
        if not self._writes_itself(vals) and vals.keys() - self._get_always_writable():
            self._check_not_closed()
        return super().write(vals)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """A closed order shows no field one could type into and lose the text of."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for node in arch.xpath("//field[not(ancestor::field)]"):
                given = node.get("readonly") or str(
                    self._fields[node.get("name")].readonly
                )
                if given not in ("1", "True"):
                    node.set("readonly", f"({given}) or state == 'closed'")
        return arch, view

    @api.model
    def _get_always_writable(self):
        """Fields that may change on a closed order: nothing of the voucher."""
        return {
            "activity_ids",
            "message_follower_ids",
            "message_ids",
            "message_main_attachment_id",
        }

    def _check_not_closed(self):
        if closed := self.filtered(lambda order: order.state == "closed"):
            raise UserError(
                self.env._(
                    "%(orders)s is closed and cannot be changed. A manager can "
                    "reopen it with a reason.",
                    orders=", ".join(closed[:5].mapped("name")),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_worked_on(self):
        if kept := self.filtered(lambda order: order.state not in ("new", "cancelled")):
            raise UserError(
                self.env._(
                    "%(orders)s has been worked on; cancel it instead of deleting it.",
                    orders=", ".join(kept[:5].mapped("name")),
                )
            )

    # -------------------------------------------------------------------------
    # LINES
    # -------------------------------------------------------------------------

    def _prepare_line_values(self, kind, product, quantity, **extra):
        """Values of one line; used by visits, desks and the workshop."""
        return {
            "order_id": self.id,
            "kind": kind,
            "product_id": product.id,
            "quantity": quantity,
            **extra,
        }

    def _add_lines(self, values_list):
        self.env["aftersales.order.line"].create(values_list)

    # -------------------------------------------------------------------------
    # MAIL AND PORTAL
    # -------------------------------------------------------------------------

    def _creation_message(self):
        return self.env._("Call registered")

    def _compute_access_url(self):
        super()._compute_access_url()
        for order in self:
            order.access_url = f"/my/service/{order.id}"

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Template for service calls"),
                "template": "/aftersales_service/static/xls/service_calls.csv",
            }
        ]
