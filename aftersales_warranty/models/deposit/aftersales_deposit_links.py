from odoo import models

from ...const import AGREED


class AftersalesDeposit(models.Model):
    """From the agreement to the claims and compensations of its supplier."""

    # A subject of its own, kept in a file of its own.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "aftersales.deposit"

    def action_view_claims(self):
        """Claims on the supplier, by this company."""
        self.ensure_one()
        return self._view_of_supplier("aftersales_supplier_claim_action")

    def action_view_compensations(self):
        """What was paid to customers for the supplier."""
        self.ensure_one()
        return self._view_of_supplier("aftersales_compensation_action")

    def _view_of_supplier(self, name):
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"aftersales_warranty.{name}"
        )
        return {
            **action,
            "domain": [
                ("partner_id", "child_of", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            "context": {},
        }

    def _get_open_matters(self):
        """A claim that is not ended stands against the end of the agreement."""
        matters = super()._get_open_matters()
        claims = self.env["aftersales.supplier.claim"].search(
            [
                ("partner_id", "child_of", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "in", AGREED),
            ]
        )
        if claims:
            names = ", ".join(claims[:5].mapped("name"))
            matters.append(self.env._("claims not settled: %s", names))
        rows = self.env["aftersales.compensation"].search(
            [("deposit_id", "=", self.id), ("state", "in", ("approved", "advanced"))]
        )
        if rows:
            matters.append(
                self.env._(
                    "compensations not closed: %s", ", ".join(rows[:5].mapped("name"))
                )
            )
        return matters
