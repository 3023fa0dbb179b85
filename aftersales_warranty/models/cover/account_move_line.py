from odoo import fields, models

from odoo.addons.aftersales_service.const import ALLOW_CHANGE

# What moves a booked amount to another supplier or account.
MOVING = {"partner_id", "account_id", "debit", "credit", "balance", "amount_currency"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Open: accounting says which machines a line is about.
    aftersales_asset_ids = fields.Many2many(
        "aftersales.asset",
        "aftersales_move_line_asset_rel",
        "line_id",
        "asset_id",
        string="Machines",
        copy=False,
        check_company=True,
        help="For which machines the extended warranty is invoiced.",
        guarded=False,
    )
    aftersales_claim_line_id = fields.Many2one(
        "aftersales.supplier.claim.line",
        "Line of the supplier claim",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
    )
    aftersales_returned_quantity = fields.Float(
        "Given back",
        readonly=True,
        copy=False,
        digits="Product Unit",
        help="In stock units, on returns that were requested.",
    )

    def write(self, vals):
        """Items of a deposit entry keep their supplier and account (Reliability 36)."""
        if vals.keys() & MOVING:
            booked = self.filtered(lambda line: line.parent_state == "posted")
            if self.env.context.get("aftersales_change") is not ALLOW_CHANGE:
                booked.move_id._check_aftersales_deposit()
        return super().write(vals)

    def _aftersales_invoiced(self):
        """The invoice is an event of what it sells; it may sell extensions itself."""
        # Safe: the consequence of an invoice the user was allowed to post.
        warranties = self.env["aftersales.warranty"].sudo()
        sold = self.filtered("sale_line_ids")
        found = warranties.search(
            [
                ("sale_line_id", "in", sold.sale_line_ids.ids),
                ("kind", "=", "standard"),
                ("invoiced_on", "=", False),
                ("is_void", "=", False),
            ]
        )
        day_by_line = {
            line: row.move_id.invoice_date for row in sold for line in row.sale_line_ids
        }
        for day, group in found.grouped(
            lambda warranty: day_by_line[warranty.sale_line_id]
        ).items():
            group._set_event("invoice", day)
        (self - sold)._aftersales_open_extensions()

    def _aftersales_open_extensions(self):
        """Extended warranties invoiced without a sales order."""
        lines = self.filtered(lambda line: line.product_id.aftersales_extension_term_id)
        # Safe: the consequence of an invoice the user was allowed to post.
        warranties = self.env["aftersales.warranty"].sudo()
        opened = warranties.search([("invoice_line_id", "in", lines.ids)])
        vals_list, assets_list = [], []
        for line in lines - opened.invoice_line_id:
            # Safe: the machines chosen on the invoice line.
            assets = list(line.sudo().aftersales_asset_ids)
            for position in range(int(line.quantity)):
                vals_list.append(line._prepare_aftersales_extension_values())
                free = assets[position] if position < len(assets) else None
                assets_list.append(free or self.env["aftersales.asset"])
        if vals_list:
            warranties._open_extended(vals_list, assets_list)

    def _prepare_aftersales_extension_values(self):
        self.ensure_one()
        return {
            "invoice_line_id": self.id,
            "product_id": self.product_id.id,
            "term_id": self.product_id.aftersales_extension_term_id.id,
            "term_source_name": self.product_id.display_name,
            "invoiced_on": self.move_id.invoice_date
            or self.company_id._aftersales_today(),
        }

    def _aftersales_refunded(self):
        """Extended warranties given back are void: the unused ones first."""
        # Safe: the consequence of a credit note the user was allowed to post.
        warranties = self.env["aftersales.warranty"].sudo()
        for line in self.filtered(
            lambda line: line.product_id.aftersales_extension_term_id
        ):
            origin = line.move_id.reversed_entry_id.invoice_line_ids.filtered(
                lambda row, line=line: row.product_id == line.product_id
            )
            found = warranties.search(
                [
                    ("kind", "=", "extended"),
                    ("is_void", "=", False),
                    "|",
                    ("sale_line_id", "in", line.sale_line_ids.ids),
                    ("invoice_line_id", "in", origin.ids),
                ],
                order="id desc",
            )
            unused = found.sorted(lambda w: (w.state != "pending", bool(w.asset_id)))
            unused[: int(line.quantity)]._void(
                self.env._("Refunded by %s", line.move_id.name)
            )

    def _aftersales_returnable_quantity(self):
        """What was invoiced, less what accounting credited without a return."""
        self.ensure_one()
        credits = self.move_id.reversal_move_ids.filtered(
            lambda move: (
                move.move_type == "out_refund"
                and move.state != "cancel"
                and not move.aftersales_return_id
            )
        ).invoice_line_ids.filtered(lambda line: line.product_id == self.product_id)
        unit = self.product_id.uom_id
        quantities = [
            line.product_uom_id._compute_quantity(line.quantity, unit, round=False)
            for line in (self, *credits)
        ]
        return quantities[0] - sum(quantities[1:])

    def _aftersales_document_name(self):
        return self.move_id.name
