from odoo import models
from odoo.exceptions import UserError

from ...tools.text import clean_text


class AftersalesOrder(models.Model):
    """What a technician hears or finds at his customer becomes a call of its own.

    ============ ======================= =============================================
    Action       Group                   Restriction
    ============ ======================= =============================================
    report found technician, operator    technician: customers of own orders
    ============ ======================= =============================================
    """

    _inherit = "aftersales.order"

    def action_report_found(self, description, asset_id=False, symptom_id=False):
        """Register another call of the same customer; the dispatcher sees it as new.

        :param description: what was found or asked for
        :param asset_id: id of another machine of the customer; default none
        :param symptom_id: id of the symptom
        :return: the new order
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("technician", "operator")
        description = clean_text(description, 20000).strip()
        if not description:
            raise UserError(self.env._("Say what was found."))
        # Safe: of a customer whose order the user may read; nothing else is chosen
        # than a machine of that customer and a symptom.
        here = self.sudo()
        asset = here.env["aftersales.asset"].browse(asset_id or []).exists()
        owner = asset.partner_id.commercial_partner_id
        if asset and owner != here.commercial_partner_id:
            raise UserError(
                self.env._("Choose a machine of %s.", here.partner_id.display_name)
            )
        order = here.create(
            {
                "company_id": here.company_id.id,
                "partner_id": here.partner_id.id,
                "site_id": (asset.site_id or here.site_id).id,
                "zone_id": here.zone_id.id,
                "team_id": here.team_id.id,
                "asset_id": asset.id,
                "symptom_id": symptom_id or False,
                "description": description,
                "contact_name": here.contact_name,
                "phone": here.phone,
                "channel": "walk_in",
                "place": "onsite",
            }
        )
        order._message_log(
            body=self.env._(
                "Found by %(name)s at work on %(order)s.",
                name=self.env.user.name,
                order=here.name,
            )
        )
        here._message_log(
            body=self.env._("Another fault was registered: %s.", order.name)
        )
        return order.sudo(False)
