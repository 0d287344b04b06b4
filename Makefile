# Every target installs what it needs; the second time it skips what is done. `make help` lists them.

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WORKERS ?= 3
ROUNDS ?= 200
BENCH_INSTALLED := $(VENV)/.bench
CODE := chicago_crashes chicago_crashes_bench chicago_crashes_tests

# $(call compile,FILE,OPTIONS): resolve pyproject.toml for every platform and Python version we support.
define compile
{ echo "# Every package with its version and hashes, made by 'make lock' from pyproject.toml: change that, not this."; \
	.local/lock/bin/uv pip compile pyproject.toml $(2) --quiet --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-strip-extras; } > $(1).new && mv $(1).new $(1)
endef

.DEFAULT_GOAL := help
.PHONY: help demo test bench soak simulation mutants up clean install lint docs pictures lock postgis browser

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: install postgis  ## Load a month of crash data from a stand-in portal into a private PostGIS, check it, say what came
	@$(BIN)/chicago-crashes demo

test: lint postgis browser  ## Install everything and run the linters and the whole test suite
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

bench: $(BENCH_INSTALLED) postgis  ## Measure the platform against baselines and write docs/performance.md; QUICK=1 only prints, in 3 minutes
	@$(BIN)/python -m chicago_crashes_bench $(if $(QUICK),--quick,--write)

soak: install postgis  ## Change and break a stand-in portal at random, 200 times, and prove each time that the tables follow
	@$(BIN)/python -m chicago_crashes_tests.soak --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

simulation: install postgis  ## Let Dagster's daemon and the change sensor follow a stand-in portal through 30 days
	@$(BIN)/python -m chicago_crashes_tests.soak.simulation

mutants: install postgis  ## Plant mistakes in the core at random, see in 25 minutes how many the tests notice, write docs/mutation-testing.md
	@$(BIN)/python -m chicago_crashes_tests.mutation $(foreach option,SEED SAMPLE BUDGET ONLY JOBS,$(if $($(option)),\
		--$(shell echo $(option) | tr A-Z a-z) "$($(option))"))

up: install postgis  ## Run the real thing: PostGIS, Dagster's webserver and daemon on http://localhost:3000, the live portal
	@$(BIN)/chicago-crashes up

clean:  ## Stop the private PostGIS and remove everything these targets made: data, virtual environment, caches
	@if [ -x $(BIN)/python ] && [ -f $(INSTALLED) ]; then \
		$(BIN)/python -c 'from chicago_crashes.storage.private_cluster import cluster; \
			from chicago_crashes.orchestration import dagster_home as home; \
			cluster.destroy(cluster.HOME / "bench"); cluster.destroy(); home.forget()'; \
	elif [ -e .local/postgres ] || [ -e .local/bench/postgres ]; then \
		echo "The private PostGIS is still there: run 'make install', then 'make clean' again." >&2; exit 1; \
	fi
	@rm -rf .local data/raw build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .tmp_dagster_home_* $(VENV)
	@find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(INSTALLED)  ## Create .venv with exactly the packages of requirements.lock

lint: install  ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/yamllint --strict .

docs: install  ## Write docs/dictionary.md and the rules in docs/checks.md anew from what is declared
	@$(BIN)/python -m chicago_crashes.operations.reference.dictionary
	@$(BIN)/python -m chicago_crashes.operations.reference.rulebook

pictures: install postgis browser  ## Take docs/pictures anew from a running Dagster
	@$(BIN)/python docs/pictures/make_pictures.py

lock:  ## Renew every requirements.lock after a change of the dependencies in pyproject.toml
	@mkdir -p .local && $(PYTHON) -m venv .local/lock && .local/lock/bin/python -m pip install -qq uv
	@$(call compile,requirements.lock,--extra demo --extra dev)
	@$(call compile,docker/requirements.lock,--constraint requirements.lock)
	@$(call compile,chicago_crashes_bench/requirements.lock,--extra demo --extra bench --constraint requirements.lock)

postgis: install
	@$(BIN)/python -m chicago_crashes.storage.private_cluster.install

browser: install
	@$(BIN)/python -m chicago_crashes_tests.browser

$(INSTALLED): requirements.lock pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11, 3.12 or 3.13 is needed and none was found. Install one (for example" \
		"'sudo apt-get install python3.11 python3.11-venv'), or name it: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
		echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13. Name another: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. Install its venv package (for example" \
		"'sudo apt-get install $$(basename $(PYTHON))-venv'), then run this again." >&2; exit 1; }
	@[ -x $(BIN)/python ] || { echo "Creating $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing the packages of requirements.lock"
	@$(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes -r requirements.lock
	@$(BIN)/python -m pip --disable-pip-version-check install -qq --no-deps --no-build-isolation -e .
	@$(BIN)/python -m chicago_crashes.orchestration.dagster_home
	@touch $@

$(BENCH_INSTALLED): $(INSTALLED) chicago_crashes_bench/requirements.lock
	@echo "Installing what the benchmarks need"
	@$(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes -r chicago_crashes_bench/requirements.lock
	@touch $@
