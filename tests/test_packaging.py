"""``pip install ./aftersales_…`` gives a package that Odoo finds."""

import ast
import email.parser
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHAIN = ("aftersales_service", "aftersales_warranty", "aftersales_kpi")
SAME = ("author", "category", "license")


def manifest(addon):
    return ast.literal_eval((ROOT / addon / "__manifest__.py").read_text())


def loaded_files(addon):
    return [*manifest(addon).get("data", []), *manifest(addon).get("demo", [])]


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    offline = ("--no-deps", "--no-index", "--no-build-isolation")
    pip("wheel", *offline, "-w", folder, *(ROOT / addon for addon in CHAIN))
    return {addon: next(folder.glob(f"odoo_addon_{addon}-*.whl")) for addon in CHAIN}


@pytest.mark.parametrize("addon", CHAIN)
def test_metadata(wheels, addon):
    with zipfile.ZipFile(wheels[addon]) as wheel:
        (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = email.parser.HeaderParser().parsestr(wheel.read(name).decode())
    before = CHAIN[max(0, CHAIN.index(addon) - 1) : CHAIN.index(addon)]
    assert metadata["Name"].replace("_", "-") == f"odoo-addon-{addon}".replace("_", "-")
    assert metadata["Version"] == manifest(addon)["version"]
    assert metadata["License"] == "LGPL-3"
    required = metadata.get_all("Requires-Dist", [])
    assert [r.split("==")[0].replace(".", "-") for r in required] == [
        f"odoo-addon-{name}" for name in before
    ]


@pytest.mark.parametrize("addon", CHAIN)
def test_every_file_is_inside(wheels, addon):
    listed = subprocess.run(
        ["git", "ls-files"],
        cwd=ROOT / addon,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    expected = {name for name in listed if name} - {"pyproject.toml"}
    with zipfile.ZipFile(wheels[addon]) as wheel:
        prefix = f"odoo/addons/{addon}/"
        inside = {n.removeprefix(prefix) for n in wheel.namelist() if prefix in n}
    assert inside == expected
    assert set(loaded_files(addon)) <= inside


def test_odoo_finds_the_installed_packages(wheels, tmp_path):
    pip("install", "--no-deps", "--no-index", "--target", tmp_path, *wheels.values())
    code = f"""
import sys
from odoo.modules.module import Manifest
for name in {CHAIN}:
    print(Manifest.for_addon(name).path)
"""
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    environment.pop("ODOO_RC", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found = done.stdout.split()
    assert found == [str(tmp_path / "odoo/addons" / a) for a in CHAIN], done.stderr


@pytest.mark.parametrize("addon", CHAIN)
def test_manifest(addon):
    own, first = manifest(addon), manifest(CHAIN[0])
    assert {key: own[key] for key in SAME} == {key: first[key] for key in SAME}
    assert own["license"] == "LGPL-3"
    assert own["version"].startswith("19.0.")
    assert own["summary"]
    assert "description" not in own
    assert (ROOT / addon / "static/description/icon.png").exists()
    for name in loaded_files(addon):
        assert (ROOT / addon / name).exists(), name


@pytest.mark.parametrize("addon", CHAIN)
def test_every_data_file_is_loaded(addon):
    """A file that no manifest names is forgotten or dead."""
    loaded = set(loaded_files(addon))
    folders = ("data", "demo", "security", "views", "wizards", "report")
    there = {
        str(path.relative_to(ROOT / addon))
        for folder in folders
        for path in (ROOT / addon / folder).rglob("*")
        if path.suffix in (".xml", ".csv")
    }
    assert not there - loaded
