from odoo import models
from odoo.exceptions import UserError


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Suppliers with an agreement each are not thrown together (case 40).

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
        return super()._merge(partner_ids, dst_partner, extra_checks)
