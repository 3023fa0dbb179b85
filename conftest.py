"""A warning of our add-ons, or about them, in Odoo's log fails the test that ran.

Outside of any test (loading, collecting) it fails the run. What a test expects it
takes with ``self.assertLogs`` or ``mute_logger``: then nothing arrives here.
"""

import logging
import re

import pytest

OURS = re.compile(r"aftersales", re.IGNORECASE)


class _Complaints(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.lines = []

    def emit(self, record):
        text = self.format(record)  # with its traceback, if it has one
        if OURS.search(text):
            self.lines.append(text)

    def take(self):
        lines, self.lines = self.lines, []
        return lines


complaints = _Complaints()


def pytest_configure(config):
    logging.getLogger().addHandler(complaints)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    # Teardown comes last: whatever the test and its class left behind counts.
    lines = complaints.take() if report.when != "setup" else []
    if lines and report.passed:
        report.outcome = "failed"
        report.longrepr = "Logged by or about our add-ons:\n" + "\n".join(lines)
    return report


def pytest_sessionfinish(session, exitstatus):
    lines = complaints.take()
    if lines:
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        terminal.write_line("\nLogged by or about our add-ons:")
        terminal.write_line("\n".join(lines))
        if not exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
