"""From the labels and roles of one corpus to those of another ontology, by a file that says so for each.

A map in YAML or JSON, with the ontology of the data, becomes a ``Mapper``, complete and checked.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from eventcorpus.annotation.document import ROLE_DETAILS
from eventcorpus.annotation.rules import describe_span, resolve_overlaps, signature_violation
from eventcorpus.annotation.templates import templates_of, with_templates, without_spans
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.errors import InputError, OntologyError, nearest
from eventcorpus.files import StrictModel, read_yaml_as
from eventcorpus.ontology import Name, Ontology, parse_ontology, read_ontology_yaml
from eventcorpus.schema import AnnotatedArticle, Role, Span, join_events, role_order


class LabelMap(StrictModel):
    """What each label and role becomes; null: left out. Without ``roles`` all roles keep their names.

    ``ontology`` is the one that the new names are from: a file, beside the map or in the working directory.
    """

    labels: Annotated[dict[Name, Name | None], Field(min_length=1)]
    roles: dict[Name, Name | None] | None = None
    ontology: str | None = None


@dataclass(frozen=True)
class Mapper:
    """Takes articles of one ontology to another: ``labels`` and ``roles`` are complete, ``place`` is the map's file."""

    source: Ontology
    target: Ontology
    labels: Mapping[str, str | None]
    roles: Mapping[str, str | None]

    @classmethod
    def of(cls, path: Path, source: Ontology) -> Mapper:
        """Read a map for an ontology.

        Raises:
            InputError: if a label or role of ``source`` is not in the map, or a new name not in the map's ontology.
        """
        label_map = read_yaml_as(LabelMap, path, what="a map")
        names = [role.name for role in source.roles]
        roles = {name: name for name in names} if label_map.roles is None else label_map.roles
        for kind, given, present in (("label", label_map.labels, source.labels), ("role", roles, names)):
            missing = [name for name in present if name not in given]
            if missing:
                raise InputError(
                    f"{path}: the {kind} {missing[0]!r} is in the data and not in the map; "
                    f"{nearest(missing[0], given)}; map it to a {kind}, or to null to leave it out"
                )
        target = _target(path, label_map, roles, source)
        known = [role.name for role in target.roles]
        for kind, given, known_names in (("label", label_map.labels, target.labels), ("role", roles, known)):
            for old, new in given.items():
                if new is not None and new not in known_names and old in (*source.labels, *names):
                    raise InputError(f"{path}: {old}: {target.key} has no {kind} {new!r}; {nearest(new, known_names)}")
        return cls(source, target, label_map.labels, roles)

    def labels_annotated(self, before: Collection[str]) -> tuple[str, ...]:
        """The new labels whose absence says something: the annotator could use all old ones that become them."""
        could = {self.labels[label] for label in self.source.labels}
        could -= {self.labels[label] for label in self.source.labels if label not in before}
        return tuple(label for label in self.target.labels if label in could)

    def not_annotated(self, before: Collection[str]) -> tuple[str, ...]:
        """The new roles and attributes whose absence says nothing: the annotator could not use all that become them."""
        names = [self.roles.get(name, name) for name in before]
        return tuple(dict.fromkeys(name for name in names if name is not None))


def _target(path: Path, label_map: LabelMap, roles: Mapping[str, str | None], source: Ontology) -> Ontology:
    """The ontology that the map names, or one of its new names: a label is a trigger if all that become it are."""
    if label_map.ontology is not None:
        candidates = [path.parent / label_map.ontology, Path(label_map.ontology)]
        found = next((candidate for candidate in candidates if candidate.is_file()), None)
        if found is None:
            raise InputError(f"{path}: ontology: no such file {candidates[0]}, nor {candidates[1]}")
        return read_ontology_yaml(found)
    new = {old: label_map.labels[old] for old in source.labels}
    labels = list(dict.fromkeys(label for label in new.values() if label is not None))
    if not labels:
        raise InputError(f"{path}: every label of the data is mapped to null; nothing would be left")
    entities = {new[label.name] for label in source.entities}
    renamed = list(dict.fromkeys(new_role for role in source.roles if (new_role := roles[role.name]) is not None))
    joins = {roles[role.name] for role in source.roles if role.joins_events}
    attributes = [_attribute(attribute, source, new) for attribute in source.attributes]
    data = {
        "name": f"{source.name}-mapped",
        "version": "1.0.0",
        "flat": source.flat,
        "triggers": [{"name": label} for label in labels if label not in entities],
        "entities": [{"name": label} for label in labels if label in entities],
        "roles": [{"name": name, "joins_events": name in joins} for name in renamed],
        "attributes": [attribute for attribute in attributes if attribute["of"]],
    }
    try:
        return parse_ontology(data, place=str(path))
    except OntologyError as error:
        raise InputError(str(error)) from None


def _attribute(attribute: Any, source: Ontology, new: Mapping[str, str | None]) -> dict[str, Any]:
    labels = [new[label] for label in source.labels_of(attribute) if new[label]]
    return dict(attribute.model_dump()) | {"of": list(dict.fromkeys(labels))}


def mapped(
    annotated: AnnotatedArticle, mapper: Mapper, report: ConversionReport, *, one_a_name: bool = False
) -> AnnotatedArticle:
    """The article under the new ontology.

    Args:
        report: has counted the article's items as kept; those that have no place there are taken back, and counted as
            left out (mapped to null, no such attribute) or refused (an overlap where the ontology is flat).
        one_a_name: the report counts all values of one attribute of a span once, as for Label Studio, and not each.
    """
    return _Mapped(annotated, mapper, report, one_a_name).article()


