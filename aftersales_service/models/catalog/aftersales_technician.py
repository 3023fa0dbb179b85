from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ...tools.phone import phone_digits, phone_needle


class AftersalesTechnician(models.Model):
    """Who does the work: a resource with calendar, zones, van and certificates.

    The resource may be shared with an employee; then name, user, working hours and
    leaves are the employee's. Archiving a technician leaves the resource alone.

    Action            | Group       | Restriction
    ------------------|-------------|------------------------------
    read              | user        | own companies
    create, write     | supervisor  | own companies
    unlink            | manager     | only without history
    certificates      | supervisor  | own companies
    """

    _name = "aftersales.technician"
    _inherit = ["resource.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Technician"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(
        related="resource_id.name", store=True, readonly=False, required=True
    )
    resource_id = fields.Many2one(
        copy=False,
        domain="[('resource_type', '=', 'user'), "
        "('aftersales_technician_ids', '=', False)]",
        help="Choose the resource of an employee to share working hours and leaves.",
    )
    user_id = fields.Many2one(
        related="resource_id.user_id",
        store=True,
        readonly=False,
        copy=False,
        check_company=True,
        index="btree_not_null",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Login of the technician; not needed for outside contractors.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Address book entry of the technician, or of the outside contractor.",
    )
    phone = fields.Char(compute="_compute_phone", store=True, readonly=False)
    phone_digits = fields.Char(compute="_compute_phone_digits", store=True)
    team_id = fields.Many2one(
        "aftersales.team",
        string="Service Point",
        index=True,
        check_company=True,
        tracking=True,
        ondelete="restrict",
    )
    zone_ids = fields.Many2many(
        "aftersales.zone",
        "aftersales_technician_zone_rel",
        "technician_id",
        "zone_id",
        string="Zones",
        check_company=True,
        help="Where the technician usually works: preferred at dispatch.",
    )
    van_location_id = fields.Many2one(
        "stock.location",
        string="Van",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('usage', '=', 'internal'),"
        " ('company_id', 'in', [company_id, False])]",
        help="Stock location of the parts the technician carries.",
    )
    certificate_ids = fields.One2many("aftersales.certificate", "technician_id")
    certificate_alert = fields.Selection(
        [("expiring", "Expires soon"), ("expired", "Expired")],
        string="Certificates",
        compute="_compute_certificate_alert",
    )
    avatar_128 = fields.Image(related="resource_id.avatar_128")
    color = fields.Integer()
    active = fields.Boolean(default=True, tracking=True)

    _resource_uniq = models.UniqueIndex(
        "(resource_id)", "This resource is already a technician."
    )
    _user_uniq = models.UniqueIndex(
        "(company_id, user_id) WHERE user_id IS NOT NULL AND active",
        "This user is already a technician of the company.",
    )

    @api.depends("user_id")
    def _compute_partner_id(self):
        for technician in self:
            if technician.user_id and not technician.partner_id:
                technician.partner_id = technician.user_id.partner_id

    @api.depends("partner_id.phone")
    def _compute_phone(self):
        for technician in self:
            technician.phone = technician.partner_id.phone or technician.phone

    @api.depends("phone")
    def _compute_phone_digits(self):
        for technician in self:
            technician.phone_digits = phone_digits(technician.phone)

    @api.depends("certificate_ids.date_from", "certificate_ids.date_to")
    def _compute_certificate_alert(self):
        """Worst of the latest certificate of each type: a renewal clears the alarm."""
        for technician in self:
            latest = {}
            for certificate in technician.certificate_ids:
                known = latest.setdefault(certificate.type_id, certificate)
                if (certificate.date_to or fields.Date.to_date("9999-12-31")) > (
                    known.date_to or fields.Date.to_date("9999-12-31")
                ):
                    latest[certificate.type_id] = certificate
            states = {certificate.state for certificate in latest.values()}
            alerts = (state for state in ("expired", "expiring") if state in states)
            technician.certificate_alert = next(alerts, False)

    @api.model
    def _search_display_name(self, operator, value):
        """Find by telephone number as well as by name."""
        domain = Domain(super()._search_display_name(operator, value))
        country = self.env.company.country_id
        needle = isinstance(value, str) and phone_needle(value, country.phone_code)
        if not needle or not operator.endswith("like"):
            return domain
        if operator in Domain.NEGATIVE_OPERATORS:
            return domain & Domain("phone_digits", "not ilike", needle)
        return domain | Domain("phone_digits", "ilike", needle)

    # -- business ---------------------------------------------------------------

    def _check_assignable(self):
        """Raise when somebody who has left would get new work."""
        if archived := self.filtered(lambda technician: not technician.active):
            raise UserError(
                self.env._(
                    "%(names)s is archived and cannot get new work. Choose an active "
                    "technician.",
                    names=", ".join(archived.mapped("name")),
                )
            )

    def _missing_certificates(self, product=None, site=None, day=None):
        """Certificates each technician would need on a day and does not hold.

        Constant in queries whatever the number of technicians.

        :param product: product.product to be serviced, may be empty
        :param site: res.partner where it stands, may be empty
        :param day: date of the work; default today
        :return: ``{technician id: [names of certificate types missing]}``
        """
        day = day or self.company_id[:1]._aftersales_today()
        required = self.env["aftersales.certificate.type"]._get_required(product, site)
        if not required:
            return {technician.id: [] for technician in self}
        certificates = self.env["aftersales.certificate"]
        groups = certificates._read_group(
            certificates._valid_domain(day)
            & Domain("technician_id", "in", self.ids)
            & Domain("type_id", "in", required.ids),
            ["technician_id", "type_id"],
        )
        held = {(technician.id, kind.id) for technician, kind in groups}
        return {
            technician.id: [
                kind.name for kind in required if (technician.id, kind.id) not in held
            ]
            for technician in self
        }

    @api.model
    def _expand_columns(self, technicians):
        """Kanban columns: everybody of the user's service points, even without work.

        Only where the action asks for it, other groupings stay as they are.
        """
        if not self.env.context.get("aftersales_all_technicians"):
            return technicians
        teams = self.env["aftersales.team"]._get_own()
        everybody = technicians | self.search([("team_id", "in", teams.ids)])
        return everybody.sorted("name")

    def _is_away(self, leave):
        """Whether an absence or public holiday concerns this technician."""
        if leave.resource_id:
            return leave.resource_id == self.resource_id
        return leave.calendar_id in (self.resource_calendar_id, leave.calendar_id[:0])

    def action_view_leaves(self):
        """Open the absences of the technician's resource."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Absences of %(name)s", name=self.name),
            "res_model": "resource.calendar.leaves",
            "view_mode": "list,form,calendar",
            "domain": [("resource_id", "=", self.resource_id.id)],
            "context": {
                "default_resource_id": self.resource_id.id,
                "default_calendar_id": self.resource_calendar_id.id,
                "default_company_id": self.company_id.id,
            },
        }

    # -- parts in the van -------------------------------------------------------

    def action_return_van_parts(self):
        """Unused parts go from the van back to the service point (SV-41).

        A ready transfer of everything no order has reserved; the parts keeper keeps
        in it what really comes back, and validates.
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("parts")
        point = self.team_id.location_id or self.team_id.warehouse_id.lot_stock_id
        if not self.van_location_id or not point:
            raise UserError(
                self.env._(
                    "%(name)s has no van, or the service point no parts location.",
                    name=self.name,
                )
            )
        picking = self.env["stock.picking"].create(self._prepare_van_return(point))
        if not picking.move_ids:
            raise UserError(
                self.env._("There is nothing unused in the van of %s.", self.name)
            )
        picking.action_confirm()
        picking.action_assign()
        return {
            "type": "ir.actions.act_window",
            "res_model": "stock.picking",
            "view_mode": "form",
            "views": [(False, "form")],
            "res_id": picking.id,
        }

    def _prepare_van_return(self, point):
        """One move per product that lies free in the van."""
        van = self.van_location_id
        quants = self.env["stock.quant"]._read_group(
            Domain("location_id", "child_of", van.id) & Domain("owner_id", "=", False),
            ["product_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        )
        free = {
            product: (quantity or 0.0) - (reserved or 0.0)
            for product, quantity, reserved in quants
        }
        warehouse = point.warehouse_id or van.warehouse_id
        return {
            "company_id": self.company_id.id,
            "picking_type_id": warehouse.int_type_id.id,
            "location_id": van.id,
            "location_dest_id": point.id,
            "origin": self.name,
            "move_ids": [
                Command.create(
                    {
                        "company_id": self.company_id.id,
                        "product_id": product.id,
                        "product_uom": product.uom_id.id,
                        "product_uom_qty": quantity,
                        "location_id": van.id,
                        "location_dest_id": point.id,
                    }
                )
                for product, quantity in free.items()
                if product.uom_id.compare(quantity, 0.0) > 0
            ],
        }
