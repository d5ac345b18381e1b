"""A new corpus folder: ontology, guidelines, recipe and commands, for people to fill and to edit.

``README.md`` of the folder says what lies where; ``status`` says how far it is. Its commands are run inside it, so that
all its paths are relative.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from eventcorpus.errors import InputError, OutputError, nearest
from eventcorpus.files import read_text, write_text
from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.ontology import (
    AttributeType,
    Label,
    Ontology,
    RoleType,
    ontology_yaml,
    parse_ontology,
    read_ontology_yaml,
)
from eventcorpus.package_data import DEFAULT_ONTOLOGY, fill_template, package_path

ONTOLOGY, GUIDELINES, RECIPE = "ontology.yaml", "guidelines.md", "recipe.yaml"
ARTICLES, ANNOTATIONS, SPLITS = "articles", "annotations", "splits"
DATASET, MODEL, SCORES = "dataset", "model", "scores.json"
"""What is made: by convert, train and eval."""
SHIPPED_GUIDELINES = "corpus/guidelines.md"
_MADE_FROM = re.compile(r"<!-- ([\w.-]+)@(\d+\.\d+\.\d+): generated")
"""How a configuration begins that ``labelstudio.config`` wrote."""
_SHIPPED = """\
# Copied from the ontology that comes with eventcorpus. Change what you like before you annotate, and then `name` too.
# Once there are annotations, raise `version` and write under `changes` what became of each name (docs/ontology.md).

"""


@dataclass
class Scaffold:
    """The files of the folder: those that were written, and those that were there and stay as they are."""

    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def write_scaffold(
    folder: Path, *, labels: Sequence[str] = (), triggers: Sequence[str] = (), source: Path | None = None
) -> Scaffold:
    """Write the files of a corpus folder that are not there yet.

    Args:
        labels: of a new ontology, in their order.
        triggers: those of ``labels``, or of ``source``, that say that an event happens.
        source: our YAML, which is copied, or a Label Studio configuration; with neither this nor ``labels`` the shipped
            ontology is copied.

    Raises:
        InputError: if the ontology cannot be read, or a trigger is none of the labels.
        OutputError: if the disk refuses, or ``folder`` is a file.
    """
    if folder.is_file():
        raise OutputError(f"{folder}: is a file; name a folder, which may be a new one")
    found = Scaffold()
    title = folder.resolve().name
    path = folder / ONTOLOGY
    written = _ontology_text(re.sub(r"[^\w.-]+", "-", title), labels, triggers, source)
    ontology = read_ontology_yaml(path) if path.exists() else parse_ontology(yaml.safe_load(written), place=str(path))
    is_shipped = ontology == read_ontology_yaml(package_path(DEFAULT_ONTOLOGY))
    for name, content in ((ONTOLOGY, written), *_files(title, ontology, is_shipped=is_shipped)):
        path = folder / name
        if path.exists():
            found.kept.append(path)
        else:
            write_text(path, content)
            found.written.append(path)
    return found


def _files(title: str, ontology: Ontology, *, is_shipped: bool) -> Iterator[tuple[str, str]]:
    values = {"title": title, "project": shlex.quote(title), "ontology": ontology}
    yield (
        GUIDELINES,
        (
            read_text(package_path(SHIPPED_GUIDELINES))
            if is_shipped
            else fill_template("scaffold/guidelines.md.j2", **values)
        ),
    )
    yield RECIPE, fill_template("scaffold/recipe.yaml.j2", dataset=DATASET, model=MODEL)
    yield "README.md", fill_template("scaffold/README.md.j2", **values)
    yield ".gitignore", fill_template("scaffold/gitignore.j2", dataset=DATASET, model=MODEL)
    for name in (ARTICLES, ANNOTATIONS, SPLITS):
        yield f"{name}/.gitkeep", ""


def _ontology_text(name: str, labels: Sequence[str], triggers: Sequence[str], source: Path | None) -> str:
    of_source = read_ontology(source) if source is not None else None
    if source is not None and of_source is not None and (of_source.triggers or source.suffix.lower() != ".xml"):
        if triggers:
            raise InputError(f"{source}: has triggers of its own ({', '.join(of_source.trigger_names) or 'none'})")
        return read_text(source) if source.suffix.lower() != ".xml" else ontology_yaml(of_source)
    if source is None and not labels:
        if triggers:
            raise InputError("--triggers says which of --labels are triggers; name the labels, too")
        return _SHIPPED + read_text(package_path(DEFAULT_ONTOLOGY))
    place = "--labels" if source is None else str(source)
    ontology = of_source or parse_ontology({"name": name, "version": "1.0.0", "entities": _named(labels)}, place=place)
    unknown = [trigger for trigger in triggers if trigger not in ontology.labels]
    if unknown:
        raise InputError(f"--triggers: {unknown[0]!r} is no label of {place}; {nearest(unknown[0], ontology.labels)}")
    if source is not None and (made := _MADE_FROM.search(read_text(source))):
        key = {"name": made[1], "version": made[2]}  # which the tasks of its project carry
    else:
        key = {"name": name}
    data = ontology.model_dump(by_alias=True) | {
        **key,
        "triggers": _named(label for label in ontology.labels if label in triggers),
        "entities": _named(label for label in ontology.labels if label not in triggers),
    }
    return _commented(parse_ontology(data, place=place))


def _named(labels: Any) -> list[dict[str, str]]:
    return [{"name": label} for label in labels]


def _commented(ontology: Ontology) -> str:
    """The ontology as YAML with comments; reading it gives the same ontology."""
    argument = next(iter(ontology.entity_names or ontology.labels))
    return fill_template(
        "scaffold/ontology.yaml.j2",
        ontology=ontology,
        listed=_listed,
        argument=_flow(argument),
        of="triggers" if ontology.triggers else f"[{_flow(argument)}]",
        trigger=_flow(next(iter(ontology.trigger_names), "TRIGGER")),
    )


def _listed(items: Sequence[Label | RoleType | AttributeType]) -> str:
    """The items of a section as YAML; of labels also the keys that people should fill."""
    rows = [
        ({"name": "", "definition": "", "examples": []} if isinstance(item, Label) else {})
        | item.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        for item in items
    ]
    return indent(_dumped(rows, width=100), "  ")


def _flow(name: str) -> str:
    """A name as it may stand in a list of YAML between brackets."""
    return _dumped([name], default_flow_style=True, width=1000).strip()[1:-1]


def _dumped(value: Any, **layout: Any) -> str:
    """YAML in readable Unicode, except where a character would end the line."""
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, **layout)
    if any(mark in text for mark in "\x85\u2028\u2029"):
        text = yaml.safe_dump(value, sort_keys=False, **layout)
    return text
