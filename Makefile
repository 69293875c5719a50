# Everything here sets up what it needs: a virtual environment in .venv, with the pinned dependencies. A Python that is
# named (make test PYTHON=python3.12) gets an environment of its own beside it.
PYTHON ?= python3
VENV := .venv$(if $(filter file,$(origin PYTHON)),,-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'))
BIN := $(VENV)/bin
# What only one language needs is brought for those that are named: make serve PACKS=ko,ja
PACKS ?=
KNOWN_PACKS := $(patsubst requirements-pack-%.txt,%,$(wildcard requirements-pack-*.txt))
comma := ,
WANTED_PACKS := $(subst $(comma), ,$(PACKS))
ifneq ($(filter-out $(KNOWN_PACKS),$(WANTED_PACKS)),)
$(error There is no pack $(filter-out $(KNOWN_PACKS),$(WANTED_PACKS)). There are: $(KNOWN_PACKS))
endif
PACKED := $(patsubst %,$(VENV)/pack-%,$(WANTED_PACKS))
PYTEST = $(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder

.PHONY: help demo serve packs test test-fast rehearse bench lint lint-code lint-web lint-security lint-dependencies sbom format mails sample \
  deploy smoke destroy admin costs clean

export STAGE ?= dev
export ADMIN_EMAIL EMAIL FILE REPORT_SENDER REGION SIGN_UP SMTP SUMMARIZER PAGES GPU SET
# The libraries are installed as they come: what is compiled at its first import is kept, whatever the machine's habit.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/local weights $(PACKED) ## Run the whole service on samples/debate.mp4 (PACKS=vision: on all samples); results in out/
	$(BIN)/python -m local process samples/debate.mp4 \
	  $(if $(filter vision,$(WANTED_PACKS)),samples/film.mp4 samples/picture.jpg samples/document.pdf)

serve: $(VENV)/local weights $(PACKED) ## Run the service with its pages at http://127.0.0.1:8000 (or PORT=…, PACKS=ko,ja)
	@$(BIN)/python -m local serve --port "$${PORT:-8000}" \
	  $(if $(SUMMARIZER),--summarizer="$$SUMMARIZER") \
	  $(if $(SMTP),--smtp "$$SMTP") $(if $(REPORT_SENDER),--report-sender="$$REPORT_SENDER")

packs: $(VENV)/local $(PACKED) ## Bring what reads other languages: make packs PACKS=ko,ja

# The models are put together while the rest is installed.
test: $(VENV)/local ## Run the tests (PYTHON=python3.12: with another Python)
	@$(BIN)/python -m local.models --required & models=$$!; trap "kill $$models 2>/dev/null" EXIT; \
	  $(MAKE) --no-print-directory $(VENV)/dev && wait $$models
	$(BIN)/python -m tests.pages.chromium
	$(BIN)/python -m tests.container.wheels
	$(PYTEST)

test-fast: $(VENV)/dev ## Run the tests that need no browser, no deployment and no engine, and try no long list of cases
	$(PYTEST) -m "not (browser or deployment or engine or exhaustive)"

rehearse: $(VENV)/dev ## Rehearse the real deployment against an AWS on this machine (part of test)
	$(BIN)/python -m pytest tests/rehearsal

deploy: $(VENV)/local ## Deploy to AWS: make deploy STAGE=dev ADMIN_EMAIL=you@example.org
	$(BIN)/python -m deployment deploy --stage="$$STAGE" --admin-email="$$ADMIN_EMAIL" \
	  $(if $(SIGN_UP),--sign-up="$$SIGN_UP") $(if $(PAGES),--pages="$$PAGES") $(if $(GPU),--gpu="$$GPU") \
	  $(if $(REPORT_SENDER),--report-sender="$$REPORT_SENDER") $(if $(REGION),--region="$$REGION") \
	  $(if $(SET),--settings="$$SET")

smoke: $(VENV)/local ## Go through a deployed stage as a user does: make smoke STAGE=dev (FILE=… for your own recording)
	$(BIN)/python -m deployment smoke --stage="$$STAGE" $(if $(REGION),--region="$$REGION") $(if $(FILE),--file="$$FILE")

admin: $(VENV)/local ## Make somebody an administrator: make admin EMAIL=you@example.org STAGE=dev
	$(BIN)/python -m deployment admin --stage="$$STAGE" --email="$$EMAIL" $(if $(REGION),--region="$$REGION")

destroy: $(VENV)/local ## Remove a stage from AWS, with all that it holds
	$(BIN)/python -m deployment destroy --stage="$$STAGE" $(if $(REGION),--region="$$REGION")

costs: $(VENV)/local ## Tell what a stage's recordings cost, by month and owner
	$(BIN)/python -m deployment costs --stage="$$STAGE" $(if $(REGION),--region="$$REGION")

bench: $(VENV)/dev ## Measure speed, memory and accuracy; results in benchmarks/RESULTS.md
	$(BIN)/python -m local.models --required
	$(BIN)/python -m benchmarks

lint: lint-code lint-security lint-dependencies ## Check style, format, types, templates, policies and libraries

lint-code: lint-web ## Check style, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

lint-web: $(VENV)/dev node_modules/.package-lock.json ## Check style, format and types of the pages' code
	$(BIN)/python -m tests.tools.write_types build/api.d.ts
	npx --no-install biome check --error-on-warnings
	npx --no-install tsc

lint-security: $(VENV)/dev $(VENV)/security ## Look for mistakes and unsafe settings in the templates and policies
	$(BIN)/python -m deployment.template build/templates
	$(BIN)/cfn-lint build/templates/*.json
	$(VENV)/checkers/bin/checkov --config-file .checkov.yaml --directory build/templates
	$(BIN)/python -m tests.tools.write_policies build/policies
	$(VENV)/checkers/bin/python tests/tools/lint_policies.py build/policies

lint-dependencies: $(VENV)/security ## Look for known weaknesses in the libraries
	$(VENV)/checkers/bin/python tests/tools/lint_dependencies.py

sbom: $(VENV)/dev ## Write the bill of materials: what is deployed, by name, version and licence
	$(BIN)/python -m docs.make_sbom build/sbom.json

format: $(VENV)/dev node_modules/.package-lock.json ## Put the code into its format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	npx --no-install biome check --write

mails: $(VENV)/dev ## Compile the mails' templates and bring their catalogues up to date
	$(BIN)/python -m mails.compile
	$(BIN)/python -m mails.messages

sample: $(VENV)/dev ## Make the samples anew (the debate needs flite)
	$(BIN)/python samples/make_debate.py
	$(BIN)/python -m samples.make_film
	$(BIN)/python -m samples.make_picture
	$(BIN)/python -m samples.make_document

clean: ## Remove what the other targets made
	rm -rf .venv .venv-* node_modules out build .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/work

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Rapporteur needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || \
	  { echo "The virtual environment could not be made. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

# Without them, the service says so: it hears with PocketSphinx, and tells no speakers apart.
.PHONY: weights
weights: $(VENV)/local
	@$(BIN)/python -m local.models

$(VENV)/local: $(VENV)/python requirements.txt requirements-local.txt requirements-speech.txt constraints.txt
	$(BIN)/python .ci/install.py requirements-local.txt
	$(BIN)/python .ci/install.py --hashed requirements-speech.txt || true
	@touch $@

$(VENV)/pack-%: requirements-pack-%.txt $(VENV)/local
	$(BIN)/python .ci/install.py --hashed $<
	@touch $@

# The tests read every language, and look at pictures.
$(VENV)/dev: $(VENV)/local requirements-dev.txt requirements-pictures.txt $(wildcard requirements-pack-*.txt)
	$(BIN)/python .ci/install.py requirements-dev.txt
	$(BIN)/python .ci/install.py --hashed requirements-speech.txt requirements-pictures.txt $(wildcard requirements-pack-*.txt)
	@touch $@

# npm is the machine's. Where it has none, PyPI has one, with Node, in 60 MB that nothing else here needs.
lint-web format node_modules/.package-lock.json: export PATH := $(PATH):$(abspath $(BIN))
node_modules/.package-lock.json: package.json package-lock.json $(if $(shell command -v npm),,$(VENV)/npm)
	npm ci --no-audit --no-fund --loglevel=error || \
	  { echo "The pages' checkers could not be installed from npm" >&2; exit 1; }
	@touch $@

$(VENV)/npm: $(VENV)/python requirements-npm.txt
	$(BIN)/python .ci/install.py requirements-npm.txt
	@touch $@

$(VENV)/security: $(VENV)/python requirements-security.txt
	$(PYTHON) -m venv $(VENV)/checkers
	$(VENV)/checkers/bin/python .ci/install.py requirements-security.txt
	@touch $@
