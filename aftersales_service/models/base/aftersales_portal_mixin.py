from odoo import api, models
from odoo.tools import consteq


class AftersalesPortalMixin(models.AbstractModel):
    """Documents a customer sees in the portal without any right on their model.

    The controller looks them up as superuser, decides by ``_is_shown_to`` and renders
    only what the document hands out.
    """

    _name = "aftersales.portal.mixin"
    _description = "After-sales: documents in the portal"

    @api.model
    def _get_thread_with_access(
        self, thread_id, *, hash=None, pid=None, token=None, **kwargs
    ):
        """Keep junk out of the comparison in the portal, which would crash on it."""
        record = self.browse(thread_id).sudo().exists()  # Safe: only asks for a token.
        known = bool(record) and bool(record.access_token)
        return super()._get_thread_with_access(
            thread_id,
            hash=hash if known and self._is_plain(hash) else None,
            pid=pid if str(pid or "").isdecimal() else None,
            token=token if known and self._is_plain(token) else None,
            **kwargs,
        )

    @api.model
    def _is_plain(self, text):
        return isinstance(text, str) and text.isascii()

    def _is_shown_to(self, user, token=None):
        """May this user, or the bearer of this token, see the record in the portal?

        Called on the superuser's record.
        """
        self.ensure_one()
        known = token and self.access_token and self._is_plain(token)
        if known and consteq(self.access_token, token):
            return True
        if user._is_public():
            return False
        if user._is_internal():
            return self.with_user(user).has_access("read")
        return self.filtered_domain(self._get_portal_domain(user)) == self

    @api.model
    def _get_portal_domain(self, user):
        """Records of the customer the user belongs to; also list and counters."""
        partner = user.partner_id.commercial_partner_id
        return [("commercial_partner_id", "=", partner.id)]
