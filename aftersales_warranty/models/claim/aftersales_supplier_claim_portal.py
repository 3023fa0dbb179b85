from odoo import api, fields, models

from odoo.addons.aftersales_service.tools.records import label

from ...const import SENT


class AftersalesSupplierClaim(models.Model):
    """How we write to the supplier, what it sees and answers (WA-20, WA-29)."""

    _inherit = "aftersales.supplier.claim"

    # Read for a whole list of claims at once.
    file_ids = fields.One2many(
        "ir.attachment",
        "res_id",
        "Files",
        domain=[("res_model", "=", "aftersales.supplier.claim")],
        readonly=True,
        copy=False,
    )

    def _check_follower(self):
        """Purchasing follows claims up; it neither decides nor books (WA-20)."""
        self.env["res.users"]._check_aftersales_role(
            "purchasing", "supervisor", "accountant"
        )

    def action_send(self):
        """Write to the supplier, the paper attached."""
        self.ensure_one()
        self.check_access("read")
        self._check_follower()
        template = self.env.ref("aftersales_warranty.mail_template_supplier_claim")
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template.id,
                "default_composition_mode": "comment",
                "default_email_layout_xmlid": "mail.mail_notification_light",
            },
        }

    @api.model
    def _expand_states(self, states, domain):
        """Columns in the order of work; those that ended only where there are some."""
        order = dict(self._fields["state"].selection)
        return [state for state in order if state in states or state in SENT]

    def _get_supplier_state(self):
        """State in the supplier's words."""
        if self.state == "claimed":
            return self.env._("To answer")
        if self.state == "lost":
            return self.env._("Closed")
        return label(self, "state")

    def _get_supplier_values(self):
        """Everything the portal shows of a claim; our cost and customer are not."""
        self.ensure_one()
        today = self.company_id._aftersales_today()
        waiting = self.state == "claimed"
        return {
            "id": self.id,
            "number": self.name,
            "state": self.state,
            "state_label": self._get_supplier_state(),
            "is_late": waiting
            and bool(self.answer_due_on and self.answer_due_on < today),
            "order": self.order_id.name,
            "product": self.product_id.display_name or "",
            "serial": self.serial or "",
            "repaired_on": self.company_id._aftersales_day(self.done_at),
            "claimed_on": self.claimed_on,
            "answer_due_on": self.answer_due_on,
            "answered_on": self.answered_on,
            "reason": self.supplier_reason or "",
            "note": self.note or "",
            "reference": self.reference or "",
            "currency": self.currency_id,
            "claimed": self.claimed_amount,
            "accepted": self.accepted_amount,
            "agreed": self.agreed_amount,
            "settled": self.settled_amount,
            "open": self.open_amount,
            "can_answer": waiting,
            "lines": [
                line._get_supplier_values() for line in self.line_ids if line.amount
            ],
            "files": self._get_supplier_files(),
        }

    def _get_supplier_files(self):
        """Photos and papers attached to the claim, as ``[(id, name)]``."""
        return [(row.id, row.name) for row in self.file_ids.sorted("id")]

    def _answer_by_supplier(self, answers, note, reference, files, author):
        """The supplier's own answer, with its papers; as superuser, once.

        :param answers: ``{line id: (amount, reason)}``
        :param author: partner who has answered
        """
        self.ensure_one()
        self._answer(answers)
        if reference:
            self.reference = reference
        self.message_post(
            body=note or self.env._("Answered in the portal"),
            attachments=files,
            author_id=author.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self._tell_answer()

    def _tell_answer(self):
        """Who has claimed finds the answer among the activities."""
        user = self.claimed_by_id
        if user.active and user.has_group("base.group_user"):
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("The supplier has answered"),
                user_id=user.id,
            )
