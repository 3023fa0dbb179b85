from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools.misc import clean_context

from ...tools.records import count_by

# Unguessable: no call over RPC can switch the audit off.
_AUDITED = object()


class AftersalesAsset(models.Model):
    """Installed product of a customer: by delivery, by import or by hand (SV-83).

    Action                    | Group       | Restriction
    --------------------------|-------------|-----------------------------------
    read                      | user        | own companies
    create, write             | operator    | own companies
    change owner, take back   | operator    | reason on record
    scrap                     | supervisor  | no open service order
    put in use again          | operator    | a scrapped one: manager
    unlink                    | manager     | only without orders and parts

    Every change of owner and of state is written to the chatter, whatever the
    context of the call says about tracking.
    """

    _name = "aftersales.asset"
    _inherit = [
        "aftersales.guard.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Installed Product"
    _order = "importance desc, product_id, serial, id"
    _rec_names_search = ["serial", "product_id", "partner_id"]
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", search="_search_name")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="Address where the product stands.",
    )
    place = fields.Char(string="Room / Rack", help="Where to look for it on the site.")
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
        domain="[('type', '=', 'consu')]",
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", store=True, index=True, precompute=True
    )
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot/Serial",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        domain="[('product_id', '=', product_id)]",
        help="Only for products whose serial numbers are kept in stock.",
    )
    serial = fields.Char(
        string="Serial Number",
        compute="_compute_serial",
        store=True,
        readonly=False,
        precompute=True,
        index="trigram",
        copy=False,
        tracking=True,
    )
    parent_id = fields.Many2one(
        "aftersales.asset",
        string="Part of",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        domain="[('partner_id', '=', partner_id), ('id', '!=', id)]",
        help="The machine this one is built into.",
    )
    child_ids = fields.One2many("aftersales.asset", "parent_id", string="Components")
    delivered_on = fields.Date(copy=False, tracking=True)
    installed_on = fields.Date(copy=False, tracking=True)
    accepted_on = fields.Date(
        copy=False, tracking=True, help="Day on which the customer signed for it."
    )
    importance = fields.Selection(
        [("0", "Normal"), ("1", "Raised"), ("2", "High"), ("3", "Critical")],
        default="0",
        help="How much the customer's work depends on it.",
    )
    grade_id = fields.Many2one(
        "aftersales.grade",
        string="Service Grade",
        ondelete="restrict",
        tracking=True,
        help="Empty: the grade of the customer.",
    )
    state = fields.Selection(
        [("in_use", "In use"), ("returned", "Returned"), ("scrapped", "Scrapped")],
        default="in_use",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    properties = fields.Properties(
        definition="product_categ_id.aftersales_asset_properties_definition", copy=True
    )
    note = fields.Html()
    active = fields.Boolean(default=True)
    _serial_uniq = models.UniqueIndex(
        "(company_id, product_id, serial) WHERE serial IS NOT NULL",
        "This serial number of the product is already registered. Look for it, "
        "archived ones included, and change its owner instead.",
    )
    _check_serial = models.Constraint(
        "CHECK (serial <> '')", "A serial number cannot be empty text."
    )

    # -- computes ---------------------------------------------------------------

    @api.depends("product_id", "serial")
    @api.depends_context("lang")
    def _compute_name(self):
        for asset in self:
            parts = (asset.product_id.display_name, asset.serial)
            asset.name = " · ".join(part for part in parts if part)

    @api.model
    def _search_name(self, operator, value):
        return self._search_display_name(operator, value)

    @api.depends("partner_id")
    def _compute_site_id(self):
        for asset in self:
            family = asset.site_id.commercial_partner_id
            if not asset.site_id or (
                asset.partner_id and family != asset.partner_id.commercial_partner_id
            ):
                asset.site_id = asset.partner_id

    @api.depends("lot_id.name")
    def _compute_serial(self):
        for asset in self:
            asset.serial = asset.lot_id.name or asset.serial

    def _get_counts(self, model):
        """Records per machine that the user may read; one query."""
        records = self.env[model]
        readable = records.has_access("read")
        return count_by(records, "asset_id", self) if readable else {}

    # -- constraints ------------------------------------------------------------

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._("A product cannot be a component of itself.")
            )

    @api.constrains("lot_id", "product_id", "serial")
    def _check_lot_id(self):
        for asset in self.filtered("lot_id"):
            lot = asset.lot_id
            if lot.product_id != asset.product_id:
                raise ValidationError(
                    self.env._(
                        "Serial number %(lot)s belongs to %(product)s.",
                        lot=lot.name,
                        product=lot.product_id.display_name,
                    )
                )
            if lot.name != asset.serial:
                raise ValidationError(
                    self.env._(
                        "The serial number is %(lot)s in stock. Rename it there, or "
                        "clear the lot first.",
                        lot=lot.name,
                    )
                )

    # -- CRUD -------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        assets = super().create([self._clean_serial(vals) for vals in vals_list])
        assets._link_lots()
        return assets

    def write(self, vals):
        vals = self._clean_serial(vals)
        before = self._audit_snapshot(vals)
        result = super().write(vals)
        if {"serial", "product_id"} & vals.keys() and "lot_id" not in vals:
            self._link_lots()
        self._log_changes(before)
        return result

    # -- actions ----------------------------------------------------------------

    def action_transfer(self):
        """Ask for the new owner (WA-04)."""
        return self._open_change("transfer")

    def action_take_back(self):
        """Ask why the customer gives the product back."""
        return self._open_change("take_back")

    def action_scrap(self):
        """Ask why the product is scrapped."""
        return self._open_change("scrap")

    def action_put_in_use(self):
        """Ask why the product is in use again."""
        return self._open_change("put_in_use")

    @api.model
    def get_import_templates(self):
        """Offer the template in Odoo's own import."""
        return [
            {
                "label": self.env._("Import Template for Installed Products"),
                "template": "/aftersales_service/static/xls/aftersales_asset.xlsx",
            }
        ]

    # -- business ---------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        transitions = super()._get_transitions()
        transitions["take_back"] = (("in_use",), "returned")
        transitions["scrap"] = (("in_use", "returned"), "scrapped")
        transitions["put_in_use"] = (("returned", "scrapped"), "in_use")
        return transitions

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name == "scrap":
            values["active"] = False
        elif name == "put_in_use":
            values["active"] = True
        return values

    def _open_change(self, kind):
        labels = self.env["aftersales.asset.change"]._fields["kind"]
        return {
            "type": "ir.actions.act_window",
            "name": dict(labels._description_selection(self.env))[kind],
            "res_model": "aftersales.asset.change",
            "view_mode": "form",
            "target": "new",
            "context": {"default_kind": kind, "default_asset_ids": self.ids},
        }

    def _with_components(self):
        """These products and whatever is built into them, archived ones included."""
        assets = self.with_context(active_test=False)
        return assets.search([("id", "child_of", self.ids)]).with_context(
            active_test=self.env.context.get("active_test", True)
        )

    def _top_of(self, assets):
        """The first of the given machines this component is built into."""
        self.ensure_one()
        current = self.parent_id
        while current and current not in assets:
            current = current.parent_id
        return current

    def _do_transfer(self, partner, site, reason):
        """Give the products and their components to a new owner."""
        self.check_access("write")
        assets = self._with_components()
        assets._lock_for_action()
        assets._check_transferable()
        roots = self.filtered(lambda asset: asset.parent_id not in assets)
        roots.filtered("parent_id").parent_id = False
        values = {"partner_id": partner.id, "site_id": (site or partner).id}
        assets.with_context(aftersales_reason=reason).write(
            {**values, **assets._prepare_new_owner_values()}
        )

    def _check_transferable(self):
        if blocked := self.filtered(lambda asset: asset.state == "scrapped"):
            raise UserError(self._blocked_message("transfer", blocked))

    @api.model
    def _prepare_new_owner_values(self):
        """What the previous owner agreed on does not bind the next one."""
        return {"grade_id": False}

    def _do_change_state(self, name, reason):
        """Scrap, take back or put in use again, with the reason on record."""
        self.check_access("write")
        self._lock_for_action()
        self._check_transition(name)
        getattr(self, f"_check_can_{name}")()
        self.with_context(aftersales_reason=reason)._transition(name)

    def _check_can_take_back(self):
        """Operators and above, by access rights."""

    def _check_can_scrap(self):
        if not self.env.user._has_aftersales_role("supervisor"):
            raise AccessError(
                self.env._("Only a supervisor may scrap an installed product.")
            )

    def _check_can_put_in_use(self):
        manager = self.env.user._has_aftersales_role("manager")
        if "scrapped" in self.mapped("state") and not manager:
            raise AccessError(
                self.env._("Only a manager may bring a scrapped product back.")
            )

    @api.model
    def _clean_serial(self, vals):
        """No blanks around a serial number, no empty text; a lot brings its own."""
        if isinstance(serial := vals.get("serial"), str):
            vals = {**vals, "serial": serial.strip() or False}
        if vals.get("lot_id") and not vals.get("serial"):
            vals = {name: value for name, value in vals.items() if name != "serial"}
        return vals

    def _link_lots(self):
        """Point typed serial numbers at the lot of that name, one search per batch."""
        typed = self.filtered(lambda asset: asset.serial and not asset.lot_id)
        typed = typed.filtered(lambda asset: asset.product_id.tracking == "serial")
        if not typed:
            return
        # Safe: only lots the company rules of the asset allow are linked below.
        lots = (
            self.env["stock.lot"]
            .sudo()
            .search_fetch(
                [
                    ("product_id", "in", typed.product_id.ids),
                    ("name", "in", typed.mapped("serial")),
                    ("company_id", "in", [*typed.company_id.ids, False]),
                ],
                ["product_id", "name", "company_id"],
            )
        )
        known = {(lot.product_id, lot.name, lot.company_id): lot for lot in lots}
        shared = self.env["res.company"]
        for asset in typed:
            key = (asset.product_id, asset.serial)
            lot = known.get((*key, asset.company_id)) or known.get((*key, shared))
            if lot:
                asset.lot_id = lot.id

    # -- deliveries and returns -------------------------------------------------

    @api.model
    def _find_by_serial(self, lines):
        """Installed products of the serials of some move lines, archived included.

        :return: ``{(company id, product id, serial): asset}``
        """
        found = self.with_context(active_test=False).search_fetch(
            [
                ("company_id", "in", lines.company_id.ids),
                ("product_id", "in", lines.product_id.ids),
                ("serial", "in", lines.lot_id.mapped("name")),
            ],
            ["company_id", "product_id", "serial", "partner_id", "site_id", "state"],
        )
        return {(a.company_id.id, a.product_id.id, a.serial): a for a in found}

    @api.model
    def _create_delivered(self, vals_list, reasons):
        """Register serials delivered for the first time, each with its delivery."""
        # Replaced on purpose: defaults of the delivery must not reach the products.
        # pylint: disable-next=context-overridden
        quiet = self.with_context(
            {
                **clean_context(self.env.context),
                "mail_create_nolog": True,
                "mail_create_nosubscribe": True,
                "tracking_disable": True,
            }
        )
        assets = quiet.create(vals_list)
        assets._log_bodies(dict(zip(assets.ids, reasons, strict=True)))
        return assets.with_env(self.env)

    @api.model
    def _write_grouped(self, groups, reasons):
        """Write the values of several groups, and log all changes in one batch.

        :param groups: list of (values, assets)
        :param reasons: ``{asset id: text}`` why it changed
        """
        assets = self.union(*(group for _values, group in groups))
        before = assets._audit_snapshot({"state": None})
        for values, group in groups:
            group.with_context(
                aftersales_audited=_AUDITED, tracking_disable=True
            ).write(values)
        bodies = {}
        for asset, old in before.items():
            lines = asset._describe_changes(*old)
            if reason := reasons.get(asset.id):
                lines.append(reason)
            if lines:
                bodies[asset.id] = Markup("<br/>").join(lines)
        self._log_bodies(bodies)
