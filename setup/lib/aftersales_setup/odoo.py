"""Odoo's configuration, its databases, and prepared databases to copy from."""

import ast
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql

from aftersales_setup.cache import (
    ADDONS,
    CACHE,
    REPOSITORY,
    addons_digest,
    digest,
    lock,
)
from aftersales_setup.postgres import connection, is_own
from aftersales_setup.report import Stop, say, step

PREFIX = "aftersales_"
KEPT = 2  # prepared databases of one kind that stay when a newer one is made
OURS = re.compile(r"aftersales", re.IGNORECASE)
COMPLAINT = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ")
# Not a dependency of the add-ons, but the demo company keeps its books by it.
EXTRA_MODULES = ("l10n_cn",)
# Invented years before the forty orders, and the figures of them all.
HISTORY = """
from aftersales_setup.history import tell_demo
tell_demo(env)
"""
HISTORY_FOLDER = Path(__file__).parent / "history"
# Who looks at the demo company can read it in Chinese as well, and on a phone sees
# his day at once: the bot's greeting would cover it.
WELCOME = """
lang = env["res.lang"].with_context(active_test=False).search([("code", "=", "zh_CN")])
env["base.language.install"].create({"lang_ids": lang.ids}).lang_install()
env["res.users"].search([]).odoobot_state = "disabled"
"""


def data_folder():
    """Odoo's files; one folder for each PostgreSQL, as they belong to databases."""
    server = (os.environ.get(name, "") for name in ("PGHOST", "PGPORT", "PGUSER"))
    return CACHE / f"data-{digest(*server)}"


def addons_path():
    odoo = Path(os.environ["AFTERSALES_ODOO"])
    folders = [odoo / "addons"] if (odoo / "addons/web").is_dir() else []
    return [*folders, odoo / "odoo/addons", REPOSITORY]


def configuration(name, **options):
    """Write a configuration file and return its path."""
    parser = ConfigParser(interpolation=None)
    parser["options"] = {
        "http_interface": "127.0.0.1",
        "log_level": "warn",
        "max_cron_threads": "0",
        "list_db": "False",
    }
    parser.read(os.environ["AFTERSALES_USER_RC"])
    values = parser["options"]
    named = [path.strip() for path in values.get("addons_path", "").split(",")]
    paths = dict.fromkeys([*map(str, addons_path()), *filter(None, named)])
    values["addons_path"] = ",".join(paths)
    values["data_dir"] = str(data_folder())
    for option, variable in (
        ("db_host", "PGHOST"),
        ("db_port", "PGPORT"),
        ("db_user", "PGUSER"),
        ("db_password", "PGPASSWORD"),
    ):
        if value := os.environ.get(variable):
            values[option] = value
    values.update({option: str(value) for option, value in options.items()})
    data_folder().mkdir(parents=True, exist_ok=True)
    folder = CACHE / "run"
    folder.mkdir(exist_ok=True)
    handle, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".conf", dir=folder)
    with open(handle, "w") as file:
        parser.write(file)
    return Path(path)


@contextmanager
def configured(name, **options):
    """Odoo started in this block reads a configuration of its own."""
    before = os.environ.get("ODOO_RC")
    path = configuration(name, **options)
    os.environ["ODOO_RC"] = str(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        os.environ.pop("ODOO_RC")
        if before:
            os.environ["ODOO_RC"] = before


def command(*arguments):
    return [sys.executable, "-m", "odoo", *map(str, arguments)]


def complaints(log):
    """Warnings and errors of Odoo's log that concern our add-ons, each in full."""
    found, current = [], None
    for line in log.splitlines():
        if re.match(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line):
            current = [line] if COMPLAINT.match(line) else None
            if current:
                found.append(current)
        elif current:
            current.append(line)
    return [text for lines in found if OURS.search(text := "\n".join(lines))]


def run_odoo(*arguments, **settings):
    """Run Odoo to its end and return its log's complaints about our add-ons."""
    with configured("install", **settings):
        done = subprocess.run(
            command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    ours = complaints(done.stdout)
    if done.returncode or "Failed to load registry" in done.stdout:
        shown = "\n".join(line[:1000] for line in done.stdout.splitlines()[-60:])
        raise Stop(f"odoo {' '.join(map(str, arguments))} failed:\n{shown}")
    return ours


def install(database, modules, *, demo=False, **settings):
    options = ["--with-demo"] if demo else []
    options += ["--no-http", "--stop-after-init"]
    return run_odoo("-d", database, "-i", ",".join(modules), *options, **settings)


def run_script(database, code):
    """Run code with ``env`` in Odoo's shell, and commit."""
    with configured("script"):
        done = subprocess.run(
            command("shell", "-d", database, "--no-http", "--shell-interface=python"),
            input=f"{code}\nenv.cr.commit()\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        raise Stop(f"In {database}:\n{done.stdout[-3000:]}")
    return done.stdout


# Databases


def _filestore(database):
    return data_folder() / "filestore" / database


def exists(database):
    with connection() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        return bool(cursor.fetchone())


def copy(source, target):
    """Copy a database and its files (as links: Odoo never changes a stored file)."""
    drop(target)
    with connection() as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(target), sql.Identifier(source)
            )
        )
    if _filestore(source).exists():
        shutil.copytree(_filestore(source), _filestore(target), copy_function=os.link)


def drop(database):
    with connection() as cursor:
        cursor.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(database)
            )
        )
    shutil.rmtree(_filestore(database), ignore_errors=True)


