# Needs make and Python 3.11 or newer with venv. Everything else goes into .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
SPEC := spec/openapi.yaml
GENERATE := $(BIN)/orcagen generate $(SPEC) --output generated --package orcarouter_api
RUNTIME := generator/orcagen/runtime
# What `make test-pythons` runs on each Python; TESTS=tests is all.
TESTS ?= tests/conformance tests/generator tests/client tests/packaging

.DEFAULT_GOAL := help
.PHONY: help demo test generate check lint types drift pytest test-pythons format docs bench fuzz packages clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: generate  ## regenerate the client, start the emulator, make demo/out.mp4 with the command line
	$(BIN)/python -m orcarouter.testing.demo --output demo/out.mp4

test: check pytest  ## lint, types, drift of generated/, all tests

check: lint types drift  ## everything but the tests

generate: $(STAMP)  ## rewrite generated/ from spec/, and the client's typed keywords
	$(GENERATE)
	$(BIN)/python spec/keywords.py

lint: $(STAMP)  ## ruff, black on the runtime, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/black --quiet --check $(RUNTIME)
	$(BIN)/lint-imports

types: $(STAMP)  ## mypy --strict over everything, pyright (strict) over generated/
	$(BIN)/mypy
	$(BIN)/basedpyright

drift: $(STAMP)  ## compare generated/ with what the generator makes of spec/
	$(GENERATE) --check
	$(BIN)/python spec/keywords.py --check

pytest: $(STAMP)  ## the tests alone
	$(BIN)/pytest -n auto

test-pythons:  ## the tests on every Python from 3.11 on that is found (TESTS=... chooses some, PYTHONS=... adds interpreters)
	$(PYTHON) .ci/pythons $(TESTS)

format: $(STAMP)  ## reformat handwritten code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/black --quiet $(RUNTIME)

docs: $(STAMP)  ## build the documentation into site/, warnings are errors
	$(BIN)/python -m zensical build --strict --clean

bench: $(STAMP)  ## benchmarks beside two other generators (benchmarks/RESULTS.md); BENCH=... gives options
	$(BIN)/python -m benchmarks $(BENCH)

fuzz: $(STAMP)  ## 5,000 random documents, 200 kills, 200 pairs of runs at the same time (FUZZ=... gives options)
	$(BIN)/python -m tests.generator.fuzz $(FUZZ)
	ORCAGEN_TEST_RUNS=200 $(BIN)/pytest -q tests/generator/test_interrupt.py

conformance: $(STAMP)  ## TypeSpec's suite and five web frameworks (benchmarks/CONFORMANCE.md); needs npm; CONFORMANCE=... gives options
	$(BIN)/python -m benchmarks.conformance $(CONFORMANCE)

audit: $(STAMP)  ## known vulnerabilities and licences of dependencies, findings of bandit; tools in an environment of their own
	@test -x .audit/bin/bandit || { $(PYTHON) -m venv .audit && .audit/bin/pip install --quiet --disable-pip-version-check pip-audit bandit; }
	.audit/bin/python .ci/audit $(BIN)/python

packages: $(STAMP)  ## build both distributions into dist/, install and test each in an environment of its own
	$(BIN)/python -m tests.packaging

clean:  ## remove the environments, caches, dist/ and the demo's output
	rm -rf $(VENV) .audit .pythons demo build dist site .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Nothing is installed while the stamp is newer than these files: a second run of any target needs no network.
$(STAMP): pyproject.toml generator/pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (PYTHON=... names one)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, $(PYTHON) is older (PYTHON=... names another)." >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This Python has no venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e './generator[dev]' -e '.[dev]'
	@touch $@
