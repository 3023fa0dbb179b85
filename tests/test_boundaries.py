"""Each add-on knows only the ones before it (docs/architecture.md): no name of a later
add-on, none of its models, and no question whether it is installed."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHAIN = ("aftersales_service", "aftersales_warranty", "aftersales_kpi")
READ = {".py", ".xml", ".csv", ".js", ".scss", ".toml"}
# Models are told apart by their own source, fields of them by the file they are in.
INSTALLED = re.compile(
    r"_is_module_installed|_installed\(\)|ir\.module\.module|init_models\b|"
    r"""["']aftersales[._]\w[\w.]*["']\s+(?:not\s+)?in\s+(?:self\.)?(?:env|pool|registry)\b"""
)


def files(addon):
    return [
        path
        for path in sorted((ROOT / addon).rglob("*"))
        if path.suffix in READ and "node_modules" not in path.parts
    ]


def own_models(addon):
    """Names of the models that an add-on brings."""
    found = set()
    for path in (ROOT / addon).rglob("*.py"):
        if "tests" in path.relative_to(ROOT).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found |= _names(node)
    return found


def _names(definition):
    given = {
        target.id: node.value
        for node in definition.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    name, inherit = given.get("_name"), given.get("_inherit")
    if not isinstance(name, ast.Constant):
        return set()
    return {name.value} - _values(inherit)


def _values(inherit):
    """Names in an ``_inherit``, one or a list of them."""
    parents = inherit.elts if isinstance(inherit, ast.List) else [inherit]
    return {parent.value for parent in parents if isinstance(parent, ast.Constant)}


@pytest.mark.parametrize("addon", CHAIN)
def test_later_addons_are_unknown(addon):
    later = CHAIN[CHAIN.index(addon) + 1 :]
    words = {*later, *(model for name in later for model in own_models(name))}
    words |= {model.replace(".", "_") for model in words}
    # A longer name may begin with the same letters: aftersales.kpi, aftersales.kpis.
    pattern = re.compile(
        rf"(?<![\w.])({'|'.join(map(re.escape, sorted(words)))})(?!\w)"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files(addon)
        if words
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


# Which languages there are, and their words: no question about other add-ons.
LANGUAGES = re.compile(r"res\.lang|_load_module_terms|_update_translations")
# Words for a test.
ABOUT_ITSELF = {"test_fee_tour.py"}


@pytest.mark.parametrize("addon", CHAIN)
def test_nobody_asks_what_is_installed(addon):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files(addon)
        if path.suffix == ".py" and path.name not in ABOUT_ITSELF
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if INSTALLED.search(line) and not LANGUAGES.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("addon", CHAIN)
def test_depends_on_the_one_before(addon):
    manifest = ast.literal_eval((ROOT / addon / "__manifest__.py").read_text())
    before = CHAIN[max(0, CHAIN.index(addon) - 1) : CHAIN.index(addon)]
    ours = [name for name in manifest["depends"] if name.startswith("aftersales_")]
    assert tuple(ours) == before


@pytest.mark.parametrize("addon", CHAIN)
def test_no_model_of_odoo_gets_an_unmarked_field(addon):
    """Fields on Odoo's own models carry our prefix: other add-ons add theirs."""
    ours = {model for name in CHAIN for model in own_models(name)}
    found = []
    for path in (ROOT / addon / "models").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not _names(node) & ours:
                found += [
                    f"{path.relative_to(ROOT)}:{field.lineno} {name}"
                    for field, name in _new_fields(node, ours)
                    # Odoo's digest finds figures by their prefix "kpi_".
                    if not name.startswith(("aftersales_", "kpi_aftersales_", "_"))
                ]
    assert not found, "\n".join(found)


def _new_fields(definition, ours):
    """Fields with a string or a type of their own, in a class that extends Odoo's."""
    inherited = [
        node.value
        for node in definition.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "_inherit"
    ]
    if not inherited or ours & _values(inherited[0]):
        return
    for node in definition.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
            and isinstance(node.value.func.value, ast.Name)
            and node.value.func.value.id == "fields"
            # Without arguments of substance it changes a field that is there.
            and not _only_extends(node.value)
        ):
            yield node, node.targets[0].id


def _only_extends(call):
    keywords = {keyword.arg for keyword in call.keywords}
    return bool(keywords) and keywords <= {
        "selection_add",
        "ondelete",
        "default",
        "tracking",
        "index",
        "group_expand",
        "groups",
        "copy",
        "readonly",
        "domain",
        "recursive",
    }
