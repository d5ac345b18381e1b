"""From the logits of the heads to roles, attributes and events of an article's mentions, each with its probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eventcorpus.models.heads import HeadInputs, HeadsAbout, HeadScores
from eventcorpus.schema import ChosenValue, Link, Mention


def linked_mentions(
    mentions: Sequence[Mention], inputs: HeadInputs, scores: HeadScores, about: HeadsAbout, *, event_link: str | None
) -> list[Mention]:
    """The mentions with ids (m1, m2, ... in their order), links and attributes.

    A role is given where its probability reaches its threshold; of ``about.single`` roles a trigger has the most
    probable argument alone. A trigger tells the event of its most probable antecedent, where that is more probable than
    none.

    Args:
        event_link: the role that joins triggers into events.
    """
    ids = [f"m{n}" for n in range(1, len(mentions) + 1)]
    links: list[list[Link]] = [[] for _ in mentions]
    for trigger, argument, role, probability in _roles(inputs, scores, about):
        links[trigger].append(Link(about.roles[role], ids[argument], probability))
    if event_link is not None:
        for trigger, earlier, probability in _antecedents(inputs, scores):
            links[trigger].append(Link(event_link, ids[earlier], probability))
    values: list[list[ChosenValue]] = [[] for _ in mentions]
    for attribute, logits in zip(about.attributes, scores.attributes, strict=True):
        probabilities = logits.softmax(dim=-1).cpu().numpy()
        for i, mention in enumerate(mentions):
            if mention.label in attribute.labels:
                best = int(probabilities[i].argmax())
                values[i].append(ChosenValue(attribute.name, attribute.values[best], float(probabilities[i, best])))
    return [
        replace(mention, id=ids[i], attributes=tuple(values[i]), links=tuple(links[i]))
        for i, mention in enumerate(mentions)
    ]


def _roles(inputs: HeadInputs, scores: HeadScores, about: HeadsAbout) -> list[tuple[int, int, int, float]]:
    """(trigger, argument, role, probability), by trigger."""
    probabilities = scores.roles.sigmoid().cpu().numpy()
    pairs = inputs.candidates.pairs
    if not len(pairs):
        return []
    kept = probabilities >= np.array(about.thresholds, dtype=np.float32)
    for k, role in enumerate(about.roles):
        if role not in about.single:
            continue
        best: dict[int, int] = {}
        for i in np.flatnonzero(kept[:, k]):
            trigger = int(pairs[i, 0])
            if trigger not in best or probabilities[i, k] > probabilities[best[trigger], k]:
                best[trigger] = int(i)
        kept[:, k] = False
        kept[list(best.values()), k] = True
    return [(int(pairs[i, 0]), int(pairs[i, 1]), int(k), float(probabilities[i, k])) for i, k in np.argwhere(kept)]


def _antecedents(inputs: HeadInputs, scores: HeadScores) -> list[tuple[int, int, float]]:
    """(trigger, its most probable antecedent, the probability of it), where it is more probable than none."""
    logits = scores.antecedents.double().cpu().numpy()
    later = inputs.antecedents[:, 1]
    found = []
    for trigger in np.unique(later):
        own = np.flatnonzero(later == trigger)
        best = own[logits[own].argmax()]
        if logits[best] > 0:
            among = np.concatenate([[0.0], logits[own]])
            probability = np.exp(logits[best] - np.logaddexp.reduce(among))
            found.append((int(trigger), int(inputs.antecedents[best, 0]), float(probability)))
    return found
