"""Formats that are recognised and not read, each with the way out."""

from __future__ import annotations

import csv
import re

from eventcorpus.formats.brat import JOIN_A1_A2
from eventcorpus.formats.columns import tell_columns
from eventcorpus.formats.conll import is_conll
from eventcorpus.formats.sample import Certainty, Recogniser, Sample
from eventcorpus.formats.schemes import is_prefixed
from eventcorpus.formats.uima import is_uima

_AS_ARTICLES = (
    "convert reads annotations, and there are none in it; save it as plain text (.txt) to give it to "
    "eventcorpus labelstudio tasks, push or extract"
)
_AS_CAS = "export the project as UIMA CAS (XMI or JSON)"
_AS_JSON = "it drops relations: export the project as JSON"
_TIMES = ("annotator", "annotation_id", "lead_time")
"""Columns of every table that Label Studio exports."""


def _is_webanno_tsv(sample: Sample) -> Certainty:
    """Whether a file is WebAnno TSV: version 3, whose header names it, 2, whose header names layers, or 1."""
    layers = re.search(r"^\s?#\s?(?:[a-z]\w*\.)+[A-Z]\w* \| ", sample.text, re.MULTILINE)
    sentences = re.search(r"^#id=\d", sample.text, re.MULTILINE) and re.search("^#text=", sample.text, re.MULTILINE)
    is_table = "\t" in sample.text and (layers or sentences)
    return 2 if is_table or re.match(r"\s*#FORMAT=WebAnno TSV", sample.text) else 0


def _is_label_studio_csv(sample: Sample) -> Certainty:
    """Whether a file is a CSV or TSV export of Label Studio, whose cells hold the regions as JSON."""
    header = set(re.split(r"[,;\t]", sample.text.split("\n", 1)[0].strip().replace('"', "")))
    has_regions = re.search(r'""(start|text)"":', sample.text) and re.search(r'""\w*labels"": ?\[', sample.text)
    return 2 if has_regions or header.issuperset(_TIMES) else 0


def _is_csv_of_tags(sample: Sample) -> Certainty:
    """Whether a file is a CSV of words and tags, a token a line."""
    lines = sample.text.splitlines()[:1000]
    for separator in "" if sample.shape or "\0" in sample.text or is_conll(sample) else ",;":
        rows = list(csv.reader(lines, delimiter=separator))
        if rows and all(len(row) != 1 for row in rows):
            columns = tell_columns(["\t".join(cell.replace("\t", " ") for cell in row) for row in rows])
            if columns and any(map(is_prefixed, columns.known)):
                return 2
    return 0


def _is_label_studio_min(sample: Sample) -> Certainty:
    """Whether a file is Label Studio's JSON-MIN: tasks whose fields stand beside the names of controls."""
    if not sample.has_rows() or any("data" in row for row in sample.rows):
        return 0
    listed = [item for row in sample.rows for value in row.values() if isinstance(value, list) for item in value]
    regions = [item for item in listed if isinstance(item, dict) and {"start", "end"} <= item.keys()]
    return 2 if sample.has_rows(*_TIMES) or any(key.endswith("labels") for region in regions for key in region) else 0


def _is_bionlp(sample: Sample) -> Certainty:
    return 2 if sample.suffixes & {".a1", ".a2"} and ".ann" not in sample.suffixes else 0


def _is_report(sample: Sample) -> Certainty:
    """Whether a file is a report of ours: of ``eval``, ``compare``, ``agree``, ``corrections`` or ``convert``."""
    is_one = sample.has_rows("eventcorpus", "definitions") or sample.has_rows("articles", "spans", "roles", "items")
    return 2 if is_one and sample.shape == "value" else 0


def _is_other_archive(sample: Sample) -> Certainty:
    return 2 if sample.archived and not is_uima(sample) else 0


def _archive_with(pattern: str) -> Recogniser:
    """Recognises a zip archive in which a name matches."""
    return lambda sample: 2 if any(re.search(pattern, name) for name in sample.archived) else 0


def _begins(pattern: bytes) -> Recogniser:
    """Recognises a file by how it begins, after a byte order mark."""
    compiled = re.compile(rb"(?:\xef\xbb\xbf)?(?:%s)" % pattern)
    return lambda sample: 2 if compiled.match(sample.head) and ".ann" not in sample.suffixes else 0


UNREAD: tuple[tuple[str, Recogniser, str], ...] = (
    ("a CSV export of Label Studio", _is_label_studio_csv, _AS_JSON),
    (
        "a CSV of words and tags",
        _is_csv_of_tags,
        "write it with tabs between its columns and an empty line after each sentence (--from conll)",
    ),
    ("a JSON-MIN export of Label Studio", _is_label_studio_min, _AS_JSON),
    ("WebAnno TSV", _is_webanno_tsv, _AS_CAS),
    ("annotation of a BioNLP shared task (.a1, .a2)", _is_bionlp, JOIN_A1_A2),
    (
        "GATE XML",
        _begins(rb"\s*<(?:[\s\S]{0,4096}<)?GateDocument"),
        'write its annotations as JSON Lines, {"text": ..., "label": [[start, end, "Actor"]]} (--from doccano), for '
        "example with the Python library gatenlp",
    ),
    (
        "the inline notation of eventcorpus",
        _begins(rb"=== \S"),
        "eventcorpus inline read FILE --articles articles.jsonl --annotations export.json makes an export that convert "
        "reads",
    ),
    (
        "a predictions file",
        lambda sample: 2 if sample.has_rows("model", "text_sha256", "mentions") else 0,
        "what a model found is no gold; eval and compare take it as --predictions, labelstudio preannotate puts it "
        "before annotators",
    ),
    ("a report of eventcorpus", _is_report, "name the annotations themselves: an export, or a dataset folder"),
    ("Rich Text (RTF)", _begins(rb"\{\\rtf"), _AS_ARTICLES),
    ("PDF", _begins(b"%PDF-"), _AS_ARTICLES),
    ("an old Word or Excel file", _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), _AS_ARTICLES),
    ("a Word document (DOCX)", _archive_with(r"^word/document\.xml$"), _AS_ARTICLES),
    ("an OpenDocument file", _archive_with(r"^META-INF/manifest\.xml$"), _AS_ARTICLES),
    (
        "a spreadsheet (XLSX)",
        _archive_with(r"^xl/workbook\.xml$"),
        "convert reads annotations; a table of articles is for eventcorpus labelstudio tasks, push or extract",
    ),
    ("a zip archive of brat files", _archive_with(r"\.ann$"), "unzip it and name the folder with --from brat"),
    ("a zip archive of WebAnno TSV files", _archive_with(r"(^|/)(annotation|curation)/.*\.tsv$"), _AS_CAS),
    ("a zip archive", _is_other_archive, "unzip it, and name the file or folder in it"),
    ("a compressed file", _begins(rb"\x1f\x8b|\x28\xb5\x2f\xfd|BZh|\xfd7zXZ"), "uncompress it first"),
    (
        "Python code with entities for spaCy",
        _begins(
            rb"\s*(?:(?:#|import )[^\n]*\n\s*)*(?:\w+\s*=\s*)?"
            rb"\[\s*\(\s*[frbu]?(['\"]).*\1\s*,\s*\{\s*['\"]entities['\"]"
        ),
        "write it as JSON: json.dump(TRAIN_DATA, open('train.json', 'w'))",
    ),
    (
        "a pickle, which can run code when it is read",
        _begins(rb"\x80[\x02-\x05][\x95}\](c]"),
        "write the data as JSON Lines or, of spaCy, as a DocBin",
    ),
)
"""What people call the format, how it is recognised, and what to do instead."""
