"""Real transactions, real processes, real kills.

Odoo's test classes share one cursor that never commits, so neither a race nor a
killed server can be seen there. The fixtures here work on a committed copy of the
test database, with plain pytest functions:

    def test_two_cashiers(real, race):
        order = real(lambda env: env["aftersales.order"].create({...}).id)

        def pay(env):
            return env["aftersales.order"].browse(order).action_invoice()

        first, second = race(pay, pay, user=cashier_id)
        assert [first.ok, second.ok].count(True) == 1
        assert "another user" in (first.message or second.message)

    def test_killed_in_the_middle(real, kill9):
        assert kill9(complete, at="aftersales.order._post_parts")
        assert real(lambda env: env["aftersales.order"].browse(order).state) == "new"

``real(work)``        runs ``work(env)`` in a process, commits, returns its result.
``race(*works)``      runs them at once, one process each: every process has opened
                      its transaction (and fixed what it sees) before the first one
                      goes on, and is repeated as the server would repeat it.
``kill9(work, at=)``  SIGKILL when the method ``model.method`` returns (``before=True``:
                      when it is called); tells whether it came that far.

``user=`` is the id of the acting user (default: the superuser). Results go through a
pipe: return ids and plain values, not records. A failure in ``real`` is raised again;
in ``race`` it is the outcome's ``error`` (name of the class) and ``message``.
The database lives for the whole session: tests make records of their own.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

import odoo
from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.service.model import retrying

fork = multiprocessing.get_context("fork")


@dataclass
class Outcome:
    """What became of one process."""

    value: Any = None
    error: str = ""
    message: str = ""
    trace: str = ""

    @property
    def ok(self):
        return not self.error


@pytest.fixture(scope="session")
def scratch_db():
    """A committed copy of the test database; its registry is loaded here once."""
    template = os.environ.get("AFTERSALES_TEST_TEMPLATE")
    if not template:
        pytest.skip("needs setup/test")
    from aftersales_setup import odoo as databases

    with databases.scratch("faults", template) as database:
        testing, odoo.tools.config["test_enable"] = (
            odoo.tools.config["test_enable"],
            False,
        )
        try:
            Registry(database)
        finally:
            odoo.tools.config["test_enable"] = testing
        # The processes inherit the registry, but must open connections of their own.
        odoo.sql_db.close_db(database)
        yield database
        Registry.delete(database)
        odoo.sql_db.close_db(database)


def _leave_the_test(database):
    """Make the forked process one that no test runs in."""
    odoo.sql_db._Pool = odoo.sql_db._Pool_readonly = None  # not ours to close
    Registry._lock = threading.RLock()
    odoo.modules.module.current_test = None
    odoo.tools.config["test_enable"] = False
    threading.current_thread().testing = False
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return Registry(database).check_signaling()


def _work(database, work, user, context, barrier, pipe):
    outcome = Outcome()
    try:
        registry = _leave_the_test(database)
        with registry.cursor() as cr:
            env = Environment(cr, user or SUPERUSER_ID, context or {})
            cr.execute("SELECT 1")  # from here on this transaction sees nothing new
            if barrier:
                barrier.wait(60)
            outcome.value = retrying(partial(work, env), env)
    except BaseException as error:  # noqa: BLE001 - told to the test, whatever it is
        outcome.error, outcome.message = type(error).__name__, str(error)
        outcome.trace = traceback.format_exc()
    pipe.send(outcome)
    pipe.close()


def _start(database, work, user, context, barrier=None):
    ours, theirs = fork.Pipe(duplex=False)
    arguments = (database, work, user, context, barrier, theirs)
    process = fork.Process(target=_work, args=arguments)
    process.start()
    theirs.close()
    return process, ours


def _outcome(process, pipe, timeout):
    try:
        outcome = pipe.recv() if pipe.poll(timeout) else Outcome(error="Timeout")
    except EOFError:
        outcome = Outcome(error="Killed")
    if outcome.error == "Timeout":
        process.kill()
    process.join()
    return outcome


@pytest.fixture
def race(scratch_db):
    def run(*works, user=None, users=None, context=None, timeout=120):
        barrier = fork.Barrier(len(works))
        users = users or [user] * len(works)
        started = [
            _start(scratch_db, work, who, context, barrier)
            for work, who in zip(works, users, strict=True)
        ]
        return [_outcome(process, pipe, timeout) for process, pipe in started]

    return run


@pytest.fixture
def real(scratch_db):
    def run(work, *, user=None, context=None, timeout=300):
        outcome = _outcome(*_start(scratch_db, work, user, context), timeout)
        assert outcome.ok, outcome.trace or outcome.error
        return outcome.value

    return run


@pytest.fixture
def kill9(scratch_db):
    def run(work, *, at, before=False, user=None, context=None, timeout=120):
        model, _dot, method = at.rpartition(".")

        def die():
            os.kill(os.getpid(), signal.SIGKILL)

        def deadly(env):
            cls = type(env[model])
            original = getattr(cls, method)

            def replaced(self, *args, **kwargs):
                if before:
                    die()
                original(self, *args, **kwargs)
                die()

            setattr(cls, method, replaced)
            return work(env)

        process, pipe = _start(scratch_db, deadly, user, context)
        outcome = _outcome(process, pipe, timeout)
        assert outcome.error in ("", "Killed"), outcome.trace
        return process.exitcode == -signal.SIGKILL

    return run
