"""The baselines of linking: logistic regressions on features, without an encoder, and the nearest argument.

They take mentions, annotated or found by any system, and give them roles, attributes and events in seconds of
training. A network beside them has to earn its place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.events.candidates import (
    APART,
    FEATURES,
    RECENT,
    CandidateFinder,
    Candidates,
    HasLabel,
    Signatures,
    crossed_features,
    n_crossed,
)
from eventcorpus.events.linking import (
    Learned,
    LinkConfidence,
    LinkConfidences,
    LinkScores,
    Numbers,
    Targets,
    linked_mentions,
)
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Mention
from eventcorpus.text import words

_CONTEXT = 6
"""Words on either side of a mention that its attributes are told by."""
_CONFIDENCES = LinkConfidences(roles=LinkConfidence(threshold=0.35))
"""The least probability of a role; chosen on the validation split of the shipped corpus."""


@dataclass(frozen=True)
class LinearLinks:
    """Classifiers of roles, attributes and antecedents, in the order of ``learned``.

    Where training met one class alone, the number of that class stands in place of a classifier (0 where it met none).

    ``words``: the columns of the words around a mention.
    """

    learned: Learned
    finder: CandidateFinder
    roles: tuple[Any, ...]
    attributes: tuple[Any, ...]
    antecedents: Any
    words: dict[str, int]

    def link(self, text: str, mentions: Sequence[Mention]) -> list[Mention]:
        """Give mentions of a text, in text order, their roles, attributes and events."""
        pairs = self.finder(text, mentions)
        return linked_mentions(mentions, pairs, self.scores(text, mentions, pairs), self.learned, _CONFIDENCES)

    def scores(self, text: str, mentions: Sequence[HasLabel], pairs: Candidates) -> LinkScores:
        """The probabilities of the candidates of a text."""
        roles = np.zeros(pairs.allowed.shape)
        matrix = _pair_matrix(pairs, len(self.finder.signatures.labels))
        for k, classifier in enumerate(self.roles):
            allowed = np.flatnonzero(pairs.allowed[:, k])
            if isinstance(classifier, int):
                roles[allowed, k] = classifier
            elif len(allowed):
                roles[allowed, k] = classifier.predict_proba(matrix[allowed])[:, 1]
        context = _context_matrix(text, mentions, self.words)
        values: list[Numbers] = []
        for attribute, classifier in zip(self.learned.attributes, self.attributes, strict=True):
            found = np.zeros((len(mentions), len(attribute.values)))
            if isinstance(classifier, int):
                found[:, classifier] = 1
            elif len(mentions):
                found[:, classifier.classes_] = classifier.predict_proba(context)
            values.append(found)
        same = np.full(len(pairs.antecedents), 1.0 if self.antecedents == 1 else -1.0)
        if not isinstance(self.antecedents, int) and len(same):
            features = _antecedent_matrix(pairs, roles, values, len(self.finder.signatures.labels))
            same = self.antecedents.decision_function(features)
        return LinkScores(roles, tuple(values), same)


def fit_linear_links(train: Sequence[AnnotatedArticle], ontology: Ontology) -> LinearLinks:
    """Train on annotated articles; the same articles give the same classifiers."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    learned = Learned.of(ontology, train)
    finder, n_labels = learned.finder(ontology), len(ontology.labels)
    layers = [resolve_overlaps(annotated.spans, ontology)[0] for annotated in train]
    texts = [annotated.article.text for annotated in train]
    found = [finder(text, spans) for text, spans in zip(texts, layers, strict=True)]
    targets = [
        Targets.of(annotated, spans, pairs, learned, ontology)
        for annotated, spans, pairs in zip(train, layers, found, strict=True)
    ]
    columns: dict[str, int] = {}
    for text, spans in zip(texts, layers, strict=True):
        for row in _contexts(text, spans):
            for word in row:
                columns.setdefault(word, len(columns))

    def fitted(matrix: Any, classes: NDArray[Any], rows: NDArray[np.bool_], **options: Any) -> Any:
        found = set(classes[rows].tolist())
        if len(found) < 2:
            return int(found.pop()) if found else 0
        return LogisticRegression(**options).fit(matrix[np.flatnonzero(rows)], classes[rows])

    matrix = sparse.vstack([_pair_matrix(pairs, n_labels) for pairs in found]).tocsr()
    known, linked = np.concatenate([t.is_known for t in targets]), np.concatenate([t.roles for t in targets]) == 1
    roles = tuple(
        fitted(matrix, linked[:, k], known[:, k], C=0.3, solver="liblinear") for k in range(len(learned.roles))
    )
    context = sparse.vstack(
        [_context_matrix(text, spans, columns) for text, spans in zip(texts, layers, strict=True)]
    ).tocsr()
    values = np.concatenate([t.values for t in targets])
    attributes = tuple(
        fitted(context, values[:, k], values[:, k] >= 0, C=1.0, class_weight="balanced", max_iter=1000)
        for k in range(len(learned.attributes))
    )
    links = LinearLinks(learned, finder, roles, attributes, 0, columns)
    if learned.event_link is None:
        return links
    given = [links.scores(text, spans, pairs) for text, spans, pairs in zip(texts, layers, found, strict=True)]
    rows = sparse.vstack(
        [_antecedent_matrix(p, s.roles, s.attributes, n_labels) for p, s in zip(found, given, strict=True)]
    ).tocsr()
    same = np.concatenate([t.same for t in targets])
    is_known = np.concatenate([np.full(len(t.same), t.has_events) for t in targets])
    return replace(links, antecedents=fitted(rows, same, is_known, C=1.0, solver="liblinear"))


