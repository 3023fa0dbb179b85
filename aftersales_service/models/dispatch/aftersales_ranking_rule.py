from odoo import api, fields, models


class AftersalesRankingRule(models.Model):
    """How much each criterion counts when technicians are ranked (SV-21)."""

    _name = "aftersales.ranking.rule"
    _description = "Ranking of Technicians"
    _order = "sequence, id"
    _rec_name = "criterion"

    criterion = fields.Selection(
        [
            ("zone", "Works in the zone of the site"),
            ("team", "Belongs to the service point of the order"),
            ("free", "Has free time on the day"),
            ("load", "Has few open orders"),
            ("known", "Knows the customer"),
        ],
        required=True,
    )
    weight = fields.Float(required=True, default=10.0)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _criterion_uniq = models.UniqueIndex(
        "(criterion)", "This criterion has its weight already."
    )
    _weight_positive = models.Constraint(
        "CHECK (weight >= 0)", "A weight cannot be negative."
    )

    @api.model
    def _get_weights(self):
        """``{criterion: weight}`` of the active rules; all equal when there is none."""
        rules = self.search_fetch([], ["criterion", "weight"])
        return {rule.criterion: rule.weight for rule in rules} or dict.fromkeys(
            dict(self._fields["criterion"].selection), 1.0
        )
