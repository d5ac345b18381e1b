"""Carry annotations from an older version of an ontology to the current one, along its ``changes``."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass

from eventcorpus.conversion_report import Code, Reason
from eventcorpus.errors import OntologyError
from eventcorpus.ontology import Change, Ontology, version_key


@dataclass(frozen=True)
class Migration:
    """Maps names of labels, roles and attributes of one older version to the current one."""

    steps: tuple[Change, ...] = ()

    def name(self, old: str) -> str | Reason:
        """The current name, or why the annotation cannot follow."""
        for step in self.steps:
            if old in step.split:
                return Reason(Code.NAME_SPLIT, (old, " and ".join(step.split[old]), step.version))
            if old in step.removed:
                return Reason(Code.NAME_REMOVED, (old, step.version))
            old = step.renamed.get(old, step.merged.get(old, old))
        return old

    def labels_annotated(self, old: tuple[str, ...]) -> tuple[str, ...]:
        """Which current labels the annotator could use; a merged label counts only if all its sources did."""
        labels = list(old)
        for step in self.steps:
            gone = {*step.removed, *step.split}
            merged = {
                new
                for new in step.merged.values()
                if {source for source, target in step.merged.items() if target == new} <= set(labels)
            }
            kept = [label for label in labels if label not in gone and label not in step.merged]
            labels = [step.renamed.get(label, label) for label in kept] + sorted(merged)
        return tuple(dict.fromkeys(labels))

    @property
    def added(self) -> tuple[str, ...]:
        """The current names of the labels, roles and attributes that did not exist."""
        names: list[str] = []
        for step in self.steps:
            kept = [name for name in names if name not in (*step.removed, *step.split)]
            names = [step.renamed.get(name, step.merged.get(name, name)) for name in kept]
            names += [*step.added, *(part for parts in step.split.values() for part in parts)]
        return tuple(dict.fromkeys(names))


def renaming_hint(label: str, data_key: str, ontology: Ontology, *, used: Collection[str]) -> str:
    """The lines to write into an ontology that has a label of the data under another name, and does not say so.

    Args:
        data_key: the ontology that the data was annotated with: another version of this one, or this one.
        used: the labels in the data: the new name is none of them.
    """
    unused = [name for name in ontology.labels if name not in used]
    near = difflib.get_close_matches(label, unused, n=1, cutoff=0.5) or (unused if len(unused) == 1 else [])
    version, old = ontology.version, data_key.partition("@")[2]
    if version == old:
        major, minor, patch = version_key(version)
        version = f"{major}.{minor}.{patch + 1}"
    line = f"renamed: {{{label}: {near[0] if near else 'ITS-NEW-NAME'}}}"
    if any(change.version == version for change in ontology.changes):
        return f"; if it was renamed, add to changes in the ontology, under version {version}: {line}"
    changes = f"add to changes: - {{version: {version}, {line}}}"
    if version == ontology.version:
        return f"; if it was renamed, {changes}"
    return f"; if it was renamed, set version: {version} in the ontology, and {changes}"


def migration(data_key: str | None, ontology: Ontology, *, place: str) -> Migration:
    """Find the steps from the ontology version that data names (None: the current one) to ``ontology``.

    Raises:
        OntologyError: for another ontology, a newer version, or a version whose changes are not written down.
    """
    if data_key is None or data_key == ontology.key:
        return Migration()
    name, _, version = data_key.partition("@")
    if name != ontology.name:
        raise OntologyError(
            f"{place}: annotated with ontology {data_key!r}, converted with {ontology.key!r}; "
            "name the right one with --ontology, or a Label Studio configuration of that project"
        )
    try:
        old = version_key(version)
    except ValueError:
        raise OntologyError(f"{place}: {data_key!r} is not name@version with a version such as 1.0.0") from None
    if old > version_key(ontology.version):
        raise OntologyError(
            f"{place}: annotated with {data_key}, newer than {ontology.key}; convert with the newer ontology"
        )
    steps = tuple(change for change in ontology.changes if version_key(change.version) > old)
    if not steps or steps[-1].version != ontology.version:
        raise OntologyError(
            f"{place}: annotated with {data_key}, and {ontology.key} does not say what changed since; "
            f"add to changes in the ontology: - {{version: {ontology.version}, renamed: {{}}, added: []}}"
        )
    return Migration(steps)
