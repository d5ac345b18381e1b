"""Predictions of a model on articles, without mentions of too little confidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import tee

from eventcorpus.models.calibration import keep_confident
from eventcorpus.models.extractor import Extractor
from eventcorpus.predictions import Prediction, prediction_of
from eventcorpus.schema import Article, Mention

CHANGED = "line ends, control characters or lone surrogates were replaced; offsets refer to the stored text"
"""The warning on an article whose text is not the one that came in."""


@dataclass
class ConfidenceFilter:
    """Keeps mentions of enough confidence, and counts those that it left out.

    Args:
        minimum: by label; above 1: no confidence is enough.
        otherwise: the minimum of other labels, in [0, 1].
    """

    minimum: Mapping[str, float] = field(default_factory=dict)
    otherwise: float = 0.0
    n_seen: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def __call__(self, mentions: list[Mention]) -> list[Mention]:
        kept = keep_confident(mentions, self.minimum, otherwise=self.otherwise)
        self.n_seen += len(mentions)
        self.left_out += Counter(m.label for m in mentions) - Counter(m.label for m in kept)
        return kept

    def notices(self) -> Iterator[str]:
        """What was left out, labels that never reach their precision named."""
        if not (self.minimum or self.otherwise):
            return
        never = [label for label, minimum in self.minimum.items() if minimum > 1 and self.left_out[label]]
        whole = (
            f"; all of {', '.join(never)}, which do not reach the precision asked for or are too few to tell"
            if never
            else ""
        )
        yield f"{self.left_out.total():,} of {self.n_seen:,} mentions left out for their confidence{whole}"


def predict(
    articles: Iterable[Article], extractor: Extractor, keep: ConfidenceFilter, *, changed: Collection[str] = ()
) -> Iterator[Prediction]:
    """Predict articles, in their order; each prediction has the text.

    Args:
        changed: ids of articles whose text was changed when it was read; may grow while articles are taken.
    """
    shown, read = tee(articles)
    for article, mentions in zip(shown, extractor.extract(read), strict=True):
        warnings = [CHANGED] if article.id in changed else []
        yield prediction_of(article, keep(mentions), extractor.name, warnings=warnings, with_text=True)
