"""`make dev`: Dagster and the dashboards over one lake, started together, stopped together by Ctrl-C.

Each runs in a process group of its own, so that one Ctrl-C reaches this process only and it ends the others in order.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console

from pipelines.schemas import ROOT

HOST = "127.0.0.1"
START_SECONDS = 180
STOP_SECONDS = 20
QUIET = "ignore::FutureWarning:click.core"  # that `dagster dev` has a successor in a package of its own
say = Console(highlight=False).print


@dataclass(frozen=True)
class Service:
    """A server to run: what it is called, where it answers, its command."""

    name: str
    port: int
    command: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def is_up(self) -> bool:
        """Whether something answers on the port."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((HOST, self.port)) == 0


class Stopped(Exception):
    """Somebody asked this process to end."""


def services(dagster_port: int, dashboards_port: int) -> list[Service]:
    """The two servers. Both look at the lake that REBILL_LAKE names."""
    binaries = Path(sys.executable).parent
    workspace = str(ROOT / "workspace.yaml")
    return [
        Service("Dagster", dagster_port, (
            str(binaries / "dagster"), "dev", "-w", workspace, "-h", HOST, "-p", str(dagster_port),
            "--log-level", "warning",
        )),
        Service("Dashboards", dashboards_port, (
            str(binaries / "streamlit"), "run", str(ROOT / "dashboards" / "app.py"), "--server.address", HOST,
            "--server.port", str(dashboards_port), "--server.headless", "true", "--browser.gatherUsageStats", "false",
            "--logger.level", "warning", "--logger.hideWelcomeMessage", "true",
        )),
    ]  # fmt: skip


def serve(wanted: Sequence[Service]) -> int:
    """Run the servers until Ctrl-C (0), or until one of them ends by itself (1). Ports in use: 2."""
    busy = [service for service in wanted if service.is_up]
    for service in busy:
        other = f"{service.name.upper()}_PORT={service.port + 10}"
        say(f"[red]x[/] port {service.port} is in use -> stop what uses it, or `make dev {other}`")
    if busy:
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)  # a handler, unlike an ignored signal, is not passed on to what is started
    environment = {**os.environ, "PYTHONWARNINGS": QUIET}
    running: list[tuple[Service, subprocess.Popen[bytes]]] = []
    try:
        for service in wanted:
            process = subprocess.Popen(service.command, cwd=ROOT, env=environment, start_new_session=True)  # noqa: S603
            running.append((service, process))
        _announce(running)
        return _watch(running)
    except Stopped:
        say("\nstopping ...")
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave one of them behind
        _end([process for _, process in running])
        say("stopped")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _announce(running: Sequence[tuple[Service, subprocess.Popen[bytes]]]) -> None:
    """Print each address once it answers."""
    say("starting; Dagster takes half a minute, Ctrl-C stops both")
    silent = list(running)
    deadline = time.monotonic() + START_SECONDS
    while silent and time.monotonic() < deadline and all(process.poll() is None for _, process in running):
        for service, process in list(silent):
            if service.is_up:
                say(f"[green]{service.name:<11}[/] {service.url}")
                silent.remove((service, process))
        time.sleep(0.3)


def _watch(running: Sequence[tuple[Service, subprocess.Popen[bytes]]]) -> int:
    while True:
        for service, process in running:
            if process.poll() is not None:
                say(f"[red]x[/] {service.name} ended by itself with code {process.returncode}; see its messages above")
                return 1
        time.sleep(0.5)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask each server to end as Ctrl-C would; whatever of its group is left after that is killed."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            say("[dim]one of them does not end; killing it[/]")
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        process.wait()


def main(arguments: Sequence[str]) -> int:
    """Arguments: the ports of Dagster and of the dashboards. DAGSTER_HOME must be set."""
    home = Path(os.environ["DAGSTER_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).parent / "instance.yaml", home / "dagster.yaml")
    dagster_port, dashboards_port = (int(argument) for argument in arguments)
    return serve(services(dagster_port, dashboards_port))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
