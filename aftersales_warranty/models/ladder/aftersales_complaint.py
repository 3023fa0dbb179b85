import logging

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.tools.records import count_by

from ...const import READERS

_logger = logging.getLogger(__name__)

FACTS = {
    *("state", "supplier_id", "category_id", "received_at", "company_id"),
    *("settled_at", "resolve_at", "concerned_partner_ids", "concerned_technician_ids"),
}
# What may take a complaint away from a supplier, an issue or a month.
PLACE = {"supplier_id", "category_id", "received_at", "company_id"}


class AftersalesComplaint(models.Model):
    """Complaints of a supplier move its penalty ladder (WA-23 … WA-28)."""

    _inherit = "aftersales.complaint"

    penalty_count = fields.Integer(
        "Number of penalties",
        compute="_compute_penalty_count",
        groups=READERS,
    )

    _ladder_idx = models.Index(
        "(supplier_id, category_id, received_at) "
        "WHERE state IN ('confirmed', 'answered', 'resolved')"
    )
    _ladder_total_idx = models.Index(
        "(supplier_id, received_at, id) "
        "WHERE state IN ('confirmed', 'answered', 'resolved')"
    )

    def _compute_penalty_count(self):
        counts = count_by(self.env["aftersales.penalty"], "complaint_ids", self)
        for complaint in self:
            complaint.penalty_count = counts.get(complaint.id, 0)

    # -------------------------------------------------------------------------
    # MARK
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        complaints = super().create(vals_list)
        complaints.filtered(lambda c: c.state != "new")._touch_ladder()
        return complaints

    def write(self, vals):
        changed = FACTS & vals.keys()
        if PLACE & changed:
            self._touch_ladder()
        result = super().write(vals)
        if changed:
            self._touch_ladder()
        return result

    def _touch_ladder(self):
        counted = self.filtered(lambda c: c.supplier_id and c.state != "new")
        # Safe: rows for the evaluation; nothing is shown.
        self.env["aftersales.penalty.due"].sudo()._mark_complaints(counted)

    # -------------------------------------------------------------------------
    # EVALUATE
    # -------------------------------------------------------------------------

    def _after_confirm(self):
        super()._after_confirm()
        self._review_ladder(self.supplier_id)

    def _after_withdraw(self):
        super()._after_withdraw()
        self._review_ladder(self.supplier_id)

    def _after_supplier_change(self, old_supplier):
        super()._after_supplier_change(old_supplier)
        self._review_ladder(self.supplier_id | old_supplier)

    def _settle(self, moment):
        """In time there is nothing to deduct any more (WA-23)."""
        super()._settle(moment)
        self._review_ladder(self.supplier_id)

    def action_unsettle(self, reason=False):
        """The supplier's hours run on from the receipt."""
        super().action_unsettle(reason)
        self._review_ladder(self.supplier_id)

    def action_resolve(self):
        """Closed: settled at the latest now."""
        result = super().action_resolve()
        self._review_ladder(self.supplier_id)
        return result

    def _review_ladder(self, suppliers):
        """Evaluate at once; what cannot be done now is done by the job.

        Whatever is wrong with the ladder must not keep the supervisor from working on
        the complaint: the marks stay, and the job tries again.
        """
        if not suppliers:
            return
        rules = self.env["aftersales.penalty.rule"]
        try:
            with self.env.cr.savepoint():
                for company in self.company_id:
                    rules._review_now(company, suppliers.commercial_partner_id)
        except (UserError, IntegrityError) as error:
            _logger.info("The penalty ladder waits for its job: %s", error)
            # Safe: the job does what could not be done here.
            job = self.env.ref("aftersales_warranty.ir_cron_review_penalties").sudo()
            job._trigger()

    def action_view_penalties(self):
        """The penalties this complaint is part of."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_penalty_action"
        )
        return {
            **action,
            "domain": [("complaint_ids", "in", self.ids)],
            "context": {},
        }
