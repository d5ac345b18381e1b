"""Formats that are recognised and not read, each with the way out."""

from __future__ import annotations

import re

from eventcorpus.formats.sample import Certainty, Recogniser, Sample


def is_webanno_tsv(sample: Sample) -> Certainty:
    """Whether a file is WebAnno TSV, version 2 or 3, as INCEpTION and WebAnno export it."""
    return 2 if re.match(r"#FORMAT=WebAnno TSV", sample.text) else 0


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


UNREAD: tuple[tuple[str, Recogniser, str], ...] = (
    ("a CSV export of Label Studio", is_label_studio_csv, "it drops relations: export the project as JSON"),
    ("a JSON-MIN export of Label Studio", is_label_studio_min, "it drops relations: export the project as JSON"),
    ("WebAnno TSV", is_webanno_tsv, "export the project as UIMA CAS (XMI or JSON)"),
)
"""What people call the format, how it is recognised, and what to do instead."""
