"""A PostgreSQL: the one the user names, or a private cluster of this project."""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from aftersales_setup import debian
from aftersales_setup.cache import CACHE, digest, lock
from aftersales_setup.report import Stop, run, say, step

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
shared_buffers = 512MB
work_mem = 32MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
wal_level = minimal
max_wal_senders = 0
synchronous_commit = off
"""
# A cluster of test databases may be lost with the machine's power, so it need not
# wait for the disk. Killed programs, ours or PostgreSQL's own, lose nothing.
THROWAWAY = "fsync = off\nfull_page_writes = off\n"


def is_own():
    """Whether this is our private cluster."""
    return bool(os.environ["AFTERSALES_OWN_POSTGRES"])


@contextmanager
def server(*, throwaway):
    """Run a block with a server; libpq's variables name it."""
    if not is_own():
        os.environ.update(_of_configuration())
        _check_named()
        yield
        return
    name = "pg-test" if throwaway else "pg-main"
    with lock(f"{name}-use", shared=True) as use:
        cluster = _Cluster(name, throwaway)
        with lock(f"{name}-start"):
            cluster.start()
        os.environ.update(PGHOST=str(cluster.socket), PGPORT="5432", PGUSER="odoo")
        os.environ.pop("PGDATABASE", None)
        try:
            yield
        finally:
            try:
                # The last one out turns off the light.
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                cluster.stop()


def _of_configuration():
    """libpq's variables from the user's Odoo configuration."""
    parser = ConfigParser(interpolation=None)
    parser.read(os.environ["AFTERSALES_USER_RC"])
    if not parser.has_section("options"):
        return {}
    names = {"db_host": "PGHOST", "db_port": "PGPORT", "db_user": "PGUSER"}
    names["db_password"] = "PGPASSWORD"
    options = parser["options"]
    return {
        variable: options[name]
        for name, variable in names.items()
        if variable not in os.environ
        and options.get(name, "").lower() not in ("", "false", "none")
    }


def _check_named():
    try:
        with connection() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, rolcreatedb"
                " OR rolsuper, rolname FROM pg_roles WHERE rolname = current_user"
            )
            version, may_create, user = cursor.fetchone()
    except psycopg2.OperationalError as error:
        raise Stop(f"The PostgreSQL named by PGHOST or ODOO_RC: {error}") from error
    if version < 130000:
        raise Stop("Odoo 19 needs PostgreSQL 13 or newer.")
    if user == "postgres" or not may_create:
        raise Stop(
            "Odoo needs a PostgreSQL user of its own that may create databases:\n"
            "  createuser --createdb odoo   and then   PGUSER=odoo"
        )


@contextmanager
def connection(database="postgres"):
    """A cursor outside any transaction."""
    opened = psycopg2.connect(dbname=database)
    opened.autocommit = True
    try:
        with opened.cursor() as cursor:
            yield cursor
    finally:
        opened.close()


class _Cluster:
    def __init__(self, name, throwaway):
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.throwaway = throwaway
        self.programs = debian.postgres_folder()
        version = run([self.programs / "initdb", "--version"]).split()[2]
        self.folder = self._home() / f"{name}-{version.split('.')[0]}"
        self.data = self.folder / "data"
        # The path of a socket has room for about a hundred characters.
        self.socket = self.folder / "socket"
        if len(str(self.socket)) > 80:
            self.socket = Path(f"/tmp/aftersales-{digest(str(self.folder))}")

    def _home(self):
        """PostgreSQL does not run as root; its user cannot enter root's home."""
        if not self.user:
            return CACHE
        CACHE.mkdir(parents=True, exist_ok=True)
        entered = subprocess.run(self._as(["test", "-x", str(CACHE)]), check=False)
        if entered.returncode == 0:
            return CACHE / "postgres"
        return Path("/var/tmp") / f"aftersales-odoo-{digest(str(CACHE))}"

    def _as(self, command):
        prefix = ["runuser", "-u", self.user.pw_name, "--"] if self.user else []
        return [*prefix, *map(str, command)]

    def _own_folder(self, path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user and path.stat().st_uid == 0:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        owner = self.user.pw_uid if self.user else os.geteuid()
        if path.stat().st_uid != owner or path.is_symlink():
            raise Stop(f"{path} belongs to somebody else.")
        path.chmod(0o700)

    def _pg_ctl(self, *arguments):
        # Of a folder that PostgreSQL's user can enter, and with no open pipe that
        # the server would keep.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                self._as([self.programs / "pg_ctl", "-D", self.data, *arguments]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                check=False,
            )
            output.seek(0)
            return done.returncode, output.read()

    def start(self):
        self._own_folder(self.folder.parent) if self.user else None
        self._own_folder(self.folder)
        self._own_folder(self.socket)
        if not (self.data / "PG_VERSION").exists():
            self._create()
        if self._pg_ctl("status")[0] == 0:
            return
        code, output = self._launch()
        if code and self.throwaway:
            say("The test databases did not survive the machine's last stop: afresh")
            shutil.rmtree(self.data)
            self._create()
            code, output = self._launch()
        if code:
            log = (self.folder / "log").read_text(errors="replace")[-2000:]
            raise Stop(f"PostgreSQL does not start: {output}\n{log}")

    def _launch(self):
        # Odoo's statements are many and short: compiling them costs more than it saves.
        options = ("-o", "-c jit=off")
        return self._pg_ctl(
            "start", "-w", "-t", "60", "-l", self.folder / "log", *options
        )

    def _create(self):
        with step(f"PostgreSQL cluster {self.folder.name}"):
            # In a folder of its own: an interrupted initdb leaves nothing in the way.
            part = self.folder / "data.part"
            shutil.rmtree(part, ignore_errors=True)
            initdb = [self.programs / "initdb", "-D", part, "-U", "odoo", "-A", "trust"]
            run(
                self._as([*initdb, "-E", "UTF8", "--no-locale", "--no-sync"]),
                cwd=self.folder,
            )
            settings = SETTINGS.format(socket=self.socket)
            with (part / "postgresql.conf").open("a") as file:
                file.write(settings + (THROWAWAY if self.throwaway else ""))
            part.rename(self.data)

    def stop(self):
        self._pg_ctl("stop", "-m", "fast", "-w")
