"""The heads beside the tagger: roles, attributes and event identity, from the hidden states that tagged the mentions.

Comes in: the states of an article's tokens, its mentions, annotated or predicted. Goes out: a logit for each role of
each candidate pair, for each value of each attribute, and for each earlier trigger that may tell the same event. Pairs
have distances, as in DyGIE++ (Wadden et al. 2019), and what stands between them, as in SpERT (Eberts and Ulges 2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.functional import linear

from eventcorpus.errors import ModelError, first_line
from eventcorpus.events.candidates import (
    APART,
    FEATURES,
    RECENT,
    CandidateFinder,
    Candidates,
    HasLabel,
    Ints,
)
from eventcorpus.events.linking import Learned, LinkScores
from eventcorpus.files import StrictModel, parse_as, read_json, write_json
from eventcorpus.models.folder import HEADS
from eventcorpus.models.windows import EncodedText
from eventcorpus.ontology import Ontology
from eventcorpus.text import sentence_starts

ABOUT, WEIGHTS = HEADS
DROPOUT = 0.2
"""Of the vectors of mentions and of the hidden layers of the heads."""


class HeadsAbout(StrictModel):
    """``heads.json``: what the weights of the heads belong to.

    ``layers``: the hidden states that are read, 0 those of the embeddings. ``hidden_size``: of the encoder. ``size``:
    of a mention's vector.
    """

    schema_: Literal[1] = Field(alias="schema", default=1)
    layers: tuple[int, ...]
    hidden_size: int
    size: int = 192
    dropout: float
    learned: Learned

    @classmethod
    def of(cls, learned: Learned, *, n_layers: int, hidden_size: int) -> HeadsAbout:
        """Those of an encoder of so many layers, of which three are read."""
        layers = tuple(sorted({-(-n_layers // 3), -(-2 * n_layers // 3), n_layers}))
        return cls(layers=layers, hidden_size=hidden_size, dropout=DROPOUT, learned=learned)


@dataclass(frozen=True)
class HeadInputs:
    """What the heads read of an article beside the states of its tokens.

    ``tokens`` and ``context``, both of shape (n_mentions, 2): the tokens of each mention, and of its sentence, the
    second end excluded. ``between``, shape (n_pairs, 2): those between the two mentions of a pair, perhaps none.
    """

    tokens: Ints
    context: Ints
    between: Ints
    candidates: Candidates

    @classmethod
    def of(
        cls,
        text: str,
        encoded: EncodedText,
        mentions: Sequence[HasLabel],
        finder: CandidateFinder,
    ) -> HeadInputs:
        """Those of a text's mentions, which are in text order."""
        pairs = finder(text, mentions)
        starts = np.array([start for start, _ in encoded.offsets], dtype=np.int64)
        ends = np.array([end for _, end in encoded.offsets], dtype=np.int64)
        breaks = np.array([*sentence_starts(text), len(text)], dtype=np.int64)

        def tokens_of(first: Ints, past: Ints) -> Ints:
            begin = np.minimum(np.searchsorted(ends, first, side="right"), max(len(ends) - 1, 0))
            return np.stack([begin, np.maximum(np.searchsorted(starts, past, side="left"), begin + 1)], axis=1)

        first = np.array([mention.start for mention in mentions], dtype=np.int64)
        past = np.array([mention.end for mention in mentions], dtype=np.int64)
        context = tokens_of(breaks[pairs.sentences], breaks[pairs.sentences + 1])
        tokens = tokens_of(first, past)
        ends_first = tokens[pairs.pairs[:, 0]], tokens[pairs.pairs[:, 1]]
        left = np.minimum(ends_first[0][:, 1], ends_first[1][:, 1])
        right = np.maximum(ends_first[0][:, 0], ends_first[1][:, 0])
        between = np.stack([left, np.maximum(left, right)], axis=1)
        return cls(tokens, context, between, pairs)


@dataclass(frozen=True)
class HeadScores:
    """Logits of one article, fp32.

    ``roles``: shape (n_pairs, n_roles), -inf where the signature does not allow it. ``attributes``: for each attribute,
    shape (n_mentions, n_values). ``antecedents``: shape (n_antecedents,), beside 0 for an event of its own.
    """

    roles: torch.Tensor
    attributes: tuple[torch.Tensor, ...]
    antecedents: torch.Tensor

    def probabilities(self) -> LinkScores:
        """The same for ``linked_mentions``."""
        roles = self.roles.sigmoid().double().cpu().numpy()
        values = tuple(logits.softmax(dim=-1).double().cpu().numpy() for logits in self.attributes)
        return LinkScores(roles, values, self.antecedents.double().cpu().numpy())


