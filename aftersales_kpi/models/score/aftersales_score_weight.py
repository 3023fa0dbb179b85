from odoo import api, fields, models


class AftersalesScoreWeight(models.Model):
    """How much each mark counts (docs/rules.md, Technician score)."""

    _name = "aftersales.score.weight"
    _description = "Weight of a Mark"
    _order = "sequence, id"
    _rec_name = "criterion"

    criterion = fields.Selection(
        [
            ("satisfaction", "Satisfied customers"),
            ("attitude", "Attitude"),
            ("skill", "Skill"),
            ("punctuality", "Arrival time"),
            ("promises", "Promises kept"),
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
        """``{criterion: weight}`` of the active ones."""
        # Safe: weights are no secret; the job and all roles compute the same.
        rows = self.sudo().search_fetch([("weight", ">", 0)], ["criterion", "weight"])
        return {row.criterion: row.weight for row in rows}
