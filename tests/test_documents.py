"""What code refers to stands in the documents, and every link leads to a file."""

import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = (
    "aftersales_*",
    "tests",
    "setup",
    ".ci",
    "conftest.py",
    "*.toml",
    "*.md",
    ".p*rc*",
)
READ = {".py", ".xml", ".csv", ".js", ".scss", ".toml", ".sh", ".md", ".yaml", ""}
PAGES = sorted(
    {ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")}
)

TAG = re.compile(r"\b(?:SV|WA|KP)-\d+")
# Rows by kind and number, several at once: Reliability 24, 28; Examples 15–18, 22.
NUMBER = r"(?:[A-D](?:\.\d+)?|T?\d+[a-d]?)(?!\w)"
ROWS = re.compile(
    rf"\b([Pp]rinciple|[Rr]eliability|[Ee]xample|Entry|Target)s? ({NUMBER}"
    rf"(?:(?:, | to | and | … |–|, … ){NUMBER})*)"
)
PAGE = re.compile(r"docs/([\w/]+\.md)(?:, ([A-Z][\w/ :-]*\w))?")
# Papers of somebody's desk: tickets, numbers of lists that are not here.
NOWHERE = re.compile(
    r"\b(?:issues?|cases?|points?) #?\d"
    r"|(?<!docs/)(?<!\w)(?:reliability|domain|design|performance|screens|shared)\.md"
    r"|\bshared (?:design|documents?|requirements?)|/work/|§",
    re.IGNORECASE,
)
LINK = re.compile(
    r"!?\[[^\]]*\]\(([^)\s]+)(?: \"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\""
)
FENCE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


@cache
def code():
    """``(path from the root, line number, line)`` of all that is not a document."""
    listed = subprocess.run(
        ["git", "ls-files", "-zco", "--exclude-standard", "--", *CODE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return [
        (name, number, line)
        for name in listed
        if name and Path(name).suffix in READ and "static/lib" not in name
        if (ROOT / name) != Path(__file__).resolve() and (ROOT / name).is_file()
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1)
    ]


def text(name):
    return (ROOT / "docs" / name).read_text()


@cache
def headings(page):
    bare = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    return [head.strip() for head in re.findall(r"^#+ (.+)$", bare, re.MULTILINE)]


@cache
def labels(page):
    """Headings and first cells of table rows."""
    rows = re.findall(r"^\| *([^|]+?) *\|", page, re.MULTILINE)
    return {*headings(page), *(head.split(":")[0] for head in headings(page)), *rows}


def anchor(heading):
    """As GitHub makes it."""
    kept = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading))
    return kept.strip().lower().replace(" ", "-")


def rows(line):
    for kind, numbers in ROWS.findall(line):
        for number in re.findall(NUMBER, numbers):
            yield kind.capitalize(), number


def known(kind, number):
    """Example 23 c is in row 23; of Entry 3 there are several kinds."""
    found = labels(text("rules.md"))
    return any(
        label == f"{kind} {number}"
        or re.fullmatch(rf"{kind} {re.escape(number)}[a-d]", label)
        for label in found
    )


def test_tags_are_requirements():
    given = labels(text("requirements.md"))
    found = [
        f"{name}:{number}: {tag}"
        for name, number, line in code()
        for tag in TAG.findall(line)
        if tag not in given
    ]
    assert not found, "\n".join(found)


def test_what_is_built_has_its_tag_in_code():
    built = re.findall(
        r"^\| ((?:SV|WA|KP)-\d+) \|.*\| (?:built|in part) +\|$",
        text("requirements.md"),
        re.MULTILINE,
    )
    used = {
        tag
        for name, _number, line in code()
        if not name.endswith(".md")
        for tag in TAG.findall(line)
    }
    assert len(built) > 60
    missing = sorted(set(built) - used)
    assert not missing, "no code carries " + ", ".join(missing)


def test_requirements_have_a_state():
    listed = re.findall(r"^\| ((?:SV|WA|KP)-\d+) \|.*", text("requirements.md"), re.M)
    stated = re.findall(
        r"^\| ((?:SV|WA|KP)-\d+) \|.*\| (?:built|in part|room to come) +\|$",
        text("requirements.md"),
        re.MULTILINE,
    )
    assert listed == stated
    assert len(listed) == len(set(listed))


def test_rows_are_rules():
    found = [
        f"{name}:{number}: {kind} {row}"
        for name, number, line in code()
        for kind, row in rows(line)
        if not known(kind, row)
    ]
    assert not found, "\n".join(found)


def test_pages_and_headings():
    found = []
    for name, number, line in code():
        for page, heading in PAGE.findall(line):
            if not (ROOT / "docs" / page).is_file() or (
                heading and heading not in labels(text(page))
            ):
                found.append(f"{name}:{number}: docs/{page}, {heading}")
    assert not found, "\n".join(found)


def test_nothing_refers_to_papers_elsewhere():
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, number, line in code()
        if NOWHERE.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    found = []
    for pair in LINK.findall(FENCE.sub("", page.read_text())):
        target = unquote(next(filter(None, pair)))
        if re.match(r"\w+:", target):
            continue
        name, _hash, place = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists():
            found.append(target)
        elif place and path.suffix == ".md":
            given = {anchor(heading) for heading in headings(path.read_text())}
            if place not in given:
                found.append(target)
    assert not found, f"{page.name}: " + ", ".join(found)
