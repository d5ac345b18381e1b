"""Formats that are recognised and not read, each with the way out."""

from __future__ import annotations

import re
from collections.abc import Callable

from eventcorpus.formats.brat import JOIN_A1_A2
from eventcorpus.formats.sample import Certainty, Recogniser, Sample
from eventcorpus.formats.uima import is_uima

_AS_ARTICLES = (
    "convert reads annotations, and there are none in it; save it as plain text (.txt) to give it to "
    "eventcorpus labelstudio tasks, push or extract"
)


def is_webanno_tsv(sample: Sample) -> Certainty:
    """Whether a file is WebAnno TSV: version 3, whose header names it, 2, whose header names layers, or 1."""
    lines = [line for line in re.split(r"\r\n|\n|\r", sample.text)[:50] if line.strip()]
    if not lines or ("\t" not in sample.text and not lines[0].startswith("#FORMAT=WebAnno")):
        return 0
    layers = any(re.match(r"\s?#\s?(?:[a-z]\w*\.)+[A-Z]\w* \| ", line) for line in lines if line.strip()[:1] == "#")
    sentences = any(re.match(r"#id=\d", line) for line in lines) and any(line.startswith("#text=") for line in lines)
    return 2 if lines[0].startswith("#FORMAT=WebAnno TSV") or layers or sentences else 0


def is_label_studio_csv(sample: Sample) -> Certainty:
    """Whether a file is a CSV or TSV export of Label Studio, whose cells hold the regions as JSON."""
    header = set(re.split(r"[,;\t]", sample.text.split("\n", 1)[0].strip().replace('"', "")))
    has_regions = re.search(r'""(start|text)"":', sample.text) and re.search(r'""\w*labels"": ?\[', sample.text)
    return 2 if has_regions or {"annotator", "annotation_id", "lead_time"} <= header else 0


def is_label_studio_min(sample: Sample) -> Certainty:
    """Whether a file is Label Studio's JSON-MIN: tasks whose fields stand beside the names of controls."""
    if not sample.has_rows() or any("data" in row for row in sample.rows):
        return 0
    listed = [item for row in sample.rows for value in row.values() if isinstance(value, list) for item in value]
    regions = [item for item in listed if isinstance(item, dict) and {"start", "end"} <= item.keys()]
    if any(key.endswith("labels") for region in regions for key in region):
        return 2
    return 2 if sample.has_rows("annotator", "annotation_id", "lead_time") else 0


def is_python_data(sample: Sample) -> Certainty:
    """Whether a file is Python code with a list of texts and entities, as tutorials of spaCy show it."""
    code = r"\s*(?:(?:#|import )[^\n]*\n\s*)*(?:\w+\s*=\s*)?\[\s*\(\s*[frbu]?(['\"]).*\1\s*,\s*\{\s*['\"]entities['\"]"
    return 2 if not sample.shape and re.match(code, sample.text[:20_000]) else 0


def is_pickle(sample: Sample) -> Certainty:
    """Whether a file is a pickle, which is never read: reading it would run what is in it."""
    return 2 if re.match(rb"\x80[\x02-\x05][\x95}\](c]", sample.head) else 0


def is_bionlp(sample: Sample) -> Certainty:
    """Whether files are the .a1 and .a2 of a BioNLP shared task, without .ann files."""
    return 2 if sample.suffixes & {".a1", ".a2"} and ".ann" not in sample.suffixes else 0


def is_gate_xml(sample: Sample) -> Certainty:
    """Whether a file is XML as GATE saves it."""
    return 2 if sample.text.lstrip().startswith("<") and "<GateDocument" in sample.text[:4096] else 0


def is_inline(sample: Sample) -> Certainty:
    """Whether a file is in the notation of ``eventcorpus inline``."""
    return 2 if re.match(r"=== \S", sample.text) and ".ann" not in sample.suffixes else 0


def is_predictions(sample: Sample) -> Certainty:
    """Whether a file holds predictions, as ``eventcorpus extract`` writes them."""
    return 2 if sample.has_rows("model", "text_sha256", "mentions") else 0


