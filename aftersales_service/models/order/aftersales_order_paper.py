from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

ARCHIVE_REPORT = "aftersales_service.action_report_voucher_archive"
ARCHIVE_BATCH = 50


class AftersalesOrder(models.Model):
    """Papers of a service order and the archive copy of its voucher."""

    _inherit = "aftersales.order"

    archive_due = fields.Boolean(
        "Archive copy due",
        copy=False,
        readonly=True,
        help="Set when the order is closed; the archive copy of the voucher follows "
        "in the background.",
    )
    archive_failures = fields.Integer(copy=False, readonly=True)

    _archive_due_idx = models.Index("(archive_failures, id) WHERE archive_due")

    def _get_report_base_filename(self):
        """Name of a downloaded paper, also of the portal's."""
        self.ensure_one()
        return self.env._("Service voucher %s", self.name)

    def _get_quotation_filename(self):
        self.ensure_one()
        return self.env._("Quotation %s", self.name)

    def _get_archive_filename(self):
        """One file for each closing; empty while the order is not closed."""
        self.ensure_one()
        if self.state != "closed" or not self.closed_at:
            return False
        return (
            f"{self.name.replace('/', '-')} archive {self.closed_at:%Y%m%d-%H%M%S}.pdf"
        )

    # -- archive ----------------------------------------------------------------

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name == "close":
            values.update({"archive_due": True, "archive_failures": 0})
        return values

    def _transition(self, name):
        """The archive copy is printed in the background, one for each closing."""
        super()._transition(name)
        if name == "close":
            self.env.ref("aftersales_service.ir_cron_archive_vouchers")._trigger()

    @api.model
    def _get_archive_due_domain(self):
        return Domain("archive_due", "=", True) & Domain("state", "=", "closed")

    @api.model
    def _cron_archive_vouchers(self, limit=ARCHIVE_BATCH):
        """Attach the archive copy to the orders closed; a failure waits its turn."""
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() == "install":
            return
        domain = self._get_archive_due_domain()
        orders = self.search(domain, limit=limit, order="archive_failures, id")
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=self.search_count(domain) if orders else 0)
        for order in orders:
            order = order.try_lock_for_update().filtered_domain(domain)
            if not order:
                continue
            try:
                order._archive_voucher()
            except UserError as error:
                self.env.cr.rollback()
                order._note_archive_failure(error)
            if not progress(1):
                break

    def _archive_voucher(self):
        """Print the archive copy and attach it, unless this closing has one."""
        self.ensure_one()
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )
        reports._render_qweb_pdf(ARCHIVE_REPORT, self.ids)
        self.write({"archive_due": False})

    def _note_archive_failure(self, error):
        self.ensure_one()
        if not self.archive_failures:
            self._message_log(
                body=self.env._("The archive copy could not be made: %s", error)
            )
        self.archive_failures += 1
