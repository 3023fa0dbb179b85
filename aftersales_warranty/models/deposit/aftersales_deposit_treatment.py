from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, ValidationError

from odoo.addons.aftersales_service.tools.records import labels

KINDS = [
    ("penalty", "Penalty income"),
    ("allowance", "Price allowance"),
    ("service_sale", "Service sale"),
    ("cost_recharge", "Recharge of cost"),
]


class AftersalesDepositTreatment(models.Model):
    """What a deduction is for the tax office (docs/rules.md, Taxes on deductions).

    A penalty is income without VAT. An allowance cuts the cost and the input VAT, a
    service sale is revenue with output VAT, a recharge cuts the cost it was booked to.
    """

    _name = "aftersales.deposit.treatment"
    _description = "Treatment of a deduction"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(KINDS, required=True, default="penalty")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    account_id = fields.Many2one(
        "account.account",
        required=True,
        ondelete="restrict",
        check_company=True,
        help="Takes the deduction without its tax.",
    )
    tax_id = fields.Many2one(
        "account.tax",
        ondelete="restrict",
        check_company=True,
        help="Allowance: a purchase tax, whose input VAT is cut. Service sale: a "
        "sales tax. The amount of the entry includes it.",
    )

    @api.constrains("kind", "tax_id")
    def _check_tax(self):
        wanted = {"allowance": "purchase", "service_sale": "sale"}
        for treatment in self.filtered("tax_id"):
            use = wanted.get(treatment.kind)
            if treatment.tax_id.type_tax_use != use:
                raise ValidationError(
                    self.env._(
                        "%(name)s: an allowance takes a purchase tax, a service sale a "
                        "sales tax, other treatments none.",
                        name=treatment.name,
                    )
                )

    @api.model
    def _find(self, company, kind):
        """The first treatment of a kind, or nothing."""
        # Safe: a setting of the company that decides how an entry is booked.
        return self.sudo().search(
            [("company_id", "=", company.id), ("kind", "=", kind)], limit=1
        )

    @api.model
    def _get_or_warn(self, company, kind):
        """:raise RedirectWarning: the company has no such treatment"""
        if treatment := self._find(company, kind):
            return treatment
        kinds = labels(self, "kind")
        raise RedirectWarning(
            self.env._(
                "%(company)s has no treatment “%(kind)s” for deductions. Set up the "
                "deposits of suppliers first.",
                company=company.name,
                kind=kinds.get(kind, kind or ""),
            ),
            self.env.ref("aftersales_warranty.aftersales_deposit_setup_action").id,
            self.env._("Set up deposits"),
        )

    def _split(self, amount, account, currency, partner):
        """Net amount and taxes of a sum that includes them.

        :return: ``[(values of the line, amount)]`` that add up to ``amount`` exactly
        """
        self.ensure_one()
        tax = self.tax_id
        if not tax or currency.is_zero(amount):
            return [({"account_id": account.id}, amount)]
        result = tax.with_context(force_price_include=True).compute_all(
            amount,
            currency=currency,
            partner=partner,
            is_refund=self.kind == "allowance",
        )
        rows = [
            (
                {
                    "account_id": part["account_id"] or account.id,
                    "name": part["name"],
                    "tax_repartition_line_id": part["tax_repartition_line_id"],
                    "tax_tag_ids": [(6, 0, part["tag_ids"])],
                    "group_tax_id": tax.id if part["group"] else False,
                },
                currency.round(part["amount"]),
            )
            for part in result["taxes"]
        ]
        net = currency.round(amount - sum(value for _line, value in rows))
        base = {
            "account_id": account.id,
            "tax_ids": [(6, 0, tax.ids)],
            "tax_tag_ids": [(6, 0, result["base_tags"])],
        }
        return [(base, net), *rows]