def _pair_matrix(pairs: Candidates, n_labels: int) -> Any:
    """The features of pairs, one-hot: shape (n_pairs, n_crossed(n_labels))."""
    return _one_hot(crossed_features(pairs, n_labels), n_crossed(n_labels))


def _one_hot(columns: Any, width: int) -> Any:
    from scipy.sparse import csr_matrix

    n_rows, n_each = columns.shape
    ends = np.arange(0, n_rows * n_each + 1, n_each, dtype=np.int32)
    return csr_matrix((np.ones(n_rows * n_each), columns.ravel().astype(np.int32), ends), shape=(n_rows, width))


def _contexts(text: str, mentions: Sequence[HasLabel]) -> list[list[str]]:
    """The features of each mention: its label and words, the words around it with their side, and where it stands."""
    offsets = words(text)
    folded = [text[start:end].casefold() for start, end in offsets]
    starts = [start for start, _ in offsets]
    rows = []
    for mention in mentions:
        first, past = bisect_left(starts, mention.start), bisect_left(starts, mention.end)
        before, after = folded[max(first - _CONTEXT, 0) : first], folded[past : past + _CONTEXT]
        line = "first line" if "\n" not in text[: mention.start] else "later line"
        said = [f"label {mention.label}", line, *(f"in {word}" for word in folded[first:past])]
        near = [f"-1 {before[-1]}"] if before else []
        near += [f"+1 {after[0]}"] if after else []
        rows.append([*said, *near, *(f"- {word}" for word in before), *(f"+ {word}" for word in after)])
    return rows


def _context_matrix(text: str, mentions: Sequence[HasLabel], columns: dict[str, int]) -> Any:
    from scipy.sparse import csr_matrix

    rows = [sorted({columns[word] for word in row if word in columns}) for row in _contexts(text, mentions)]
    ends = np.cumsum([0, *map(len, rows)]).astype(np.int32)
    flat = np.array([column for row in rows for column in row], dtype=np.int32)
    return csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(rows), len(columns)))


def _antecedent_matrix(pairs: Candidates, roles: Numbers, values: Sequence[Numbers], n_labels: int) -> Any:
    """Of two triggers: their label, how far they are apart, for each role whether they share an argument's text or have
    different ones, whether their attributes agree, and whether they are the same word.
    """
    from scipy.sparse import hstack

    earlier, later = pairs.antecedents.T
    given = np.zeros((len(pairs.labels), int(pairs.texts.max(initial=-1)) + 1, roles.shape[1]))
    np.maximum.at(given, (pairs.pairs[:, 0], pairs.texts[pairs.pairs[:, 1]]), roles)
    shared = (given[earlier] * given[later]).max(axis=1, initial=0)
    has = given.max(axis=1, initial=0)
    different = has[earlier] * has[later] * (1 - shared)
    alike = [(found[earlier] * found[later]).sum(axis=1) for found in values]
    same_word = pairs.texts[earlier] == pairs.texts[later]
    dense = np.column_stack([shared, different, *alike, same_word])
    sizes = (n_labels, len(APART) + 1, RECENT)
    ids = np.column_stack([pairs.labels[earlier], pairs.antecedent_features])
    hot = _one_hot(ids + np.cumsum([0, *sizes[:-1]]), sum(sizes))
    return hstack([hot, dense]).tocsr()


def nearest_arguments(text: str, mentions: Sequence[Mention], ontology: Ontology) -> list[Mention]:
    """Give each trigger for each of its roles the nearest mention of its sentence that a signature allows."""
    signatures = Signatures.of(ontology)
    pairs = CandidateFinder(signatures)(text, mentions)
    distance = pairs.features[:, list(FEATURES).index("distance")] % (FEATURES["distance"] // 2)
    roles = np.zeros(pairs.allowed.shape)
    for k in range(roles.shape[1]):
        best: dict[int, int] = {}
        for i in np.flatnonzero(pairs.allowed[:, k] & pairs.is_near):
            trigger = int(pairs.pairs[i, 0])
            if trigger not in best or distance[i] < distance[best[trigger]]:
                best[trigger] = int(i)
        roles[list(best.values()), k] = 1.0
    learned = Learned(roles=signatures.roles, attributes=(), event_link=None, words=(), single=())
    scores = LinkScores(roles, (), np.zeros(len(pairs.antecedents)))
    return linked_mentions(mentions, pairs, scores, learned, LinkConfidences())
