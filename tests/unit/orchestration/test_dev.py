"""Two servers started together and stopped together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.orchestration.dev import Service, serve, services
from pipelines.schemas import ROOT

SERVER = "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), None).serve_forever()"
PROGRAM = """
import sys
from pipelines.orchestration.dev import Service, serve
server, *ports = sys.argv[1:]
sys.exit(serve([Service(f"server {port}", int(port), (sys.executable, "-c", server, port)) for port in ports]))
"""


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for probe in sockets:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in sockets]
    for probe in sockets:
        probe.close()
    return ports


def is_up(port: int) -> bool:
    return Service("", port, ()).is_up


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_both(number: signal.Signals) -> None:
    ports = free_ports(2)
    command = [sys.executable, "-c", PROGRAM, SERVER, *map(str, ports)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not all(map(is_up, ports)) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert not any(map(is_up, ports))
    assert output.rstrip().endswith("stopped")


def test_a_port_in_use_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert serve([Service("Dagster", port, (sys.executable, "-c", "raise SystemExit(9)"))]) == 2


def test_both_are_told_to_send_nothing_home() -> None:
    dagster, dashboards = services(3000, 8501)
    assert Path(dagster.command[0]).name == "dagster"
    gathers = dashboards.command.index("--browser.gatherUsageStats")
    assert dashboards.command[gathers + 1] == "false"
    assert "telemetry:\n  enabled: false" in (ROOT / "pipelines/orchestration/instance.yaml").read_text()
