"""Articles that belong together: near-duplicates, and those that name the same ``cluster``.

Comes in: articles. Goes out: clusters, which no split may cut.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from eventcorpus.corpus.near_duplicates import NearDuplicates
from eventcorpus.schema import Article


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
