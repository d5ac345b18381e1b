"""The kinds of findings, the worst first, and what a finding is.

An *error* cannot be meant: ``check --strict`` fails on it. A *look* is often right; someone should look at it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import Field

from eventcorpus import __version__
from eventcorpus.corpus.folder import CorpusFolder
from eventcorpus.errors import InputError, nearest
from eventcorpus.files import StrictModel
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.text import stored_form

Severity = Literal["error", "look"]


class Kind(NamedTuple):
    """One kind of finding: what it says, and the way out."""

    name: str
    severity: Severity
    what: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place to look at.

    ``start`` and ``end`` are code points of the article's text, ``words`` the text between them; None and empty where a
    finding is about the whole article or corpus. ``score`` orders findings of one kind, the highest first; the check
    that makes it says what it is.
    """

    kind: str
    article: str
    message: str
    start: int | None = None
    end: int | None = None
    words: str = ""
    score: float = 0.0


def finding_at(span: Span, annotated: AnnotatedArticle, kind: str, message: str, *, score: float = 0.0) -> Finding:
    """A finding about a span of an article."""
    words = annotated.article.text[span.start : span.end]
    return Finding(kind, annotated.article.id, message, span.start, span.end, words, score)


def is_english(article: Article) -> bool:
    """Whether checks that know English apply: the article is English, or states no language."""
    return article.language is None or article.language.lower().startswith("en")


# fmt: off
KINDS = (
    Kind("unreadable", "error", "articles and tasks that cannot be read",
         "restore the text, or export the article again"),
    Kind("text-differs", "error", "the annotated text is not that of the article",
         "annotate the present text, or restore the article's"),
    Kind("offsets", "error", "spans whose offsets or text cannot be right", "draw the span again"),
    Kind("not-in-ontology", "error", "labels, roles, attributes and values that the ontology does not have",
         "add it to the ontology, or label again"),
    Kind("overlap", "error", "spans that overlap, in a flat ontology", "remove one of the two spans"),
    Kind("signature", "error", "roles between labels that the ontology does not let them link",
         "link another span, or mend the signatures"),
    Kind("event-link", "error", "event links across labels or to a later trigger",
         "link the later trigger to the first of the same label"),
    Kind("attribute-missing", "error", "attributes without a default that were not set", "choose a value"),
    Kind("not-read", "error", "items of an annotation that convert refuses", "draw it again, or remove it"),
    Kind("edge-blank", "error", "blanks at the edges of spans", "draw the span without them"),
    Kind("config-outdated", "error", "the labelling page is not that of the ontology",
         "write it again: eventcorpus labelstudio tasks ARTICLES --out tasks, then copy config.xml"),
    Kind("no-article", "error", "annotations of articles that are not in articles/",
         "add the article, or remove the task from the export"),
    Kind("no-annotation", "error", "articles that nobody annotated", "annotate it, or move it out of articles/"),
    Kind("split-missing", "error", "articles in no split", "eventcorpus split CORPUS --out SPLITS --keep SPLITS"),
    Kind("split-twice", "error", "articles in two splits, or twice in one", "remove one of the lines"),
    Kind("split-unknown", "error", "lines of splits that name no article", "remove the line, or add the article"),
    Kind("split-leak", "error", "clusters on two sides of the splits", "move all of them to one split"),
    Kind("split-changed", "error", "splits that are not what their manifest says",
         "write them again: eventcorpus split ... --keep SPLITS"),
    Kind("not-counted", "look", "items of skipped or replaced annotations", "nothing, if that was meant"),
    Kind("repaired", "look", "items that convert mends", "nothing, or draw it again"),
    Kind("near-duplicate", "look", "articles that repeat another and name no common cluster",
         "give both the same cluster"),
    Kind("fields-differ", "look", "fields of an article that its task has otherwise",
         "export the article again, or leave it"),
    Kind("labelled-differently", "look", "the same words under different labels", "agree on one label, or leave it"),
    Kind("unlabelled-repeat", "look", "names that are labelled elsewhere and not here",
         "label it here too, or leave it"),
    Kind("unlabelled-pattern", "look", "words that look like a label's and are not labelled", "label it, or leave it"),
    Kind("only-predicted", "look", "what a model is sure of and gold lacks", "label it, or leave it"),
    Kind("never-predicted", "look", "gold that a model never finds", "check its label and edges, or leave it"),
    Kind("expected-role", "look", "triggers without any of the roles that their label expects",
         "link one, or leave it"),
    Kind("no-role", "look", "triggers without any role", "link its arguments, or leave it"),
    Kind("inside-word", "look", "spans that begin or end inside a word", "draw whole words"),
    Kind("break-inside", "look", "spans with a line break or the end of a sentence inside",
         "draw two spans, or leave it"),
    Kind("edge-punctuation", "look", "punctuation at the edges of spans", "draw the span without it, or leave it"),
    Kind("determiner", "look", "entities that begin with a determiner or possessive",
         "draw the span without it, or leave it"),
)
# fmt: on
KIND_OF = {kind.name: kind for kind in KINDS}
RANK = {kind.name: i for i, kind in enumerate(KINDS)}
LOOKS = tuple(kind.name for kind in KINDS if kind.severity == "look")
"""Kinds that may be meant, so that they can be left out."""


