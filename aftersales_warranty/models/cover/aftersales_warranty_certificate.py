import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.aftersales_service.tools.records import labels


class AftersalesWarranty(models.Model):
    """Certificate with a QR code that tells product and cover, nothing else (WA-02).

    The page behind the code shows what `_get_certificate_values` hands out: no owner,
    no price, no other machine.
    """

    _inherit = "aftersales.warranty"

    certificate_token = fields.Char(
        copy=False, readonly=True, groups="base.group_system", prefetch=False
    )

    _certificate_token_uniq = models.UniqueIndex(
        "(certificate_token) WHERE certificate_token IS NOT NULL"
    )

    # -- the link -------------------------------------------------------------------

    def _get_certificate_url(self):
        """Address of the public page; the token is made when it is first printed."""
        self.ensure_one()
        # Safe: printed on the certificate its reader is allowed to see.
        warranty = self.sudo()
        if not warranty.certificate_token:
            warranty._lock_for_action()
            if not warranty.certificate_token:
                warranty.certificate_token = secrets.token_urlsafe(32)
        return f"{self.get_base_url()}/warranty/{warranty.certificate_token}"

    @api.model
    def _find_by_certificate(self, token):
        """The warranty of a token of 256 random bits, or nothing."""
        # Safe: only the fixed values of the page leave the controller.
        return self.sudo().search([("certificate_token", "=", token)], limit=1)

    def action_renew_certificate(self):
        """Certificates printed so far show nothing any more; print new ones."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self.sudo().certificate_token = False  # Safe: only supervisors get here.
        self._log_text(self.env._("Printed certificates were made invalid"))

    def action_print_certificate(self):
        """The certificate as PDF, in the customer's language."""
        self._check_certificates()
        return self.env.ref(
            "aftersales_warranty.action_report_certificate"
        ).report_action(self)

    def _check_certificates(self):
        if void := self.filtered("is_void"):
            raise UserError(
                self.env._("%s is void: no certificate.", void[0].display_name)
            )

    # -- what it tells ----------------------------------------------------------------

    def _get_certificate_values(self):
        """Everything the certificate, its page and the portal show."""
        self.ensure_one()
        states = labels(self, "state")
        # Safe: the product, the serial and what is covered; see the class.
        warranty = self.sudo()
        term = warranty.term_id
        return {
            "number": warranty.name,
            "product": warranty.product_id.display_name,
            "serial": warranty.serial or "",
            "quantity": warranty.quantity if not warranty.asset_id else False,
            "uom": warranty.product_id.uom_id.name,
            "term": term.name,
            "state": warranty.state,
            "state_label": states[warranty.state],
            "start": self._format_day(warranty.date_start),
            "end": self._format_day(warranty.date_end),
            "waits_for": warranty.waits_for or "",
            "added": warranty.extended_days,
            "limit": self._format_limit(warranty),
            "covers": [self._get_cover_row(row) for row in warranty.scope_ids],
            "excluded": warranty.term_id.exclusion_ids.mapped("name"),
        }

    def _get_cover_row(self, row):
        if not row.share:
            text = self.env._("not covered")
        elif row.share < 100:
            text = self.env._("%(share)g %% free", share=row.share)
        else:
            text = self.env._("free")
        return {
            "name": row.display_name,
            "text": text,
            "until": self._format_day(row.share and row.date_end),
        }

    def _format_day(self, day):
        return format_date(self.env, day) if day else ""

    def _format_limit(self, warranty):
        if not warranty.counter_limit:
            return ""
        counters = labels(warranty, "counter")
        counter = counters.get(warranty.counter, "")
        return f"{warranty.counter_limit:g} {counter}"
