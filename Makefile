# Two commands: `make run` and `make test`. Both set everything up first; nothing is done again when nothing changed.
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run test prove setup setup-dev check fuzz audit bench chaos train lock clean

run: setup
	@exec $(BIN)/fencun sandbox --port $(PORT)

# One worker more than there are cores: tests also wait, for processes and servers.
test: setup-dev check
	$(BIN)/python -m pytest -n $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )) --dist worksteal

# The promises of the send gate over 10,000 histories each instead of 150; takes some minutes.
prove: setup-dev
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest -n auto tests/scheduler/test_gate_properties.py

setup: $(VENV)/.installed

setup-dev: $(VENV)/.installed-dev

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Fencun needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --progress-bar on --require-hashes --no-deps -r requirements.lock.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock.txt $(VENV)/.installed
	$(PIP) install --quiet --progress-bar on --require-hashes --no-deps -r requirements-dev.lock.txt
	@touch $@

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# A million hostile inputs; a quarter of an hour. FUZZ="--inputs 10000" for fewer, FUZZ='"guide .pdf"' for one target.
fuzz: setup-dev
	$(BIN)/python -m tests.fuzz $(FUZZ)

# Compares what is locked with published advisories. Needs a network and a pip-audit (PIP_AUDIT=…, e.g. "uvx pip-audit").
PIP_AUDIT ?= pip-audit
audit:
	$(PIP_AUDIT) --disable-pip --require-hashes -r requirements.lock.txt

bench: setup-dev
	$(BIN)/python -m bench

# Breaks on purpose whatever can break, and reckons afterwards; seven to fifteen minutes (docs/chaos.md).
chaos: setup-dev
	$(BIN)/python -m bench.chaos

# Trains the classifiers from bench/labelled, writes their weights and docs/classifiers.md.
train: setup-dev
	$(BIN)/python -m bench train

# Renews both lock files. Needs uv; the files carry hashes and no index address.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade --quiet
lock:
	$(LOCK) --extra build -o requirements.lock.txt > /dev/null
	$(LOCK) --extra build --extra dev -o requirements-dev.lock.txt > /dev/null

clean:
	rm -rf $(VENV) var build *.egg-info .mypy_cache .ruff_cache .pytest_cache
