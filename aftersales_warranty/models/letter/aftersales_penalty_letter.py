from odoo import api, fields, models

from odoo.addons.aftersales_service.tools.records import labels


class AftersalesPenalty(models.Model):
    """Approved: the letter is drafted. Taken back: cancelled, or revoked by another."""

    _name = "aftersales.penalty"
    _inherit = ["aftersales.penalty"]

    letter_ids = fields.One2many(
        "aftersales.letter", "penalty_id", "Letters", readonly=True
    )
    letter_count = fields.Integer("Number of letters", compute="_compute_letter_count")

    @api.depends("letter_ids")
    def _compute_letter_count(self):
        for penalty in self:
            penalty.letter_count = len(penalty.letter_ids)

    def _after_approve(self):
        super()._after_approve()
        todo = self.filtered("rule_id.letter_kind")
        self.env["aftersales.letter"]._draft([p._prepare_letter() for p in todo])

    def _prepare_letter(self):
        self.ensure_one()
        return {
            "kind": self.rule_id.letter_kind,
            "origin": self._get_origin(),
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "deposit_id": self.deposit_id.id,
            "penalty_id": self.id,
            "amount": sum(self._get_letter_entries().mapped("amount")),
            "due_on": self._get_fund_entry().due_on,
        }

    def _get_letter_entries(self):
        return self.entry_ids.filtered(lambda entry: entry.state != "cancelled")

    def _after_take_back(self, reason):
        super()._after_take_back(reason)
        letters = self.env["aftersales.letter"]
        origins = {penalty._get_origin(): penalty for penalty in self}
        own = self.letter_ids.filtered(
            lambda letter: letter.origin in origins and letter.state != "cancelled"
        )
        drafts = own.filtered(lambda letter: letter.state == "draft")
        drafts._cancel(reason)
        letters._draft(
            [
                {**letter._prepare_revocation(), "reason": reason}
                for letter in own - drafts
            ]
        )

    def _get_supplier_values(self):
        """Everything the supplier's portal shows of a penalty, and nothing else."""
        self.ensure_one()
        actions = labels(self, "action")
        shown = ("sent", "acknowledged", "objected")
        letter = self.letter_ids.filtered(lambda row: row.state in shown)[:1]
        complaints = letter._describe_complaints(self.complaint_ids)
        taken_back = self.state != "approved"
        return {
            "id": self.id,
            "number": self.name,
            "action": actions[self.action],
            "state": self.state,
            "state_label": self.env._("Taken back")
            if taken_back
            else self.env._("In force"),
            "issue": self.category_id.display_name or "",
            "period": self.period or "",
            "count": self.counted,
            "amount": sum(self._get_letter_entries().mapped("amount")),
            "currency": self.currency_id,
            "reached_on": self.reached_on,
            "complaints": complaints,
            "next_step": "" if taken_back else self._get_ladder_step() or "",
            "letter_id": letter.id,
            "letter": letter.name or "",
        }

    def action_view_letters(self):
        """The letters of the penalty, revoked ones included."""
        return self.letter_ids._get_records_action(name=self.env._("Letters"))
