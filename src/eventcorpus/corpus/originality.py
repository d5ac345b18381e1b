"""How much articles repeat each other: shingles, runs of words, openings, and runs with the mentions masked.

Articles of one ``cluster`` count as one article.
Words are runs of letters, digits and underscores (``\\w+``), in lower case. Runs are compared by 64-bit hashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.files import StrictModel
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle

SHINGLE, RUN, OPENING = 5, 8, 4
"""Words in a shingle, in a run, and in the opening of an article."""
RUN_ARTICLES, OPENING_ARTICLES, MASKED_ARTICLES = 2, 3, 3
"""In more articles than these a run, an opening, a masked run counts as repeated."""
_COMMON = 1000
"""Articles from which a shingle is boilerplate and makes no pair of articles worth comparing."""
_ROWS = 500
_EXAMPLES = 5
_WORD = re.compile(r"\w+")
_ODD = np.uint64(0x9E3779B97F4A7C15)
Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]


class Pair(StrictModel):
    """Two articles and the Jaccard similarity of their five-word shingles, in [0, 1]."""

    one: str
    other: str
    jaccard: float


class Repeated(StrictModel):
    """Words that are in so many articles (a cluster counts as one), the first of them named."""

    words: str
    articles: int
    first: str


class Originality(StrictModel):
    """Figures of repetition; ``nearest`` and the examples hold the worst.

    ``highest_jaccard``: between any two articles, clusters apart. ``repeated_runs``: runs of 8 words in more than 2
    articles. ``repeated_openings``: openings of 4 words that more than 3 share. ``repeated_masked_runs``: runs of 8
    tokens, where a span is one token (its label), in more than 3 articles.
    """

    highest_jaccard: float
    nearest: tuple[Pair, ...]
    repeated_runs: int
    runs: tuple[Repeated, ...]
    repeated_openings: int
    openings: tuple[Repeated, ...]
    repeated_masked_runs: int
    masked_runs: tuple[Repeated, ...]


@dataclass(frozen=True)
class _Texts:
    """Articles as sequences of word numbers, which need little memory.

    ``units``: of each article the number of its cluster, or of itself; shape (n_articles,).
    """

    ids: list[str]
    units: Numbers
    words: list[Numbers]
    vocabulary: list[str]

    @classmethod
    def of(cls, gold: Sequence[AnnotatedArticle], texts: Iterable[list[str]]) -> _Texts:
        """Number units, and the words of the articles' texts, in the order in which they come up."""
        unit: dict[tuple[str, str], int] = {}
        units = np.array([unit.setdefault(each.article.unit, len(unit)) for each in gold], dtype=np.int64)
        number: dict[str, int] = {}
        words = [np.array([number.setdefault(word, len(number)) for word in text], dtype=np.int64) for text in texts]
        return cls([each.article.id for each in gold], units, words, list(number))


def originality_of(gold: Sequence[AnnotatedArticle], ontology: Ontology) -> Originality:
    """Compare articles with each other.

    Pairs are compared exactly if they share a shingle that stands in at most 1,000 articles.
    """
    plain = _Texts.of(gold, (_WORD.findall(annotated.article.text.lower()) for annotated in gold))
    masked = _Texts.of(gold, (masked_words(annotated, ontology) for annotated in gold))
    first_words = replace(plain, words=[words[:OPENING] for words in plain.words])
    nearest = _nearest(plain)
    n_runs, runs = _repeated(plain, RUN, more_than=RUN_ARTICLES)
    n_masked, masked_runs = _repeated(masked, RUN, more_than=MASKED_ARTICLES)
    n_openings, openings = _repeated(first_words, OPENING, more_than=OPENING_ARTICLES)
    return Originality(
        highest_jaccard=nearest[0].jaccard if nearest else 0.0,
        nearest=tuple(nearest),
        repeated_runs=n_runs,
        runs=runs,
        repeated_openings=n_openings,
        openings=openings,
        repeated_masked_runs=n_masked,
        masked_runs=masked_runs,
    )


def masked_words(annotated: AnnotatedArticle, ontology: Ontology) -> list[str]:
    """The words of an article, each span (of those that overlap the longest) being one word, its label in brackets."""
    text, words, at = annotated.article.text, list[str](), 0
    for span in resolve_overlaps(annotated.spans, ontology)[0]:
        words += [*_WORD.findall(text[at : span.start].lower()), f"[{span.label}]"]
        at = span.end
    return words + _WORD.findall(text[at:].lower())


