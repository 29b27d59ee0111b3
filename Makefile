# Commands for people. Each does what it needs first: the environment, the browser, the build.
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
export PYTHON
# A program that may not keep what it compiled compiles it again at every start, which takes seconds.
export PYTHONDONTWRITEBYTECODE :=

PY := .venv/bin/python
CLI := $(PY) -m inference_ui.cli
AT := $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")

# Tests wait for processes more than they compute, so three workers keep two cores busy. By file: what
# a file starts is started once.
PARALLEL := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help run stop link test test-slow test-kubernetes bench lint format lock clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make run takes PORT= (8700), DATA_DIR= (.data), PYTHON=, INVENTORY= (demo: a made-up"
	@echo "  cluster with cards; or a file of nodes, see docs/inventory.md)"

run: ## start the product and print its address with a sign-in link
	@.ci/environment requirements.lock
	@exec $(CLI) serve $(AT) $(if $(PORT),--port "$(PORT)") \
	  $(if $(INVENTORY),--inventory "$(INVENTORY)")

stop: ## stop the web server and everything that runs for it (DATA_DIR=)
	@.ci/environment requirements.lock
	@$(CLI) stop $(AT)

link: ## print a new sign-in link for the administrator (DATA_DIR=)
	@.ci/environment requirements.lock
	@$(CLI) link $(AT)

test: ## check everything: lint, types, import rules, all tests but the slow ones
	@.ci/environment requirements-dev.lock
	@.ci/browser
	@.ci/database
	@.ci/strace
	@.ci/mlserver
	@$(MAKE) checks
	@$(PY) -m pytest $(PARALLEL) -m "not slow and not kubernetes" $(ARGS)

test-slow: ## run the tests that take longer than a minute
	@.ci/environment requirements-dev.lock
	@.ci/browser
	@.ci/database
	@.ci/strace
	@.ci/mlserver
	@$(PY) -m pytest -m "slow and not kubernetes" $(ARGS)

test-kubernetes: ## run the contract's tests and a whole task on a cluster (KUBECONFIG=, IMAGE=)
	@.ci/environment requirements-dev.lock
	@[ -n "$(KUBECONFIG)" ] && [ -n "$(IMAGE)" ] \
	  || { echo "make test-kubernetes KUBECONFIG=/path/to/kubeconfig IMAGE=registry/image:tag" >&2; exit 2; }
	@KUBECONFIG="$(KUBECONFIG)" IMAGE="$(IMAGE)" $(PY) -m pytest -m kubernetes $(ARGS)

lint: ## lint, types and import rules alone
	@.ci/environment requirements-dev.lock
	@$(MAKE) checks

.PHONY: checks
checks:
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --check --quiet
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

bench: ## compare the batch client with its peers (ARGS="throughput --runs 7", see bench/README.md)
	@.ci/environment requirements-dev.lock
	@.ci/bench
	@$(PY) -m bench $(ARGS)

format: ## let ruff format the code
	@.venv/bin/ruff check --quiet --fix
	@.venv/bin/ruff format --quiet

lock: ## pin the dependencies anew
	@.ci/environment requirements-dev.lock
	@.ci/lock

clean: ## remove what was built; data and results stay
	@rm -rf .web .build .states .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
