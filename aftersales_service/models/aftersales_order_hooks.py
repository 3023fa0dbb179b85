from odoo import models


class AftersalesOrderHooks(models.AbstractModel):
    """Ends of the extension points of a service order.

    The stock and billing parts implement them and call ``super()``, in any order.
    """

    _name = "aftersales.order.hooks"
    _description = "Service Order: extension points"

    def _after_complete(self):
        """What follows completion in the same transaction."""

    def _check_can_cancel(self):
        """Raise when money or stock forbids to cancel."""

    def _check_can_close(self):
        """Raise when something of the order is still open."""

    def _check_can_reopen(self):
        """Raise when something stands in the way of opening again."""

    def _get_missing_for_completion(self):
        """``{order: [sentences]}`` of what the report still lacks."""
        return {}
