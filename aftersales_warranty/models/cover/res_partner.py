from odoo import api, fields, models

from odoo.addons.aftersales_service.tools.records import count_by


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_warranty_count = fields.Integer(
        "Warranties in Force", compute="_compute_aftersales_warranty_count"
    )

    aftersales_deposit_ids = fields.One2many(
        "aftersales.deposit",
        "partner_id",
        "Deposit agreements",
        groups="aftersales_service.aftersales_service_group_supervisor,"
        "aftersales_service.aftersales_service_group_accountant",
    )

    aftersales_penalty_count = fields.Integer(
        "Penalties", compute="_compute_aftersales_penalty_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_penalty_count(self):
        """Those in force, of the supplier's company."""
        penalties = self.env["aftersales.penalty"]
        counts = {}
        if penalties.has_access("read"):
            counts = count_by(
                penalties,
                "partner_id",
                self.commercial_partner_id,
                [("state", "in", ("proposed", "approved"))],
            )
        for partner in self:
            owner = partner.commercial_partner_id
            partner.aftersales_penalty_count = counts.get(owner.id, 0)

    def action_view_aftersales_penalties(self):
        """Open the penalties of the supplier."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_penalty_action"
        )
        action["domain"] = [("partner_id", "in", self.commercial_partner_id.ids)]
        return action

    @api.depends_context("uid", "company")
    def _compute_aftersales_warranty_count(self):
        """Active ones of the customer and its addresses."""
        warranties = self.env["aftersales.warranty"]
        counts = {}
        if warranties.has_access("read"):
            groups = warranties._read_group(
                [
                    ("partner_id", "child_of", self.commercial_partner_id.ids),
                    ("state", "=", "active"),
                ],
                ["partner_id"],
                ["__count"],
            )
            for partner, count in groups:
                # Safe: the customer whose warranties the user has just counted.
                owner = partner.sudo().commercial_partner_id
                counts[owner.id] = counts.get(owner.id, 0) + count
        for partner in self:
            owner = partner.commercial_partner_id
            partner.aftersales_warranty_count = counts.get(owner.id, 0)

    def action_view_aftersales_warranties(self):
        """Open the warranties of the customer and its addresses."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_warranty_action"
        )
        action["domain"] = [("partner_id", "child_of", self.commercial_partner_id.ids)]
        action["context"] = {"search_default_active": True}
        return action
