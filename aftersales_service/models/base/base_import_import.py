from odoo import api, models


class BaseImport(models.TransientModel):
    """A slash in the label of a column is part of the label: Room / Rack."""

    _inherit = "base_import.import"

    @api.model
    def _get_mapping_suggestion(
        self, header, fields_tree, header_types, mapping_fields
    ):
        if "/" in header and header.lower() not in mapping_fields:
            wanted = _fold(header)
            labels = self.with_context(lang="en_US").env["ir.model.fields"]
            for field in fields_tree:
                english = {}
                if field.get("model_name"):
                    english = labels.get_field_string(field["model_name"])
                names = (field["string"], english.get(field["name"], ""))
                if wanted in map(_fold, names):
                    return {"field_path": [field["name"]], "distance": 0}
        return super()._get_mapping_suggestion(
            header, fields_tree, header_types, mapping_fields
        )


def _fold(label):
    return "".join((label or "").split()).casefold()
