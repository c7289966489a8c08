# Everything here works on a fresh machine with Python 3.11+, git and make: each target first makes .venv from locked versions.
# `make` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
PYTEST_ARGS ?=
UV_VERSION := 0.13.8

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help env test lint format check demo vectors spec faults bench bench-dispute speeds long mutants fuzz-engine guests lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

env: $(VENV)/.installed ## make .venv from the locked versions, with the command `tracework` in it

$(VENV)/.made: requirements/test.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tracework needs Python 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear $(VENV) || { echo "No venv. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements/test.txt
	@touch $@

# The package itself is installed as a link to src/, so this is again only for changed metadata.
$(VENV)/.installed: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

test: lint ## ruff, mypy, and all tests but the long ones
	$(BIN)/python -m pytest -n $(JOBS) $(PYTEST_ARGS)

lint: env ## ruff and mypy alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests

format: env ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: env ## the whole way on a real program: unit, run, claim, proof, verdict, and a lie that is caught
	@$(BIN)/python examples/demo.py $(if $(FILE),--file '$(FILE)') $(if $(KEEP),--keep '$(KEEP)')

vectors: env ## write the conformance suite anew from its generators, the same to the byte
	$(BIN)/python -m tracework.conformance.generate

spec: env ## write what is rendered in spec/: the decode table, examples from vectors, the list of requirement ids
	PYTHONPATH=tests $(BIN)/python -m support.machine_spec
	PYTHONPATH=tests $(BIN)/python -m support.spec_write

faults: env ## plant each fault of the list in a copy of our implementation; the suite must catch every one
	$(BIN)/python -m tracework.conformance.faults

bench: env ## the engine alone, committing, and qemu beside it (BENCH_ARGS=--small for a minute; --json, --cpu)
	PYTHONPATH=tests $(BIN)/python -m support.bench $(BENCH_ARGS)

speeds: env ## the parts in Python: interpreter, start-up, attestations (SPEEDS_ARGS='-m long' for the larger ones)
	$(BIN)/python -m pytest -q --benchmark-enable tests/benchmarks $(SPEEDS_ARGS)

bench-dispute: env ## a dispute inside a real segment of 2^24 steps, three processes measured; minutes (PROGRAMS="sha256 sieve")
	PYTHONPATH=tests $(BIN)/python -m support.bench_dispute $(PROGRAMS)

long: env ## the tests that take long: fuzzing, sampled bit flips, differential runs
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n $(JOBS) -m long $(PYTEST_ARGS)

mutants: env ## change the code that settles in three thousand places; each change that no test notices is listed
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements/mutants.txt
	$(BIN)/mutmut run --max-children $(JOBS)
	$(BIN)/mutmut results

fuzz-engine: env ## hold the engine to the interpreter on 20,000 generated programs (PROGRAMS=N for another number)
	PYTHONPATH=tests $(BIN)/python -m support.engine_fuzz --programs $(or $(PROGRAMS),20000)

guests: env ## add the compiler for guest programs to .venv
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements/build.txt

lock: ## write requirements/*.txt anew from pyproject.toml (CONTRIBUTING.md says how and when)
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv==$(UV_VERSION)
	UV=.venv-lock/bin/uv $(PYTHON) requirements/lock.py

clean: ## remove the environment and every cache
	rm -rf .venv .venv-lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks mutants build dist
