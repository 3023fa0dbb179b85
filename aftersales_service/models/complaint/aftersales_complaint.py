import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...const import COMPLAINT_OPEN
from ...tools.text import clean_text
from .aftersales_complaint_category import ABOUT

MAX_ANSWER = 10000
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
    PROTECTED = frozenset(
        {
            "name",
            "state",
            "confirmed_at",
            "confirmed_by_id",
            "answer_at",
            "answer_text",
            "answer_channel",
            "answered_by_id",
            "last_answer_at",
            "resolve_at",
            "resolved_by_id",
            "closing_reason",
            "access_token",
        }
    )
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
        groups = (
            self.env["aftersales.order"]
            .sudo()
            ._read_group(
                [("origin_complaint_id", "in", self.ids)],
                ["origin_complaint_id"],
                ["__count"],
            )
        )
        counts = {complaint.id: count for complaint, count in groups}
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
        if not self.env.su:
            self._check_supervised(vals.keys())
            self._check_writable(vals.keys())
        result = super().write(vals)
        if vals.keys() & self._get_repeat_facts():
            self._detect_repeats()
        if vals.keys() & {"seriousness", "team_id"}:
            self._assign_calls()
        return result

    @api.model
    def _check_supervised(self, names):
        """Who is at fault is not for the one who takes the call to say."""
        defaults = {
            name for name in self.SUPERVISED if self.env.context.get(f"default_{name}")
        }
        if self.SUPERVISED & (set(names) | defaults):
            self._check_group("supervisor")

    @api.model
    def _check_group(self, *names):
        """Raise unless the user has one of our groups (short names)."""
        self.env["aftersales.order"]._check_group(*names)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """A settled complaint shows no field one could type into and lose the text."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for node in arch.xpath("//field[not(ancestor::field)]"):
                given = node.get("readonly") or str(
                    self._fields[node.get("name")].readonly
                )
                if given not in ("1", "True"):
                    settled = f"state not in {COMPLAINT_OPEN!r}"
                    node.set("readonly", f"({given}) or {settled}")
        return arch, view

    @api.model
    def _get_always_writable(self):
        """Fields that may change on a settled complaint: nothing of its record."""
        return {
            "activity_ids",
            "message_follower_ids",
            "message_ids",
            "message_main_attachment_id",
        }

    def _check_writable(self, names):
        settled = self.filtered(lambda complaint: complaint.state not in COMPLAINT_OPEN)
        if settled and set(names) - self._get_always_writable():
            raise UserError(
                self.env._(
                    "%(complaints)s is settled and cannot be changed. A supervisor "
                    "can reopen it with a reason.",
                    complaints=", ".join(settled[:5].mapped("name")),
                )
            )
        if self._names_move_supplier(names):
            raise UserError(
                self.env._(
                    "A confirmed complaint is moved to another supplier with a "
                    "reason: use “Move to another supplier”."
                )
            )
        # The clock of the promise starts there.
        if "received_at" in names:
            self._check_group("supervisor")

    def _names_move_supplier(self, names):
        return "supplier_id" in names and any(
            complaint.state != "new" for complaint in self
        )

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
    # TRANSITIONS
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        ended = ("resolved", "rejected", "withdrawn", "merged")
        return {
            **super()._get_transitions(),
            "confirm": (("new",), "confirmed"),
            "confirm_answered": (("new",), "answered"),
            "answer": (("confirmed", "answered"), "answered"),
            "resolve": (("confirmed", "answered"), "resolved"),
            "withdraw": ((*COMPLAINT_OPEN, "resolved", "rejected"), "withdrawn"),
            "reject": (COMPLAINT_OPEN, "rejected"),
            "merge": (COMPLAINT_OPEN, "merged"),
            "reopen": (ended, "confirmed"),
            "reopen_new": (ended, "new"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        confirmed = {
            "confirmed_at": fields.Datetime.now(),
            "confirmed_by_id": self.env.uid,
        }
        opened = {"resolved_by_id": False, "closing_reason": False}
        values.update(
            {
                "confirm": confirmed,
                "confirm_answered": confirmed,
                "resolve": {"resolved_by_id": self.env.uid},
                "reject": {"resolved_by_id": self.env.uid},
                "reopen": {**opened, "duplicate_of_id": False},
                "reopen_new": {**opened, "duplicate_of_id": False},
            }.get(name, {})
        )
        return values

    def _begin(self, action):
        """Rights, lock and state of an action of the supervisor."""
        self.check_access("write")
        self._check_group("supervisor")
        self._lock_for_action()
        self._check_transition(action)

    def _check_reason(self, reason):
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Please give a reason."))
        return reason

    def _log_reason(self, title, reason):
        text = f"{title}: {reason}" if reason else title
        self._message_log_batch(bodies={complaint.id: text for complaint in self})

    def _prepare_finding_values(self, finding, at_fault, unit_id):
        given = {
            "finding": finding,
            "at_fault": at_fault,
            "responsible_unit": unit_id,
        }
        return {name: value for name, value in given.items() if value is not None}

    def action_confirm(self, finding=None, at_fault=None, unit_id=None):
        """The complaint is justified; what was found is on record (SV-63).

        :param finding: what looking into it has shown, if not yet on the form
        :param at_fault: whether it is our fault
        :param unit_id: unit named after investigation
        :raise UserError: names everything that is missing
        """
        self._begin("confirm")
        if values := self._prepare_finding_values(finding, at_fault, unit_id):
            self.write(values)
        self._raise_missing(
            self.env._("Before it is confirmed, please add:"),
            self._get_missing_for_confirmation(),
        )
        answered = self.filtered("last_answer_at")
        (self - answered)._transition("confirm")
        answered._transition("confirm_answered")
        self._after_confirm()

    def _get_missing_for_confirmation(self):
        """:return: ``{complaint: [sentences]}``, complete ones left out"""
        missing = {}
        for complaint in self:
            checks = [
                (complaint.category_id, self.env._("the issue")),
                (
                    (complaint.finding or "").strip(),
                    self.env._("what looking into it has shown"),
                ),
                (
                    not complaint.at_fault or complaint.responsible_unit,
                    self.env._("the unit at fault"),
                ),
            ]
            if sentences := [text for ok, text in checks if not ok]:
                missing[complaint] = sentences
        return missing

    def _raise_missing(self, title, missing):
        if missing:
            lines = [
                f"{complaint.name}: {', '.join(sentences)}"
                for complaint, sentences in missing.items()
            ]
            raise UserError("\n".join([title, *lines]))

    def action_answer(self, text, channel="phone"):
        """The customer is told, in writing or by word; both are on record (SV-61).

        An answer before confirmation keeps the promise; it does not confirm anything.

        :param text: what the customer is told, or was told on the phone
        :param channel: ``email`` sends it; ``letter`` is printed; ``phone``, ``talk``
        """
        self.ensure_one()
        self.check_access("write")
        self._check_group("supervisor")
        self._lock_for_action()
        text = clean_text(text, MAX_ANSWER).strip()
        self._check_can_answer(text, channel)
        if self.state != "new":
            self._transition("answer")
        # Safe: rights were checked; an answer is written nowhere else.
        self.sudo().write(
            {
                "answer_text": text,
                "answer_channel": channel,
                "answered_by_id": self.env.uid,
                "last_answer_at": fields.Datetime.now(),
            }
        )
        self._sla_reach("answer")
        self._record_answer()

    def _check_can_answer(self, text, channel):
        if self.state not in COMPLAINT_OPEN:
            raise UserError(self._blocked_message("answer", self))
        if not text:
            raise UserError(self.env._("Write what the customer is told."))
        if channel not in dict(ANSWER_CHANNELS):
            raise UserError(self.env._("Choose how the customer is answered."))
        if channel == "email" and not self.partner_id.email_normalized:
            raise UserError(
                self.env._(
                    "%(customer)s has no valid e-mail address. Enter it on the "
                    "contact, print a letter, or answer by phone.",
                    customer=self.partner_id.display_name,
                )
            )

    def _record_answer(self):
        """The mail to the customer, or a note of what was said."""
        if self.answer_channel == "email":
            template = self.env.ref("aftersales_service.mail_template_answer")
            # Safe: the template is ours and names only this complaint.
            self.sudo().message_post_with_source(
                template,
                subtype_xmlid="mail.mt_comment",
                message_type="comment",
                partner_ids=self.partner_id.ids,
                author_id=self.env.user.partner_id.id,
            )
            return
        channels = dict(self._fields["answer_channel"]._description_selection(self.env))
        title = self.env._(
            "Answered (%(channel)s)", channel=channels[self.answer_channel]
        )
        self._log_reason(title, self.answer_text)

    def action_resolve(self):
        """Settled for the customer, and kept from happening again (SV-61, SV-62).

        :raise UserError: names everything that is missing
        """
        self._begin("resolve")
        self._check_can_resolve()
        self._transition("resolve")
        self._sla_reach("resolve")

    def _check_can_resolve(self):
        """Nothing open; later add-ons add their own conditions."""
        self._raise_missing(
            self.env._("Not settled yet. Please add:"),
            self._get_missing_for_resolution(),
        )

    def _get_missing_for_resolution(self):
        """:return: ``{complaint: [sentences]}``, complete ones left out"""
        missing = {}
        for complaint in self:
            checks = [
                (complaint.last_answer_at, self.env._("the answer to the customer")),
                (
                    (complaint.cause or "").strip(),
                    self.env._("the cause"),
                ),
                (
                    (complaint.correction or "").strip(),
                    self.env._("the correction"),
                ),
                (
                    (complaint.prevention or "").strip(),
                    self.env._("the prevention"),
                ),
                *complaint._get_call_checks(),
            ]
            if sentences := [text for ok, text in checks if not ok]:
                missing[complaint] = sentences
        return missing

    def action_withdraw(self, reason=False):
        """The complaint stands no longer; also when it was settled (WA-28)."""
        self._begin("withdraw")
        self._withdraw(self._check_reason(reason))

    def _withdraw(self, reason):
        """Called after the check of rights and state."""
        self._transition("withdraw")
        self._end(self.env._("Withdrawn"), reason)
        self._after_withdraw()

    def action_reject(self, reason=False):
        """Looked into and found unjustified; the customer is still told."""
        self._begin("reject")
        reason = self._check_reason(reason)
        self._transition("reject")
        # Safe: rights and state were checked.
        self.sudo().write({"closing_reason": reason})
        self._log_reason(self.env._("Rejected"), reason)
        self._after_withdraw()

    def _end(self, title, reason):
        """Nobody has to call any more; the complaint stops counting."""
        # Safe: rights and state were checked by the action.
        self.sudo().write({"closing_reason": reason})
        self._drop_calls()
        self._log_reason(title, reason)
        self._detect_repeats_after()

    def action_reopen(self, reason=False):
        """Take a settled complaint up again: supervisor, with a reason."""
        self._begin("reopen")
        reason = self._check_reason(reason)
        confirmed = self.filtered("confirmed_at")
        confirmed._transition("reopen")
        (self - confirmed)._transition("reopen_new")
        self._sla_unreach("resolve")
        self._log_reason(self.env._("Reopened"), reason)
        self._detect_repeats()
        self._detect_repeats_after()
        self._assign_calls()
        confirmed._after_confirm()

    # -------------------------------------------------------------------------
    # SUPPLIER
    # -------------------------------------------------------------------------

    def action_change_supplier(self, supplier_id, reason=False):
        """Move the complaint to another supplier, also when it is settled (WA-28).

        :param supplier_id: id of the new supplier, or False for none
        """
        self.check_access("write")
        self._check_group("supervisor")
        self._lock_for_action()
        reason = self._check_reason(reason)
        if blocked := self.filtered(lambda c: c.state in ("withdrawn", "merged")):
            raise UserError(self._blocked_message("change_supplier", blocked))
        supplier = self.env["res.partner"].browse(supplier_id or []).exists()
        moved = self.filtered(lambda complaint: complaint.supplier_id != supplier)
        for old, complaints in moved.grouped("supplier_id").items():
            # Safe: rights and state were checked; settled complaints move as well.
            complaints.sudo().write({"supplier_id": supplier.id})
            complaints._log_reason(
                self.env._(
                    "Moved from %(old)s to %(new)s",
                    old=old.display_name or self.env._("no supplier"),
                    new=supplier.display_name or self.env._("no supplier"),
                ),
                reason,
            )
            complaints._after_supplier_change(old)

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
    # SERVICE ORDER
    # -------------------------------------------------------------------------

    def action_create_order(self):
        """Start a service order; a second click opens the first one (SV-60)."""
        self.ensure_one()
        self.check_access("write")
        self._check_group("operator")
        self._lock_for_action()
        if self.state not in COMPLAINT_OPEN:
            raise UserError(self._blocked_message("create_order", self))
        orders = self.env["aftersales.order"]
        order = self.started_order_ids.filtered(lambda o: o.state == "new")[:1]
        if not order:
            order = orders.create(self._prepare_order_values())
            self._log_reason(self.env._("Service order started"), order.name)
            # Safe: UPDATE of the locked row, so that a second click waits.
            self.sudo().write({"description": self.description})
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.order",
            "res_id": order.id,
            "view_mode": "form",
        }

    def _prepare_order_values(self):
        """Values of the order a complaint starts."""
        channels = dict(self.env["aftersales.order"]._fields["channel"].selection)
        return {
            "origin_complaint_id": self.id,
            "company_id": self.company_id.id,
            "team_id": self.team_id.id,
            "partner_id": self.partner_id.id,
            "asset_id": self.asset_id.id,
            "product_id": self.product_id.id,
            "parent_id": self.order_id.id,
            "description": self.description,
            "contact_name": self.contact_name,
            "phone": self.phone,
            "channel": self.channel if self.channel in channels else "phone",
            "duplicate_confirmed": True,
        }

    def action_view_started_orders(self):
        """Open the service orders the complaint has started."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        action["domain"] = [("origin_complaint_id", "in", self.ids)]
        action["context"] = {"create": False}
        return action

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
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Template for complaints"),
                "template": "/aftersales_service/static/xls/complaints.csv",
            }
        ]
