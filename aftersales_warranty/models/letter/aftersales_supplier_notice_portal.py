from odoo import fields, models


class AftersalesSupplierNotice(models.Model):
    """What a supplier sees of a notice, and its answer (WA-21).

    The portal's controller has checked whose notice it is and comes as superuser.
    """

    _inherit = "aftersales.supplier.notice"

    answered_at = fields.Datetime("Answered on", readonly=True, copy=False)
    answered_by_id = fields.Many2one(
        "res.partner", "Answered by", readonly=True, copy=False, ondelete="restrict"
    )
    planned_on = fields.Date("Comes on", readonly=True, copy=False, tracking=True)
    answer_note = fields.Text("Remark of the supplier", readonly=True, copy=False)
    refusal = fields.Text("Why refused", readonly=True, copy=False)

    def _get_supplier_state(self):
        """State in the supplier's words."""
        return {
            "sent": self.env._("To answer"),
            "accepted": self.env._("You have accepted"),
            "refused": self.env._("You have refused"),
            "done": self.env._("Done"),
            "cancelled": self.env._("Cancelled"),
        }[self.state]

    def _get_supplier_values(self):
        """Everything the portal shows of a notice, and nothing else."""
        self.ensure_one()
        return {
            "id": self.id,
            "number": self.name,
            "state": self.state,
            "state_label": self._get_supplier_state(),
            "is_open": self.state == "sent",
            "is_overdue": self.is_overdue,
            "sent_at": self.sent_at,
            "due_at": self.due_at,
            "product": self.product_id.display_name or "",
            "serials": self.serials or "",
            "quantity": f"{self.quantity:g}",
            "fault": self.fault or "",
            "address": self.address or "",
            "contact": self.contact or "",
            "costs": self.costs or "",
            "planned_on": self.planned_on,
            "answer_note": self.answer_note or "",
            "refusal": self.refusal or "",
            "letter_id": self.letter_id.id,
            "letter": self.letter_id.name or "",
        }

    def _answer(self, transition, partner, values, text):
        """The answer with its person and time; False when it was answered already."""
        self.ensure_one()
        self._lock_for_action()
        if self.state != "sent":
            return False
        self._transition(transition)
        self.write(
            {
                **values,
                "answered_at": fields.Datetime.now(),
                "answered_by_id": partner.id,
            }
        )
        self.letter_id._acknowledge(partner)
        self.message_post(
            body=text,
            author_id=partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_note",
        )
        return True

    def _accept(self, partner, day, note=""):
        """The supplier comes on that day.

        :raise UserError: no day, or one that is past
        """
        self._check_planned(day)
        text = self.env._("Accepted: comes on %s", fields.Date.to_string(day))
        return self._answer(
            "accept",
            partner,
            {"planned_on": day, "answer_note": note},
            f"{text}\n{note}".strip(),
        )

    def _refuse(self, partner, reason):
        """The supplier does not come; somebody has to decide what now."""
        text = self.env._("Refused: %s", reason)
        if not self._answer("refuse", partner, {"refusal": reason}, text):
            return False
        user = self.user_id or self.sent_by_id
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=user.id,
            summary=self.env._("The supplier refuses to come: decide"),
            note=reason,
        )
        return True
