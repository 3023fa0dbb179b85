from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.tools.records import labels

from ..term.aftersales_warranty_term_line import SCOPES


class AftersalesSupplierClaimLine(models.Model):
    """Part, labour, travel or freight claimed from a supplier (WA-20).

    Lines come from the order with their cost and what the supplier's terms cover; a
    supervisor corrects the amount while the claim is a draft. The supplier's answer and
    what was agreed are written by the actions of the claim alone.
    """

    _name = "aftersales.supplier.claim.line"
    _description = "Supplier claim line"
    _inherit = ["aftersales.guard.mixin"]
    _order = "claim_id, sequence, id"
    _check_company_auto = True

    claim_id = fields.Many2one(
        "aftersales.supplier.claim",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="claim_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="claim_id.currency_id")
    state = fields.Selection(
        related="claim_id.state", store=True, precompute=True, string="State of claim"
    )
    sequence = fields.Integer(default=10)
    order_line_id = fields.Many2one(
        "aftersales.order.line",
        "Line of the order",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    kind = fields.Selection(
        [*SCOPES, ("other", "Other")], required=True, default="other"
    )
    product_id = fields.Many2one(
        "product.product", index="btree_not_null", ondelete="restrict"
    )
    name = fields.Char("Description", required=True)
    quantity = fields.Float(default=1.0, digits="Product Unit")
    old_part_state = fields.Selection(
        related="order_line_id.old_part_state", string="Old part"
    )
    old_part_serial = fields.Char(
        related="order_line_id.old_part_serial", string="Serial of the old part"
    )
    cost = fields.Monetary(
        "Our cost",
        readonly=True,
        copy=False,
        help="Parts at the value they left stock with, the rest at cost rates.",
    )
    share = fields.Float("Supplier's share %", readonly=True, copy=False)
    amount = fields.Monetary("Claimed")
    cover_facts = fields.Json(readonly=True, copy=False)
    cover_text = fields.Char("Supplier's terms", compute="_compute_cover_text")
    note = fields.Char("Remark")
    answer = fields.Selection(
        [("accepted", "Accepted"), ("partly", "In part"), ("refused", "Refused")],
        readonly=True,
        copy=False,
    )
    accepted_amount = fields.Monetary("Accepted amount", readonly=True, copy=False)
    answer_reason = fields.Text("Supplier's reason", readonly=True, copy=False)
    agreed_amount = fields.Monetary("Agreed", readonly=True, copy=False)
    agreed_reason = fields.Char("Why agreed", readonly=True, copy=False)
    replacement_move_ids = fields.One2many(
        "stock.move",
        "aftersales_claim_line_id",
        "Replacements",
        readonly=True,
        copy=False,
        groups="stock.group_stock_user",
    )

    _amount_positive = models.Constraint(
        "CHECK (amount >= 0 AND accepted_amount >= 0 AND agreed_amount >= 0 "
        "AND quantity >= 0)",
        "Amounts and quantities cannot be negative.",
    )
    _line_uniq = models.UniqueIndex(
        "(order_line_id) WHERE order_line_id IS NOT NULL AND state != 'cancelled'",
        "This line of the order has been claimed already.",
    )

    @api.depends("cover_facts")
    @api.depends_context("lang")
    def _compute_cover_text(self):
        assessor = self.env["aftersales.claim.assessor"]
        ids = {(line.cover_facts or {}).get("term") for line in self} - {None, False}
        # Safe: the name of the terms, as the reader of the claim sees it.
        terms = self.env["aftersales.warranty.term"].sudo()
        names = {term.id: term.name for term in terms.browse(ids).exists()}
        for line in self:
            facts = line.cover_facts or {}
            line.cover_text = assessor._describe_cover(
                facts, names.get(facts.get("term"))
            )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.product_id and not self.name:
            self.name = self.product_id.display_name

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_draft()
        return lines

    def write(self, vals):
        self._check_guarded_values([vals])
        if vals.keys() - {"sequence"}:
            self._check_draft()
        if "claim_id" in vals and not self._writes_itself(vals):
            raise UserError(self.env._("A line stays on its claim."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self._check_draft()

    def _check_draft(self):
        if self.env.su:
            return
        if sent := self.claim_id.filtered(lambda claim: claim.state != "draft"):
            raise UserError(
                self.env._(
                    "%s has gone out: its lines cannot change any more.", sent[0].name
                )
            )

    # -------------------------------------------------------------------------
    # ANSWERS (called by the claim, as superuser)
    # -------------------------------------------------------------------------

    def _write_answers(self, answers):
        for line in self:
            amount, reason = answers[line.id]
            amount = line._check_amount(amount)
            full = line.currency_id.compare_amounts(amount, line.amount) >= 0
            reason = (reason or "").strip()
            if not full and not reason:
                raise UserError(
                    self.env._(
                        "%s: say why less is accepted than was claimed.", line.name
                    )
                )
            answer = "accepted" if full else "partly" if amount else "refused"
            line.write(
                {
                    "answer": answer,
                    "accepted_amount": amount,
                    "answer_reason": reason or False,
                    "agreed_amount": amount,
                }
            )

    def _write_agreement(self, answers):
        for line in self:
            amount, reason = answers[line.id]
            line.write(
                {
                    "agreed_amount": line._check_amount(amount),
                    "agreed_reason": (reason or "").strip() or False,
                }
            )

    def _check_amount(self, amount):
        """Between nothing and what was claimed, to the cent."""
        amount = self.currency_id.round(amount or 0.0)
        compare = self.currency_id.compare_amounts
        if compare(amount, 0) < 0 or compare(amount, self.amount) > 0:
            raise UserError(
                self.env._(
                    "%(line)s: an amount between 0 and %(claimed)s.",
                    line=self.name,
                    claimed=self.claim_id._money(self.amount),
                )
            )
        return amount

    def _get_supplier_values(self):
        """What the supplier sees of a line: never our cost."""
        self.ensure_one()
        kinds = labels(self, "kind")
        answers = labels(self, "answer")
        part = self.kind == "part"
        states = labels(self, "old_part_state")
        return {
            "id": self.id,
            "kind": kinds[self.kind],
            "name": self.name,
            "quantity": f"{self.quantity:g}",
            "terms": self.cover_text or "",
            "note": self.note or "",
            "old_part": part and states.get(self.old_part_state) or "",
            "old_serial": part and self.old_part_serial or "",
            "claimed": self.amount,
            "accepted": self.accepted_amount,
            "agreed": self.agreed_amount,
            "answer": answers.get(self.answer, ""),
            "reason": self.answer_reason or "",
        }

    def _get_open_quantity(self, amount):
        """How much of the part the open amount stands for."""
        self.ensure_one()
        share = min(1.0, amount / self.agreed_amount) if self.agreed_amount else 0.0
        unit = self.product_id.uom_id
        return unit.round(self.quantity * share)