@dataclass
class _Mapped:
    """One article on its way; ``span_of`` leads from old span ids to those that stand for them."""

    annotated: AnnotatedArticle
    mapper: Mapper
    report: ConversionReport
    one_a_name: bool
    span_of: dict[str, str] = field(default_factory=dict)

    def article(self) -> AnnotatedArticle:
        target = self.mapper.target
        spans = self._flat(self._spans())
        kept = {span.id for span in spans}
        self.span_of = {old: new for old, new in self.span_of.items() if new in kept}
        roles = self._roles({span.id: span for span in spans})
        article = self.annotated.article
        if templates := templates_of(self.annotated):
            left, n_gone = without_spans(templates, self.span_of)
            article = with_templates(article, left)
            if n_gone:
                self.report.note("mentions of templates whose span is left out", n_gone)
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
            not_annotated=self.mapper.not_annotated(self.annotated.not_annotated),
        )

    def _spans(self) -> list[Span]:
        spans: list[Span] = []
        first_at: dict[tuple[int, int, str], Span] = {}
        old_label: dict[str, str] = {}
        for span in self.annotated.spans:
            label = self.mapper.labels[span.label]
            if label is None:
                self._leave_out(span, Reason(Code.MAPPED_TO_NULL, (span.label,)))
                continue
            first = first_at.setdefault((span.start, span.end, label), span)
            if first is not span and old_label[first.id] != span.label:
                self._leave_out(span, Reason(Code.SAME_SPAN_MAPPED, (label,)))
                self.span_of[span.id] = first.id
                continue
            old_label[span.id] = span.label
            self.span_of[span.id] = span.id
            spans.append(replace(span, label=label, attributes=self._attributes(span, label)))
        return spans

    def _attributes(self, span: Span, label: str) -> tuple[tuple[str, str], ...]:
        carried = {attribute.name: attribute for attribute in self.mapper.target.attributes_of(label)}
        kept = tuple((name, value) for name, value in span.attributes if name in carried and carried[name].takes(value))
        n_lost = len(self._units(span.attributes) - self._units(kept))
        self._out("attributes", Reason(Code.NO_SUCH_ATTRIBUTE, (label,)), n=n_lost)
        return kept

    def _flat(self, spans: list[Span]) -> list[Span]:
        if not self.mapper.target.flat:
            return spans
        stay, lost = resolve_overlaps(spans, self.mapper.target)
        for loser, winner in lost:
            id_, name = self.annotated.article.id, describe_span(loser, self.annotated.article.text)
            self.report.take_back("spans", id_, loser.id)
            reason = Reason(Code.OVERLAP, (winner.label,))
            self.report.refuse("spans", id_, name, reason, place=(loser.start, loser.end))
            n = len(self._units(loser.attributes))
            self.report.take_back("attributes", id_, n=n)
            self.report.refuse("attributes", id_, f"of {loser.label} {loser.id}", Code.SPAN_REFUSED, n=n)
        return stay

    def _roles(self, spans: Mapping[str, Span]) -> list[Role]:
        roles: dict[Role, None] = {}
        for role in self.annotated.roles:
            name = self.mapper.roles[role.role]
            trigger, argument = self.span_of.get(role.trigger), self.span_of.get(role.argument)
            if name is None:
                self._out("roles", Reason(Code.MAPPED_TO_NULL, (role.role,)), role)
            elif trigger is None or argument is None:
                self._out("roles", Code.END_LEFT_OUT, role)
            elif trigger == argument or (new := Role(name, trigger, argument)) in roles:
                self._out("roles", Code.SAME_ROLE_MAPPED, role)
            else:
                roles[new] = None
                if violation := signature_violation(new, spans, self.mapper.target):
                    item = f"{name} {trigger} -> {argument}"
                    self.report.flag("roles", self.annotated.article.id, item, violation)
        return list(roles)

    def _details(self, details: Any, roles: Collection[Role]) -> list[dict[str, Any]] | None:
        """What is said of the roles that are left besides their ends; None where it is none of ours."""
        ends = {"role", "trigger", "argument"}
        if not isinstance(details, list) or not all(
            isinstance(detail, dict) and ends <= set(detail) for detail in details
        ):
            return None
        left: list[dict[str, Any]] = []
        for detail in details:
            trigger, argument = (self.span_of.get(detail[end], "") for end in ("trigger", "argument"))
            new = Role(self.mapper.roles.get(detail["role"]) or "", trigger, argument)
            if new in roles:
                left.append(detail | asdict(new))
        return left

    def _units(self, pairs: Iterable[tuple[str, str]]) -> set[Hashable]:
        """What the report counts as an attribute."""
        return {name if self.one_a_name else (name, value) for name, value in pairs}

    def _leave_out(self, span: Span, reason: Reason) -> None:
        self._out("spans", reason, span.id)
        self._out("attributes", Code.SPAN_LEFT_OUT, n=len(self._units(span.attributes)))

    def _out(self, kind: Kind, reason: Code | Reason, key: str | Role | None = None, *, n: int = 1) -> None:
        self.report.take_back(kind, self.annotated.article.id, key, n=n)
        self.report.leave_out(kind, reason, n)
