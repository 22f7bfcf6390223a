# Two commands for users: `make matrix` and `make test`. The others are for people who change the project.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: matrix test check lock schemas bench fuzz clean
.DELETE_ON_ERROR:

matrix: $(VENV)/.run-ready
	@$(BIN)/trt-matrix run $(ARGS)

test: $(VENV)/.dev-ready
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev-ready
	@$(BIN)/python -m benchmarks $(ARGS)

# Ten minutes for each target; another time with ARGS="log --seconds 60".
fuzz: $(VENV)/.fuzz-ready
	@$(BIN)/python tools/fuzz.py $(ARGS)

# Both environments are one folder; the stamp says how much is in it. Kept by make, so each target works first.
$(VENV)/.run-ready: requirements/run.lock tools/bootstrap.py
	@$(call bootstrap,requirements/run.lock)
	@touch $@

$(VENV)/.dev-ready: requirements/dev.lock tools/bootstrap.py
	@$(call bootstrap,requirements/dev.lock)
	@touch $(VENV)/.run-ready $@

$(VENV)/.fuzz-ready: $(VENV)/.dev-ready requirements/fuzz.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.lock
	@touch $@

bootstrap = test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found: install one, or name it with make PYTHON=..." >&2; exit 1; }; \
  $(PYTHON) tools/bootstrap.py $(VENV) $(1)

# Written by script, with hashes and without addresses.
lock: $(VENV)/.dev-ready
	$(BIN)/python tools/lock.py

schemas: $(VENV)/.dev-ready
	$(BIN)/python -m harness.matrix.schema docs/schema/matrix.schema.json
	$(BIN)/python -m harness.report.schema docs/schema/results.schema.json

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
