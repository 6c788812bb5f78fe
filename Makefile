# What one can do here. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Variables of the warehouse; dbt, make and every script read the same ones.
export INSTACART_RAW_DIR ?= data/raw
export INSTACART_DB ?= warehouse/instacart.duckdb
export UV_PYTHON_DOWNLOADS := never

PACKAGE ?= careerfoundry
SCALE ?= 0.01
SEED ?= 42
DIRT ?= 0

BASE_PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Where tests build: nothing of yours is read or written.
TEST_DIR := target/test

.PHONY: help
help: ## List what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(BIN)/.synced ## Create the environment in .venv, from the locks

# dbt makes millions of objects that live to its end: looking for garbage among them takes a
# seventh of its time.
$(BIN)/.synced: requirements.lock requirements-uv.lock
	@$(BASE_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "make setup: expected Python 3.11, found $$($(BASE_PYTHON) --version 2>&1); install it or name it with BASE_PYTHON=..." >&2; exit 1; }
	@echo "Setting up .venv ..."
	@$(BASE_PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' | \
		{ read -r packages; echo 'import gc; gc.set_threshold(50_000, 20, 20)' > "$$packages/collect_less.pth"; }
	@touch $@
	@echo "Environment ready in .venv (activate it with: source .venv/bin/activate)"

.PHONY: build
build: setup ## Build and test what changed (FORCE=1: everything); makes demo files if there are no raw ones
	@$(BIN)/python scripts/build.py $(if $(filter-out 0,$(FORCE)),--force)

.PHONY: checksums
checksums: setup ## Show rows and checksum of every table (SAVE=FILE, COMPARE=FILE, ALL=1)
	@$(BIN)/python scripts/checksums.py $(if $(filter-out 0,$(ALL)),--all) \
		$(if $(SAVE),--save "$(SAVE)") $(if $(COMPARE),--compare "$(COMPARE)")

.PHONY: bench
bench: SCALE := $(if $(filter file,$(origin SCALE)),1,$(SCALE))
bench: setup ## Compare with plain SQL, pandas and Polars (SCALE=1 ROUNDS=3): docs/benchmarks.md
	@$(BIN)/python scripts/benchmark.py run --scale $(SCALE) --rounds $(or $(ROUNDS),3)

.PHONY: bench-scale
bench-scale: setup ## Measure how time and memory grow, from scale 0.1 to 10: docs/benchmarks.md
	@$(BIN)/python scripts/benchmark.py growth --scales 0.1 1 3 10

.PHONY: data
data: setup ## Generate raw files (PACKAGE=careerfoundry|kaggle SCALE=0.01 SEED=42 DIRT=0)
	@$(BIN)/python scripts/generate.py --package $(PACKAGE) --scale $(SCALE) --seed $(SEED) --dirt $(DIRT) --out "$(INSTACART_RAW_DIR)"

.PHONY: enrich
enrich: setup ## Add fabricated customers and prices to Kaggle's files
	@$(BIN)/python scripts/enrich.py --raw "$(INSTACART_RAW_DIR)"

# Built without tests: what counts here is the data. Only the full size is written to docs.
.PHONY: fidelity
fidelity: SCALE := $(if $(filter file,$(origin SCALE)),1,$(SCALE))
fidelity: setup ## Compare generated data (SCALE=1) with published figures: docs/fidelity.md
	@here=target/fidelity/$(PACKAGE); \
		export INSTACART_RAW_DIR=$$here/raw INSTACART_DB=$$here/instacart.duckdb INSTACART_TEMP_DIR=$$here/tmp; \
		export DBT_TARGET_PATH=$$here/target DBT_LOG_PATH=$$here/logs; \
		$(BIN)/python scripts/generate.py --package $(PACKAGE) --scale $(SCALE) --seed $(SEED) --out $$here/raw; \
		$(BIN)/dbt build --select +synthetic_data_fidelity --exclude-resource-type test unit_test \
			| grep --line-buffered --invert-match -E '[0-9] (START|OK) '; \
		$(BIN)/python scripts/fidelity.py --out $(if $(filter careerfoundry-1-42,$(PACKAGE)-$(SCALE)-$(SEED)),docs,$$here)/fidelity.md

.PHONY: report
report: setup ## Write the final report: reports/Final Report.xlsx
	@$(BIN)/python scripts/export_excel.py

.PHONY: export
export: setup ## Write the marts as a workbook: reports/marts.xlsx
	@$(BIN)/python scripts/export_marts.py

# From the warehouse at hand, so of the demo; rendered by LibreOffice.
.PHONY: pictures
pictures: setup ## Draw the pictures of the README anew (needs LibreOffice, see its script)
	@scripts/install_libreoffice.sh
	@scripts/draw_pictures.sh

.PHONY: docs
docs: setup ## Write the documentation site to target/static_index.html
	@test -f "$(INSTACART_DB)" || { echo "make docs: expected a warehouse at $(INSTACART_DB), found none; run make build first." >&2; exit 1; }
	@$(BIN)/dbt --log-level warn docs generate --static
	@echo "Documentation: open target/static_index.html in a browser (one file, no server needed)."

.PHONY: lint
lint: setup ## Lint SQL, Python and YAML
	@$(BIN)/sqlfluff lint --disable-progress-bar --quiet models tests analyses
	@$(BIN)/ruff check --quiet scripts tests
	@$(BIN)/ruff format --quiet --check scripts tests
	@$(BIN)/yamllint --strict .
	@echo "Lint: SQL, Python and YAML are clean."

# Each package is generated, built with all its tests, and compared with the real data.
.PHONY: test-build
test-build: setup
	@for package in careerfoundry kaggle; do \
		here=$(TEST_DIR)/$$package; \
		export INSTACART_RAW_DIR=$$here/raw INSTACART_DB=$$here/instacart.duckdb INSTACART_TEMP_DIR=$$here/tmp; \
		export DBT_TARGET_PATH=$$here/target DBT_LOG_PATH=$$here/logs; \
		mkdir -p $$here; \
		$(BIN)/python scripts/generate.py --package $$package --scale 0.02 --seed 7 --out $$here/raw; \
		$(BIN)/dbt build | grep --line-buffered --invert-match -E '[0-9] (START|PASS|OK|NO-OP) '; \
		$(BIN)/python scripts/fidelity.py; \
	done

.PHONY: check
check: test-build ## Check conventions (dbt-bouncer) on a freshly built warehouse
	@here=$(TEST_DIR)/careerfoundry; \
		INSTACART_RAW_DIR=$$here/raw INSTACART_DB=$$here/instacart.duckdb INSTACART_TEMP_DIR=$$here/tmp \
			$(BIN)/dbt --log-level warn docs generate --target-path $$here/target --log-path $$here/logs; \
		COLUMNS=200 $(BIN)/dbt-bouncer run

.PHONY: pytest
pytest: setup ## Run the Python tests only
	@$(BIN)/pytest -n 2

# Without it one test, which opens the report in LibreOffice, is skipped with its reason.
.PHONY: libreoffice
libreoffice:
	@scripts/install_libreoffice.sh || true

.PHONY: test
test: libreoffice lint check pytest ## Set up and pass everything: lint, conventions, builds of both packages, pytest
	@echo "All tests passed: lint, conventions, dbt builds of both packages, pytest."

.PHONY: lock
lock: setup ## Pin the environment anew from pyproject.toml
	@$(BIN)/uv export --quiet --no-emit-project --all-groups --no-header --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-header requirements-uv.in --output-file requirements-uv.lock

.PHONY: clean
clean: ## Remove the environment, the warehouse and what tests left (your raw files stay)
	rm -rf .venv .pytest_cache .ruff_cache target logs warehouse/*.duckdb warehouse/*.duckdb.built warehouse/*.wal warehouse/tmp
