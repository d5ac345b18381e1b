"""What the heads learn: the roles, attributes and events of an annotated article, and the loss of their scores."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eventcorpus.events.candidates import HasLabel, Signatures
from eventcorpus.events.linking import Learned, Targets
from eventcorpus.models.encoders import load_config
from eventcorpus.models.folder import HEADS, is_model_folder, read_about
from eventcorpus.models.heads import EventHeads, HeadInputs, HeadsAbout, HeadScores, load_heads
from eventcorpus.models.windows import EncodedText
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Span
from eventcorpus.training.recipe import Recipe

logger = logging.getLogger(__name__)

IGNORED = -100
"""The target that cross entropy leaves out."""
OPEN = ""
"""The value of an attribute that is not known, and not its default."""


@dataclass(frozen=True)
class HeadExample:
    """What the heads learn from one article of ``n_tokens`` tokens."""

    inputs: HeadInputs
    targets: Targets
    n_tokens: int

    @property
    def n_targets(self) -> NDArray[np.int64]:
        """Of roles, attributes and events: how many losses are added up."""
        n_later = len(np.unique(self.inputs.candidates.antecedents[:, 1])) if self.targets.has_events else 0
        return np.array([self.targets.is_known.sum(), (self.targets.values >= 0).sum(), n_later])


class HeadExamples:
    """Makes what heads learn from articles annotated with an ontology.

    ``about``: what the heads know. ``taught``: what the articles have of it. ``not_taught``: names of roles and
    attributes that heads know, and of which the articles say nothing. ``go_on``: whether they are the trained heads of
    the encoder's folder.
    """

    def __init__(self, about: HeadsAbout, ontology: Ontology, taught: Learned, *, go_on: bool = False) -> None:
        self.about, self.taught, self.go_on, self._ontology = about, taught, go_on, ontology
        self.finder = about.learned.finder(ontology)
        self.not_taught = tuple(sorted(about.learned.names - taught.names))

    def of(self, annotated: AnnotatedArticle, spans: Sequence[Span], encoded: EncodedText) -> HeadExample:
        """What an article's spans teach, which are in text order and without overlaps."""
        annotated = replace(annotated, not_annotated=(*annotated.not_annotated, *self.not_taught))
        inputs = HeadInputs.of(annotated.article.text, encoded, spans, self.finder)
        targets = Targets.of(annotated, spans, inputs.candidates, self.about.learned, self._ontology)
        return HeadExample(inputs, targets, len(encoded.input_ids))

    def of_found(self, annotated: AnnotatedArticle, found: Sequence[HasLabel], encoded: EncodedText) -> HeadExample:
        """What an article teaches of the mentions that a model found in it, of labels that its annotator could use."""
        usable = [mention for mention in found if mention.label in annotated.labels_annotated]
        return self.of(annotated, as_found(annotated, usable, self.about), encoded)


def as_found(annotated: AnnotatedArticle, found: Sequence[HasLabel], about: HeadsAbout) -> list[Span]:
    """The mentions that a model found in an article, with the ids and attributes of the annotated spans that they are.

    A mention is the span of its label that shares most characters with it, each span being one mention; one that is
    none has no role, and its attributes are left open.
    """
    shared = sorted(
        (-min(m.end, span.end) + max(m.start, span.start), i, span.start, span.id)
        for i, m in enumerate(found)
        for span in annotated.spans
        if m.label == span.label and m.start < span.end and span.start < m.end
    )
    of_mention: dict[int, str] = {}
    taken: set[str] = set()
    for _, i, _, span_id in shared:
        if i not in of_mention and span_id not in taken:
            of_mention[i] = span_id
            taken.add(span_id)
    span_of = {span.id: span for span in annotated.spans}
    open_values = tuple((attribute.name, OPEN) for attribute in about.learned.attributes)
    return [
        replace(span_of[of_mention[i]], start=mention.start, end=mention.end)
        if i in of_mention
        else Span(f"found {i}", mention.start, mention.end, mention.label, open_values)
        for i, mention in enumerate(found)
    ]


