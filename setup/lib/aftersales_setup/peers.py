"""Add-ons of others that a benchmark compares ours with.

A benchmark names them as ``PEERS = {"project==version": "module"}``. They are fetched
when that benchmark runs, into the cache, and installed in its own copy of the test
database: nothing of ours depends on them.
"""

import ast
import sys

from aftersales_setup.cache import CACHE, built, digest
from aftersales_setup.report import run, step


def named(benchmark):
    """``{requirement: module}`` of a benchmark's file, without running it."""
    for node in ast.parse(benchmark.read_text()).body:
        names = {getattr(target, "id", "") for target in getattr(node, "targets", ())}
        if "PEERS" in names:
            return ast.literal_eval(node.value)
    return {}


def folder(requirements):
    """An addons folder with these projects, without what they depend on."""
    target = CACHE / f"peers-{digest(*sorted(requirements))}"
    if not target.exists():
        with step("Add-ons to compare with"), built(target) as part:
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
            run([*pip, "install", "-q", "--no-deps", "--target", part, *requirements])
    return target / "odoo/addons"
