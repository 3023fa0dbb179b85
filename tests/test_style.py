"""The checks of .pre-commit-config.yaml, as anybody's commit runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONFIGURATION = (ROOT / ".pre-commit-config.yaml").read_text()


@pytest.mark.parametrize("hook", re.findall(r"- id: (\S+)", CONFIGURATION))
def test_hook(hook, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", hook, "--all-files"],
        cwd=ROOT,
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
