"""What every test may rely on. No business data here.

A test that lacks something of the machine (a browser, a port) skips with a reason. Where everything is
installed, `REBILL_NO_SKIPS=1` turns any skip into a failed session: a silent skip is a test nobody runs.
"""

from __future__ import annotations

import os

import pytest

NO_SKIPS = "REBILL_NO_SKIPS"


def skips_are_failures() -> bool:
    """Whether this session promises to run every test."""
    return os.environ.get(NO_SKIPS, "") not in ("", "0")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the session for any skip, collected or run, when skips are not allowed."""
    if skips_are_failures() and exitstatus == pytest.ExitCode.OK and _skipped(session):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why a session without a failed test is red."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skips_are_failures() and skipped:
        terminalreporter.section(f"{NO_SKIPS} is set")
        terminalreporter.line(f"{len(skipped)} skipped: on this machine every test must run. -rs gives the reasons.")


def _skipped(session: pytest.Session) -> int:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter else 0
