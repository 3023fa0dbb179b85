from urllib.parse import urlencode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ...const import OPEN_VISITS
from ...tools.records import count_by, require_reason


class AftersalesOrder(models.Model):
    """Dispatch side of a service order: people, certificates, visits (SV-20 … SV-24).

    ================= ================= ============================================
    Action            Group             Restriction
    ================= ================= ============================================
    assign            dispatcher        operator too while the order is new
    override          supervisor        reason; for the technicians of that moment
    escalate          dispatcher, tech. technician: own orders
    plan next visit   dispatcher        order open, site and certificates in order
    ================= ================= ============================================
    """

    _inherit = "aftersales.order"

    certificate_override_ids = fields.Many2many(
        "aftersales.technician",
        "aftersales_order_certificate_override_rel",
        "order_id",
        "technician_id",
        "Sent without certificate",
        copy=False,
        readonly=True,
        help="Technicians a supervisor sent although a certificate is missing.",
    )
    certificate_override_reason = fields.Char(
        "Why without certificate", copy=False, readonly=True
    )
    certificate_override_by_id = fields.Many2one(
        "res.users", "Sent without certificate by", copy=False, readonly=True
    )
    certificate_warning = fields.Text(
        compute="_compute_certificate_warning", string="Certificate missing"
    )
    escalated_to_id = fields.Many2one(
        "res.users", "Escalated to", copy=False, readonly=True
    )
    escalated_at = fields.Datetime("Escalated on", copy=False, readonly=True)
    escalation_level = fields.Selection(
        [("supervisor", "Supervisor"), ("manager", "Service manager")],
        copy=False,
        readonly=True,
    )
    visit_ids = fields.One2many("aftersales.visit", "order_id", "Visits", copy=False)
    worklog_ids = fields.One2many("aftersales.worklog", "order_id", "Work logs")
    visit_count = fields.Integer("Number of visits", compute="_compute_visit_count")
    planned_start = fields.Datetime(
        "Next visit", compute="_compute_planned_start", help="Start of the next visit."
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("technician_ids", "product_id", "site_id", "certificate_override_ids")
    def _compute_certificate_warning(self):
        missing = self._get_missing_certificates(
            {order: order.technician_ids for order in self}
        )
        for order in self:
            order.certificate_warning = order._certificate_message(missing.get(order))

    @api.depends("visit_ids")
    def _compute_visit_count(self):
        counts = count_by(self.env["aftersales.visit"], "order_id", self)
        for order in self:
            order.visit_count = counts.get(order._origin.id, 0)

    @api.depends("visit_ids.planned_start", "visit_ids.state")
    def _compute_planned_start(self):
        groups = self.env["aftersales.visit"]._read_group(
            [("order_id", "in", self.ids), ("state", "in", OPEN_VISITS)],
            ["order_id"],
            ["planned_start:min"],
        )
        starts = {order.id: start for order, start in groups}
        for order in self:
            order.planned_start = starts.get(order._origin.id)

    @api.model
    def _group_expand_technician_id(self, technicians, domain):
        return self.env["aftersales.technician"]._expand_columns(technicians)

    # -------------------------------------------------------------------------
    # CERTIFICATES (SV-21, SV-24)
    # -------------------------------------------------------------------------

    def _get_required_certificates(self):
        """Certificate types each order needs, for its product and its site.

        :return: ``{order: types}``; constant number of queries
        """
        Type = self.env["aftersales.certificate.type"]
        categories, required = {}, {}
        for kind in Type.search([("product_categ_ids", "!=", False)]):
            for category in kind.product_categ_ids:
                categories.setdefault(category.id, []).append(kind.id)
        for order in self:
            path = order.product_id.categ_id.parent_path or ""
            ids = [
                kind
                for part in path.split("/")
                if part
                for kind in categories.get(int(part), ())
            ]
            passes = order.site_id.aftersales_site_pass_ids.filtered("active")
            required[order] = Type.browse(ids) | passes
        return required

    def _get_missing_certificates(self, technicians_by_order, day=None):
        """What the technicians lack, exceptions by a supervisor left out.

        :param technicians_by_order: ``{order: technicians}``
        :param day: date of the work; default today
        :return: ``{order: {technician: [names of types]}}``, complete ones left out;
            constant number of queries
        """
        day = day or self.company_id[:1]._aftersales_today()
        required = self._get_required_certificates()
        kinds = self.env["aftersales.certificate.type"].union(*required.values())
        if not kinds:
            return {}
        people = self.env["aftersales.technician"].union(*technicians_by_order.values())
        Certificate = self.env["aftersales.certificate"]
        held = {
            (technician.id, kind.id)
            for technician, kind in Certificate._read_group(
                Certificate._valid_domain(day)
                & Domain("technician_id", "in", people.ids)
                & Domain("type_id", "in", kinds.ids),
                ["technician_id", "type_id"],
            )
        }
        result = {}
        for order, technicians in technicians_by_order.items():
            for technician in technicians - order.certificate_override_ids:
                lacking = [
                    kind.name
                    for kind in required[order]
                    if (technician._origin.id, kind.id) not in held
                ]
                if lacking:
                    result.setdefault(order, {})[technician] = lacking
        return result

    def _certificate_message(self, missing):
        """One line per technician; False when nothing is missing."""
        return "\n".join(
            self.env._(
                "%(technician)s has no valid certificate “%(kinds)s”.",
                technician=technician.name,
                kinds="”, “".join(kinds),
            )
            for technician, kinds in (missing or {}).items()
        )

    def _check_can_dispatch(self):
        super()._check_can_dispatch()
        self._check_certificates()

    def _check_certificates(self, technicians=None, day=None):
        """No valid certificate, no dispatch (SV-21).

        :param technicians: default all technicians of each order
        :param day: default today
        """
        missing = self._get_missing_certificates(
            {order: technicians or order.technician_ids for order in self}, day
        )
        lines = [
            f"{order.name}: {order._certificate_message(lacking)}"
            for order, lacking in missing.items()
        ]
        if lines:
            raise UserError(
                self.env._(
                    "%(lines)s\nChoose somebody else, renew the certificate, or ask a "
                    "supervisor to send the technician all the same, with a reason.",
                    lines="\n".join(lines),
                )
            )

    def action_dispatch_override(self, reason=False):
        """Dispatch although a certificate is missing: supervisor, with a reason."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self._check_transition("dispatch")
        for order in self:
            order._override_certificates(order.technician_ids, reason)
        self.filtered(lambda order: order.state == "new").action_dispatch()

    def _override_certificates(self, technicians, reason):
        """Record who may go without the certificate, why, and who said so."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("supervisor")
        reason = require_reason(
            self.env,
            reason,
            self.env._("Say why the technician goes without the certificate."),
        )
        missing = self._get_missing_certificates({self: technicians})
        lacking = missing.get(self) or {}
        if not lacking:
            return
        # Safe: only supervisors get here; the names are logged below.
        self.sudo().write(
            {
                "certificate_override_ids": [Command.link(t.id) for t in lacking],
                "certificate_override_reason": reason,
                "certificate_override_by_id": self.env.uid,
            }
        )
        names = ", ".join(technician.name for technician in lacking)
        self._log_reason(self.env._("Sent without certificate: %s", names), reason)

    # -------------------------------------------------------------------------
    # PEOPLE
    # -------------------------------------------------------------------------

    def write(self, vals):
        if not vals.keys() & {"technician_id", "technician_ids"}:
            return super().write(vals)
        self._check_may_assign()
        before = {order: (order.technician_id, order.technician_ids) for order in self}
        result = super().write(vals)
        for order, (lead, _people) in before.items():
            if lead and order.technician_id and lead != order.technician_id:
                order._replace_technician(lead, order.technician_id)
        self._check_new_technicians(
            {
                order: order.technician_ids - people
                for order, (_l, people) in before.items()
            }
        )
        return result

    def _check_may_assign(self):
        """Technicians do not hand orders to each other; operators only new ones."""
        if self.env.su:
            return
        allowed = ["dispatcher"]
        if all(order.state == "new" for order in self):
            allowed.append("operator")
        self.env["res.users"]._check_aftersales_role(*allowed)

    def _check_new_technicians(self, added):
        """Somebody new needs the certificate and must still work here.

        While the order is new a supervisor may enter anybody: the reason is asked
        when the order is dispatched.
        """
        added = {
            order: people
            for order, people in added.items()
            if people and order.state in ("new", "dispatched", "in_progress")
        }
        self.env["aftersales.technician"].union(*added.values())._check_assignable()
        if self.env.su:
            return
        supervisor = self.env.user._has_aftersales_role("supervisor")
        for order, people in added.items():
            if order.state == "new" and supervisor:
                continue
            order._check_certificates(people)

    def _replace_technician(self, old, new):
        """Planned visits follow the technician in charge; who has nothing left to do
        on the order no longer sees it."""
        self.ensure_one()
        planned = self.visit_ids.filtered(
            lambda visit: visit.state == "planned" and visit.lead_id == old
        )
        if planned:
            planned.write({"lead_id": new.id})
        if not self._is_still_needed(old):
            # pylint: disable-next=super-method-mismatch
            super().write({"technician_ids": [Command.unlink(old.id)]})

    def _is_still_needed(self, technician):
        """Whether the technician leads the order or has a visit that counts."""
        return technician == self.technician_id or any(
            technician in visit.technician_ids
            for visit in self.visit_ids
            if visit.state != "cancelled"
        )

    # -------------------------------------------------------------------------
    # TRANSITIONS
    # -------------------------------------------------------------------------

    def _transition(self, name):
        result = super()._transition(name)
        if name in ("complete", "solve"):
            # Safe: rights were checked; nobody goes to what is done.
            self.sudo().visit_ids._cancel_open()
        return result

    def _undispatch(self):
        """Back to the unassigned ones, without a technician."""
        self._transition("undispatch")
        # Safe: called by board actions that have checked the dispatcher's rights.
        self.sudo().write(
            {
                "technician_id": False,
                "technician_ids": [Command.clear()],
                "dispatched_at": False,
            }
        )

    # -------------------------------------------------------------------------
    # ESCALATION (SV-22)
    # -------------------------------------------------------------------------

    def action_escalate(self, reason=False):
        """Hand the problem to the level above: supervisor first, then the manager."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("dispatcher", "technician")
        self._lock_for_action()
        self._check_transition("start")
        reason = require_reason(
            self.env, reason, self.env._("Say what the level above has to decide.")
        )
        self._escalate(reason)

    def _escalate(self, reason):
        for order in self:
            level, user = order._get_next_level()
            # Safe: rights on the order were checked by the public action.
            order.sudo().write(
                {
                    "escalation_level": level,
                    "escalated_to_id": user.id,
                    "escalated_at": fields.Datetime.now(),
                }
            )
            order._notify_superior(user, self.env._("Escalated"), reason)
            title = self.env._("Escalated to %s", user.name or "–")
            order._log_reason(title, reason)

    def _get_next_level(self):
        """(level, user) above the present one; the manager is the last."""
        self.ensure_one()
        supervisor = self._get_supervisor()
        if not self.escalation_level and supervisor and supervisor != self.env.user:
            return "supervisor", supervisor
        return "manager", self._get_manager() or supervisor

    def _get_supervisor(self):
        """Supervisor of the service point, or any office person who is one."""
        team = self.team_id.sudo()  # Safe: only the name of the person in charge.
        group = "aftersales_service.aftersales_service_group_supervisor"
        return (
            team.supervisor_id
            or team.user_ids.filtered(lambda user: user.has_group(group))[:1]
        )

    def _get_manager(self):
        group = self.env.ref("aftersales_service.aftersales_service_group_manager")
        # Safe: only the name of the person in charge.
        users = (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("all_group_ids", "in", group.ids),
                    ("company_ids", "in", self.company_id.ids),
                    ("share", "=", False),
                ],
                order="id",
            )
        )
        return users.filtered(lambda user: user != self.env.user)[:1] or users[:1]

    def _notify_superior(self, user, summary, note=False):
        """A to-do for the superior on the order."""
        # Safe: an activity about an order the user works on, for his superior.
        self.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=note or "",
            user_id=(user or self.env.user).id,
        )

    # -------------------------------------------------------------------------
    # VISITS
    # -------------------------------------------------------------------------

    def _get_report_gaps(self):
        """Parts of the service report still empty (SV-22)."""
        self.ensure_one()
        return [
            label
            for value, label in (
                (self.cause_id, self.env._("the cause")),
                ((self.remedy or "").strip(), self.env._("the remedy")),
                (self.customer_opinion, self.env._("the customer's opinion")),
            )
            if not value
        ]

    def action_view_visits(self):
        """Open the visits of the order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_visit_action"
        )
        action["domain"] = [("order_id", "=", self.id)]
        action["context"] = {"default_order_id": self.id}
        return action

    def action_plan_visit(self):
        """Open a new visit with the first free time of the technician in charge."""
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("dispatcher")
        visits = self.env["aftersales.visit"]
        start, end = visits._propose_period(self, self.technician_id)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan a visit"),
            "res_model": "aftersales.visit",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_order_id": self.id,
                "default_lead_id": self.technician_id.id,
                "default_technician_ids": [Command.set(self.technician_ids.ids)],
                "default_planned_start": start,
                "default_planned_end": end,
            },
        }

    def _check_visitable(self, day=None):
        """SV-24: no visit without the safety agreement of the site."""
        day = day or self.company_id[:1]._aftersales_today()
        blockers = self.site_id._aftersales_site_blockers(day)
        if blockers:
            raise UserError("\n".join(blockers.values()))

    def _check_open_for_visits(self):
        states = ("new", "dispatched", "in_progress")
        if closed := self.filtered(lambda order: order.state not in states):
            raise UserError(self._blocked_message("visit", closed))

    def _check_not_planned_twice(self):
        """Two dispatchers drop the same card: the second is told who was first."""
        if busy := self.visit_ids.filtered(lambda visit: visit.state in OPEN_VISITS):
            raise UserError(
                self.env._(
                    "%(order)s already has a visit: %(visit)s. Move that one, or plan "
                    "another visit on the order.",
                    order=busy[0].order_id.name,
                    visit=busy[0].display_name,
                )
            )

    # -------------------------------------------------------------------------
    # BOARD (SV-20)
    # -------------------------------------------------------------------------

    def _get_board_key(self, today):
        """Not assigned yesterday first, then what burns first, then call time."""
        self.ensure_one()
        far = fields.Datetime.to_datetime("9999-12-31")
        return (
            self.called_at >= today,
            self._get_burning_instant() or far,
            self.fault_level,
            self.called_at,
            self.id,
        )

    def _prepare_board_card(self, today, tz):
        """What a card of the board shows."""
        self.ensure_one()
        now = fields.Datetime.now()
        minutes = int((now - self.called_at).total_seconds() // 60)
        due = self._get_burning_instant()
        left = due and int((due - now).total_seconds() // 60)
        return {
            "id": self.id,
            "name": self.name,
            "customer": self.partner_id.display_name,
            "site": self.site_id.city or self.site_id.street or "",
            "map_url": self._get_map_url(),
            "product": self.product_id.display_name or "",
            "serial": self.serial or "",
            "symptom": self.symptom_id.display_name or self.description or "",
            "level": self.fault_level,
            "zone": self.zone_id.name or "",
            "team": self.team_id.name or "",
            "technician": self.technician_id.name or "",
            "place": self.place,
            "age_minutes": max(0, minutes),
            "minutes_left": left if due else False,
            "overdue": bool(due) and due < now,
            "sla_state": self.sla_state or "",
            "due": self._describe_due(tz),
            "old": self.called_at < today,
            "why": self._get_board_reason(today, now, tz),
            "again": False,
        }

    def _get_map_url(self):
        """Link to the address on a map; nothing is fetched from there."""
        site = self.site_id
        parts = (site.street, site.zip, site.city, site.country_id.name)
        address = ", ".join(part for part in parts if part)
        if not address:
            return ""
        query = urlencode({"query": address})
        return f"https://www.openstreetmap.org/search?{query}"

    def _get_board_reason(self, today, now, tz):
        """One line: why this card stands where it stands."""
        if self.state != "new":
            return self.env._("No visit planned")
        if self.expected_at and self.expected_at < now:
            return self.env._("The time told to the customer has passed")
        if self.called_at < today:
            return self.env._("Not assigned yesterday")
        return self._describe_due(tz) or self._get_plain_reason()

    def _get_plain_reason(self):
        """Why an order without a promise waits."""
        if self.fault_level == "1":
            return self.env._("Critical fault")
        if self.expected_at:
            return self.env._("Customer waits for us today")
        return self.env._("New call")
