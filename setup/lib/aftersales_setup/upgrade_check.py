"""An older version with its demo company, upgraded: the same figures before and after.

``setup/test --upgrade REVISION`` takes the add-ons of a revision out of git, installs
them with demo data, remembers what the business is worth (rows, states, sums of every
table of ours, of journal items and stock), upgrades with the files of this clone and
compares.
"""

import subprocess
import tempfile
from pathlib import Path

from aftersales_setup import odoo as databases
from aftersales_setup.cache import ADDONS, REPOSITORY
from aftersales_setup.postgres import connection
from aftersales_setup.report import Stop, say, step

# Odoo's own records that ours lead to.
SHARED = ("account_move", "account_move_line", "account_payment", "stock_move")
# Bookkeeping of jobs, not of the business.
NO_FIGURE = {"fee_stamp", "sequence", "color", "priority", "tries"}
NUMBERS = ("numeric", "double precision")


def _tables(cursor):
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND (tablename LIKE 'aftersales\\_%%' OR tablename = ANY(%s))",
        [list(SHARED)],
    )
    return sorted(name for (name,) in cursor.fetchall())


def _columns(cursor, table):
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s",
        [table],
    )
    return dict(cursor.fetchall())


def figures(database):
    """``{what: value}``: rows, rows by state and sums of all figures."""
    found = {}
    with connection(database) as cursor:
        for table in _tables(cursor):
            columns = _columns(cursor, table)
            sums = [
                name
                for name, kind in sorted(columns.items())
                if kind in NUMBERS and name not in NO_FIGURE
            ]
            # All names come from the catalogue, none from outside.
            terms = ["count(*)", *(f'round(sum("{n}")::numeric, 2)' for n in sums)]
            cursor.execute(f'SELECT {", ".join(terms)} FROM "{table}"')
            names = [f"rows of {table}", *(f"{table}.{name}" for name in sums)]
            found.update(zip(names, map(str, cursor.fetchone()), strict=True))
            if "state" in columns:
                cursor.execute(f'SELECT state, count(*) FROM "{table}" GROUP BY 1')
                for state, count in cursor.fetchall():
                    found[f"{table} in state {state}"] = str(count)
    return found


def _old_addons(revision, folder):
    """The three folders as they were at a revision."""
    archive = subprocess.run(
        ["git", "archive", revision, *ADDONS],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        raise Stop(f"git knows no revision {revision} with the add-ons.")
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)


def check(revision):
    """Print what differs after the upgrade; return the number of findings.

    :param revision: of git, for example a tag of an earlier version
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        databases.scratch("upgrade", databases.base(demo=True)) as database,
    ):
        _old_addons(revision, folder)
        odoo = [p for p in databases.addons_path() if Path(p) != REPOSITORY]
        path = ",".join(map(str, [*odoo, folder]))
        with step(f"Demo company of {revision}"):
            databases.install(database, ADDONS, demo=True, addons_path=path)
        before = figures(database)
        with step("Upgrade"):
            complaints = databases.run_odoo(
                *("-d", database, "-u", ADDONS[0], "--no-http", "--stop-after-init")
            )
        after = figures(database)
    for complaint in complaints:
        say(f"Odoo says: {complaint}")
    gone = sorted(before.keys() - after.keys())
    new = sorted(after.keys() - before.keys())
    differs = sorted(n for n in before.keys() & after.keys() if before[n] != after[n])
    for name in gone:
        say(f"no longer there: {name} ({before[name]})")
    for name in new:
        say(f"new: {name} ({after[name]})")
    for name in differs:
        say(f"differs: {name}: {before[name]} before, {after[name]} after")
    say(
        f"{len(before.keys() & after.keys()) - len(differs)} figures agree,"
        f" {len(differs)} differ, {len(gone)} are gone, {len(new)} are new."
    )
    return len(differs) + len(complaints)
