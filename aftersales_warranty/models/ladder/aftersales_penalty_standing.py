from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesPenaltyStanding(models.Model):
    """One row per supplier and company: the lock of its ladder (WA-28).

    Whoever evaluates a supplier updates its row first. A second evaluation at the same
    time waits, fails to serialize and is repeated by the server with fresh facts; so
    two complaints confirmed at once are both counted, and a step is recorded once.
    """

    _name = "aftersales.penalty.standing"
    _description = "Penalty ladder: evaluation of a supplier"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    evaluated_to = fields.Datetime(required=True)
    version = fields.Integer(required=True, default=0)

    _supplier_uniq = models.UniqueIndex("(company_id, partner_id)")
    _partner_idx = models.Index("(partner_id)")

    @api.model
    def _take(self, company, partner_ids, instant):
        """Lock suppliers, always in the same order.

        :return: ``{partner id: instant up to which complaints count}``; never earlier
            than a run before, so that evaluating an old day undoes nothing newer
        """
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO aftersales_penalty_standing AS s
                    (company_id, partner_id, evaluated_to, version)
                SELECT %s, p, %s, 1 FROM unnest(%s::int[]) p
                ON CONFLICT (company_id, partner_id) DO UPDATE
                    SET version = s.version + 1,
                        evaluated_to = greatest(s.evaluated_to, excluded.evaluated_to)
                RETURNING partner_id, evaluated_to
                """,
                company.id,
                instant,
                sorted(partner_ids),
            )
        )
        return dict(rows)
