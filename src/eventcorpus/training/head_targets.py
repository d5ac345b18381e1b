"""What the heads learn: the roles, attributes and events of an annotated article, and the loss of their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eventcorpus.annotation.rules import with_defaults
from eventcorpus.events.candidates import Ints, Signatures
from eventcorpus.models.heads import HeadInputs, HeadsAbout, HeadScores
from eventcorpus.models.windows import EncodedText
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Span

IGNORED = -100
"""The target that cross entropy leaves out."""


@dataclass(frozen=True)
class HeadExample:
    """What the heads learn from one article.

    ``roles``: shape (n_pairs, n_roles), 1 where the link was annotated. ``attributes``: shape (n_mentions,
    n_attributes), the position of the value, or ``IGNORED``. ``same``: shape (n_antecedents,), whether the two triggers
    tell the same event. ``n_lost``: annotated links between pairs that are no candidates.
    """

    inputs: HeadInputs
    n_tokens: int
    roles: NDArray[np.float32]
    attributes: Ints
    same: NDArray[np.bool_]
    n_lost: int = 0

    @property
    def n_targets(self) -> NDArray[np.int64]:
        """Of roles, attributes and events: how many losses are added up."""
        later = np.unique(self.inputs.candidates.antecedents[:, 1])
        return np.array([self.inputs.candidates.allowed.sum(), (self.attributes != IGNORED).sum(), len(later)])


def head_example(
    annotated: AnnotatedArticle, spans: Sequence[Span], encoded: EncodedText, about: HeadsAbout, ontology: Ontology
) -> HeadExample:
    """The targets of an article's spans, in text order and without overlaps."""
    signatures = Signatures.of(ontology)
    known_words = {word: i for i, word in enumerate(about.learned.words)}
    inputs = HeadInputs.of(annotated.article.text, encoded, spans, signatures, known_words=known_words)
    position = {span.id: i for i, span in enumerate(spans)}
    of_pair = {(int(t), int(a)): i for i, (t, a) in enumerate(inputs.candidates.pairs)}
    roles = np.zeros(inputs.candidates.allowed.shape, dtype=np.float32)
    n_lost = 0
    for role in annotated.roles:
        if role.role not in about.learned.roles:
            continue
        pair = of_pair.get((position.get(role.trigger, -1), position.get(role.argument, -1)))
        if pair is None:
            n_lost += 1
        else:
            roles[pair, about.learned.roles.index(role.role)] = 1
    attributes = np.full((len(spans), len(about.learned.attributes)), IGNORED, dtype=np.int64)
    for i, span in enumerate(spans):
        said = dict(with_defaults(span, ontology))
        for k, attribute in enumerate(about.learned.attributes):
            if span.label in attribute.labels and said.get(attribute.name) in attribute.values:
                attributes[i, k] = attribute.values.index(said[attribute.name])
    event_of = {trigger: event.id for event in annotated.events for trigger in event.triggers}
    events = [event_of.get(span.id, f"alone {span.id}") for span in spans]
    same = np.array([events[one] == events[other] for one, other in inputs.candidates.antecedents], dtype=np.bool_)
    return HeadExample(inputs, len(encoded.input_ids), roles, attributes, same, n_lost)


class HeadLoss:
    """The losses of roles, attributes and events, each a mean over its targets, and weighted.

    Roles: binary cross entropy of all allowed cells. Attributes: cross entropy with weights of the values that are
    inverse to how often they are (``balanced``), so that the rare ones count. Events: the negative logarithm of the
    probability that the antecedents of the same event have together, or, where there is none, no antecedent (Lee et
    al. 2017).
    """

    def __init__(
        self, about: HeadsAbout, examples: Sequence[HeadExample], *, weights: tuple[float, float, float], balanced: bool
    ) -> None:
        self.weights = torch.tensor(weights)
        self._values: list[torch.Tensor] = []
        for k, attribute in enumerate(about.learned.attributes):
            known = [e.attributes[:, k][e.attributes[:, k] != IGNORED] for e in examples]
            counts = np.bincount(np.concatenate([*known, []]).astype(np.int64), minlength=len(attribute.values))
            share = counts.sum() / (len(counts) * np.maximum(counts, 1))
            self._values.append(torch.tensor(share if balanced else np.ones(len(counts)), dtype=torch.float32))

    def __call__(self, scores: HeadScores, example: HeadExample) -> torch.Tensor:
        """The three sums of the losses of one article, shape (3,)."""
        device = scores.roles.device
        allowed = torch.from_numpy(example.inputs.candidates.allowed).to(device)
        targets = torch.from_numpy(example.roles).to(device)
        roles = nn.functional.binary_cross_entropy_with_logits(scores.roles[allowed], targets[allowed], reduction="sum")
        attributes = roles.new_zeros(())
        for k, logits in enumerate(scores.attributes):
            labels = torch.from_numpy(example.attributes[:, k]).to(device)
            if bool((labels != IGNORED).any()):
                attributes = attributes + nn.functional.cross_entropy(
                    logits, labels, weight=self._values[k].to(device), ignore_index=IGNORED, reduction="sum"
                )
        return torch.stack([roles, attributes, _event_loss(scores.antecedents, example)])


def _event_loss(logits: torch.Tensor, example: HeadExample) -> torch.Tensor:
    loss = logits.new_zeros(())
    later = example.inputs.candidates.antecedents[:, 1]
    for trigger in np.unique(later):
        own = np.flatnonzero(later == trigger)
        among = torch.cat([logits.new_zeros(1), logits[torch.from_numpy(own)]])
        right = torch.tensor([not example.same[own].any(), *example.same[own]], device=logits.device)
        loss = loss + among.logsumexp(dim=0) - among[right].logsumexp(dim=0)
    return loss
