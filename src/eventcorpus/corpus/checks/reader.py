"""What reading the exports already found: items that were refused, repaired, or could not be read at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from eventcorpus.account import Account
from eventcorpus.corpus.checks.kinds import Finding

_PLACE = re.compile(r"\[(-?\d+), (-?\d+)\)")
_KIND_OF_REASON = (
    ("not in the ontology", "not-in-ontology"),
    ("not one of the attribute's values", "not-in-ontology"),
    ("does not carry it", "not-in-ontology"),
    ("ontology is flat", "overlap"),
    ("offset", "offsets"),
    ("text does not match", "offsets"),
    ("nothing but blanks", "offsets"),
    ("blanks at the edges", "edge-blank"),
    ("was skipped", "not-counted"),
    ("a newer annotation", "not-counted"),
    ("did not do every part", "not-counted"),
)
"""Words of the reasons in ``labelling.import_regions`` and ``import_format``, and the kind that they make."""


def findings_of_account(account: Account, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Findings from an account of reading; roles that were only flagged are left to ``structure``.

    Args:
        texts: the text of every article by id, to show the words.
    """
    for item in account.items:
        if item["kind"] == "articles" or item["verdict"] == "flagged":
            continue
        repaired = item["verdict"] == "repaired"
        known = next((kind for words, kind in _KIND_OF_REASON if words in item["reason"]), None)
        kind = known if known and not (repaired and known == "offsets") else "repaired" if repaired else "not-read"
        place = _PLACE.search(item["item"])
        start, end = (int(place[1]), int(place[2])) if place else (None, None)
        text = texts.get(item["article"], "")
        inside = start is not None and end is not None and 0 <= start < end <= len(text)
        yield Finding(
            kind,
            item["article"],
            f"{item['item']}: {item['reason']}",
            start if inside else None,
            end if inside else None,
            text[start:end] if inside else "",
        )


def findings_of_faults(faults: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Findings from (article id or place, fault) of what could not be read."""
    for article_id, fault in faults:
        yield Finding("unreadable", article_id, fault)
