from odoo import fields, models
from odoo.fields import NO_ACCESS


class AftersalesFollowupLink(models.AbstractModel):
    """The customer's link to the card: own token, once, expiring (SV-81)."""

    _name = "aftersales.followup.link"
    _description = "Follow-up: link for the customer"

    link_state = fields.Selection(
        [
            ("none", "No link"),
            ("waiting", "To send"),
            ("sent", "Sent"),
            ("failed", "Could not be sent"),
        ],
        "Link",
        default="none",
        readonly=True,
        copy=False,
    )
    link_token = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    link_expires_on = fields.Date("Link valid until", readonly=True, copy=False)
    link_sent_at = fields.Datetime("Link sent on", readonly=True, copy=False)
