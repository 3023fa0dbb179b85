from markupsafe import Markup

from odoo import models

from ...tools.records import labels
from .aftersales_asset import _AUDITED


class AftersalesAsset(models.Model):
    """What was changed on a machine, and by whom."""

    _inherit = "aftersales.asset"

    def _audit_snapshot(self, vals):
        """Owner, site and state before a write that touches them."""
        if self.env.context.get("aftersales_audited") is _AUDITED:
            return {}
        if not {"partner_id", "site_id", "state"} & vals.keys():
            return {}
        return {asset: (asset.partner_id, asset.site_id, asset.state) for asset in self}

    def _log_changes(self, before):
        """Write what changed, and why, to the chatter: one batch for all."""
        reason = self.env.context.get("aftersales_reason")
        bodies = {}
        for asset, old in before.items():
            if lines := asset._describe_changes(*old):
                bodies[asset.id] = Markup("<br/>").join([*lines, reason or ""])
        self._log_bodies(bodies)

    def _log_bodies(self, bodies):
        """Notes on many products at once."""
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)

    def _describe_changes(self, partner, site, state):
        self.ensure_one()
        lines = []
        if partner != self.partner_id:
            lines.append(
                self.env._(
                    "Owner: %(old)s → %(new)s",
                    old=partner.display_name,
                    new=self.partner_id.display_name,
                )
            )
        if site != self.site_id:
            lines.append(
                self.env._(
                    "Site: %(old)s → %(new)s",
                    old=site.display_name or "–",
                    new=self.site_id.display_name or "–",
                )
            )
        if state != self.state:
            words = labels(self, "state")
            lines.append(
                self.env._(
                    "State: %(old)s → %(new)s",
                    old=words.get(state),
                    new=words.get(self.state),
                )
            )
        return lines
