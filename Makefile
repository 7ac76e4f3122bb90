PY ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DATABASE_URL ?= sqlite:///$(CURDIR)/quizapp.db
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS ?= 1

UV := .tools/bin/uv
VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(UV) pip install -q --compile-bytecode --python $(BIN)/python

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

run: export HOST := $(HOST)
run: export PORT := $(PORT)
run: export DATABASE_URL := $(DATABASE_URL)
run: $(VENV)/run.ok  ## set up everything and serve the app (HOST, PORT, DATABASE_URL)
	@$(BIN)/quizapp serve --watch

install: $(VENV)/run.ok  ## set up what is needed to serve the app

test: check  ## set up everything and run the whole suite on every CPython found
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal
	@.ci/postgresql
	@MAKE="$(MAKE)" .ci/other-pythons

check: $(VENV)/dev.ok  ## style, types, room contracts, generated files
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/quizapp bank schema --check
	@$(BIN)/quizapp bank fmt --check
	@$(BIN)/quizapp bank check

test-postgresql: $(VENV)/dev.ok  ## run the suite on a throw-away PostgreSQL server
	@TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not browser"

bench: $(VENV)/dev.ok  ## measure speed, as ratios within one run
	@$(BIN)/python -m bench

faults: $(VENV)/dev.ok  ## cause every fault (kills, power cuts, full disks …), and write docs/reliability.json
	@$(BIN)/python -m tests.faults

faults-nightly: $(VENV)/dev.ok  ## the same, about ten times as much
	@$(BIN)/python -m tests.faults --nightly

fuzz: $(VENV)/dev.ok  ## feed 20,000 hostile cases to every parser, walk attempts, and show payloads in Chromium
	@$(BIN)/python -m tests.fuzz

prove: $(VENV)/dev.ok  ## run every program of the bank on every CPython found, and hold its claims against them
	@$(BIN)/quizapp prove --real

prove-mutants: $(VENV)/dev.ok  ## corrupt every key and claim that a run can decide, and count what is caught
	@$(BIN)/python -m tests.lab.mutants

lab-conformance: $(VENV)/dev.ok  ## run CPython's own asyncio tests on the lab's loop, on every CPython found
	@$(BIN)/python -m tests.lab.conformance

screenshots: $(VENV)/dev.ok  ## make the README's pictures again from the running app
	@$(BIN)/python -m tests.screenshots docs/screenshots

lock: $(UV)  ## resolve the dependencies anew into requirements/
	@for name in run server dev build; do .ci/lock $$name || exit; done

clean:  ## remove what the other commands made (never the database)
	rm -rf .venv .venv-* .tools build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Neither venv nor ensurepip is needed, which some systems leave out: pip puts uv into a folder, uv does the rest.
$(UV): requirements/uv.lock
	@$(CHECK_PY)
	@$(CHECK_PIP)
	@echo "Setting up (once) …"
	@$(PY) -m pip install -q --disable-pip-version-check --root-user-action ignore --no-deps --upgrade --target .tools --require-hashes -r $<
	@touch $@

$(VENV)/run.ok $(VENV)/dev.ok: $(VENV)/%.ok: requirements/%.lock requirements/build.lock pyproject.toml | $(UV)
	@$(CHECK_PY)
	@$(UV) venv -q --allow-existing --python "$$($(PY) -c 'import sys; print(sys.executable)')" $(VENV)
	@$(INSTALL) --require-hashes -r $<
	@$(INSTALL) --no-deps --build-constraints requirements/build.lock -e .
	@touch $@

define CHECK_PY
command -v $(PY) >/dev/null || { echo "quizapp needs Python 3.11 or newer, and there is no $(PY); install it first." >&2; exit 1; }; \
$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "quizapp needs Python 3.11 or newer, and $(PY) is %d.%d; name a newer one, as in: make run PY=python3.12" % sys.version_info[:2])'
endef

define CHECK_PIP
$(PY) -c 'import pip' 2>/dev/null || { echo "quizapp is set up with pip, and $(PY) has none; install it first (on Debian: apt install python3-pip)." >&2; exit 1; }
endef

.DELETE_ON_ERROR:
.PHONY: help run install test test-postgresql check bench fuzz faults faults-nightly prove prove-mutants lab-conformance screenshots lock clean
