# Rebill. `make` or `make help` lists what there is. Needs Python 3.11 or 3.12 and make; everything else is
# installed into .venv from requirements.lock.txt, by hash.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench dev clean

PYTHON := $(firstword $(shell command -v python3.11) $(shell command -v python3))
UV_VERSION := 0.13.9
BIN := .venv/bin
STAMP := .venv/installed
PERIOD := 2026-10

export DAGSTER_HOME := $(CURDIR)/data/dagster
export DAGSTER_DISABLE_TELEMETRY := true
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export UV_PYTHON_DOWNLOADS := never

help: ## List the targets
	@echo "Rebill: provider bills in, exact tenant bills out."
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Install everything into .venv (skipped while the lock is unchanged)

$(STAMP): requirements.lock.txt
	@test -n "$(PYTHON)" || { echo "No python3 found: install Python 3.11." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	  || { echo "$(PYTHON) is $$($(PYTHON) -V): Rebill needs Python 3.11 or 3.12." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
	  || { echo "Python cannot make a virtual environment: install its venv package (python3.11-venv)." >&2; exit 1; }
	@echo "Installing into .venv (once; a minute or two on a slow line) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

# Exit code 3 says that some bills are held. In the demo that is the point: one account is linked to nobody.
RUN_DEMO := $(BIN)/rebill run $(PERIOD) --lake data/lake --config data/demo/config --deliveries data/demo/deliveries

demo: $(STAMP) ## Bill one demo month of a distributor, end to end
	@rm -rf data/demo
	$(BIN)/rebill generate --out data/demo --period $(PERIOD) --customers 24 --lines 20000 --seed 7
	@echo "$(RUN_DEMO)"; code=0; $(RUN_DEMO) || code=$$?; \
	  case $$code in \
	    0) ;; \
	    3) echo; \
	       echo "A bill is held, and that is right: the demo has one account that account_links.csv gives to nobody."; \
	       echo "Its cost is quarantined, the bills it could belong to wait, all others are published."; \
	       echo "(rebill run says so with exit code 3; for the demo that is success.)" ;; \
	    *) exit $$code ;; \
	  esac

test: $(STAMP) ## Run all tests; what the machine lacks is skipped with its reason
	@$(BIN)/python -m tests.validator.environment
	@$(BIN)/python -m pytest -rs --numprocesses 2 --dist loadfile

lint: $(STAMP) ## Check style, formatting, types and SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint dbt_project/models

bench: $(STAMP) ## Measure every stage on 1 and 10 million lines, intake in little memory, and rules over 5 million rate keys
	@$(BIN)/python -m pipelines.benchmark
	@$(BIN)/python -m pipelines.benchmark_intake
	@$(BIN)/python -m pipelines.benchmark_rules
	@$(BIN)/python -m pipelines.providers.aws.quirks.side_by_side

DAGSTER_PORT := 3000
DASHBOARDS_PORT := 8501
dev: export REBILL_LAKE ?= $(CURDIR)/data/lake
dev: export REBILL_CONFIG ?= $(CURDIR)/data/demo/config
dev: export REBILL_DELIVERIES ?= $(CURDIR)/data/demo/deliveries
dev: $(STAMP) ## Open Dagster on port 3000 and the dashboards on port 8501, until Ctrl-C
	@exec $(BIN)/python -m pipelines.orchestration.dev $(DAGSTER_PORT) $(DASHBOARDS_PORT)

clean: ## Remove the demo's data and all caches (not .venv and .venv-validator)
	@rm -rf data/demo data/lake data/dagster dbt_project/target dbt_project/logs logs
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv*/*' -prune -exec rm -rf {} +
