"""Runs inside `.venv-validator` only: validates files and prints what the validator found as one JSON object.

The validator ends with code 0 whatever it finds, prints a report for people, and opens its list of currencies relative
to the folder it is installed in; so it is called as a library, from that folder.
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

import focus_validator
from focus_validator.validator import Validator

MODEL = "1.2.0.1"


def validate(file: str) -> dict[str, object]:
    """Every rule that failed, with its violations, its message and, of a rule made of others, which of those failed."""
    with contextlib.redirect_stdout(io.StringIO()):
        validator = Validator(
            data_filename=file,
            output_destination=None,
            output_type="console",
            rules_version=MODEL,
            focus_dataset="CostAndUsage",
            rules_block_remote_download=True,
            applicability_criteria="ALL",
        )
        results = validator.validate().by_rule_id
    skipped = [rule for rule, result in results.items() if result["details"].get("skipped")]
    failed = {
        rule: {
            "violations": result["details"].get("violations"),
            "message": result["details"].get("message"),
            "children": list(result["details"].get("failed_child_ids", [])),
        }
        for rule, result in results.items()
        if not result["ok"] and rule not in skipped
    }
    return {"rules": len(results), "skipped": len(skipped), "failed": failed}


if __name__ == "__main__":
    os.chdir(Path(focus_validator.__file__).parent.parent)
    json.dump({file: validate(file) for file in sys.argv[1:]}, sys.stdout)
