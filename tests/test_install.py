"""Install, upgrade, uninstall, install again: Reliability 47; Targets T10, T11.

The work is done by ``aftersales_setup.install_check`` while the other tests run;
here its report is awaited and judged.
"""

import fcntl
import json
import os
from pathlib import Path

import pytest

CHAIN = ("aftersales_service", "aftersales_warranty", "aftersales_kpi")
STEPS = (
    *(f"install {addon}" for addon in CHAIN),
    "first upgrade",
    "second upgrade",
    "upgrade changes nothing",
    *(
        f"{what} {addon}"
        for addon in reversed(CHAIN)
        for what in ("uninstall", "leftovers")
    ),
    "entries stay",
    "install again",
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    if not os.environ.get("AFTERSALES_ODOO"):
        pytest.skip("needs setup/test")
    if named := os.environ.get("AFTERSALES_INSTALL_REPORT"):
        folder = Path(named)
        with (folder / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)  # held by the check until it ends
    else:
        from aftersales_setup import install_check

        folder = tmp_path_factory.mktemp("install")
        install_check.main(folder)
    return json.loads((folder / "report.json").read_text())


@pytest.mark.parametrize("step", STEPS)
def test_step(report, step):
    assert "failure" not in report, report["failure"][0]
    found = report.get(step, [])
    assert not found, f"{len(found)} findings:\n" + "\n".join(found[:50])
