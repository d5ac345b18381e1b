"""The format of files is told from their names and their beginning, or asked for; never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eventcorpus.dataset.formats import FORMATS, format_of
from eventcorpus.errors import InputError
from eventcorpus.formats.sample import HEAD, sample_of

TASK = {"id": 1, "data": {"text": "one"}, "annotations": []}
MUC = {"docid": "1", "doctext": "one", "templates": []}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("files", "format"),
    [
        ({"export.json": json.dumps([TASK]), "config.xml": "<View/>"}, "labelstudio"),
        ({"a.txt": "one", "a.ann": "T1\tActor 0 3\tone"}, "brat"),
        ({"src/documents.json": "{}", "src/entities.json": "{}"}, "re3d"),
        ({"train.json": json.dumps(MUC) + "\n" + json.dumps(MUC)}, "muc4"),
        ({"train.txt": "one B-Actor\ntwo O\n\nthree O\n"}, "conll"),
    ],
)
def test_a_format_is_told_from_names_and_beginning(tmp_path: Path, files: dict[str, str], format: str) -> None:
    assert format_of([write(tmp_path, files)]) == format


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Shelling hit Darna on Monday.\n", "in no format that convert reads; --from names one: labelstudio, conll"),
        ("#FORMAT=WebAnno TSV 3.3\n", "this is WebAnno TSV, which is not read; export the project as UIMA CAS"),
        (" \n", "the file is empty"),
    ],
)
def test_what_is_in_no_format_is_refused_with_the_way_out(tmp_path: Path, content: str, message: str) -> None:
    write(tmp_path, {"x.tsv": content})
    with pytest.raises(InputError, match=f"x.tsv: {message}"):
        format_of([tmp_path / "x.tsv"])


def test_two_formats_that_are_equally_likely_are_named(tmp_path: Path) -> None:
    both = MUC | {"tokens": [], "sentences": [], "entity_mentions": [], "event_mentions": []}
    write(tmp_path, {"x.jsonl": json.dumps(both)})
    with pytest.raises(InputError, match=r"may be MUC-4 .*\(--from muc4\) or WikiEvents \(--from wikievents\); say"):
        format_of([tmp_path / "x.jsonl"])


@pytest.mark.parametrize(
    ("content", "shape", "n_rows"),
    [
        ('[{"a": 1},\n {"a": 2}]', "list", 2),
        ('{"a": 1}\n\n{"a": 2}\n', "lines", 2),
        ('{"a": 1}\n{"a":', "", 0),
        ('{\n "a": 1}', "value", 1),
        ('[["text", {"entities": []}]]\n[["text", {}]]', "lines", 2),
        ("[" + json.dumps({"a": "x" * HEAD}) + ', {"a": 2}]', "list", 2),
        ("a B-X\n" * HEAD, "", 0),
    ],
)
def test_a_sample_has_the_first_values_of_a_file(tmp_path: Path, content: str, shape: str, n_rows: int) -> None:
    write(tmp_path, {"x.json": content})
    sample = sample_of([tmp_path / "x.json"])
    assert (sample.shape, len(sample.rows)) == (shape, n_rows)


def test_every_format_says_what_it_keeps_and_loses_and_how_it_is_called() -> None:
    for name, format_ in FORMATS.items():
        assert format_.title and format_.files and format_.kept and format_.lost
        assert (
            format_.example.startswith("eventcorpus convert ") and f"--from {name} " in format_.example
        ) or name == "labelstudio"
