from odoo import api, models


class IrFieldsConverter(models.AbstractModel):
    _inherit = "ir.fields.converter"

    @api.model
    def db_id_for(self, model, field, subfield, value, savepoint):
        """Look a name up once per import of service orders, not once per row."""
        cache = self.env.context.get("import_cache")
        if (
            model._name != "aftersales.order"
            or subfield is not None
            or not hasattr(cache, "clear")
        ):
            return super().db_id_for(model, field, subfield, value, savepoint)
        key = (field.comodel_name, value)
        found = cache.get(key)
        if found is None:
            try:
                found = super().db_id_for(model, field, subfield, value, savepoint)
            except Exception:
                # A failed creation takes earlier ones back with it.
                cache.clear()
                raise
            if found[0]:
                cache[key] = found
        return found
