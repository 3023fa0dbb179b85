from odoo import fields, models

YES_NO = [("yes", "Yes"), ("no", "No")]


class AftersalesTripRule(models.Model):
    """One row of the decision table that names the cause of a trip (KP-07).

    The first row whose conditions all hold decides; an empty condition always holds.
    The table is read anew each time: a changed row classifies all years again.
    """

    _name = "aftersales.trip.rule"
    _description = "Rule for the Cause of Trips"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: for all companies."
    )
    trip_cause_id = fields.Many2one(
        "aftersales.trip.cause",
        "Cause of the trip",
        required=True,
        index=True,
        ondelete="restrict",
    )
    misuse = fields.Selection(YES_NO, "Misuse or force majeure")
    service_type = fields.Selection(
        [
            ("chargeable", "Chargeable"),
            ("contract", "Under contract"),
            ("free", "Free"),
            ("internal", "Internal"),
        ]
    )
    customer_pays = fields.Selection(
        YES_NO, help="The customer has something to pay for the order."
    )
    has_parts = fields.Selection(YES_NO, "Parts put in")
    is_repeat = fields.Selection(YES_NO, "Repeat of an earlier order")
    max_days = fields.Integer(
        "Within days of installation",
        help="Counted from the acceptance, else installation, else delivery of the "
        "machine to the call; 0: at any age.",
    )
    responsible = fields.Selection(
        [
            ("manufacturer", "Manufacturer"),
            ("service", "Our own service"),
            ("customer", "Customer"),
            ("environment", "Environment (power, climate, force majeure)"),
            ("unknown", "Not determined"),
        ],
        help="Who is responsible for the cause that was found.",
    )
    cause_ids = fields.Many2many(
        "aftersales.cause",
        "aftersales_trip_rule_cause_rel",
        "rule_id",
        "cause_id",
        string="Causes found",
        help="One of these; empty: any.",
    )
    symptom_ids = fields.Many2many(
        "aftersales.symptom",
        "aftersales_trip_rule_symptom_rel",
        "rule_id",
        "symptom_id",
        string="Symptoms",
        help="One of these; empty: any.",
    )
    note = fields.Text("Why", translate=True, help="What the row is meant for.")

    _max_days_positive = models.Constraint(
        "CHECK (max_days >= 0)", "The number of days cannot be negative."
    )
