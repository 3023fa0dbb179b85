from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ...tools.records import require_reason

_lt = LazyTranslate(__name__)

CODES = {
    "no_order": _lt("Invoice without order"),
    "no_match": _lt("Payment without match"),
}


class AftersalesFeeOrphan(models.Model):
    """Invoices and payments of the service that belong to no order (SV-54).

    Posting marks them (``aftersales_orphan``), so the list costs what it holds.
    """

    _name = "aftersales.fee.orphan"
    _description = "Money without a Service Order"
    _auto = False
    _order = "day desc, id desc"
    _depends = {
        "account.move": ["aftersales_orphan", "state", "name", "company_id"],
        "account.payment": ["aftersales_orphan", "state", "name"],
        "aftersales.fee.check": ["move_id", "payment_id", "reason", "user_id"],
    }

    name = fields.Char("Document", readonly=True)
    code = fields.Selection(
        selection=lambda self: [
            (code, self.env._(text)) for code, text in self._get_codes().items()
        ],
        string="Exception",
        readonly=True,
    )
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    payment_id = fields.Many2one("account.payment", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    day = fields.Date(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True)
    state = fields.Selection(
        [("exception", "To look at"), ("accepted", "Accepted")], readonly=True
    )
    checked_by_id = fields.Many2one("res.users", "Checked by", readonly=True)
    accepted_reason = fields.Char("Accepted because", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT m.id * 2 AS id, m.name, 'no_order' AS code, m.id AS move_id,
                   NULL::int AS payment_id, m.company_id, m.partner_id,
                   m.invoice_date AS day, m.currency_id, m.amount_total AS amount,
                   CASE WHEN f.id IS NULL THEN 'exception' ELSE 'accepted' END AS state,
                   f.user_id AS checked_by_id, f.reason AS accepted_reason
              FROM account_move m
              LEFT JOIN aftersales_fee_check f ON f.move_id = m.id
             WHERE m.aftersales_orphan AND m.state = 'posted'
             UNION ALL
            SELECT p.id * 2 + 1, p.name, 'no_match', NULL, p.id, p.company_id,
                   p.partner_id, p.date, p.currency_id, p.amount,
                   CASE WHEN f.id IS NULL THEN 'exception' ELSE 'accepted' END,
                   f.user_id, f.reason
              FROM account_payment p
              LEFT JOIN aftersales_fee_check f ON f.payment_id = p.id
             WHERE p.aftersales_orphan AND p.state IN ('in_process', 'paid')
            """
        )

    @api.model
    def _get_codes(self):
        return CODES

    def action_accept(self, reason=False):
        """It is right as it stands, and belongs to no order."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("accountant")
        self.env["aftersales.collection"]._check_accounting()
        reason = require_reason(
            self.env, reason, self.env._("Say why the difference is accepted.")
        )
        todo = self.filtered(lambda line: line.state == "exception")
        if not todo:
            raise UserError(self.env._("This was already accepted. Reload the page."))
        # Safe: rights were checked; checks are made in no other way.
        self.env["aftersales.fee.check"].sudo().create(
            [
                {
                    "move_id": line.move_id.id,
                    "payment_id": line.payment_id.id,
                    "code": line.code,
                    "amount": line.amount,
                    "reason": reason,
                }
                for line in todo
            ]
        )
        self.env.flush_all()
        self.invalidate_model()

    def action_mend(self):
        self.ensure_one()
        document = self.move_id or self.payment_id
        return document._get_records_action(name=self.name)
