"""The report of ``eventcorpus check``: findings, counted by kind, as a JSON document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from eventcorpus import __version__
from eventcorpus.corpus.checks.findings import KIND_OF, Finding, Severity
from eventcorpus.strict_model import StrictModel
from eventcorpus.text import stored_form


class KindCount(StrictModel):
    """One kind that was found: ``n`` findings in ``articles`` articles; of what, and the way out."""

    severity: Severity
    n: int
    articles: int
    what: str
    way_out: str


class FindingRow(StrictModel):
    """One finding; ``start``, ``end`` and ``words`` are null or empty where it is of no stretch of text."""

    kind: str
    severity: Severity
    article: str
    start: int | None
    end: int | None
    words: str
    message: str
    score: float


class CheckReport(StrictModel):
    """What ``check --json`` prints: kinds the worst first, findings in the order of the kinds, the worst first."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str = __version__
    corpus: str
    ontology: str
    gold: str
    articles: int
    spans: int
    errors: int
    looks: int
    kinds: dict[str, KindCount]
    findings: tuple[FindingRow, ...]


def check_report(
    findings: Sequence[Finding], *, corpus: str, ontology: str, gold: str, n_articles: int, n_spans: int
) -> CheckReport:
    """Count findings, which are in their order, per kind."""
    articles: defaultdict[str, set[str]] = defaultdict(set)
    counts: defaultdict[str, int] = defaultdict(int)
    for finding in findings:
        counts[finding.kind] += 1
        articles[finding.kind].add(finding.article)
    kinds = {
        name: KindCount(
            severity=KIND_OF[name].severity,
            n=n,
            articles=len(articles[name] - {""}),
            what=KIND_OF[name].what,
            way_out=KIND_OF[name].way_out,
        )
        for name, n in counts.items()
    }
    rows = tuple(
        FindingRow(
            kind=f.kind,
            severity=KIND_OF[f.kind].severity,
            article=stored_form(f.article).text,  # ids in exports may have what no file can hold
            start=f.start,
            end=f.end,
            words=f.words,
            message=stored_form(f.message).text,
            score=f.score,
        )
        for f in findings
    )
    n_errors = sum(kind.n for kind in kinds.values() if kind.severity == "error")
    return CheckReport(
        corpus=corpus, ontology=ontology, gold=gold, articles=n_articles, spans=n_spans,
        errors=n_errors, looks=len(rows) - n_errors, kinds=kinds, findings=rows,
    )  # fmt: skip
