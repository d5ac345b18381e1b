"""Articles that repeat another one: wire copy that several outlets print, updates, corrections.

Candidates come from MinHash signatures in a locality-sensitive index (Broder 1997; datasketch) and are checked exactly:
two articles are near-duplicates if the Jaccard similarity of their shingles is at least the threshold.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eventcorpus.schema import Article
from eventcorpus.text import words

THRESHOLD = 0.5
SHINGLE = 5
"""Words in a shingle."""
_PERMUTATIONS = 128
_INDEX_SHARE = 0.7
"""The index is asked for pairs above this share of the threshold: a signature is an estimate, with an error of 0.09."""


class NearDuplicates:
    """Takes articles one after another and tells which earlier one each repeats.

    Args:
        threshold: Jaccard similarity of shingles of five words, in (0, 1].
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        from datasketch import MinHashLSH

        self._threshold = threshold
        self._index = MinHashLSH(threshold=threshold * _INDEX_SHARE, num_perm=_PERMUTATIONS)
        self._shingles: dict[str, tuple[int, frozenset[bytes]]] = {}
        self._seen: set[frozenset[bytes]] = set()

    def add(self, article_id: str, text: str) -> str | None:
        """Take an article; an id is given once.

        Returns:
            the id of the most similar earlier article that it repeats (of equal ones the first), or None.
        """
        return next((other for other, _ in self.add_and_list(article_id, text)), None)

    def add_and_list(self, article_id: str, text: str) -> list[tuple[str, float]]:
        """Take an article; an id is given once.

        Of articles with the same shingles only the first is kept: a thousand copies are not compared with each other.

        Returns:
            all earlier articles that it repeats with their similarity, the most similar first, then the earlier.
        """
        own = shingles(text)
        signature = _signature(own)
        found: list[tuple[float, int, str]] = []
        for other in self._index.query(signature):
            number, theirs = self._shingles[other]
            similarity = jaccard(own, theirs)
            if similarity >= self._threshold:
                found.append((-similarity, number, other))
        if own not in self._seen:
            self._seen.add(own)
            self._index.insert(article_id, signature)
            self._shingles[article_id] = len(self._shingles), own
        return [(other, -similarity) for similarity, _, other in sorted(found)]


def shingles(text: str) -> frozenset[bytes]:
    """Hashes of every run of five words, case aside; of a shorter text the one run of all its words.

    >>> len(shingles("One two three four five six"))
    2
    """
    said = [text[start:end].casefold() for start, end in words(text) if text[start].isalnum()]
    runs = (" ".join(said[i : i + SHINGLE]) for i in range(max(1, len(said) - SHINGLE + 1)))
    return frozenset(hashlib.blake2b(run.encode(), digest_size=8).digest() for run in runs)


def jaccard(one: frozenset[bytes], other: frozenset[bytes]) -> float:
    """Shared shingles over all shingles, in [0, 1]."""
    return len(one & other) / len(one | other)


def _signature(own: frozenset[bytes]) -> Any:
    from datasketch import MinHash

    signature = MinHash(num_perm=_PERMUTATIONS, hashfunc=_first_bytes)
    signature.update_batch(sorted(own))
    return signature


def _first_bytes(shingle: bytes) -> int:
    """A shingle is a hash already: no need to hash it again."""
    return int.from_bytes(shingle[:4], "little")


@dataclass(frozen=True)
class Clusters:
    """Which articles belong together.

    ``cluster_of``: by article id the first id (in alphabetical order) of its cluster, which may be itself alone.
    ``pairs``: near-duplicates (later id, earlier id, Jaccard similarity of shingles).
    """

    cluster_of: dict[str, str]
    pairs: list[tuple[str, str, float]]

    def members(self) -> dict[str, list[str]]:
        """The ids of every cluster in alphabetical order, by its first."""
        return groups_of(self.cluster_of)


def find_clusters(articles: Iterable[Article]) -> Clusters:
    """Join near-duplicates, transitively, and articles of the same ``cluster``."""
    index, joined, first_of = NearDuplicates(), Joined(), dict[str, str]()
    pairs: list[tuple[str, str, float]] = []
    for article in articles:
        joined.add(article.id)
        for other, similarity in index.add_and_list(article.id, article.text):
            pairs.append((article.id, other, similarity))
            joined.join(article.id, other)
        if article.cluster is not None:
            joined.join(article.id, first_of.setdefault(article.cluster, article.id))
    return Clusters(joined.leaders(), pairs)


class Joined:
    """Sets of ids that grow together (union and find, with path halving)."""

    def __init__(self) -> None:
        self._leader: dict[str, str] = {}

    def add(self, one: str) -> None:
        """Take an id, in a set of its own unless it is known."""
        self._leader.setdefault(one, one)

    def join(self, one: str, other: str) -> None:
        """Let two known ids be in one set, led by the first in alphabetical order."""
        first, second = sorted((self._find(one), self._find(other)))
        self._leader[second] = first

    def leaders(self) -> dict[str, str]:
        """By id the first id of its set."""
        return {one: self._find(one) for one in sorted(self._leader)}

    def _find(self, one: str) -> str:
        while self._leader[one] != one:
            self._leader[one] = one = self._leader[self._leader[one]]
        return one


def groups_of(leader_of: dict[str, str]) -> dict[str, list[str]]:
    """The ids of every group in alphabetical order, by the first of them."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for one in sorted(leader_of):
        groups[leader_of[one]].append(one)
    return dict(groups)
