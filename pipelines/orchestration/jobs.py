"""Jobs a billing analyst starts: take in a provider's month, and bill a month."""

from __future__ import annotations

import dagster as dg

from pipelines.orchestration.assets import BUNDLES, ingest

take_in = dg.define_asset_job(
    "take_in",
    selection=dg.AssetSelection.assets(ingest),
    description="raw -> focus for one month of one provider",
)
bill_month = dg.define_asset_job(
    "bill_month",
    selection=dg.AssetSelection.groups("rated", "marts") | dg.AssetSelection.assets(BUNDLES),
    description="rated -> marts -> gate -> published for one month of what is in the lake",
)
