# The door for people and for CI. `make` alone prints what there is.
#
# Everything runs from .venv, which is made once from requirements.lock and made again only when the lock
# file or pyproject.toml change. No target needs anything but make, Python 3.11 or newer, and PyPI.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# A second copy of the interpreter search would drift: the script is the only place that knows it.
PYTHON ?= $(shell sh tools/find-python.sh)
PYTEST_ARGS ?=
FUZZ_ARGS ?=

.PHONY: help setup verify test check static format lock sample diagrams explore-deep reports swarm scenarios hunt guards kill-matrix repairs obligations notebooks fuzz audit-dependencies clean

help: ## print this list
	@printf 'billproof: a reference model of a billing system, and the checks of its theorems\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@printf '\nStart with: make verify\n'

setup: $(STAMP) ## make .venv from the lock file and install the project into it, editable

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || test -n "$(PYTHON)" || { echo 'error: no Python 3.11 or newer with venv and pip found; install one, or say make PYTHON=/path/to/python3' >&2; exit 3; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	touch $(STAMP)

verify: $(STAMP) ## bill a sample twice, audit the ledger, judge the theorems against the pinned verdicts
	@PATH="$(CURDIR)/$(BIN):$$PATH" tools/verify.sh

test: $(STAMP) ## run every test (PYTEST_ARGS="-k name" narrows it)
	$(BIN)/pytest $(PYTEST_ARGS)

check: static test ## what CI judges: the static checks, then every test

static: $(STAMP) ## ruff, ruff format, mypy and basedpyright, both strict, the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/basedpyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

format: $(STAMP) ## rewrite the sources in the one format, and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## renew requirements.lock from pyproject.toml (needs Python 3.11, the oldest that is supported)
	sh tools/lock.sh

sample: $(STAMP) ## write samples/focus_synthetic.csv again from its seed
	$(BIN)/python tools/make_sample.py

diagrams: $(STAMP) ## write docs/diagrams and docs/platform.md again from the model
	$(BIN)/python tools/make_diagrams.py

explore-deep: $(STAMP) ## search the large named models and compare with the published counts (minutes)
	$(BIN)/python tools/explore_deep.py

swarm: $(STAMP) ## simulate 10,000 seeds under the repaired design and write reports/swarm.json (half an hour)
	$(BIN)/python tools/write_simulations.py --swarm 10000

reports: $(STAMP) ## judge, recompute, and draw README, picture and reports/index.html from the records (minutes)
	$(BIN)/python tools/make_reports.py --record

scenarios: $(STAMP) ## simulate the fault catalogue under both designs and write reports/scenarios-*.json (a minute)
	$(BIN)/python tools/write_simulations.py --catalogue

hunt: $(STAMP) ## hunt every known-bad variant of operation by the swarm and write reports/seeds-to-kill.json (a minute)
	$(BIN)/python tools/write_simulations.py --hunt 2000

guards: $(STAMP) ## delete every guard of the core one at a time and write what notices to reports/guards.json (an hour)
	$(BIN)/python tools/guard_survivors.py --out reports/guards.json

kill-matrix: $(STAMP) ## run every known-bad variant against every engine and write reports/kill-matrix.* (minutes)
	$(BIN)/billproof variants --engine explore --engine prove --seconds 600 --report reports

repairs: $(STAMP) ## find every minimal set of repairs and write reports/repairs.json (minutes)
	$(BIN)/billproof repairs --engine explore --budget 7200 --format json --out reports/repairs.json --quiet > /dev/null

obligations: $(STAMP) ## prove all clauses afresh and keep the obligations in reports/obligations
	$(BIN)/python tools/write_obligations.py

notebooks: $(STAMP) ## run every notebook from top to bottom and keep its outputs (minutes)
	$(BIN)/python tools/run_notebooks.py --write

fuzz: $(STAMP) ## hand 20,000 damaged inputs to every parser and the HTTP API (a minute; FUZZ_ARGS="--inputs 1000000")
	$(BIN)/python tools/fuzz.py $(FUZZ_ARGS)

audit-dependencies: $(STAMP) ## check pins, hashes and licences of the locked dependencies, offline
	$(BIN)/python tools/audit_dependencies.py

clean: ## remove .venv and every cache
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist src/*.egg-info
