from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.aftersales_service.tools.records import open_form

from ...tools.clock import over_domain

CHUNK = 100


class StockPicking(models.Model):
    """Transfers of refunds and exchanges (WA-11), and loaners (SV-32)."""

    _inherit = "stock.picking"

    aftersales_return_id = fields.Many2one(
        "aftersales.return",
        "Refund or exchange",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_return_direction = fields.Selection(
        [("back", "Goods back"), ("out", "Replacement")],
        "Return goods",
        copy=False,
        readonly=True,
    )

    aftersales_claim_id = fields.Many2one(
        "aftersales.supplier.claim",
        "Supplier claim",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_claim_kind = fields.Selection(
        [("old_part", "Old part to the supplier"), ("replacement", "Replacement")],
        "Of the claim",
        copy=False,
        readonly=True,
    )

    aftersales_loaner_asset_id = fields.Many2one(
        "aftersales.asset",
        "Loaner for",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_loaner_state = fields.Selection(
        [("planned", "To hand out"), ("out", "With the customer"), ("back", "Back")],
        "Loaner",
        copy=False,
        readonly=True,
    )
    aftersales_loaner_due_on = fields.Date("Loaner due back on", copy=False)
    aftersales_loaner_told_on = fields.Date(
        "Reminded of the loaner on", copy=False, readonly=True
    )

    _aftersales_loaner_uniq = models.UniqueIndex(
        "(aftersales_loaner_asset_id) "
        "WHERE aftersales_loaner_state IN ('planned', 'out')",
        "This machine has a loaner already.",
    )
    _aftersales_loaner_due_idx = models.Index(
        "(aftersales_loaner_due_on) WHERE aftersales_loaner_state = 'out' "
        "AND aftersales_loaner_told_on IS NULL"
    )

    def _create_backorder_picking(self):
        """What is still to come of a replacement belongs to the claim as well."""
        backorder = super()._create_backorder_picking()
        backorder.sudo().write(  # Safe: the link of the transfer it continues.
            {
                "aftersales_claim_id": self.aftersales_claim_id.id,
                "aftersales_claim_kind": self.aftersales_claim_kind,
            }
        )
        return backorder

    def write(self, vals):
        if "aftersales_loaner_due_on" in vals:
            # Another day is another reminder.
            vals = {"aftersales_loaner_told_on": False, **vals}
        return super().write(vals)

    def _action_done(self):
        result = super()._action_done()
        self._aftersales_move_loaners()
        # Safe: what was received or delivered is a fact; the approved return follows.
        pickings = self.sudo().filtered(
            lambda picking: picking.aftersales_return_id and picking.state == "done"
        )
        if pickings:
            pickings.aftersales_return_id._after_transfer_done(pickings)
        return result

    def action_cancel(self):
        result = super().action_cancel()
        # Safe: a transfer the user was allowed to cancel hands out nothing.
        loaners = self.sudo().filtered("aftersales_loaner_state")
        loaners.filtered(lambda row: row.state == "cancel").write(
            {"aftersales_loaner_state": False}
        )
        return result

    def _aftersales_move_loaners(self):
        """A loaner went out, or came back with Odoo's own return."""
        # Safe: what was handed out or came back is a fact.
        done = self.sudo().filtered(lambda picking: picking.state == "done")
        out = done.filtered(lambda row: row.aftersales_loaner_state == "planned")
        out.write({"aftersales_loaner_state": "out"})
        lent = done.return_id.filtered(lambda row: row.aftersales_loaner_state == "out")
        lent.filtered(lambda row: row._aftersales_is_back()).write(
            {"aftersales_loaner_state": "back"}
        )

    def _aftersales_is_back(self):
        """Whether all that was lent has come back, in one go or in several."""
        back = self.return_ids.move_ids.filtered(lambda move: move.state == "done")
        lent = self.move_ids.filtered(lambda move: move.state == "done")
        return sum(back.mapped("quantity")) >= sum(lent.mapped("quantity"))

    def action_aftersales_loaner_back(self):
        """Take the loaner back: Odoo's own return of the transfer."""
        self.ensure_one()
        self.check_access("write")
        if self.aftersales_loaner_state != "out":
            raise UserError(self.env._("%s is not with a customer.", self.name))
        waiting = self.return_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        return open_form(waiting[:1] or self._aftersales_return_loaner())

    def _aftersales_return_loaner(self):
        wizard = self.env["stock.return.picking"].create({"picking_id": self.id})
        for line in wizard.product_return_moves:
            line.quantity = line.move_id.quantity
        return wizard._create_return()

    @api.model
    def _aftersales_remind_loaners(self):
        """One activity for each loaner that is overdue; two workers share the list."""
        domain = (
            Domain("aftersales_loaner_state", "=", "out")
            & Domain("aftersales_loaner_told_on", "=", False)
            & over_domain(self.env, "aftersales_loaner_due_on")
        )
        progress = self.env["ir.cron"]
        while chunk := self.search(
            domain, order="aftersales_loaner_due_on, id", limit=CHUNK
        ):
            mine = chunk.try_lock_for_update().filtered_domain(domain)
            for picking in mine:
                picking.activity_schedule(
                    "mail.mail_activity_data_todo",
                    user_id=(picking.user_id or picking.create_uid).id,
                    summary=self.env._("The loaner is overdue"),
                )
            for company, lent in mine.grouped("company_id").items():
                lent.write({"aftersales_loaner_told_on": company._aftersales_today()})
            if not progress._commit_progress(len(mine)) or not mine:
                return

    def _create_backorder_picking(self):
        """The rest of a partial receipt belongs to the return as well."""
        backorder = super()._create_backorder_picking()
        if self.aftersales_return_id:
            # Safe: the link of the transfer it was split from.
            backorder.sudo().write(
                {
                    "aftersales_return_id": self.aftersales_return_id.id,
                    "aftersales_return_direction": self.aftersales_return_direction,
                }
            )
        return backorder

    def action_view_aftersales_return(self):
        """Open the refund or exchange the goods belong to."""
        self.ensure_one()
        return self.aftersales_return_id._get_form_action()
