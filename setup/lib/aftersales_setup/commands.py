"""Second stage: what the commands of setup/ do inside the prepared environment."""

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unicodedata
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from aftersales_setup import benchmarks, peers, postgres, upgrade_check
from aftersales_setup import odoo as databases
from aftersales_setup import terms as translations
from aftersales_setup.cache import REPOSITORY
from aftersales_setup.report import Stop, say


def free_port(first=8069):
    """The first free port from here on."""
    for port in range(first, first + 500):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                tried.bind(("127.0.0.1", port))
                return port
    raise Stop(f"No free port between {first} and {first + 500}.")


@contextmanager
def _child(command, **options):
    """A program that ends with this block, whatever ends the block."""
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            # Ctrl-C in a terminal has reached it already: a second signal would
            # cut short its orderly end.
            for number, patience in ((None, 3), (signal.SIGTERM, 15)):
                if number:
                    process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(patience if process.returncode is None else None)
                    break
            else:
                process.kill()


def _interactive(command):
    """Run in the foreground; Ctrl-C is the program's business (a shell's line)."""
    with subprocess.Popen(command) as process:
        signal.signal(signal.SIGINT, lambda number, frame: None)
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()


def odoo(arguments):
    port = free_port()
    with (
        postgres.server(throwaway=False),
        databases.configured("odoo", http_port=port),
    ):
        named = any(a in ("-p", "--no-http") or "http-port" in a for a in arguments)
        serves = not arguments or arguments[0].startswith("-")
        if serves and not named and "--stop-after-init" not in arguments:
            say(f"http://127.0.0.1:{port}")
        return _interactive(databases.command(*arguments))


def tool(arguments):
    """A development tool: ruff, pylint, prettier, pre-commit, python."""
    return _interactive(arguments)


def terms(arguments):
    with postgres.server(throwaway=True):
        return bool(translations.refresh())


# Demo


def demo(arguments):
    parser = argparse.ArgumentParser(prog="setup/demo")
    parser.add_argument("--fresh", action="store_true", help="begin again")
    parser.add_argument("--port", type=int, help="default: a free one from 8069 on")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options = parser.parse_args(arguments)
    with postgres.server(throwaway=False):
        prepared = databases.with_addons(demo=True)
        database = prepared.replace("oursdemo", "demo")
        if options.fresh or not databases.exists(database):
            databases.copy(prepared, database)
        port = options.port or free_port()
        settings = {
            "db_name": database,
            "http_port": port,
            "http_interface": options.host,
            "max_cron_threads": 1,
        }
        with databases.configured("demo", **settings):
            return _serve(database, options.host, port)


def _serve(database, host, port):
    with _child(databases.command()) as process:
        address = f"http://{host}:{port}"
        _wait_for_login_page(process, address)
        say(f"Odoo is ready: {address}/odoo   (database {database})\n")
        print(_logins(database), flush=True)
        print("\nCtrl-C ends it.", flush=True)
        return process.wait()


def _wait_for_login_page(process, address):
    for _attempt in range(600):
        if process.poll() is not None:
            raise Stop("Odoo ended: see its messages above.")
        with (
            suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(f"{address}/web/login", timeout=60) as page,
        ):
            if page.status == 200:
                return
        time.sleep(0.3)
    raise Stop(f"{address} does not answer.")


