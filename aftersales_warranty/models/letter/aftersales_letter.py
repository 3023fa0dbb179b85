from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.aftersales_service.tools.records import labels, require_reason

from ...const import LETTER_KINDS, PURCHASING


class AftersalesLetter(models.Model):
    """A numbered letter to a supplier: warning, demand, set-off notice … (WA-29).

    ================== ==================== ========================================
    Action             Group                Restriction
    ================== ==================== ========================================
    read               purchasing,          the own companies
                       supervisor,
                       accountant, general
                       manager
    write, edit        purchasing, manager  drafts only
    issue, send        purchasing, manager  a text; gets its number
    delivery           purchasing, manager  issued
    acknowledge        purchasing, manager  issued; the supplier in the portal: own
    object             the supplier in the  own, issued, with a text, once
                       portal
    answer objection   purchasing, manager  objected to, with a text
    cancel             purchasing           drafts, with a reason
                       manager              issued ones too, with a reason
    delete             nobody
    ================== ==================== ========================================

    ``origin`` is unique among those not cancelled: whoever drafts the same letter
    twice gets the first one.
    """

    _name = "aftersales.letter"
    _description = "Letter to a supplier"
    _inherit = ["aftersales.partner.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "partner_id.name", "subject"]
    _check_company_auto = True

    # What the supplier reads: fixed once it was issued.
    FIXED = frozenset(
        {
            "kind",
            "partner_id",
            "company_id",
            "deposit_id",
            "currency_id",
            "amount",
            "due_on",
            "reason",
            "lang",
            "subject",
            "body",
        }
    )

    kind = fields.Selection(
        LETTER_KINDS, required=True, default="warning", tracking=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("sent", "Sent"),
            ("acknowledged", "Acknowledged"),
            ("objected", "Objected to"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    user_id = fields.Many2one(
        "res.users",
        "In charge",
        copy=False,
        ondelete="restrict",
        default=lambda self: self._default_user_id(),
        tracking=True,
    )

    # What it is about
    deposit_id = fields.Many2one(
        "aftersales.deposit",
        "Agreement",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    entry_id = fields.Many2one(
        "aftersales.deposit.entry",
        "Deposit entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    demand_id = fields.Many2one(
        "aftersales.deposit.demand",
        "Top-up demand",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    notice_id = fields.Many2one(
        "aftersales.supplier.notice",
        "Notice to serve",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    origin = fields.Char(
        readonly=True,
        copy=False,
        help="What the letter comes from; the same origin is written once.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    amount = fields.Monetary()
    due_on = fields.Date(
        "Due", help="Until when the supplier pays, answers or has to act."
    )
    reason = fields.Text(
        "Reason or evidence",
        copy=False,
        help="Stands in the letter where its text says {reason}.",
    )
    supersedes_id = fields.Many2one(
        "aftersales.letter",
        "Replaces",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The earlier letter this one replaces or takes back.",
    )
    superseded_by_ids = fields.One2many(
        "aftersales.letter", "supersedes_id", "Replaced by", readonly=True
    )

    # Text
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language",
        compute="_compute_lang",
        store=True,
        readonly=False,
        precompute=True,
    )
    subject = fields.Char(copy=False)
    body = fields.Html(copy=False)

    cancelled_at = fields.Datetime("Cancelled on", readonly=True, copy=False)
    cancelled_by_id = fields.Many2one(
        "res.users", "Cancelled by", readonly=True, copy=False, ondelete="restrict"
    )
    cancel_reason = fields.Char("Reason", readonly=True, copy=False)

    _origin_uniq = models.UniqueIndex(
        "(company_id, origin) WHERE origin IS NOT NULL AND state != 'cancelled'",
        "This letter has been written already.",
    )
    _number_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'", "This letter number is taken."
    )
    _sent_has_day = models.Constraint(
        "CHECK (state IN ('draft', 'cancelled') OR issued_on IS NOT NULL)",
        "An issued letter has its day.",
    )

    # -------------------------------------------------------------------------
    # DEFAULTS AND COMPUTES
    # -------------------------------------------------------------------------

    @api.model
    def _default_user_id(self):
        user = self.env.user
        person = user.id != SUPERUSER_ID and user.has_group(PURCHASING)
        return user if person else False

    @api.depends("deposit_id", "company_id")
    def _compute_currency_id(self):
        for letter in self:
            letter.currency_id = (
                # Safe: the currency of the agreement the letter names.
                letter.deposit_id.sudo().currency_id or letter.company_id.currency_id
            )

    @api.depends("partner_id")
    def _compute_lang(self):
        """The supplier's language, else Chinese where it is installed."""
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        fallback = "zh_CN" if "zh_CN" in installed else self.env.user.lang
        for letter in self:
            lang = letter.partner_id.lang
            letter.lang = lang if lang in installed else fallback

    @api.depends("name", "kind", "partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = labels(self, "kind")
        for letter in self:
            kind = kinds.get(letter.kind, "")
            # Safe: the name of the supplier stands on the letter.
            supplier = letter.partner_id.sudo().name or ""
            number = letter.name if letter.name not in ("/", False) else supplier
            letter.display_name = f"{number} {kind}".strip()

    def _get_one_line(self):
        """Number, kind, day and state, for lists of suppliers."""
        self.ensure_one()
        states = labels(self, "state")
        day = format_date(self.env, self.issued_on)
        return f"{self.display_name} · {day} · {states[self.state]}"

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._check_writer()
        letters = super().create(vals_list)
        empty = letters.filtered(lambda letter: not letter.subject and not letter.body)
        # Safe: the text of a letter the user has just been allowed to write.
        empty.sudo()._fill_text()
        return letters

    @api.model
    def _add_numbers(self, company, vals_list):
        """A letter gets its number when it goes out (`_number`)."""

    def _check_can_edit(self):
        self._check_writer()
        super()._check_can_edit()

    @api.model
    def _check_writer(self):
        """Purchasing and managers write letters."""
        self.env["res.users"]._check_aftersales_role("purchasing", "manager")

    # -------------------------------------------------------------------------
    # DRAFT AND CANCEL
    # -------------------------------------------------------------------------

    @api.model
    def _draft(self, vals_list):
        """Draft letters; the same ``origin`` again gives the first letter (WA-29).

        The way in for the ladder, deposits, claims and notices. Call it after
        checking the user's rights. Without ``company_id`` it is the company of
        ``deposit_id``. Subject and body come from the template of the kind.

        :param vals_list: values; ``origin`` such as ``"penalty:12"``
        :return: letters in the order of ``vals_list``
        """
        # Safe: the caller has checked who may draft; nothing is sent here.
        letters = self.sudo()
        partners = letters.env["res.partner"].browse(
            vals["partner_id"] for vals in vals_list
        )
        vals_list = [
            letters._prepare_draft(vals, partner.commercial_partner_id)
            for vals, partner in zip(vals_list, partners, strict=True)
        ]
        known = letters._find_by_origin(vals_list)
        todo = {}
        for number, vals in enumerate(vals_list):
            key = (vals["company_id"], vals.get("origin") or number)
            if key not in known:
                todo.setdefault(key, vals)
        known.update(zip(todo, letters.create([*todo.values()]), strict=True))
        return self.browse(
            known[vals["company_id"], vals.get("origin") or number].id
            for number, vals in enumerate(vals_list)
        )

    @api.model
    def _prepare_draft(self, vals, supplier):
        """Values with company, the supplier's own company and its buyer."""
        company = self.env["res.company"].browse(vals.get("company_id"))
        deposit = self.env["aftersales.deposit"].browse(vals.get("deposit_id"))
        company = company or deposit.company_id or self.env.company
        buyer = supplier.with_company(company).buyer_id
        owner = buyer.id if buyer and buyer.has_group(PURCHASING) else False
        return {
            **({"user_id": owner} if owner else {}),
            **vals,
            "company_id": company.id,
            "partner_id": supplier.id,
        }

    @api.model
    def _find_by_origin(self, vals_list):
        """:return: ``{(company id, origin): letter}`` of those not cancelled"""
        found = self.search(
            Domain("origin", "in", [v["origin"] for v in vals_list if v.get("origin")])
            & Domain("company_id", "in", [vals["company_id"] for vals in vals_list])
            & Domain("state", "!=", "cancelled")
        )
        return {(letter.company_id.id, letter.origin): letter for letter in found}

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "issue": (("draft",), "sent"),
            "acknowledge": (("sent",), "acknowledged"),
            "object": (("sent", "acknowledged"), "objected"),
            "cancel": (("draft", "sent", "acknowledged", "objected"), "cancelled"),
        }

    def action_cancel(self, reason=False):
        """Drop a letter with a reason; its origin can be written again."""
        self.check_access("read")
        self._check_writer()
        reason = require_reason(self.env, reason)
        if self.filtered(lambda letter: letter.state != "draft"):
            self._check_canceller()
        self._cancel(reason)
        return True

    @api.model
    def _check_canceller(self):
        """What the supplier has in hand is taken back by a manager."""
        if not self.env["res.users"]._has_aftersales_role("manager"):
            raise AccessError(
                self.env._(
                    "A letter that has gone out is taken back by a manager only."
                )
            )

    def _cancel(self, reason):
        """As superuser, after the caller's checks; cancelled ones stay as they are."""
        # Safe: the caller has checked who may drop it.
        letters = self.sudo().filtered(lambda letter: letter.state != "cancelled")
        letters._lock_for_action()
        letters = letters.filtered(lambda letter: letter.state != "cancelled")
        letters._transition("cancel")
        letters.write(
            {
                "cancel_reason": reason,
                "cancelled_at": fields.Datetime.now(),
                "cancelled_by_id": self.env.uid,
            }
        )
        # Its origin may be drafted again in this very transaction (unique index).
        letters.flush_recordset(["state"])
        letters._log_reason(self.env._("Cancelled"), reason)
        letters.activity_unlink(["mail.mail_activity_data_todo"])

    def _revoke(self, reason):
        """Take letters back: drafts are dropped, for those sent a revocation follows.

        As superuser, after the caller's checks.

        :return: the drafts of the revocations
        """
        # Safe: the caller has checked who may take them back.
        letters = self.sudo().filtered(lambda letter: letter.state != "cancelled")
        gone = letters.filtered(lambda letter: letter.state != "draft")
        letters._cancel(reason)
        return self._draft([letter._prepare_take_back(reason) for letter in gone])

    def _prepare_take_back(self, reason):
        return {
            "kind": "revocation",
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "deposit_id": self.deposit_id.id,
            "entry_id": self.entry_id.id,
            "origin": f"revocation:{self.id}",
            "supersedes_id": self.id,
            "lang": self.lang,
            "reason": reason,
        }