class EventHeads(nn.Module):
    """All heads; see the module's description. ``project`` first, then the module itself, article by article."""

    def __init__(self, about: HeadsAbout, ontology: Ontology) -> None:
        super().__init__()
        self.about = about
        self.finder = about.learned.finder(ontology)
        size, n_labels, n_roles = about.size, len(ontology.labels), len(about.learned.roles)
        # roles have vectors of their own: with those of attributes they lose two points of F1 (training/README.md)
        self.mix = nn.Linear(about.hidden_size * len(about.layers), 2 * size)
        self.norm, self.other_norm, self.context_norm = (nn.LayerNorm(size) for _ in range(3))
        self.of_label, self.other_of_label = nn.Embedding(n_labels, size), nn.Embedding(n_labels, size)
        self.of_labels = nn.Embedding(n_labels * n_labels, 32)
        self.of_feature = nn.Embedding(sum(FEATURES.values()), 16)
        self.first_of: torch.Tensor
        self.register_buffer("first_of", _starts(FEATURES.values()), persistent=False)
        self.drop = nn.Dropout(about.dropout)
        self.between_norm = nn.LayerNorm(size)
        n_inputs, width = 4 * size + 16 * len(FEATURES) + 32, 256
        self.pair = nn.Linear(n_inputs, width)
        self.of_pair = nn.Sequential(nn.GELU(), nn.Dropout(about.dropout))
        self.roles = nn.Linear(width, max(n_roles, 1))
        self.arguments = nn.Linear(size, 32 * max(n_roles, 1), bias=False)
        self.say = nn.Sequential(nn.Linear(2 * size + 32, 128), nn.GELU(), nn.Dropout(about.dropout))
        self.attributes = nn.ModuleList(nn.Linear(128, len(a.values)) for a in about.learned.attributes)
        self.of_apart, self.of_recent = nn.Embedding(len(APART) + 1, 16), nn.Embedding(RECENT, 16)
        n_same = 2 * n_roles + len(about.learned.attributes)
        self.same = nn.Sequential(
            nn.Linear(4 * size + 32 + n_same, 128), nn.GELU(), nn.Dropout(about.dropout), nn.Linear(128, 1)
        )

    def project(self, hidden_states: Sequence[torch.Tensor] | Mapping[int, torch.Tensor]) -> torch.Tensor:
        """From the hidden states of a batch by layer, each of shape (..., hidden_size), to (..., 2 * size), fp32.

        What follows of a mention is linear, so that states may be projected before they are averaged. The product is
        computed in the type of the states: where the encoder learns in bf16, in that.
        """
        states = torch.cat([hidden_states[layer] for layer in self.about.layers], dim=-1)
        return linear(states, self.mix.weight.to(states.dtype), self.mix.bias.to(states.dtype)).float()

    def inputs(self, text: str, encoded: EncodedText, mentions: Sequence[HasLabel]) -> HeadInputs:
        """What is read of an article's mentions."""
        return HeadInputs.of(text, encoded, mentions, self.finder)

    def forward(self, states: torch.Tensor, inputs: HeadInputs) -> HeadScores:
        """Score one article.

        Args:
            states: of its tokens as ``project`` gives them, shape (n_tokens, 2 * size).
        """
        pairs, device = inputs.candidates, states.device
        labels = torch.from_numpy(pairs.labels).to(device)
        sums = torch.cat([states.new_zeros(1, states.shape[1]), states.cumsum(dim=0)])
        for_roles, for_others = _means(sums, inputs.tokens).chunk(2, dim=1)
        between = self.drop(self.between_norm(_means(sums[:, : self.about.size], inputs.between)))
        roles = self._role_logits(self.drop(self.norm(for_roles) + self.of_label(labels)), between, labels, pairs)
        filled = roles.sigmoid().detach()
        mentions = self.drop(self.other_norm(for_others) + self.other_of_label(labels))
        attributes = self._attribute_logits(sums[:, self.about.size :], mentions, inputs, filled)
        same = self._antecedent_logits(mentions, inputs, filled, attributes)
        return HeadScores(roles, attributes, same)

    def _role_logits(
        self, mentions: torch.Tensor, between: torch.Tensor, labels: torch.Tensor, pairs: Candidates
    ) -> torch.Tensor:
        device = mentions.device
        allowed = torch.from_numpy(pairs.allowed).to(device)
        if not len(pairs.pairs):
            return mentions.new_zeros(allowed.shape)
        triggers, arguments = torch.from_numpy(pairs.pairs).to(device).unbind(dim=1)
        features = self.of_feature(torch.from_numpy(pairs.features).to(device) + self.first_of).flatten(1)
        alike = self.of_labels(labels[triggers] * self.of_label.num_embeddings + labels[arguments])
        joined = torch.cat([mentions[triggers] * mentions[arguments], between, features, alike], dim=1)
        # the layer of [trigger, argument, joined]; what depends on one mention is computed once for it
        weight, size = self.pair.weight, mentions.shape[1]
        hidden = linear(mentions, weight[:, :size], self.pair.bias)[triggers]
        hidden = hidden + linear(mentions, weight[:, size : 2 * size])[arguments]
        hidden = self.of_pair(hidden + linear(joined, weight[:, 2 * size :]))
        logits: torch.Tensor = self.roles(hidden).masked_fill(~allowed, -torch.inf)
        return logits

    def _attribute_logits(
        self, sums: torch.Tensor, mentions: torch.Tensor, inputs: HeadInputs, filled: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """Of every mention; those of labels without the attribute mean nothing."""
        if not self.about.learned.attributes:
            return ()
        context = self.context_norm(_means(sums, inputs.context))
        linked = mentions.new_zeros(len(mentions), 32)
        if len(inputs.candidates.pairs):
            triggers, arguments = torch.from_numpy(inputs.candidates.pairs).to(mentions.device).unbind(dim=1)
            parts = self.arguments(mentions[arguments]).unflatten(1, (-1, 32))
            linked = linked.index_add(0, triggers, (filled[..., None] * parts).sum(dim=1))
        said = self.say(torch.cat([mentions, context, linked], dim=1))
        return tuple(attribute(said) for attribute in self.attributes)

    def _antecedent_logits(
        self, mentions: torch.Tensor, inputs: HeadInputs, filled: torch.Tensor, attributes: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        pairs = inputs.candidates
        if not len(pairs.antecedents) or self.about.learned.event_link is None:
            return mentions.new_zeros(len(pairs.antecedents))
        device = mentions.device
        earlier, later = torch.from_numpy(pairs.antecedents).to(device).unbind(dim=1)
        one, other = mentions[earlier], mentions[later]
        apart, recent = torch.from_numpy(pairs.antecedent_features).to(device).unbind(dim=1)
        n_texts = int(pairs.texts.max(initial=-1)) + 1
        of_text = mentions.new_zeros(len(mentions), n_texts, filled.shape[1])
        if len(inputs.candidates.pairs):
            triggers, arguments = torch.from_numpy(inputs.candidates.pairs).to(device).unbind(dim=1)
            place = triggers * n_texts + torch.from_numpy(pairs.texts).to(device)[arguments]
            of_text = of_text.flatten(0, 1).index_add(0, place, filled).view_as(of_text).clamp(max=1)
        has = of_text.amax(dim=1)
        shared = (of_text[earlier] * of_text[later]).amax(dim=1)
        other_filled = has[earlier] * has[later] * (1 - shared)
        alike = [
            (logits[earlier].softmax(-1) * logits[later].softmax(-1)).sum(-1, keepdim=True) for logits in attributes
        ]
        joined = [one, other, one * other, (one - other).abs(), self.of_apart(apart), self.of_recent(recent)]
        score: torch.Tensor = self.same(torch.cat([*joined, shared, other_filled, *alike], dim=1))[:, 0]
        return score


def _starts(sizes: Iterable[int]) -> torch.Tensor:
    """Where the values of each feature begin among those of all."""
    return torch.tensor([0, *sizes]).cumsum(dim=0)[:-1]


def _means(sums: torch.Tensor, ranges: Ints) -> torch.Tensor:
    """Means over ranges of rows, from their cumulative sums; shape (n_ranges, size), 0 over empty ones."""
    first, past = torch.from_numpy(ranges).to(sums.device).unbind(dim=1)
    return (sums[past] - sums[first]) / (past - first).clamp(min=1)[:, None]


def save_heads(folder: Path, heads: EventHeads) -> None:
    """Write the heads beside a model that is being written."""
    save_file(
        {name: tensor.detach().contiguous().cpu() for name, tensor in heads.state_dict().items()}, folder / WEIGHTS
    )
    write_json(folder / ABOUT, heads.about)


def load_heads(folder: Path, ontology: Ontology) -> EventHeads | None:
    """The heads of a model folder, in evaluation mode; None where it has none.

    Raises:
        ModelError: if a file is missing or damaged, or the heads belong to another ontology.
    """
    if not (folder / ABOUT).is_file():
        return None
    about = parse_as(HeadsAbout, read_json(folder / ABOUT), place=str(folder / ABOUT), hint="; train the model again")
    heads = EventHeads(about, ontology)
    try:
        heads.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder / WEIGHTS}: cannot be loaded ({first_line(error)}); train the model again") from None
    return heads.eval()
