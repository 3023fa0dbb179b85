from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.period import local_date
from .aftersales_warranty_period import PeriodFacts

CODE = "aftersales.warranty"
QUIET = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "tracking_disable": True,
    "mail_notrack": True,
}


class AftersalesWarranty(models.Model):
    """Opening: whoever creates a warranty gives the subject, the rest is found.

    A delivery, an import, the bulk wizard and a person all come through
    ``create``; number, term version, start, ends and scopes are added for the whole
    batch at once.
    """

    _inherit = "aftersales.warranty"

    # -- create -------------------------------------------------------------------

    @api.model
    def _prepare_guarded_values(self, vals_list):
        vals_list = super()._prepare_guarded_values(vals_list)
        self._add_subjects(vals_list)
        self._check_openings(vals_list)
        self._add_terms(vals_list)
        facts = self._get_opening_facts(vals_list)
        periods = self._compute_periods(facts)
        for vals, item in zip(vals_list, facts, strict=True):
            vals.update(periods[item][0])
        self._add_numbers(vals_list)
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        # Before terms and numbers are looked up: who may not open learns it first.
        self.check_access("create")
        # pylint: disable-next=context-overridden
        quiet = self.with_context({**self.env.context, **QUIET})
        warranties = super(AftersalesWarranty, quiet).create(vals_list)
        warranties._add_scopes()
        warranties._decide_orders()
        return warranties.with_env(self.env)

    def _add_scopes(self):
        """The scope rows of new warranties, all in few statements."""
        # Safe: rows computed from the term the warranties were just opened under.
        warranties = self.sudo()
        facts = warranties._get_period_facts()
        periods = self._compute_periods(facts.values())
        self._insert_scopes(
            [
                {**scope, "warranty_id": warranty.id}
                for warranty in warranties
                for scope in periods[facts[warranty]][1]
            ]
        )
        counted = warranties.filtered(lambda warranty: facts[warranty].repairs)
        counted._refresh_periods()

    @api.model
    def _add_subjects(self, vals_list):
        """Product, owner, place and days of the events, from machine or sales line."""
        assets = self.env["aftersales.asset"].browse(
            {vals["asset_id"] for vals in vals_list if vals.get("asset_id")}
        )
        lines = self.env["sale.order.line"].browse(
            {vals["sale_line_id"] for vals in vals_list if vals.get("sale_line_id")}
        )
        # Safe: copied into the warranty of that very machine or sales line.
        by_id = {asset.id: asset for asset in assets.sudo()}
        line_by_id = {line.id: line for line in lines.sudo()}
        for vals in vals_list:
            line = line_by_id.get(vals.get("sale_line_id"))
            if line:
                self._add_sale_line_values(vals, line)
            if asset := by_id.get(vals.get("asset_id")):
                self._add_asset_values(vals, asset)
            elif vals.get("invoice_line_id"):
                # Safe: the invoice that sold this very warranty.
                row = self.env["account.move.line"].sudo()
                self._add_invoice_line_values(vals, row.browse(vals["invoice_line_id"]))
            elif not line:
                vals.setdefault("company_id", self.env.company.id)
            vals.setdefault("kind", "standard")
            vals["tz"] = vals.get("tz") or "UTC"

    @api.model
    def _add_asset_values(self, vals, asset):
        # The machine decides: whose it is and where it stands.
        vals.update(
            company_id=asset.company_id.id,
            partner_id=asset.partner_id.id,
            tz=asset._get_warranty_tz(),
        )
        vals.setdefault("product_id", asset.product_id.id)
        for name, day in asset._get_warranty_events().items():
            if day:
                vals.setdefault(name, day)

    @api.model
    def _add_invoice_line_values(self, vals, line):
        vals.setdefault("company_id", line.company_id.id)
        vals.setdefault("partner_id", line.partner_id.commercial_partner_id.id)
        vals.setdefault("product_id", line.product_id.id)
        vals.setdefault(
            "tz", line.partner_id.tz or line.company_id._aftersales_zone().zone
        )
        vals.setdefault("invoiced_on", line.move_id.invoice_date)

    @api.model
    def _add_sale_line_values(self, vals, line):
        order = line.order_id
        place = order.partner_shipping_id or order.partner_id
        vals.setdefault("company_id", line.company_id.id)
        vals.setdefault("partner_id", order.partner_id.commercial_partner_id.id)
        vals.setdefault("product_id", line.product_id.id)
        vals.setdefault("tz", place.tz or line.company_id._aftersales_zone().zone)
        if day := line._get_aftersales_invoiced_on():
            vals.setdefault("invoiced_on", day)

    @api.model
    def _check_openings(self, vals_list):
        """Who sets a start gives the reason; nobody opens on nothing."""
        for vals in vals_list:
            if not any(
                vals.get(name)
                for name in ("asset_id", "sale_line_id", "invoice_line_id")
            ):
                raise UserError(
                    self.env._(
                        "Say which installed product or sales line the warranty is for."
                    )
                )
            if not vals.get("opening_date"):
                continue
            day = fields.Date.to_date(vals["opening_date"])
            reason = (vals.get("opening_reason") or "").strip()
            today = local_date(fields.Datetime.now(), vals.get("tz"))
            if day < today and not reason:
                raise UserError(
                    self.env._(
                        "The start %(day)s lies in the past: say why in “Reason for "
                        "the start”.",
                        day=day,
                    )
                )
            vals.update(self._prepare_start_values(day, reason or False))

    @api.model
    def _add_terms(self, vals_list):
        """The term chosen, else the nearest; always its current version."""
        terms = self.env["aftersales.warranty.term"]
        chosen = terms.browse({v["term_id"] for v in vals_list if v.get("term_id")})
        missing = [vals for vals in vals_list if not vals.get("term_id")]
        matches = self._find_missing_terms(missing)
        found = terms.union(*(match.term for match in matches))
        versions = (chosen | found)._get_versions()
        by_id = {term.id: version for term, version in versions.items()}
        for vals, match in zip(missing, matches, strict=True):
            vals.update(
                term_id=match.term.id,
                term_source=match.source,
                term_source_name=match.name,
            )
        for vals in vals_list:
            # Safe: which term the wording is a version of.
            version = by_id[vals["term_id"]].sudo()
            vals.update(term_id=version.id, head_term_id=version.head_id.id)
            vals.setdefault("term_source", "chosen")

    @api.model
    def _find_missing_terms(self, vals_list):
        """One match per values; a product without any term is an error by name."""
        terms = self.env["aftersales.warranty.term"]
        products = self.env["product.product"]
        by_company = {}
        for vals in vals_list:
            by_company.setdefault(vals["company_id"], []).append(vals["product_id"])
        found = {}
        for company_id, product_ids in by_company.items():
            company = self.env["res.company"].browse(company_id)
            matches = terms._find_terms(products.browse(set(product_ids)), company)
            for product, match in matches.items():
                found[company_id, product.id] = match
        for vals in vals_list:
            if (vals["company_id"], vals["product_id"]) not in found:
                raise UserError(
                    self.env._(
                        "No warranty term is set for %(product)s. Choose one, or set "
                        "it on the product or its category.",
                        product=products.browse(vals["product_id"]).display_name,
                    )
                )
        return [found[vals["company_id"], vals["product_id"]] for vals in vals_list]

    @api.model
    def _get_opening_facts(self, vals_list):
        """PeriodFacts of warranties about to be opened, one per values."""
        terms = self.env["aftersales.warranty.term"]
        companies = self.env["res.company"]
        # Safe: the wording is read for a warranty the caller may open.
        versions = terms.sudo().browse({vals["term_id"] for vals in vals_list})
        term_by_id = {term.id: term for term in versions}
        owners = companies.browse({vals["company_id"] for vals in vals_list})
        holidays = self._get_holidays(versions, owners.sudo())
        company_by_id = {company.id: company for company in owners.sudo()}
        return [
            self._prepare_opening_facts(
                vals,
                term_by_id[vals["term_id"]],
                holidays.get(
                    (term_by_id[vals["term_id"]], company_by_id[vals["company_id"]]),
                    frozenset(),
                ),
            )
            for vals in vals_list
        ]

    @api.model
    def _prepare_opening_facts(self, vals, term, holidays):
        common = {
            "term": term,
            "zone": vals["tz"],
            "holidays": holidays,
            "carried_days": vals.get("carried_days", 0),
        }
        to_date = fields.Date.to_date
        if vals.get("start_fixed"):
            return PeriodFacts(
                **common,
                fixed=to_date(vals["date_start"]),
                event=vals["start_event"],
            )
        if vals["kind"] == "extended":
            # Safe: the standard warranty of the same machine decides the start.
            new = self.sudo().new({**vals, "term_id": term.id})
            return PeriodFacts(**common, **new._get_extension_start())
        happened = tuple(
            (event, to_date(vals[name]))
            for event, name in self._get_event_fields().items()
            if vals.get(name)
        )
        return PeriodFacts(**common, happened=happened)

    @api.model
    def _add_numbers(self, vals_list):
        sequences = self.env["ir.sequence"]
        by_company = {}
        for vals in vals_list:
            by_company.setdefault(vals["company_id"], []).append(vals)
        for company_id, group in by_company.items():
            company = self.env["res.company"].browse(company_id)
            numbers = sequences._aftersales_next_numbers(CODE, company, len(group))
            for vals, number in zip(group, numbers, strict=True):
                vals["name"] = number

    # -- opening for machines -------------------------------------------------------

    @api.model
    def _open_for_assets(self, assets, extra=None, sold_again=None):
        """Open the standard warranty of machines that have none; others are left out.

        What was voided with a reason stays so: no event brings it back. A machine
        sold to somebody else gets a new one.

        :param sold_again: machines for which a void warranty is no obstacle
        :param extra: ``{asset: values}`` such as the sales line it was delivered for
        :return: the warranties opened
        """
        # Safe: opening is the consequence of a delivery or an event, not a choice.
        opened = self.sudo()
        void = opened.search(
            [
                ("asset_id", "in", (assets - (sold_again or assets.browse())).ids),
                ("kind", "=", "standard"),
                ("is_void", "=", True),
            ]
        )
        missing = assets - (opened._find_standard(assets) | void).asset_id
        extra = extra or {}
        vals_list = []
        for company, group in missing.grouped("company_id").items():
            matches = self.env["aftersales.warranty.term"]._find_terms(
                group.product_id, company
            )
            vals_list += [
                {
                    **extra.get(asset, {}),
                    "asset_id": asset.id,
                    "term_id": matches[asset.product_id].term.id,
                    "term_source": matches[asset.product_id].source,
                    "term_source_name": matches[asset.product_id].name,
                }
                for asset in group
                if asset.product_id in matches
            ]
        return opened.create(vals_list) if vals_list else opened

    @api.model
    def _find_standard(self, assets):
        """The standard warranties in force (or over, not void) of some machines."""
        return self.search(
            [
                ("asset_id", "in", assets.ids),
                ("kind", "=", "standard"),
                ("is_void", "=", False),
            ]
        )

    # -- exchange -------------------------------------------------------------------

    @api.model
    def _open_for_exchange(self, new_by_old, day):
        """The units given in exchange: a new period, or what is left of the old one.

        :param new_by_old: ``{machine taken back: machine given for it}``
        :param day: day of the exchange
        :return: the new warranties, standard and extended
        """
        # Safe: called by the approved exchange; the rule of the term decides.
        warranties = self.sudo()
        olds = warranties.search(
            [
                ("asset_id", "in", [old.id for old in new_by_old]),
                ("is_void", "=", False),
            ],
            order="date_start, id",
        )
        # A delivery may have opened some already: the exchange decides instead.
        news = self.env["aftersales.asset"].union(*new_by_old.values())
        warranties._find_standard(news)._void(
            self.env._("Replaced by the warranty of the exchange")
        )
        opened = warranties.browse()
        followed = {}
        # The standard ones first, then what follows them, one behind the other.
        for rank in self._rank_for_exchange(olds):
            created = warranties.create(
                [
                    warranty._prepare_exchange_values(
                        new_by_old[warranty.asset_id],
                        day,
                        followed.get(warranty.asset_id),
                    )
                    for warranty in rank
                ]
            )
            followed.update(zip(rank.asset_id, created, strict=True))
            opened |= created
        olds._void(self.env._("Exchanged for another unit"))
        return opened

    @api.model
    def _rank_for_exchange(self, warranties):
        """The first warranty of every machine, then the second of every one, …"""
        ranks = []
        for rows in warranties.grouped("asset_id").values():
            ordered = rows.sorted(lambda row: row.kind == "extended")
            for number, row in enumerate(ordered):
                if number == len(ranks):
                    ranks.append(warranties.browse())
                ranks[number] |= row
        return ranks

    def _prepare_exchange_values(self, new_asset, day, base=None):
        self.ensure_one()
        values = {
            "asset_id": new_asset.id,
            "kind": self.kind,
            "term_id": self.term_id.id,
            "term_source": "exchange",
            "term_source_name": self.name,
            "exchanged_id": self.id,
            "sale_line_id": self.sale_line_id.id,
        }
        if self.kind == "extended":
            values["invoiced_on"] = self.invoiced_on
            values["parent_id"] = base.id if base else False
            return values
        if self.term_id.restart_on_exchange or not self.date_start:
            start, carried = day, 0
        else:
            start, carried = self.date_start, self.extended_days + self.carried_days
        return {
            **values,
            **self._prepare_start_values(
                start, self.env._("Exchange of %s", self.name)
            ),
            "start_event": "exchange",
            "carried_days": carried,
        }

    # -- extended warranties ----------------------------------------------------------

    def _assign(self, asset):
        """Put an extended warranty behind the last one of the machine."""
        for warranty in self:
            base = warranty._find_last(asset)
            # Safe: the caller has checked machine and buyer, or delivered it.
            warranty.sudo().write(
                {
                    "asset_id": asset.id,
                    "product_id": asset.product_id.id,
                    "partner_id": asset.partner_id.id,
                    "tz": asset._get_warranty_tz(),
                    "parent_id": base.id,
                }
            )
            warranty._log_text(self.env._("For %s", asset.display_name))
        self._refresh_periods()

    def _find_last(self, asset):
        """The warranty an extension of the machine follows: the last of the row."""
        # Safe: the machine's own warranties, to put another behind them.
        found = self.sudo().search(
            [
                ("asset_id", "=", asset.id),
                ("is_void", "=", False),
                ("id", "not in", self.ids),
            ]
        )
        followed = found.parent_id
        return (found - followed).sorted(lambda w: (w.kind == "extended", w.id))[-1:]

    @api.model
    def _assign_delivered(self, delivered):
        """Extended warranties of the same sales order go to the machines delivered.

        :param delivered: ``{asset: values with the sales line}``
        """
        lines = self.env["sale.order.line"].browse(
            {vals["sale_line_id"] for vals in delivered.values() if vals}
        )
        waiting = self.search(
            [
                ("kind", "=", "extended"),
                ("asset_id", "=", False),
                ("is_void", "=", False),
                ("sale_order_id", "in", lines.order_id.ids),
            ],
            order="id",
        )
        queues = {order: list(rows) for order, rows in self._by_order(waiting)}
        for asset, vals in delivered.items():
            order = lines.browse(vals.get("sale_line_id")).order_id
            if queue := queues.get(order):
                queue.pop(0)._assign(asset)

    @api.model
    def _by_order(self, warranties):
        return warranties.grouped("sale_order_id").items()

    @api.model
    def _open_extended(self, vals_list, assets_list):
        """Open extended warranties; those with a machine are put behind its last.

        :param assets_list: one machine, or an empty recordset, per values
        """
        # Safe: the consequence of a sale that was confirmed or invoiced.
        opened = self.sudo().create(
            [{"kind": "extended", "term_source": "product", **v} for v in vals_list]
        )
        for warranty, asset in zip(opened, assets_list, strict=True):
            if asset:
                warranty._assign(asset)
        return opened
