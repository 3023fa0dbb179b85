from odoo import api, models
from odoo.exceptions import LockError, UserError

from .base import GuardPass


class _Memory(dict):
    """Defaults of one create call; a context from outside holds only plain dicts."""


def _fresh(values):
    """The values with lists and dicts of their own; everything else is shared."""
    return {
        name: value.copy() if isinstance(value, list | dict) else value
        for name, value in values.items()
    }


class AftersalesGuardMixin(models.AbstractModel):
    """What the records of our models have in common: guard, transitions, locks.

    Which fields are guarded stands at the fields, see ``base``. Here ``create`` and
    ``write`` ask before any other code of the model runs, and a model names the
    guarded values its new records start with.
    """

    _name = "aftersales.guard.mixin"
    _description = "After-sales: guarded fields, transitions and locks"

    # -- guarded fields ---------------------------------------------------------

    def _check_guarded_values(self, vals_list):
        """Refuse guarded fields given by the caller, nested commands included."""
        names = {name for vals in vals_list for name in vals} & self._guarded_names
        if self.env.su or not names:
            return
        held = self.env.context.get("aftersales_pass")
        # What an outer create has completed says nothing of the values given here.
        foreign = isinstance(held, GuardPass) and held.checked
        strict = self.with_context(aftersales_pass=None) if foreign else self
        for name in sorted(names):
            strict._check_field_access(self._fields[name], "write")

    @api.model
    def _prepare_guarded_values(self, vals_list):
        """Return the values to create with guarded ones (number, state) added."""
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        defaults = {
            key[8:]: value
            for key, value in self.env.context.items()
            if key.startswith("default_")
        }
        self.browse()._check_guarded_values([*vals_list, defaults])
        prepared = self._prepare_guarded_values([dict(vals) for vals in vals_list])
        held = GuardPass(self.browse(), self._guarded_names, checked=True)
        guarded = self.with_context(aftersales_pass=held, aftersales_defaults=_Memory())
        records = super(AftersalesGuardMixin, guarded).create(prepared)
        return records.with_env(self.env)

    def write(self, vals):
        self._check_guarded_values([vals])
        return super().write(vals)

    # -- batches ----------------------------------------------------------------

    def _check_company(self, fnames=None):
        """Skip Odoo's check of record by record where a batch has one company.

        Most batches and their links belong to one company or to none; comparing the
        sets shows that at once. Only otherwise each record is looked at.
        """
        if fnames is None or "company_id" in fnames:
            fnames = self._fields
        companies = self.sudo().company_id  # Safe: compared, never shown.
        if len(companies) == 1 and all(
            self._is_link_within(self._fields[name], companies)
            for name in fnames
            if self._fields[name].relational and self._fields[name].check_company
        ):
            return
        super()._check_company(fnames)

    def _is_link_within(self, field, company):
        # Safe: only companies are compared.
        linked = self.sudo()[field.name]
        if not linked:
            return True
        if field.company_dependent or "company_id" not in linked._fields:
            return False
        return linked.company_id <= company

    def _add_missing_default_values(self, values):
        """Draw the defaults of a batch once, not once per record.

        The memory lives in the context of one ``create`` call (see there); it is
        keyed by the fields given, since these decide which defaults are missing.
        """
        memory = self.env.context.get("aftersales_defaults")
        if not isinstance(memory, _Memory):
            return super()._add_missing_default_values(values)
        key = (self._name, frozenset(values))
        if key not in memory:
            complete = super()._add_missing_default_values(values)
            memory[key] = {
                name: value for name, value in complete.items() if name not in values
            }
        return {**_fresh(memory[key]), **values}

    def _assign_grouped(self, name, values):
        """Set a field once per distinct value instead of once per record.

        :param name: name of the field
        :param values: one value for each record, in their order
        """
        groups = {}
        for record, value in zip(self, values, strict=True):
            groups.setdefault(value, []).append(record)
        for value, records in groups.items():
            self.browse().concat(*records)[name] = value

    # -- transitions ------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        """``{action: (source states, target state)}``; add-ons extend the dict."""
        return {}

    def _prepare_transition_values(self, name):
        """Companion values written together with the state."""
        return {}

    def _blocked_message(self, name, blocked):
        """One sentence naming the records that are in the wrong state."""
        states = dict(self._fields["state"]._description_selection(self.env))
        return self.env._(
            "This is not possible now: %(records)s. Reload the page to see "
            "the current state.",
            records=", ".join(
                f"{record.display_name} ({states.get(record.state)})"
                for record in blocked[:5]
            ),
        )

    def _check_transition(self, name):
        """Raise when a record is in a state the action does not start from."""
        sources, _target = self._get_transitions()[name]
        if blocked := self.filtered(lambda record: record.state not in sources):
            raise UserError(self._blocked_message(name, blocked))

    def _transition(self, name):
        """The one writer of ``state``: checked, with its companions in one write."""
        self._check_transition(name)
        _sources, target = self._get_transitions()[name]
        values = {"state": target, **self._prepare_transition_values(name)}
        if self.has_access("write"):
            self._write_guarded(values)
        else:
            # Safe: the public action has checked who may do it; some may decide on
            # records they do not write otherwise (approvals, what is over).
            self.sudo().write(values)

    # -- locks ------------------------------------------------------------------

    def _lock_for_action(self):
        """Lock the rows for this transaction, or say who is in the way.

        The caller re-checks its precondition afterwards and UPDATEs the locked row;
        otherwise a second transaction under REPEATABLE READ acts on the old state.
        """
        if self.try_lock_for_update() != self:
            raise LockError(
                self.env._(
                    "%(records)s is being processed by another user, try again "
                    "in a moment.",
                    records=", ".join(self[:5].mapped("display_name")),
                )
            )
        self.invalidate_recordset(["state"] if "state" in self._fields else None)
