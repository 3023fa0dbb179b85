from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.aftersales_service.tools.records import count_by

from ...tools import entitlement
from ...tools.period import Length, Repair, local_date, merge, repair_days

# Done by the service department itself, without a return.
SERVED = ("repair", "loaner")
REPAIR_STATES = ("dispatched", "in_progress", "done", "closed")


@dataclass(frozen=True)
class Purchase:
    """Where the price of a machine comes from; ``price`` is per unit, with tax."""

    source: str = "manual"
    price: float | None = None
    currency: models.BaseModel | None = None
    invoice_line: models.BaseModel | None = None
    sale_line: models.BaseModel | None = None
    move: models.BaseModel | None = None
    day: object = None
    document: str = ""


class AftersalesAsset(models.Model):
    """What the customer may ask for about a machine, on a day (WA-10)."""

    _inherit = "aftersales.asset"

    return_line_ids = fields.One2many(
        "aftersales.return.line", "asset_id", "Refunds and exchanges"
    )
    return_count = fields.Integer("Returns", compute="_compute_return_count")

    def _compute_return_count(self):
        lines = self.env["aftersales.return.line"]
        counts = {}
        if lines.has_access("read"):
            counts = count_by(lines, "asset_id", self)
        for asset in self:
            asset.return_count = counts.get(asset.id, 0)

    # -- actions -----------------------------------------------------------

    def action_view_returns(self):
        """Open the refunds and exchanges of these products."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_return_action"
        )
        action["domain"] = [("line_ids.asset_id", "in", self.ids)]
        action["context"] = {}
        return action

    def action_entitlements(self):
        """What may the customer ask for? The same rule set for all products chosen."""
        return self.env["aftersales.entitlement.assistant"]._open(self)

    @api.readonly
    def get_entitlements(self, order_id=False):
        """What the customer may ask for today, for panels of other screens.

        :return: ``{asset id: [row]}``, see ``_describe_possibility``
        """
        self.check_access("read")
        order = self.env["aftersales.order"].browse(order_id or []).exists()
        order.check_access("read")
        return self._describe_entitlements(orders=self._claims(order))

    def _describe_entitlements(self, day=None, orders=None):
        """``{asset id: [row]}`` of all possibilities, in batch."""
        # Safe: the price is that of the machine's own purchase.
        purchases = self.sudo()._get_purchases()
        facts = self._get_entitlement_facts(day, orders, purchases)
        found = self._get_entitlements(facts=facts)
        return {
            asset.id: [
                asset._describe_possibility(row, facts[asset], purchases[asset])
                for row in found[asset]
            ]
            for asset in self
        }

    def _claims(self, order):
        return {asset: order for asset in self if order.asset_id == asset}

    # -- possibilities -----------------------------------------------------------

    def _get_entitlements(self, day=None, orders=None, facts=None):
        """What the customer may ask for, by the nearest rule set of each machine.

        :param day: the day that counts; by default that of the report, or today
        :param orders: ``{asset: service order}`` the question is about
        :return: ``{asset: [tools.entitlement.Possibility]}``; queries do not grow
            with the number of machines
        """
        facts = facts or self._get_entitlement_facts(day, orders)
        result = {}
        for company, assets in self.grouped("company_id").items():
            sets = self.env["aftersales.entitlement.set"]._find_sets(
                assets.product_id, company
            )
            rules = {
                product: [rule._as_rule() for rule in found[0].rule_ids]
                for product, found in sets.items()
            }
            for asset in assets:
                result[asset] = entitlement.evaluate(
                    rules[asset.product_id], facts[asset]
                )
        return result

    def _get_entitlement_facts(self, day=None, orders=None, purchases=None):
        """Everything the rules ask about, for many machines at once.

        :return: ``{asset: tools.entitlement.Facts}``
        """
        orders = orders or {}
        # Safe: the caller may read the machines; documents behind the price are
        # shown by number only.
        assets = self.sudo().with_prefetch()
        purchases = purchases or assets._get_purchases()
        warranties = assets._get_entitlement_warranties()
        counters = assets._get_entitlement_counters()
        history = assets._get_repair_history()
        now = fields.Datetime.now()
        return {
            asset.with_env(self.env): asset._prepare_facts(
                day,
                orders.get(asset, self.env["aftersales.order"]).sudo(),
                purchases[asset],
                warranties.get(asset.id, self.env["aftersales.warranty"]).sudo(),
                counters.get(asset.id),
                history.get(asset.id, []),
                now,
            )
            for asset in assets
        }

    def _prepare_facts(self, day, order, purchase, warranties, counter, history, now):
        claim = order or self._last_claim(history)
        ends = [end for end in warranties.mapped("date_end") if end]
        standard = warranties.filtered(lambda row: row.kind == "standard")[:1]
        days = repair_days([row["repair"] for row in history])
        running = claim.state in ("dispatched", "in_progress")
        currency = purchase.currency or self.company_id.currency_id
        return entitlement.Facts(
            day=day or self._get_claim_day(order),
            events=self._get_entitlement_events(purchase, standard),
            warranty_end=max(ends, default=None),
            before_start=standard._covers_before_start(self._get_claim_day(order)),
            warranty_months=Length(
                standard.term_id.duration, standard.term_id.duration_unit
            ).months,
            counter=counter,
            finding=claim.finding or None,
            misuse=claim.misuse,
            severe=claim.fault_level == "1",
            counts={
                **self._count_history(history),
                "repair_days": days,
                "repair_running": self._get_running_days(history, claim, now)
                if running
                else 0,
            },
            repair_days=days,
            price=None if purchase.price is None else Decimal(str(purchase.price)),
            unit=Decimal(str(currency.rounding)).normalize(),
        )

    def _last_claim(self, history):
        """Without an order, the latest one of the machine tells what was found."""
        orders = [row["order"] for row in history]
        return orders[-1] if orders else self.env["aftersales.order"]

    def _get_entitlement_events(self, purchase, warranty):
        invoice = purchase.invoice_line
        return {
            "delivery": self.delivered_on or warranty.delivered_on or None,
            "installation": self.installed_on or None,
            "acceptance": self.accepted_on or None,
            "invoice": (invoice.move_id.invoice_date if invoice else None)
            or warranty.invoiced_on
            or None,
        }

    @api.model
    def _count_history(self, history):
        visits = [row["visit"] for row in history]
        return {
            "failed_repairs": entitlement.failed_repairs(visits),
            "same_fault": entitlement.same_fault(visits),
            "part_replaced": entitlement.part_replaced(visits),
            "parts_wait": max((row["parts_wait"] for row in history), default=0),
        }

    @api.model
    def _get_running_days(self, history, claim, now):
        for row in history:
            if row["order"] == claim:
                repair = row["repair"]
                paused = sum(
                    (end - start for start, end in merge(repair.pauses)), timedelta(0)
                )
                return entitlement.running_days(repair.start, now, paused)
        return 0

    # -- facts: warranty and counter ---------------------------------------------

    def _get_entitlement_warranties(self):
        """``{asset id: warranties not void}``; one query."""
        found = self.env["aftersales.warranty"].search(
            [("asset_id", "in", self.ids), ("is_void", "=", False)]
        )
        return {asset.id: rows for asset, rows in found.grouped("asset_id").items()}

    def _get_entitlement_counters(self):
        """``{asset id: highest reading}``; one query."""
        groups = self.env["aftersales.warranty.reading"]._read_group(
            [("asset_id", "in", self.ids)], ["asset_id"], ["total:max"]
        )
        return {asset.id: total for asset, total in groups}

    # -- facts: repairs ----------------------------------------------------------

    def _get_repair_history(self):
        """The repairs of each machine in the order of their reports.

        Misuse and cancelled orders are left out. Each row: the order, the visit the
        counting rules see, the repair time, and the days its parts were waited for.
        """
        orders = self.env["aftersales.order"].search(
            Domain("asset_id", "in", self.ids)
            & Domain("state", "in", REPAIR_STATES)
            & Domain("misuse", "=", False),
            order="called_at, id",
        )
        now = fields.Datetime.now()
        history = {}
        for order in orders:
            history.setdefault(order.asset_id.id, []).append(
                self._prepare_history_row(order, now)
            )
        return history

    @api.model
    def _prepare_history_row(self, order, now):
        started, ended = order._get_warranty_repair_interval()
        repair = Repair(
            started,
            max(started, ended or now),
            pauses=tuple(order._get_warranty_pauses()),
        )
        waits = order.sla_pause_ids.filtered(lambda pause: pause.kind == "part")
        waited = merge((row.started_at, row.ended_at or now) for row in waits)
        parts = order.line_ids.filtered(
            lambda line: line.kind == "part" and line.quantity > 0
        )
        first = order
        while first.parent_id:
            first = first.parent_id
        return {
            "order": order,
            "repair": repair,
            "parts_wait": sum(
                (end - start for start, end in waited), timedelta(0)
            ).days,
            "visit": entitlement.Visit(
                fault=first.symptom_id.id or ("order", first.id),
                reported=order.called_at,
                done=ended or None,
                parts=tuple(parts.product_id.ids),
            ),
        }

    # -- facts: price -----------------------------------------------------------

    def _get_purchases(self):
        """Where each machine was bought and what was paid, tax included.

        The invoice counts, else the sales order; a unit given in exchange cost what
        the first one had cost, and the difference.

        :return: ``{asset: Purchase}``; queries do not grow with the machines
        """
        exchanged = self._get_exchange_lines()
        delivered = self._get_delivery_moves()
        warranties = self._get_entitlement_warranties()
        result = {}
        for asset in self:
            if line := exchanged.get(asset.id):
                result[asset] = line._as_purchase(delivered.get(asset.lot_id.id))
                continue
            move = delivered.get(asset.lot_id.id) or self.env["stock.move"]
            rows = warranties.get(asset.id, self.env["aftersales.warranty"])
            rows = rows.filtered(lambda row: row.kind == "standard")
            sale_line = move.sale_line_id or rows.sale_line_id[:1]
            if sale_line.product_id != asset.product_id:
                sale_line = sale_line.browse()
            invoice_line = self._pick_invoice_line(
                sale_line.invoice_lines | rows.invoice_line_id, asset.product_id
            )
            result[asset] = self._make_purchase(invoice_line, sale_line, move)
        return result

    def _get_exchange_lines(self):
        """``{asset id: return line}`` that brought the unit in exchange."""
        found = self.env["aftersales.return.line"].search(
            [("new_asset_id", "in", self.ids), ("kind", "=", "exchange")], order="id"
        )
        return {line.new_asset_id.id: line for line in found}

    def _get_delivery_moves(self):
        """``{lot id: latest delivery to a customer}``; one query."""
        rows = self.env["stock.move.line"].search(
            [
                ("lot_id", "in", self.lot_id.ids),
                ("state", "=", "done"),
                ("location_dest_id.usage", "=", "customer"),
                ("location_id.usage", "!=", "customer"),
                ("company_id", "in", self.company_id.ids),
            ],
            order="date, id",
        )
        return {row.lot_id.id: row.move_id for row in rows}

    @api.model
    def _pick_invoice_line(self, lines, product):
        """The posted customer invoice line of the product, the latest first."""
        posted = lines.filtered(
            lambda line: (
                line.parent_state == "posted"
                and line.move_id.move_type == "out_invoice"
                and line.move_id.payment_state != "reversed"
                and line.product_id == product
                and line.quantity > 0
            )
        )
        return posted.sorted(lambda line: (line.move_id.invoice_date, line.id))[-1:]

    @api.model
    def _make_purchase(self, invoice_line, sale_line, move):
        """Price per stock unit from the invoice line, else the sales line."""
        if invoice_line:
            units = invoice_line.product_uom_id._compute_quantity(
                invoice_line.quantity, invoice_line.product_id.uom_id, round=False
            )
            return Purchase(
                source="invoice",
                price=invoice_line.price_total / units,
                currency=invoice_line.currency_id,
                invoice_line=invoice_line,
                sale_line=sale_line,
                move=move,
                day=invoice_line.move_id.invoice_date,
                document=invoice_line.move_id.name,
            )
        if sale_line and sale_line.product_uom_qty:
            units = sale_line.product_uom_id._compute_quantity(
                sale_line.product_uom_qty, sale_line.product_id.uom_id, round=False
            )
            return Purchase(
                source="sale",
                price=sale_line.price_total / units,
                currency=sale_line.currency_id,
                sale_line=sale_line,
                move=move,
                day=sale_line.company_id._aftersales_day(sale_line.order_id.date_order),
                document=sale_line.order_id.name,
            )
        return Purchase(move=move)

    # -- words -----------------------------------------------------------

    def _describe_possibility(self, possibility, facts, purchase):
        """One possibility as a screen shows it; all of it may be told."""
        self.ensure_one()
        rule = self.env["aftersales.entitlement.rule"].browse(possibility.rule.key)
        labels = {
            name: dict(rule._fields[name]._description_selection(self.env))
            for name in ("kind", "freight_payer", "condition")
        }
        currency = purchase.currency or self.company_id.currency_id
        return {
            "rule_id": rule.id,
            "name": rule.name,
            "set": rule.set_id.name,
            "source": rule.legal_source or rule.set_id.legal_source or "",
            "kind": rule.kind,
            "kind_label": labels["kind"][rule.kind],
            "condition_label": labels["condition"][rule.condition],
            "state": possibility.state,
            "text": self._explain_possibility(possibility, facts),
            "last_day": possibility.last_day and str(possibility.last_day),
            "freight": labels["freight_payer"][rule.freight_payer],
            "price": self._as_float(possibility.price),
            "fee": self._as_float(possibility.fee),
            "fee_text": rule._describe_fee(facts) or "",
            "amount": self._as_float(possibility.amount),
            "currency_id": currency.id,
            "price_source": purchase.source,
            "price_document": purchase.document,
            "can_start": possibility.state == "open"
            or (possibility.state == "confirm" and rule.kind not in SERVED),
        }

    @api.model
    def _as_float(self, value):
        return False if value is None else float(value)

    def _explain_possibility(self, possibility, facts):
        """One sentence: until when, or what is missing."""
        missing = {
            "misuse": self.env._("Not after misuse."),
            "severe": self.env._("Only for critical faults (level 1)."),
            "start": self.env._(
                "The start is not known: enter invoice, delivery or installation."
            ),
            "warranty": self.env._("No warranty is running yet."),
        }
        if possibility.missing in missing:
            return missing[possibility.missing]
        last = possibility.last_day
        day = format_date(self.env, last) if last else ""
        if possibility.state == "ended":
            return self._explain_end(possibility, facts, day)
        if possibility.missing == "count":
            return self.env._(
                "%(count)s so far, the rule says %(threshold)s.",
                count=possibility.count,
                threshold=possibility.rule.threshold,
            )
        if possibility.state == "not_met":
            return self.env._("Our engineer found something else.")
        if possibility.state == "confirm":
            until = self.env._("When our engineer confirms the fault; until %s.", day)
            return (
                until if last else self.env._("When our engineer confirms the fault.")
            )
        if last:
            return self.env._(
                "Until %(day)s, %(left)s days left.",
                day=day,
                left=(last - facts.day).days,
            )
        return self.env._("Now.")

    def _explain_end(self, possibility, facts, day):
        limit = possibility.rule.counter_limit
        if limit and facts.counter and facts.counter > limit:
            return self.env._(
                "Ended: the counter shows %(counter)s, the limit is %(limit)s.",
                counter=f"{facts.counter:g}",
                limit=f"{limit:g}",
            )
        return self.env._("Ended on %s.", day)

    def _get_claim_day(self, order):
        """Day of the report at the place of the machine; without an order, today."""
        return local_date(
            order.called_at or fields.Datetime.now(), self._get_warranty_tz()
        )

    def _check_same_customer(self):
        """One return is for one customer of one company."""
        owners = self.partner_id.commercial_partner_id
        if len(owners) > 1 or len(self.company_id) > 1:
            raise UserError(
                self.env._(
                    "Choose machines of one customer and one company: each return is "
                    "for one of them."
                )
            )
