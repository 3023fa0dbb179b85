from odoo import fields, models
from odoo.exceptions import UserError


class AftersalesDepositStatement(models.TransientModel):
    """Asks for the period of a deposit statement."""

    _name = "aftersales.deposit.statement"
    _description = "Deposit statement"

    deposit_id = fields.Many2one("aftersales.deposit", required=True)
    date_from = fields.Date(
        "From",
        required=True,
        default=lambda self: fields.Date.start_of(
            self.env.company._aftersales_today(), "year"
        ),
    )
    date_to = fields.Date(
        "To", required=True, default=lambda self: self.env.company._aftersales_today()
    )

    def action_print(self):
        self.ensure_one()
        if self.date_from > self.date_to:
            raise UserError(self.env._("The first day lies after the last one."))
        report = self.env.ref("aftersales_warranty.action_report_deposit_statement")
        return report.report_action(
            self.deposit_id,
            data={
                "deposit_id": self.deposit_id.id,
                "date_from": str(self.date_from),
                "date_to": str(self.date_to),
            },
            config=False,
        )
