"""Runs tests/bench/*.py and prints what they measured as one table.

A benchmark is a file with a function ``run(env, measure)``. It measures blocks, the
first subject of a group is what the others are compared with:

    def run(env, measure):
        with measure("1 000 orders: create", "repair.order", records=1000):
            env["repair.order"].create(values)
            env.flush_all()
        with measure("1 000 orders: create", "aftersales.order", records=1000):
            ...

Measured several times in turn, a subject counts with its median. Wall time and SQL
queries are counted; every file gets a transaction of its own on a copy of the test
database, rolled back at its end unless it commits. ``setup/bench NAME…`` runs some of
the files. An optional list ``LIMITS`` of (group, subject, "ratio", "query ratio",
"queries" or "ms", highest value) is checked at the end: beyond it the command fails.
With ``database=True`` a subject counts with the time its queries took alone.
"""

import gc
import runpy
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aftersales_setup.cache import REPOSITORY
from aftersales_setup.report import say

FOLDER = REPOSITORY / "tests/bench"


@dataclass
class Row:
    group: str
    subject: str
    records: int
    seconds: float
    queries: int

    @property
    def milliseconds(self):
        return self.seconds * 1000 / self.records

    @property
    def queries_each(self):
        return self.queries / self.records


class Measure:
    def __init__(self, env):
        self.env = env
        self.rows = []

    @contextmanager
    def __call__(self, group, subject, *, records=1, database=False):
        self.env.flush_all()
        gc.collect()
        # Odoo's cursor adds up the time of its queries there.
        thread = threading.current_thread()
        thread.query_count, thread.query_time = 0, 0
        queries, begun = self.env.cr.sql_log_count, time.perf_counter()
        yield
        self.env.flush_all()
        seconds = time.perf_counter() - begun
        if database:
            seconds = thread.query_time
        self.rows.append(
            Row(group, subject, records, seconds, self.env.cr.sql_log_count - queries)
        )
        say(f"{group}, {subject}: {seconds:.2f} s")


def medians(rows):
    """One row per group and subject, the one with the median time; group by group."""
    groups = {}
    for row in rows:
        groups.setdefault(row.group, {}).setdefault(row.subject, []).append(row)
    return [
        sorted(same, key=lambda row: row.seconds)[len(same) // 2]
        for subjects in groups.values()
        for same in subjects.values()
    ]


def table(rows):
    lines = [("", "subject", "ms/record", "queries/record", "ratio")]
    first = {}
    for row in rows:
        base = first.setdefault(row.group, row)
        lines.append(
            (
                row.group if base is row else "",
                row.subject,
                f"{row.milliseconds:.2f}",
                f"{row.queries_each:.3f}",
                f"{row.milliseconds / base.milliseconds:.2f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = (str.ljust, str.ljust, str.rjust, str.rjust, str.rjust)
    return "\n".join(
        "  ".join(
            align(cell, width)
            for align, cell, width in zip(aligned, line, widths, strict=True)
        )
        for line in lines
    )


def exceeded(rows, limits):
    first, found = {}, []
    for row in rows:
        base = first.setdefault(row.group, row)
        value = {
            "ratio": row.milliseconds / base.milliseconds,
            "query ratio": row.queries / max(base.queries, 1),
            "queries": row.queries_each,
            "ms": row.milliseconds,
        }
        found += [
            f"{row.group}, {row.subject}: {kind} {value[kind]:.2f}, at most {highest}"
            for group, subject, kind, highest in limits
            if (group, subject) == (row.group, row.subject) and value[kind] > highest
        ]
    return found


def select(names):
    """The files of benchmarks whose names hold one of these; all without names."""
    return [
        path
        for path in sorted(FOLDER.glob("[!_]*.py"))
        if not names or any(name in path.stem for name in names)
    ]


def main(database, files):
    import odoo.tools
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config([], setup_logging=True)
    registry = Registry(database)
    rows, limits = [], []
    for path in map(Path, files):
        say(path.stem)
        benchmark = runpy.run_path(str(path))
        with registry.cursor() as cr:
            # As a server does it: the caches are warm, the first request has passed.
            measure = Measure(Environment(cr, SUPERUSER_ID, {}))
            benchmark["run"](measure.env, measure)
            rows += medians(measure.rows)
            limits += benchmark.get("LIMITS", [])
            cr.rollback()
    print(f"\n{table(rows)}\n")
    beyond = exceeded(rows, limits)
    for line in beyond:
        print(f"Too slow: {line}", file=sys.stderr)
    return bool(beyond)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
