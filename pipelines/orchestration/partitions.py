"""Partitions: a billing month, and for what providers deliver, month by provider."""

from __future__ import annotations

import os

import dagster as dg

from pipelines.period import BillingPeriod
from pipelines.providers.registry import PROVIDERS

MONTH_FORMAT = "%Y-%m"

months = dg.MonthlyPartitionsDefinition(
    start_date=os.environ.get("REBILL_FIRST_PERIOD", "2026-01"), fmt=MONTH_FORMAT, end_offset=1
)
sources = dg.MultiPartitionsDefinition({"month": months, "provider": dg.StaticPartitionsDefinition(sorted(PROVIDERS))})


def month_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> BillingPeriod:
    """The billing period of the partition being run."""
    return BillingPeriod(context.partition_key)


def source_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> tuple[BillingPeriod, str]:
    """The billing period and provider of the partition being run."""
    keys = context.partition_key.keys_by_dimension
    return BillingPeriod(keys["month"]), keys["provider"]
