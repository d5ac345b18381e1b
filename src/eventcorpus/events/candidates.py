"""The pairs of a trigger and a mention that a role may link, and where the two stand to each other.

Comes in: a text and its mentions, annotated or predicted. Goes out: for each pair that the signatures of the ontology
allow, small whole numbers (buckets of distances, ranks, words beside the mentions) that a linear model counts and a
network embeds. No name of a label or role appears here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eventcorpus.ontology import Ontology
from eventcorpus.text import sentence_starts, words

Ints = NDArray[np.int64]

MOST_BEFORE, MOST_AFTER = 8, 4
"""Candidates of one label on either side of a trigger: the nearest so many. In the shipped corpus 99.7% of the roles
are among them, and the number of pairs grows with the length of a text, not with its square."""
MOST_ANTECEDENTS = 10
"""Earlier triggers of the same label that a trigger may tell the event of: the last so many."""
N_WORDS = 60
"""Words beside mentions that are told apart; all others are one."""
_DISTANCES = (1, 2, 3, 4, 5, 8, 11, 16, 23, 33, 65, 130)
"""Where buckets of distances, in words, begin."""
_BEFORE, _AFTER = 6, 3
"""Sentences between an argument and its trigger that are told apart, where the argument is before it and after it."""
_MARKS = (",", '"“”«»', ":;–—", "\n")
"""Marks between the two that are told apart."""
APART = (1, 2, 3, 5, 8, 13)
"""Where buckets of the sentences between two triggers begin."""
RECENT = 4
"""Numbers of triggers of the same label between two triggers that are told apart."""
_OTHER, _EDGE = 0, 1
"""Ids of the words that are not told apart, and of what is beyond the ends of the text."""

FEATURES: dict[str, int] = {
    "distance": 2 * (len(_DISTANCES) + 1),
    "sentences": _BEFORE + _AFTER + 1,
    "rank": MOST_BEFORE + MOST_AFTER,
    "nearer triggers": 6,
    "nearer triggers of its label": 4,
    "triggers between": 5,
    "first line": 4,
    "marks between": 2 ** len(_MARKS),
    "sentence of the argument": 5,
    "its label in the trigger's sentence": 2,
    "same text nearer": 2,
    "word before the argument": N_WORDS + 2,
    "second word before the argument": N_WORDS + 2,
    "word after the argument": N_WORDS + 2,
    "word before the trigger": N_WORDS + 2,
    "second word before the trigger": N_WORDS + 2,
    "word after the trigger": N_WORDS + 2,
}
"""Each feature of a pair, and how many values it has, from 0."""


_WITH_LABELS = ("distance", "sentences", "rank", "nearer triggers", "triggers between", "marks between")
"""Features that are also read together with the labels of both."""
_WITH_ARGUMENT = (
    "sentences", "rank", "nearer triggers", "word before the argument", "first line",
    "its label in the trigger's sentence",
)  # fmt: skip
"""Features that are also read together with the label of the argument."""
_CROSSED = (("sentences", "rank"), ("distance", "nearer triggers"))
"""Pairs of features that are read together, and with the label of the argument."""


class HasLabel(Protocol):
    """A mention, annotated or predicted; offsets in code points, ``end`` excluded."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def label(self) -> str: ...


@dataclass(frozen=True)
class Signatures:
    """What the ontology allows, as arrays. ``roles``: the roles but the one that joins triggers into events.

    ``allowed``: shape (n_labels, n_labels, n_roles), from the trigger's label to the argument's. ``is_trigger``: shape
    (n_labels,).
    """

    labels: tuple[str, ...]
    roles: tuple[str, ...]
    allowed: NDArray[np.bool_]
    is_trigger: NDArray[np.bool_]

    @classmethod
    def of(cls, ontology: Ontology, roles: Sequence[str] | None = None) -> Signatures:
        """Those of an ontology, of all roles or of some; where it has none, no pair is allowed."""
        labels, triggers = ontology.labels, set(ontology.trigger_names)
        if roles is None:
            roles = tuple(role.name for role in ontology.roles if role.name != ontology.event_link)
        allowed = np.zeros((len(labels), len(labels), len(roles)), dtype=np.bool_)
        for i, source in enumerate(labels):
            for j, target in enumerate(labels):
                for k, role in enumerate(roles):
                    allowed[i, j, k] = source in triggers and ontology.allows(role, source, target)
        return cls(labels, tuple(roles), allowed, np.array([label in triggers for label in labels], dtype=np.bool_))


