"""Screens can be heard: what shows only an icon, or only a field, has a name."""

from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(ROOT.glob("aftersales_*/static/src/**/*.xml"))
NAMES = ("aria-label", "t-att-aria-label", "aria-labelledby")


def is_named(element):
    return any(name in element.attrib for name in NAMES)


def is_heard(element):
    """A name, words of its own, or words that come when it is drawn."""
    return bool("".join(element.itertext()).strip()) or any(
        is_named(part) or {"t-esc", "t-out"} & set(part.keys())
        for part in element.iter(etree.Element)
    )


def is_labelled(element):
    above = {parent.tag for parent in element.iterancestors()}
    return (
        is_named(element)
        or "label" in above
        or {"id", "t-attf-id"} & set(element.keys())
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_everything_to_press_or_fill_has_a_name(path):
    tree = etree.parse(str(path))
    nameless = [part for part in tree.iter("button", "a") if not is_heard(part)]
    nameless += [
        icon
        for icon in tree.iter("i")
        if not is_named(icon) and icon.get("aria-hidden") != "true"
    ]
    nameless += [
        field
        for field in tree.iter("input", "select", "textarea")
        if not is_labelled(field)
    ]
    assert not nameless, "\n".join(
        f"{path.name}:{part.sourceline} {part.tag} {dict(part.attrib)}"
        for part in nameless
    )
