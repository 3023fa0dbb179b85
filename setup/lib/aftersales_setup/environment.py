"""First stage: Odoo, the virtual environment, Node tools; then the second stage."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from aftersales_setup import debian
from aftersales_setup.cache import CACHE, REPOSITORY, built, digest, lock
from aftersales_setup.report import Stop, run, step

# Variables of the caller that would reach into our environment.
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


def own_postgres():
    """False when the user names a PostgreSQL, by environment or Odoo configuration."""
    return not (os.environ.get("PGHOST") or os.environ.get("ODOO_RC"))


def _remember(environment):
    """The second stage changes these variables; what the user said stays known."""
    environment["AFTERSALES_OWN_POSTGRES"] = "1" if own_postgres() else ""
    environment["AFTERSALES_USER_RC"] = environment.pop("ODOO_RC", "")


def prepare_and_restart(command, arguments):
    testing = command in ("test", "tool")
    with lock("prepare"):
        debian.ensure(command, own_postgres=own_postgres())
        node = _in_background(_node) if testing else None
        found = _find_odoo()
        odoo = _in_background(lambda: found or debian.unpack_odoo())
        python = _virtual_environment(found)
        odoo = odoo()
        _make_importable(python, odoo)
        node = node() if node else None
    environment = {k: v for k, v in os.environ.items() if k not in FOREIGN}
    folders = [python.parent, *([node / ".bin"] if node else [])]
    _remember(environment)
    environment.update(
        AFTERSALES_ODOO=str(odoo),
        PATH=os.pathsep.join([*map(str, folders), os.environ["PATH"]]),
        PYTHONPATH=str(REPOSITORY / "setup/lib"),
    )
    if node:
        environment["NODE_PATH"] = str(node)
    sys.stdout.flush()
    os.execve(
        python,
        [str(python), "-m", "aftersales_setup", command, *arguments],
        environment,
    )


def _in_background(task):
    """Start a task; the returned function waits for its result."""
    result = []

    def work():
        try:
            result.append(task())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is needed
            result.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def wait():
        thread.join()
        if isinstance(result[0], BaseException):
            raise result[0]
        return result[0]

    return wait


def _find_odoo():
    """An Odoo 19 that is there already: ODOO_HOME, or the one on the PATH."""
    if home := os.environ.get("ODOO_HOME"):
        home = Path(home).expanduser().absolute()
        for folder in (home, home / "usr/lib/python3/dist-packages", home.parent):
            if debian.is_odoo_19(folder):
                return folder
        raise Stop(f"ODOO_HOME={home} holds no Odoo 19 (no odoo/release.py of 19).")
    if not (program := shutil.which("odoo") or shutil.which("odoo-bin")):
        return None
    first = Path(program).read_bytes().split(b"\n")[0].decode(errors="replace")
    interpreter = first[2:].split() if first.startswith("#!") else ["python3"]
    code = "import odoo.release, os; print(os.path.dirname(odoo.release.__file__))"
    done = subprocess.run(
        [*interpreter, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(program).resolve().parent,
    )
    folder = Path(done.stdout.strip()).parent
    return folder if done.stdout.strip() and debian.is_odoo_19(folder) else None


def _virtual_environment(odoo):
    """The Python of an environment made of exactly our requirements, for this Odoo."""
    requirements = REPOSITORY / "requirements.txt"
    version = ".".join(map(str, sys.version_info[:3]))
    key = digest(requirements, version, sys.executable, odoo)
    target = CACHE / f"venv-{key}"
    if not target.exists():
        # Scripts of an environment hold its path, so it cannot be renamed: the
        # packages are complete when the mark is there.
        folder = CACHE / f"venv-{key}.d"
        with step("Python packages"):
            shutil.rmtree(folder, ignore_errors=True)
            run([sys.executable, "-m", "venv", folder])
            pip = [folder / "bin/python", "-m", "pip", "--disable-pip-version-check"]
            run([*pip, "install", "-q", "-r", requirements])
            target.symlink_to(folder.name)
    return target / "bin/python"


def _make_importable(python, odoo):
    """``import odoo`` works, after the environment's own packages."""
    site = next((python.parents[1] / "lib").glob("python3*/site-packages"))
    path = site / "odoo.pth"
    text = f"{odoo}\n"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _node():
    """Prettier, as pinned by package-lock.json."""
    files = [REPOSITORY / "package.json", REPOSITORY / "package-lock.json"]
    target = CACHE / f"node-{digest(*files)}"
    if not target.exists():
        with step("Prettier"), built(target) as folder:
            for path in files:
                shutil.copy(path, folder)
            run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder)
    return target / "node_modules"
