"""What is refused one by one is not found in a list either (Reliability 16)."""

import re

from aftersales_setup.cache import ADDONS, REPOSITORY

CHECK = re.compile(r"def (_check_access|check_access|has_access)\(")


def test_no_access_check_without_its_search():
    bare = [
        path.name
        for addon in ADDONS
        for path in (REPOSITORY / addon).rglob("*.py")
        if "tests" not in path.parts
        and CHECK.search(source := path.read_text())
        and "def _search(" not in source
    ]
    assert not bare, bare
