"""Prepares and runs Odoo 19 with the after-sales add-ons.

Two stages. The first needs nothing but Python's standard library: it finds or
fetches Odoo, makes the virtual environment, and starts itself again inside it.
The second may use psycopg2: databases, templates, servers, tests.
"""