def _width(text):
    """Columns in a terminal: a Chinese character takes two."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _padded(text, width):
    return text + " " * (width - _width(text))


def _logins(database):
    """The table of those who have a part in the demo company."""
    with postgres.connection(database) as cursor:
        cursor.execute(
            """
            SELECT u.login, p.name, COALESCE(string_agg(
                       g.name->>'en_US', ', ' ORDER BY g.name->>'en_US'
                   ) FILTER (WHERE d.id IS NOT NULL), '')
              FROM res_users u
              JOIN res_partner p ON p.id = u.partner_id
         LEFT JOIN res_groups_users_rel r ON r.uid = u.id
         LEFT JOIN res_groups g ON g.id = r.gid
         LEFT JOIN ir_model_data d ON d.model = 'res.groups' AND d.res_id = g.id
                   AND d.module LIKE 'aftersales%'
             WHERE u.active AND (u.login = 'admin' OR EXISTS (
                   SELECT FROM ir_model_data o WHERE o.model = 'res.users'
                      AND o.res_id = u.id AND o.module LIKE 'aftersales%'))
          GROUP BY u.id, u.login, p.name
          ORDER BY u.share, count(d.id) DESC, u.login
            """
        )
        rows = [("login", "who", "groups"), *cursor.fetchall()]
    widths = [max(_width(row[column]) for row in rows) for column in range(2)]
    lines = (
        f"{_padded(login, widths[0])}  {_padded(who, widths[1])}  {groups}".rstrip()
        for login, who, groups in rows
    )
    return "\n".join([*lines, "", "Everybody's password is the login."])


# Tests


# All of them take too long in one row: two runs of about the same length.
HALVES = (
    ("tests", "aftersales_kpi/tests"),
    ("aftersales_service/tests", "aftersales_warranty/tests"),
)
NOTHING_COLLECTED = 5  # pytest's exit code


def test(arguments):
    if arguments[:1] == ["--upgrade"]:
        if len(arguments) != 2:
            raise Stop("setup/test --upgrade REVISION: which one, of git?")
        with postgres.server(throwaway=True):
            return bool(upgrade_check.check(arguments[1]))
    arguments = [_from_root(argument) for argument in arguments]
    paths = [a for a in arguments if (REPOSITORY / a.split("::")[0]).exists()]
    runs = [arguments] if paths else [[*arguments, *half] for half in HALVES]
    os.environ.update(TZ="UTC", LANG="C.UTF-8", LC_ALL="C.UTF-8")
    with postgres.server(throwaway=True), _install_check(paths or ["tests"]):
        prepared = databases.with_addons(demo=False)
        with databases.in_use(prepared), ExitStack() as stack:
            os.environ["AFTERSALES_TEST_TEMPLATE"] = prepared
            say("Tests")
            start = partial(_start_tests, stack, prepared)
            return _outcome([start(*run) for run in enumerate(runs)])


def _start_tests(stack, prepared, number, arguments):
    """One run of pytest on a database of its own; the first one speaks at once."""
    name = f"test{number or ''}"
    database = stack.enter_context(databases.scratch(name, prepared))
    settings = {"db_name": database, "http_port": free_port(8100 + 100 * number)}
    rc = stack.enter_context(databases.configured(name, **settings))
    command = [sys.executable, "-m", "pytest", "--odoo-http", *arguments]
    options = {"cwd": REPOSITORY, "env": {**os.environ, "ODOO_RC": str(rc)}}
    output = None
    if number:
        output = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        options.update(
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    return stack.enter_context(_child(command, **options)), output


def _outcome(runs):
    """Wait for all, show what waited for its turn; the worst exit code counts."""
    codes = []
    for process, output in runs:
        codes.append(process.wait())
        if output:
            output.seek(0)
            shutil.copyfileobj(output, sys.stdout.buffer)
            sys.stdout.flush()
    found = [code for code in codes if code != NOTHING_COLLECTED]
    return max(map(abs, found), default=NOTHING_COLLECTED)


def _from_root(path):
    """The tests run in the clone's root, paths are given from where the user is."""
    file, *test = path.split("::")
    if (found := Path(file).absolute()).exists():
        file = os.path.relpath(found, REPOSITORY)
    return "::".join([file, *test])


@contextmanager
def _install_check(paths):
    """Install, upgrade and uninstall on the second core while the tests run.

    The lock goes to the process: who waits for it waits for the process's end.
    """
    if "tests" not in paths:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AFTERSALES_INSTALL_REPORT"] = folder
        command = [sys.executable, "-m", "aftersales_setup.install_check", folder]
        lock = open(Path(folder) / "lock", "w")  # noqa: SIM115
        fcntl.flock(lock, fcntl.LOCK_EX)
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        passed = {**quiet, "pass_fds": [lock.fileno()]}
        with _child(command, **passed):
            lock.close()
            yield


# Benchmarks


def bench(arguments):
    """The benchmarks, those with a peer of others on a database of their own."""
    files = benchmarks.select(arguments)
    alone = [path for path in files if peers.named(path)]
    groups = [[path for path in files if path not in alone], *([p] for p in alone)]
    with postgres.server(throwaway=True):
        prepared = databases.with_addons(demo=False)
        codes = [_bench(prepared, group) for group in groups if group]
    return max(codes, default=0)


def _bench(prepared, files):
    others = peers.named(files[0])
    paths = databases.addons_path()
    if others:
        paths.append(peers.folder(others))
    path = ",".join(map(str, paths))
    with (
        databases.scratch("bench", prepared) as database,
        databases.configured("bench", db_name=database, addons_path=path),
    ):
        if others:
            databases.install(database, others.values(), addons_path=path)
        command = [sys.executable, "-m", "aftersales_setup.benchmarks", database]
        return subprocess.run([*command, *files], check=False).returncode
