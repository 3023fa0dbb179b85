from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_pricelist_id = fields.Many2one(
        "product.pricelist",
        "Service price list",
        check_company=True,
        help="List prices of service orders; empty: the customer's own price list.",
    )
    aftersales_labour_product_id = fields.Many2one(
        "product.product", "Labour", domain=[("type", "=", "service")]
    )
    aftersales_travel_product_id = fields.Many2one(
        "product.product", "Travel", domain=[("type", "=", "service")]
    )
    aftersales_inspection_product_id = fields.Many2one(
        "product.product",
        "Inspection fee",
        domain=[("type", "=", "service")],
        help="Charged alone when the customer refuses the quotation.",
    )
    aftersales_require_signature = fields.Boolean(
        "Signature on site", default=True, help="On-site orders end with a signature."
    )
    aftersales_photo_max_mb = fields.Integer(
        "Largest photo (MB)",
        default=5,
        help="Photos and PDF files that technicians add on site.",
    )
    _aftersales_photo_max_mb_positive = models.Constraint(
        "CHECK (aftersales_photo_max_mb > 0)", "Allow at least 1 MB for photos."
    )
    aftersales_approve_free = fields.Boolean(
        "Approve free orders",
        default=True,
        help="Orders registered as free wait for a manager like any other gift.",
    )
    aftersales_invoice_policy = fields.Selection(
        [
            ("manual", "By one click"),
            ("draft", "Draft at completion"),
            ("posted", "Posted at completion"),
        ],
        "Invoice service orders",
        default="manual",
        required=True,
    )
    aftersales_quote_days = fields.Integer(
        "Quotation valid (days)",
        default=30,
        help="How long the customer may accept a quotation.",
    )
    aftersales_quote_required = fields.Boolean(
        "Quotation before chargeable work",
        help="Work the customer pays for can only be completed after the quotation "
        "was accepted (SV-51).",
    )
    aftersales_trip_approval = fields.Boolean(
        "Approve trips", help="Trips are approved before departure (SV-23)."
    )
    aftersales_requisition_approval = fields.Boolean(
        "Approve requisitions", help="Parts are approved by the one in charge (SV-40)."
    )
    aftersales_visit_hours = fields.Float(
        "Length of a visit", default=2.0, help="Proposed length of a planned visit."
    )
    aftersales_labour_rounding = fields.Integer(
        "Round labour to (min)",
        default=15,
        help="Hours of a visit are rounded up to this step; 0: to the minute.",
    )
    aftersales_labour_minimum = fields.Integer(
        "Least labour (min)", help="Charged at least, per person and visit."
    )
    aftersales_consumption_location_id = fields.Many2one(
        "stock.location",
        "Covered parts go to",
        check_company=True,
        domain=[("usage", "in", ("inventory", "production"))],
        help="Location with its own expense account for parts the customer does not "
        "pay.",
    )
    aftersales_collection_journal_id = fields.Many2one(
        "account.journal",
        "On-site collections",
        check_company=True,
        domain=[("type", "in", ("cash", "bank"))],
    )
    aftersales_electronic_journal_id = fields.Many2one(
        "account.journal",
        "Card, QR and transfers",
        check_company=True,
        domain=[("type", "=", "bank")],
        help="Bank journal of what customers pay on site without cash; empty: the "
        "journal of on-site collections.",
    )
    aftersales_cash_journal_id = fields.Many2one(
        "account.journal",
        "Cash box",
        check_company=True,
        domain=[("type", "=", "cash")],
        help="Where the cashier puts the money technicians hand in.",
    )
    aftersales_technician_account_id = fields.Many2one(
        "account.account",
        "Due from technicians",
        check_company=True,
        help="What is missing when a technician hands in money.",
    )
