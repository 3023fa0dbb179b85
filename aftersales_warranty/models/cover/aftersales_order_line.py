from odoo import api, fields, models

from odoo.addons.aftersales_service.tools.payer import Decision

from ...tools.cover import CoverRequest
from ...tools.period import local_date

SCOPES = {"part": "part", "labour": "labour", "travel": "travel"}
RULES = ("warranty", "warranty_share", "no_warranty")


class _KnownCover(dict):
    """Answers of one batch; a context from outside holds only plain dicts."""


class AftersalesOrderLine(models.Model):
    """The warranty pays lines, decided on the day of the report (WA-05).

    Full cover comes before contract and goodwill; a share of the cost comes after
    them, because the customer is better off with those. Misuse and a manager's word
    stand before all.
    """

    _inherit = "aftersales.order.line"

    payer = fields.Selection(
        selection_add=[("warranty", "Warranty"), ("supplier", "Supplier")],
        ondelete={"warranty": "set null", "supplier": "set null"},
    )
    warranty_id = fields.Many2one(
        "aftersales.warranty",
        compute="_compute_warranty_id",
        help="The warranty the decision rests on.",
    )

    warranty_cost = fields.Float(
        readonly=True,
        copy=False,
        digits="Product Price",
        groups="aftersales_service.aftersales_service_group_manager,"
        "aftersales_service.aftersales_service_group_accountant",
        help="What the covered line costs us, in the company's currency: parts at "
        "cost, work and travel at cost or else at list price, on the day it was done.",
    )

    def _set_warranty_cost(self):
        """Keep the cost of the day of completion; later prices do not change it."""
        for line in self:
            covered = line.payer == "warranty"
            line.warranty_cost = line._get_warranty_cost() if covered else 0.0

    def _get_warranty_cost(self):
        company = self.company_id
        product = self.product_id.with_company(company)
        quantity = self._get_charged_quantity()
        if not product.standard_price and self.kind != "part":
            return self.currency_id._convert(
                self.covered_amount,
                company.currency_id,
                company,
                company._aftersales_today(),
            )
        if self.uom_id and self.uom_id != product.uom_id:
            quantity = self.uom_id._compute_quantity(quantity, product.uom_id)
        return product.standard_price * quantity * self.payer_share / 100.0

    # -- decision --------------------------------------------------------------

    @api.depends(
        "order_id.asset_id",
        "order_id.sale_warranty_id",
        "order_id.called_at",
        "old_part_serial",
    )
    def _compute_payer(self):
        return super()._compute_payer()

    @api.model
    def _get_payer_deciders(self):
        names = super()._get_payer_deciders()
        # Internal work is nobody's claim; what no rule covers comes last.
        names.remove("_decide_internal")
        place = names.index("_decide_contract")
        names[place:place] = ["_decide_internal", "_decide_warranty"]
        place = names.index("_decide_customer")
        names[place:place] = ["_decide_warranty_share", "_decide_no_warranty"]
        return names

    def _decide_payer(self):
        """Each line asks once, whatever the number of deciders."""
        if isinstance(self.env.context.get("aftersales_cover"), _KnownCover):
            return super()._decide_payer()
        lines = self.with_context(aftersales_cover=_KnownCover())
        return super(AftersalesOrderLine, lines)._decide_payer()

    def _decide_warranty(self):
        return self._decide_by_cover("warranty", lambda answer: answer.share >= 100.0)

    def _decide_warranty_share(self):
        return self._decide_by_cover("warranty_share", lambda answer: answer.share)

    def _decide_no_warranty(self):
        """There is a warranty, but it does not pay: the customer reads why."""
        return self._decide_by_cover("no_warranty", lambda answer: answer.refusals)

    def _decide_by_cover(self, rule, accepts):
        return {
            line: self._prepare_decision(rule, line._get_scope(), answer)
            for line, answer in self._get_cover_answers().items()
            if answer and accepts(answer)
        }

    @api.model
    def _prepare_decision(self, rule, kind, answer):
        words = self.env["aftersales.warranty.words"]
        if rule == "no_warranty":
            facts = words._prepare_facts(kind, answer.refusals[0])
            return Decision("customer", words._describe(facts), facts=facts)
        facts = words._prepare_facts(kind, answer.best)
        return Decision("warranty", words._describe(facts), answer.share, facts)

    # -- questions to the warranties -------------------------------------------

    def _get_scope(self):
        """What the line is in the words of a warranty; False: nothing it pays."""
        if self.kind == "other" and self.product_id.aftersales_is_freight:
            return "freight"
        return SCOPES.get(self.kind, False)

    def _get_cover_key(self):
        """What the answer depends on, None where there is nothing to ask."""
        order = self.order_id
        scope = self._get_scope()
        subject = order.asset_id._origin.id, order.sale_warranty_id._origin.id
        if not scope or not any(subject):
            return None
        part = scope == "part"
        return (
            scope,
            *subject,
            order.called_at or fields.Datetime.now().replace(microsecond=0),
            part and self.product_id._origin.id,
            part and (self.old_part_serial or False),
        )

    def _get_cover_answers(self):
        """``{line: CoverAnswer or None}``, asked once for all lines."""
        known = self.env.context.get("aftersales_cover")
        if not isinstance(known, _KnownCover):
            known = _KnownCover()
        keys = {line: line._get_cover_key() for line in self}
        self._ask_cover({key for key in keys.values() if key} - known.keys(), known)
        return {line: known.get(key) for line, key in keys.items()}

    @api.model
    def _ask_cover(self, keys, known):
        """Put the answers to the questions into ``known``, with fixed queries."""
        keys = list(keys)
        if not keys:
            return
        # Safe: who is asked; the answers hold no prices, see `_get_cover`.
        env = self.sudo().env
        assets = self._by_id(env["aftersales.asset"], {key[1] for key in keys})
        sold = self._by_id(env["aftersales.warranty"], {key[2] for key in keys})
        products = self._by_id(env["product.product"], {key[4] for key in keys})
        lots = self._find_lots({(key[4], key[5]) for key in keys if key[5]})
        requests = [
            CoverRequest(
                scope,
                called_at,
                asset=assets.get(asset_id),
                product=products.get(product_id),
                lot=lots.get((product_id, serial)),
                warranties=sold.get(sold_id),
            )
            for scope, asset_id, sold_id, called_at, product_id, serial in keys
        ]
        answers = env["aftersales.warranty"]._get_cover(requests)
        known.update(zip(keys, answers, strict=True))

    @api.model
    def _by_id(self, model, ids):
        """Records by id that are read together."""
        return {record.id: record for record in model.browse(sorted(ids - {False}))}

    @api.model
    def _find_lots(self, asked):
        """``{(product id, serial): lot}`` of the parts taken out."""
        if not asked:
            return {}
        # Safe: finds the part's own cover, nothing of the lot is shown.
        lots = self.env["stock.lot"].sudo()
        found = lots.search(
            [
                ("product_id", "in", [product_id for product_id, _serial in asked]),
                ("name", "in", [serial for _product_id, serial in asked]),
            ]
        )
        return {(lot.product_id.id, lot.name): lot for lot in found}

    # -- many new lines at once ------------------------------------------------

    def _add_precomputed_values(self, vals_list):
        """Ask for all new lines at once; equal outcomes are computed once.

        The words of the reason differ from machine to machine and are put in last.
        """
        lines = self.with_context(aftersales_cover=_KnownCover())
        keys = [lines._get_cover_key_of_values(vals) for vals in vals_list]
        known = lines.env.context["aftersales_cover"]
        lines._ask_cover({key for key in keys if key}, known)
        given = [vals.keys() & {"payer_reason", "payer_facts"} for vals in vals_list]
        super(AftersalesOrderLine, lines)._add_precomputed_values(vals_list)
        for vals, key, own in zip(vals_list, keys, given, strict=True):
            rule = vals.get("payer_rule")
            if key and rule in RULES and not own:
                decision = self._prepare_decision(rule, key[0], known[key])
                vals["payer_reason"] = decision.reason
                vals["payer_facts"] = decision.facts

    @api.model
    def _get_cover_key_of_values(self, vals):
        order = self.env["aftersales.order"].browse(vals.get("order_id") or [])
        if not order.asset_id and not order.sale_warranty_id:
            return None
        names = ("order_id", "kind", "product_id", "old_part_serial")
        values = {name: vals[name] for name in names if vals.get(name)}
        return self.new({"kind": "part", **values})._get_cover_key()

    @api.model
    def _get_precompute_key(self, vals):
        key = super()._get_precompute_key(vals)
        known = self.env.context.get("aftersales_cover")
        if key is None or not isinstance(known, _KnownCover):
            return key
        answer = known.get(self._get_cover_key_of_values(vals))
        return key, answer and (answer.share, bool(answer.refusals))

    # -- words -----------------------------------------------------------------

    def _get_payer_text(self, reasons):
        if self.payer_rule in RULES and self.payer_facts:
            return self.env["aftersales.warranty.words"]._describe(self.payer_facts)
        return super()._get_payer_text(reasons)

    @api.depends("payer_facts")
    def _compute_warranty_id(self):
        warranties = self.env["aftersales.warranty"]
        ids = {line: (line.payer_facts or {}).get("warranty") for line in self}
        known = warranties.browse({i for i in ids.values() if i}).exists()
        for line, warranty_id in ids.items():
            found = warranty_id in known.ids
            line.warranty_id = warranties.browse(warranty_id if found else [])

    # -- goodwill ---------------------------------------------------------------

    def _get_gift_value(self):
        """List value before tax of the line as a gift, in the company's currency."""
        gift = self.new({"payer": "goodwill", "payer_share": 100.0}, origin=self)
        return self.currency_id._convert(
            gift._get_covered_value(),
            self.company_id.currency_id,
            self.company_id,
            self.company_id._aftersales_today(),
        )

    def action_override_payer(self, payer, reason):
        """Goodwill is given within its budget."""
        result = super().action_override_payer(payer, reason)
        if payer == "goodwill":
            self.env["aftersales.goodwill.budget"]._check_lines(self)
        return result

    # -- again -----------------------------------------------------------------

    def _decide_again(self):
        """Let the rules look at the facts of today; a person's decision stays."""
        if not self:
            return
        computed = self.pool.field_computed[self._fields["payer"]]
        for field in computed:
            self.env.add_to_compute(field, self)
        self._recompute_recordset([field.name for field in computed])

    def _prepare_warranty_part(self):
        """The part as its own cover starts: handed over on the day of completion."""
        warranty = self.warranty_id
        done_at = self.order_id.done_at or fields.Datetime.now()
        return {
            "warranty_id": warranty.id,
            "order_line_id": self.id,
            "product_id": self.product_id.id,
            "lot_id": self.lot_id.id,
            "quantity": self._get_charged_quantity(),
            "share": self.payer_share,
            "fitted_on": local_date(done_at, warranty.tz),
        }
