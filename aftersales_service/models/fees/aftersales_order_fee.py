from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

TO_LOOK_AT, SETTLED = 0, 1


class AftersalesOrder(models.Model):
    """What the accountant's desk needs to find an order fast (SV-54).

    The desk reads its figures live from SQL; these columns only say on which day an
    order counts and whether it has to be looked at again. Every change of money bumps
    ``fee_stamp``: the row of the order changes with it, so a job that calls the order
    settled at the same time fails in PostgreSQL instead of hiding the change.
    """

    _inherit = "aftersales.order"

    fee_day = fields.Date(
        "Day of the fees",
        compute="_compute_fee_day",
        store=True,
        copy=False,
        help="Day the work was done, else money was first taken; after a closed day, "
        "the next open one.",
    )
    fee_rank = fields.Integer(compute="_compute_fee_rank", store=True, copy=False)
    fee_stamp = fields.Integer(compute="_compute_fee_rank", store=True, copy=False)
    fee_close_id = fields.Many2one(
        "aftersales.fee.close",
        "Closed with",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    fee_check_ids = fields.One2many(
        "aftersales.fee.check", "order_id", "Checked fees", copy=False, guarded=True
    )

    # The accountant's desk: what to look at first, then by day.
    _fee_rank_idx = models.Index(
        "(fee_rank, fee_day DESC, id DESC) WHERE fee_day IS NOT NULL"
    )
    _fee_day_idx = models.Index("(fee_day, team_id) WHERE fee_day IS NOT NULL")

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("done_at", "collection_ids.state", "collection_ids.collected_at")
    def _compute_fee_day(self):
        for order in self:
            day = order._get_fee_day()
            lock = order.team_id.fee_lock_date
            if day and lock and day <= lock:
                same = order.fee_close_id and order.fee_day
                day = order.fee_day if same else lock + timedelta(days=1)
            order.fee_day = day

    def _get_fee_day(self):
        """Day of completion, or of the first money taken, by the company's clock."""
        taken = self.collection_ids.filtered(lambda c: c.state != "cancelled")
        instant = self.done_at or min(taken.mapped("collected_at"), default=False)
        return self.company_id._aftersales_day(instant)

    @api.depends(
        "fee_day",
        "state",
        "amount_customer",
        "amount_covered",
        "line_ids.approval_state",
        "line_ids.payer_rule",
        "line_ids.returned_quantity",
        "line_ids.invoice_line_ids.parent_state",
        "line_ids.invoice_line_ids.price_total",
        "line_ids.invoice_line_ids.aftersales_settled",
        "invoice_ids.amount_total",
        "invoice_ids.amount_residual",
        "invoice_ids.invoice_date",
        "invoice_ids.matched_payment_ids.is_reconciled",
        "approval_ids.state",
        "collection_ids.state",
        "collection_ids.payment_id",
        "collection_ids.payment_id.is_reconciled",
        "collection_ids.handover_id",
        "fee_check_ids",
    )
    def _compute_fee_rank(self):
        for order in self:
            order.fee_rank = TO_LOOK_AT
            order.fee_stamp = (order.fee_stamp or 0) + 1 if order.fee_day else 0

    # -------------------------------------------------------------------------
    # CLOSED DAYS
    # -------------------------------------------------------------------------

    def _share_fee_days(self):
        """Hold the service points so that no day is closed under this transaction.

        Many may hold them at once; closing waits for all. Who comes after a close in
        the same moment is repeated by the server and sees it.
        """
        teams = self.sudo().team_id  # Safe: rows are locked, nothing is shown.
        if teams:
            self.env.execute_query(
                SQL(
                    "SELECT id FROM aftersales_team WHERE id IN %s FOR KEY SHARE",
                    tuple(teams.ids),
                )
            )
            teams.invalidate_recordset(["fee_lock_date"])

    def _check_fee_days(self, day, message=None):
        """Refuse money that would move on a closed day: corrections go forward."""
        self._share_fee_days()
        # Safe: only the closed day and the number of the order are shown.
        for order in self.sudo():
            lock = order.team_id.fee_lock_date
            if lock and day and day <= lock:
                raise UserError(
                    self.env._(
                        "%(team)s is closed up to %(day)s, and %(order)s moves money "
                        "on %(date)s. Correct it with a later date (credit note, new "
                        "payment), or ask accounting to open the day again.",
                        team=order.team_id.name,
                        day=lock,
                        order=order.name,
                        date=day,
                    )
                )

    def _share_locks(self):
        super()._share_locks()
        self._share_fee_days()

    def action_collect(self, amount, method, reference=False, request_key=False):
        self.ensure_one()
        self._check_fee_days(self.company_id._aftersales_today())
        return super().action_collect(amount, method, reference, request_key)

    def _check_can_cancel(self):
        super()._check_can_cancel()
        self._check_fee_open()

    def _check_can_reopen(self):
        super()._check_can_reopen()
        self._check_fee_open()

    def _check_fee_open(self):
        for order in self:
            if order.fee_day and order.fee_close_id:
                order._check_fee_days(order.fee_day)

    # -------------------------------------------------------------------------
    # WHAT IS GIVEN AWAY
    # -------------------------------------------------------------------------

    def _request_given(self, kind, amount):
        """Queue a credit or a loss at payment; granted within the user's own limit.

        :param str kind: ``credit`` or ``write_off``
        :param amount: in the currency of the order
        :return: aftersales.approval
        """
        self.ensure_one()
        limits = self.env["aftersales.discount.limit"]
        limit = limits._get_limit(self.company_id)
        # Safe: the caller has checked that the user may ask for this order; the queue
        # is written in no other way.
        queue = self.env["aftersales.approval"].sudo()
        used = queue._count_orders_by_limit(self.env.user, self.company_id)
        agreed = self.sudo().amount_customer
        share = -100.0 * amount / agreed if agreed else -100.0
        queue.search(
            [
                ("order_id", "=", self.id),
                ("kind", "=", kind),
                ("state", "=", "pending"),
            ]
        ).write({"state": "obsolete"})
        kinds = dict(queue._fields["kind"]._description_selection(self.env))
        values = {
            "name": f"{self.name} · {kinds[kind]}",
            "kind": kind,
            "company_id": self.company_id.id,
            "order_id": self.id,
            "amount": amount,
            "deviation": share,
            "requested_by_id": self.env.uid,
        }
        if limit and limits._is_within(limit, used, self, share):
            values.update(queue._prepare_decision("approved", False), by_limit=True)
        return queue.create([values])

    # -------------------------------------------------------------------------
    # SETTLED ORDERS LEAVE THE LIST
    # -------------------------------------------------------------------------

    @api.model
    def _cron_settle_fees(self):
        """Take orders without open exceptions off the accountant's work list."""
        self._settle_fees(10000)

    @api.model
    def _settle_fees(self, limit):
        """Mark orders settled that the desk has nothing to say about; in SQL.

        Rows somebody is working on are left for the next run.

        :return: number of orders
        """
        self.env.flush_all()
        query = self.env["aftersales.fee.line"]._table_query
        self.env.cr.execute(
            SQL(
                """
                WITH todo AS (
                    SELECT o.id FROM aftersales_order o
                     WHERE o.fee_rank = 0 AND o.fee_day IS NOT NULL
                     ORDER BY o.fee_day, o.id
                     LIMIT %s FOR UPDATE SKIP LOCKED
                )
                UPDATE aftersales_order u SET fee_rank = 1
                  FROM (%s) l
                 WHERE l.id = u.id AND u.id IN (SELECT id FROM todo)
                   AND l.state != 'exception'
                """,
                limit,
                query,
            )
        )
        count = self.env.cr.rowcount
        self.invalidate_model(["fee_rank"])
        return count
