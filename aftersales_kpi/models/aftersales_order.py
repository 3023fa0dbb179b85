from odoo import models

FACTS = {
    *("state", "done_at", "called_at", "technician_id", "technician_ids", "company_id"),
    *("opinion", "opinion_at", "parent_id", "misuse", "place", "currency_id"),
    *("arrive_at", "arrive_deadline"),
}


class AftersalesOrder(models.Model):
    """A changed order changes the scores of its people, before and after (KP-01)."""

    _inherit = "aftersales.order"

    def write(self, vals):
        if not FACTS & vals.keys():
            return super().write(vals)
        before = self._get_score_keys()
        result = super().write(vals)
        self._mark_scores(before)
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
