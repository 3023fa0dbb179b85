from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class AftersalesScoreSheet(models.Model):
    """The bonus owed as a draft entry; accounting checks and posts it (KP-02).

    The entry names service points and sums, never a technician: who may read the
    books need not read the scores.
    """

    _inherit = "aftersales.score.sheet"

    accrual_move_id = fields.Many2one(
        "account.move",
        "Accrual entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="account.group_account_invoice,account.group_account_readonly,"
        "aftersales_service.aftersales_service_group_manager",
    )

    def action_accrue(self):
        """One draft entry per company and month; a second click makes none.

        :raise UserError: a sheet is not closed, or a setting is missing
        """
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        # Safe: rights were checked; the entry is a draft for accounting.
        sheets = self.sudo()
        sheets._lock_for_action()
        sheets.invalidate_recordset(["accrual_move_id", "state"])
        if any(sheet.state != "closed" for sheet in sheets):
            raise UserError(self.env._("Only closed sheets are accrued."))
        todo = sheets.filtered(lambda s: not s.accrual_move_id and s.payout)
        if not todo:
            raise UserError(self.env._("There is nothing left to accrue."))
        for (company, month), group in todo._by_month().items():
            group._check_accrual_settings(company)
            move = (
                self.env["account.move"]
                .sudo()
                .create(  # Safe: see above.
                    group._prepare_accrual(company, month)
                )
            )
            group.write({"accrual_move_id": move.id})

    def _check_accrual_settings(self, company):
        names = (
            "aftersales_bonus_journal_id",
            "aftersales_bonus_expense_id",
            "aftersales_bonus_payable_id",
        )
        missing = [
            company._fields[name]._description_string(self.env)
            for name in names
            if not company[name]
        ]
        if missing:
            raise UserError(
                self.env._(
                    "Choose in the settings of %(company)s: %(settings)s.",
                    company=company.name,
                    settings=", ".join(missing),
                )
            )

    def _prepare_accrual(self, company, month):
        label = self.env._("Service bonus %s", month.strftime("%Y-%m"))
        parts = [
            (team.name or company.name, sum(sheets.mapped("payout")))
            for team, sheets in self.grouped("team_id").items()
        ]
        expense, payable = (
            company.aftersales_bonus_expense_id,
            company.aftersales_bonus_payable_id,
        )
        return {
            "company_id": company.id,
            "journal_id": company.aftersales_bonus_journal_id.id,
            "date": fields.Date.end_of(month, "month"),
            "ref": label,
            "line_ids": [
                Command.create(
                    {
                        "account_id": account.id,
                        "name": f"{label} · {name}",
                        "balance": company.currency_id.round(sign * amount),
                    }
                )
                for name, amount in parts
                for account, sign in ((expense, 1), (payable, -1))
            ],
        }

    def action_view_accrual(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.accrual_move_id.id,
            "views": [(False, "form")],
        }
