from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.tools.records import open_form

from ...models.returns.aftersales_entitlement_rule import FINDINGS


class AftersalesEntitlementAssistant(models.TransientModel):
    """What may the customer ask for today, who pays the freight, and how much (WA-10)?

    Opened from an order or from machines; a machine decides what is listed, several
    machines with the same answer share one return ("Start this").
    """

    _name = "aftersales.entitlement.assistant"
    _description = "What the Customer may ask for"

    order_id = fields.Many2one("aftersales.order", "Service order", readonly=True)
    asset_ids = fields.Many2many(
        "aftersales.asset", string="Machines", readonly=True, required=True
    )
    day = fields.Date("Asked for on", readonly=True)
    finding = fields.Selection(
        FINDINGS, "Finding of our engineer", help="What is wrong with the product."
    )
    finding_note = fields.Text("Evidence")
    can_confirm = fields.Boolean(compute="_compute_can_confirm")
    price_text = fields.Char("Price paid", readonly=True)
    set_text = fields.Char("Rules", readonly=True)
    line_ids = fields.One2many(
        "aftersales.entitlement.assistant.line", "assistant_id", readonly=True
    )

    @api.depends_context("uid")
    @api.depends("order_id")
    def _compute_can_confirm(self):
        groups = ",".join(
            f"aftersales_service.aftersales_service_group_{name}"
            for name in ("technician", "supervisor")
        )
        allowed = self.env.user.has_groups(groups)
        for wizard in self:
            wizard.can_confirm = allowed and bool(wizard.order_id)

    @api.model
    def _open(self, assets, order=None):
        """The dialog for these machines; the first one's possibilities are listed."""
        assets.check_access("read")
        assets._check_same_customer()
        order = order or self.env["aftersales.order"]
        wizard = self.create(self._prepare_values(assets, order))
        return wizard._get_action()

    def _prepare_values(self, assets, order):
        claims = {asset: order for asset in assets if order}
        described = assets._describe_entitlements(orders=claims)
        rows = described[assets[0].id]
        for other in assets[1:].ids:
            open_ids = {row["rule_id"] for row in described[other] if row["can_start"]}
            rows = [row for row in rows if row["rule_id"] in open_ids]
        product, company = assets[0].product_id, assets.company_id
        sets = self.env["aftersales.entitlement.set"]._find_sets(product, company)
        return {
            "order_id": order.id,
            "asset_ids": [Command.set(assets.ids)],
            "day": assets[0]._get_claim_day(order),
            "finding": order.finding,
            "finding_note": order.finding_note,
            "price_text": self._price_text(rows),
            "set_text": self._set_text(*sets[product]),
            "line_ids": [
                Command.create(self._prepare_line(row, number))
                for number, row in enumerate(rows)
            ],
        }

    def _price_text(self, rows):
        priced = next((row for row in rows if row["price"]), None)
        if not priced:
            return self.env._("Not known: enter it on the return, with a reason.")
        currency = self.env["res.currency"].browse(priced["currency_id"])
        return self.env._(
            "%(price)s, tax included, %(document)s",
            price=currency.format(priced["price"]),
            document=priced["price_document"],
        )

    def _set_text(self, sets, source, name):
        places = {
            "product": self.env._("product"),
            "category": self.env._("category"),
            "company": self.env._("company"),
        }
        if not source:
            return self.env._("No rules are set for this product.")
        return self.env._(
            "%(sets)s (from the %(place)s %(name)s)",
            sets=", ".join(sets.mapped("name")),
            place=places[source],
            name=name,
        )

    @api.model
    def _prepare_line(self, row, sequence):
        names = (
            "rule_id",
            "kind",
            "state",
            "text",
            "last_day",
            "freight",
            "price",
            "fee",
            "fee_text",
            "amount",
            "currency_id",
            "can_start",
        )
        order = ("open", "confirm", "unknown", "not_met", "ended")
        return {
            **{name: row[name] for name in names},
            "has_amount": row["amount"] is not False,
            "sequence": order.index(row["state"]) * 100 + sequence,
        }

    def _get_action(self):
        return open_form(
            self,
            name=self.env._("What may the customer ask for?"),
            dialog=True,
            context={"dialog_size": "extra-large"},
        )

    def action_confirm_finding(self):
        """Put the finding on the order and show what it opens."""
        self.ensure_one()
        if not self.order_id:
            raise UserError(self.env._("A finding belongs to a service order."))
        self.order_id.action_confirm_finding(self.finding, self.finding_note)
        return self._open(self.asset_ids, self.order_id)
