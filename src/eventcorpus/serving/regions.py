"""Where a live project takes a model's regions: which control draws which label, on which text, from which data.

Comes in: the project's own configuration, whoever wrote it. Goes out: the names that a prediction must use there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from eventcorpus.errors import OntologyError
from eventcorpus.labelling.config import parse_config
from eventcorpus.text import one_line

MAX_CONFIG = 1_000_000
"""Characters of a configuration; the largest that we have seen has 30,000."""
SHOWN = 6
"""Labels that a message names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class RegionControls:
    """``control_of`` names the ``<Labels>`` of each label; ``data_key`` is where a task's ``data`` has the text."""

    text_name: str
    data_key: str
    control_of: Mapping[str, str]


def read_region_controls(config: str, *, place: str) -> RegionControls:
    """Read a project's configuration for the names that regions carry. ``place`` is what messages call the project.

    Raises:
        OntologyError: if no labels are drawn on a text, or on several, or on hypertext, or the text is elsewhere.
    """
    if len(config) > MAX_CONFIG:
        raise OntologyError(f"{place}: a configuration of {len(config):,} characters; at most {MAX_CONFIG:,} are read")
    root = parse_config(config, place)
    text = _one_text(root, place)
    name, value = text.get("name") or "", text.get("value") or ""
    key = value.removeprefix("$")
    if not value.startswith("$") or not key or "$" in key or text.get("valueType") == "url":
        raise OntologyError(
            f"{place}: the text {one_line(name)} does not come from one field of the task; predictions need "
            '<Text value="$text"> and the text itself in the task'
        )
    control_of: dict[str, str] = {}
    for labels in root.iter("Labels"):
        if name in (labels.get("toName") or "").split(","):
            for label in labels.iter("Label"):
                control_of.setdefault(label.get("alias") or label.get("value") or "", labels.get("name") or "")
    control_of.pop("", None)
    return RegionControls(name, key, control_of)


def check_labels(labels: Sequence[str], controls: RegionControls, *, model: str, place: str) -> None:
    """Check that a project can show all that a model may find.

    Raises:
        OntologyError: naming the labels that are missing, those that are there, and the way out.
    """
    missing = [label for label in labels if label not in controls.control_of]
    if missing:
        raise OntologyError(
            f"{place} has no label {_listed(missing)}, which the model {_bare(model)} finds; the project has "
            f"{_listed(list(controls.control_of)) or 'none'}; make a project from the model's ontology, or serve a "
            "model trained with these labels"
        )


def _one_text(root: Element, place: str) -> Element:
    labelled = {name for e in root.iter("Labels") for name in (e.get("toName") or "").split(",")}
    texts = [e for e in root.iter("Text") if e.get("name") in labelled]
    if len(texts) == 1:
        return texts[0]
    if texts:
        found = _listed([e.get("name") or "" for e in texts])
        raise OntologyError(f"{place} draws labels on several texts ({found}); predictions need one <Text> per task")
    if root.find(".//HyperText") is not None:
        raise OntologyError(
            f"{place} draws labels on HyperText, where offsets do not count the article's characters; predictions need "
            "a <Text>"
        )
    raise OntologyError(f"{place} draws no labels on a text; predictions need <Labels> on a <Text>")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_bare(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


def _bare(name: str) -> str:
    return one_line(name)[1:-1]
