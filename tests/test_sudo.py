"""No sudo() without a word on why it is safe."""

import re

import pytest

from aftersales_setup.cache import ADDONS, REPOSITORY

SUDO = re.compile(r"\.sudo\(\s*(True|user)?\s*\)")
NEAR = 6


def _files():
    for addon in ADDONS:
        for path in sorted((REPOSITORY / addon).rglob("*.py")):
            if "tests" not in path.parts:
                yield path


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.name))
def test_sudo_is_explained(path):
    lines = path.read_text().splitlines()
    bare = [
        number + 1
        for number, line in enumerate(lines)
        if SUDO.search(line)
        and not any(
            "safe" in near.lower() for near in lines[max(0, number - NEAR) : number + 2]
        )
    ]
    assert not bare, f"{path.name}: sudo() without “Safe: …” in lines {bare}"
