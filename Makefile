# Everything a newcomer needs. `make` lists the targets. Python >= 3.11, git and make are enough.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
TYPED := bot review workflows servers action templates migrations tests/support demo

##@ Use
.PHONY: help install demo
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.runtime ## Set up .venv with the commands patchwarden, patchwarden-action, patchwarden-mcp

demo: $(VENV)/.demo ## Review a pull request end to end against a local stand-in for GitHub (KEEP=1 leaves it running)
	@$(PY) -P demo/run.py

##@ Develop
.PHONY: test check format lock docs bench differential clean
test: $(VENV)/.test ## Run every test, with the PostgreSQL, Valkey, Node and browser it brings itself
	@$(PY) -P tests/provision.py
	@$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

check: $(VENV)/.check ## Lint, types, layers, spelling and the validators
	@$(PY) -P docs/generate.py --check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(TYPED)
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	$(BIN)/actionlint
	$(BIN)/zizmor --offline --quiet .github action.yml
	$(BIN)/hadolint Dockerfile
	$(BIN)/yamllint --strict .

format: $(VENV)/.check ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.runtime ## Write the generated reference pages
	@$(PY) -P docs/generate.py

bench: $(VENV)/.test ## Run the benchmarks: ratios against named baselines
	@for b in benchmarks/review.py benchmarks/diff_parse.py benchmarks/ingest.py; do [ ! -f $$b ] || $(PY) -P $$b; done

lock: ## Resolve the lock files again from pyproject.toml (needs uv)
	@lock="uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q"; \
	$$lock --group build -o requirements/build.txt; \
	$$lock pyproject.toml -o requirements/runtime.txt; \
	$$lock pyproject.toml --group demo -c requirements/runtime.txt -o requirements/demo.txt; \
	$$lock pyproject.toml --group test -c requirements/demo.txt -o requirements/test.txt; \
	$$lock --group check -c requirements/test.txt -o requirements/check.txt

clean: ## Remove what was made, the virtual environment included
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

# Stamps: a lock file that changed is installed again, nothing else is.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Patchwarden needs Python 3.11 or newer; set PYTHON=python3.11")'
	@$(PYTHON) tools/make_venv.py $(VENV)
	@touch $@

$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml | $(VENV)/.python
	@$(PY) tools/install.py requirements/build.txt requirements/runtime.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.demo: requirements/demo.txt $(VENV)/.runtime
	@$(PY) tools/install.py requirements/demo.txt
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.runtime
	@$(PY) tools/install.py requirements/test.txt
	@touch $@

$(VENV)/.check: requirements/check.txt $(VENV)/.test
	@$(PY) tools/install.py requirements/check.txt
	@touch $@
