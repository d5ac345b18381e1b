"""A second annotator made of the first one's annotations, by a stated error model: what ``agree`` is tried on.

Comes in: tasks as Label Studio exports them, annotated by one person. Goes out: the same tasks as another person might
have annotated them. The errors are of two sorts, as with people: slips, and one rule understood otherwise.
"""

from __future__ import annotations

import copy
import random
import re
from collections import defaultdict
from typing import Any

ERRORS = {
    "span dropped": 0.06,
    "span moved by a word": 0.05,
    "span relabelled": 0.04,
    "hedge of a Count left out": 0.50,
    "role dropped": 0.10,
    "same_event dropped": 0.15,
    "attribute changed": 0.08,
}
"""Share of the spans (roles, attributes) that each error befalls."""

_HEDGE = re.compile(r"(at least|some|about|around|nearly|more than|up to|no more than|an estimated|almost)\s+", re.I)


def second_annotator(task: dict[str, Any], *, ontology: Any, seed: int, user: int) -> dict[str, Any]:
    """The annotation of a second person; the same task and seed give the same one."""
    generator = random.Random(f"{seed} {task['data']['article_id']}")
    text = task["data"]["text"]
    annotation = copy.deepcopy(task["annotations"][0])
    entries = annotation["result"]
    regions = {entry["id"]: entry["value"] for entry in entries if entry["type"] == "labels"}
    others: dict[str, list[str]] = defaultdict(list)
    for names in (list(ontology.trigger_names), list(ontology.labels[len(ontology.trigger_names) :])):
        for name in names:
            others[name] = [other for other in names if other != name]
    dropped: set[str] = set()
    for region_id, value in regions.items():
        chance = generator.random()
        if chance < ERRORS["span dropped"]:
            dropped.add(region_id)
        elif chance < ERRORS["span dropped"] + ERRORS["span moved by a word"]:
            _move(value, text, [other for key, other in regions.items() if key != region_id], generator)
        elif chance > 1 - ERRORS["span relabelled"]:
            value["labels"] = [generator.choice(others[value["labels"][0]])]
        hedge = _HEDGE.match(text, value["start"], value["end"]) if value["labels"] == ["Count"] else None
        if hedge and generator.random() < ERRORS["hedge of a Count left out"]:
            value["start"] = hedge.end()
        value["text"] = text[value["start"] : value["end"]]
    kept: list[dict[str, Any]] = []
    for entry in entries:
        if entry["type"] == "relation":
            error = "same_event dropped" if entry["labels"] == ["same_event"] else "role dropped"
            if {entry["from_id"], entry["to_id"]} & dropped or generator.random() < ERRORS[error]:
                continue
        elif entry["id"] in dropped:
            continue
        elif entry["type"] == "choices" and generator.random() < ERRORS["attribute changed"]:
            values = [value.name for a in ontology.attributes if a.name == entry["from_name"] for value in a.values]
            entry["value"]["choices"] = [generator.choice(values)]
        kept.append(entry)
    return annotation | {"id": annotation["id"] + 1_000_000, "completed_by": user, "result": kept}


def _move(value: dict[str, Any], text: str, others: list[dict[str, Any]], generator: random.Random) -> None:
    """Take a word in or leave one out, at either end; not where that meets another region."""
    start, end = value["start"], value["end"]
    words = [found.span() for found in re.finditer(r"\w+", text)]
    if generator.random() < 0.5:
        inside = [word for word in words if start <= word[0] and word[1] <= end]
        if len(inside) > 1:
            start, end = (inside[1][0], end) if generator.random() < 0.5 else (start, inside[-2][1])
    elif generator.random() < 0.5:
        start = max((word[0] for word in words if word[1] <= start), default=start)
    else:
        end = min((word[1] for word in words if word[0] >= end), default=end)
    if all(end <= other["start"] or other["end"] <= start for other in others):
        value["start"], value["end"] = start, end
