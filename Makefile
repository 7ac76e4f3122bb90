PY ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DATABASE_URL ?= sqlite:///$(CURDIR)/quizapp.db
export HOST PORT DATABASE_URL

UV := .tools/bin/uv
VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(UV) pip install -q --python $(BIN)/python

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/run.ok  ## set up everything and serve the app
	@$(BIN)/quizapp serve --watch

install: $(VENV)/run.ok  ## set up what is needed to serve the app

test: $(VENV)/dev.ok check  ## set up everything and run the whole suite on every CPython found
	@$(BIN)/python -m pytest -q -n 2
	@.ci/other-pythons

check: $(VENV)/dev.ok  ## style, types, room contracts, generated files
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/quizapp bank schema --check
	@$(BIN)/quizapp bank fmt --check
	@$(BIN)/quizapp bank check

bench: $(VENV)/dev.ok  ## measure speed, as ratios within one run
	@$(BIN)/python -m bench

screenshots: $(VENV)/dev.ok  ## make the README's pictures again from the running app
	@$(BIN)/python -m tests.screenshots docs/screenshots

lock: $(UV)  ## resolve the dependencies anew into requirements/
	@for name in run dev build; do .ci/lock $$name; done

clean:  ## remove what the other commands made (never the database)
	rm -rf .venv* .tools build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(UV): requirements/uv.lock
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "quizapp needs Python 3.11 or newer; run: make PY=python3.11 run")'
	@echo "Setting up (once)…"
	@$(PY) -m pip install -q --disable-pip-version-check --root-user-action ignore --no-deps --upgrade --target .tools --require-hashes -r $<
	@touch $@

$(VENV)/run.ok $(VENV)/dev.ok: $(VENV)/%.ok: requirements/%.lock requirements/build.lock pyproject.toml | $(UV)
	@$(UV) venv -q --allow-existing --python $(PY) $(VENV)
	@$(INSTALL) --require-hashes -r $<
	@$(INSTALL) --no-deps --build-constraints requirements/build.lock -e .
	@touch $@

.PHONY: help run install test check bench screenshots lock clean
