from odoo import api, models

from ...const import OPEN_STATES


class AftersalesOrder(models.Model):
    """How a call gets in without a person: e-mail to a service point (SV-01)."""

    _inherit = "aftersales.order"

    @api.model
    def _prepare_mail_values(self, msg_dict, team, company):
        return {
            **super()._prepare_mail_values(msg_dict, team, company),
            "called_at": self._get_mail_date(msg_dict),
            "duplicate_confirmed": True,
        }

    @api.model
    def _get_mail_ended_states(self):
        return ("closed", "cancelled")

    def _get_mail_reader(self):
        """The technician in charge, else the service point."""
        return self.technician_id.user_id or super()._get_mail_reader()

    def _get_late_reply_user(self):
        return super()._get_late_reply_user() or self.closed_by_id

    def _create_from_mail(self, msg_dict, values, partner, asset):
        """The order, linked to an open one about the same machine."""
        open_orders = self.browse()
        if asset:
            open_orders = self.search(
                [
                    ("asset_id", "=", asset.id),
                    ("state", "in", OPEN_STATES),
                ],
                order="called_at, id",
            )
            values = {**values, "parent_id": open_orders[:1].id}
        order = super()._create_from_mail(msg_dict, values, partner, asset)
        if open_orders:
            order._flag_mail_duplicate(open_orders)
        return order

    def _flag_mail_duplicate(self, open_orders):
        """Nobody could be asked: say it where the order is worked on."""
        self._message_log(
            body=self.env._(
                "The machine already has an open order: %(orders)s. Cancel this one "
                "if it is about the same fault.",
                orders=", ".join(open_orders.mapped("name")),
            )
        )
