# `make demo` shows it, `make test` proves it; both need Python 3.11 or newer and nothing else.
# Each tool of each environment is installed once, and again only when pyproject.toml has changed.

BACKEND ?= sqlite
PYTHON ?= $(shell for python in python3.12 python3.11 python3.13 python3 python; do \
	$$python -c 'import sys, ensurepip, sqlite3; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $$python && break; done)
VENV := .venv
VENV42 := .venv-django42
VENVF := .venv-foreign
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
DEMO_STAMP := $(VENV)/.demo-$(BACKEND)

.PHONY: demo demo-check test test-engines test-fast test-django42 lint format bench bench-capture bench-ship bench-pace bench-outage bench-mapping bench-logs bench-query bench-find bench-growth bench-life bench-web bench-foreign chaos chaos-points dashboards screenshots test-browser clean help

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/' | expand -t 16

demo: $(DEMO_STAMP)  ## a day in a small shop, six questions, and the shop itself at a local address (BACKEND=opensearch)
	$(VENV)/bin/python -m example.demo --backend $(BACKEND)

demo-check: $(DEMO_STAMP)  ## the same without serving; fails if an answer is wrong
	$(VENV)/bin/python -m example.demo --backend $(BACKEND) --check

test: lint test-django42 $(VENV)/.test  ## everything, on a real OpenSearch and Elasticsearch that the tests start themselves
	@test -n "$(CHROMIUM)" || echo "No Chromium here: the tests of the pages in a browser are left out (on Debian: apt install chromium)."
	$(VENV)/bin/python -m pytest $(if $(CHROMIUM),,-m "not browser")

test-engines: $(VENV)/.test  ## the contract, in depth, on each release that is supported: OpenSearch 3 and 2.19, Elasticsearch 9 and 8
	AUDITSEARCH_TEST_EXAMPLES=500 $(VENV)/bin/python -m pytest --engines=all --hypothesis-profile=chance tests/contract tests/test_templates.py tests/test_rebuild.py

test-browser: $(VENV)/.test  ## the pages in Chromium only
	$(VENV)/bin/python -m pytest tests/browser

test-fast: $(VENV)/.test  ## memory and SQLite only, some minutes
	$(VENV)/bin/python -m pytest -n 2 -m "not server and not slow and not browser"

test-django42: $(VENV42)/.test  ## the fast tests on Django 4.2
	$(VENV42)/bin/python -m pytest -n 2 -m "not server and not browser"

lint: $(VENV)/.test  ## ruff, format, types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: $(VENV)/.test  ## put the source in order
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: bench-capture bench-ship bench-pace bench-mapping bench-logs bench-query bench-find bench-growth bench-life bench-web  ## every figure of docs/performance.md

bench-capture: $(VENV)/.bench  ## microseconds added to a write, beside other libraries
	$(VENV)/bin/python -m bench.capture
	ROUNDS=7 BENCH_DATABASE=postgresql $(VENV)/bin/python -m bench.capture

bench-foreign: $(VENVF)/.foreign  ## a day of somebody else's application, each of its writes compared with the database's triggers
	$(VENVF)/bin/python -W ignore -m bench.foreign

bench-ship: $(VENV)/.bench  ## documents a second beside the bare client, and memory
	$(VENV)/bin/python -m bench.ship

bench-pace: $(VENV)/.bench  ## four shippers beside one, and from a commit until it is found
	$(VENV)/bin/python -m bench.pace

bench-outage: $(VENV)/.bench  ## a million events wait: what capture costs then, and how they are shipped
	$(VENV)/bin/python -m bench.outage

bench-mapping: $(VENV)/.bench  ## ways to index any key, compared on a real OpenSearch
	$(VENV)/bin/python -m bench.mapping

bench-query: $(VENV)/.bench  ## twenty questions beside hand-written DSL, on OpenSearch and SQLite
	$(VENV)/bin/python -m bench.query

bench-find: $(VENV)/.bench  ## one word in 300,000 changes, beside the admin search of other libraries on PostgreSQL
	$(VENV)/bin/python -m bench.find

bench-growth: $(VENV)/.bench  ## how cost grows with events and models, as a table and a picture
	$(VENV)/bin/python -m bench.growth

bench-life: $(VENV)/.bench  ## archiving, restoring and verifying on a real OpenSearch: speed, size, memory
	$(VENV)/bin/python -m bench.life

bench-web: $(VENV)/.bench  ## milliseconds of the search page beside its engine, and events a second of a download
	$(VENV)/bin/python -m bench.web
	$(VENV)/bin/python -m bench.export

bench-export: $(VENV)/.bench  ## events a second into a file of the export page, from a real OpenSearch, and memory
	$(VENV)/bin/python -m bench.export

bench-logs: $(VENV)/.bench  ## log lines a second into the outbox, and Python's logging beside a file and an INSERT
	$(VENV)/bin/python -m bench.logs

chaos: $(VENV)/.bench  ## kill applications, shippers and servers, and count what is lost (SEED=n repeats a plan)
	$(VENV)/bin/python -m bench.chaos

chaos-points: $(VENV)/.bench  ## kill at each named point with 50 seeds, on PostgreSQL and on SQLite
	$(VENV)/bin/python -m bench.chaos_points

dashboards: $(VENV)/.test  ## write dashboards/auditsearch.ndjson
	$(VENV)/bin/python -m dashboards.make

screenshots: $(VENV)/.test  ## pictures of the pages in docs/, light and dark, by Chromium
	$(VENV)/bin/python -m tests.browser.screenshots

clean:  ## remove the environments and what the demo and the tools wrote
	rm -rf $(VENV) $(VENV42) $(VENVF) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist example/var

$(VENV)/.demo-sqlite: $(VENV)/.pip
	$(VENV)/bin/pip install --quiet --editable .
	@touch $@

$(VENV)/.demo-opensearch: $(VENV)/.test
	@touch $@

$(VENV)/.demo-%:
	@echo "BACKEND=$* is not known; it is sqlite or opensearch." >&2; exit 2

$(VENV)/.test: $(VENV)/.pip
	$(VENV)/bin/pip install --quiet --editable ".[all]" --group test --group lint
	@touch $@ $(VENV)/.demo-sqlite

$(VENV)/.bench: $(VENV)/.test
	$(VENV)/bin/pip install --quiet --group bench
	@touch $@

$(VENV42)/.test: $(VENV42)/.pip
	$(VENV42)/bin/pip install --quiet --editable ".[all]" --group test "Django>=4.2,<4.3"
	@touch $@

$(VENVF)/.foreign: $(VENVF)/.pip
	$(VENVF)/bin/pip install --quiet --editable . --group foreign
	@touch $@

%/.pip: pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer with venv is needed (on Debian: apt install python3-venv); \
	name another one with make PYTHON=/path/to/python" >&2; exit 1; fi
	test -x $*/bin/python || $(PYTHON) -m venv $*
	$*/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@touch $@

# `--group` came with pip 25.1. The stamps of both environments stay between runs.
.PRECIOUS: %/.pip $(VENV)/.test $(VENV42)/.test
