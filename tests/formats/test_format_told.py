"""``convert`` without ``--from`` over every fixture in ``cases``: the format told right, or refused; never a wrong guess."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eventcorpus.dataset.formats import format_of
from eventcorpus.errors import InputError

CASES = Path(__file__).parents[1] / "fixtures/cases"
RIGHT = {
    "01": "labelstudio", "02": "labelstudio", "03": "labelstudio", "04": "labelstudio", "05": "labelstudio",
    "06": "labelstudio", "07": "labelstudio", "08": "labelstudio", "09": "labelstudio", "10": "conll", "11": "conll",
    "12": "conll", "13": "conll", "14": "conll", "15": "conll", "16": "conll", "17": "brat", "18-brat-events": "brat",
    "19": "doccano", "20": "prodigy", "21": "spacy", "22": "huggingface", "29": "labelstudio", "30": "labelstudio",
    "32": "labelstudio", "33-eval/ner-docs.jsonl": "huggingface", "33": "conll", "34": "conll",
}  # fmt: skip
"""The format of the annotations in a folder; the others have none, and must be refused."""
FOLDERS = (
    "15-conll-folders/*",
    "17-brat-crlf/*",
    "18-brat-events",
    "18-brat-d",
    "30-ls-storage/files",
    "30-ls-storage/json",
    "34-more/fold",
)
"""Where the input is a folder."""
NO_INPUT = re.compile(
    r"/(README|config[^/]*\.xml|map\.json|\.[^/]*)$|/splits/|\.ann$|/18-brat|/17-brat|/fold/|/15-conll"
)
REFUSED: dict[str, str] = {
    "18-brat-d": "",
    "23-inception/doc.tsv": "this is WebAnno TSV, which is not read; export the project as UIMA CAS",
    "30-ls-storage/export.csv": "this is a CSV export of Label Studio, which is not read; it drops relations: export",
    "30-ls-storage/min.json": "this is a JSON-MIN export of Label Studio, which is not read; it drops relations: export",
    "33-eval/gliner.jsonl": "in no format that convert reads",
    "33-eval/hf-pipeline.json": "in no format that convert reads",
    "33-eval/muliconer.pred.conll": "in no format that convert reads",
    "33-eval/ours-score.jsonl": "this is a predictions file, which is not read; what a model found is no gold",
    "33-eval/pred-only-tags.txt": "in no format that convert reads",
    "33-eval/pred-sgml.txt": "in no format that convert reads",
}
"""What is refused although its folder holds annotations, and what is said: tags without words are for ``eval``."""


def inputs() -> list[str]:
    files = [
        path
        for path in sorted(CASES.rglob("*"))
        if path.is_file() and not NO_INPUT.search(f"/{path.relative_to(CASES)}")
    ]
    folders = [path for pattern in FOLDERS for path in sorted(CASES.glob(pattern)) if path.is_dir()]
    return [path.relative_to(CASES).as_posix() for path in (*files, *folders)]


def right(name: str) -> str:
    return next((format_ for prefix, format_ in RIGHT.items() if name.startswith(prefix)), "")


@pytest.mark.parametrize("name", inputs())
def test_a_format_is_told_right_or_refused(name: str) -> None:
    try:
        told = format_of([CASES / name])
    except InputError as error:
        message = str(error)
        named = re.findall(r"--from ([\w-]+)\)", message)
        if len(named) == 2:
            assert right(name) in ("", *named), message
        else:
            assert name in REFUSED or not right(name), message
            assert REFUSED.get(name, "") in message
    else:
        assert told == right(name)
        assert name not in REFUSED
