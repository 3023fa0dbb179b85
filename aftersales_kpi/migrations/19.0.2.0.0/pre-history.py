def migrate(cr, version):
    """The demo history has left the add-on; Odoo drops no table of a lost model.

    The orders it made stay, as those of anybody.
    """
    cr.execute(
        """
        WITH named AS (
            DELETE FROM ir_model_data
             WHERE module = 'aftersales_kpi' AND model = 'ir.rule'
               AND name = 'aftersales_history_rule_company'
         RETURNING res_id
        )
        DELETE FROM ir_rule USING named WHERE ir_rule.id = named.res_id
        """
    )
    cr.execute(
        "DROP TABLE IF EXISTS aftersales_history_mark, aftersales_history,"
        " aftersales_history_wizard"
    )
