"""docs/formats.md is the page of the tables of formats, and every example on it works."""

from __future__ import annotations

import json
import shlex
import sys
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.dataset.export import EXPORTS
from eventcorpus.dataset.formats import FORMATS
from eventcorpus.dataset.splits import SPLITS
from format_tables import page

ROOT = Path(__file__).parents[2]
TEXT = "Rebels shelled Kalo."
ANN = "T1\tActor 0 6\tRebels\nT2\tShelling 7 14\tshelled\nT3\tPlace 15 19\tKalo\nE1\tShelling:T2 agent:T1\nA1\tNegated E1\n"
CONLL = "Rebels B-Actor\nshelled O\nKalo B-Place\n"
TASK = {
    "id": 1, "data": {"article_id": "x", "text": TEXT},
    "annotations": [{"id": 1, "completed_by": 1, "result": [
        {"id": "r", "type": "labels", "from_name": "label", "to_name": "text",
         "value": {"start": 0, "end": 6, "text": "Rebels", "labels": ["Actor"]}},
    ]}],
}  # fmt: skip
MUC = {"docid": "D", "doctext": TEXT, "templates": [
    {"incident_type": "attack", "PerpInd": [[["Rebels", 0]]], "PerpOrg": [], "Target": [], "Victim": [], "Weapon": []},
]}  # fmt: skip
WIKI = {
    "doc_id": "d", "text": TEXT, "tokens": ["Rebels", "shelled", "Kalo", "."],
    "sentences": [[[["Rebels", 0, 6], ["shelled", 7, 14], ["Kalo", 15, 19], [".", 19, 20]], TEXT]],
    "entity_mentions": [{"id": "d-T1", "sent_idx": 0, "start": 0, "end": 1, "entity_type": "PER", "text": "Rebels"}],
    "relation_mentions": [],
    "event_mentions": [{"id": "d-E1", "event_type": "Attack", "trigger": {"start": 1, "end": 2, "text": "shelled", "sent_idx": 0},
                        "arguments": [{"entity_id": "d-T1", "role": "Attacker", "text": "Rebels"}]}],
}  # fmt: skip
ENTITY = {"_id": "E", "documentId": "D", "begin": 0, "end": 6, "type": "Person", "value": "Rebels", "confidence": 1}


def spacy_file() -> None:
    import spacy

    doc = spacy.blank("en")(TEXT)
    doc.ents = [spacy.tokens.Span(doc, 0, 1, label="Actor")]
    spacy.tokens.DocBin(docs=[doc]).to_disk("train.spacy")


def uima_archive() -> None:
    from cas_files import NE, span, type_system, xmi

    with zipfile.ZipFile("export.zip", "w") as archive:
        archive.writestr("doc.xmi", xmi(TEXT, [span(11, NE, TEXT, "Rebels", value="Actor")]))
        archive.writestr("TypeSystem.xml", type_system())


INPUTS: dict[str, dict[str, Any] | Callable[[], None]] = {
    "labelstudio": {
        "corpus/annotations/export.json": [TASK],
        "corpus/splits/train.txt": "x\n",
        "corpus/splits/test.txt": "y\n",
    },
    "conll": {"train.txt": CONLL},
    "re3d": {
        "re3d/documents.json": {
            "_id": "D",
            "title": "",
            "text": TEXT,
            "sourceName": "E",
            "sourceUrl": "https://e.example",
            "wordCount": 3,
            "sentenceCount": 1,
        },
        "re3d/entities.json": ENTITY,
        "re3d/LICENSE": "Open Government Licence v3.0",
    },
    "brat": {"annotated/a.txt": TEXT, "annotated/a.ann": ANN},
    "muc4": {"muc4/train.json": MUC},
    "wikievents": {"wikievents/train.jsonl": WIKI},
    "huggingface": {"train.jsonl": {"id": "0", "tokens": ["Rebels", "shelled"], "ner_tags": ["B-Actor", "O"]}},
    "doccano": {"admin.jsonl": {"id": 1, "text": TEXT, "label": [[0, 6, "Actor"]]}},
    "spacy": spacy_file,
    "prodigy": {
        "annotations.jsonl": {"text": TEXT, "spans": [{"start": 0, "end": 6, "label": "Actor"}], "answer": "accept"}
    },
    "uima": uima_archive,
}
"""What the example of each format reads: files with their content, or what makes them."""


def put(files: dict[str, Any]) -> None:
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        Path(name).write_text(text, encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_is_that_of_the_tables() -> None:
    assert (ROOT / "docs/formats.md").read_text(encoding="utf-8") == page(), "run make tables"


def test_the_page_has_every_format_with_its_example() -> None:
    shown = page()
    for name, format_ in FORMATS.items():
        assert f"\n### `--from {name}`\n" in shown and f"\n    {format_.example}\n" in shown
    for name, export in EXPORTS.items():
        assert f"\n### `--to {name}`\n" in shown and f"\n    {export.example}\n    {export.use}\n" in shown


@pytest.mark.parametrize("name", list(FORMATS))
def test_the_example_of_a_format_that_is_read_works(here: Path, name: str) -> None:
    extra = FORMATS[name].extra
    if extra is not None or name == "spacy":
        pytest.importorskip(extra[1] if extra else "spacy")
    inputs = INPUTS[name]
    if callable(inputs):
        inputs()
    else:
        put(inputs)
    program, *arguments = shlex.split(FORMATS[name].example)
    code, stdout, stderr = run(*arguments)
    assert (program, code) == ("eventcorpus", 0), stderr
    assert " in dataset (" in stdout


@pytest.mark.parametrize("name", list(EXPORTS))
def test_the_example_of_a_format_that_is_written_works(here: Path, name: str) -> None:
    extra = EXPORTS[name].extra
    if extra is not None:
        pytest.importorskip(extra[1])
    put(
        {
            f"brat-in/{split}/{n}.{suffix}": content
            for n, split in enumerate(SPLITS)
            for suffix, content in (("txt", f"{TEXT} {n}"), ("ann", ANN))
        }
    )
    assert run("convert", "brat-in", "--out", "dataset")[0] == 0
    program, *arguments = shlex.split(EXPORTS[name].example)
    code, stdout, stderr = run(*arguments)
    assert (program, code) == ("eventcorpus", 0), stderr
    assert stdout.endswith("(train 1, validation 1, test 1)\n")
    used, *others = shlex.split(EXPORTS[name].use)
    if used == "eventcorpus":
        assert run(*others)[0] == 0
    elif used == "python":
        import subprocess

        done = subprocess.run([sys.executable, *others], capture_output=True, text=True)
        assert done.returncode == 0 and "num_rows: 1" in done.stdout, done.stderr
    else:
        assert used == "spacy" and find_spec("spacy")
        assert all(Path(part).is_file() for part in others if part.endswith(".spacy"))


def test_every_library_that_a_format_needs_is_an_extra() -> None:
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    needed = [format_.extra[0] for format_ in (*FORMATS.values(), *EXPORTS.values()) if format_.extra]
    assert set(needed) <= set(extras)


def test_the_pages_of_the_project_lead_to_the_formats() -> None:
    assert "docs/formats.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    conversion = (ROOT / "docs/conversion.md").read_text(encoding="utf-8")
    assert "(formats.md)" in conversion
    listed = conversion.split("convert --from ", 1)[1].split("`", 1)[0].split("|")
    assert listed == [name for name in FORMATS if name != "labelstudio"]
