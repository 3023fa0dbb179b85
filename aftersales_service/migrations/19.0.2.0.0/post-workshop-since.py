def migrate(cr, version):
    """Repairs under way keep the deadline they have: counted from the call."""
    cr.execute(
        """
        UPDATE aftersales_order
           SET workshop_arrived_at = COALESCE(started_at, called_at)
         WHERE place = 'workshop'
           AND workshop_arrived_at IS NULL
        """
    )
