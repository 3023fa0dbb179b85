"""Guarded fields: what only the code of a model writes, on whatever model it is.

``readonly`` protects nothing over RPC. A field declares ``guarded=True`` or
``guarded=False``; without it the value is derived, see ``_is_guarded``. A guarded
field is refused in write, create, ``default_…``, import and nested commands unless
the code runs as superuser or writes by ``_write_guarded``/``_create_guarded``. On
create its value comes from the caller's code or the field's own default, never from
a default that somebody stored or sent along.
"""

from odoo import api, models
from odoo.exceptions import AccessError

# Documents of Odoo: a link of ours on them decides what is charged, paid and moved.
DOCUMENTS = frozenset(
    {
        "account.bank.statement.line",
        "account.move",
        "account.move.line",
        "account.payment",
        "purchase.order",
        "purchase.order.line",
        "repair.order",
        "sale.order",
        "sale.order.line",
        "stock.lot",
        "stock.move",
        "stock.move.line",
        "stock.picking",
    }
)


class GuardPass:
    """Lets one write or create of named fields through.

    A context that comes over RPC holds plain data only, never such an object. The
    pass names records and fields, so code reached from within that write (overrides,
    nested commands, messages) gains nothing by it.
    """

    __slots__ = ("checked", "ids", "model", "names")

    def __init__(self, records, names, *, checked=False):
        self.model = records._name
        self.ids = frozenset(records._ids)
        self.names = frozenset(names)
        # Values that ``create`` of the guard mixin has checked and completed. They are
        # no excuse for the values of another ``create`` below it.
        self.checked = checked

    def opens(self, records, name):
        """Does the pass let this field of these records be written?"""
        return (
            name in self.names
            and records._name == self.model
            # Nothing is open on existing records by a pass for new ones, or vice versa.
            and bool(self.ids) == bool(records._ids)
            and self.ids.issuperset(records._ids)
        )


