"""`rebill commitments` and `rebill benefits`: reports over a month that is built. No rule lives here."""

from __future__ import annotations

from pipelines.cli_parts import DEFAULT_LAKE, JsonOption, LakeOption, Period, finish, speaking


def commitments(period: Period, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Each commitment: whose it is, how much is used, what it saves, and whom else it reached."""
    with speaking(as_json):
        from pipelines import engine, printing_reports

        finish(engine.commitments(period, lake=lake), as_json, printing_reports.commitments)


def benefits(period: Period, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Partner benefits: earned, missed with the money left on the table, and what was passed on."""
    with speaking(as_json):
        from pipelines import engine, printing_reports

        finish(engine.benefits(period, lake=lake), as_json, printing_reports.benefits)
