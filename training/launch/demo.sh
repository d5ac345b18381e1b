#!/usr/bin/env bash
# The road on the shipped corpus, from annotations to the mentions of an article that no split contains.
# Needs: eventcorpus[bundled,rows] on the PATH; run from the root of the repository. About 7 minutes on two cores.
set -euo pipefail
export HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 TOKENIZERS_PARALLELISM=false
runs=models/runs
began=$SECONDS

stage() {   # stage NAME COMMAND...: run a command and say how long it took
  local name=$1 start=$SECONDS
  shift
  echo
  echo "== $name: $*"
  "$@"
  echo "== $name took $((SECONDS - start)) s"
}

# 1. What people send to Label Studio: tasks and the labelling page's configuration.
stage tasks eventcorpus labelstudio tasks corpus/articles --out $runs/demo-tasks
# 2. What comes back from it, as a dataset: every span, role and attribute accounted for.
stage convert eventcorpus convert corpus/annotations --splits corpus/splits --out $runs/demo-dataset --strict
# 3. A small English encoder, fine-tuned on the train split; the demo of before is replaced.
stage train eventcorpus train training/recipes/demo.yaml --dataset $runs/demo-dataset --out $runs/demo --overwrite
# 4. How good is it? Precision and recall per label, on articles it has not seen.
stage eval eventcorpus eval --model $runs/demo --dataset $runs/demo-dataset --split test \
  --json $runs/demo-eval.json --html $runs/demo-eval.html
# 5. An article that is in no split.
stage extract eventcorpus extract corpus/examples/kourani-road.txt --model $runs/demo --table --html $runs/demo-extract.html
# 6. Its events as rows: who did what to whom, where, when, how many, says who.
stage rows eventcorpus extract corpus/examples/kourani-road.txt --published 2014-03-11 --model $runs/demo \
  --gazetteer corpus/gazetteer.yaml --rows $runs/demo-rows.csv --out $runs/demo-predictions.jsonl --with-text
stage table eventcorpus rows $runs/demo-predictions.jsonl --gazetteer corpus/gazetteer.yaml --table --html $runs/demo-rows.html

echo
echo "the demo took $((SECONDS - began)) s; look at:"
for made in demo-dataset demo demo-eval.html demo-extract.html demo-rows.csv demo-rows.html; do echo "  $runs/$made"; done