def finding_order(finding: Finding) -> tuple[int, float, str, int]:
    """The worst kind first, in it the highest score."""
    return RANK[finding.kind], -finding.score, finding.article, finding.start or 0


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
    without: tuple[str, ...] = Field(default=(), description="kinds that were not looked for")
    kinds: dict[str, KindCount]
    findings: tuple[FindingRow, ...]


def kinds_left_out(corpus: CorpusFolder, given: Collection[str]) -> tuple[str, ...]:
    """The kinds that are not looked for: those that were ``given``, and the ontology's ``checks: {without: [...]}``.

    Raises:
        InputError: if there is no such kind, or it is an error, which nobody can mean.
    """
    for place, names in (
        ("--without", given),
        (f"{corpus.ontology.key}: checks.without", corpus.ontology.checks.without),
    ):
        for name in names:
            if name not in KIND_OF:
                raise InputError(f"{place}: there is no kind {name!r}; {nearest(name, LOOKS)}")
            if name not in LOOKS:
                raise InputError(f"{place}: {name} is an error, and is always looked for; {KIND_OF[name].way_out}")
    return tuple(name for name in LOOKS if name in (*given, *corpus.ontology.checks.without))


def check_report(findings: Sequence[Finding], corpus: CorpusFolder, without: Sequence[str] = ()) -> CheckReport:
    """Count findings, which are in their order, per kind; those of the kinds ``without`` are left out."""
    findings = [finding for finding in findings if finding.kind not in without]
    articles = {(finding.kind, finding.article) for finding in findings if finding.article}
    n_articles_of = Counter(kind for kind, _ in articles)
    n_of = Counter(finding.kind for finding in findings)
    kinds = {
        name: KindCount(n=n_of[name], articles=n_articles_of[name], severity=severity, what=what, way_out=way_out)
        for name, severity, what, way_out in KINDS
        if name in n_of
    }
    rows = tuple(
        FindingRow(
            severity=KIND_OF[finding.kind].severity,
            article=stored_form(finding.article).text,  # ids in exports may have what no file can hold
            message=stored_form(finding.message).text,
            **{name: getattr(finding, name) for name in ("kind", "start", "end", "words", "score")},
        )
        for finding in findings
    )
    n_errors = sum(kind.n for kind in kinds.values() if kind.severity == "error")
    return CheckReport(
        corpus=corpus.path.resolve().name,
        ontology=corpus.ontology.key,
        gold=corpus.policy,
        without=tuple(without),
        articles=len(corpus.gold),
        spans=sum(len(annotated.spans) for annotated in corpus.gold.values()),
        errors=n_errors,
        looks=len(rows) - n_errors,
        kinds=kinds,
        findings=rows,
    )
