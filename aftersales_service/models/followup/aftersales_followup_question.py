from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.records import labels

TODO = "mail.mail_activity_data_todo"
CALL = "mail.mail_activity_data_call"


class AftersalesFollowup(models.Model):
    """What could not be answered at once (SV-82).

    It is decided within two days by the supervisor, and told to the customer on the
    day of the decision by whoever called.
    """

    _inherit = "aftersales.followup"

    question = fields.Text(
        readonly=True, copy=False, help="What could not be answered at once."
    )
    question_state = fields.Selection(
        [("open", "To decide"), ("decided", "To tell the customer"), ("told", "Told")],
        "State of the question",
        readonly=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
    )
    question_due_on = fields.Date(
        "Question due",
        readonly=True,
        copy=False,
        help="Day of the decision; once decided, the day the customer is told.",
    )
    decision = fields.Text(readonly=True, copy=False)
    decided_at = fields.Datetime("Decided on", readonly=True, copy=False)
    decided_by_id = fields.Many2one(
        "res.users", "Decided by", readonly=True, copy=False, ondelete="set null"
    )
    told_at = fields.Datetime("Told on", readonly=True, copy=False)
    told_by_id = fields.Many2one(
        "res.users", "Told by", readonly=True, copy=False, ondelete="set null"
    )

    def action_decide(self, decision):
        """The supervisor decides; the caller tells the customer the same day."""
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self._check_question("open")
        text = self._get_text("decision", decision)
        if not text:
            raise UserError(self.env._("Write down what was decided."))
        today = self._get_local_day(self.company_id)
        # Safe: the supervisor's rights were checked above.
        followup = self.sudo()
        followup.write(
            {
                "decision": text,
                "decided_at": fields.Datetime.now(),
                "decided_by_id": self.env.uid,
                "question_state": "decided",
                "question_due_on": today,
            }
        )
        followup.activity_feedback([TODO], feedback=text)
        followup._schedule_question(
            CALL,
            followup.agent_id.filtered("active") or followup._get_supervisor(),
            self.env._("Tell the customer today what was decided"),
            text,
        )

    def action_told(self):
        """The customer knows the decision."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator")
        self._lock_for_action()
        self._check_question("decided")
        # Safe: the caller's rights were checked above.
        followups = self.sudo()
        followups.write(
            {
                "told_at": fields.Datetime.now(),
                "told_by_id": self.env.uid,
                "question_state": "told",
            }
        )
        followups.activity_feedback([CALL])

    def _check_question(self, state):
        """Raise unless the question waits for just this step."""
        self.invalidate_recordset(["question_state"])
        if wrong := self.filtered(lambda followup: followup.question_state != state):
            states = labels(self, "question_state")
            raise UserError(
                self.env._(
                    "This is not possible now: %(followup)s (%(state)s).",
                    followup=wrong[0].display_name,
                    state=states.get(
                        wrong[0].question_state, self.env._("no question")
                    ),
                )
            )

    def _prepare_question(self):
        days = timedelta(days=self.company_id.aftersales_followup_question_days)
        return {
            "question_state": "open",
            "question_due_on": self._get_local_day(self.company_id) + days,
        }

    def _ask_supervisor(self):
        self._schedule_question(
            TODO,
            self._get_supervisor(),
            self.env._("Decide what the customer is told"),
            self.question,
        )

    def _schedule_question(self, activity_type, user, summary, note):
        if user:
            self.activity_schedule(
                activity_type,
                date_deadline=self.question_due_on,
                summary=summary,
                note=note,
                user_id=user.id,
            )
