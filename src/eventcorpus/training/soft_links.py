"""What the heads of a trained model say of articles without labels, kept for students beside the tag probabilities.

Of each article: the mentions that the model finds, the probabilities of roles between them, the values of their
attributes and the antecedents of triggers. A student's heads learn from them as from annotated articles.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcorpus.events.candidates import Candidates
from eventcorpus.events.linking import Learned, Targets, best_antecedents
from eventcorpus.files import StrictModel
from eventcorpus.inference.engine import ScoredText
from eventcorpus.inference.extractor import SECTION, Extractor
from eventcorpus.models.decode import decode_mentions
from eventcorpus.models.heads import HeadInputs
from eventcorpus.models.windows import EncodedText
from eventcorpus.schema import Mention
from eventcorpus.training.head_targets import HeadExample, HeadExamples

logger = logging.getLogger(__name__)

LEAST = 0.02
"""Probability below which a role is left out."""
SURE = 0.7
"""Least probability of the value of an attribute that is learned from."""
_WHOLE, _OPEN = 255, 2**16 - 1
"""The stored value of probability 1, and of an attribute that a mention does not have, or whose value is not sure."""


class LinkNames(StrictModel):
    """What the numbers of ``SoftLinks`` stand for, in the order of the teacher's ontology."""

    labels: tuple[str, ...]
    roles: tuple[str, ...]
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    event_link: str | None

    @classmethod
    def of(cls, learned: Learned, labels: Sequence[str]) -> LinkNames:
        """Those of a model, or of what a student is to learn."""
        attributes = tuple((attribute.name, attribute.values) for attribute in learned.attributes)
        return cls(labels=tuple(labels), roles=learned.roles, attributes=attributes, event_link=learned.event_link)


