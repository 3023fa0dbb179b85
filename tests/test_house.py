"""What keeps the house easy to find one's way in: sizes, names, who is asked what."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ADDONS = ("aftersales_service", "aftersales_warranty", "aftersales_kpi")
CODE = ("models", "wizards", "report", "controllers", "tools")
LONGEST_FILE, MOST_METHODS = 600, 40


# Over the limit today; whoever takes a part out takes the name off.
def sources(*addons, kinds=CODE):
    return [
        path
        for addon in addons or ADDONS
        for kind in kinds
        for path in sorted((ROOT / addon / kind).rglob("*.py"))
        if path.name != "__init__.py"
    ]


def name_of(path):
    return str(path.relative_to(ROOT))


def classes(path):
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]


def attribute(definition, name):
    """Text, or list of texts, of a class attribute; empty list without it."""
    for node in definition.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            values = (
                node.value.elts if isinstance(node.value, ast.List) else [node.value]
            )
            return [value.value for value in values if isinstance(value, ast.Constant)]
    return []


def models_of(definition):
    """The model a class defines, else the one it extends."""
    return attribute(definition, "_name") or attribute(definition, "_inherit")[:1]


def test_no_file_and_no_class_is_too_large():
    long = {
        name_of(path)
        for path in sources()
        if len(path.read_text().splitlines()) > LONGEST_FILE
    }
    wide = [
        f"{name_of(path)}: {node.name}"
        for path in sources()
        for node in classes(path)
        if sum(isinstance(part, ast.FunctionDef) for part in node.body) > MOST_METHODS
    ]
    assert not long, long
    assert not wide, wide


# Rows of a document stand beside it, a paper beside the paper it goes with.
@pytest.mark.parametrize("addon", ADDONS)
def test_a_file_has_the_name_of_its_model(addon):
    """``<model>.py`` or ``<model>_<subject>.py``."""
    wrong = []
    for path in sources(addon, kinds=("models",)):
        if len(path.relative_to(ROOT / addon / "models").parts) < 2:
            continue
        names = [name.replace(".", "_") for c in classes(path) for name in models_of(c)]
        if names and not any(
            path.stem == name or path.stem.startswith(f"{name}_") for name in names
        ):
            wrong.append(f"{name_of(path)}: {', '.join(names)}")
    assert not wrong, wrong


def test_no_abstract_model_for_one_user():
    """What has one user is part of that user: a file of the same model."""
    abstract, users = {}, Counter()
    for path in sources():
        for node in classes(path):
            names, parents = attribute(node, "_name"), attribute(node, "_inherit")
            if "AbstractModel" in ast.unparse(node.bases[0] if node.bases else node):
                for name in set(names) - set(parents):
                    # A screen's service or a printed paper is called by its name.
                    if name.endswith(".mixin"):
                        abstract[name] = name_of(path)
            if names and names[0] not in parents:
                users.update(parents)
    single = {name: abstract[name] for name in abstract if users[name] < 2}
    assert not single, single


# -- one clock ---------------------------------------------------------------------

# Who reads the clock of the user, and why it decides no day.
READERS_CLOCK = {
    "aftersales_service/models/promise/aftersales_sla_mixin_words.py": (
        "a moment told to the reader, as Odoo shows moments"
    ),
    "aftersales_service/wizards/promise/aftersales_sla_test.py": (
        "a moment told to the reader, as Odoo shows moments"
    ),
}
# Odoo's "today" is the reader's; who may ask for it, and why.
READERS_DAY = {
    "aftersales_service/models/promise/aftersales_sla_mixin_watch.py": (
        "a task is due on the day of the person who has it"
    ),
}
USERS_TZ = re.compile(r"""env\.user\.tz\b|context\.get\(["']tz["']\)""")
TODAY = re.compile(r"context_today|\bDate\.today\(|\bdate\.today\(|context_timestamp")


@pytest.mark.parametrize(
    ("pattern", "known"), [(USERS_TZ, READERS_CLOCK), (TODAY, READERS_DAY)]
)
def test_days_are_the_companys(pattern, known):
    """Nobody's own clock decides on which day something happened."""
    found = {
        name_of(path)
        for path in sources("aftersales_service")
        if pattern.search(path.read_text())
        # Demo data are made for one company with its own clock.
        and not path.name.startswith("aftersales_demo")
        and path.parent.name != "parts"
    }
    assert found == set(known)


# -- one company -------------------------------------------------------------------

CURRENT_COMPANY = re.compile(r"env\.company\b(?!_)")
DEFAULT = re.compile(r"^_default_|^_get_default_|^lambda$")
# Besides defaults of new records, screens and dialogs, which show the company one
# works in: who asks for it, and why.
CURRENT = {
    "base/ir_sequence.py _aftersales_number": "the company the new record will have",
    "catalog/aftersales_team.py _get_own": "service points one works for now",
    "catalog/aftersales_technician.py _search_display_name": "digits as typed here",
    "catalog/aftersales_zone.py _get_unknown": "default, as for the match",
    "catalog/aftersales_zone.py _match": "default; callers name the record's company",
    "catalog/res_partner.py _aftersales_phone_domain": "digits as typed here",
    "followup/res_partner_file.py _compute_aftersales_file_state": "dates per company",
    "followup/res_partner_file.py action_aftersales_confirm_file": "dates per company",
    "followup/res_partner_file.py action_aftersales_print_vip_list": (
        "the list of the company one works in"
    ),
    "followup/res_partner_followup.py _aftersales_stamp_consent": (
        "a customer belongs to no company; the one he spoke to says the day"
    ),
    "fees/aftersales_fee_line.py get_summary": "totals of the company one works in",
    "fees/aftersales_fee_line.py _get_period": "nothing is listed: the current one",
    "money/aftersales_technician_cash.py get_cash_warning": (
        "a technician without a company works in the current one"
    ),
    "order/aftersales_mail_intake.py message_new": "mail without a service point",
    "order/aftersales_mail_intake.py _get_mail_team": "mail without a service point",
    "promise/aftersales_makeup_day.py _compute_company_id": "default of a new day",
    "promise/aftersales_sla_policy_words.py _complete_facts": "a draft without company",
}


def _asked_in(tree):
    """Names of the functions that read ``env.company``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            CURRENT_COMPANY.search(ast.unparse(part)) for part in node.body
        ):
            yield node.name


def test_the_record_s_company_decides():
    """Computes, numbers, prices and accounts belong to the record's company."""
    found = {
        f"{path.parent.name}/{path.name} {name}"
        for path in sources("aftersales_service", kinds=("models",))
        if path.parent.name not in ("desks", "models")
        for name in _asked_in(ast.parse(path.read_text()))
        if not DEFAULT.match(name)
    }
    assert found == set(CURRENT), found ^ set(CURRENT)


# -- roles ------------------------------------------------------------------------


def test_who_runs_the_code_is_asked_of_the_model():
    """``env.user`` is always read as superuser: asked of it, superuser code fails."""
    wrong = [
        name_of(path)
        for path in sources()
        if re.search(r"env\.user\._check_aftersales_role", path.read_text())
    ]
    assert not wrong, wrong
