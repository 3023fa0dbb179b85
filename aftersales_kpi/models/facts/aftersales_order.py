from odoo import api, fields, models
from odoo.exceptions import UserError

FACTS = {
    *("state", "done_at", "called_at", "technician_id", "technician_ids", "company_id"),
    *("opinion", "opinion_at", "parent_id", "misuse", "place", "currency_id"),
    *("arrive_at", "arrive_deadline"),
}
# What figures count besides; deadlines follow from facts of their own.
FIGURES = {
    *("answer_at", "started_at", "cancelled_at", "team_id", "product_id", "asset_id"),
    *("service_type", "answer_deadline", "resolve_deadline", "partner_id", "zone_id"),
    *("fault_level", "grade_id", "channel", "needs_supplier", "symptom_id", "cause_id"),
}


class AftersalesOrder(models.Model):
    """A changed order changes scores and figures, before and after (KP-01, KP-06)."""

    _inherit = "aftersales.order"

    fault_row_ids = fields.One2many("aftersales.fault.report", "order_id", "Faults")
    handbook_ids = fields.One2many("aftersales.handbook", "order_id")

    _kpi_answer_idx = models.Index(
        "(answer_deadline) WHERE answer_deadline IS NOT NULL"
    )
    _kpi_arrive_idx = models.Index(
        "(arrive_deadline) WHERE arrive_deadline IS NOT NULL"
    )
    _kpi_resolve_idx = models.Index(
        "(resolve_deadline) WHERE resolve_deadline IS NOT NULL"
    )
    _kpi_answered_idx = models.Index("(answer_at) WHERE answer_at IS NOT NULL")
    _kpi_arrived_idx = models.Index("(arrive_at) WHERE arrive_at IS NOT NULL")

    @api.model_create_multi
    def create(self, vals_list):
        """What is new this month is found by the clock; late entries are marked."""
        orders = super().create(vals_list)
        month = fields.Datetime.start_of(fields.Datetime.now(), "month")
        late = orders.filtered(lambda o: o.parent_id or o.called_at < month)
        if late:
            late._mark_figures()
        return orders

    def write(self, vals):
        touched = (FACTS | FIGURES) & vals.keys()
        if not touched:
            return super().write(vals)
        scored = bool(FACTS & touched)
        before = self._get_score_keys() if scored else set()
        figures = self._get_figure_keys() | self._get_linked_keys(vals)
        ends = self._get_ends()
        result = super().write(vals)
        if scored:
            self._mark_scores(before)
        figures |= self._get_gap_keys(ends) | self._get_linked_keys(vals)
        self._mark_figures(figures)
        return result

    def _mark_scores(self, before=frozenset()):
        # Safe: marks what the job computes again; nothing is shown.
        self.env["aftersales.score.dirty"].sudo()._mark(before | self._get_score_keys())

    def _get_score_keys(self):
        """``{(technician id, day)}``: months in which facts of these orders count."""
        # Safe: see `_mark_scores`.
        orders = self.sudo().filtered(
            lambda o: o.done_at or o.opinion_at or o.arrive_at or o.parent_id
        )
        facts = self.env["aftersales.score.facts"]
        keys = set()
        for order in orders:
            company = order.company_id
            instants = (order.done_at, order.opinion_at, order.arrive_at)
            people = order.technician_ids | order.worklog_ids.technician_id
            people |= order.visit_ids.technician_ids
            keys |= {
                (technician.id, facts._get_local_day(company, instant))
                for technician in people
                for instant in instants
                if instant
            }
            if order.parent_id:
                again = facts._get_local_day(company, order.called_at)
                keys |= {(t.id, again) for t in order.parent_id.technician_ids}
        return keys

    # -- figures --------------------------------------------------------------

    def _mark_figures(self, before=frozenset()):
        """Facts as they were and as they are; a fact that stays is marked once."""
        # Safe: marks what the job computes again; nothing is shown.
        self.env["aftersales.kpi.dirty"].sudo()._mark(before | self._get_figure_keys())

    def _get_figure_keys(self):
        """``{(company id, day, topic, technician id)}`` where these orders count.

        A repeat changes the month in which its first repair was done.
        """
        keys = set()
        # Safe: see `_mark_figures`.
        for order in self.sudo():
            keys |= order._get_own_figure_keys()
            first = order.parent_id
            if first.done_at:
                keys |= first._get_keys_of({"done": [first.done_at]})
        return keys

    def _get_own_figure_keys(self):
        over = self.done_at or self.cancelled_at
        keys = self._get_keys_of(
            {
                "done": [self.done_at],
                "due": [
                    self.answer_deadline,
                    self.arrive_deadline,
                    self.resolve_deadline,
                ],
                "reached": [self.answer_at, self.arrive_at],
                "backlog": [self.called_at, over],
            }
        )
        if self.asset_id:
            keys |= {
                (company, day, "machine", False)
                for company, day, topic, _who in keys
                if topic == "backlog"
            }
        return keys

    def _get_linked_keys(self, vals):
        """What hangs on an order counts for its technician and its machine."""
        if not vals.keys() & {"technician_id", "product_id", "asset_id"}:
            return set()
        # Safe: see `_mark_figures`.
        orders = self.sudo()
        keys = orders.complaint_ids._get_figure_keys()
        begun = orders.filtered(lambda order: order.state not in ("new", "dispatched"))
        keys |= begun.visit_ids._get_figure_keys()
        return keys | begun.followup_ids._get_figure_keys()

    def _get_ends(self):
        """``{order: when it was over}``, None while it is open."""
        # Safe: see `_mark_figures`.
        return {order: order.done_at or order.cancelled_at for order in self.sudo()}

    def _get_gap_keys(self, before):
        """An end that moves changes the backlog of all months in between."""
        now = fields.Datetime.now()
        keys = set()
        for order, new in self._get_ends().items():
            old = before.get(order)
            if not old or old == new:
                continue
            day, last = sorted([old, new or now])
            while day < last:
                keys |= order._get_keys_of({"backlog": [day]})
                day = fields.Datetime.add(day, months=1)
        return keys

    def _mark_line_figures(self):
        """Lines of orders that are done have changed: money and parts."""
        keys = {
            key
            for order in self
            for key in order._get_keys_of({"line": [order.done_at]})
        }
        # Safe: marks what the job computes again; nothing is shown.
        self.env["aftersales.kpi.dirty"].sudo()._mark(keys)

    def _get_keys_of(self, instants):
        """:param instants: ``{topic: [instants]}``"""
        self.ensure_one()
        facts = self.env["aftersales.score.facts"]
        company, who = self.company_id, self.technician_id.id
        return {
            (company.id, facts._get_month_of(company, instant), topic, who)
            for topic, found in instants.items()
            for instant in found
            if instant
        }

    # -- handbook (SV-91) -----------------------------------------------------

    def action_to_handbook(self):
        """Propose the remedy of this order; open the entry when there is one."""
        self.ensure_one()
        self.check_access("read")
        if not self.cause_id or not (self.remedy or "").strip():
            raise UserError(
                self.env._("Enter the cause and the remedy before you propose it.")
            )
        # Safe: whoever reads the order may propose its remedy; once.
        entries = self.env["aftersales.handbook"].sudo()
        entry = entries.search([("order_id", "=", self.id)], limit=1)
        entry = entry or entries.create(self._prepare_handbook())
        supervisor = "aftersales_service.aftersales_service_group_supervisor"
        if self.env.user.has_group(supervisor):
            return entry.with_env(self.env)._open()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Proposed: the supervisor publishes it."),
            },
        }

    def _prepare_handbook(self):
        parts = (self.product_id.display_name, self.symptom_id.name, self.cause_id.name)
        return {
            "name": " · ".join(part for part in parts if part),
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "symptom_id": self.symptom_id.id,
            "cause_id": self.cause_id.id,
            "problem": self.description,
            "remedy": self.remedy,
            "source": self.name,
            "order_id": self.id,
        }
