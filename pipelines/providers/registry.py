"""The list of provider rooms: the only place in Python that names them all."""

from __future__ import annotations

from pipelines.providers.aws.export import AwsExport
from pipelines.providers.azure.export import AzureExport
from pipelines.providers.azure.quirks.cost_management.export import CostManagementExport
from pipelines.providers.export import BillingExport
from pipelines.providers.focus.export import FocusExport
from pipelines.providers.gcp.export import GcpExport

FOCUS = FocusExport()
"""Reads every provider without a room of its own, and the FOCUS exports of those that have one."""

PROVIDERS: dict[str, BillingExport] = {room.name: room for room in (AwsExport(), AzureExport(), FOCUS, GcpExport())}

FURTHER: dict[str, tuple[BillingExport, ...]] = {"azure": (CostManagementExport(),)}
"""Other exports that a provider gives of the same costs, the better ones first; FOCUS files come after all of them."""


def readers(room: BillingExport) -> tuple[BillingExport, ...]:
    """Everything that reads deliveries in a room's drop, the better first: the room, its other exports, FOCUS files."""
    return tuple({reader.name: reader for reader in (room, *FURTHER.get(room.name, ()), FOCUS)}.values())


def owner(provider: str) -> BillingExport:
    """The room whose drop a provider's deliveries lie in: its own, or the FOCUS room."""
    return PROVIDERS.get(provider, FOCUS)