@dataclass(frozen=True)
class Candidates:
    """The candidate pairs of one text.

    ``labels``: shape (n_mentions,), the label ids of the mentions in the order in which they were given. ``pairs``:
    shape (n_pairs, 2), the positions of trigger and argument among the mentions, by trigger. ``allowed``: shape
    (n_pairs, n_roles). ``features``: shape (n_pairs, len(FEATURES)). ``sentences`` and ``texts``: shape (n_mentions,),
    the sentence in which each mention begins, from 0, and numbers that are equal where the texts of two mentions are,
    without regard to case. ``antecedents``: shape (n_antecedents, 2), two triggers of one label, the earlier first, by
    the later one, at most ``MOST_ANTECEDENTS`` of each; ``antecedent_features``: shape (n_antecedents, 2), buckets of
    the sentences between them (``APART``), and of the triggers of their label (less than ``RECENT``).
    """

    labels: Ints
    pairs: Ints
    allowed: NDArray[np.bool_]
    features: Ints
    sentences: Ints
    texts: Ints
    antecedents: Ints
    antecedent_features: Ints

    @property
    def is_near(self) -> NDArray[np.bool_]:
        """Shape (n_pairs,): whether both stand in one sentence."""
        near: NDArray[np.bool_] = self.sentences[self.pairs[:, 0]] == self.sentences[self.pairs[:, 1]]
        return near


def n_crossed(n_labels: int) -> int:
    """How many values ``crossed_features`` tells apart."""
    both = sum(FEATURES[name] for name in _WITH_LABELS) + 1
    one = sum(FEATURES[name] for name in _WITH_ARGUMENT) + sum(FEATURES[a] * FEATURES[b] for a, b in _CROSSED)
    return sum(FEATURES.values()) + both * n_labels**2 + one * n_labels


def crossed_features(pairs: Candidates, n_labels: int) -> Ints:
    """The features of each pair alone and read together: what a linear model needs, and a network begins with.

    Returns:
        shape (n_pairs, n), numbers in [0, ``n_crossed(n_labels)``), each column in a range of its own.
    """
    column = dict(zip(FEATURES, pairs.features.T, strict=True))
    arguments = pairs.labels[pairs.pairs[:, 1]]
    both = pairs.labels[pairs.pairs[:, 0]] * n_labels + arguments
    values: list[tuple[Ints, int]] = [(column[name], size) for name, size in FEATURES.items()]
    values.append((both, n_labels**2))
    values += [(both * FEATURES[name] + column[name], n_labels**2 * FEATURES[name]) for name in _WITH_LABELS]
    values += [(arguments * FEATURES[name] + column[name], n_labels * FEATURES[name]) for name in _WITH_ARGUMENT]
    for one, other in _CROSSED:
        together = column[one] * FEATURES[other] + column[other]
        size = FEATURES[one] * FEATURES[other]
        values.append((arguments * size + together, n_labels * size))
    first = np.cumsum([0, *(size for _, size in values)])
    return np.stack([found + begin for (found, _), begin in zip(values, first, strict=False)], axis=1)


def common_words(texts: Iterable[tuple[str, Sequence[HasLabel]]]) -> tuple[str, ...]:
    """The ``N_WORDS`` words, without regard to case, that stand most often beside mentions; of equals the first."""
    counts: Counter[str] = Counter()
    for text, mentions in texts:
        offsets = words(text)
        starts = [start for start, _ in offsets]
        for mention in mentions:
            first, last = _words_of(mention, starts)
            counts.update(text[slice(*offsets[i])].casefold() for i in (first - 1, last + 1) if 0 <= i < len(offsets))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(word for word, _ in ranked[:N_WORDS])


def _words_of(mention: HasLabel, starts: Sequence[int]) -> tuple[int, int]:
    """The positions of the first and the last word of a mention."""
    return max(bisect_right(starts, mention.start) - 1, 0), max(bisect_right(starts, mention.end - 1) - 1, 0)


