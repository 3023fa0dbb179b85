from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.records import labels

KINDS = [
    ("cash", "Cash"),
    ("qr", "QR code"),
    ("card", "Card"),
    ("transfer", "Transfer"),
]


class AftersalesCollectionMethod(models.Model):
    """A way customers pay on site, with the journal it is booked in (SV-52).

    Every wallet and bank is a way of its own. Cash lies with the technician and always
    goes through the journal “On-site collections”: only then is its balance what
    technicians hold. Each company starts with one way per kind.
    """

    _name = "aftersales.collection.method"
    _description = "Way of Paying on Site"
    _order = "sequence, id"
    _check_company_auto = True
    _rec_names_search = ["name", "code"]

    name = fields.Char(
        "Shown as", translate=True, help="For example the wallet; empty: the kind."
    )
    code = fields.Char(required=True, help="Short name for imports and other programs.")
    kind = fields.Selection(KINDS, required=True, default="qr")
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        ondelete="restrict",
        domain=[("type", "in", ("bank", "cash", "credit"))],
        groups="account.group_account_invoice,account.group_account_readonly",
        help="Where the money arrives. Empty: the journal in the settings. Cash always "
        "goes through the journal of on-site collections.",
    )
    needs_reference = fields.Boolean(
        "Reference needed", help="The number of the transaction has to be entered."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )

    _code_uniq = models.UniqueIndex(
        "(company_id, code)", "This company already has a way of paying of that code."
    )

    @api.depends_context("lang")
    @api.depends("name", "kind")
    def _compute_display_name(self):
        kinds = labels(self, "kind")
        for method in self:
            method.display_name = method.name or kinds.get(method.kind)

    @api.constrains("kind", "journal_id", "company_id")
    def _check_journal(self):
        # Safe: journals are compared, not shown.
        for method in self.sudo():
            onsite = method.company_id.aftersales_collection_journal_id
            if method.journal_id and method.kind == "cash":
                raise ValidationError(
                    self.env._(
                        "Cash goes through the journal “On-site collections” of the "
                        "settings. Leave the journal of %s empty.",
                        method.display_name,
                    )
                )
            if method.journal_id and method.journal_id == onsite:
                raise ValidationError(
                    self.env._(
                        "%(journal)s holds only cash of technicians. Choose another "
                        "journal for %(method)s.",
                        journal=onsite.name,
                        method=method.display_name,
                    )
                )

    def write(self, vals):
        if vals.keys() & {"kind", "company_id"}:
            self._check_unused()
        return super().write(vals)

    def _check_unused(self):
        """What was taken keeps its kind: cash is counted, the rest is not."""
        # Safe: only whether one exists.
        used = self.env["aftersales.collection"].sudo()
        if used.search_count([("method_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "Money was already taken this way. Archive it and make a new one."
                )
            )

    # -------------------------------------------------------------------------
    # FIND
    # -------------------------------------------------------------------------

    @api.model
    def _get_methods(self, company):
        """The ways a company offers; a new company gets one per kind."""
        # Safe: names and codes of ways of paying, for whoever takes the money.
        everything = self.sudo().with_context(active_test=False)
        methods = everything.search([("company_id", "=", company.id)])
        if not methods:
            methods = everything._create_defaults(company)
        return methods.filtered("active")

    @api.model
    def _find(self, company, code):
        """The way with that code; else the first of that kind."""
        methods = self._get_methods(company)
        return (
            methods.filtered(lambda m: m.code == code)[:1]
            or (methods.filtered(lambda m: m.kind == code)[:1])
        )

    @api.model
    def _create_defaults(self, company):
        return self.create(
            [
                {
                    "code": kind,
                    "kind": kind,
                    "company_id": company.id,
                    "sequence": 10 * number,
                }
                for number, (kind, _label) in enumerate(KINDS, start=1)
            ]
        )

    @api.model
    def _create_missing(self):
        """On installation and update: ways for every company, also of old records."""
        # Safe: runs at installation and update only.
        methods = self.sudo().with_context(active_test=False)
        known = methods.search(Domain.TRUE).company_id
        # pylint: disable-next=no-search-all
        for company in self.env["res.company"].sudo().search([]) - known:  # Safe: too.
            methods._create_defaults(company)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE aftersales_collection k SET method_id = (
                    SELECT m.id FROM aftersales_collection_method m
                     WHERE m.company_id = k.company_id AND m.kind = k.method
                     ORDER BY m.code <> m.kind, m.sequence, m.id LIMIT 1)
                 WHERE k.method_id IS NULL
                """
            )
        )
        self.env["aftersales.collection"].invalidate_model(["method_id"])
