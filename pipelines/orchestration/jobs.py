"""Jobs a billing analyst starts: take in a provider's month, and bill a month.

A whole month at once is the graph itself: "Materialize all" there takes in every provider of the month in its own
run and then bills the month in one. On a terminal that is `rebill run`.
"""

from __future__ import annotations

import dagster as dg

from pipelines.layers import Layer
from pipelines.orchestration.assets import BUNDLES, ingest

take_in = dg.define_asset_job(
    "take_in",
    selection=dg.AssetSelection.assets(ingest),
    description="raw -> focus. Choose the month and one or all providers. What is refused is listed with its remedy.",
)
bill_month = dg.define_asset_job(
    "bill_month",
    selection=dg.AssetSelection.groups(Layer.RATED.value, Layer.MARTS.value) | dg.AssetSelection.assets(BUNDLES),
    description="rated -> marts -> gate -> published. Bills the month from what is in the lake; repeat it at will.",
)
