"""Each add-on in, upgraded twice, out and in again, with demo data.

Runs beside the tests, on the second core: ``python -m … REPORT_FOLDER``. The report
says for each step what Odoo complained about and what an uninstalled add-on left.
``tests/test_install.py`` judges it.
"""

import json
import sys
import traceback
from pathlib import Path

from aftersales_setup import odoo as databases
from aftersales_setup.cache import ADDONS
from aftersales_setup.postgres import connection
from aftersales_setup.report import Stop, step

# What a database consists of, as rows of one text each.
STRUCTURE = {
    "relation": """
        SELECT c.relname FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relname !~ '^ir_sequence_\\d+$'
    """,
    "column": """
        SELECT table_name || '.' || column_name FROM information_schema.columns
         WHERE table_schema = 'public'
    """,
    "constraint": "SELECT conrelid::regclass || '.' || conname FROM pg_constraint",
    # Odoo declares the links of rules and groups twice, with another rule of deletion
    # each: whoever sets up all models (as an extension of "base" does) makes them anew.
    "trigger": """
        SELECT t.tgrelid::regclass || '.' || t.tgname FROM pg_trigger t
     LEFT JOIN pg_constraint c ON c.oid = t.tgconstraint
         WHERE c.conrelid IS DISTINCT FROM 'rule_group_rel'::regclass
    """,
    "function": """
        SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'public'
    """,
    "model": "SELECT model FROM ir_model",
    "field": "SELECT model || '.' || name FROM ir_model_fields",
    "group": "SELECT id || ' ' || (name->>'en_US') FROM res_groups",
    "privilege": "SELECT id || ' ' || (name->>'en_US') FROM res_groups_privilege",
    "rule": "SELECT id || ' ' || name FROM ir_rule",
    "access": "SELECT id || ' ' || name FROM ir_model_access",
    "menu": "SELECT id || ' ' || (name->>'en_US') FROM ir_ui_menu",
    "view": "SELECT id || ' ' || name FROM ir_ui_view",
    "action": "SELECT id || ' ' || (name->>'en_US') FROM ir_actions",
    "cron": "SELECT id || ' ' || cron_name FROM ir_cron",
    "mail template": "SELECT id || ' ' || (name->>'en_US') FROM mail_template",
    "sequence without record": """
        SELECT c.relname FROM pg_class c
         WHERE c.relname ~ '^ir_sequence_\\d+$' AND NOT EXISTS (
               SELECT FROM ir_sequence s
                WHERE c.relname LIKE 'ir_sequence_' || lpad(s.id::text, 3, '0') || '%')
    """,
}
# What names one of our add-ons; nothing may. Demo data of Odoo's own models stay, with
# their external id, where posted entries and done stock moves refer to them.
NAMED = {
    "external id": """
        SELECT module || '.' || name || ' (' || model || ',' || res_id || ')'
          FROM ir_model_data
         WHERE module LIKE %(addon)s AND model NOT IN (
               'product.product', 'product.template', 'res.company', 'res.partner',
               'res.users', 'stock.location', 'stock.lot', 'stock.warehouse')
    """,
    "sequence": "SELECT name || ' ' || code FROM ir_sequence WHERE code LIKE %(dot)s",
    "setting": "SELECT key FROM ir_config_parameter WHERE key LIKE %(addon)s",
}


def rows(cursor, query, **values):
    cursor.execute(query, values or None)
    return {row[0] for row in cursor.fetchall()}


def structure(database):
    with connection(database) as cursor:
        return {kind: rows(cursor, query) for kind, query in STRUCTURE.items()}


def leftovers(database, before, addon):
    """What is there that was not before the add-on came, or that still names it."""
    now = structure(database)
    found = [
        f"{kind}: {name}" for kind in now for name in sorted(now[kind] - before[kind])
    ]
    names = {"addon": addon.replace("_", r"\_") + "%", "dot": addon.replace("_", ".")}
    with connection(database) as cursor:
        for kind, query in NAMED.items():
            found += [f"{kind}: {name}" for name in rows(cursor, query, **names)]
        found += _orphans(cursor)
    return found


def _orphans(cursor):
    """Records that point to a model by its name, which is no model any more."""
    cursor.execute(
        """
        SELECT c.table_name, c.column_name
          FROM information_schema.columns c JOIN information_schema.tables t
               USING (table_schema, table_name)
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
           AND column_name IN ('model', 'res_model', 'model_name', 'relation')
           AND data_type = 'character varying'
        """
    )
    found = []
    for table, column in cursor.fetchall():
        # Both names come from the catalogue, none from outside.
        cursor.execute(
            f'SELECT count(*), min("{column}") FROM "{table}"'
            f' WHERE "{column}" LIKE %s AND "{column}" NOT IN'
            " (SELECT model FROM ir_model)",
            ["aftersales.%"],
        )
        count, example = cursor.fetchone()
        if count:
            found.append(f"records: {count} in {table} of {example}")
    return found


def posted_entries(database):
    with connection(database) as cursor:
        cursor.execute(
            "SELECT count(*), COALESCE(sum(amount_total_signed), 0)"
            " FROM account_move WHERE state = 'posted'"
        )
        return [str(value) for value in cursor.fetchone()]


def external_ids(database):
    with connection(database) as cursor:
        return rows(
            cursor,
            "SELECT module || '.' || name FROM ir_model_data"
            " WHERE module LIKE 'aftersales\\_%'",
        )


def _is_attempt(complaint):
    """Odoo deletes records with external ids in whatever order it finds them, and
    tries again by halves where a foreign key objects: what counts is what is left."""
    return "bad query: b'DELETE" in complaint and "foreign key" in complaint


def check():
    report = {}
    with databases.scratch("install", databases.base(demo=True)) as database:
        before = {}
        for addon in ADDONS:
            before[addon] = structure(database)
            with step(f"install {addon}"):
                report[f"install {addon}"] = databases.install(database, [addon])
        named, tables = external_ids(database), structure(database)
        for turn in ("first", "second"):
            with step(f"{turn} upgrade"):
                report[f"{turn} upgrade"] = databases.run_odoo(
                    *("-d", database, "-u", ADDONS[0]),
                    *("--no-http", "--stop-after-init"),
                )
        gone = named ^ external_ids(database)
        after = structure(database)
        differs = [f"{kind}: {n}" for kind in after for n in after[kind] ^ tables[kind]]
        report["upgrade changes nothing"] = sorted(gone) + sorted(differs)
        entries = posted_entries(database)
        for addon in reversed(ADDONS):
            with step(f"uninstall {addon}"):
                found = databases.run_odoo("module", "uninstall", "-d", database, addon)
                report[f"uninstall {addon}"] = [
                    line for line in found if not _is_attempt(line)
                ]
            report[f"leftovers {addon}"] = leftovers(database, before[addon], addon)
        if (kept := posted_entries(database)) != entries:
            report["entries stay"] = [f"{entries} posted before, {kept} after"]
        with step("install again"):
            report["install again"] = databases.install(database, ADDONS)
    return report


def main(folder):
    """Write the report; a failure of its own is the report as well."""
    try:
        report = check()
    except Stop as stop:
        report = {"failure": [str(stop)]}
    except Exception:  # noqa: BLE001 - told to the test, whatever it is
        report = {"failure": [traceback.format_exc()]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
