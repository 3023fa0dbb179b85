from odoo import api, fields, models
from odoo.tools import format_amount

from odoo.addons.aftersales_service.tools.records import count_by


class AftersalesDeposit(models.Model):
    """The ladder of the supplier on its agreement (WA-24 … WA-26)."""

    _name = "aftersales.deposit"
    _inherit = ["aftersales.deposit"]

    penalty_ids = fields.One2many(
        "aftersales.penalty", "deposit_id", "Penalties", readonly=True, copy=False
    )
    proposed_penalty_ids = fields.One2many(
        "aftersales.penalty",
        "deposit_id",
        "Penalties to decide",
        domain=[("state", "=", "proposed")],
        readonly=True,
        copy=False,
    )
    penalty_count = fields.Integer(
        "Number of penalties", compute="_compute_penalty_count"
    )

    @api.depends("penalty_ids")
    def _compute_penalty_count(self):
        counts = count_by(self.env["aftersales.penalty"], "deposit_id", self)
        for deposit in self:
            deposit.penalty_count = counts.get(deposit._origin.id, 0)

    @api.depends("penalty_ids.state", "entry_ids.give_back_reason")
    def _compute_next_step(self):
        return super()._compute_next_step()

    def _get_next_step(self):
        """What the ladder asks for comes first."""
        back = self.entry_ids.filtered(
            lambda entry: entry.give_back_reason and entry.state == "posted"
        )
        if back:
            amount = sum(entry.amount - entry.given_back for entry in back)
            return self.env._(
                "Give back %s of revoked penalties",
                format_amount(self.env, amount, self.currency_id),
            )
        if proposed := self.proposed_penalty_ids:
            first = proposed.sorted("reached_on")[-1]
            return self.env._(
                "Decide: %(step)s, %(period)s",
                step=first.rule_id.name,
                period=first.period,
            )
        return super()._get_next_step()

    def write(self, vals):
        """Another period of the agreement counts other complaints."""
        result = super().write(vals)
        if vals.keys() & {"date_start", "date_end", "state"}:
            self._touch_ladder()
        return result

    def _touch_ladder(self):
        touches = self.env["aftersales.penalty.due"]
        for deposit in self.filtered(lambda d: d.state == "running"):
            touches._mark_suppliers(
                deposit.company_id,
                deposit.partner_id,
                deposit.company_id._aftersales_today(),
            )

    def _get_open_matters(self):
        proposed = self.proposed_penalty_ids
        matters = super()._get_open_matters()
        if proposed:
            names = ", ".join(proposed[:5].mapped("name"))
            matters.append(self.env._("%s not decided", names))
        return matters

    def action_view_penalties(self):
        """The penalties of the supplier in this company."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_penalty_action"
        )
        return {
            **action,
            "domain": [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            "context": {},
        }
