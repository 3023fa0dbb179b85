from odoo import fields, models

from odoo.addons.aftersales_service.tools.records import labels


class AftersalesDeposit(models.Model):
    """The last letter to the supplier of an agreement (WA-29)."""

    _inherit = "aftersales.deposit"

    last_letter = fields.Char(compute="_compute_last_letter")

    def _compute_last_letter(self):
        """Kind, number, day and state of what went out last; one query for all."""
        letters = self.env["aftersales.letter"]
        groups = letters._read_group(
            [
                ("company_id", "in", self.company_id.ids),
                (
                    "commercial_partner_id",
                    "in",
                    self.partner_id.commercial_partner_id.ids,
                ),
                ("state", "not in", ("draft", "cancelled")),
            ],
            ["company_id", "commercial_partner_id"],
            ["id:max"],
        )
        last = {
            (company, partner): letters.browse(number)
            for company, partner, number in groups
        }
        letters = letters.union(*last.values())
        texts = {letter.id: letter._get_one_line() for letter in letters}
        for deposit in self:
            key = (deposit.company_id, deposit.partner_id.commercial_partner_id)
            deposit.last_letter = texts.get(last.get(key, letters.browse()).id, False)

    def action_view_letters(self):
        """Letters to the supplier of this agreement."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_letter_action"
        )
        suppliers = self.partner_id.commercial_partner_id
        return {
            **action,
            "domain": [("commercial_partner_id", "in", suppliers.ids)],
            "context": {
                "default_partner_id": suppliers[:1].id,
                "default_deposit_id": self[:1].id,
            },
        }

    def _get_supplier_values(self):
        """What the supplier's portal shows of the agreement, besides the statement."""
        self.ensure_one()
        states = labels(self, "state")
        return {
            "id": self.id,
            "number": self.name,
            "company": self.company_id.name,
            "currency": self.currency_id,
            "required": self.required_amount,
            "balance": self.balance,
            "shortfall": self.shortfall,
            "demand_due_on": self.demand_due_on,
            "receivable": self.receivable,
            "fund_balance": self.fund_balance,
            "state_label": states[self.state],
        }
