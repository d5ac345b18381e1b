"""The format of files is told from their names and their beginning, or asked for; never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cas_files import NE, cas_json, span, xmi
from cli_runner import run
from eventcorpus.dataset import formats
from eventcorpus.dataset.formats import FORMATS, format_of
from eventcorpus.errors import InputError
from eventcorpus.formats.sample import HEAD, sample_of

TASK = {"id": 1, "data": {"text": "one"}, "annotations": []}
MUC = {"docid": "1", "doctext": "one", "templates": []}
ONE = [span(11, NE, "one", "one", value="Actor")]


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
        ({"doc.xmi": xmi("one", ONE)}, "uima"),
        ({"doc.json": cas_json("one", ONE)}, "uima"),
    ],
)
def test_a_format_is_told_from_names_and_beginning(tmp_path: Path, files: dict[str, str], format: str) -> None:
    assert format_of([write(tmp_path, files)]) == format


@pytest.mark.parametrize("name", ["doc.xmi", "doc.json"])
def test_one_file_of_uima_is_told(tmp_path: Path, name: str) -> None:
    content = xmi("one", ONE) if name == "doc.xmi" else cas_json("one", ONE)
    assert format_of([write(tmp_path, {name: content}) / name]) == "uima"


def test_a_format_whose_library_is_not_there_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    code, _, err = run("convert", str(write(tmp_path, {"doc.xmi": xmi("one", ONE)})), "--out", str(tmp_path / "out"))
    assert code == 1
    assert err.endswith("Error: --from uima needs the library cassis: pip install 'eventcorpus[uima]'\n")


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
