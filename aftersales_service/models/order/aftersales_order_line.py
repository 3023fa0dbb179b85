from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare

KIND_PRODUCT = {
    "labour": "aftersales_labour_product_id",
    "travel": "aftersales_travel_product_id",
}


class AftersalesOrderLine(models.Model):
    """Part, labour, travel or other of a service order (SV-50, SV-51, SV-55).

    ``list_price`` is what the price list says and is never overwritten;
    ``price_unit`` and ``discount`` are what is agreed. Who pays is decided per line
    by an ordered list of deciders; the rule and its reason stay on the line.
    """

    _name = "aftersales.order.line"
    _description = "Service Order Line"
    _inherit = [
        "aftersales.guard.mixin",
        "analytic.mixin",
    ]
    _order = "order_id, sequence, id"
    _check_company_auto = True
    _rec_name = "name"

    order_id = fields.Many2one(
        "aftersales.order",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="order_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(
        related="order_id.currency_id", store=True, precompute=True
    )
    order_partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    technician_id = fields.Many2one(
        related="order_id.technician_id", string="Technician"
    )
    order_state = fields.Selection(related="order_id.state", string="Order state")
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("part", "Part"),
            ("labour", "Labour"),
            ("travel", "Travel"),
            ("other", "Other"),
        ],
        required=True,
        default="part",
    )
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    tracking = fields.Selection(related="product_id.tracking")
    name = fields.Char(
        "Description",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
    )
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True)
    uom_id = fields.Many2one(
        "uom.uom",
        "Unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
    )
    # Price
    list_price = fields.Float(
        compute="_compute_list_price",
        store=True,
        precompute=True,
        digits="Product Price",
        help="Unit price of the price list; kept when the agreed price differs.",
    )
    price_unit = fields.Float(
        "Unit price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        digits="Product Price",
    )
    discount = fields.Float("Discount %", digits="Discount", default=0.0)
    tax_ids = fields.Many2many(
        "account.tax",
        compute="_compute_tax_ids",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain=[("type_tax_use", "=", "sale")],
        context={"active_test": False},
        help="What was agreed stays, also when a tax is archived later.",
    )
    deviation = fields.Float(
        "Off list %",
        compute="_compute_deviation",
        store=True,
        precompute=True,
        digits="Discount",
        help="How much the agreed price lies below (−) or above (+) the price list.",
    )

    # Payer
    payer = fields.Selection(
        [
            ("customer", "Customer"),
            ("contract", "Contract"),
            ("goodwill", "Goodwill"),
        ],
        compute="_compute_payer",
        store=True,
        readonly=True,
        precompute=True,
    )
    payer_rule = fields.Char(
        compute="_compute_payer",
        store=True,
        precompute=True,
        help="Technical name of the rule that decided.",
    )
    payer_reason = fields.Char(
        "Why", compute="_compute_payer", store=True, precompute=True
    )
    payer_share = fields.Float(
        "Covered %",
        compute="_compute_payer",
        store=True,
        precompute=True,
        digits="Discount",
        help="What the payer bears; the customer pays the rest.",
    )
    payer_facts = fields.Json(
        compute="_compute_payer",
        store=True,
        precompute=True,
        help="What the rule decided on, for the reason in the reader's language.",
    )
    payer_text = fields.Char(
        "Reason",
        compute="_compute_payer_text",
        help="Why this payer, in your language.",
    )
    payer_override = fields.Char(copy=False, guarded=True)
    payer_override_reason = fields.Char(copy=False, guarded=True)
    payer_decided_by_id = fields.Many2one("res.users", copy=False, guarded=True)
    payer_decided_at = fields.Datetime(copy=False, guarded=True)

    # Amounts
    customer_amount = fields.Monetary(
        "Customer pays (before tax)",
        compute="_compute_customer_amount",
        store=True,
        precompute=True,
    )
    customer_total = fields.Monetary(
        "Customer pays", compute="_compute_customer_amount", store=True, precompute=True
    )
    covered_amount = fields.Monetary(
        "Covered",
        compute="_compute_customer_amount",
        store=True,
        precompute=True,
        help="Value before tax, at list price, that the customer does not pay.",
    )

    # Approval of a price off the list or of a gift
    approval_state = fields.Selection(
        [
            ("none", "–"),
            ("pending", "Waiting for approval"),
            ("rejected", "Rejected"),
            ("approved", "Approved"),
        ],
        compute="_compute_approval_state",
        store=True,
        precompute=True,
        copy=False,
    )
    approved_price = fields.Float(digits="Product Price", copy=False, guarded=True)
    approved_payer = fields.Char(copy=False, guarded=True)
    approval_ids = fields.One2many(
        "aftersales.approval", "line_id", "Approvals", guarded=True
    )
    rejected = fields.Boolean(compute="_compute_rejected", compute_sudo=True)

    _quantity_positive = models.Constraint(
        "CHECK (quantity >= 0)", "The quantity cannot be negative."
    )
    _discount_range = models.Constraint(
        "CHECK (discount >= 0 AND discount <= 100)",
        "The discount lies between 0 and 100 %.",
    )
    _price_positive = models.Constraint(
        "CHECK (price_unit >= 0)", "The price cannot be negative."
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("kind", "order_id.company_id")
    def _compute_product_id(self):
        for line in self:
            field = KIND_PRODUCT.get(line.kind)
            if not line.product_id and field:
                line.product_id = line.order_id.company_id[field]
            else:
                line.product_id = line.product_id

    @api.depends("product_id")
    def _compute_name(self):
        for (product, partner), lines in self.grouped(
            lambda line: (line.product_id, line.order_id.partner_id.lang)
        ).items():
            lines.name = product.with_context(lang=partner).display_name or False

    @api.depends("product_id")
    def _compute_uom_id(self):
        for line in self:
            line.uom_id = line.product_id.uom_id

    @api.depends(
        "order_id.service_type",
        "order_id.misuse",
        "payer_override",
        "payer_override_reason",
        "kind",
        "product_id",
    )
    def _compute_payer(self):
        decisions = self._decide_payer()
        for line in self:
            rule, decision = decisions[line]
            line.payer = decision.payer
            line.payer_rule = rule
            line.payer_reason = decision.reason
            line.payer_share = decision.share
            line.payer_facts = decision.facts

    @api.depends("payer_rule", "payer_reason", "payer_facts")
    @api.depends_context("lang")
    def _compute_payer_text(self):
        reasons = self._get_rule_reasons()
        for line in self:
            line.payer_text = line._get_payer_text(reasons)

    def _get_payer_text(self, reasons):
        """The reason in the reader's language; what a person wrote stays as it is."""
        return reasons.get(self.payer_rule) or self.payer_reason

    @api.depends(
        "quantity",
        "price_unit",
        "discount",
        "list_price",
        "payer",
        "payer_share",
        "tax_ids",
        "currency_id",
    )
    def _compute_customer_amount(self):
        AccountTax = self.env["account.tax"]
        for company, lines in self.grouped("company_id").items():
            paying = lines.filtered(lambda line: line._is_charged())
            for line in lines - paying:
                line.customer_amount = line.customer_total = 0.0
                line.covered_amount = line._get_covered_value()
            base_lines = [line._prepare_base_line() for line in paying]
            AccountTax._add_tax_details_in_base_lines(base_lines, company)
            for line, base_line in zip(paying, base_lines, strict=True):
                details = base_line["tax_details"]
                line.customer_amount = line.currency_id.round(
                    details["raw_total_excluded_currency"]
                )
                line.customer_total = line.currency_id.round(
                    details["raw_total_included_currency"]
                )
                line.covered_amount = line._get_covered_value()

    def _is_charged(self):
        """The customer pays the line, or a share of it."""
        return self.payer == "customer" or self.payer_share < 100.0

    def _get_covered_share(self):
        """Per cent of the line that the customer does not pay."""
        return 0.0 if self.payer == "customer" else self.payer_share

    def _get_charged_discount(self):
        """Discount and covered share in one: what comes off the customer's price."""
        rest = (100.0 - (self.discount or 0.0)) * (100.0 - self._get_covered_share())
        return 100.0 - rest / 100.0

    def _get_charged_price(self):
        """Net price of one unit, as far as the customer pays it."""
        return self.price_unit * (1.0 - self._get_charged_discount() / 100.0)

    def _get_amounts_key(self):
        """Everything of the line that the totals of its order depend on."""
        if not self._is_charged():
            return self.covered_amount
        return (
            self.covered_amount,
            self.price_unit,
            self._get_charged_discount(),
            self._get_charged_quantity(),
            self.tax_ids,
            self.product_id if self.tax_ids else False,
        )

    def _get_covered_value(self):
        """List value before tax of what the customer does not pay."""
        share = self._get_covered_share() / 100.0
        if not share:
            return 0.0
        value = self.list_price * self._get_charged_quantity()
        if included := self.tax_ids.filtered("price_include"):
            value = included.compute_all(
                self.list_price,
                self.currency_id,
                self._get_charged_quantity(),
                self.product_id,
            )["total_excluded"]
        value *= share
        return self.currency_id.round(value) if self.currency_id else value

    def _prepare_base_line(self, **extra):
        """The line as the tax engine of Odoo reads it."""
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            self,
            tax_ids=self.tax_ids,
            quantity=self._get_charged_quantity(),
            price_unit=self.price_unit,
            discount=self._get_charged_discount(),
            product_uom_id=self.uom_id,
            partner_id=self.order_id.partner_id,
            currency_id=self.currency_id or self.company_id.currency_id,
            **extra,
        )

    @api.depends(
        "price_unit",
        "discount",
        "list_price",
        "payer",
        "payer_rule",
        "approved_price",
        "approved_payer",
        "approval_ids.state",
    )
    def _compute_approval_state(self):
        for line in self:
            line.approval_state = line._get_approval_state()

    def _get_approval_state(self):
        """An approval holds for the price and payer it was given for, no other."""
        if not self._needs_approval():
            return "none"
        same_price = not self._compare_price(self._get_net_price(), self.approved_price)
        if self.approved_payer == self.payer and same_price:
            return "approved"
        return "rejected" if self.rejected else "pending"

    @api.depends("approval_ids.state")
    def _compute_rejected(self):
        for line in self:
            latest = line.approval_ids.sorted("id")[-1:]
            line.rejected = latest.state == "rejected" and not line._compare_price(
                latest.asked_price, line._get_net_price()
            )

    def _needs_approval(self):
        """Off the price list, or a gift that no rule of the company grants (SV-50)."""
        if self.payer == "goodwill":
            return self.payer_rule != "internal" and (
                self.payer_rule != "free" or self.company_id.aftersales_approve_free
            )
        if not self._is_charged():
            return False
        return bool(self._compare_price(self._get_net_price(), self.list_price))

    def _compare_price(self, first, second):
        digits = self.env["decimal.precision"].precision_get("Product Price")
        return float_compare(first, second, precision_digits=digits)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.constrains("kind", "product_id")
    def _check_kind(self):
        if wrong := self.filtered(
            lambda line: line.kind == "part" and line.product_id.type == "service"
        ):
            raise ValidationError(
                self.env._(
                    "%(product)s is a service; choose the kind labour, travel or "
                    "other.",
                    product=wrong[0].product_id.display_name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_editable()
        lines._request_approvals()
        return lines

    def _add_precomputed_values(self, vals_list):
        """Compute equal lines of a batch once (price, taxes, payer, amounts).

        A thousand orders of a day share a handful of products and customers'
        conditions; Odoo would compute each line on a record of its own.
        """
        groups, steps = {}, self._get_price_steps()
        for position, vals in enumerate(vals_list):
            key = self._get_precompute_key(vals)
            if key is not None:
                order = self.env["aftersales.order"].browse(vals["order_id"])
                key = key, order._get_price_period(steps)
            groups.setdefault(position if key is None else key, []).append(vals)
        firsts = [group[0] for group in groups.values()]
        given = [set(vals) for vals in firsts]
        super()._add_precomputed_values(firsts)
        for group, before in zip(groups.values(), given, strict=True):
            derived = {k: v for k, v in group[0].items() if k not in before}
            for vals in group[1:]:
                vals.update(derived)

    def _get_precompute_key(self, vals):
        """What decides the computed values of a new line; None: compute it alone."""
        order = self.env["aftersales.order"].browse(vals.get("order_id") or 0)
        if not order.id:
            return None
        given = tuple(sorted((k, repr(v)) for k, v in vals.items() if k != "order_id"))
        return given, order._get_line_facts()

    def write(self, vals):
        if not self._writes_itself(vals):
            self._check_editable(vals.keys())
        result = super().write(vals)
        if not self._writes_itself(vals) and vals.keys() & {
            "price_unit",
            "discount",
            "product_id",
        }:
            self._request_approvals()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_editable()

    @api.model
    def _get_always_writable(self):
        """Line fields that stay editable after completion; later parts add theirs."""
        return {"sequence"}

    @api.model
    def _get_stock_fields(self):
        """What the customer's signature does not cover; later parts add theirs."""
        return set()

    def _get_charged_quantity(self):
        """What the customer or cover is charged for."""
        return self.quantity

    def _check_editable(self, names=("quantity",)):
        """Lines change until the order is done or the customer has signed."""
        if self.env.su or not set(names) - self._get_always_writable():
            return
        if fixed := self.order_id.filtered(
            lambda order: order.state in ("done", "closed", "cancelled")
        ):
            raise UserError(
                self.env._(
                    "The lines of %(orders)s cannot change any more. A manager can "
                    "reopen the order.",
                    orders=", ".join(fixed[:5].mapped("name")),
                )
            )
        if not set(names) - self._get_always_writable() - self._get_stock_fields():
            return
        if signed := self.order_id.filtered("signed_at"):
            raise UserError(
                self.env._(
                    "The customer has signed %(orders)s. Withdraw the signature "
                    "first; the customer signs again.",
                    orders=", ".join(signed[:5].mapped("name")),
                )
            )

    def _request_price(self, price, discount, reason):
        """Ask for another price and say why; within the own limit it is granted.

        Asked again with the same price, a refusal goes back to the queue.
        """
        self.ensure_one()
        self.write({"price_unit": price, "discount": discount})
        if not self._needs_approval():
            return
        if self.approval_state == "rejected":
            self.env["aftersales.approval"]._request_for_lines(self)
        # Safe: the text of the request the user has just made himself.
        self.sudo().approval_ids.sorted("id")[-1:].reason = reason

    def _request_approvals(self):
        """Put every line that waits into the one queue, once per asked price."""
        waiting = self.filtered(lambda line: line.approval_state == "pending")
        if waiting:
            self.env["aftersales.approval"]._request_for_lines(waiting)
