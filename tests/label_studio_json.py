"""Items of a Label Studio export, as short as tests want them, and the ontology that they are read under."""

import json
from pathlib import Path
from typing import Any

from eventcorpus.ontology import parse_ontology

TEXT = "Rebels attacked Northtown on Monday."
"""Rebels [0, 6), attacked [7, 15), Northtown [16, 25), Monday [29, 35)."""

MINI: dict[str, Any] = {
    "name": "mini",
    "version": "1.0.0",
    "triggers": [{"name": "Attack"}, {"name": "Move"}],
    "entities": [{"name": "Actor"}, {"name": "Place"}],
    "roles": [
        {"name": "agent", "signatures": [{"to": ["Actor"]}]},
        {"name": "place", "signatures": [{"to": ["Place"]}]},
        {"name": "same", "signatures": [{"to": "same"}], "joins_events": True},
    ],
    "attributes": [
        {"name": "modality", "of": "triggers", "default": "actual", "values": [{"name": "actual"}, {"name": "denied"}]},
        {"name": "outcome", "of": ["Attack"], "values": [{"name": "killed"}, {"name": "injured"}]},
    ],
}
ONTOLOGY = parse_ontology(MINI, place="mini.yaml")
NESTED = parse_ontology(MINI | {"flat": False}, place="nested.yaml")


def region(region_id: str, start: Any, end: Any, *labels: str, text: Any = None) -> dict[str, Any]:
    """A drawn region; without ``text`` it has no value.text, as the API allows."""
    value = {"start": start, "end": end, "labels": list(labels)} | ({} if text is None else {"text": text})
    return {"id": region_id, "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def choice(region_id: str, name: str, *values: Any, type_: str = "choices") -> dict[str, Any]:
    """A choice made for one region."""
    value = {"start": 0, "end": 1, "text": "x", type_: list(values)}
    return {"id": region_id, "from_name": name, "to_name": "text", "type": type_, "value": value}


def relation(trigger: str, argument: str, *labels: str, direction: str = "right") -> dict[str, Any]:
    """A relation; one without labels has no ``labels`` key, as the server writes it."""
    item = {"from_id": trigger, "to_id": argument, "type": "relation", "direction": direction}
    return item | ({"labels": list(labels)} if labels else {})


def annotation(number: int, *items: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A completed annotation by user 1, unless ``values`` say otherwise."""
    return {"id": number, "completed_by": 1, "was_cancelled": False, "result": list(items)} | values


def task(*annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    """A task of article x1 with ``TEXT``, unless ``data`` say otherwise."""
    return {"id": 7, "data": {"article_id": "x1", "text": TEXT} | data, "annotations": list(annotations)}


def write(path: Path, *tasks: dict[str, Any]) -> Path:
    """Write an export file."""
    path.write_text(json.dumps(list(tasks)), encoding="utf-8")
    return path
