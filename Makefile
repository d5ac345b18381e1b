# make explains itself; the two that matter are `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export HF_HUB_OFFLINE := 1
export HF_DATASETS_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: help setup demo test check bench-train clean

help:  ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: .venv/installed  ## Make .venv with every version pinned (the others do this by themselves)

.venv/installed: pyproject.toml constraints.txt
	@start=$$(date +%s); $(PYTHON) -m venv .venv; \
	env -u HF_HUB_OFFLINE $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bundled,dev]'; \
	touch $@; echo "installed in $$(( $$(date +%s) - start )) s"

demo: .venv/installed  ## The whole road on the shipped corpus: dataset, model, scores, a page, mentions of a new article
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash training/launch/demo.sh

test: .venv/installed  ## All tests that need no server, no browser and no network
	@$(BIN)/python -m pytest

check: .venv/installed  ## ruff, ruff format, mypy strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench-train: .venv/installed  ## Training speed beside the stock Trainer: make bench-train DATA=folder-with-train.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bundled,dev,bench]'
	@$(BIN)/python tests/bench/train.py $(DATA)

clean:  ## Remove .venv and everything that was made
	rm -rf .venv models/runs .mypy_cache .pytest_cache .ruff_cache .hypothesis
