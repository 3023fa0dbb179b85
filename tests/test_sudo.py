"""No sudo() without a word on why it is safe."""

import re

import pytest

from aftersales_setup.cache import ADDONS, REPOSITORY

SUDO = re.compile(r"\.sudo\(\s*(True|user)?\s*\)")
DEF = re.compile(r"\s*(async )?def ")


def _files():
    for addon in ADDONS:
        for path in sorted((REPOSITORY / addon).rglob("*.py")):
            if "tests" not in path.parts:
                yield path


def _explained(lines, number):
    """The word stands in the same method, at or above the call."""
    start = next((n for n in range(number, -1, -1) if DEF.match(lines[n])), 0)
    return any("safe" in line.lower() for line in lines[start : number + 2])


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.name))
def test_sudo_is_explained(path):
    lines = path.read_text().splitlines()
    bare = [
        number + 1
        for number, line in enumerate(lines)
        if SUDO.search(line) and not _explained(lines, number)
    ]
    assert not bare, f"{path.name}: sudo() without “Safe: …” in lines {bare}"
