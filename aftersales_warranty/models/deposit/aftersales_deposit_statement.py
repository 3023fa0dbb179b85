from datetime import timedelta

from odoo import fields, models

from odoo.addons.aftersales_service.tools.workbook import make_workbook


class AftersalesDeposit(models.Model):
    """Statement of a period: opening, every posted item, closing (WA-29)."""

    # A subject of its own, kept in a file of its own.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "aftersales.deposit"

    def _get_statement(self, start, end):
        """:return: dict with ``opening``, ``rows`` and ``closing``, from the ledger

        Rows hold date, text, what came in, what went out and the balance after it.
        Call it after checking who may read the agreement.
        """
        self.ensure_one()
        # Safe: the caller may read the agreement; the items are those of its supplier.
        deposit = self.sudo()
        before = deposit._get_figures(start - timedelta(days=1))[self.id]
        balance = opening = self.currency_id.round(before["balance"])
        rows = []
        for item in deposit._get_items(start, end):
            amount = deposit._get_item_amount(item)
            balance = self.currency_id.round(balance + amount)
            rows.append(
                {
                    "date": item.date,
                    "number": item.move_id.name,
                    "text": self._get_item_text(item),
                    "incoming": max(amount, 0.0),
                    "outgoing": max(-amount, 0.0),
                    "balance": balance,
                }
            )
        return {
            "start": start,
            "end": end,
            "opening": opening,
            "rows": rows,
            "closing": balance,
            "receivable": deposit._get_figures(end)[self.id]["receivable"],
        }

    def _get_items(self, start, end):
        """Posted items of the supplier on the deposit account, oldest first."""
        return self.env["account.move.line"].search(
            [
                ("account_id", "=", self.account_id.id),
                ("company_id", "=", self.company_id.id),
                (
                    "partner_id.commercial_partner_id",
                    "=",
                    self.partner_id.commercial_partner_id.id,
                ),
                ("parent_state", "=", "posted"),
                ("date", ">=", start),
                ("date", "<=", min(end, self.ended_on or end)),
            ],
            order="date, id",
        )

    def _get_item_amount(self, item):
        """Credit above zero, in the currency of the deposit."""
        if self.currency_id == self.company_id.currency_id:
            return -item.balance
        if item.currency_id == self.currency_id:
            return -item.amount_currency
        return 0.0

    def _get_item_text(self, item):
        """What was booked, in the language of the reader."""
        entry = item.move_id.aftersales_deposit_entry_id
        if entry.move_id == item.move_id:
            return " · ".join(entry._get_statement_parts())
        return item.name or item.move_id.ref or ""

    def action_statement_xlsx(self):
        """Statement of this year as a workbook."""
        self.ensure_one()
        self.check_access("read")
        today = self.company_id._aftersales_today()
        content = self._make_statement(fields.Date.start_of(today, "year"), today)
        # Safe: a file about an agreement the reader may open.
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": f"{self.name}.xlsx".replace("/", "-"),
                    "raw": content,
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }

    def _make_statement(self, start, end):
        """The statement as a workbook; also for the supplier's portal."""
        statement = self._get_statement(start, end)
        header = [
            self.env._("Date"),
            self.env._("Entry"),
            self.env._("Text"),
            self.env._("In"),
            self.env._("Out"),
            self.env._("Balance"),
        ]
        rows = [[str(start), "", self.env._("Opening"), "", "", statement["opening"]]]
        rows += [
            [
                str(row["date"]),
                row["number"],
                row["text"],
                row["incoming"],
                row["outgoing"],
                row["balance"],
            ]
            for row in statement["rows"]
        ]
        rows.append([str(end), "", self.env._("Closing"), "", "", statement["closing"]])
        return make_workbook([(self.partner_id.name or self.name, header, rows)])
