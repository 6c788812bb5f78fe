# What one can do here. `make help` lists it. Runs with GNU make 3.81, that of macOS: each line of
# a recipe is one command, so that none can fail unseen.
.DEFAULT_GOAL := help

# What is given on the command line is text, which make and the shell pass on as it is: commands
# find it in their environment, like every other variable. This comes before any $(shell), for
# which make 4.4 expands what it exports.
$(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),\
	$(eval override $(name) := $$(value $(name)))$(eval export $(name))))

# `override`: no variable of the same name that is given takes the place of the Makefile's own.
override BIN := .venv/bin

# A variable that is given becomes an option of the command, which has the defaults. The shell
# reads its value, so that none is part of a recipe.
override option = $${$(1):+--$(2)="$$$(1)"}
override flag = $(if $(filter-out 0,$(value $(1))),--$(2))
override synthetic = $(call option,PACKAGE,package) $(call option,SCALE,scale) \
	$(call option,SEED,seed)

# Where tests build: nothing of yours is read or written.
override in_test_folder = \
	INSTACART_RAW_DIR=target/test/$(1)/raw INSTACART_TEMP_DIR=target/test/$(1)/tmp \
	INSTACART_DB=target/test/$(1)/instacart.duckdb \
	DBT_TARGET_PATH=target/test/$(1)/target DBT_LOG_PATH=target/test/$(1)/logs \
	DBT_LOG_LEVEL=warn

# By file: what a file's tests share is then made once. A worker that a hanging test took
# with it ends the run: another one would begin that test again.
override pytest_in_parallel = $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder \
	--max-worker-restart 0

.PHONY: help
help: ## List what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: .venv/.synced ## Create the environment in .venv from the lock (BASE_PYTHON=python3.12)

.venv/.synced: requirements.lock pyproject.toml
	@scripts/setup.sh

# It names the folder that .venv was made in. If that is another, if its Python is gone, or if
# one is given on the command line, setup runs again.
ifneq ($(shell test -x $(BIN)/python && cat .venv/.synced 2> /dev/null),$(CURDIR))
.PHONY: .venv/.synced
endif
ifeq ($(origin BASE_PYTHON),override)
.PHONY: .venv/.synced
endif

# What `make download` needs besides.
.venv/.with-download: .venv/.synced requirements-download.lock
	@scripts/setup_download.sh

# The environment of Spark and dbt-spark, which `make setup` leaves out: it is large.
.venv-spark/.synced: .venv/.synced requirements-spark.lock
	@scripts/setup_spark.sh

ifneq ($(shell test -x .venv-spark/bin/python && cat .venv-spark/.synced 2> /dev/null),$(CURDIR))
.PHONY: .venv-spark/.synced
endif

# The environment of Superset, which only `make bi` needs.
.venv-superset/.synced: .venv/.synced requirements-superset.lock
	@scripts/setup_superset.sh

ifneq ($(shell test -x .venv-superset/bin/python && cat .venv-superset/.synced 2> /dev/null),$(CURDIR))
.PHONY: .venv-superset/.synced
endif

