#!/usr/bin/env bash
# From a blank box with an NVIDIA driver to a scored model: environment, dataset, training on all GPUs, scores.
# Run from the root of the repository. On a box without a GPU it says so and stops; --cpu goes on.
#
#   bash training/launch/gpu_box.sh [--cpu] [--recipe FILE] [--processes N] [--split NAME] [-- --set KEY=VALUE ...]
#
# What follows -- goes to `eventcorpus train`. Settings from the environment:
#   VENV=dir        an environment with eventcorpus in it, used as it is (default: .venv is made by `make setup`)
#   ANNOTATIONS=dir SPLITS=dir   what to convert           (default: the shipped corpus)
#   OUT=dir         where dataset, model and report go     (default: models/runs/gpu-box)
# It may be run again after a fault: what is there is used, and a killed training goes on from its last checkpoint.
set -euo pipefail
export TOKENIZERS_PARALLELISM=false

recipe=training/recipes/default.yaml processes="" cpu=no split=test
while (($#)); do
  case $1 in
    --cpu) cpu=yes; shift ;;
    --recipe) recipe=$2; shift 2 ;;
    --processes) processes=$2; shift 2 ;;
    --split) split=$2; shift 2 ;;
    --) shift; break ;;
    *) echo "gpu_box: unknown option $1; see the head of $0" >&2; exit 2 ;;
  esac
done
out=${OUT:-models/runs/gpu-box}
began=$SECONDS current="the start"
trap 'code=$?; ((code == 0)) || echo "gpu_box: failed in: $current (exit $code); mend it and run the same again" >&2' EXIT

found() { printf '  %-12s %s\n' "$1" "$2"; }
stage() {   # stage NAME COMMAND...: run a command and say how long it took
  current=$1; local start=$SECONDS; shift
  echo; echo "== $current: $*"
  "$@"
  echo "== $current took $((SECONDS - start)) s"
}
die() { trap - EXIT; echo "gpu_box: $1" >&2; exit 1; }

current="looking at the box"
echo "== what is here"
[[ -f pyproject.toml && -f $recipe ]] || die "no $recipe here; run this from the root of the repository, or name one with --recipe"

gpus=0
if [[ $cpu == no ]]; then
  if command -v nvidia-smi >/dev/null && listed=$(nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>&1); then
    gpus=$(wc -l <<<"$listed")
    while read -r line; do found GPU "$line"; done <<<"$listed"
  else
    found GPU "none: ${listed:-nvidia-smi is not installed}"
    die "no NVIDIA GPU answers; install the driver (nvidia-smi must list the GPUs), or go on without one: --cpu"
  fi
else
  found GPU "not asked for (--cpu)"
fi
processes=${processes:-$((gpus > 0 ? gpus : 1))}
[[ $processes =~ ^[1-9][0-9]*$ ]] || die "--processes $processes is no number of processes"
((gpus == 0 || processes <= gpus)) || die "$processes processes for $gpus GPUs; each needs one of its own: lower --processes"
found CPU "$(nproc --all) cores, $(awk '/MemTotal/ {printf "%.0f GB RAM", $2 / 1e6}' /proc/meminfo)"

mkdir -p "$out"
free_gb=$(($(df -Pk "$out" | awk 'NR == 2 {print $4}') / 1000000))
needed_gb=$([[ -n ${VENV:-} ]] && echo 3 || echo 12)   # torch with CUDA is 6 GB installed, checkpoints are 3 times the weights
found disk "$free_gb GB free under $out"
((free_gb >= needed_gb)) || die "$needed_gb GB are needed under $out and $free_gb are free; free some, or set OUT to another disk"

python=${PYTHON:-$(command -v python3.11 || command -v python3 || true)}
[[ -n $python ]] || die "no python3; install Python 3.11 or later (apt-get install python3 python3-venv)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "$python is $("$python" -V 2>&1); Python 3.11 or later is needed: PYTHON=... names it"
found python "$("$python" -V 2>&1), $python"

if [[ -z ${VENV:-} ]]; then
  stage "environment" make setup PYTHON="$python"
  VENV=.venv
fi
python=$VENV/bin/python
[[ -x $python ]] || die "$python is not there; VENV must name a virtual environment with eventcorpus in it"
torch=$("$python" -c 'import torch; print(torch.__version__, torch.cuda.device_count())') || die "torch does not load from $VENV"
found torch "$torch GPUs seen"
if ((gpus > 0)) && [[ ${torch##* } == 0 ]]; then
  die "the driver lists $gpus GPUs and torch ${torch% *} sees none: it was built for the CPU, or for a newer driver; install the torch of https://pytorch.org for this driver into $VENV"
fi

eventcorpus() { "$python" -m eventcorpus "$@"; }
if [[ -f $out/dataset/manifest.json ]]; then
  found dataset "$out/dataset is there already"
else
  stage "convert" eventcorpus convert "${ANNOTATIONS:-corpus/annotations}" --splits "${SPLITS:-corpus/splits}" --out "$out/dataset" --strict
fi
if ((processes > 1)); then
  stage "train" "$python" -m torch.distributed.run --standalone --nproc-per-node "$processes" \
    -m eventcorpus train "$recipe" --dataset "$out/dataset" --out "$out/model" --resume "$@"
else
  stage "train" eventcorpus train "$recipe" --dataset "$out/dataset" --out "$out/model" --resume "$@"
fi
stage "eval" eventcorpus eval --model "$out/model" --dataset "$out/dataset" --split "$split" --json "$out/eval.json" --html "$out/eval.html"

echo
f1=$("$python" -c 'import json, sys; print(round(100 * json.load(open(sys.argv[1]))["exact"]["micro"]["f1"], 1))' "$out/eval.json")
echo "done in $((SECONDS - began)) s: exact micro F1 $f1 on $split, with $processes process(es) on $((gpus > 0 ? processes : 0)) GPU(s)"
for made in model/run.json model/training.svg eval.html; do echo "  $out/$made"; done
