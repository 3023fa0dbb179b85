from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...const import OPEN_STATES
from .aftersales_supervisor_desk import COMPLAINT_STEPS

COMPLAINT_STATES = tuple(COMPLAINT_STEPS)


class AftersalesSupervisorDesk(models.AbstractModel):
    """The numbers that burn: time, decisions, customers, work."""

    _inherit = "aftersales.supervisor.desk"

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
