"""Debian packages: what is missing on this machine, and Odoo's own package."""

import ctypes.util
import importlib.util
import os
import runpy
import shutil
from pathlib import Path

from aftersales_setup.cache import CACHE, built
from aftersales_setup.report import Stop, run, say, step

# Odoo's package and what its links under web/static/lib and fonts point to.
ODOO_PACKAGES = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
)
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def _has(*commands):
    return any(map(shutil.which, commands))


def _has_chinese_font():
    if not _has("fc-list"):
        return False
    return bool(run(["fc-list", ":lang=zh", "family"]).strip())


def postgres_folder():
    """Folder with initdb and pg_ctl, the newest of those installed."""
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(folders, key=lambda path: float(path.parts[4]), default=None)
    found = newest or shutil.which("initdb")
    return Path(found).parent if found else None


def ensure(command, *, own_postgres):
    """Install what is missing, or say what to install."""
    testing = command in ("test", "tool")
    needed = {
        "python3-venv": not importlib.util.find_spec("ensurepip"),
        "postgresql": own_postgres and not postgres_folder(),
        "chromium": testing and not _has("chromium", "google-chrome"),
        "nodejs": testing and not _has("node"),
        "npm": testing and not _has("npm"),
        "git": testing and not _has("git"),
    }
    wanted = {
        "wkhtmltopdf": not _has("wkhtmltopdf"),
        "fonts-noto-cjk": not _has_chinese_font(),
        "libmagic1": not ctypes.util.find_library("magic"),
        "poppler-utils": testing and not _has("pdftotext"),
    }
    needed = [name for name, missing in needed.items() if missing]
    wanted = [name for name, missing in wanted.items() if missing]
    if os.geteuid() == 0 and _has("apt-get") and (needed or wanted):
        needed, wanted = _install(needed, wanted)
    if needed:
        raise Stop(
            "These Debian packages (or their like) are needed; install them and "
            f"start again:\n  apt-get install {' '.join(needed + wanted)}"
        )
    if wanted:
        say(f"Not installed, printing or Chinese text may suffer: {' '.join(wanted)}")


def _install(needed, wanted):
    """Return what could not be installed."""
    with step(f"Debian packages {' '.join(needed + wanted)}"):
        run(["apt-get", "update", "-q"])
        known = [
            name
            for name in needed + wanted
            if run(["apt-cache", "policy", name]).find("Candidate: (none)") < 0
            and run(["apt-cache", "policy", name])
        ]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends"]
        run([*install, *known], env=environment)
    return [n for n in needed if n not in known], [n for n in wanted if n not in known]


def unpack_odoo():
    """Odoo from Debian's package, unpacked in the cache; nothing gets installed.

    The machine's own mirror and its keyring are used with lists of our own, so
    the system's sources stay as they are and signatures are verified.
    """
    target = CACHE / "odoo-19"
    if not target.exists():
        if not _has("apt-get", "dpkg") or not KEYRING.exists():
            raise Stop(
                "Odoo 19 is fetched from Debian, but this is no Debian system.\n"
                "Name the folder of an Odoo 19 source tree in ODOO_HOME."
            )
        with step("Odoo 19 from Debian (120 MB)"), built(target) as folder:
            _download(folder / "packages")
            for package in (folder / "packages").glob("*.deb"):
                run(["dpkg", "-x", package, folder])
            shutil.rmtree(folder / "packages")
            _fill_gap(folder)
    return target / "usr/lib/python3/dist-packages"


def _mirror():
    query = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    for uri in run([*query, "Created-By: Packages"]).split():
        if "security" not in uri:
            return uri
    raise Stop("apt knows no Debian mirror: see sources.list(5).")


def _download(folder):
    """Fetch the newest packages of Debian unstable into a folder."""
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "archives/partial").mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {_mirror()} sid main\n")
    options = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Debug::NoLocking": "true",
    }
    apt = ["apt-get", "-q", *[f"-o{key}={value}" for key, value in options.items()]]
    run([*apt, "update"])
    run([*apt, "download", *ODOO_PACKAGES], cwd=folder)


def _fill_gap(folder):
    """Debian leaves out one script (background blur in calls), the browser asks for it.

    Without it every page of the web client logs an error.
    """
    script = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    path = folder / "usr/lib/python3/dist-packages/odoo/addons" / script
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("/* not part of Debian's Odoo */\n")


def is_odoo_19(folder):
    """Is this folder, which holds the package ``odoo``, version 19?"""
    release = folder / "odoo/release.py"
    if not release.exists():
        return False
    return runpy.run_path(str(release))["version_info"][0] == 19
