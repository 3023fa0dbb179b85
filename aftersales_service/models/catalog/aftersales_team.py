from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.records import count_by


class AftersalesTeam(models.Model):
    """Service point: a place with its own people and parts, responsible for zones.

    Mail sent to its alias becomes a service order of the point (SV-01).
    """

    _name = "aftersales.team"
    _inherit = [
        "aftersales.guard.mixin",
        "mail.alias.mixin",
    ]
    _description = "Service Point"
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short code used by imports and on papers.")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Address",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Distances to customers are measured from this address.",
    )
    supervisor_id = fields.Many2one(
        "res.users",
        check_company=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    user_ids = fields.Many2many(
        "res.users",
        "aftersales_team_users_rel",
        "team_id",
        "user_id",
        string="Office People",
        check_company=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Operators, dispatchers, parts keepers and supervisors of this service "
        "point: they see its orders.",
    )
    technician_ids = fields.One2many("aftersales.technician", "team_id")
    technician_count = fields.Integer(compute="_compute_technician_count")
    zone_ids = fields.One2many("aftersales.zone", "team_id")
    warehouse_id = fields.Many2one(
        "stock.warehouse", check_company=True, ondelete="restrict"
    )
    location_id = fields.Many2one(
        "stock.location",
        string="Parts Location",
        compute="_compute_location_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        ondelete="restrict",
        domain="[('usage', '=', 'internal'),"
        " ('company_id', 'in', [company_id, False])]",
    )
    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        check_company=True,
        compute="_compute_resource_calendar_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    color = fields.Integer()
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL AND code <> ''",
        "Another service point of the company has this code.",
    )

    @api.depends("warehouse_id")
    def _compute_location_id(self):
        for team in self:
            if team.warehouse_id and not team.location_id:
                team.location_id = team.warehouse_id.lot_stock_id

    @api.depends("company_id")
    def _compute_resource_calendar_id(self):
        for team in self:
            if team.resource_calendar_id.company_id != team.company_id:
                team.resource_calendar_id = team.company_id.resource_calendar_id

    @api.depends("technician_ids")
    def _compute_technician_count(self):
        counts = count_by(self.env["aftersales.technician"], "team_id", self)
        for team in self:
            team.technician_count = counts.get(team.id, 0)

    def copy_data(self, default=None):
        """A copy needs its own code."""
        vals_list = super().copy_data(default=default)
        for team, vals in zip(self, vals_list, strict=True):
            vals["code"] = False
            vals["name"] = self.env._("%(name)s (copy)", name=team.name)
        return vals_list

    @api.model
    def _get_own(self):
        """Service points of the user; the manager sees all of the company."""
        domain = Domain("company_id", "=", self.env.company.id)
        if not self.env.user._has_aftersales_role("manager"):
            domain &= Domain("user_ids", "in", self.env.uid)
        return self.search(domain)

    def action_view_technicians(self):
        """Open the technicians of the service point."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_technician_action"
        )
        action["domain"] = [("team_id", "=", self.id)]
        action["context"] = {"default_team_id": self.id}
        return action
