"""Formats that are recognised and not read, each with the way out."""

from __future__ import annotations

import re

from eventcorpus.formats.sample import Certainty, Recogniser, Sample


def is_webanno_tsv(sample: Sample) -> Certainty:
    """Whether a file is WebAnno TSV, version 2 or 3, as INCEpTION and WebAnno export it."""
    return 2 if re.match(r"#FORMAT=WebAnno TSV", sample.text) else 0


UNREAD: tuple[tuple[str, Recogniser, str], ...] = (
    ("WebAnno TSV", is_webanno_tsv, "export the project as UIMA CAS (XMI or JSON)"),
)
"""What people call the format, how it is recognised, and what to do instead."""
