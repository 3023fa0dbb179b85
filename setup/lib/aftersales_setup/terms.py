"""What there is to translate, and what is translated: ``setup/lib/terms``.

Exports the terms of the installed add-ons, keeps each Chinese term by its English one,
drops what nothing uses any more and names what has no Chinese yet.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from aftersales_setup import odoo as databases
from aftersales_setup.cache import ADDONS, REPOSITORY
from aftersales_setup.report import Stop, say


def _export(database, folder):
    """All three in one file: a term of Odoo's own models belongs to one of them."""
    path = Path(folder) / "all.pot"
    with databases.configured("terms"):
        done = subprocess.run(
            databases.command("i18n", "export", "-d", database, "-l", "pot")
            + ["-o", str(path), *ADDONS],
            capture_output=True,
            text=True,
            check=False,
        )
    if not path.exists():
        raise Stop(done.stderr[-2000:])
    return path


def _borrowed(polib):
    """Chinese of all add-ons by English; a term may have moved from one to another."""
    found = {}
    for addon in ADDONS:
        for entry in polib.pofile(str(REPOSITORY / addon / "i18n/zh_CN.po")):
            if entry.msgstr and not entry.obsolete:
                found.setdefault((entry.msgctxt, entry.msgid), entry.msgstr)
    return found


def _narrow(entry, addon):
    """Keep of a term what concerns one add-on; is there anything?"""
    if addon not in re.findall(r"aftersales_\w+", entry.comment):
        return False
    kind = re.sub(r"modules?: .*", f"module: {addon}", entry.comment, count=1)
    entry.comment = kind
    other = "|".join(name for name in ADDONS if name != addon)
    entry.occurrences = [
        (re.sub(r":\d+$", "", place), line)
        for place, line in entry.occurrences
        if not re.search(rf"(:|addons/)({other})[./]", place)
    ]
    return True


def refresh():
    """Write the add-ons' ``zh_CN.po``; return how many terms have no Chinese."""
    import polib  # of the development environment

    prepared = databases.with_addons(demo=False)
    others, missing = _borrowed(polib), 0
    with (
        databases.scratch("terms", prepared) as database,
        tempfile.TemporaryDirectory() as folder,
    ):
        exported = str(_export(database, folder))
        for addon in ADDONS:
            path = REPOSITORY / addon / "i18n/zh_CN.po"
            old = polib.pofile(str(path), wrapwidth=78)
            own = {(e.msgctxt, e.msgid): e.msgstr for e in old if not e.obsolete}
            new = polib.pofile(exported, wrapwidth=78)
            for entry in list(new):
                if not _narrow(entry, addon):
                    new.remove(entry)
                    continue
                key = entry.msgctxt, entry.msgid
                entry.msgstr = own.get(key) or others.get(key, "")
                if not entry.msgstr:
                    missing += 1
                    say(f"{addon}: {entry.msgid!r}")
            new.metadata, new.header = old.metadata, old.header
            new.save(str(path))
    say(f"{missing} terms without Chinese.")
    return missing
