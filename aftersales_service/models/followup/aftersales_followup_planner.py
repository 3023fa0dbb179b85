from collections import Counter
from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.records import count_by

ORDER_CHUNK = 200
CUSTOMER_CHUNK = 500
# An order forgotten for longer is not asked any more: nobody remembers the visit.
CATCH_UP_DAYS = 30


class AftersalesFollowup(models.Model):
    """Makes the follow-ups by plan and hands them out (SV-80, SV-82)."""

    _inherit = "aftersales.followup"

    # -------------------------------------------------------------------------
    # DAYS
    # -------------------------------------------------------------------------

    @api.model
    def _get_local_day(self, company, moment=None):
        """The day it is, or was at that instant (UTC), for the company."""
        return company._aftersales_day(moment or fields.Datetime.now())

    # -------------------------------------------------------------------------
    # FOLLOW-UPS OF ORDERS
    # -------------------------------------------------------------------------

    @api.model
    def _plan_for_orders(self, orders):
        """Follow-ups that start with the completion, for a batch of orders."""
        plans = self.env["aftersales.followup.plan"]._get_started("done")
        wanted = [
            (order, plan)
            for order in orders
            for plan in plans
            if plan._is_for_order(order)
        ]
        self._create_planned(wanted, lambda order: order.done_at)
        self._plan_first_contacts(orders)

    def _plan_next(self, event):
        """Follow-ups that start because this one was answered or nobody reached."""
        starts = {"unreachable": ["unreachable"], "answered": ["answered", "bad"]}
        plans = self.env["aftersales.followup.plan"]._get_started(*starts[event])
        wanted = [
            (followup.order_id, plan)
            for followup in self.filtered("order_id")
            for plan in plans
            if followup._is_started(plan) and plan._is_for_order(followup.order_id)
        ]
        bases = {followup.order_id: followup._get_base(event) for followup in self}
        self._create_planned(wanted, bases.get)

    def _is_started(self, plan):
        """Whether what happened to this follow-up starts that plan."""
        if plan == self.plan_id or self.order_id.state not in ("done", "closed"):
            return False
        return {
            "unreachable": self.kind == "card",
            "answered": self.kind == "first_call",
            "bad": self.kind in ("card", "first_call") and self._is_bad(),
        }[plan.starts]

    def _get_base(self, event):
        return self.answered_at if event == "answered" else self.order_id.done_at

    @api.model
    def _create_planned(self, wanted, get_base):
        """Create the missing ones of (order, plan); one INSERT for all.

        :param get_base: ``order → instant`` the days of the plan are counted from
        """
        orders = self.env["aftersales.order"].union(*(order for order, _p in wanted))
        known = self._get_known_pairs(orders)
        # Safe: made by plan; the caller has the right to what started it.
        values = [
            self._prepare_planned(order.sudo(), plan, get_base(order))
            for order, plan in wanted
            if (order.id, plan.id) not in known
        ]
        return self._create_assigned(values)

    @api.model
    def _get_known_pairs(self, orders):
        # Safe: only existence is tested.
        groups = self.sudo()._read_group(
            [("order_id", "in", orders.ids), ("state", "!=", "cancelled")],
            ["order_id", "plan_id"],
        )
        return {(order.id, plan.id) for order, plan in groups}

    @api.model
    def _prepare_planned(self, order, plan, base):
        company = order.company_id
        start = self._get_local_day(company, base)
        planned = start + timedelta(days=plan.days_from)
        # A call that starts late still has its days.
        planned = max(planned, self._get_local_day(company, order.done_at))
        due = max(start + timedelta(days=plan.days_to), planned)
        values = self._prepare_contact(order.partner_id, plan, planned, due)
        return {
            **values,
            "order_id": order.id,
            "company_id": company.id,
            "team_id": order.team_id.id,
            "phone": order.phone or values["phone"],
            "contact_name": order.contact_name,
        }

    @api.model
    def _prepare_contact(self, partner, plan, planned, due):
        """Values that do not depend on an order."""
        linked = plan.mail_link and partner.email and plan.kind != "regular"
        call_on = planned + timedelta(days=plan.silent_days if linked else 0)
        refused = partner._is_aftersales_contact_refused()
        return {
            "plan_id": plan.id,
            "kind": plan.kind,
            "partner_id": partner.id,
            "phone": partner.phone,
            "planned_on": planned,
            "call_on": call_on,
            "due_on": max(due, call_on),
            "state": "refused" if refused else "planned",
            "link_state": "waiting" if linked and not refused else "none",
            "link_token": self._make_link_token(),
        }

    @api.model
    def _create_assigned(self, values_list):
        """Give each its caller and its last day of the link; create all at once."""
        self._assign_agents(values_list)
        companies = self.env["res.company"].browse(
            {values["company_id"] for values in values_list}
        )
        # Safe: a number of the settings.
        days = {c.id: c.aftersales_followup_link_days for c in companies.sudo()}
        for values in values_list:
            values["link_expires_on"] = values["planned_on"] + timedelta(
                days=days[values["company_id"]]
            )
        # Safe: see the callers; nobody creates a follow-up by hand.
        quiet = self.sudo().with_context(
            tracking_disable=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
            mail_auto_subscribe_no_notify=True,
        )
        return quiet.create(values_list).with_env(self.env)

    # -------------------------------------------------------------------------
    # WHO CALLS
    # -------------------------------------------------------------------------

    @api.model
    def _assign_agents(self, values_list):
        """In turn: whoever of the service point has the fewest open calls.

        Who is away on the day is left out; when nobody is left, the stand-in calls.
        """
        teams = self._browse_safe("aftersales.team", values_list, "team_id")
        plans = self._browse_safe("aftersales.followup.plan", values_list, "plan_id")
        people = teams._get_followup_people() | plans.stand_in_id
        loads = self._get_loads(people)
        away = self._get_absences(people, [v["call_on"] for v in values_list])
        for values in values_list:
            team = teams.browse(values["team_id"] or ())
            plan = plans.browse(values["plan_id"])
            agent, missing = self._pick_agent(
                team, plan, values["call_on"], loads, away
            )
            values["agent_id"] = agent.id
            values["stand_in_for_id"] = missing.id
            if values["state"] == "planned":
                loads[agent.id] += 1

    @api.model
    def _browse_safe(self, model, values_list, name):
        # Safe: settings that say who calls.
        ids = {values[name] for values in values_list if values[name]}
        return self.env[model].sudo().browse(ids)

    @api.model
    def _pick_agent(self, team, plan, day, loads, away):
        """:return: who calls, and the absent colleague stood in for (or nobody)"""
        callers = team._get_followup_agents()
        present = callers.filtered(lambda user: (user.id, day) not in away)
        if present:
            return min(present, key=lambda user: (loads[user.id], user.id)), (
                callers.browse()
            )
        stand_in = (
            plan.stand_in_id | team.followup_stand_in_id | team.supervisor_id
        ).filtered(lambda user: user.active and (user.id, day) not in away)[:1]
        if stand_in and callers:
            return stand_in, callers[:1]
        return stand_in or callers[:1], callers.browse()

    @api.model
    def _get_loads(self, users):
        # Safe: a count of calls, to share them out.
        planned = [("state", "=", "planned")]
        return Counter(count_by(self.sudo(), "agent_id", users, planned))

    @api.model
    def _get_absences(self, users, days):
        """``{(user id, day)}`` on which they are away at noon; one query.

        Archived users are away on every day.
        """
        days = set(days)
        if not users or not days:
            return set()
        away = {(u.id, day) for u in users if not u.active for day in days}
        # Safe: whether somebody is there, not why.
        leaves = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id.user_id", "in", users.ids),
                    ("time_type", "=", "leave"),
                    ("date_from", "<=", datetime.combine(max(days), time.max)),
                    ("date_to", ">=", datetime.combine(min(days), time.min)),
                ]
            )
        )
        for leave in leaves:
            user = leave.resource_id.user_id
            # A leave is meant in the days of the person who takes it.
            zone = timezone(leave.resource_id.tz or "UTC")
            for day in days:
                noon = zone.localize(datetime.combine(day, time(12)))
                noon = noon.astimezone(utc).replace(tzinfo=None)
                if leave.date_from <= noon <= leave.date_to:
                    away.add((user.id, day))
        return away

    @api.model
    def _cron_stand_in(self):
        """Calls of today whose caller is away go to somebody who is there."""
        planned = Domain("state", "=", "planned") & Domain("agent_id", "!=", False)
        kept = self.with_context(active_test=False)
        for (company,) in kept._read_group(planned, ["company_id"]):
            today = company._aftersales_today()
            due = planned & Domain("company_id", "=", company.id)
            due &= Domain("call_on", "<=", today)
            groups = kept._read_group(due, ["agent_id"])
            people = self.env["res.users"].union(*(user for (user,) in groups))
            away = self._get_absences(people, [today])
            gone = [user_id for user_id, _day in away]
            calls = self.search(due & Domain("agent_id", "in", gone))
            calls.try_lock_for_update().filtered_domain(due)._hand_over(today)

    def _hand_over(self, today):
        """Give each call to another person, and keep whose it was."""
        values_list = [
            {
                "team_id": followup.team_id.id,
                "plan_id": followup.plan_id.id,
                "call_on": today,
                "state": "planned",
            }
            for followup in self
        ]
        self._assign_agents(values_list)
        for followup, values in zip(self, values_list, strict=True):
            if values["agent_id"] and values["agent_id"] != followup.agent_id.id:
                followup.write(
                    {
                        "stand_in_for_id": followup.agent_id.id,
                        "agent_id": values["agent_id"],
                    }
                )

    # -------------------------------------------------------------------------
    # REGULAR CONTACT
    # -------------------------------------------------------------------------

    @api.model
    def _plan_first_contacts(self, orders):
        """A customer served for the first time gets a day for the next contact.

        Exactly one contact of a customer is open at a time: the open one is the
        schedule, the next is made when it is done.
        """
        plans = self.env["aftersales.followup.plan"]._get_started("interval")
        if not plans:
            return
        wanted = {}
        for order in orders:
            # Safe: the plan of contacts, made by rule.
            customer = order.commercial_partner_id.sudo()
            plan = plans._get_for_customer(customer, order.company_id)
            if plan and not customer._is_aftersales_contact_refused():
                wanted[customer.id, order.company_id.id] = (
                    customer,
                    plan,
                    order.company_id,
                    order.team_id,
                )
        self._put_off_contacts(wanted)
        self._create_contacts(wanted)

    @api.model
    def _put_off_contacts(self, wanted):
        """We have just been there: the next contact comes a whole interval later."""
        # Safe: the plan of contacts, made by rule.
        open_ones = self.sudo().search(
            [
                ("kind", "=", "regular"),
                ("state", "=", "planned"),
                ("partner_id", "in", [customer_id for customer_id, _c in wanted]),
                ("company_id", "in", [company_id for _c, company_id in wanted]),
            ]
        )
        for (plan, company), contacts in open_ones.grouped(
            lambda contact: (contact.plan_id, contact.company_id)
        ).items():
            day = plan._get_next_contact(self._get_local_day(company))
            contacts.filtered(lambda contact, day=day: contact.planned_on < day).write(
                {
                    "planned_on": day,
                    "call_on": day,
                    "due_on": day + timedelta(days=plan.days_to),
                }
            )

    @api.model
    def _create_contacts(self, wanted):
        """:param wanted: ``{(customer id, company id): (customer, plan, …)}``"""
        # Safe: only existence is tested.
        groups = self.sudo()._read_group(
            [
                ("kind", "=", "regular"),
                ("state", "=", "planned"),
                ("partner_id", "in", [key[0] for key in wanted]),
            ],
            ["partner_id", "company_id"],
        )
        known = {(partner.id, company.id) for partner, company in groups}
        values = [
            self._prepare_regular(*facts)
            for key, facts in wanted.items()
            if key not in known
        ]
        return self._create_assigned(values)

    @api.model
    def _prepare_regular(self, customer, plan, company, team, first=True):
        day = self._get_local_day(company)
        planned = plan._get_next_contact(day, customer.id if first else 0)
        due = planned + timedelta(days=plan.days_to)
        return {
            **self._prepare_contact(customer, plan, planned, due),
            "order_id": False,
            "company_id": company.id,
            "team_id": team.id,
        }

    def _plan_next_contact(self):
        """A regular contact is done: the next one is planned."""
        values = [
            self._prepare_regular(
                followup.partner_id,
                followup.plan_id,
                followup.company_id,
                followup.team_id,
                first=False,
            )
            for followup in self
            if followup.kind == "regular"
            and followup.plan_id.active
            and not followup.partner_id._is_aftersales_contact_refused()
        ]
        return self._create_assigned(values)

    # -------------------------------------------------------------------------
    # THE NIGHT
    # -------------------------------------------------------------------------

    @api.model
    def _cron_plan(self):
        """Catch what has no follow-up: orders done elsewhere, customers newly classed.

        Restartable at any point and safe beside a second worker: each chunk is locked,
        looked at again and committed.
        """
        if self._catch_up_orders():
            self._catch_up_contacts()

    @api.model
    def _catch_up_orders(self):
        """:return: False when the time is used up"""
        since = fields.Datetime.now() - timedelta(days=CATCH_UP_DAYS)
        domain = [
            ("state", "in", ("done", "closed")),
            ("followup_planned_at", "=", False),
            ("done_at", ">=", since),
        ]
        orders = self.env["aftersales.order"]
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=orders.search_count(domain))
        while chunk := orders.search(domain, order="done_at, id", limit=ORDER_CHUNK):
            mine = chunk.try_lock_for_update().filtered_domain(domain)
            mine._plan_followups()
            if not progress._commit_progress(len(mine)):
                return False
            if not mine:
                break
        return True

    @api.model
    def _catch_up_contacts(self):
        plans = self.env["aftersales.followup.plan"]._get_started("interval")
        self._drop_changed_contacts(plans)
        # pylint: disable-next=no-search-all
        for company in self.env["res.company"].search([]):
            for plan in plans:
                if not self._catch_up_plan(plan, plans, company):
                    return

    @api.model
    def _catch_up_plan(self, plan, plans, company):
        """Customers of a plan without an open contact; in chunks, by id."""
        last_id = 0
        while customers := self._find_uncontacted(plan, company, last_id):
            last_id = customers[-1].id
            mine = customers.filtered(
                lambda customer: plans._get_for_customer(customer, company) == plan
            )
            self._create_contacts(
                {
                    (customer.id, company.id): (
                        customer,
                        plan,
                        company,
                        self.env["aftersales.team"],
                    )
                    for customer in mine.try_lock_for_update(allow_referencing=True)
                }
            )
            if not self.env["ir.cron"]._commit_progress(len(mine)):
                return False
        return True

    @api.model
    def _find_uncontacted(self, plan, company, last_id):
        served = self.env["aftersales.order"]._search(
            [("company_id", "=", company.id), ("state", "in", ("done", "closed"))]
        )
        planned = self._search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", "regular"),
                ("state", "=", "planned"),
            ]
        )
        domain = plan._get_customer_domain(company)
        domain &= Domain("id", ">", last_id)
        domain &= Domain("id", "in", served.subselect("commercial_partner_id"))
        domain &= Domain("id", "not in", planned.subselect("partner_id"))
        return self.env["res.partner"].search(domain, order="id", limit=CUSTOMER_CHUNK)

    @api.model
    def _drop_changed_contacts(self, plans):
        """A customer with another class gets another rhythm."""
        domain = Domain("kind", "=", "regular") & Domain("state", "=", "planned")
        changed = self.browse()
        for plan in (
            self.env["aftersales.followup.plan"]
            .with_context(active_test=False)
            .search([("kind", "=", "regular")])
        ):
            others = domain & Domain("plan_id", "=", plan.id)
            if plan in plans:
                others &= ~Domain(
                    "partner_id",
                    "any",
                    plan._get_customer_domain(self.env["res.company"]),
                )
            changed |= self.search(others)
        changed.try_lock_for_update()._transition("cancel")
