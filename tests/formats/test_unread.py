"""What is recognised and not read: each is called by its name, with the way out that exists."""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli_runner import run
from eventcorpus.dataset.formats import format_of
from eventcorpus.errors import InputError
from eventcorpus.formats.unread import UNREAD

NE = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
ROW = {"annotation_id": 1, "annotator": 1, "lead_time": 2.5, "created_at": "", "updated_at": "", "id": 7}
PREDICTION = {"schema": 1, "model": {"name": "m"}, "id": "a", "text_sha256": "0", "mentions": []}
AS_TEXT = "convert reads annotations, and there are none in it; save it as plain text (.txt) to give it to eventcorpus labelstudio tasks, push or extract"
AS_CAS = "export the project as UIMA CAS (XMI or JSON)"
AS_JSON = "it drops relations: export the project as JSON"


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


FILES: dict[str, tuple[str, str | bytes, str, str]] = {
    "WebAnno TSV 3": ("doc.tsv", f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NE}|identifier|value\n\n#Text=A\n1-1\t0-1\tA\t*\tORG\t\n", "WebAnno TSV", AS_CAS),
    "WebAnno TSV 2": ("doc.tsv", f" # {NE} | value\n#id=1\n#text=Rebels left.\n1-1\tRebels\tB-Actor\n1-2\tleft\tO\n", "WebAnno TSV", AS_CAS),
    "WebAnno TSV 1": ("doc.tsv", "#id=1\n#text=Rebels left.\n1\tRebels\trebel\tNNS\tB-Actor\t_\t0\t_\t_\n2\tleft\tleave\tVB\tO\t_\t0\t_\t_\n", "WebAnno TSV", AS_CAS),
    "WebAnno archive": ("export.zip", zipped("annotation/doc.txt/anna.tsv", "source/doc.txt"), "a zip archive of WebAnno TSV files", AS_CAS),
    "BioNLP": ("doc.a1", "T1\tActor 0 6\tRebels\n", "annotation of a BioNLP shared task (.a1, .a2)", "join each pair to an .ann file (cat doc.a1 doc.a2 > doc.ann)"),
    "CSV": ("e.csv", "annotation_id,annotator,created_at,id,label,lead_time,text,updated_at\n1,1,,7,\"[{\"\"start\"\": 0}]\",2.5,Rebels,\n", "a CSV export of Label Studio", AS_JSON),
    "TSV": ("e.tsv", "annotation_id\tannotator\tlead_time\ttext\n1\t1\t2.5\tRebels\n", "a CSV export of Label Studio", AS_JSON),
    "words and tags": ("ner.csv", "Sentence #,Word,POS,Tag\nSentence: 1,Rebels,NNS,B-org\n,fled,VBD,O\n,\",\",\",\",O\n,Darna,NNP,B-geo\n", "a CSV of words and tags", "write it with tabs between its columns"),
    "words and tags, by semicolons": ("ner.csv", "Rebels;B-ORG\nfled;O\n", "a CSV of words and tags", "write it with tabs between its columns"),
    "JSON-MIN": ("e.json", json.dumps([ROW | {"text": "Rebels", "label": [{"start": 0, "end": 6, "labels": ["Actor"]}]}]), "a JSON-MIN export of Label Studio", AS_JSON),
    "brat archive": ("e.zip", zipped("doc.txt", "doc.ann"), "a zip archive of brat files", "unzip it and name the folder with --from brat"),
    "another archive": ("e.zip", zipped("all.jsonl"), "a zip archive", "unzip it, and name the file or folder in it"),
    "GATE": ("doc.xml", "<?xml version='1.0' encoding='UTF-8'?>\n<GateDocument version=\"3\">\n<TextWithNodes><Node id=\"0\"/>Rebels</TextWithNodes></GateDocument>", "GATE XML", "write its annotations as JSON Lines"),
    "inline": ("mine.txt", "=== market-blast\ntitle: Blast\n\n[Rebels](Actor#a1) left.\n", "the inline notation of eventcorpus", "eventcorpus inline read FILE"),
    "predictions": ("p.jsonl", json.dumps(PREDICTION) + "\n", "a predictions file", "what a model found is no gold"),
    "evaluation": ("report.json", json.dumps({"schema": 1, "eventcorpus": "0.1.0", "definitions": {}, "exact": {}}), "a report of eventcorpus", "name the annotations themselves"),
    "loss report": ("loss_report.json", json.dumps({"schema": 1, "articles": {}, "spans": {}, "roles": {}, "items": []}), "a report of eventcorpus", "name the annotations themselves"),
    "RTF": ("a.rtf", "{\\rtf1\\ansi Rebels left.}", "Rich Text (RTF)", AS_TEXT),
    "RTF called DOC": ("a.doc", "{\\rtf1\\ansi Rebels left.}", "Rich Text (RTF)", AS_TEXT),
    "PDF": ("a.pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "PDF", AS_TEXT),
    "DOCX": ("a.docx", zipped("[Content_Types].xml", "word/document.xml"), "a Word document (DOCX)", AS_TEXT),
    "DOC": ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old Word or Excel file", AS_TEXT),
    "ODT": ("a.odt", zipped("mimetype", "META-INF/manifest.xml"), "an OpenDocument file", AS_TEXT),
    "XLSX": ("a.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), "a spreadsheet (XLSX)", "convert reads annotations; a table of articles is for eventcorpus labelstudio tasks"),
    "gzip": ("a.jsonl.gz", b"\x1f\x8b\x08\0\0\0\0\0", "a compressed file", "uncompress it first"),
    "Python code": ("train.py", 'import random\n\nTRAIN_DATA = [\n    ("Rebels left.", {"entities": [(0, 6, "Actor")]}),\n]\n', "Python code with entities for spaCy", "write it as JSON: json.dump(TRAIN_DATA, open('train.json', 'w'))"),
    "pickle": ("train.pkl", b"\x80\x04\x95\x10\0\0\0", "a pickle, which can run code when it is read", "write the data as JSON Lines"),
}  # fmt: skip
"""File name, content, what it is called, how the way out begins."""


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("case", FILES)
def test_what_is_not_read_is_named_with_the_way_out(tmp_path: Path, case: str) -> None:
    name, content, title, way_out = FILES[case]
    path = written(tmp_path, name, content)
    with pytest.raises(InputError) as error:
        format_of([path])
    assert str(error.value).startswith(f"{path}: this is {title}, which is not read; {way_out}")
    assert "\n" not in str(error.value)


def test_every_format_that_is_not_read_has_a_test() -> None:
    assert {title for _, _, title, _ in FILES.values()} == {title for title, _, _ in UNREAD}


@pytest.mark.parametrize(
    "files",
    [
        {"a.pdf": "%PDF-1.4\n", "doc.txt": "Rebels", "doc.ann": "T1\tActor 0 6\tRebels\n"},
        {"a.ann": "", "a.txt": "Calm.", "b.ann": "T1\tActor 0 6\tRebels\n", "b.txt": "Rebels"},
        {"0.rtf": "{\\rtf1 x}", "doc.ann": "", "doc.txt": "=== not a heading"},
    ],
)
def test_a_folder_may_hold_what_is_not_read_beside_what_is(tmp_path: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        written(tmp_path, name, content)
    assert format_of([tmp_path]) == "brat"


def test_it_is_named_too_where_a_format_was_asked_for_that_cannot_read_it(tmp_path: Path) -> None:
    path = written(tmp_path, *FILES["WebAnno TSV 3"][:2])
    code, out, err = run("convert", str(path), "--from", "labelstudio", "--out", str(tmp_path / "out"))
    assert (code, out) == (1, "")
    assert re.search(r"this is WebAnno TSV, which is not read; export the project as UIMA CAS", err)
