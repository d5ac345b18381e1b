#!/usr/bin/env bash
# The wheel alone: installed beside the pinned packages, and used in an empty folder without the checkout.
# Usage: tests/wheel.sh [PYTHON], from the root of the repository; PYTHON has the packages of constraints.txt.
set -euo pipefail
python=$(realpath -s "${1:-.venv/bin/python}")
root=$PWD
page=$root/docs/python.md
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 TOKENIZERS_PARALLELISM=false
unset PYTHONPATH

"$python" -m pip wheel -qq --disable-pip-version-check --no-deps -w "$folder" .
"$python" -m venv --without-pip "$folder/venv"
"$python" -m pip --python "$folder/venv/bin/python" install -qq --disable-pip-version-check --no-index --no-deps "$folder"/*.whl
# the other packages are read where they are; a folder that is named in a .pth file hides nothing of the venv itself
packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "$packages" > "$("$folder/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/packages.pth"

mkdir "$folder/empty"
cd "$folder/empty"
bin=$folder/venv/bin
"$bin/python" -c "import eventcorpus; assert eventcorpus.__file__.startswith('$folder/venv'), eventcorpus.__file__"
"$bin/eventcorpus" --help > help.txt
"$bin/eventcorpus" benchmark --list > benchmarks.txt
grep -q shipped-test benchmarks.txt
"$bin/eventcorpus" train --help > train.txt
grep -q own-articles train.txt
sed -n '/^```python$/,/^```$/p' "$page" | sed '/^```/d' > page.py
"$bin/python" page.py
"$bin/eventcorpus" --quiet train demo --dataset dataset --dry-run > recipe.yaml
"$bin/eventcorpus" --quiet benchmark shipped-test --model model
mkdir "$folder/readme"
(cd "$folder/readme"; PATH=$bin:$PATH "$bin/python" "$root/tests/readme_commands.py")
"$bin/eventcorpus" --quiet hub push model --to user/name --dry-run > model-files.txt
"$bin/eventcorpus" --quiet hub push dataset --to user/name --dry-run > dataset-files.txt
"$bin/eventcorpus" demo --help > demo.txt
echo "the wheel works in an empty folder: $(ls | tr '\n' ' ')"
