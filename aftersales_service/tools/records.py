"""Small things every document does: a reason, a label, a count, a list to open."""

from odoo.exceptions import UserError
from odoo.fields import Domain


def require_reason(env, reason, message=None):
    """The reason without its spaces.

    :param message: the sentence for a missing one
    :raise UserError: when there is none
    """
    reason = (reason or "").strip()
    if not reason:
        raise UserError(message or env._("Give a reason."))
    return reason


def label(record, name):
    """What a selection field says, in the reader's language; empty without a value."""
    if not record[name]:
        return ""
    return labels(record, name).get(record[name], "")


def labels(model, name):
    """``{value: label}`` of a selection field in the reader's language."""
    return dict(model._fields[name]._description_selection(model.env))


def count_by(model, field, records, domain=()):
    """How many records of a model belong to each of ``records``, in one query.

    :param model: empty recordset of the model counted
    :param field: its many2one to ``records``
    :return: ``{id of record: number}``, only those that have some
    """
    groups = model._read_group(
        Domain(field, "in", records.ids) & Domain(domain), [field], ["__count"]
    )
    return {record.id: number for record, number in groups}


def open_records(env, xmlid, records, **values):
    """A window on these records: the form of one, the list of several.

    :param xmlid: window action with the views
    :param values: of the action, as ``name`` or ``context``
    """
    action = env["ir.actions.act_window"]._for_xml_id(xmlid)
    if len(records) == 1:
        action.update(views=[(False, "form")], res_id=records.id)
    else:
        action.update(domain=[("id", "in", records.ids)])
    action.update({"context": {"create": False}, **values})
    return action


def open_form(record, *, name=False, dialog=False, view=False, **values):
    """The form of one record or wizard.

    :param dialog: over the page instead of in its place
    :param view: external id of the form, where it is not the usual one
    """
    view_id = view and record.env.ref(view).id
    return {
        "type": "ir.actions.act_window",
        "name": name or record._description,
        "res_model": record._name,
        "res_id": record.id,
        "view_mode": "form",
        "views": [(view_id, "form")],
        "target": "new" if dialog else "current",
        **values,
    }