class Base(models.AbstractModel):
    _inherit = "base"

    # Worked out once for each model of a registry: each write asks for it.
    _guarded_names = frozenset()

    def _valid_field_parameter(self, field, name):
        # Only what stands at the field itself: Odoo offers the parameters of the
        # target to a related field, which would open it with the target.
        if name == "guarded":
            return hasattr(field, "guarded")
        return super()._valid_field_parameter(field, name)

    @api.model
    def _post_model_setup__(self):
        super()._post_model_setup__()
        type(self)._guarded_names = frozenset(
            name for name, field in self._fields.items() if self._is_guarded(field)
        )

    @api.model
    def _is_guarded(self, field):
        """Is the field written by the model's own code only?

        Derived, unless the field says so itself: on our models every stored field
        that is read-only (by itself, computed or related without being editable), on
        Odoo's models such fields of ours and the links of documents to our records.
        """
        if (explicit := getattr(field, "guarded", None)) is not None:
            return explicit
        own_model = self._name.startswith("aftersales.")
        if own_model and field.name == "access_token":
            return True
        ours = any(name.startswith("aftersales_") for name in field._modules)
        if not ours or not field.store or field.inherited:
            return False
        if field.name in models.MAGIC_COLUMNS:
            return False
        if self._transient or not self._auto:
            return False
        if own_model:
            return field.readonly
        if not field.name.startswith("aftersales_"):
            return False
        return field.readonly or (
            self._name in DOCUMENTS
            and field.relational
            and field.comodel_name.startswith("aftersales.")
        )

    @api.model
    def _get_guarded_fields(self):
        """Names of the fields that only the model's own code writes."""
        return self._guarded_names

    # -- access -------------------------------------------------------------------

    @api.model
    def _check_field_access(self, field, operation):
        # Not in ``_has_field_access``: Odoo asks that at each read of each field.
        if operation != "write" or self.env.su or field.name not in self._guarded_names:
            return super()._check_field_access(field, operation)
        if not self._has_guard_pass(field.name):
            raise AccessError(self._guarded_message(field))
        return None

    @api.model
    def _guarded_message(self, field):
        # Safe: the name of a kind of record.
        kind = self.env["ir.model"].sudo()._get(self._name).name
        return self.env._(
            "Nobody has the rights to enter “%(field)s” (%(kind)s): it follows from "
            "what is done with the record. Use the record's own buttons.",
            field=field._description_string(self.env) or field.name,
            kind=kind,
        )

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Guarded fields are read-only to whoever asks, also where a view forgot it."""
        found = super().fields_get(allfields, attributes)
        if not self.env.su:
            for name in self._guarded_names & found.keys():
                if "readonly" in found[name]:
                    found[name]["readonly"] = True
        return found

    def _has_guard_pass(self, name):
        """Is this very field being written by the model's own code?"""
        held = self.env.context.get("aftersales_pass")
        return isinstance(held, GuardPass) and held.opens(self, name)

    def _write_guarded(self, vals):
        """Write guarded fields with the user's own access and record rules.

        For actions of the model, after their checks; ``vals`` never holds what a
        caller sent. Fields that only some groups see are still theirs.
        """
        held = GuardPass(self, vals)
        return self.with_context(aftersales_pass=held).write(vals) if self else True

    def _writes_itself(self, vals):
        """Does the model's own code write these values? For checks in ``write``."""
        held = self.env.context.get("aftersales_pass")
        own = isinstance(held, GuardPass) and not held.checked
        return self.env.su or own and all(held.opens(self, name) for name in vals)

    @api.model
    def _create_guarded(self, vals_list):
        """Create with guarded values, with the user's own access and record rules."""
        names = {name for vals in vals_list for name in vals}
        held = GuardPass(self.browse(), names)
        records = self.with_context(aftersales_pass=held).create(vals_list)
        return records.with_env(self.env)

    @api.model
    def _without_guarded(self, vals):
        """The values without guarded ones, for what comes from outside."""
        return {
            name: value
            for name, value in vals.items()
            if name not in self._guarded_names
        }

    def _keeping_links(self, model=None):
        """These records for code of Odoo's that continues documents by copies of them.

        New records of the model (by default of this one) may then carry guarded
        values: a credit note those of its invoice, a backorder those of its transfer.

        :param model: name of the model whose new records continue these
        """
        new = self.env[model or self._name]
        held = GuardPass(new, new._guarded_names)
        return self.with_context(aftersales_pass=held)

    # -- where values come from -----------------------------------------------------

    @api.model
    def _add_missing_default_values(self, values):
        """Guarded fields take only the default that their definition names.

        Also when an action creates as superuser: the defaults are those of whoever
        pressed the button (``ir.default``), or of his context.
        """
        completed = super()._add_missing_default_values(values)
        for name in self._guarded_names & completed.keys() - values.keys():
            field = self._fields[name]
            if field.default:
                value = field.convert_to_cache(
                    field.default(self), self, validate=False
                )
                completed[name] = field.convert_to_write(value, self)
            else:
                del completed[name]
        return completed

    def copy(self, default=None):
        """Whoever duplicates a document of Odoo's gets one without links of ours."""
        if self.env.su:
            return super().copy(default)
        copying = self.with_context(aftersales_copying=True)
        return super(Base, copying).copy(default).with_env(self.env)

    def copy_data(self, default=None):
        """A copy starts anew; what the caller names is for ``create`` to refuse.

        Odoo splits and reverses its documents by ``copy_data``; these keep their links.
        """
        vals_list = super().copy_data(default)
        own_model = self._name.startswith("aftersales.")
        copying = own_model or self.env.context.get("aftersales_copying")
        if self.env.su or not copying or not self._guarded_names:
            return vals_list
        dropped = self._guarded_names.difference(default or ())
        # A record met a second time has no values.
        return [
            vals and {name: vals[name] for name in vals if name not in dropped}
            for vals in vals_list
        ]
