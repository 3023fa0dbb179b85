from odoo import fields, models


class AftersalesLetter(models.Model):
    """Letters that a penalty writes (WA-29)."""

    _name = "aftersales.letter"
    _inherit = ["aftersales.letter"]

    penalty_id = fields.Many2one(
        "aftersales.penalty",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )

    def _get_placeholders(self):
        """What was counted, on what evidence, and what comes next."""
        values = super()._get_placeholders()
        entry = self.entry_id
        if not self.reason and entry and entry._has_own_evidence():
            penalty = entry.penalty_id.with_context(lang=self.lang)
            values["reason"] = penalty._get_words()
        penalty = self.penalty_id.with_context(lang=self.lang)
        if not penalty or self.kind == "revocation":
            return values
        reason = penalty.reason if self.kind == "end_contract" else ""
        return {
            **values,
            "issue": penalty.category_id.display_name or "",
            "count": str(penalty.counted),
            "period": penalty.period or "",
            "reason": self.reason or reason,
            "next_step": penalty._get_ladder_step() or "",
            "complaints": self._describe_complaints(penalty.complaint_ids),
        }

    def _prepare_revocation(self):
        """The supplier has it in hand: taken back in writing, the history stays."""
        self.ensure_one()
        return {
            "kind": "revocation",
            "origin": f"{self.origin}:revoked",
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "deposit_id": self.deposit_id.id,
            "penalty_id": self.penalty_id.id,
            "supersedes_id": self.id,
        }
