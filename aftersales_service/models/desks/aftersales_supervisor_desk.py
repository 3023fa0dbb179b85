from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from ...const import OPEN_STATES
from ...tools.text import clean_text
from ...tools.timeline import day_bounds, to_local

# Steps of the desk that make sense for an open complaint.
COMPLAINT_STEPS = {
    "new": ["look", "answer", "agree"],
    "confirmed": ["answer", "agree"],
    "answered": ["settle", "agree"],
}
COMPLAINT_STATES = tuple(COMPLAINT_STEPS)
MAX_ROWS = 30
MAX_TEXT = 5000


class AftersalesSupervisorDesk(models.AbstractModel):
    """The supervisor's day as numbers that are worked off in place (SV-12 … SV-83).

    ========== =========== ========================================================
    Method     Group       Restriction
    ========== =========== ========================================================
    get_desk   supervisor  own service points; the manager sees the whole company
    get_rows   supervisor  records of a tile the user may read
    act        supervisor  named actions on records of the tile; the action itself
                           checks its own rights and states
    ========== =========== ========================================================

    A tile is a dict; later add-ons append theirs in ``_get_tiles``:

    ``key``, ``section``, ``title``, ``hint``, ``model``, ``domain``
        what is counted; the desk adds company and service points;
    ``team_field``
        path to the service point, default ``team_id``; False: not by service point;
    ``company_field``
        path to the company, default ``company_id``; False: shared records;
    ``tone``
        ``danger``, ``warning`` or ``info`` once the number is not 0;
    ``order``, ``action``
        sorting of the rows, XML id of the list the number opens;
    ``row``
        name of a method ``(records) → list of row values``, see ``_row_orders``;
    ``buttons``
        what can be done in place: see ``_button``.
    """

    _name = "aftersales.supervisor.desk"
    _description = "Supervisor's Desk"

    # -- what the screen asks -----------------------------------------------------

    @api.model
    @api.readonly
    def get_desk(self, team_id=False):
        """All numbers of today; one query per number."""
        self._check_reader()
        teams = self._get_teams()
        chosen = teams.filtered(lambda team: team.id == team_id)
        tiles = [
            self._prepare_tile(tile, self._count(tile, teams, chosen))
            for tile in self._get_readable_tiles()
        ]
        now = fields.Datetime.now()
        return {
            "day": format_date(self.env, to_local(now, self._get_tz()).date()),
            "time": format_datetime(
                self.env, now, tz=self._get_tz(), dt_format="HH:mm"
            ),
            "teams": [{"id": team.id, "name": team.name} for team in teams],
            "team_id": chosen.id,
            "sections": [
                {
                    "key": key,
                    "title": title,
                    "tiles": [tile for tile in tiles if tile["section"] == key],
                }
                for key, title in self._get_sections()
                if any(tile["section"] == key for tile in tiles)
            ],
        }

    @api.model
    @api.readonly
    def get_rows(self, key, team_id=False):
        """The first records behind a number, ready to be worked off."""
        self._check_reader()
        tile = self._get_tile(key)
        domain = self._get_domain(tile, team_id)
        records = self.env[tile["model"]].search(
            domain, limit=MAX_ROWS, order=tile.get("order")
        )
        rows = getattr(self, tile.get("row") or "_row_any")(records)
        names = [button["name"] for button in tile.get("buttons", ())]
        for row in rows:
            row.setdefault("do", names)
        return {"key": key, "rows": rows, "limit": MAX_ROWS}

    @api.model
    def get_action(self, key, team_id=False):
        """The list behind a number, with all its filters and views."""
        self._check_reader()
        tile = self._get_tile(key)
        action = {
            "type": "ir.actions.act_window",
            "res_model": tile["model"],
            "views": [[False, "list"], [False, "form"]],
        }
        if tile.get("action"):
            action = self.env["ir.actions.act_window"]._for_xml_id(tile["action"])
            action.pop("path", None)
        action.update(
            name=tile["title"],
            domain=list(self._get_domain(tile, team_id)),
            context=tile.get("context", {}),
        )
        return action

    # -- what the screen does -----------------------------------------------------

    @api.model
    def act(self, key, record_id, button, text=False, team_id=False):
        """Do one of the tile's actions on one of its records.

        :param button: name of a button of the tile
        :param text: what the action asks for (reason, decision)
        :return: action to open, or False
        """
        self._check_reader()
        tile = self._get_tile(key)
        found = [b for b in tile.get("buttons", ()) if b["name"] == button]
        if not found:
            raise AccessError(self.env._("The desk does not do this: %s.", button))
        record = self._find_record(tile, record_id, team_id)
        arguments = self._get_arguments(found[0], text)
        if found[0].get("open") or found[0].get("form"):
            return self._prepare_opened(found[0], record)
        getattr(record, found[0]["method"])(*arguments)
        return False

    def _prepare_opened(self, button, record):
        """The dialog, screen or form a button opens for its record."""
        if button.get("form"):
            return {
                "type": "ir.actions.act_window",
                "res_model": record._name,
                "res_id": record.id,
                "views": [[False, "form"]],
            }
        action = self.env["ir.actions.actions"]._for_xml_id(button["open"])
        context = {
            "active_model": record._name,
            "active_id": record.id,
            "active_ids": record.ids,
            "dialog_size": "medium",
        }
        if key := button.get("context_key"):
            context[key] = record.id
        return {**action, "context": context}

    def _find_record(self, tile, record_id, team_id):
        records = self.env[tile["model"]]
        if isinstance(record_id, int) and 0 < record_id < 2**31:
            domain = self._get_domain(tile, team_id) & Domain("id", "=", record_id)
            records = records.search(domain)
        if not records:
            raise UserError(
                self.env._("This is no longer on the list: somebody has done it.")
            )
        return records

    def _get_arguments(self, button, text):
        if not button.get("ask"):
            return []
        text = clean_text(text, MAX_TEXT).strip()
        if not text:
            raise UserError(self.env._("%s: please write it down.", button["ask"]))
        return [text]

    # -- who and where --------------------------------------------------------------

    def _check_reader(self):
        self.env["aftersales.order"]._check_group("supervisor")

    def _is_manager(self):
        return self.env.user.has_group(
            "aftersales_service.aftersales_service_group_manager"
        )

    def _get_tz(self):
        company = self.env.company
        return company.resource_calendar_id.tz or self.env.user.tz or "UTC"

    def _get_today(self):
        """(local date, its begin in UTC) by the clock of the company."""
        tz = self._get_tz()
        today = to_local(fields.Datetime.now(), tz).date()
        return today, day_bounds(today, tz)[0]

    def _get_teams(self):
        return self.env["aftersales.board"]._get_teams()

    def _get_domain(self, tile, team_id):
        teams = self._get_teams()
        chosen = teams.filtered(lambda team: team.id == team_id)
        return self._scope(tile, teams, chosen)

    def _scope(self, tile, teams, chosen):
        """The tile's domain within the company and the service points."""
        domain = Domain(tile["domain"])
        company = tile.get("company_field", "company_id")
        if company:
            domain &= Domain(company, "=", self.env.company.id)
        team = tile.get("team_field", "team_id")
        if not team:
            return domain
        if chosen:
            return domain & Domain(team, "in", chosen.ids)
        if self._is_manager():
            return domain
        # What nobody is responsible for is everybody's.
        return domain & (Domain(team, "in", teams.ids) | Domain(team, "=", False))

    def _count(self, tile, teams, chosen):
        return self.env[tile["model"]].search_count(self._scope(tile, teams, chosen))

    # -- tiles ------------------------------------------------------------------------

    def _get_sections(self):
        return [
            ("time", self.env._("Promises on time")),
            ("decide", self.env._("Waiting for a decision")),
            ("customer", self.env._("Customers")),
            ("work", self.env._("Workshop and parts")),
        ]

    def _get_tile(self, key):
        for tile in self._get_readable_tiles():
            if tile["key"] == key:
                return tile
        raise UserError(self.env._("This number does not exist. Reload the page."))

    def _get_readable_tiles(self):
        return [
            tile
            for tile in self._get_tiles()
            if self.env[tile["model"]].has_access("read")
        ]

    def _prepare_tile(self, tile, count):
        return {
            "key": tile["key"],
            "section": tile["section"],
            "title": tile["title"],
            "hint": tile.get("hint", ""),
            "tone": tile.get("tone", "info") if count else "",
            "count": count,
            "buttons": [
                {name: value for name, value in button.items() if name != "method"}
                for button in tile.get("buttons", ())
            ],
        }

    @api.model
    def _button(self, name, label, method=False, ask=False, **values):
        """A button of a tile.

        :param method: public method of the record, called with what was asked
        :param ask: title of the text the button asks for; False: asks nothing
        :param open: XML id of an action to open instead; the record is the active
            one, and in the context as ``context_key``
        :param form: open the record itself instead
        """
        return {
            "name": name,
            "label": label,
            "method": method,
            "ask": ask,
            "primary": False,
            **values,
        }

    @api.model
    def _get_tiles(self):
        """Numbers of the desk, in their order; later add-ons append theirs."""
        return [
            *self._get_time_tiles(),
            *self._get_decision_tiles(),
            *self._get_customer_tiles(),
            *self._get_work_tiles(),
        ]

    def _get_time_tiles(self):
        is_open = Domain("state", "in", OPEN_STATES)
        begin = self._get_today()[1]
        order = {
            "section": "time",
            "model": "aftersales.order",
            "action": "aftersales_service.aftersales_order_action",
            "order": "sla_due_at, called_at, id",
            "row": "_row_orders",
        }
        assign = self._button(
            "assign",
            self.env._("Assign"),
            open="aftersales_service.aftersales_board_action",
            context_key="order_id",
            primary=True,
        )
        promise = [assign, *self._get_promise_buttons()]
        return [
            {
                **order,
                "key": "missed",
                "title": self.env._("Promises missed"),
                "tone": "danger",
                "domain": is_open & Domain("sla_state", "=", "missed"),
                "buttons": promise,
                "row": "_row_promises",
            },
            {
                **order,
                "key": "at_risk",
                "title": self.env._("About to miss"),
                "tone": "warning",
                "domain": is_open & Domain("sla_state", "=", "at_risk"),
                "buttons": promise,
                "row": "_row_promises",
            },
            {
                **order,
                "key": "unassigned",
                "title": self.env._("Unassigned since yesterday"),
                "tone": "danger",
                "domain": Domain("state", "=", "new") & Domain("called_at", "<", begin),
                "order": "called_at, id",
                "buttons": [assign],
            },
            {
                "key": "reports",
                "section": "time",
                "title": self.env._("Reports unfinished"),
                "hint": self.env._("The visit is over, the order is not."),
                "tone": "warning",
                "model": "aftersales.visit",
                "action": "aftersales_service.aftersales_visit_action",
                "domain": Domain("state", "=", "left")
                & Domain("order_id.state", "in", ("dispatched", "in_progress"))
                & (
                    Domain("left_without_report", "=", True)
                    | (
                        Domain("outcome", "in", ("done", "not_ours"))
                        & Domain("left_at", "<", begin)
                    )
                ),
                "order": "left_at, id",
                "row": "_row_visits",
            },
        ]

    def _get_promise_buttons(self):
        """What can be done about a promise: agree anew, stop the clock, escalate."""
        return [
            self._button(
                "agree",
                self.env._("Agree anew"),
                open="aftersales_service.aftersales_sla_agree_action",
            ),
            self._button(
                "pause",
                self.env._("Stop the clock"),
                open="aftersales_service.aftersales_sla_pause_wizard_action",
            ),
            self._button(
                "escalate",
                self.env._("Escalate"),
                "action_escalate",
                self.env._("What has the level above to decide?"),
            ),
        ]

    def _get_decision_tiles(self):
        queue = {
            "section": "decide",
            "tone": "warning",
            "model": "aftersales.approval",
            "action": "aftersales_service.aftersales_approval_action",
            "order": "requested_at, id",
            "row": "_row_approvals",
            "buttons": [
                self._button(
                    "approve",
                    self.env._("Approve"),
                    "action_approve",
                    primary=True,
                ),
                self._button(
                    "reject",
                    self.env._("Reject"),
                    "action_reject",
                    self.env._("Why is it rejected?"),
                ),
            ],
        }
        pending = Domain("state", "=", "pending")
        own = ("trip", "requisition")
        return [
            {
                **queue,
                "key": "approvals",
                "title": self.env._("Approvals"),
                "hint": self.env._(
                    "Prices off the list, gifts and what else is asked."
                ),
                "domain": pending & Domain("kind", "not in", own),
            },
            {
                **queue,
                "key": "trips",
                "title": self.env._("Trips to approve"),
                "domain": pending & Domain("kind", "=", "trip"),
            },
            {
                **queue,
                "key": "requisitions",
                "title": self.env._("Requisitions to approve"),
                "domain": pending & Domain("kind", "=", "requisition"),
            },
        ]

    def _get_customer_tiles(self):
        return [
            *self._get_complaint_tiles(),
            *self._get_followup_tiles(),
            self._get_file_tile(),
        ]

    def _get_complaint_tiles(self):
        complaint = {
            "section": "customer",
            "model": "aftersales.complaint",
            "tone": "danger",
            "order": "received_at, id",
            "action": "aftersales_service.aftersales_complaint_action",
            "row": "_row_complaints",
        }
        return [
            {
                **complaint,
                "key": "complaint_calls",
                "title": self.env._("Complaints waiting for a call"),
                "hint": self.env._("Every complainant is called or seen."),
                "domain": Domain("is_call_open", "=", True),
                "buttons": [
                    self._button(
                        "called",
                        self.env._("Called"),
                        "action_register_call",
                        self.env._("What did the customer say?"),
                        primary=True,
                    ),
                ],
            },
            {
                **complaint,
                "key": "complaints_late",
                "title": self.env._("Complaints late"),
                "hint": self.env._("A promised answer or solution is missed."),
                "domain": Domain("state", "in", COMPLAINT_STATES)
                & Domain("sla_state", "=", "missed"),
                "order": "sla_due_at, id",
                "buttons": self._get_complaint_buttons(),
            },
            {
                **complaint,
                "key": "complaints",
                "title": self.env._("Complaints to settle"),
                "hint": self.env._("Look into it, answer, settle."),
                "tone": "warning",
                "domain": Domain("state", "in", COMPLAINT_STATES),
                "order": "sla_due_at, id",
                "buttons": self._get_complaint_buttons(),
            },
        ]

    def _get_complaint_buttons(self):
        """The next steps of a complaint; see COMPLAINT_STEPS."""
        return [
            self._button("look", self.env._("Look into it"), form=True, primary=True),
            self._button(
                "answer",
                self.env._("Answer"),
                open="aftersales_service.aftersales_complaint_answer_action",
                context_key="default_complaint_id",
            ),
            self._button(
                "settle", self.env._("Settle"), "action_resolve", primary=True
            ),
            self._button(
                "agree",
                self.env._("Agree anew"),
                open="aftersales_service.aftersales_sla_agree_action",
            ),
        ]

    def _get_followup_tiles(self):
        today = self._get_today()[0]
        followup = {
            "section": "customer",
            "model": "aftersales.followup",
            "action": "aftersales_service.aftersales_followup_action",
            "row": "_row_followups",
        }
        return [
            {
                **followup,
                "key": "questions",
                "title": self.env._("Questions to decide"),
                "hint": self.env._("Callers could not answer them at once."),
                "tone": "warning",
                "domain": Domain("question_state", "=", "open"),
                "order": "question_due_on, id",
                "buttons": [
                    self._button(
                        "decide",
                        self.env._("Decide"),
                        "action_decide",
                        self.env._("What is the customer told?"),
                        primary=True,
                    ),
                ],
            },
            {
                **followup,
                "key": "followups",
                "title": self.env._("Follow-ups overdue"),
                "tone": "warning",
                "domain": Domain("state", "=", "planned")
                & Domain("due_on", "<", today),
                "order": "due_on, id",
            },
        ]

    def _get_file_tile(self):
        return {
            "key": "files",
            "section": "customer",
            "title": self.env._("Customer files due"),
            "hint": self.env._("Served for the first time, no file yet."),
            "model": "res.partner",
            "company_field": False,
            "team_field": "aftersales_history_ids.team_id",
            "domain": self.env["res.partner"]._aftersales_file_due_domain(),
            "order": "name, id",
            "action": "aftersales_service.res_partner_action_aftersales_file",
            "row": "_row_files",
            "buttons": [
                self._button(
                    "confirm",
                    self.env._("File is complete"),
                    "action_aftersales_confirm_file",
                    primary=True,
                ),
            ],
        }

    def _get_work_tiles(self):
        today = self._get_today()[0]
        return [
            {
                "key": "workshop",
                "section": "work",
                "title": self.env._("In the workshop"),
                "model": "aftersales.order",
                "action": "aftersales_service.aftersales_order_action",
                "domain": Domain("place", "=", "workshop")
                & Domain("state", "in", ("dispatched", "in_progress")),
                "order": "sla_due_at, called_at, id",
                "row": "_row_orders",
            },
            {
                "key": "old_parts",
                "section": "work",
                "title": self.env._("Old parts overdue"),
                "tone": "warning",
                "model": "aftersales.order.line",
                "team_field": "order_id.team_id",
                "action": "aftersales_service.aftersales_order_line_action_old",
                "domain": Domain("old_part_state", "=", "due")
                & Domain("old_part_deadline", "<", today),
                "order": "old_part_deadline, id",
                "row": "_row_old_parts",
                "buttons": [
                    self._button(
                        "receive",
                        self.env._("Received"),
                        "action_old_part_receive",
                        primary=True,
                    ),
                    self._button(
                        "left",
                        self.env._("Stays there"),
                        "action_old_part_left",
                        self.env._("Why does it stay with the customer?"),
                    ),
                ],
            },
        ]

    # -- rows ---------------------------------------------------------------------

    @api.model
    def _row(self, record, title, *details, **values):
        """Values of one row; empty details are left out."""
        return {
            "id": record.id,
            "title": title or "",
            "details": [text for text in details if text],
            "time": "",
            "tone": "",
            "person": "",
            "res_model": record._name,
            "res_id": record.id,
            **values,
        }

    @api.model
    def _moment(self, instant):
        if not instant:
            return ""
        return format_datetime(
            self.env, instant, tz=self._get_tz(), dt_format="MM-dd HH:mm"
        )

    @api.model
    def _row_any(self, records):
        return [self._row(record, record.display_name) for record in records]

    @api.model
    def _row_orders(self, orders):
        now = fields.Datetime.now()
        states = dict(orders._fields["state"]._description_selection(self.env))
        return [
            self._row(
                order,
                order.partner_id.display_name,
                order.name,
                order.symptom_id.display_name,
                order.product_id.display_name,
                states[order.state],
                person=order.technician_id.name or "",
                time=self._moment(order.sla_due_at or order.called_at),
                tone="danger" if order.sla_due_at and order.sla_due_at < now else "",
            )
            for order in orders
        ]

    @api.model
    def _row_promises(self, orders):
        """Orders of a promise, with what still makes sense for each."""
        rows = self._row_orders(orders)
        for row, order in zip(rows, orders, strict=True):
            left_out = {"assign"} if order.state != "new" else set()
            if order.sla_pause_reason_id:
                left_out.add("pause")
            names = ("assign", "agree", "pause", "escalate")
            row["do"] = [name for name in names if name not in left_out]
        return rows

    @api.model
    def _row_visits(self, visits):
        outcomes = dict(visits._fields["outcome"]._description_selection(self.env))
        return [
            self._row(
                visit,
                visit.partner_id.display_name,
                visit.order_id.name,
                outcomes.get(visit.outcome),
                self.env._("left without a report")
                if visit.left_without_report
                else self.env._("order not completed"),
                person=visit.lead_id.name or "",
                time=self._moment(visit.left_at),
                res_model="aftersales.order",
                res_id=visit.order_id.id,
            )
            for visit in visits
        ]

    @api.model
    def _row_approvals(self, approvals):
        kinds = dict(approvals._fields["kind"]._description_selection(self.env))
        rows = []
        for approval in approvals:
            price = ""
            if approval.kind == "price":
                price = self.env._(
                    "%(asked)s instead of %(list)s (%(deviation)s %%)",
                    asked=f"{approval.asked_price:.2f}",
                    list=f"{approval.list_price:.2f}",
                    deviation=f"{approval.deviation:+.1f}",
                )
            row = self._row(
                approval,
                approval.name,
                kinds[approval.kind],
                price,
                (approval.reason or "").strip()[:200],
                person=approval.requested_by_id.name,
                time=self._moment(approval.requested_at),
            )
            if approval.order_id:
                row.update(res_model="aftersales.order", res_id=approval.order_id.id)
            if not self._may_decide(approval):
                row["do"] = []
                row["why_not"] = self.env._("for the manager")
            rows.append(row)
        return rows

    def _may_decide(self, approval):
        return self._is_manager() or (
            approval.kind in approval._get_supervisor_kinds()
            and approval.requested_by_id != self.env.user
        )

    @api.model
    def _row_complaints(self, complaints):
        now = fields.Datetime.now()
        states = dict(complaints._fields["state"]._description_selection(self.env))
        serious = self.env._("serious")
        return [
            self._row(
                complaint,
                complaint.partner_id.display_name,
                complaint.name,
                serious if complaint.seriousness == "serious" else "",
                complaint.category_id.display_name,
                states[complaint.state],
                (complaint.description or "").strip()[:200],
                person=" ".join(
                    text for text in (complaint.contact_name, complaint.phone) if text
                ),
                time=self._moment(complaint.sla_due_at or complaint.received_at),
                tone="danger"
                if complaint.sla_due_at and complaint.sla_due_at < now
                else "",
                do=["called", *COMPLAINT_STEPS.get(complaint.state, ())],
            )
            for complaint in complaints
        ]

    @api.model
    def _row_followups(self, followups):
        today = self._get_today()[0]
        rows = []
        for followup in followups:
            waits = followup.question_state == "open"
            due = followup.question_due_on if waits else followup.due_on
            rows.append(
                self._row(
                    followup,
                    followup.partner_id.display_name,
                    followup.display_name,
                    (followup.question or "").strip()[:300] if waits else "",
                    person=followup.agent_id.name or "",
                    time=format_date(self.env, due) if due else "",
                    tone="danger" if due and due < today else "",
                )
            )
        return rows

    @api.model
    def _row_files(self, partners):
        today = fields.Date.context_today(self)
        return [
            self._row(
                partner,
                partner.display_name,
                partner.city,
                self.env._("missing: %s", partner.aftersales_file_gaps)
                if partner.aftersales_file_gaps
                else "",
                time=format_date(self.env, partner.aftersales_file_due_on),
                tone="danger" if partner.aftersales_file_due_on < today else "",
            )
            for partner in partners
        ]

    @api.model
    def _row_old_parts(self, lines):
        return [
            self._row(
                line,
                line.product_id.display_name,
                line.order_id.name,
                line.order_id.partner_id.display_name,
                person=line.order_id.technician_id.name or "",
                time=format_date(self.env, line.old_part_deadline),
                tone="danger",
                res_model="aftersales.order",
                res_id=line.order_id.id,
            )
            for line in lines
        ]