@dataclass(frozen=True)
class SoftLinks:
    """What is kept of one article.

    ``mentions``: shape (n_mentions, 3), uint32, start and end in code points and the position of the label. ``chosen``:
    shape (n_mentions, n_attributes), uint16, the position of the value. ``links``: shape (n_links, 3), uint16, the
    positions of trigger and argument among the mentions, and of the role; ``link_values``: shape (n_links,), uint8,
    their probabilities in 255ths. ``antecedents``: shape (n_joined, 2), uint16, an earlier trigger and a later one of
    its event.
    """

    mentions: NDArray[Any]
    chosen: NDArray[Any]
    links: NDArray[Any]
    link_values: NDArray[Any]
    antecedents: NDArray[Any]

    @classmethod
    def of(cls, extractor: Extractor, scored: ScoredText) -> SoftLinks:
        """What a model with heads says of a text, uncalibrated; nothing of a very long one, with a warning."""
        assert extractor.heads is not None
        learned, labels = extractor.heads.about.learned, extractor.about.ontology.labels
        found = decode_mentions(scored.text, scored.encoded, scored.log_probabilities, extractor.about)
        if len(found) > SECTION:  # a student's heads read an article at once, and their memory grows with its square
            logger.warning("a text of %s mentions (at most %s): its links are left out", f"{len(found):,}", SECTION)
            found = []
        pairs, scores = extractor.link_scores(scored, found)
        chosen = np.full((len(found), len(learned.attributes)), _OPEN, dtype=np.uint16)
        for k, (attribute, values) in enumerate(zip(learned.attributes, scores.attributes, strict=True)):
            has = np.array([mention.label in attribute.labels for mention in found], dtype=np.bool_)
            is_sure = has & (values.max(axis=1, initial=0) >= SURE)
            chosen[is_sure, k] = values[is_sure].argmax(axis=1)
        probable = np.argwhere(scores.roles >= LEAST)
        later, earlier, _, is_likely = best_antecedents(pairs, scores)
        return cls(
            np.array([(m.start, m.end, labels.index(m.label)) for m in found], dtype=np.uint32).reshape(-1, 3),
            chosen,
            np.column_stack([pairs.pairs[probable[:, 0]], probable[:, 1]]).astype(np.uint16),
            np.rint(scores.roles[tuple(probable.T)] * _WHOLE).astype(np.uint8),
            np.column_stack([earlier, later])[is_likely].astype(np.uint16),
        )

    @property
    def end(self) -> int:
        """Where the last mention ends, in code points; 0 without mentions."""
        return int(self.mentions[:, 1].max(initial=0))

    def check(self, names: LinkNames) -> None:
        """Check that every number stands for something.

        Raises:
            ValueError: naming the field, if one does not.
        """
        n = len(self.mentions)
        most = {
            "mentions": [2**32, 2**32, len(names.labels)],
            "links": [n, n, len(names.roles)],
            "antecedents": [n, n],
        }
        for name, ends in most.items():
            if getattr(self, name).shape[1:] != (len(ends),) or (getattr(self, name) >= np.array(ends)).any():
                raise ValueError(f"{name}: a number that stands for nothing")
        ends_before = np.concatenate([[0], self.mentions[:-1, 1]]) if n else self.mentions[:, 1]
        if (self.mentions[:, 0] >= self.mentions[:, 1]).any() or (self.mentions[:, 0] < ends_before).any():
            raise ValueError("mentions: they overlap, or are not in the order of the text")
        if (self.link_values > _WHOLE).any():
            raise ValueError("link_values: a probability above 1")
        n_values = np.array([len(values) for _, values in names.attributes], dtype=np.int64)
        if self.chosen.shape[1:] != n_values.shape or ((self.chosen >= n_values) & (self.chosen != _OPEN)).any():
            raise ValueError("chosen: a value that is not listed")

    def targets(self, pairs: Candidates, names: LinkNames, learned: Learned) -> Targets:
        """What they teach of the candidates among the same mentions.

        Roles, values and events that the teacher does not know are left open; ``learned`` is what the student learns.
        """
        roles = np.zeros(pairs.allowed.shape)
        column_of = {names.roles.index(role): k for k, role in enumerate(learned.roles) if role in names.roles}
        is_known = pairs.allowed & np.isin(np.arange(len(learned.roles)), list(column_of.values()))
        of_pair = {(int(trigger), int(argument)): i for i, (trigger, argument) in enumerate(pairs.pairs)}
        for (trigger, argument, role), value in zip(self.links.tolist(), self.link_values, strict=True):
            pair, column = of_pair.get((trigger, argument)), column_of.get(role)
            if pair is not None and column is not None:
                roles[pair, column] = value / _WHOLE
        values = np.full((len(self.mentions), len(learned.attributes)), -1, dtype=np.int64)
        columns = {name: (j, known) for j, (name, known) in enumerate(names.attributes)}
        for k, attribute in enumerate(learned.attributes):
            if attribute.name in columns:
                j, known = columns[attribute.name]
                position = {
                    i: attribute.values.index(value) for i, value in enumerate(known) if value in attribute.values
                }
                values[:, k] = [position.get(i, -1) for i in self.chosen[:, j].tolist()]
        joined = {(earlier, later) for earlier, later in self.antecedents.tolist()}
        same = np.array([(int(one), int(other)) in joined for one, other in pairs.antecedents], dtype=np.bool_)
        has_events = names.event_link is not None and names.event_link == learned.event_link
        return Targets(is_known, roles, values, same, has_events=has_events, n_lost=0)

    def example(self, text: str, encoded: EncodedText, names: LinkNames, heads: HeadExamples) -> HeadExample:
        """What a student's heads learn from them."""
        mentions = [
            Mention(start, end, names.labels[label], text[start:end], 1.0)
            for start, end, label in self.mentions.tolist()
        ]
        inputs = HeadInputs.of(text, encoded, mentions, heads.finder)
        targets = self.targets(inputs.candidates, names, heads.about.learned)
        return HeadExample(inputs, targets, len(encoded.input_ids))


LINK_TENSORS = ("mentions", "chosen", "links", "link_values", "antecedents")
"""The fields of ``SoftLinks``; of all articles together, tensors of a file."""


def split_links(
    tensors: dict[str, NDArray[Any]], counts: Sequence[tuple[int, int, int]], names: LinkNames
) -> Iterator[SoftLinks]:
    """The links of each article, from those of all together.

    Args:
        counts: of each article, its mentions, links and antecedents.

    Raises:
        ValueError: if tensors, counts and names do not fit.
    """
    of_mentions, of_links, of_antecedents = (np.cumsum(column)[:-1] for column in zip(*counts, strict=True))
    for name, sizes in (("mentions", 0), ("chosen", 0), ("links", 1), ("link_values", 1), ("antecedents", 2)):
        tensor, n_dimensions = tensors[name], 1 if name == "link_values" else 2
        if tensor.ndim != n_dimensions or tensor.dtype.kind != "u" or min(count[sizes] for count in counts) < 0:
            raise ValueError(f"{name}: no list of counts")
        if len(tensor) != sum(count[sizes] for count in counts):
            raise ValueError(f"{name}: not as many as there are mentions or links")
    parts = zip(
        np.split(tensors["mentions"], of_mentions),
        np.split(tensors["chosen"], of_mentions),
        np.split(tensors["links"], of_links),
        np.split(tensors["link_values"], of_links),
        np.split(tensors["antecedents"], of_antecedents),
        strict=True,
    )
    for part in parts:
        links = SoftLinks(*part)
        links.check(names)
        yield links
