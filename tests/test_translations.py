"""Translations: every file is sound, Chinese is complete (Reliability 46)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[1]
CHAIN = ("aftersales_service", "aftersales_warranty", "aftersales_kpi")
FILES = sorted(ROOT.glob("aftersales_*/i18n/*.po"))
PLACEHOLDER = re.compile(
    r"%(?:\((?P<name>\w+)\))?[-+ #0]*\d*(?:\.\d+)?[sdifgrx%]|\{\{?\s*[\w.]*\s*\}?\}"
    r"|\$\{[^}]*\}"
)
TAG = re.compile(r"</?([a-zA-Z][\w-]*)")


def placeholders(text):
    return sorted(match.group() for match in PLACEHOLDER.finditer(text))


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:]))
def test_placeholders_and_tags(path):
    found = [
        f"{entry.msgid!r} -> {entry.msgstr!r}"
        for entry in polib.pofile(str(path), check_for_duplicates=True)
        if entry.msgstr
        and not entry.obsolete
        and (
            placeholders(entry.msgid) != placeholders(entry.msgstr)
            or sorted(TAG.findall(entry.msgid)) != sorted(TAG.findall(entry.msgstr))
        )
    ]
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def terms(tmp_path_factory):
    """What Odoo finds to translate in the add-ons, of each its set of terms."""
    if not os.environ.get("AFTERSALES_TEST_TEMPLATE"):
        pytest.skip("needs setup/test")
    from aftersales_setup import odoo as databases

    path = tmp_path_factory.mktemp("i18n") / "all.pot"
    template = os.environ["AFTERSALES_TEST_TEMPLATE"]
    with databases.scratch("i18n", template) as database:
        command = ["i18n", "export", "-d", database, "-l", "pot", "-o", path, *CHAIN]
        done = subprocess.run(
            [sys.executable, "-m", "odoo", *map(str, command)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert path.exists(), done.stderr
    found = {addon: set() for addon in CHAIN}
    for entry in polib.pofile(str(path)):
        for addon in re.findall(r"aftersales_\w+", entry.comment):
            found[addon].add(entry.msgid)
    return found


@pytest.mark.parametrize("addon", CHAIN)
def test_chinese_is_complete(terms, addon):
    path = ROOT / addon / "i18n/zh_CN.po"
    if not terms[addon]:
        return
    assert path.exists(), f"{path} is missing: {len(terms[addon])} terms"
    file = polib.pofile(str(path))
    done = {e.msgid for e in file if e.msgstr and not e.fuzzy and not e.obsolete}
    missing = sorted(terms[addon] - done)
    assert not missing, f"{len(missing)} terms:\n" + "\n".join(missing[:100])
    dead = sorted(e.msgid for e in file if e.obsolete or e.msgid not in terms[addon])
    assert not dead, f"{len(dead)} no longer used:\n" + "\n".join(dead[:100])
