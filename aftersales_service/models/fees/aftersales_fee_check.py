from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesFeeCheck(models.Model):
    """Who looked at the fees of an order, or accepted a difference, and why (SV-54).

    ============ ============ ======================================================
    Action       Group        Restriction
    ============ ============ ======================================================
    create       accountant   only through the desk (tick, accept)
    change       nobody       a check is a fact; another amount needs another check
    ============ ============ ======================================================
    """

    _name = "aftersales.fee.check"
    _description = "Checked Service Fee"
    _inherit = ["aftersales.guard.mixin"]
    _order = "checked_at desc, id desc"

    order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    move_id = fields.Many2one(
        "account.move",
        "Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    payment_id = fields.Many2one(
        "account.payment", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        index=True,
    )
    team_id = fields.Many2one(related="order_id.team_id")
    code = fields.Char("Exception code", required=True, readonly=True)
    exception = fields.Char(compute="_compute_exception")
    amount = fields.Float(digits=(16, 4), readonly=True)
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one(
        "res.users",
        "Checked by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    checked_at = fields.Datetime(
        "Checked on", required=True, readonly=True, default=fields.Datetime.now
    )

    _one_document = models.Constraint(
        "CHECK (num_nonnulls(order_id, move_id, payment_id) = 1)",
        "A check belongs to one document.",
    )
    _accept_needs_reason = models.Constraint(
        "CHECK (code = 'ok' OR reason IS NOT NULL)",
        "A difference is accepted with a reason.",
    )
    _same_amount_once = models.UniqueIndex(
        "(order_id, code, amount) WHERE code <> 'ok' AND order_id IS NOT NULL",
        "This difference has already been accepted.",
    )

    @api.depends("order_id", "move_id", "payment_id")
    def _compute_company_id(self):
        for check in self:
            document = check.order_id or check.move_id or check.payment_id
            check.company_id = document.company_id

    @api.depends("code")
    def _compute_exception(self):
        texts = {
            **self.env["aftersales.fee.line"]._get_codes(),
            **self.env["aftersales.fee.orphan"]._get_codes(),
        }
        for check in self:
            text = texts.get(check.code)
            check.exception = self.env._(text) if text else self.env._("Found right")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("What was checked stays on record."))
