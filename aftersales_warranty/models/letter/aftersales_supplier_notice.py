from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_datetime

from odoo.addons.aftersales_service.tools.records import require_reason

from ...const import PURCHASING

OPEN = ("sent", "accepted", "refused")
TODO = "mail.mail_activity_data_todo"


class AftersalesSupplierNotice(models.Model):
    """Asks a supplier in writing to serve on site, followed up to the end (WA-21).

    ============== ======================= ========================================
    Action         Group                   Restriction
    ============== ======================= ========================================
    read           purchasing, manager,    the own companies
                   accountant, general
                   manager
                   operator                own service points
    write, edit    purchasing, supervisor, drafts; in charge and remark always
                   dispatcher
    send           purchasing, supervisor  fault, place, deadline, costs; once
    answer         the supplier in the     own, sent, once
                   portal; purchasing,
                   supervisor for it
    done, cancel   purchasing, supervisor  with what was done, or the reason
    delete         nobody
    ============== ======================= ========================================

    The letter carries the text; it goes out by mail, or on paper where the supplier
    has no address.
    """

    _name = "aftersales.supplier.notice"
    _description = "Notice to serve on site"
    _inherit = ["aftersales.partner.mixin"]
    _order = "due_at, id desc"
    _rec_names_search = ["name", "partner_id.name", "serials"]
    _check_company_auto = True

    # What the supplier was asked: fixed once it was sent.
    FIXED = frozenset(
        {
            "partner_id",
            "company_id",
            "order_id",
            "complaint_id",
            "product_id",
            "serials",
            "quantity",
            "fault",
            "address",
            "contact",
            "due_at",
            "costs",
        }
    )

    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("sent", "Waits for an answer"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("done", "Done"),
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
        ondelete="restrict",
        copy=False,
        tracking=True,
        default=lambda self: self._default_user_id(),
        help="Follows it up to the end.",
    )
    order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    complaint_id = fields.Many2one(
        "aftersales.complaint",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        compute="_compute_team_id",
        store=True,
        precompute=True,
        index=True,
    )

    # What the supplier is asked
    product_id = fields.Many2one(
        "product.product", "Product and model", ondelete="restrict", check_company=True
    )
    serials = fields.Char("Serial numbers")
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    fault = fields.Text(help="What is broken, and how it shows.")
    address = fields.Text("Place", help="Where the supplier has to come.")
    contact = fields.Char(help="Who opens the door: name and number.")
    due_at = fields.Datetime("To be solved by", index=True, tracking=True)
    costs = fields.Text(
        "Costs to bear",
        default=lambda self: self._default_costs(),
        help="What the supplier pays.",
    )
    note = fields.Text("Remark", help="Stays inside.")

    # How it went
    letter_id = fields.Many2one(
        "aftersales.letter",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    sent_at = fields.Datetime("Sent on", readonly=True, copy=False)
    sent_by_id = fields.Many2one(
        "res.users", "Sent by", readonly=True, copy=False, ondelete="restrict"
    )
    done_at = fields.Datetime("Done on", readonly=True, copy=False)
    done_by_id = fields.Many2one(
        "res.users", "Closed by", readonly=True, copy=False, ondelete="restrict"
    )
    outcome = fields.Text("What was done", readonly=True, copy=False)
    cancel_reason = fields.Char("Reason", readonly=True, copy=False)
    is_overdue = fields.Boolean(
        "Overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )

    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "The quantity has to be above zero."
    )
    _open_idx = models.Index(
        "(company_id, due_at) WHERE state IN ('sent', 'accepted', 'refused')"
    )

    # -------------------------------------------------------------------------
    # DEFAULTS AND COMPUTES
    # -------------------------------------------------------------------------

    @api.model
    def _default_user_id(self):
        user = self.env.user
        return user if user.has_group(PURCHASING) else False

    @api.model
    def _default_costs(self):
        return self.env._(
            "Parts, labour, travel and freight of this repair; what our own people "
            "have to do instead."
        )

    @api.depends("order_id", "complaint_id")
    def _compute_team_id(self):
        for notice in self:
            notice.team_id = notice.order_id.team_id or notice.complaint_id.team_id

    @api.depends("state", "due_at")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for notice in self:
            late = notice.due_at and notice.due_at < now
            notice.is_overdue = bool(late and notice.state in OPEN)

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "in", OPEN), ("due_at", "<", fields.Datetime.now())]

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        notices = super().create(vals_list)
        notices._check_sources()
        return notices

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"order_id", "complaint_id"}:
            self._check_sources()
        return result

    def _check_sources(self):
        """Nobody points at an order or a complaint he may not read."""
        for source in () if self.env.su else (self.order_id, self.complaint_id):
            if source:
                source.check_access("read")

    # -------------------------------------------------------------------------
    # FROM AN ORDER OR A COMPLAINT
    # -------------------------------------------------------------------------

    @api.model
    def _open_prefilled(self, values):
        """Form of a new notice, everything known filled in."""
        return {
            "name": self.env._("Ask the supplier to come"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                f"default_{name}": value for name, value in values.items() if value
            },
        }

    @api.model
    def _get_vendor(self, product, company):
        """Who usually delivers the product to the company."""
        # Safe: only the supplier proposed for the notice.
        product = product.sudo().with_company(company)
        if not product:
            return self.env["res.partner"]
        sellers = product.seller_ids.filtered(
            lambda row: not row.company_id or row.company_id == company
        )
        return (product._select_seller() or sellers[:1]).partner_id

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "send": (("draft",), "sent"),
            "accept": (("sent",), "accepted"),
            "refuse": (("sent",), "refused"),
            "done": (OPEN, "done"),
            "cancel": (("draft", *OPEN), "cancelled"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        if name == "send":
            values.update(sent_at=now, sent_by_id=self.env.uid)
        elif name == "done":
            values.update(done_at=now, done_by_id=self.env.uid)
        return values

    def _check_actor(self):
        """Purchasing follows notices up; supervisors may as well."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("purchasing", "supervisor")

    def _begin(self, name):
        self._check_actor()
        return super()._begin(name)

    def action_send(self):
        """Write to the supplier by mail: once, with its deadline.

        :raise UserError: names what is missing, or who has no address
        """
        self._check_actor()
        if missing := self.filtered(lambda row: not row.partner_id.email_normalized):
            raise UserError(
                self.env._(
                    "%s has no valid e-mail address. Enter it on the contact, or send "
                    "the notice on paper.",
                    missing[0].partner_id.display_name,
                )
            )
        self._send("email")
        return True

    def action_send_on_paper(self):
        """Give it its number and print the letter, to be carried or posted."""
        self._send("registered")
        return self.letter_id.action_print()

    def _send(self, channel):
        notices = self._begin("send")
        notices._check_complete()
        letters = self.env["aftersales.letter"]._draft(
            [notice._prepare_letter() for notice in notices]
        )
        for notice, letter in zip(notices, letters, strict=True):
            notice.letter_id = letter
        letters.sudo()._issue(channel)  # Safe: rights were checked by `_begin`.
        notices._transition("send")
        for notice in notices:
            notice._schedule_deadline()

    def _check_complete(self):
        labels = self.fields_get(
            ["product_id", "fault", "address", "contact", "due_at", "costs"], ["string"]
        )
        for notice in self:
            missing = [
                label["string"] for name, label in labels.items() if not notice[name]
            ]
            if missing:
                raise UserError(
                    self.env._(
                        "%(notice)s: please add %(fields)s.",
                        notice=notice.display_name,
                        fields=", ".join(missing),
                    )
                )
            if notice.due_at <= fields.Datetime.now():
                raise UserError(
                    self.env._("%s: the deadline is past already.", notice.display_name)
                )

    def _prepare_letter(self):
        return {
            "kind": "service_request",
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "notice_id": self.id,
            "origin": f"notice:{self.id}",
            "due_on": self.company_id._aftersales_day(self.due_at),
            **({"user_id": self.user_id.id} if self.user_id else {}),
        }

    def _get_letter_values(self, lang):
        """What the letter says: never more of the customer than place and contact."""
        self.ensure_one()
        zone = self.company_id._aftersales_zone().zone
        product = self.product_id.with_context(lang=lang)
        return {
            "notice": self.name,
            "fault": self.fault,
            "product": product.display_name,
            "serials": self.serials or "",
            "quantity": f"{self.quantity:g}",
            "address": self.address,
            "contact": self.contact,
            "costs": self.costs,
            "due_on": format_datetime(
                self.env, self.due_at, tz=zone, dt_format="short", lang_code=lang
            ),
        }

    def _schedule_deadline(self):
        """A task for who follows it up, on the day it has to be solved."""
        user = self.user_id or self.sent_by_id
        self.activity_schedule(
            TODO,
            date_deadline=self.company_id._aftersales_day(self.due_at),
            user_id=user.id,
            summary=self.env._("Has the supplier solved it?"),
        )

    def action_done(self, outcome=False):
        """Solved by the supplier, or without it: what was done is on record."""
        notices = self._begin("done")
        outcome = require_reason(self.env, outcome, self.env._("Say what was done."))
        notices._transition("done")
        notices.write({"outcome": outcome})
        notices.activity_feedback([TODO], feedback=outcome)
        return True

    def action_cancel(self, reason=False):
        """No longer needed; the supplier is told when it had been asked."""
        notices = self._begin("cancel")
        reason = require_reason(self.env, reason)
        notices._transition("cancel")
        notices.write({"cancel_reason": reason})
        notices.activity_unlink([TODO])
        notices._log_reason(self.env._("Cancelled"), reason)
        notices.letter_id._revoke(reason)
        return True

    def action_view_letter(self):
        """The letter, for those who may read it."""
        self.ensure_one()
        return self.letter_id._get_records_action(name=self.env._("Letter"))

    # -------------------------------------------------------------------------
    # ANSWER GIVEN BY PHONE
    # -------------------------------------------------------------------------

    def _answer_for(self, accepted, planned_on=False, reason=False):
        """Purchasing writes down what the supplier said."""
        notice = self._begin("accept" if accepted else "refuse")
        notice.ensure_one()
        if accepted:
            notice._accept(notice.partner_id, planned_on)
        else:
            notice._refuse(notice.partner_id, require_reason(self.env, reason))

    def _check_planned(self, day):
        """:raise UserError: no day, or one that is past"""
        today = self.company_id._aftersales_today()
        if not day or day < today:
            raise UserError(
                self.env._(
                    "Give the day on which you come, %s or later.",
                    format_date(self.env, today),
                )
            )
