"""The folders outside the clone, and locks between the clones that share them."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
ADDONS = ("aftersales_service", "aftersales_warranty", "aftersales_kpi")


def _root():
    if named := os.environ.get("AFTERSALES_CACHE"):
        return Path(named).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "aftersales-odoo"


# The version changes when what is kept there changes its meaning.
CACHE = _root() / "v1"


def digest(*parts):
    """Short hash of texts and of files' contents."""
    result = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else str(part).encode()
        result.update(b"%d:" % len(content) + content)
    return result.hexdigest()[:12]


def addons_digest():
    """Changes with every file of the add-ons that a database may depend on."""
    files = [
        path
        for addon in ADDONS
        for path in sorted((REPOSITORY / addon).rglob("*"))
        if path.is_file() and not {"__pycache__", "tests"} & set(path.parts)
    ]
    return digest(*[part for path in files for part in (path, path.name)])


@contextmanager
def lock(name, *, shared=False):
    """Hold a lock against other runs; it goes with the process, even a killed one."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield handle


@contextmanager
def built(target):
    """Give a folder to fill, which takes its name only when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for remains in target.parent.glob(f"{target.name}.part-*"):
        shutil.rmtree(remains, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{target.name}.part-", dir=target.parent))
    folder.chmod(0o755)
    yield folder
    folder.rename(target)
