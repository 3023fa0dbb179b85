from odoo import api, fields, models
from odoo.exceptions import RedirectWarning


class AftersalesFreeWorkAccount(models.Model):
    """Where the cost of work nobody pays is booked, per payer and category (SV-50).

    Payers are those of the order lines: an add-on that adds one is served as well.
    """

    _name = "aftersales.free.work.account"
    _description = "Accounts of Free Work"
    _order = "company_id, payer, categ_id, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    payer = fields.Selection(
        selection=lambda self: self._selection_payer(),
        required=True,
        help="Who bears the cost instead of the customer.",
    )
    categ_id = fields.Many2one(
        "product.category",
        "Product category",
        ondelete="cascade",
        help="Of the part, the labour or the travel product; empty: all others.",
    )
    account_id = fields.Many2one(
        "account.account",
        "Cost account",
        required=True,
        check_company=True,
        ondelete="restrict",
        help="Carries the cost: the ledger then answers what free work has cost.",
    )
    counter_account_id = fields.Many2one(
        "account.account",
        required=True,
        check_company=True,
        ondelete="restrict",
        help="Taken off here: for parts the account of covered parts, for labour and "
        "travel the account that absorbs wages.",
    )
    active = fields.Boolean(default=True)

    _payer_uniq = models.UniqueIndex(
        "(company_id, payer, coalesce(categ_id, 0)) WHERE active",
        "This payer and category already have their accounts.",
    )

    @api.model
    def _selection_payer(self):
        field = self.env["aftersales.order.line"]._fields["payer"]
        return [
            (payer, label)
            for payer, label in field._description_selection(self.env)
            if payer != "customer"
        ]

    @api.depends("payer", "categ_id")
    def _compute_display_name(self):
        payers = dict(self._selection_payer())
        for record in self:
            parts = (payers.get(record.payer), record.categ_id.display_name)
            record.display_name = " · ".join(part for part in parts if part)

    @api.model
    def _match(self, company, keys):
        """Accounts for each payer and category; the nearest parent category wins.

        :param keys: set of (payer, product.category)
        :return: ``{key: aftersales.free.work.account}``
        :raise RedirectWarning: names payer, category and company without accounts
        """
        known = {
            (record.payer, record.categ_id.id): record
            for record in self.search([("company_id", "=", company.id)])
        }
        found = {}
        for payer, category in keys:
            path = [int(x) for x in (category.parent_path or "").split("/") if x]
            near = (known.get((payer, c)) for c in [*reversed(path), False])
            record = next((r for r in near if r), self.browse())
            if not record._is_usable():
                self._raise_missing(company, payer, category)
            found[payer, category] = record
        return found

    def _is_usable(self):
        """Both accounts are in use; an archived one counts as not chosen."""
        return self.account_id.active and self.counter_account_id.active

    def _raise_missing(self, company, payer, category):
        payers = dict(self._selection_payer())
        raise RedirectWarning(
            self.env._(
                "%(company)s has no accounts for free work of “%(payer)s”, category "
                "%(category)s. Choose them first.",
                company=company.name,
                payer=payers.get(payer, payer),
                category=category.display_name or "–",
            ),
            self.env.ref("aftersales_service.aftersales_free_work_account_action").id,
            self.env._("Open the accounts"),
        )
