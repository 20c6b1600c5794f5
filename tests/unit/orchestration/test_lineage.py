"""Reading dbt models in place."""

from __future__ import annotations

from pathlib import Path

from pipelines.layers import Layer
from pipelines.orchestration.lineage import models


def write(root: Path) -> None:
    for layer in ("rated", "marts"):
        (root / layer).mkdir()
    (root / "rated" / "rated_b.sql").write_text(
        "-- Grain: one row per key,\n-- and segment.\nwith\n\nkeys as (select * from {{ source('focus', 'keys') }})\n"
    )
    (root / "rated" / "rated_a.sql").write_text("-- Grain: one.\nselect * from {{ ref('rated_b') }}\n")
    (root / "marts" / "marts_v.sql").write_text(
        "-- Grain: one row per charge.\n{{ config(materialized='view') }}\n"
        "select * from {{ ref('rated_a') }} join {{ ref('rated_b') }} join {{ source('raw', 'totals') }}\n"
    )
    (root / "rated" / "_rated.yml").write_text(
        "version: 2\nmodels:\n  - name: rated_b\n    description: Keys.\n"
        "    columns:\n      - {name: KeyNo, data_type: bigint}\n"
    )


def test_models_come_upstream_first(tmp_path: Path) -> None:
    write(tmp_path)
    assert [model.name for model in models(tmp_path)] == ["rated_b", "rated_a", "marts_v"]


def test_a_model_knows_purpose_grain_and_columns(tmp_path: Path) -> None:
    write(tmp_path)
    model = models(tmp_path)[0]
    assert model.layer is Layer.RATED
    assert model.description == "Keys.\n\nGrain: one row per key, and segment."
    assert model.columns == (("KeyNo", "bigint"),)
    assert model.sources == {"focus.keys"}
    assert not model.is_view


def test_a_view_is_known_as_one(tmp_path: Path) -> None:
    write(tmp_path)
    view = models(tmp_path)[-1]
    assert view.is_view
    assert view.refs == ("rated_a", "rated_b")
    assert view.sources == {"raw.totals"}
