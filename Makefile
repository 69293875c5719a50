# Everything here sets up what it needs: a virtual environment in .venv, with the pinned dependencies.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test bench lint format sample clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/local ## Run the whole service on samples/debate.mp4; results in out/debate/
	$(BIN)/python -m local process samples/debate.mp4

test: .venv/dev ## Run the tests
	$(BIN)/python -m pytest -n auto

bench: .venv/dev ## Measure speed, memory and accuracy; results in benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

lint: .venv/dev ## Check style, format, types and templates
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/cfn-lint cloudformation/*.yaml

format: .venv/dev ## Put the code into its format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

sample: .venv/dev ## Make samples/debate.mp4 anew (needs flite)
	$(BIN)/python samples/make_debate.py

clean: ## Remove what the other targets made
	rm -rf .venv out .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/work

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Rapporteur needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv || \
	  { echo "The virtual environment could not be made. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

.venv/local: .venv/python requirements.txt requirements-local.txt constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-local.txt
	@touch $@

.venv/dev: .venv/local requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
