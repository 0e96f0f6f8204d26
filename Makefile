# Each verb sets up what it needs: a private environment in .venv made from pyproject.toml, and through apt what the
# system lacks. Nothing outside this folder changes but those packages and the store of results (`pydist cache path`).

SHELL := /bin/sh
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
UV = $(shell command -v uv || echo $(BIN)/uv)
FILES := $(shell find pydist builders schema containers -type f -not -name '*.pyc')
ARGS ?=

##   make demo     build a Python, link two applications, run them as the only file of a folder
demo: .make/system
	$(BIN)/python examples/demo.py $(ARGS)

##   make test     the whole suite against the installed wheel; ARGS="-m 'not slow'" for the part without builds
test: .make/system .make/dev
	PYDIST_CACHE="$${PYDIST_CACHE:-$$($(BIN)/pydist cache path)}" $(BIN)/pytest --installed $(ARGS)

##   make test-all the suite and all that judges applications: suites, probes, compatibility (hours)
test-all: test suites probes compatibility
	$(BIN)/python docs/generate.py

##   make fuzz     10,000 damaged inputs for validate, inspect and link
fuzz: .make/installed .make/dev
	PYDIST_FUZZ_INPUTS="$${PYDIST_FUZZ_INPUTS:-10000}" $(BIN)/pytest --installed tests/fuzz $(ARGS)

##   make check    ruff, mypy, and whether `make gen` would change anything
check: .make/installed .make/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy pydist
	MYPYPATH=benchmarks:examples/elements/src $(BIN)/mypy --explicit-package-bases --no-strict-bytes \
	  --exclude tests/cases --exclude docs/compatibility/probes examples benchmarks docs tests
	$(BIN)/python docs/generate.py --check

##   make fmt      format the code
fmt: .make/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

##   make gen      write the files that are made from the code: schema/ and parts of docs/reference/
gen: .make/installed
	$(BIN)/python docs/generate.py

##   make bench    measure, and write docs/benchmarks/
bench: .make/system .make/bench
	$(BIN)/python benchmarks/bench.py $(ARGS)
	$(BIN)/python benchmarks/applications.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/judge.py
	$(BIN)/python docs/generate.py

##   make builds   build, judge and test every distribution of docs/builds/rows.toml; ARGS="3.14 gnu" for some (hours)
builds: .make/system
	$(BIN)/python docs/builds/run.py $(ARGS)

##   make compatibility  link and use every application of docs/compatibility/applications.toml; ARGS="black" for some
compatibility: .make/system
	$(BIN)/python docs/compatibility/use.py $(ARGS)

##   make suites   run tests of CPython and of packages inside an application; ARGS="test_importlib" for some
suites: .make/system
	$(BIN)/python docs/compatibility/suites.py $(ARGS)
	$(BIN)/python docs/generate.py

##   make probes   ask 24 questions of one application, made by pydist and by other tools; ARGS="pydist PEX" for some
probes: .make/system
	PYTHONPATH=benchmarks $(BIN)/python docs/compatibility/probe.py $(ARGS)
	$(BIN)/python docs/generate.py

##   make docs     the reference from the code, and whether links and commands in the documents are right
docs: gen .make/dev
	$(BIN)/pytest tests/docs

##   make clean    remove everything the verbs made in this folder (the store stays: pydist cache collect)
clean:
	rm -rf .venv .make dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@sed -n 's/^##//p' Makefile

.PHONY: demo test test-all fuzz check fmt gen bench builds compatibility suites probes docs clean help

# python3-venv is a package of its own on Debian; where uv is at hand it is not needed.
.make/venv:
	@mkdir -p .make
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "this machine lacks Python 3.11 or newer ($(PYTHON)); run: apt install python3" >&2; exit 3; }
	@if ! command -v uv >/dev/null && ! $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    export DEBIAN_FRONTEND=noninteractive; \
	    apt-get install -qq --yes --no-install-recommends python3-venv >.make/apt.log 2>&1 || { apt-get update -qq && \
	    apt-get install -qq --yes --no-install-recommends python3-venv; } >>.make/apt.log 2>&1 || { cat .make/apt.log >&2; exit 3; }; \
	  else echo "this machine lacks python3-venv; run: apt install python3-venv" >&2; exit 3; fi; fi
	@if command -v uv >/dev/null; then uv venv --quiet --clear --python $(PYTHON) .venv; \
	  else $(PYTHON) -m venv --clear .venv && $(BIN)/python -m pip install --quiet uv; fi
	@touch $@

.make/installed: .make/venv pyproject.toml README.md LICENSE $(FILES)
	@rm -rf .make/wheel
	@$(UV) build --quiet --wheel --out-dir .make/wheel
	@wheel=$$(echo .make/wheel/pydist-*.whl) && $(UV) pip install --quiet --python $(BIN)/python \
	  --reinstall-package pydist "pydist[toolchain] @ file://$(CURDIR)/$$wheel"
	@touch $@

.make/system: .make/installed
	@$(BIN)/pydist doctor --install --quiet
	@touch $@

# The tools of a developer and of the benchmarks, by dependency group.
.make/dev .make/bench: .make/venv pyproject.toml
	@$(UV) pip install --quiet --python $(BIN)/python --group $(@F)
	@touch $@