def _hashes(texts: _Texts, n: int) -> list[Hashes]:
    """Of each article the hash of every run of ``n`` words, shape (n_words - n + 1,); of a shorter one none."""
    values = np.random.default_rng(0).integers(0, 2**64, size=max(1, len(texts.vocabulary)), dtype=np.uint64)
    found: list[Hashes] = []
    for words in texts.words:
        own = values[words]
        runs: Hashes = np.zeros(max(0, len(own) - n + 1), dtype=np.uint64)
        for k in range(n):
            runs = runs * _ODD + own[k : k + len(runs)]
        found.append(runs)
    return found


def _repeated(texts: _Texts, n: int, *, more_than: int) -> tuple[int, tuple[Repeated, ...]]:
    """How many different runs of ``n`` words are in more than so many units, and the most frequent of them."""
    hashes = _hashes(texts, n)
    if not sum(map(len, hashes)):
        return 0, ()
    every = np.concatenate(hashes)
    article = np.repeat(np.arange(len(hashes)), [len(own) for own in hashes])
    place = np.concatenate([np.arange(len(own)) for own in hashes])
    unit = texts.units[article]
    order = np.lexsort((article, unit, every))
    run, unit = every[order], unit[order]
    is_first = np.ones(len(run), dtype=bool)  # of the places of this run in this unit
    is_first[1:] = (run[1:] != run[:-1]) | (unit[1:] != unit[:-1])
    first = order[is_first]
    _, begins, counts = np.unique(run[is_first], return_index=True, return_counts=True)
    often = np.flatnonzero(counts > more_than)
    examples = []
    for k in often[np.argsort(-counts[often], kind="stable")[:_EXAMPLES]]:
        where = first[begins[k] : begins[k] + counts[k]]
        at = min(where.tolist())
        words = [texts.vocabulary[i] for i in texts.words[article[at]][place[at] : place[at] + n]]
        examples.append(Repeated(words=" ".join(words), articles=int(counts[k]), first=texts.ids[article[at]]))
    return len(often), tuple(examples)


def _nearest(texts: _Texts) -> list[Pair]:
    """The most similar pairs of articles of different units, the most similar first."""
    from scipy.sparse import csr_matrix

    sets = [np.unique(own) for own in _hashes(texts, SHINGLE)]
    sizes = np.array([len(own) for own in sets], dtype=np.int64)
    if not sizes.sum():
        return []
    article = np.repeat(np.arange(len(sets)), sizes)
    _, column, counts = np.unique(np.concatenate(sets), return_inverse=True, return_counts=True)
    shared = (counts[column] > 1) & (counts[column] <= _COMMON)
    renumbered = np.cumsum(counts > 1) - 1
    ones = np.ones(int(shared.sum()), dtype=np.int32)
    shape = (len(sets), max(1, int((counts > 1).sum())))
    has = csr_matrix((ones, (article[shared], renumbered[column[shared]])), shape=shape)
    best: list[tuple[float, int, int]] = []
    for begin in range(0, len(sets), _ROWS):
        both = (has[begin : begin + _ROWS] @ has.T).tocoo()
        a, b = both.row + begin, both.col
        apart = (a < b) & (texts.units[a] != texts.units[b])
        a, b, n_both = a[apart], b[apart], both.data[apart]
        near = np.argsort(-(n_both / (sizes[a] + sizes[b] - n_both)), kind="stable")[:_EXAMPLES]
        best += [(_jaccard(sets[a[i]], sets[b[i]]), int(a[i]), int(b[i])) for i in near]
        best = sorted(best, key=lambda pair: (-pair[0], pair[1], pair[2]))[:_EXAMPLES]
    return [Pair(one=texts.ids[a], other=texts.ids[b], jaccard=round(value, 4)) for value, a, b in best]


def _jaccard(first: Hashes, second: Hashes) -> float:
    """Jaccard similarity of two sorted sets, boilerplate included."""
    n_both = len(np.intersect1d(first, second, assume_unique=True))
    return n_both / (len(first) + len(second) - n_both)
