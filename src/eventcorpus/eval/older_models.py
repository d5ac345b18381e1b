"""Predictions of a model whose ontology is an older version of the gold's, carried along the ontology's ``changes``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from eventcorpus.annotation.migrate import Migration, migration
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import PredictedMention, PredictedRole, Prediction
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted


@dataclass(frozen=True)
class Carried:
    """The way from a model's ontology to the gold's; ``left_out``: names that cannot follow, how often and why."""

    way: Migration
    old: Ontology
    place: str
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def between(cls, old: Ontology, new: Ontology, *, place: str) -> Carried | None:
        """The way; None where the model's names are all in the gold's ontology, or that is not another version.

        Raises:
            OntologyError: if the gold's version is older, or does not say what changed since.
        """
        names = {*old.labels, *(role.name for role in old.roles), *(attribute.name for attribute in old.attributes)}
        now = {*new.labels, *(role.name for role in new.roles), *(attribute.name for attribute in new.attributes)}
        if old.name != new.name or old.version == new.version or names <= now:
            return None
        return cls(migration(old.key, new, place=place), old, place)

    def prediction(self, found: Prediction) -> Prediction:
        """A prediction under today's names; mentions, roles and attributes that cannot follow are left out."""
        mentions = [moved for mention in found.mentions if (moved := self._mention(mention))]
        ids = {mention.id for mention in mentions}
        roles = [
            role.model_copy(update={"role": name})
            for role in found.roles or ()
            if {role.trigger, role.argument} <= ids and (name := self._name(role.role))
        ]
        carried: tuple[PredictedRole, ...] | None = None if found.roles is None else tuple(roles)
        return found.model_copy(update={"mentions": tuple(mentions), "roles": carried})

    def as_then(self, gold: AnnotatedArticle) -> AnnotatedArticle:
        """Gold under the names that the model knows, so that it may link the mentions."""
        then = {name: old for old in self.old.labels if isinstance(name := self.way.name(old), str)}
        return replace(gold, spans=tuple(replace(s, label=then.get(s.label, s.label)) for s in gold.spans))

    def notices(self) -> Iterator[str]:
        """That names were carried, and what could not be."""
        renamed = {old: name for old in self.old.labels if isinstance(name := self.way.name(old), str) and name != old}
        if renamed:
            listed = ", ".join(f"{old} to {new}" for old, new in renamed.items())
            yield f"{self.place}: made with {self.old.key}; its labels are carried along the changes: {listed}"
        for (name, why), n in self.left_out.items():
            yield f"{self.place}: {name} left out of its predictions, {counted(n, 'time')}: {why}"

    def _mention(self, mention: PredictedMention) -> PredictedMention | None:
        label = self._name(mention.label)
        if label is None:
            return None
        update: dict[str, object] = {"label": label}
        for key in ("attributes", "attribute_confidences"):
            if (given := getattr(mention, key)) is not None:
                named = {self.way.name(name): value for name, value in given.items()}
                update[key] = {name: value for name, value in named.items() if isinstance(name, str)}
        return mention.model_copy(update=update)

    def _name(self, old: str) -> str | None:
        name = self.way.name(old)
        if isinstance(name, str):
            return name
        self.left_out[old, str(name)] += 1
        return None
