from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import claim as c
from ...tools.period import find_start, local_date, run_chain
from ...tools.usage import Reading, passed_on


class AftersalesClaimAssessor(models.AbstractModel):
    """Who delivered what failed, and what he has to bear by his own terms (WA-20).

    The supplier is the one that delivered the piece, if a receipt says so: the part
    taken out by its serial or lot, the part fitted on an earlier order, the machine
    for work and travel; else the part that was fitted now; else the main vendor. For
    any number of orders with a fixed number of queries. Nothing is written.
    """

    _name = "aftersales.claim.assessor"
    _description = "Claims on suppliers: what can be claimed"

    @api.model
    def _assess(self, orders, suppliers=None):
        """What can be claimed for the lines the customer does not pay.

        :param suppliers: ``{order: res.partner}`` a person has decided on
        :return: ``{order: [Assessed]}``; lines nobody delivered are left out
        """
        # Safe: costs and vendors for the caller, who checks who may see the claim.
        orders = orders.sudo().with_prefetch()
        lines = self._get_lines(orders)
        facts = self._gather(lines)
        costs = lines._get_free_costs()
        return {
            order: self._assess_order(
                lines.filtered(lambda line, order=order: line.order_id == order),
                facts,
                costs,
                (suppliers or {}).get(order),
            )
            for order in orders
        }

    @api.model
    def _get_lines(self, orders):
        """Lines the customer does not pay, of orders without misuse."""
        return orders.filtered(lambda order: not order.misuse).line_ids.filtered(
            lambda line: (
                line.payer != "customer"
                and line._get_scope()
                and line._get_charged_quantity() > 0
            )
        )

    def _assess_order(self, lines, facts, costs, chosen):
        """Parts first: who delivered them also bears the work they made."""
        parts = lines.filtered(lambda line: line.kind == "part")
        found = [
            self._assess_line(line, self._find_delivery(line, facts, chosen), facts)
            for line in parts
        ]
        found = [self._add_cost(item, costs) for item in found if item]
        causes = sorted(
            (item for item in found if item.cover),
            key=lambda item: (-item.amount, item.line.id),
        )
        for line in lines - parts:
            item = self._assess_work(line, causes, facts, chosen)
            if item:
                found.append(self._add_cost(item, costs))
        return found

    def _assess_work(self, line, causes, facts, chosen):
        """Work, travel and freight: the first supplier whose terms cover them."""
        first = None
        for delivery, product in self._get_causes(line, causes, facts, chosen):
            item = self._assess_line(line, delivery, facts, product)
            if item.cover:
                return item
            first = first or item
        return first

    def _get_causes(self, line, causes, facts, chosen):
        for item in causes:
            yield item.delivery, item.line.product_id
        machine = line.order_id.product_id
        if machine:
            delivery = self._find_machine_delivery(line.order_id, facts, chosen)
            if delivery:
                yield delivery, machine

    def _add_cost(self, item, costs):
        """Our cost, as far as we bear it, times the share the supplier bears."""
        line = item.line
        currency = line.company_id.currency_id
        cost = costs[line]
        if line.kind != "part" and currency.is_zero(cost):
            cost = line._get_warranty_cost()  # at list price where no rate is known
        else:
            cost *= line.payer_share / 100.0
        cost = currency.round(cost)
        amount = currency.round(cost * item.cover.share / 100.0)
        return c.Assessed(line, item.delivery, item.cover, cost, amount)

    # -- who delivered it -----------------------------------------------------------

    @api.model
    def _find_delivery(self, line, facts, chosen=None):
        """The surest proof of who delivered the part that failed."""
        found = facts["proofs"](line)
        if chosen:
            match = next((d for d in found if d.supplier == chosen), None)
            return match or c.Delivery(chosen, c.BY_HAND)
        return next(iter(found), None)

    @api.model
    def _find_machine_delivery(self, order, facts, chosen=None):
        found = facts["machine_proofs"](order)
        if chosen:
            match = next((d for d in found if d.supplier == chosen), None)
            return match or c.Delivery(chosen, c.BY_HAND)
        return next(iter(found), None)

    @api.model
    def _gather(self, lines):
        """Receipts, vendors, terms and dates of all lines, read once."""
        orders = lines.order_id
        old_lots = self._find_old_lots(lines)
        before = self._find_fitted_before(lines)
        lots = (
            self.env["stock.lot"].union(*old_lots.values(), *before.values())
            | lines.lot_id
            | orders.asset_id.lot_id
        )
        # Safe: who delivered the pieces, see `_assess`.
        receipts = self._find_receipts(lots.sudo(), lines.company_id)
        products = lines.product_id | orders.product_id
        vendors = {
            company: self._find_vendors(products, company)
            for company in lines.company_id
        }
        warranties = self.env["aftersales.warranty"]._find_standard(orders.asset_id)
        facts = {
            "vendors": vendors,
            "receipts": receipts,
            "warranties": warranties.grouped("asset_id"),
            "readings": self._find_readings(orders.asset_id),
            "before": before,
        }
        facts["proofs"] = lambda line: list(
            self._iter_proofs(line, facts, old_lots, before)
        )
        facts["machine_proofs"] = lambda order: list(self._iter_machine(order, facts))
        return facts

    def _iter_proofs(self, line, facts, old_lots, before):
        company = line.company_id
        for lot, source in (
            (old_lots.get(line), c.OLD_SERIAL),
            (before.get(line), c.FITTED_BEFORE),
            (line.lot_id, c.FITTED),
        ):
            if lot and (found := facts["receipts"].get((lot.id, company.id))):
                yield self._make_delivery(found, source, lot)
        for vendor in facts["vendors"][company].get(line.product_id, ())[:1]:
            yield c.Delivery(vendor, c.VENDOR)

    def _iter_machine(self, order, facts):
        lot, company = order.asset_id.lot_id, order.company_id
        if lot and (found := facts["receipts"].get((lot.id, company.id))):
            yield self._make_delivery(found, c.MACHINE, lot)
        for vendor in facts["vendors"][company].get(order.product_id, ())[:1]:
            yield c.Delivery(vendor, c.VENDOR)

    def _make_delivery(self, receipt, source, lot):
        supplier, day, document = receipt
        return c.Delivery(supplier, source, day, document, lot.name)

    def _find_old_lots(self, lines):
        """``{line: lot}`` of the parts taken out, by the serial the technician read."""
        asked = {
            (line.product_id.id, line.old_part_serial.strip())
            for line in lines
            if line.old_part_serial
        }
        found = lines._find_lots(asked)
        return {
            line: lot
            for line in lines
            if line.old_part_serial
            and (lot := found.get((line.product_id.id, line.old_part_serial.strip())))
        }

    def _find_fitted_before(self, lines):
        """``{line: lot}``: the same part was fitted on an earlier order."""
        rows = self.env["aftersales.warranty.part"].search(
            Domain("asset_id", "in", lines.order_id.asset_id.ids)
            & Domain("product_id", "in", lines.product_id.ids)
            & Domain("lot_id", "!=", False),
            order="fitted_on desc, id desc",
        )
        found = {}
        for line in lines.filtered(lambda line: not line.old_part_serial):
            earlier = rows.filtered(
                lambda row, line=line: (
                    row.asset_id == line.order_id.asset_id
                    and row.product_id == line.product_id
                    and row.order_id != line.order_id
                    and row.order_id.called_at < line.order_id.called_at
                )
            )[:1]
            if earlier:
                found[line] = earlier.lot_id
        return found

    @api.model
    def _find_receipts(self, lots, companies):
        """``{(lot id, company id): (supplier, day, document)}``, the last receipt."""
        rows = self.env["stock.move.line"].search(
            Domain("lot_id", "in", lots.ids)
            & Domain("company_id", "in", companies.ids)
            & Domain("state", "=", "done")
            & Domain("location_id.usage", "=", "supplier"),
            order="date, id",
        )
        found = {}
        for row in rows:
            purchase = row.move_id.purchase_line_id.order_id
            partner = purchase.partner_id or row.picking_id.partner_id
            partner = partner.commercial_partner_id
            if partner:
                document = row.picking_id.name or purchase.name or ""
                key = (row.lot_id.id, row.company_id.id)
                found[key] = (partner, row._aftersales_day(), document)
        return found

    @api.model
    def _find_vendors(self, products, company):
        """``{product: [supplier, …]}``, the main vendor first."""
        infos = self.env["product.supplierinfo"].search(
            Domain("product_tmpl_id", "in", products.product_tmpl_id.ids)
            & Domain("company_id", "in", [company.id, False]),
            order="sequence, id",
        )
        found = {}
        for product in products:
            own = infos.filtered(
                lambda info, product=product: (
                    info.product_tmpl_id == product.product_tmpl_id
                    and info.product_id <= product
                )
            )
            found[product] = list(own.partner_id.commercial_partner_id)
        return found

    def _find_readings(self, assets):
        rows = self.env["aftersales.warranty.reading"].search(
            [("asset_id", "in", assets.ids)], order="read_on, id"
        )
        return {
            asset: tuple(Reading(row.read_on, row.total) for row in group)
            for asset, group in rows.grouped("asset_id").items()
        }

    # -- what his terms pay ---------------------------------------------------------

    @api.model
    def _assess_line(self, line, delivery, facts, product=None):
        """The line against the terms its supplier grants us for the product."""
        if not delivery:
            return None
        product = product or line.product_id
        term = self._find_term(product, delivery.supplier, line.company_id)
        cover = self._ask_term(line, delivery, term, facts)
        return c.Assessed(line, delivery, cover)

    def _find_term(self, product, supplier, company):
        """Terms of that supplier for the product; the nearest entry wins."""
        infos = product.product_tmpl_id.seller_ids.filtered(
            lambda info: (
                info.aftersales_term_id.active
                and info.partner_id.commercial_partner_id
                == supplier.commercial_partner_id
                and info.company_id <= company
                and info.product_id <= product
            )
        )
        return infos.sorted(lambda info: (not info.product_id, info.sequence, info.id))[
            :1
        ].aftersales_term_id

    def _ask_term(self, line, delivery, term, facts):
        if not term:
            return c.SupplierCover(c.NO_TERMS)
        order = line.order_id
        start = find_start(
            term._get_start_rule(), self._get_happened(line, delivery, facts)
        ).day
        if not start:
            return c.SupplierCover(c.NO_START, term=term)
        rows = c.rank_scopes(
            term.line_ids.sorted("sequence"),
            line._get_scope(),
            line.product_id,
            lambda row, product: row._get_rank(product),
        )
        rows = [row for row in rows if row.share]
        if not rows:
            return c.SupplierCover(c.NOT_IN_SCOPE, term=term)
        own = order.asset_id.partner_id.tz
        zone = own or order.company_id._aftersales_zone().zone
        day = local_date(order.called_at, zone)
        readings = facts["readings"].get(order.asset_id, ())
        covers = [
            self._ask_row(term, row, start, day, zone, readings, order.company_id)
            for row in rows
        ]
        return max(covers, key=lambda cover: (bool(cover), cover.share))

    def _ask_row(self, term, row, start, day, zone, readings, company):
        limit = row.counter_limit or term.counter_limit
        passed = passed_on(readings, limit)
        if passed and passed <= day:
            return c.SupplierCover(c.USAGE, end=passed, term=term)
        warranties = self.env["aftersales.warranty"]
        holidays = warranties._get_holidays(term, company)
        plan = term._get_plan(
            start,
            row._get_length() or None,
            zone=zone or "UTC",
            holidays=holidays.get((term, company), frozenset()),
        )
        end = run_chain(plan).end
        if not day <= end:
            return c.SupplierCover(c.ENDED, end=end, term=term)
        return c.SupplierCover(c.COVERED, row.share, end, term)

    def _get_happened(self, line, delivery, facts):
        """Days of the events as the supplier's terms know them.

        "Delivery" is his delivery to us, where a receipt proves it; a bill comes with
        it. What happened at the customer counts from the machine's own record.
        """
        asset = line.order_id.asset_id
        warranty = facts["warranties"].get(asset)
        happened = dict(warranty[:1]._get_happened()) if warranty else {}
        for event, name in (
            ("delivery", "delivered_on"),
            ("installation", "installed_on"),
            ("acceptance", "accepted_on"),
        ):
            if not happened.get(event) and asset[name]:
                happened[event] = asset[name]
        if delivery.day:
            happened["delivery"] = happened["invoice"] = delivery.day
        elif happened.get("delivery"):
            happened["invoice"] = happened["delivery"]
        return happened

    # -- words ----------------------------------------------------------------------

    @api.model
    def _pack_delivery(self, delivery):
        """What is stored of the proof, to be told in the reader's language."""
        return {
            "source": delivery.source,
            "day": fields.Date.to_string(delivery.day) if delivery.day else False,
            "document": delivery.document,
            "serial": delivery.serial,
        }

    @api.model
    def _describe_delivery(self, packed):
        packed = packed or {}
        source = packed.get("source")
        values = {
            "serial": packed.get("serial") or "–",
            "document": packed.get("document") or "–",
            "day": packed.get("day")
            and format_date(self.env, fields.Date.to_date(packed["day"]))
            or "–",
            "reason": packed.get("reason") or "–",
        }
        sentences = {
            c.OLD_SERIAL: self.env._(
                "Delivered the part taken out, serial or lot %(serial)s, on %(day)s "
                "(%(document)s)",
                **values,
            ),
            c.FITTED_BEFORE: self.env._(
                "Delivered the part fitted on an earlier order, serial or lot "
                "%(serial)s, on %(day)s (%(document)s)",
                **values,
            ),
            c.MACHINE: self.env._(
                "Delivered the machine, serial %(serial)s, on %(day)s (%(document)s)",
                **values,
            ),
            c.FITTED: self.env._(
                "Delivered the part that was fitted, serial or lot %(serial)s, on "
                "%(day)s (%(document)s); the serial of the old part is not known",
                **values,
            ),
            c.VENDOR: self.env._("Main vendor; who delivered this piece is not known"),
            c.BY_HAND: self.env._("Chosen by hand: %(reason)s", **values),
        }
        return sentences.get(source, "")

    @api.model
    def _pack_cover(self, cover):
        return {
            "why": cover.why,
            "share": cover.share,
            "end": fields.Date.to_string(cover.end) if cover.end else False,
            "term": cover.term.id if cover.term else False,
        }

    @api.model
    def _describe_cover(self, packed, term_name=""):
        packed = packed or {}
        end = packed.get("end") and fields.Date.to_date(packed["end"])
        values = {
            "term": term_name or "–",
            "end": format_date(self.env, end) if end else "–",
            "share": f"{packed.get('share') or 0.0:g}",
        }
        sentences = {
            c.COVERED: self.env._("%(term)s: %(share)s %% until %(end)s", **values),
            c.NO_TERMS: self.env._("No warranty terms agreed with this supplier"),
            c.NO_START: self.env._("%(term)s: when it started is not known", **values),
            c.ENDED: self.env._("%(term)s: ended on %(end)s", **values),
            c.USAGE: self.env._("%(term)s: counter passed on %(end)s", **values),
            c.NOT_IN_SCOPE: self.env._("%(term)s does not cover this", **values),
        }
        return sentences.get(packed.get("why"), "")