@dataclass(frozen=True)
class CandidateFinder:
    """Finds the pairs that the roles of ``signatures`` may link, and their features; ``words``: ``common_words``."""

    signatures: Signatures
    words: tuple[str, ...] = ()

    @cached_property
    def _known_words(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def _rank_of(self) -> dict[str, int]:
        return {label: i for i, label in enumerate(self.signatures.labels)}

    def __call__(self, text: str, mentions: Sequence[HasLabel]) -> Candidates:
        """The candidates of a text, whose mentions have labels of the ontology and are in text order."""
        signatures = self.signatures
        labels = np.array([self._rank_of[mention.label] for mention in mentions], dtype=np.int64)
        layout = _Layout.of(text, mentions, self._known_words)
        triggers = np.flatnonzero(signatures.is_trigger[labels]) if len(labels) else np.zeros(0, dtype=np.int64)
        rank, is_before = _ranks(labels, triggers)
        possible = signatures.allowed[labels[triggers]][:, labels].any(axis=2) if len(triggers) else rank > 0
        possible &= np.where(is_before, rank < MOST_BEFORE, rank < MOST_AFTER)
        possible[np.arange(len(triggers)), triggers] = False
        rows, arguments = np.nonzero(possible)
        pairs = np.stack([triggers[rows], arguments], axis=1)
        columns = _features(layout, labels, triggers, rank, is_before)
        features = np.stack([column[rows, arguments] for column in columns.values()], axis=1)
        assert list(columns) == list(FEATURES)
        allowed = signatures.allowed[labels[pairs[:, 0]], labels[pairs[:, 1]]]
        return Candidates(
            labels, pairs, allowed, features, layout.sentences, layout.texts, *_antecedents(labels, triggers, layout)
        )


def _antecedents(labels: Ints, triggers: Ints, layout: _Layout) -> tuple[Ints, Ints]:
    """The pairs of triggers of one label, the nearest earlier ones of each, and their features."""
    before: dict[int, list[int]] = {}
    found: list[tuple[int, int]] = []
    for later in triggers.tolist():
        alike = before.setdefault(int(labels[later]), [])
        found += [(earlier, later) for earlier in alike[-MOST_ANTECEDENTS:]]
        alike.append(later)
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    n_alike = np.array([(labels[:i] == label).sum() for i, label in enumerate(labels)], dtype=np.int64)
    apart = layout.sentences[pairs[:, 1]] - layout.sentences[pairs[:, 0]]
    between = n_alike[pairs[:, 1]] - n_alike[pairs[:, 0]] - 1
    return pairs, np.stack([np.searchsorted(APART, apart, side="right"), np.minimum(between, RECENT - 1)], axis=1)


@dataclass(frozen=True)
class _Layout:
    """Where the mentions of a text stand; shapes (n_mentions,), ``has_mark`` (len(_MARKS), n_mentions, n_mentions)."""

    first_word: Ints
    last_word: Ints
    sentences: Ints
    lines: Ints
    texts: Ints
    beside: Mapping[int, Ints]
    has_mark: NDArray[np.bool_]

    @classmethod
    def of(cls, text: str, mentions: Sequence[HasLabel], known_words: Mapping[str, int]) -> _Layout:
        offsets = words(text)
        starts = [start for start, _ in offsets]
        places = np.array([_words_of(mention, starts) for mention in mentions], dtype=np.int64).reshape(-1, 2)
        ids: Ints = np.full(len(offsets) + 4, _EDGE, dtype=np.int64)  # two more on either side
        ids[2:-2] = [known_words.get(text[start:end].casefold(), -2) + 2 for start, end in offsets]
        first, last = places[:, 0], places[:, 1]
        beside = {-2: ids[first], -1: ids[first + 1], 1: ids[last + 3]}
        breaks = sentence_starts(text)
        sentences = np.array([bisect_right(breaks, mention.start) - 1 for mention in mentions], dtype=np.int64)
        begins = np.array([mention.start for mention in mentions], dtype=np.int64)
        ends = np.array([mention.end for mention in mentions], dtype=np.int64)
        characters = np.array(list(text)) if text else np.zeros(0, dtype="<U1")
        has_mark = np.zeros((len(_MARKS), len(begins), len(begins)), dtype=np.bool_)
        lines: Ints = np.zeros(len(begins), dtype=np.int64)
        for i, marks in enumerate(_MARKS):
            n_before = _counted_before(np.isin(characters, list(marks)))
            left, right = np.minimum.outer(ends, ends), np.maximum.outer(begins, begins)
            has_mark[i] = n_before[np.maximum(left, right)] > n_before[left]
            lines = n_before[begins]  # of the last one, line feeds
        known: dict[str, int] = {}
        texts = [known.setdefault(text[m.start : m.end].casefold(), len(known)) for m in mentions]
        return cls(first, last, sentences, lines, np.array(texts, dtype=np.int64), beside, has_mark)


def _counted_before(is_counted: NDArray[np.bool_]) -> Ints:
    """How many are counted before each position of the last axis, and in all: one longer than that."""
    counted = np.cumsum(is_counted, axis=-1, dtype=np.int64)
    first = np.zeros((*counted.shape[:-1], 1), dtype=np.int64)
    return np.concatenate([first, counted], axis=-1)


def _ranks(labels: Ints, triggers: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Of each trigger and mention, how many mentions of its label are nearer on its side; and whether it is before.

    Both of shape (n_triggers, n_mentions).
    """
    n = len(labels)
    is_label = labels[None] == np.arange(int(labels.max(initial=-1)) + 1)[:, None]
    n_before = _counted_before(is_label)
    arguments = np.arange(n)
    until = n_before[labels, arguments]  # of its label, before it
    is_before = arguments[None] < triggers[:, None]
    up_to_trigger = n_before[labels[None], triggers[:, None]]
    past_trigger = n_before[labels[None], triggers[:, None] + 1]
    return np.where(is_before, up_to_trigger - until[None] - 1, until[None] - past_trigger), is_before


def _features(
    layout: _Layout, labels: Ints, triggers: Ints, rank: Ints, is_before: NDArray[np.bool_]
) -> dict[str, Ints]:
    """Each feature of every trigger and mention: shape (n_triggers, n_mentions)."""
    from scipy.stats import rankdata  # half a second, which the help of a command should not take

    first, last, sentences = layout.first_word, layout.last_word, layout.sentences
    gap = np.maximum(first[None] - last[triggers][:, None], first[triggers][:, None] - last[None])
    distance = np.searchsorted(_DISTANCES, np.maximum(gap, 0), side="right")
    nearer = rankdata(gap, method="min", axis=0) - 1 if len(triggers) else gap
    nearer_alike = np.zeros_like(gap)
    for label in np.unique(labels[triggers]):
        alike = np.flatnonzero(labels[triggers] == label)
        nearer_alike[alike] = rankdata(gap[alike], method="min", axis=0) - 1
    arguments = np.arange(len(labels))
    n_triggers = _counted_before(np.isin(arguments, triggers))
    left = np.minimum(triggers[:, None], arguments[None])
    between = n_triggers[np.maximum(triggers[:, None], arguments[None])] - n_triggers[left + 1]
    apart = sentences[None] - sentences[triggers][:, None]
    in_sentence = np.zeros((len(triggers), int(labels.max(initial=-1)) + 1), dtype=np.int64)
    for row, trigger in enumerate(triggers):
        near = labels[(sentences == sentences[trigger]) & (arguments != trigger)]
        in_sentence[row, near] = 1
    same_nearer = np.zeros_like(gap)
    for key in np.flatnonzero(np.bincount(layout.texts) > 1) if len(labels) else ():
        alike = np.flatnonzero(layout.texts == key)
        same_nearer[:, alike] = gap[:, alike] > gap[:, alike].min(axis=1, keepdims=True)
    marks = layout.has_mark[:, triggers]
    is_first = (layout.lines == 0).astype(np.int64)
    wide, tall = np.ones((len(triggers), 1), dtype=np.int64), np.ones((1, len(labels)), dtype=np.int64)
    of_argument = {key: wide * layout.beside[key][None] for key in layout.beside}
    of_trigger = {key: layout.beside[key][triggers][:, None] * tall for key in layout.beside}
    return {
        "distance": distance + np.where(is_before, 0, len(_DISTANCES) + 1),
        "sentences": np.clip(apart, -_BEFORE, _AFTER) + _BEFORE,
        "rank": np.where(is_before, np.clip(rank, 0, MOST_BEFORE - 1), MOST_BEFORE + np.clip(rank, 0, MOST_AFTER - 1)),
        "nearer triggers": np.minimum(nearer.astype(np.int64), 5),
        "nearer triggers of its label": np.minimum(nearer_alike.astype(np.int64), 3),
        "triggers between": np.clip(between, 0, 4),
        "first line": 2 * is_first[triggers][:, None] + is_first[None],
        "marks between": np.tensordot(2 ** np.arange(len(_MARKS)), marks.astype(np.int64), axes=1),
        "sentence of the argument": wide * np.minimum(sentences, 4)[None],
        "its label in the trigger's sentence": in_sentence[:, labels],
        "same text nearer": same_nearer,
        "word before the argument": of_argument[-1],
        "second word before the argument": of_argument[-2],
        "word after the argument": of_argument[1],
        "word before the trigger": of_trigger[-1],
        "second word before the trigger": of_trigger[-2],
        "word after the trigger": of_trigger[1],
    }