def rename(database, name):
    with connection() as cursor:
        cursor.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(database), sql.Identifier(name)
            )
        )
    if _filestore(database).exists():
        _filestore(database).rename(_filestore(name))


@contextmanager
def scratch(name, source):
    """A copy of a prepared database for the length of a block."""
    database = f"{PREFIX}{name}_{os.getpid()}"
    _drop_abandoned(f"{PREFIX}{name}_")
    copy(source, database)
    try:
        yield database
    finally:
        drop(database)


def _drop_abandoned(prefix):
    """Databases of killed runs; their names end with the number of their process."""
    if not is_own():
        return  # the process may run on another machine
    with connection() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        names = [name for (name,) in cursor.fetchall() if name.startswith(prefix)]
    for name in names:
        number = name.removeprefix(prefix)
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            drop(name)


# Prepared databases


def _manifest(addon):
    return ast.literal_eval((REPOSITORY / addon / "__manifest__.py").read_text())


def odoo_modules():
    """The modules of Odoo that our add-ons need."""
    needed = {name for addon in ADDONS for name in _manifest(addon)["depends"]}
    return sorted((needed | {"web", *EXTRA_MODULES}) - set(ADDONS))


def _prepare(kind, key, title, fill):
    """Return the name of a prepared database, made now if there is none."""
    name = f"{PREFIX}{kind}_{key}"
    with lock(f"{data_folder().name}-{kind}"):
        if not exists(name):
            part = f"{name}_part"
            with step(title):
                drop(part)
                fill(part)
                _no_connections(part)
                rename(part, name)
            _forget_old(f"{PREFIX}{kind}_", name)
    return name


def _no_connections(database):
    with connection() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [database],
        )


def _forget_old(prefix, name):
    """Keep the newest ones: other clones may be at other versions."""
    with connection() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
            " AND datname <> %s ORDER BY oid DESC OFFSET %s",
            [prefix, name, KEPT],
        )
        old = [found for (found,) in cursor.fetchall()]
    for database in old:
        with in_use(database) as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                drop(database)
            except BlockingIOError:
                continue  # somebody's tests still copy it
            except psycopg2.Error as error:
                say(f"{database} stays: {error}")


def in_use(prepared):
    """For the length of a block no other run drops this prepared database."""
    return lock(prepared, shared=True)


def _base_key():
    release = Path(os.environ["AFTERSALES_ODOO"]) / "odoo/release.py"
    return digest(release, release.name, *odoo_modules())


def base(*, demo):
    """Odoo's modules that ours need, without ours."""
    kind = "basedemo" if demo else "base"
    modules = odoo_modules()

    def fill(part):
        install(part, modules, demo=demo)

    title = f"Database with {len(modules)} Odoo modules"
    title += " and their demo data" if demo else ""
    return _prepare(kind, _base_key(), title, fill)


def with_addons(*, demo):
    """The same with our three add-ons."""
    kind = "oursdemo" if demo else "ours"
    source = base(demo=demo)

    def fill(part):
        copy(source, part)
        found = _install_demo(part) if demo else install(part, ADDONS)
        for complaint in found:
            say(f"At installation: {complaint}")
        run_script(part, "env['ir.qweb']._pregenerate_assets_bundles()")

    title = f"The three add-ons{' and the demo company' if demo else ''}"
    told = sorted(HISTORY_FOLDER.glob("*.py")) if demo else []
    return _prepare(kind, digest(_base_key(), addons_digest(), *told), title, fill)


def _install_demo(database):
    """The demo company with years behind it; scores and figures come after these.

    Odoo loads demo data of an add-on where those it depends on have theirs: the last
    add-on is to come without, its chapters are played once there is a history.
    """
    *first, last = ADDONS
    found = install(database, first, demo=True)
    flag = f"env['ir.module.module'].search([('name', '=', '{first[-1]}')]).demo = "
    run_script(database, flag + "False")
    found += install(database, [last])
    run_script(database, flag + "True")
    return found + complaints(run_script(database, HISTORY + WELCOME))


def check_source():
    for addon in ADDONS:
        if not (REPOSITORY / addon / "__manifest__.py").exists():
            raise Stop(f"{addon}/__manifest__.py is missing.")
