"""Articles that repeat another one: wire copy that several outlets print, updates, corrections.

Candidates come from MinHash signatures in a locality-sensitive index (Broder 1997; datasketch) and are checked exactly:
two articles are near-duplicates if the Jaccard similarity of their shingles is at least the threshold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eventcorpus.schema import Article, connected_components
from eventcorpus.text import words

THRESHOLD = 0.5
SHINGLE = 5
"""Words in a shingle."""
_PERMUTATIONS = 128
_INDEX_SHARE = 0.7
"""The index is asked for pairs above this share of the threshold: a signature is an estimate, with an error of 0.09."""


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
        members: dict[str, list[str]] = {}
        for article_id in sorted(self.cluster_of):
            members.setdefault(self.cluster_of[article_id], []).append(article_id)
        return members


def find_clusters(articles: Iterable[Article]) -> Clusters:
    """Join near-duplicates, transitively, and articles of the same ``cluster``."""
    index = NearDuplicates()
    pairs: list[tuple[str, str, float]] = []
    first_of: dict[tuple[str, str], str] = {}  # by unit: the first article of its cluster, or the article alone
    same_unit: dict[str, str] = {}
    for article in articles:
        pairs += [(article.id, other, similarity) for other, similarity in index.add(article.id, article.text)]
        same_unit[article.id] = first_of.setdefault(article.unit, article.id)
    links = [*same_unit.items(), *((later, earlier) for later, earlier, _ in pairs)]
    components = connected_components(sorted(same_unit), links)
    return Clusters({article_id: members[0] for members in components for article_id in members}, pairs)


class NearDuplicates:
    """Takes articles one after another and finds the earlier ones that each repeats."""

    def __init__(self) -> None:
        from datasketch import MinHashLSH

        self._index = MinHashLSH(threshold=THRESHOLD * _INDEX_SHARE, num_perm=_PERMUTATIONS)
        self._shingles: dict[str, tuple[int, frozenset[bytes]]] = {}
        self._seen: set[frozenset[bytes]] = set()

    def add(self, article_id: str, text: str) -> list[tuple[str, float]]:
        """Take an article; an id is given once.

        Of articles with the same shingles only the first is kept: a thousand copies are not compared with each other.

        Returns:
            all earlier articles that it repeats with their similarity, the most similar first, of equal ones the
            earlier.
        """
        own = shingles(text)
        signature = _signature(own)
        found: list[tuple[float, int, str]] = []
        for other_id in self._index.query(signature):
            number, other = self._shingles[other_id]
            similarity = jaccard(own, other)
            if similarity >= THRESHOLD:
                found.append((-similarity, number, other_id))
        if own not in self._seen:
            self._seen.add(own)
            self._index.insert(article_id, signature)
            self._shingles[article_id] = len(self._shingles), own
        return [(other_id, -similarity) for similarity, _, other_id in sorted(found)]


def shingles(text: str) -> frozenset[bytes]:
    """Hashes of every run of five words, case aside; of a shorter text the one run of all its words.

    >>> len(shingles("One two three four five six"))
    2
    """
    spoken = [text[start:end].casefold() for start, end in words(text) if text[start].isalnum()]
    runs = (" ".join(spoken[i : i + SHINGLE]) for i in range(max(1, len(spoken) - SHINGLE + 1)))
    return frozenset(hashlib.blake2b(run.encode(), digest_size=8).digest() for run in runs)


def jaccard(first: frozenset[bytes], second: frozenset[bytes]) -> float:
    """Shared shingles over all shingles, in [0, 1]."""
    return len(first & second) / len(first | second)


def _signature(own: frozenset[bytes]) -> Any:
    from datasketch import MinHash

    # a shingle is a hash already: no need to hash it again
    signature = MinHash(num_perm=_PERMUTATIONS, hashfunc=lambda shingle: int.from_bytes(shingle[:4], "little"))
    signature.update_batch(sorted(own))
    return signature
