from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.tools.records import labels


class AftersalesLetter(models.Model):
    """What a supplier sees of a letter and answers to it (WA-29).

    The portal's controller has checked whose letter it is and comes as superuser.
    """

    _inherit = "aftersales.letter"

    acknowledged_at = fields.Datetime("Acknowledged on", readonly=True, copy=False)
    acknowledged_by_id = fields.Many2one(
        "res.partner",
        "Acknowledged by",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    objected_at = fields.Datetime("Objected on", readonly=True, copy=False)
    objected_by_id = fields.Many2one(
        "res.partner", "Objected by", readonly=True, copy=False, ondelete="restrict"
    )
    objection = fields.Text(readonly=True, copy=False)
    objection_answer = fields.Text("Our answer", readonly=True, copy=False)
    objection_answered_at = fields.Datetime(
        "Objection answered on", readonly=True, copy=False
    )
    objection_answered_by_id = fields.Many2one(
        "res.users",
        "Objection answered by",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )

    # -- what the portal shows ----------------------------------------------------

    def _get_supplier_state(self):
        """State in the supplier's words."""
        if self.objection_answer:
            return self.env._("Objection answered")
        return {
            "sent": self.env._("To acknowledge"),
            "acknowledged": self.env._("Acknowledged"),
            "objected": self.env._("You have objected"),
        }[self.state]

    def _get_supplier_values(self):
        """Everything the portal shows of a letter, and nothing else."""
        self.ensure_one()
        kinds = labels(self, "kind")
        return {
            "id": self.id,
            "number": self.name,
            "kind": kinds[self.kind],
            "state": self.state,
            "state_label": self._get_supplier_state(),
            "may_acknowledge": self.state == "sent",
            "may_object": self._is_open_to_objection(),
            "issued_on": self.issued_on,
            "due_on": self.due_on,
            "amount": self.amount,
            "currency": self.currency_id,
            "subject": self.subject or "",
            "body": self.body or "",
            "acknowledged_at": self.acknowledged_at,
            "acknowledged_by": self.acknowledged_by_id.name or "",
            "objected_at": self.objected_at,
            "objection": self.objection or "",
            "objection_answer": self.objection_answer or "",
            "supersedes": self.supersedes_id.name or "",
        }

    def _is_open_to_objection(self):
        """Once, also after the receipt was acknowledged; not to an award."""
        return (
            self.state in ("sent", "acknowledged")
            and not self.objected_at
            and self.kind not in ("award", "revocation")
        )

    # -- what the supplier does ---------------------------------------------------

    def _acknowledge(self, partner):
        """The supplier has received it; False when there was nothing to do."""
        self.ensure_one()
        self._lock_for_action()
        if self.state != "sent":
            return False
        self._transition("acknowledge")
        self.write(
            {
                "acknowledged_at": fields.Datetime.now(),
                "acknowledged_by_id": partner.id,
                "delivered_on": self.delivered_on
                or self.company_id._aftersales_today(),
            }
        )
        self._message_log(
            body=self.env._("Acknowledged by %s", partner.name), author_id=partner.id
        )
        return True

    def _object(self, partner, text):
        """The supplier objects, once, with a text; somebody has to answer."""
        self.ensure_one()
        self._lock_for_action()
        self.invalidate_recordset(["objected_at"])
        if not text or not self._is_open_to_objection():
            return False
        self._transition("object")
        self.write(
            {
                "objection": text,
                "objected_at": fields.Datetime.now(),
                "objected_by_id": partner.id,
                "delivered_on": self.delivered_on
                or self.company_id._aftersales_today(),
            }
        )
        self.message_post(
            body=text,
            author_id=partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_note",
        )
        self._schedule_for_owner(self.env._("The supplier objects: answer"))
        return True

    # -- what we do ---------------------------------------------------------------

    def action_acknowledge(self):
        """The signed receipt has come back on paper."""
        self.check_access("read")
        self._check_writer()
        letters = self.sudo()  # Safe: rights were checked above.
        letters._lock_for_action()
        letters._check_transition("acknowledge")
        for letter in letters:
            letter._acknowledge(letter.partner_id)
        return True

    def action_answer_objection(self, text=False):
        """Answer an objection; to give way, cancel the letter instead."""
        self.ensure_one()
        self.check_access("read")
        self._check_writer()
        text = (text or "").strip()
        if not text:
            raise UserError(self.env._("Write the answer to the supplier."))
        letter = self.sudo()  # Safe: rights were checked above.
        letter._lock_for_action()
        letter.invalidate_recordset(["objection_answer"])
        if letter.state != "objected" or letter.objection_answer:
            raise UserError(self._blocked_message("answer", letter))
        letter.write(
            {
                "objection_answer": text,
                "objection_answered_at": fields.Datetime.now(),
                "objection_answered_by_id": self.env.uid,
            }
        )
        letter.activity_feedback(["mail.mail_activity_data_todo"], feedback=text)
        return True
