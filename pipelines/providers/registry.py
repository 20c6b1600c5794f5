"""The list of provider rooms: the only place in Python that names them all."""

from __future__ import annotations

from pipelines.providers.aws.export import AwsExport
from pipelines.providers.azure.export import AzureExport
from pipelines.providers.export import BillingExport
from pipelines.providers.gcp.export import GcpExport

PROVIDERS: dict[str, BillingExport] = {room.name: room for room in (AwsExport(), AzureExport(), GcpExport())}
