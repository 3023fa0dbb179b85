from odoo import models
from odoo.exceptions import UserError


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Suppliers with an agreement each are not thrown together (Reliability 40).

    Odoo deletes the row that violates a unique index when it merges contacts; here
    that would be an agreement.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        # Safe: only looks whether agreements stand in the way.
        groups = (
            self.env["aftersales.deposit"]
            .sudo()
            ._read_group(
                [("partner_id", "in", partner_ids), ("state", "!=", "ended")],
                ["company_id"],
                ["__count", "partner_id:recordset"],
            )
        )
        for company, count, partners in groups:
            if count > 1:
                raise UserError(
                    self.env._(
                        "%(partners)s each have a deposit agreement in %(company)s. "
                        "Move the money to one of them and end the other first.",
                        partners=", ".join(partners.mapped("name")),
                        company=company.name,
                    )
                )
        complaints = self._prepare_ladder_merge(partner_ids)
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        complaints.invalidate_recordset()
        complaints._touch_ladder()
        return result

    def _prepare_ladder_merge(self, partner_ids):
        """Their complaints count together from now on; no penalty may get lost.

        :return: the complaints of these suppliers, to be counted again
        """
        # Safe: only looks for penalties that would be thrown away; locks have no
        # history, and the complaints are only marked for the evaluation.
        penalties = self.env["aftersales.penalty"].sudo()
        groups = penalties._read_group(
            [("partner_id", "in", partner_ids), ("complaint_id", "=", False)],
            ["rule_id", "company_id", "category_id", "period_start:day"],
            ["__count", "partner_id:recordset"],
        )
        for *_key, _count, partners in groups:
            if len(partners) > 1:
                raise UserError(
                    self.env._(
                        "%s have penalties for the same issue and period. These "
                        "contacts stay apart.",
                        ", ".join(partners.mapped("name")),
                    )
                )
        standings = self.env["aftersales.penalty.standing"].sudo()
        standings.search([("partner_id", "in", partner_ids)]).unlink()
        self.env.flush_all()
        complaints = self.env["aftersales.complaint"].sudo()
        return complaints.search([("supplier_id", "in", partner_ids)])