class HeadLoss:
    """The losses of roles, attributes and events, each a mean over its targets, and weighted.

    Roles: binary cross entropy of all cells of which the annotation says something. Attributes: cross entropy with
    weights of the values that are inverse to how often they are (``balanced``), so that the rare ones count. Events:
    the negative logarithm of the probability that the antecedents of the same event have together, or, where there is
    none, no antecedent (Lee et al. 2017).
    """

    def __init__(
        self, about: HeadsAbout, examples: Sequence[HeadExample], *, weights: tuple[float, float, float], balanced: bool
    ) -> None:
        self.weights = torch.tensor(weights)
        self._values: list[torch.Tensor] = []
        for k, attribute in enumerate(about.learned.attributes):
            known = [e.targets.values[:, k][e.targets.values[:, k] >= 0] for e in examples]
            counts = np.bincount(np.concatenate([*known, []]).astype(np.int64), minlength=len(attribute.values))
            share = np.where(counts, counts.sum() / (len(counts) * np.maximum(counts, 1)), 1.0)
            self._values.append(torch.tensor(share if balanced else np.ones(len(counts)), dtype=torch.float32))

    def __call__(self, scores: HeadScores, example: HeadExample) -> torch.Tensor:
        """The three sums of the losses of one article, shape (3,)."""
        device = scores.roles.device
        known = torch.from_numpy(example.targets.is_known).to(device)
        targets = torch.from_numpy(example.targets.roles).to(device, scores.roles.dtype)
        roles = nn.functional.binary_cross_entropy_with_logits(scores.roles[known], targets[known], reduction="sum")
        attributes = roles.new_zeros(())
        for k, logits in enumerate(scores.attributes):
            labels = torch.from_numpy(example.targets.values[:, k]).to(device)
            if bool((labels >= 0).any()):
                attributes = attributes + nn.functional.cross_entropy(
                    logits, labels, weight=self._values[k].to(device), ignore_index=-1, reduction="sum"
                )
        return torch.stack([roles, attributes, _event_loss(scores.antecedents, example)])


def _event_loss(logits: torch.Tensor, example: HeadExample) -> torch.Tensor:
    loss = logits.new_zeros(())
    if not example.targets.has_events:
        return loss
    later = example.inputs.candidates.antecedents[:, 1]
    for trigger in np.unique(later):
        own = np.flatnonzero(later == trigger)
        among = torch.cat([logits.new_zeros(1), logits[torch.from_numpy(own)]])
        right = torch.tensor([not example.targets.same[own].any(), *example.targets.same[own]], device=logits.device)
        loss = loss + among.logsumexp(dim=0) - among[right].logsumexp(dim=0)
    return loss


def heads_for(
    articles: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe, source: str
) -> HeadExamples | None:
    """What the heads beside the tagger learn; None if the recipe, the ontology or the articles have nothing for them.

    Args:
        source: the encoder, as transformers loads it.
    """
    if not recipe.heads or not ontology.triggers or not (ontology.roles or ontology.attributes):
        return None
    config, learned = load_config(source), _learned(articles, ontology, recipe)
    if before := trained_heads(source, ontology, learned):
        return HeadExamples(before.about, ontology, learned, go_on=True)
    if not learned.names:
        return None
    about = HeadsAbout.of(learned, n_layers=config.num_hidden_layers, hidden_size=config.hidden_size)
    return HeadExamples(about, ontology, learned)


def _learned(articles: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe) -> Learned:
    """What is to be learned beside mentions: what the articles have, and a weight of the recipe other than 0."""
    learned = Learned.of(ontology, articles)
    left_out: dict[str, Any] = {} if recipe.roles_weight else {"roles": (), "single": ()}
    left_out |= {} if recipe.attributes_weight else {"attributes": ()}
    left_out |= {} if recipe.events_weight else {"event_link": None}
    return learned.model_copy(update=left_out)


def trained_heads(source: str, ontology: Ontology, learned: Learned) -> EventHeads | None:
    """The heads of a model that training goes on from, where they know all that is to be learned, and the ontology has
    the same labels, and all that they know with the same values and signatures.
    """
    folder = Path(source)
    if not is_model_folder(folder) or not (folder / HEADS[0]).is_file():
        return None
    before = read_about(folder).ontology
    if before.labels == ontology.labels and (heads := load_heads(folder, ontology)):
        known = heads.about.learned
        same_signatures = np.array_equal(
            Signatures.of(before, known.roles).allowed, Signatures.of(ontology, known.roles).allowed
        )
        now = {attribute.name: tuple(value.name for value in attribute.values) for attribute in ontology.attributes}
        same_values = all(now.get(attribute.name) == attribute.values for attribute in known.attributes)
        same_link = known.event_link in (None, ontology.event_link)
        if same_signatures and same_values and same_link and learned.names <= known.names:
            return heads
    logger.info("%s: its heads are not gone on from: they know other labels, roles or attributes", source)
    return None
