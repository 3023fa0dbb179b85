from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.tools.records import open_form


class AftersalesDocumentMixin(models.AbstractModel):
    """A numbered document of one company: agreement, entry, claim, letter, return …

    Its number and its days are those of its own company, whoever writes it. What has
    been decided on stays: it is dropped with a reason, never deleted.
    """

    _name = "aftersales.document.mixin"
    _description = "Numbered document of a company"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]

    # What nobody changes any more once somebody has decided on it.
    FIXED = frozenset()
    # Days that are today where nothing else is said.
    TODAY = ()

    name = fields.Char(
        "Number", readonly=True, copy=False, default="/", index="trigram"
    )

    # -- new ------------------------------------------------------------------------

    @api.model
    def _prepare_guarded_values(self, vals_list):
        groups = {}
        companies = self._get_companies_of(vals_list)
        for vals, company in zip(vals_list, companies, strict=True):
            groups.setdefault(company, []).append(vals)
        for company, group in groups.items():
            today = company._aftersales_today()
            for vals in group:
                vals.update({n: today for n in self.TODAY if n not in vals})
            self._add_numbers(company, group)
        return super()._prepare_guarded_values(vals_list)

    @api.model
    def _get_companies_of(self, vals_list):
        """Companies of records about to be created, also through what they are for."""
        name, *rest = (self._fields["company_id"].related or "company_id").split(".")
        default = self.env.context.get(f"default_{name}")
        ids = [vals.get(name) or default or False for vals in vals_list]
        # Safe: only the company, for the series and the clock.
        sources = (
            self.env[self._fields[name].comodel_name].sudo().browse(filter(None, ids))
        )
        own = self.env.company
        found = {
            source.id: (source[rest[0]] if rest else source).with_env(self.env)
            for source in sources
        }
        return [found.get(key) or own for key in ids]

    @api.model
    def _add_numbers(self, company, vals_list):
        """Numbers of the company's own series, in the order of the values."""
        sequences = self.env["ir.sequence"]
        numbers = sequences._aftersales_next_numbers(
            self._name, company, len(vals_list)
        )
        for vals, number in zip(vals_list, numbers, strict=True):
            vals["name"] = number

    # -- kept -----------------------------------------------------------------------

    def write(self, vals):
        if not self._writes_itself(vals) and vals.keys() & self.FIXED:
            self._check_can_edit()
        return super().write(vals)

    def _check_can_edit(self):
        """:raise UserError: names those that have left their first state"""
        first = self._fields["state"].default(self)
        if decided := self.filtered(lambda record: record.state != first):
            raise UserError(self._blocked_message("change", decided))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        self._check_can_delete()

    def _check_can_delete(self):
        raise UserError(
            self.env._(
                "%s stays on record: it is cancelled with a reason, never deleted.",
                self[:1].display_name,
            )
        )

    # -- actions --------------------------------------------------------------------

    def _begin(self, name):
        """Lock the rows and read them anew; after the caller's checks of rights.

        :return: the records as superuser, in a state the transition starts from
        """
        records = self.sudo()  # Safe: whoever begins an action has checked rights.
        records._lock()
        records._check_transition(name)
        return records

    def _lock(self):
        self._lock_for_action()
        self.invalidate_recordset()

    def _transition(self, name):
        """Each company writes its own day."""
        for records in self.grouped("company_id").values():
            super(AftersalesDocumentMixin, records)._transition(name)

    def _log_reason(self, title, reason):
        """One note on each: what was done, and why."""
        body = f"{title}: {reason.strip()}" if (reason or "").strip() else title
        self._message_log_batch(bodies=dict.fromkeys(self.ids, body))

    def _get_form_action(self):
        self.ensure_one()
        return open_form(self)
