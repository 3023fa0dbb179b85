from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain


def get_selection(model, name, field):
    """The choices of another model's field, those added by add-ons included."""
    return model.env[name]._fields[field]._description_selection(model.env)


class AftersalesFollowupPlan(models.Model):
    """When which customer is asked, and by what means (SV-80, SV-82).

    An order is asked once, not once per plan: the card goes to every order on the next
    day; the calls only *start* when the one before left something open (nobody was
    reached, or the answer was bad). A company that wants every call sets ``starts``
    to “order completed” and “first call answered”.
    """

    _name = "aftersales.followup.plan"
    _description = "Follow-up Plan"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        [
            ("card", "Follow-up card"),
            ("first_call", "First call"),
            ("second_call", "Second call"),
            ("regular", "Regular contact"),
        ],
        default="card",
        required=True,
    )
    starts = fields.Selection(
        [
            ("done", "The order was completed"),
            ("unreachable", "Nobody was reached for the card"),
            ("answered", "The first call was answered"),
            ("bad", "Card or first call: fair, dissatisfied, complaint or question"),
            ("interval", "Again and again"),
        ],
        default="done",
        required=True,
        help="What makes a follow-up of this plan. Bad answers and silence are the "
        "sensible starts of a further call: nobody is asked three times for one order.",
    )
    days_from = fields.Integer(
        "Not before (days)",
        default=1,
        help="Days after the start when the customer is asked at the earliest. Calls "
        "after the card count from the day the order was completed.",
    )
    days_to = fields.Integer(
        "Not after (days)",
        default=1,
        help="From the next day on the follow-up is overdue.",
    )
    interval_number = fields.Integer("Every", default=1)
    interval_unit = fields.Selection(
        [("weeks", "Weeks"), ("months", "Months")], default="months", required=True
    )
    spread = fields.Boolean(
        "Spread over the interval",
        help="The first contacts are spread over the months of the interval, so that "
        "each month has its share of the calls.",
    )

    # For whom
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: every company."
    )
    team_ids = fields.Many2many(
        "aftersales.team",
        "aftersales_followup_plan_team_rel",
        "plan_id",
        "team_id",
        "Service points",
        help="Empty: every service point.",
    )
    service_type = fields.Selection(
        lambda self: get_selection(self, "aftersales.order", "service_type"),
        help="Empty: every kind of order.",
    )
    place = fields.Selection(
        lambda self: get_selection(self, "aftersales.order", "place"),
        help="Empty: wherever the work was done.",
    )
    fault_level = fields.Selection(
        lambda self: get_selection(self, "aftersales.order", "fault_level"),
        help="Empty: every fault level.",
    )
    customer_class = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")],
        help="Class of the customer's service grade. Empty: every class.",
    )
    vip_only = fields.Boolean("VIP only")
    upkeep = fields.Selection(
        [("yes", "With regular service"), ("no", "Without regular service")],
        "Upkeep customers",
        help="Customers with a service cycle. Empty: both.",
    )

    # How
    mail_link = fields.Boolean(
        "Mail with link",
        help="The customer gets a mail with a link to the card. Without e-mail "
        "address we call.",
    )
    silent_days = fields.Integer(
        "Call if silent after (days)",
        default=1,
        help="Days a customer has to answer by the link before somebody calls.",
    )
    script = fields.Html(
        translate=True, help="What the caller says; shown on the caller's desk."
    )
    stand_in_id = fields.Many2one(
        "res.users",
        "Stand-in",
        domain=[("share", "=", False)],
        help="Calls when the agent is away; empty: the stand-in of the service point.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _check_days = models.Constraint(
        "CHECK (days_from >= 0 AND days_to >= days_from AND silent_days >= 0)",
        "The last day cannot be before the first one, and days cannot be negative.",
    )
    _check_interval = models.Constraint(
        "CHECK (interval_number > 0)", "The interval is at least one."
    )
    _check_starts = models.Constraint(
        "CHECK ((kind = 'regular') = (starts = 'interval'))",
        "Regular contact comes again and again, nothing else does.",
    )

    # -- which plans ------------------------------------------------------------

    @api.model
    def _get_started(self, *starts):
        """Plans with one of these starts, in their order."""
        # Safe: plans are configuration every role of ours may read.
        return self.sudo().search([("starts", "in", starts)])

    def _is_for_order(self, order):
        """Whether the plan concerns the order."""
        self.ensure_one()
        company_ok = not self.company_id or self.company_id == order.company_id
        facts_ok = all(
            not self[name] or self[name] == order[name]
            for name in ("service_type", "place", "fault_level")
        )
        team_ok = not self.team_ids or order.team_id in self.team_ids
        return (
            company_ok
            and facts_ok
            and team_ok
            and self._is_for_customer(order.commercial_partner_id, order.grade_id)
        )

    def _is_for_customer(self, partner, grade=None):
        """Whether the plan concerns the customer, whatever the order."""
        self.ensure_one()
        grade = grade or partner.aftersales_grade_id
        class_ok = (
            not self.customer_class or grade.customer_class == self.customer_class
        )
        vip_ok = not self.vip_only or partner.aftersales_vip
        upkeep = "yes" if partner.aftersales_service_months else "no"
        return class_ok and vip_ok and self.upkeep in (False, upkeep)

    def _get_customer_domain(self, company):
        """Customers of the plan, for a search; refused contact left out."""
        self.ensure_one()
        domain = Domain("aftersales_followup_consent", "!=", "refused")
        if self.company_id and company and self.company_id != company:
            return Domain.FALSE
        if self.customer_class:
            grade = Domain("customer_class", "=", self.customer_class)
            domain &= Domain("aftersales_grade_id", "any", grade)
        if self.vip_only:
            domain &= Domain("aftersales_vip", "=", True)
        if self.upkeep:
            operator = ">" if self.upkeep == "yes" else "<="
            domain &= Domain("aftersales_service_months", operator, 0)
        return domain

    def _get_for_customer(self, partner, company):
        """The first of these plans that is made for the customer: one rhythm each."""
        return self.filtered(
            lambda plan: (
                plan.company_id in (company, plan.company_id.browse())
                and plan._is_for_customer(partner)
            )
        )[:1]

    # -- when -------------------------------------------------------------------

    def _get_next_contact(self, day, key=0):
        """Day of the next regular contact.

        :param day: of the contact before, or of today for the first one
        :param key: number that spreads first contacts over the interval, 0: none
        """
        self.ensure_one()
        step = relativedelta(**{self.interval_unit: self.interval_number})
        if self.spread and key:
            share = key % self.interval_number + 1
            step = relativedelta(**{self.interval_unit: share})
        return day + step