# Clients that read published files, for tests and the soak.
target/clients/.installed: .venv/.synced $(wildcard tests/clients/*.lock)
	@scripts/setup_clients.sh

.PHONY: clients
clients: target/clients/.installed ## Install the clients and versions of DuckDB that tests read the warehouse with

# That for Node.js, where npm is there; the clients above go with it.
target/clients/node/.installed: target/clients/.installed $(wildcard tests/clients/node/*.json)
	@scripts/setup_node_client.sh

.PHONY: build
build: setup ## Build and test what changed (FORCE=1: everything); makes demo files if there are no raw ones
	@$(BIN)/instacart build $(call flag,FORCE,force)

# Your raw files if there are some, else demo files: `build` makes these.
.PHONY: demo
demo: setup ## Build, and write all there is to open: dashboard, report, documentation
	@$(BIN)/instacart build
	@$(BIN)/instacart report
	@$(BIN)/instacart dashboard
	@$(BIN)/instacart docs
	@$(BIN)/instacart outputs

.PHONY: spark-up
spark-up: setup .venv-spark/.synced ## Start a Spark cluster on this machine: docs/distributed.md
	@scripts/install_java.sh
	@$(BIN)/instacart spark up

.PHONY: build-spark
build-spark: setup .venv-spark/.synced ## Build, test and publish everything on that cluster, or on another
	@$(BIN)/instacart spark build

.PHONY: parity
parity: setup .venv-spark/.synced ## Build packages on DuckDB and Spark, and compare every row (SCALE=0.0005)
	@scripts/install_java.sh
	@$(BIN)/python -m parity run $(call option,SCALE,scale)

.PHONY: spark-down
spark-down: setup ## Stop the Spark cluster
	@$(BIN)/instacart spark down

.PHONY: checksums
checksums: setup ## Show rows and checksum of every table (SAVE=FILE, COMPARE=FILE, ALL=1)
	@$(BIN)/instacart checksums $(call flag,ALL,all) $(call option,SAVE,save) $(call option,COMPARE,compare)

.PHONY: bench
bench: setup ## Compare with plain SQL, pandas, Polars and a commit (SCALE=1 ROUNDS=3 AGAINST=COMMIT): docs/performance.md
	@$(BIN)/python -m benchmark run $(call option,SCALE,scale) $(call option,ROUNDS,rounds) $(call option,AGAINST,against)

.PHONY: bench-scale
bench-scale: setup ## Measure how time and memory grow, from scale 0.1 to 10: docs/performance.md
	@$(BIN)/python -m benchmark growth

.PHONY: bench-spark
bench-spark: setup .venv-spark/.synced ## Measure builds on Spark beside DuckDB's (SCALE=0.3): docs/distributed-figures.md
	@scripts/install_java.sh
	@$(BIN)/python -m distributed measure $(call option,SCALE,scale)

.PHONY: soak
soak: target/clients/.installed ## Measure what is promised to readers, for half an hour or more: docs/reliability.md
	@$(BIN)/python -m reliability run

.PHONY: bi
bi: target/clients/node/.installed .venv-superset/.synced ## Try Superset and other BI clients while builds are published: docs/bi.md
	@$(BIN)/python -m bi run

.PHONY: data
data: setup ## Generate raw files (PACKAGE=careerfoundry|kaggle SCALE=0.01 SEED=42 DIRT=0)
	@$(BIN)/instacart data $(synthetic) $(call option,DIRT,dirt)

.PHONY: download
download: .venv/.with-download ## Download the real data from Kaggle (ACCEPT_TERMS=1: without being asked)
	@$(BIN)/instacart download $(call flag,ACCEPT_TERMS,accept-terms)

.PHONY: enrich
enrich: setup ## Add fabricated customers and prices to Kaggle's files
	@$(BIN)/instacart enrich

.PHONY: fidelity
fidelity: setup ## Compare generated data (PACKAGE=... SCALE=1 SEED=42) with published figures: docs/fidelity.md
	@$(BIN)/instacart fidelity --generate $(synthetic)

.PHONY: report
report: setup ## Write the final report: reports/Final Report.xlsx
	@$(BIN)/instacart report

.PHONY: dashboard
dashboard: setup ## Write the dashboard, one page that opens with a double click: reports/dashboard.html
	@$(BIN)/instacart dashboard

.PHONY: export
export: setup ## Write the marts as a workbook, and facts as Parquet beside it: reports/marts.xlsx
	@$(BIN)/instacart export

# From the warehouse at hand, so of the demo; drawn by LibreOffice and Chromium.
.PHONY: pictures
pictures: setup ## Draw the pictures of README and docs/report.md again (needs LibreOffice and Chromium)
	@scripts/install_libreoffice.sh
	@scripts/install_browser.sh
	@scripts/draw_pictures.sh

.PHONY: docs
docs: setup ## Write the documentation and the lineage of columns: reports/docs/
	@$(BIN)/instacart docs

.PHONY: lint
lint: setup ## Lint SQL, Python and YAML, and check the types of the package
	@$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar --quiet models tests analyses
	@$(BIN)/python scripts/lint/portable.py
	@$(BIN)/ruff check --quiet scripts tests
	@$(BIN)/ruff format --quiet --check scripts tests
	@$(BIN)/yamllint --strict .
	@$(BIN)/mypy --no-error-summary
	@echo "Lint: SQL, Python, its types and YAML are clean."

# Each package is generated, built with all its tests, and compared with the real data.
# Both at once: dbt keeps one core busy. It shows warnings and failures only.
.PHONY: test-build-careerfoundry test-build-kaggle
# Unit tests bring their own rows: those of one build hold for every package.
override once = $(if $(filter careerfoundry,$(1)),DBT_EXCLUDE_RESOURCE_TYPES=unit_test)
test-build-careerfoundry test-build-kaggle: test-build-%: setup
	@$(call in_test_folder,$*) $(BIN)/instacart data --package $* --scale 0.02 --seed 7
	@$(call once,$*) $(call in_test_folder,$*) $(BIN)/instacart build --force
	@$(call in_test_folder,$*) $(BIN)/instacart fidelity

# While the other package's unit tests run.
.PHONY: test-conventions
test-conventions: test-build-careerfoundry
	@$(call in_test_folder,careerfoundry) $(BIN)/instacart docs --out target/test/careerfoundry/docs
	@COLUMNS=200 $(BIN)/dbt-bouncer run

.PHONY: check
check: setup ## Build both packages with all tests, and check conventions (dbt-bouncer)
	@$(MAKE) --no-print-directory -j 2 test-conventions test-build-kaggle

# Built without rows: enough for dbt to parse, compile and run its unit tests.
.PHONY: test-quick
test-quick: lint .venv/.with-download ## Pass what takes under 90 seconds: lint, parse, unit tests, fast Python tests
	@$(call in_test_folder,quick) $(BIN)/instacart data --scale 0.0005
	@$(call in_test_folder,quick) $(BIN)/dbt build --empty --exclude-resource-type test --project-dir . --profiles-dir .
	@$(pytest_in_parallel) -m "not slow"

.PHONY: pytest
pytest: .venv/.with-download .venv-spark/.synced target/clients/.installed ## Run the Python tests only, and list the slowest
	@$(pytest_in_parallel) --durations 15

# Without them tests that open the report in LibreOffice, start Spark or open pages in a browser
# are skipped, and say why.
.PHONY: libreoffice java browser
libreoffice:
	@scripts/install_libreoffice.sh || true
java:
	@scripts/install_java.sh || true
browser: ## Install Chromium, and axe-core in target/browser, where it can: tests open pages with them
	@scripts/install_browser.sh || true
	@scripts/setup_browser_tests.sh || true

.PHONY: test
test: libreoffice java browser lint check pytest ## Set up and pass everything: lint, conventions, builds of both packages, pytest
	@echo "All tests passed: lint, conventions, dbt builds of both packages, pytest."

# The larger environment first; the other one keeps the versions that it finds.
override pin = $(BIN)/python scripts/run_uv.py pip compile --quiet --universal --group dev \
	--generate-hashes --no-header pyproject.toml

# The same dbt as in .venv, and the same of whatever both need.
override pin_spark = $(BIN)/python scripts/run_uv.py pip compile --quiet --universal \
	--group pyproject.toml:spark --constraint requirements.lock --generate-hashes --no-header

# Without that constraint: Superset needs older packages.
override pin_superset = $(BIN)/python scripts/run_uv.py pip compile --quiet --universal \
	--group pyproject.toml:superset --generate-hashes --no-header

.PHONY: lock
lock: setup ## Pin the environment again after a change of pyproject.toml (UPGRADE=1: everything)
	@$(pin) $(call flag,UPGRADE,upgrade) --extra download --output-file requirements-download.lock
	@cp requirements-download.lock requirements.lock
	@$(pin) --output-file requirements.lock
	@scripts/lock_clients.sh $(call flag,UPGRADE,upgrade)
	@$(pin_spark) $(call flag,UPGRADE,upgrade) --output-file requirements-spark.lock
	@$(pin_superset) $(call flag,UPGRADE,upgrade) --output-file requirements-superset.lock

.PHONY: clean
clean: ## Remove the environment, the warehouse and what tests left (your raw files stay)
	rm -rf .venv .venv-spark .venv-superset .mypy_cache .pytest_cache .ruff_cache target logs warehouse/*.duckdb warehouse/*.duckdb.built warehouse/*.duckdb.parquet warehouse/*.wal warehouse/tmp
