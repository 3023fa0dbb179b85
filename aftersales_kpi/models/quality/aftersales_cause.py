from odoo import api, fields, models

# Units of the shipped causes: whom the monthly request goes to.
UNITS = {
    "disk_damaged": "purchasing",
    "raid_card": "purchasing",
    "memory_failed": "purchasing",
    "board_failed": "production",
    "board_memory_failed": "production",
    "pci_failed": "production",
    "loose_slot": "logistics",
    "disk_offline": "quality",
    "software": "service",
    "opened": "sales",
    "misuse": "sales",
}


class AftersalesCause(models.Model):
    """Who answers for a cause (KP-08)."""

    _inherit = "aftersales.cause"

    unit_id = fields.Many2one(
        "aftersales.unit",
        "Responsible unit",
        ondelete="set null",
        index="btree_not_null",
        help="Gets the faults with this cause in its monthly improvement request.",
    )

    @api.model
    def _set_default_units(self):
        """Units of the shipped causes, once, at the installation."""
        for cause, unit in UNITS.items():
            record = self.env.ref(f"aftersales_service.aftersales_cause_{cause}", False)
            target = self.env.ref(f"aftersales_service.aftersales_unit_{unit}", False)
            if record and target and not record.unit_id:
                record.unit_id = target
