from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.aftersales_service.tools.records import open_form

SHOWN = 200
BATCH = 10000


class AftersalesWarrantyOpen(models.TransientModel):
    """Opens the warranties of old deliveries, with a look at them first (WA-02).

    Repeatable: a machine that has its warranty is left out, so a second run opens
    none. Nothing is half-done: one error, and no warranty of the run is opened.
    """

    _name = "aftersales.warranty.open"
    _description = "Open Warranties in Bulk"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    product_ids = fields.Many2many(
        "product.product",
        "aftersales_warranty_open_product_rel",
        "wizard_id",
        "product_id",
        string="Products",
        help="Empty: all.",
    )
    categ_id = fields.Many2one("product.category", "Category")
    partner_id = fields.Many2one("res.partner", "Customer")
    date_from = fields.Date("Delivered from")
    date_to = fields.Date("Delivered to")
    with_deliveries = fields.Boolean(
        "Also serials never registered",
        default=True,
        help="Serial numbers delivered before this system kept installed products "
        "are registered first.",
    )
    term_id = fields.Many2one(
        "aftersales.warranty.term",
        "Term for all",
        domain="[('head_id', '=', False)]",
        help="Empty: the nearest term of each product.",
    )
    opening_date = fields.Date(
        "Start for all", help="Empty: the events known of each machine decide."
    )
    reason = fields.Char(required=True, default=lambda self: self._default_reason())
    asset_ids = fields.Many2many(
        "aftersales.asset",
        "aftersales_warranty_open_asset_rel",
        "wizard_id",
        "asset_id",
        string="Installed Products",
        help="Only these; empty: as the conditions say.",
    )
    line_ids = fields.One2many(
        "aftersales.warranty.open.line", "wizard_id", "Preview", readonly=True
    )
    previewed = fields.Boolean(readonly=True)
    found_count = fields.Integer("Without a warranty", readonly=True)
    ready_count = fields.Integer("To be opened", readonly=True)
    pending_count = fields.Integer("Of these waiting", readonly=True)
    over_count = fields.Integer("Of these over already", readonly=True)
    problem_count = fields.Integer("Problems", readonly=True)
    unregistered_count = fields.Integer("Serials to be registered", readonly=True)

    def _default_reason(self):
        return self.env._("Old deliveries taken over")

    # -- actions ----------------------------------------------------------------

    def action_preview(self):
        """Show what would be opened; nothing is written but the list itself."""
        self.ensure_one()
        self._check_allowed()
        rows = self._get_rows(self._find_assets())
        problems = [row for row in rows if row["problem"]]
        shown = problems[:SHOWN] + [row for row in rows if not row["problem"]]
        self.write(
            {
                "previewed": True,
                "found_count": len(rows),
                "ready_count": len(rows) - len(problems),
                "problem_count": len(problems),
                "pending_count": sum(row["state"] == "pending" for row in rows),
                "over_count": sum(row["state"] == "expired" for row in rows),
                "unregistered_count": len(self._find_unregistered()),
                "line_ids": [
                    Command.clear(),
                    *(Command.create(row) for row in shown[:SHOWN]),
                ],
            }
        )
        return open_form(self, name=self.env._("Open warranties"), dialog=True)

    def action_open(self):
        """Open all that have no problem; those that have one stay for later."""
        self.ensure_one()
        self._check_allowed()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why these warranties are opened now."))
        if self.with_deliveries:
            self._register_deliveries()
        warranties = self._open(self._find_assets())
        if not warranties:
            raise UserError(
                self.env._(
                    "There is nothing to open: every machine found has its warranty, "
                    "or no term is set for its product."
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_warranty_action"
        )
        action["domain"] = [
            ("id", ">=", min(warranties.ids)),
            ("id", "<=", max(warranties.ids)),
        ]
        action["context"] = {}
        return action

    # -- business ---------------------------------------------------------------

    def _check_allowed(self):
        self.env["res.users"]._check_aftersales_role("supervisor")
        if self.company_id not in self.env.user.company_ids:
            raise AccessError(self.env._("This is not a company of yours."))

    def _find_assets(self):
        """Machines in use that never had a standard warranty, at most one batch.

        One that was voided stays void: a manager restores it, or a supervisor opens
        another on the machine.
        """
        none = Domain("kind", "=", "standard")
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "in_use")
            & ~Domain("warranty_ids", "any", none)
        )
        if self.asset_ids:
            domain &= Domain("id", "in", self.asset_ids.ids)
        if self.product_ids:
            domain &= Domain("product_id", "in", self.product_ids.ids)
        if self.categ_id:
            domain &= Domain("product_categ_id", "child_of", self.categ_id.ids)
        if self.partner_id:
            domain &= Domain("partner_id", "child_of", self.partner_id.ids)
        if self.date_from:
            domain &= Domain("delivered_on", ">=", self.date_from)
        if self.date_to:
            domain &= Domain("delivered_on", "<=", self.date_to)
        return self.env["aftersales.asset"].search(domain, order="id", limit=BATCH)

    def _find_matches(self, assets):
        """``{product: TermMatch}``; empty where one term is chosen for all."""
        if self.term_id:
            return {}
        terms = self.env["aftersales.warranty.term"]
        return terms._find_terms(assets.product_id, self.company_id)

    def _get_rows(self, assets):
        """What each machine would get: term, start, end, or the problem."""
        matches = self._find_matches(assets)
        warranties = self.env["aftersales.warranty"]
        today = self.company_id._aftersales_today()
        rows = []
        for asset in assets:
            match = matches.get(asset.product_id)
            term = self.term_id or (match.term if match else self.term_id)
            row = {"asset_id": asset.id, "term_id": term.id, "problem": False}
            row["state"] = False
            if not term:
                row["problem"] = self.env._("No term: set one on product or category")
            else:
                facts = warranties._prepare_opening_facts(
                    self._prepare_row_values(asset), term, frozenset()
                )
                row.update(self._describe_period(facts, today))
            rows.append(row)
        return rows

    def _describe_period(self, facts, today):
        values = self.env["aftersales.warranty"]._compute_period(facts)[0]
        start, end = values["date_start"], values["date_end"]
        state = "active"
        if not start or start > today:
            state = "pending"
        elif end < today:
            state = "expired"
        return {"date_start": start, "date_end": end, "state": state}

    def _prepare_row_values(self, asset):
        values = {
            "tz": asset._get_warranty_tz(),
            "kind": "standard",
            **asset._get_warranty_events(),
        }
        if self.opening_date:
            values.update(
                start_fixed=True, date_start=self.opening_date, start_event="import"
            )
        return values

    def _open(self, assets):
        """One creation for all machines that have a term."""
        matches = self._find_matches(assets)
        vals_list = []
        for asset in assets:
            match = matches.get(asset.product_id)
            if not (self.term_id or match):
                continue
            vals = {"asset_id": asset.id, "opening_reason": self.reason}
            if self.opening_date:
                vals["opening_date"] = self.opening_date
            if self.term_id:
                vals["term_id"] = self.term_id.id
            else:
                vals.update(
                    term_id=match.term.id,
                    term_source=match.source,
                    term_source_name=match.name,
                )
            vals_list.append(vals)
        # Safe: a supervisor opens them, for the reason written on each.
        return self.env["aftersales.warranty"].sudo().create(vals_list)

    # -- serials never registered -------------------------------------------------

    def _find_unregistered(self):
        """The last delivery of each serial at a customer that is not registered."""
        if not self.with_deliveries:
            return self.env["stock.move.line"]
        # Safe: what was delivered is a fact; only serials of the company chosen.
        lines = (
            self.env["stock.move.line"]
            .sudo()
            .search(
                self._get_delivery_domain(), order="date desc, id desc", limit=4 * BATCH
            )
        )
        last = {}
        for line in lines:
            last.setdefault(line.lot_id, line)
        found = lines.browse(
            line.id
            for line in last.values()
            if line.location_dest_id.usage == "customer" and line._aftersales_customer()
        )
        return found[:BATCH]

    def _get_delivery_domain(self):
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "done")
            & Domain("quantity", ">", 0)
            & Domain("product_id.tracking", "=", "serial")
            & Domain("lot_id", "!=", False)
            & Domain("lot_id.aftersales_asset_ids", "=", False)
            & Domain("move_id.aftersales_order_line_id", "=", False)
            & (
                Domain("location_dest_id.usage", "=", "customer")
                | Domain("location_id.usage", "=", "customer")
            )
        )
        if self.product_ids:
            domain &= Domain("product_id", "in", self.product_ids.ids)
        if self.categ_id:
            domain &= Domain("product_id.categ_id", "child_of", self.categ_id.ids)
        return domain

    def _register_deliveries(self):
        """Installed products of old deliveries, in one creation."""
        if self.asset_ids:
            return
        lines = self._find_unregistered()
        if lines:
            # Safe: see `_find_unregistered`.
            assets = self.env["aftersales.asset"].sudo()
            assets.with_context(aftersales_no_warranty=True)._create_delivered(
                [line._prepare_aftersales_asset_values() for line in lines],
                [line._aftersales_delivery_text() for line in lines],
            )
