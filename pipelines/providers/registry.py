"""The list of provider rooms: the only place in Python that names them all."""

from __future__ import annotations

from pipelines.providers.aws.export import AwsExport
from pipelines.providers.azure.export import AzureExport
from pipelines.providers.export import BillingExport
from pipelines.providers.focus.export import FocusExport
from pipelines.providers.gcp.export import GcpExport

FOCUS = FocusExport()
"""Reads every provider without a room of its own, and the FOCUS exports of those that have one."""

PROVIDERS: dict[str, BillingExport] = {room.name: room for room in (AwsExport(), AzureExport(), FOCUS, GcpExport())}


def owner(provider: str) -> BillingExport:
    """The room whose drop a provider's deliveries lie in: its own, or the FOCUS room."""
    return PROVIDERS.get(provider, FOCUS)