def is_report(sample: Sample) -> Certainty:
    """Whether a file is a report of ours: of ``eval``, ``compare``, ``agree``, ``corrections`` or ``convert``."""
    if sample.shape != "value" or not sample.has_rows():
        return 0
    keys = sample.rows[0].keys()
    return 2 if {"eventcorpus", "definitions"} <= keys or {"articles", "spans", "roles", "items"} <= keys else 0


def _archive_with(pattern: str) -> Recogniser:
    """Recognises a zip archive in which a name matches."""
    return lambda sample: 2 if any(re.search(pattern, name) for name in sample.archived) else 0


def _begins(*beginnings: bytes) -> Recogniser:
    """Recognises a file by its first bytes."""
    return lambda sample: 2 if sample.head.startswith(beginnings) and ".ann" not in sample.suffixes else 0


def _is_other_archive(sample: Sample) -> Certainty:
    return 2 if sample.archived and not is_uima(sample) else 0


_ARCHIVES: tuple[tuple[str, Callable[[Sample], Certainty], str], ...] = (
    ("a Word document (DOCX)", _archive_with(r"^word/document\.xml$"), _AS_ARTICLES),
    ("an OpenDocument file", _archive_with(r"^META-INF/manifest\.xml$"), _AS_ARTICLES),
    (
        "a spreadsheet (XLSX)",
        _archive_with(r"^xl/workbook\.xml$"),
        "convert reads annotations; a table of articles is for eventcorpus labelstudio tasks, push or extract",
    ),
    ("a zip archive of brat files", _archive_with(r"\.ann$"), "unzip it and name the folder with --from brat"),
    (
        "a zip archive of WebAnno TSV files",
        _archive_with(r"(^|/)(annotation|curation)/.*\.tsv$"),
        "export the project as UIMA CAS (XMI or JSON)",
    ),
)

UNREAD: tuple[tuple[str, Recogniser, str], ...] = (
    ("a CSV export of Label Studio", is_label_studio_csv, "it drops relations: export the project as JSON"),
    ("a JSON-MIN export of Label Studio", is_label_studio_min, "it drops relations: export the project as JSON"),
    ("WebAnno TSV", is_webanno_tsv, "export the project as UIMA CAS (XMI or JSON)"),
    ("annotation of a BioNLP shared task (.a1, .a2)", is_bionlp, JOIN_A1_A2),
    (
        "GATE XML",
        is_gate_xml,
        'write its annotations as JSON Lines, {"text": ..., "label": [[start, end, "Actor"]]} (--from doccano), for '
        "example with the Python library gatenlp",
    ),
    (
        "the inline notation of eventcorpus",
        is_inline,
        "eventcorpus inline read FILE --articles articles.jsonl --annotations export.json makes an export that convert "
        "reads",
    ),
    (
        "a predictions file",
        is_predictions,
        "what a model found is no gold; eval and compare take it as --predictions, labelstudio preannotate puts it "
        "before annotators",
    ),
    ("a report of eventcorpus", is_report, "name the annotations themselves: an export, or a dataset folder"),
    ("Rich Text (RTF)", _begins(b"{\\rtf"), _AS_ARTICLES),
    ("PDF", _begins(b"%PDF-"), _AS_ARTICLES),
    ("an old Word or Excel file", _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), _AS_ARTICLES),
    *_ARCHIVES,
    ("a zip archive", _is_other_archive, "unzip it, and name the file or folder in it"),
    ("a compressed file", _begins(b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ"), "uncompress it first"),
    (
        "Python code with entities for spaCy",
        is_python_data,
        "write it as JSON: json.dump(TRAIN_DATA, open('train.json', 'w'))",
    ),
    (
        "a pickle, which can run code when it is read",
        is_pickle,
        "write the data as JSON Lines or, of spaCy, as a DocBin",
    ),
)
"""What people call the format, how it is recognised, and what to do instead."""
