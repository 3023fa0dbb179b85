from odoo import api, fields, models
from odoo.exceptions import LockError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .aftersales_asset_entitlement import Purchase
from .aftersales_return import LIVE, OPEN

LIVE_SQL = "('draft', 'requested', 'approved', 'in_progress', 'done')"
OPEN_SQL = "('draft', 'requested', 'approved', 'in_progress')"


class AftersalesReturnLine(models.Model):
    """A product given back: what was paid for it, and what is paid for it now."""

    _name = "aftersales.return.line"
    _description = "Returned Product"
    _inherit = ["aftersales.guard.mixin"]
    _order = "return_id desc, id"
    _check_company_auto = True

    return_id = fields.Many2one(
        "aftersales.return", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="return_id.company_id", store=True, index=True, precompute=True
    )
    state = fields.Selection(
        related="return_id.state", store=True, index=True, precompute=True
    )
    kind = fields.Selection(related="return_id.kind", store=True, precompute=True)
    partner_id = fields.Many2one(related="return_id.partner_id", string="Customer")
    owner_id = fields.Many2one(
        related="return_id.commercial_partner_id", store=True, precompute=True
    )
    asset_id = fields.Many2one(
        "aftersales.asset",
        "Installed product",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", store=True, string="Category"
    )
    serial = fields.Char(related="asset_id.serial", store=True, index="trigram")
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    uom_id = fields.Many2one(related="product_id.uom_id")

    # Where it was bought
    invoice_line_id = fields.Many2one(
        "account.move.line",
        "Invoice line",
        compute="_compute_purchase",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('product_id', '=', product_id), ('parent_state', '=', 'posted'), "
        "('move_id.move_type', '=', 'out_invoice')]",
    )
    sale_line_id = fields.Many2one(
        "sale.order.line",
        "Sales line",
        compute="_compute_purchase",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    origin_move_id = fields.Many2one(
        "stock.move",
        "Delivery",
        compute="_compute_purchase",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    price_source = fields.Selection(
        [
            ("invoice", "Invoice"),
            ("sale", "Sales order"),
            ("exchange", "Earlier exchange"),
            ("manual", "Entered by hand"),
        ],
        "Price from",
        compute="_compute_price",
        store=True,
        precompute=True,
    )
    price_document = fields.Char("Document", compute="_compute_price_document")
    manual_price = fields.Monetary(
        "Price by hand",
        help="Tax included, per unit; only where no document tells the price paid. "
        "For a compensation: its amount.",
    )
    price_reason = fields.Char("Why this price")
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_price", store=True, precompute=True
    )
    price = fields.Monetary(
        "Unit price paid",
        compute="_compute_price",
        store=True,
        precompute=True,
        help="Tax included.",
    )
    price_total = fields.Monetary(
        "Price paid", compute="_compute_price", store=True, precompute=True
    )
    fee = fields.Monetary(
        compute="_compute_fee", store=True, help="Kept by us under the rule."
    )
    fee_text = fields.Char(compute="_compute_fee", store=True)

    # Exchange
    replacement_product_id = fields.Many2one(
        "product.product",
        "Given in exchange",
        compute="_compute_replacement_product_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('type', '=', 'consu')]",
    )
    replacement_price = fields.Monetary(
        "Its price",
        compute="_compute_replacement_price",
        store=True,
        readonly=False,
        help="Tax included, per unit. The same product: what was paid.",
    )
    new_asset_id = fields.Many2one(
        "aftersales.asset",
        "New unit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    amount = fields.Monetary(
        "To the customer",
        compute="_compute_amount",
        store=True,
        help="Below zero: the customer pays.",
    )
    credit_line_id = fields.Many2one(
        "account.move.line",
        "Booked on",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    _check_quantity = models.Constraint(
        "CHECK (quantity > 0)",
        "Return at least something: the quantity is not above 0.",
    )
    _check_prices = models.Constraint(
        "CHECK (manual_price >= 0 AND replacement_price >= 0)",
        "Prices cannot be negative.",
    )
    _asset_open_uniq = models.UniqueIndex(
        "(asset_id, (kind = 'compensation')) "
        f"WHERE asset_id IS NOT NULL AND state IN {OPEN_SQL}",
        "This machine is already on another open return.",
    )
    _asset_origin_uniq = models.UniqueIndex(
        "(asset_id, owner_id, COALESCE(invoice_line_id, 0), "
        "COALESCE(origin_move_id, 0), (kind = 'compensation')) "
        f"WHERE asset_id IS NOT NULL AND state IN {LIVE_SQL}",
        "This machine was already refunded or exchanged.",
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("product_id", "serial")
    def _compute_display_name(self):
        for line in self:
            parts = (line.product_id.display_name, line.serial)
            line.display_name = " · ".join(part for part in parts if part)

    @api.depends("asset_id")
    def _compute_product_id(self):
        for line in self:
            line.product_id = line.asset_id.product_id or line.product_id

    @api.depends("asset_id")
    def _compute_purchase(self):
        # Safe: documents of the machine's own purchase, shown by number only.
        purchases = self.sudo().asset_id._get_purchases()
        for line in self:
            found = purchases.get(line.asset_id.sudo(), Purchase())
            line.invoice_line_id = found.invoice_line or line.invoice_line_id
            line.sale_line_id = found.sale_line or line.sale_line_id
            line.origin_move_id = found.move or line.origin_move_id

    @api.depends("invoice_line_id", "sale_line_id", "manual_price", "quantity", "kind")
    def _compute_price(self):
        # Safe: see `_compute_purchase`.
        purchases = self.sudo().asset_id._get_purchases()
        assets = self.env["aftersales.asset"]
        for line in self.sudo():  # Safe: see above.
            found = purchases.get(line.asset_id)
            if not found or found.invoice_line != (line.invoice_line_id or None):
                found = assets._make_purchase(
                    line.invoice_line_id, line.sale_line_id, line.origin_move_id
                )
            manual = line.kind == "compensation" or found.price is None
            line.price_source = "manual" if manual else found.source
            currency = found.currency or line.company_id.currency_id
            line.currency_id = currency
            price = line.manual_price if manual else found.price
            line.price = currency.round(price or 0.0)
            line.price_total = currency.round((price or 0.0) * line.quantity)

    @api.depends("invoice_line_id", "sale_line_id", "price_source")
    def _compute_price_document(self):
        for line in self.sudo():  # Safe: the number of the document, not its content.
            names = {
                "invoice": line.invoice_line_id.move_id.name,
                "sale": line.sale_line_id.order_id.name,
                "exchange": line._get_exchange_document(),
            }
            line.price_document = names.get(line.price_source) or line.price_reason

    def _get_exchange_document(self):
        exchanged = self.asset_id._get_exchange_lines()
        found = exchanged.get(self.asset_id.id, self.browse())
        return found.return_id.name

    @api.depends("return_id.rule_id", "return_id.date", "price_total", "asset_id")
    def _compute_fee(self):
        """The fee of the rule on the day asked for; none for a compensation."""
        self.fee = 0.0
        self.fee_text = False
        charged = self.filtered(
            lambda line: (
                line.asset_id
                and line.kind != "compensation"
                and line.return_id.rule_id.fee_kind not in (False, "none")
            )
        )
        for (day, rule), lines in charged.grouped(
            lambda line: (line.return_id.date, line.return_id.rule_id)
        ).items():
            facts = lines.asset_id._get_entitlement_facts(day)
            for line in lines:
                line._set_fee(rule, facts[line.asset_id])

    def _set_fee(self, rule, facts):
        found = rule._evaluate_price(facts, self.price_total)
        if found.fee is not None:
            self.fee = float(found.fee)
            self.fee_text = rule._describe_fee(facts)

    @api.depends("kind", "product_id")
    def _compute_replacement_product_id(self):
        for line in self:
            if line.kind == "exchange":
                line.replacement_product_id = (
                    line.replacement_product_id or line.product_id
                )
            else:
                line.replacement_product_id = False

    @api.depends("replacement_product_id", "price")
    def _compute_replacement_price(self):
        for line in self:
            product = line.replacement_product_id
            if product == line.product_id or not product:
                line.replacement_price = line.price
            else:
                line.replacement_price = line._get_list_price(product)

    def _get_list_price(self, product):
        """List price with the taxes the customer pays on the product."""
        # Safe: prices and taxes of a product of the company.
        line = self.sudo()
        company = line.company_id
        partner = line.return_id.partner_id.with_company(company)
        pricelist = partner.property_product_pricelist
        price = pricelist._get_product_price(
            product.sudo(), 1.0, currency=line.currency_id
        )
        taxes = product.sudo().taxes_id._filter_taxes_by_company(company)
        position = self.env["account.fiscal.position"].with_company(company)
        taxes = position._get_fiscal_position(partner).map_tax(taxes)
        found = taxes.compute_all(price, line.currency_id, 1.0, product, partner)
        return found["total_included"]

    @api.depends("kind", "price_total", "fee", "replacement_price", "quantity")
    def _compute_amount(self):
        for line in self:
            value = line.price_total - line.fee
            if line.kind == "exchange":
                value -= line.replacement_price * line.quantity
            line.amount = line.currency_id.round(value) if line.currency_id else value

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("asset_id", "quantity")
    def _check_one_machine(self):
        if any(line.asset_id and line.quantity != 1 for line in self):
            raise ValidationError(self.env._("Each machine is one line of quantity 1."))

    @api.constrains("asset_id", "return_id")
    def _check_owner(self):
        for line in self:
            owner = line.asset_id.partner_id.commercial_partner_id
            if owner and owner != line.return_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(machine)s belongs to %(owner)s. Make a return for that "
                        "customer.",
                        machine=line.asset_id.display_name,
                        owner=owner.display_name,
                    )
                )

    @api.constrains("invoice_line_id", "product_id", "return_id")
    def _check_invoice_line(self):
        """Only the customer's own posted invoice of this product tells the price."""
        for line in self.sudo().filtered("invoice_line_id"):  # Safe: only compared.
            found = line.invoice_line_id
            move = found.move_id
            # A unit given in exchange may be another product than the one invoiced.
            exchanged = line.search_count(
                [("new_asset_id", "=", line.asset_id.id), ("asset_id", "!=", False)],
                limit=1,
            )
            if (
                move.move_type != "out_invoice"
                or move.state != "posted"
                or move.commercial_partner_id != line.owner_id
                or (found.product_id != line.product_id and not exchanged)
            ):
                raise ValidationError(
                    self.env._(
                        "Choose a posted invoice of this customer with %(product)s.",
                        product=line.product_id.display_name,
                    )
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            lines.return_id._check_draft()
        return lines

    def write(self, vals):
        if not self._writes_itself(vals):
            self.return_id._check_draft()
        result = super().write(vals)
        if not self._writes_itself(vals) and "return_id" in vals:
            self.return_id._check_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_requested(self):
        if not self.env.su:
            self.return_id._check_draft()

    # -------------------------------------------------------------------------
    # BUSINESS
    # -------------------------------------------------------------------------

    def _has_price(self):
        if self.price_source != "manual":
            return True
        return bool((self.price_reason or "").strip()) and self.price > 0

    def _as_purchase(self, move):
        """What the unit given in exchange cost: as the first, and the difference."""
        return Purchase(
            source="exchange",
            price=self.replacement_price,
            currency=self.currency_id,
            invoice_line=self.invoice_line_id or None,
            sale_line=self.sale_line_id or None,
            move=move or self.env["stock.move"],
            day=self.return_id.date,
            document=self.return_id.name,
        )

    def _check_returnable(self):
        """Refuse what was given back before, and what nobody can trace."""
        for line in self:
            if not (line.asset_id or line.invoice_line_id or line.sale_line_id):
                raise UserError(
                    self.env._(
                        "%(product)s: choose the installed product or the invoice line "
                        "it was sold with.",
                        product=line.product_id.display_name,
                    )
                )
        self._check_refunded_before()
        gone = self.asset_id.filtered(lambda asset: asset.state != "in_use")
        if gone:
            raise UserError(
                self.env._(
                    "%(machines)s was already given back or scrapped.",
                    machines=", ".join(gone[:5].mapped("display_name")),
                )
            )

    def _check_refunded_before(self):
        """Name the other return; the unique indexes hold in any case."""
        # Safe: the number of the other return only, whatever service point it is of.
        others = self.sudo().search(
            Domain("asset_id", "in", self.asset_id.ids)
            & Domain("state", "in", LIVE)
            & Domain("id", "not in", self.ids)
        )
        for line in self.filtered("asset_id"):
            for other in others.filtered(lambda o, ln=line: o.asset_id == ln.asset_id):
                if (
                    other.owner_id == line.owner_id
                    and other.invoice_line_id == line.invoice_line_id
                    and other.origin_move_id == line.origin_move_id
                    and (other.kind == "compensation") == (line.kind == "compensation")
                ):
                    raise UserError(
                        self.env._(
                            "%(machine)s is already on return %(name)s.",
                            machine=line.asset_id.display_name,
                            name=other.return_id.name,
                        )
                    )

    def _claim_documents(self):
        """Count what is given back on the invoice and sales lines, under their lock.

        Two returns of the same invoice line, requested at once: the second waits, is
        repeated and then finds the quantity used up.
        """
        goods = self.filtered(lambda line: line.kind != "compensation")
        # Safe: only a counter of ours on the documents of the return's own products.
        invoiced = goods.sudo().invoice_line_id
        sold = goods.sudo().filtered(lambda ln: not ln.invoice_line_id).sale_line_id
        self._claim(invoiced, "invoice_line_id")
        self._claim(sold, "sale_line_id")

    def _claim(self, documents, name):
        if not documents:
            return
        if documents.try_lock_for_update() != documents:
            raise LockError(
                self.env._(
                    "Another return of the same sale is being requested, try again in "
                    "a moment."
                )
            )
        claimed = self._get_claimed(documents, name)
        self.env.execute_query(
            SQL(
                "UPDATE %s SET aftersales_returned_quantity = counted.quantity "
                "FROM UNNEST(%s, %s) AS counted (id, quantity) "
                "WHERE %s = counted.id RETURNING 1",
                SQL.identifier(documents._table),
                documents.ids,
                [claimed.get(document.id, 0.0) for document in documents],
                SQL.identifier(documents._table, "id"),
            )
        )
        documents.invalidate_recordset(["aftersales_returned_quantity"], flush=False)
        for document in documents:
            sold = document._aftersales_returnable_quantity()
            digits = document.product_id.uom_id
            if digits.compare(claimed.get(document.id, 0.0), sold) > 0:
                raise UserError(
                    self.env._(
                        "%(product)s: only %(sold)s can be given back on %(document)s, "
                        "what was credited before is left out.",
                        product=document.product_id.display_name,
                        sold=f"{sold:g}",
                        document=document._aftersales_document_name(),
                    )
                )

    @api.model
    def _get_claimed(self, documents, name):
        """``{document id: quantity}`` refunded, or on its way in either kind."""
        # Safe: sums over the returns of the documents, of whatever service point.
        lines = self.sudo()
        lines.flush_model()
        claimed = {}
        domain = Domain(name, "in", documents.ids) & (
            (Domain("kind", "=", "refund") & Domain("state", "in", LIVE[1:]))
            | (Domain("kind", "=", "exchange") & Domain("state", "in", OPEN[1:]))
        )
        if name == "sale_line_id":
            domain &= Domain("invoice_line_id", "=", False)
        for document, quantity in lines._read_group(domain, [name], ["quantity:sum"]):
            claimed[document.id] = quantity
        return claimed
