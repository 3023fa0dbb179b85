from datetime import timedelta

from odoo import api, fields, models

from ...tools.privacy import mask_personal

# Withdrawn and rejected ones stay visible: the supplier was told of them.
SHOWN = ("new", "confirmed", "answered", "resolved", "withdrawn", "rejected")
OPEN = ("new", "confirmed", "answered")


class AftersalesComplaint(models.Model):
    """What a supplier sees of a complaint about its goods, and its answer (WA-29).

    The portal's controller has checked whose complaint it is and comes as superuser.
    The complainant stays unnamed: of his words everything but names, numbers and
    addresses is shown.
    """

    _inherit = "aftersales.complaint"

    supplier_deadline = fields.Datetime(
        "Supplier settles by",
        compute="_compute_supplier_deadline",
        help="The hours of the penalty rule for complaints that are not settled, from "
        "the receipt on. What we have promised to the customer is another day.",
    )
    supplier_answer = fields.Text("Answer of the supplier", readonly=True, copy=False)
    supplier_answered_at = fields.Datetime(
        "Supplier answered on", readonly=True, copy=False
    )
    supplier_answered_by_id = fields.Many2one(
        "res.partner",
        "Answered for the supplier",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )

    def _get_supplier_state(self):
        """State in the supplier's words."""
        if self.settled_at and self.state in OPEN:
            return self.env._("Settled with the customer")
        return {
            "new": self.env._("Received"),
            "confirmed": self.env._("Confirmed"),
            "answered": self.env._("Confirmed"),
            "resolved": self.env._("Settled"),
            "withdrawn": self.env._("Withdrawn"),
            "rejected": self.env._("Not justified"),
        }[self.state]

    @api.depends("received_at", "supplier_id", "company_id", "resolve_deadline")
    def _compute_supplier_deadline(self):
        """When the deduction of WA-23 falls due; without such a rule our promise."""
        # Safe: numbers of hours.
        rules = self.env["aftersales.penalty.rule"].sudo()
        hours = {
            company: rules._get_effective(company)._get_hours_to_settle()
            for company in self.company_id
        }
        for complaint in self:
            own = hours.get(complaint.company_id)
            if not complaint.supplier_id or not complaint.received_at:
                complaint.supplier_deadline = False
            elif own:
                deadline = complaint.received_at + timedelta(hours=own)
                complaint.supplier_deadline = deadline
            else:
                complaint.supplier_deadline = complaint.resolve_deadline

    def _get_supplier_values(self):
        """Everything the portal shows of a complaint, and nothing else."""
        self.ensure_one()
        deadline = self.supplier_deadline
        is_open = self.state in OPEN
        waits = is_open and not self.settled_at
        names = (self.partner_id.name, self.contact_name, self.phone)
        return {
            "id": self.id,
            "number": self.name,
            "state": self.state,
            "state_label": self._get_supplier_state(),
            "is_open": is_open,
            "is_late": bool(waits and deadline and deadline < fields.Datetime.now()),
            "settled_at": self.settled_at,
            "received_at": self.received_at,
            "deadline": deadline if waits else False,
            "issue": self.category_id.display_name or "",
            "serious": self.seriousness == "serious",
            "product": self.product_id.display_name or "",
            "serial": self.asset_id.serial or "",
            "description": mask_personal(self.description, names),
            "answer": self.supplier_answer or "",
            "answered_at": self.supplier_answered_at,
            "answered_by": self.supplier_answered_by_id.name or "",
        }

    def _answer_by_supplier(self, partner, text, settled=False):
        """The supplier's answer reaches the supervisor; False when it is too late.

        It is an internal note: the customer does not see it.

        :param settled: the supplier says that the customer is content; a supervisor
            who learns otherwise takes it back
        """
        self.ensure_one()
        self._lock_for_action()
        if not text or self.state not in OPEN:
            return False
        first = not self.supplier_answer
        self.write(
            {
                "supplier_answer": text,
                "supplier_answered_at": fields.Datetime.now(),
                "supplier_answered_by_id": partner.id,
            }
        )
        self.message_post(
            body=text,
            author_id=partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_note",
        )
        if settled:
            self._settle(fields.Datetime.now())
        user = self._get_call_user()
        if first and user:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=self.env._("The supplier has answered: look at it"),
            )
        return True
