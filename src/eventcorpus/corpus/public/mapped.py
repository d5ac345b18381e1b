"""One article taken from its ontology to another, what has no place there counted in the account.

Comes in: annotated articles and a ``Mapper``. Goes out: the same articles under the mapper's ontology.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from eventcorpus.account import Account, Kind
from eventcorpus.corpus.public.documents import ROLE_DETAILS
from eventcorpus.corpus.public.mapping import Mapper
from eventcorpus.corpus.templates import templates_of, with_templates, without_spans
from eventcorpus.matching.layer import one_layer
from eventcorpus.schema import AnnotatedArticle, Role, Span, join_events, role_order
from eventcorpus.text import one_line

Pair = tuple[str, str]
Unit = Callable[[Pair], Hashable]


def one_a_value(pair: Pair) -> Hashable:
    """Every value of an attribute counts: what most formats say."""
    return pair


def one_a_name(pair: Pair) -> Hashable:
    """All values of one attribute of a span count once: what Label Studio says, where a control has several."""
    return pair[0]


def mapped(
    annotated: AnnotatedArticle, mapper: Mapper, account: Account, *, unit: Unit = one_a_value
) -> AnnotatedArticle:
    """The article under the new ontology.

    Args:
        unit: what the account counts as one attribute.
        account: has counted the article's items as kept; those that have no place there are taken back, and counted as
            left out (mapped to null, no such attribute) or refused (an overlap where the ontology is flat).
    """
    return _Mapped(annotated, mapper, account, unit).article()


@dataclass
class _Mapped:
    """One article on its way; ``span_of`` leads from old span ids to those that stand for them."""

    annotated: AnnotatedArticle
    mapper: Mapper
    account: Account
    unit: Unit
    span_of: dict[str, str] = field(default_factory=dict)

    def article(self) -> AnnotatedArticle:
        target = self.mapper.target
        spans = self._flat(self._spans())
        there = {span.id for span in spans}
        self.span_of = {old: new for old, new in self.span_of.items() if new in there}
        roles = self._roles()
        article = self.annotated.article
        if templates := templates_of(self.annotated):
            left, n_gone = without_spans(templates, self.span_of)
            article = with_templates(article, left)
            if n_gone:
                self.account.note("mentions of templates whose span is left out", n_gone)
        details = self._details(article.metadata.get(ROLE_DETAILS), roles)
        if details is not None:
            others = {key: value for key, value in article.metadata.items() if key != ROLE_DETAILS}
            article = replace(article, metadata=others | ({ROLE_DETAILS: details} if details else {}))
        events = join_events(spans, roles, triggers=set(target.trigger_names), link=target.event_link)
        return replace(
            self.annotated,
            article=article,
            spans=tuple(spans),
            roles=tuple(sorted(roles, key=role_order)),
            events=events,
            labels_annotated=self.mapper.labels_annotated(self.annotated.labels_annotated),
        )

    def _spans(self) -> list[Span]:
        spans: list[Span] = []
        there: dict[tuple[int, int, str], Span] = {}
        old_label: dict[str, str] = {}
        for span in self.annotated.spans:
            label = self.mapper.labels[span.label]
            if label is None:
                self._leave_out(span, f"{span.label} is mapped to null")
                continue
            twin = there.setdefault((span.start, span.end, label), span)
            if twin is not span and old_label[twin.id] != span.label:
                self._leave_out(span, f"the same span is {label} already")
                self.span_of[span.id] = twin.id
                continue
            old_label[span.id] = span.label
            self.span_of[span.id] = span.id
            spans.append(replace(span, label=label, attributes=self._attributes(span, label)))
        return spans

    def _attributes(self, span: Span, label: str) -> tuple[tuple[str, str], ...]:
        carried = {attribute.name: attribute for attribute in self.mapper.target.attributes_of(label)}
        kept = tuple((name, value) for name, value in span.attributes if name in carried and carried[name].takes(value))
        for _ in self._units(span.attributes) - self._units(kept):
            self._out("attributes", f"{label} has no such attribute or value")
        return kept

    def _flat(self, spans: list[Span]) -> list[Span]:
        if not self.mapper.target.flat:
            return spans
        stay, lost = one_layer(spans, self.mapper.target)
        for loser, winner in lost:
            text, id_ = self.annotated.article.text, self.annotated.article.id
            item = f"{loser.label} {one_line(text[loser.start : loser.end])} [{loser.start}, {loser.end})"
            self.account.take_back("spans", id_, _own_id(loser.id))
            self.account.refuse("spans", id_, item, f"overlaps {winner.label}, and the ontology is flat")
            for _ in self._units(loser.attributes):
                self.account.take_back("attributes", id_)
                self.account.refuse("attributes", id_, f"of {loser.label} {loser.id}", "its span was refused")
        return stay

    def _roles(self) -> list[Role]:
        roles: dict[Role, None] = {}
        by_id = {span.id: self.mapper.labels[span.label] or "" for span in self.annotated.spans}
        for role in self.annotated.roles:
            name = self.mapper.roles[role.role]
            said = f"{role.trigger} -> {role.argument}"
            trigger, argument = self.span_of.get(role.trigger), self.span_of.get(role.argument)
            if name is None:
                self._out("roles", f"{role.role} is mapped to null", said)
            elif trigger is None or argument is None:
                self._out("roles", "a span it links is left out or was refused", said)
            elif trigger == argument or Role(name, trigger, argument) in roles:
                self._out("roles", "links one span to itself, or the same two again, under the new labels", said)
            else:
                roles[Role(name, trigger, argument)] = None
                if not self.mapper.target.allows(name, by_id[trigger], by_id[argument]):
                    item = f"{name} {trigger} -> {argument}"
                    reason = "role against the ontology's signatures"
                    self.account.flag("roles", self.annotated.article.id, item, reason)
        return list(roles)

    def _details(self, told: Any, roles: Collection[Role]) -> list[dict[str, Any]] | None:
        """What is said of the roles that are left besides their ends; None where it is none of ours."""
        ends = ("role", "trigger", "argument")
        if not isinstance(told, list) or not all(isinstance(one, dict) and set(ends) <= set(one) for one in told):
            return None
        left: list[dict[str, Any]] = []
        for one in told:
            name, trigger, argument = (
                self.mapper.roles.get(one["role"]),
                *map(self.span_of.get, (one[e] for e in ends[1:])),
            )
            if name and trigger and argument and Role(name, trigger, argument) in roles:
                left.append(one | {"role": name, "trigger": trigger, "argument": argument})
        return left

    def _units(self, pairs: Iterable[Pair]) -> set[Hashable]:
        return {self.unit(pair) for pair in pairs}

    def _leave_out(self, span: Span, reason: str) -> None:
        self._out("spans", reason, _own_id(span.id))
        for _ in self._units(span.attributes):
            self._out("attributes", "its span is left out")

    def _out(self, kind: Kind, reason: str, name: str = "") -> None:
        self.account.take_back(kind, self.annotated.article.id, name)
        self.account.leave_out(kind, reason)


def _own_id(span_id: str) -> str:
    """A span's id as the account names it: Label Studio's regions without their annotation."""
    return span_id.rpartition(":")[2]
