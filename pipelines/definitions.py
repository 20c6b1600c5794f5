"""Dagster's entry point: composes the definitions and nothing else."""

from pipelines.orchestration.build import build_defs

defs = build_defs()
