from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesOrder(models.Model):
    """Solved while the customer was on the telephone: nobody goes, nobody signs.

    ============= =========== ======================================================
    Action        Group       Restriction
    ============= =========== ======================================================
    solve by      operator,   nobody has set out, no lines; cause and remedy
    phone         supervisor
    call again    operator    solved by phone
    ============= =========== ======================================================
    """

    _inherit = "aftersales.order"

    solved_by_phone = fields.Boolean("Solved by phone", copy=False, readonly=True)

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "solve": (("new", "dispatched"), "done"),
            "call_again": (("done",), "new"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        if name == "solve":
            values.update(solved_by_phone=True, place="remote", done_at=now)
        elif name == "reopen":
            values["solved_by_phone"] = False
        elif name == "call_again":
            values.update(solved_by_phone=False, done_at=False, dispatched_at=False)
        return values

    def action_solve_by_phone(self, cause_id=False, remedy=False):
        """The telephone was enough: the order is done, as cheaply as it was solved.

        :param cause_id: id of the cause; default that of the order
        :param remedy: what was said or done; default the usual one of the cause
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator", "supervisor")
        self._lock_for_action()
        self._check_transition("solve")
        if busy := self.filtered(lambda order: not order._is_telephone_enough()):
            raise UserError(
                self.env._(
                    "Somebody has set out for %(orders)s, or it has lines: complete "
                    "it with its report.",
                    orders=", ".join(busy[:5].mapped("name")),
                )
            )
        cause = self.env["aftersales.cause"].browse(cause_id or []).exists()
        for order in self:
            if cause:
                order.cause_id = cause
            if (remedy or "").strip():
                order.remedy = remedy.strip()
        self._check_solved()
        self._transition("solve")
        self._after_complete()

    def _is_telephone_enough(self):
        """Nobody has set out, nothing has been done that a report has to tell of."""
        # Safe: whether there are any, also of visits the operator does not plan.
        order = self.sudo()
        return not order.line_ids and not any(order.visit_ids.mapped("departed_at"))

    def _check_solved(self):
        missing = self.filtered(
            lambda order: not order.cause_id or not (order.remedy or "").strip()
        )
        if missing:
            raise UserError(
                self.env._("Enter the cause, and what solved it: then it is done.")
            )

    def action_call_again(self):
        """It was not solved after all: the customer called again."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator")
        self._lock_for_action()
        if other := self.filtered(lambda order: not order.solved_by_phone):
            raise UserError(self._blocked_message("call_again", other))
        self._check_transition("call_again")
        self._check_can_reopen()
        self._transition("call_again")
        self._log_reason(self.env._("The customer called again."), False)
