# Verbs for people. Each does its own set-up; nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# How many processes the tests run in, each with a PostgreSQL of its own; 0 runs them in pytest's own. Three on two
# cores, because some tests wait for other processes.
WORKERS ?= 3

.PHONY: help demo ui test test-system soak bench lint format lock clean

help:            ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Flux needs Python 3.11 or newer; $$($(PYTHON) --version) was found. Try: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)   ## three simulated restaurants through the whole pipeline
	@$(BIN)/flux demo

ui: $(READY)     ## Dagster's web UI and daemon on localhost:3000; Ctrl-C stops everything
	@$(BIN)/flux ui

# Files are handed out whole and in their order: the long ones come first, the unit tests fill what time is left.
# Bytecode is kept, whatever the login's variables say: to compile the tests takes each worker seven seconds.
test: export PYTHONDONTWRITEBYTECODE =
test: $(READY)   ## the whole suite, but for what needs minutes or a program of the system's packages; WORKERS=3
	@$(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder \
		$(addprefix flux_pipeline_tests/,system orchestration store unit)

test-system: $(READY) ## what needs such a program (PgBouncer, Chromium) or minutes; FLUX_TEST_REQUIRE_TOOLS=1 fails where one is missing
	@$(BIN)/pytest -m 'tool or long'

bench: $(READY)  ## what keeping restaurants apart costs, how fast sales and feeds come in, what forecasts, rosters, costs, stock, orders and a night take; an hour
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.tenancy_cost
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.upload_speed
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.demand_speed
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.cold_start
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.feeds
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.rhythm
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.heads
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.rosters weeks 10
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.rosters gaps 3
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.rosters sick 5
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.costs
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.inventory_speed
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.ledger_speed
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.stock_ledger
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.purchases
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.perishables
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.ordering_year
	@$(BIN)/python -m flux_pipeline_tests.benchmarks.nightly

soak: $(READY)   ## restaurants at work while processes are killed, then a clean rebuild to compare with; 20 minutes and more
	@$(BIN)/python -m flux_pipeline_tests.soak

lint: $(READY)   ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY) ## ruff's formatter and safe fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(READY)   ## write requirements.lock from what is installed: names and versions only
	@$(BIN)/python -m pip freeze --exclude-editable --all | grep -v -E '^pip==' > requirements.lock

clean:           ## remove the virtual environment and everything Flux keeps
	-@[ ! -x $(BIN)/flux ] || FLUX_HOME=.flux $(BIN)/flux db stop
	@rm -rf $(VENV) .flux
