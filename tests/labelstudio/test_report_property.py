"""Whatever an export holds, the report is right to the last span: what came in is kept, repaired or refused.

Exports are made up by hypothesis, good items and every fault of the check-list mixed; a ledger of their own counts what
went in, and what each good span must cut out of the text.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eventcorpus.annotation.label_map import Mapper, mapped
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.ontology import parse_ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.text import sha256_of, stored_form
from label_studio_json import MINI

WORDS = [
    "rebels",
    "shelled",
    "Cafe\u0301",
    "\u062d\u0644\u0628",
    "\U0001f6a8\U0001f525",
    "<unit>",
    "R&D",
    "Zu\u0308rn,",
    "and",
]
GAPS = [" ", " ", "\r\n", "\n", "  ", " \t"]
ATTRIBUTES = [
    *MINI["attributes"],
    {"name": "note", "of": ["Actor", "Place"], "multiple": True},
    {
        "name": "kind",
        "of": ["Attack"],
        "values": [{"name": "Violence > Shelling"}, {"name": "Violence"}],
        "multiple": True,
    },
]
FLAT = parse_ontology(MINI | {"attributes": ATTRIBUTES}, place="flat.yaml")
NESTED = parse_ontology(MINI | {"attributes": ATTRIBUTES, "flat": False}, place="nested.yaml")
REGIONS = (
    "good", "blanks", "no text", "stale text", "backslash n", "utf-16", "string", "float", "none", "negative", "beyond",
    "zero", "no labels", "empty labels", "two labels", "unknown label", "same id", "all blank", "other control",
)  # fmt: skip
RELATIONS = ("right", "left", "bi", "no label", "dangling", "self", "twice", "unknown", "two labels")
CHOICES = ("good", "unknown value", "unknown name", "missing region", "twice", "taxonomy", "textarea", "whole task")


@dataclass
class Ledger:
    """What went in, by kind, and the stripped texts that good regions stand for, by article."""

    put_in: Counter[str] = field(default_factory=Counter)
    intended: dict[str, set[str]] = field(default_factory=dict)


def units(text: str, offset: int) -> int:
    return len(text[:offset].encode("utf-16-le")) // 2


@st.composite
def regions(
    draw: st.DrawFn, text: str, words: list[tuple[int, int]], article: str, ledger: Ledger
) -> list[dict[str, Any]]:
    """The items of one annotation."""
    items: list[dict[str, Any]] = []
    ids: list[str] = []
    for n in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(REGIONS))
        first = draw(st.integers(0, len(words) - 1))
        last = min(len(words) - 1, first + draw(st.integers(0, 2)))
        start, end = words[first][0], words[last][1]
        labels: list[str] | None = [draw(st.sampled_from(["Attack", "Move", "Actor", "Place"]))]
        said: Any = text[start:end]
        offsets: tuple[Any, Any] = (start, end)
        name = ids[-1] if kind == "same id" and ids else f"r{n}"
        if kind == "blanks" and end < len(text) and text[end].isspace():
            offsets, said = (start, end + 1), text[start : end + 1]
        elif kind == "no text":
            said = None
        elif kind == "stale text":
            said = "something else"
        elif kind == "backslash n":
            said = said.replace("\r", "\\n").replace("\n", "\\n")
        elif kind == "utf-16":
            offsets = (units(text, start), units(text, end))
        elif kind in ("string", "float", "none"):
            offsets = {"string": (str(start), end), "float": (start + 0.5, end), "none": (None, None)}[kind]
        elif kind in ("negative", "beyond", "zero"):
            offsets = {"negative": (-3, end), "beyond": (start, len(text) + 9), "zero": (start, start)}[kind]
        elif kind == "all blank" and end < len(text):
            offsets, said = (end, words[last + 1][0] if last + 1 < len(words) else len(text)), None
        elif kind in ("no labels", "empty labels", "two labels", "unknown label"):
            labels = {"no labels": None, "empty labels": [], "two labels": ["Actor", "Place"]}.get(kind, ["Nobody"])
        value = {"start": offsets[0], "end": offsets[1]} | ({} if said is None else {"text": said})
        value |= {} if labels is None else {"labels": labels}
        control = "entities" if kind == "other control" else "label"
        items.append({"id": name, "from_name": control, "to_name": "text", "type": "labels", "value": value})
        ids.append(name)
        ledger.put_in["spans"] += max(1, len(labels or []))
        ledger.intended[article].add(text[start:end].replace("\r\n", "\n").strip())
    for _ in range(draw(st.integers(0, 4)) if ids else 0):
        kind = draw(st.sampled_from(RELATIONS))
        a, b = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
        b = {"self": a, "dangling": "nowhere"}.get(kind, b)
        names = {"no label": [], "unknown": ["enemy"], "two labels": ["agent", "place"]}.get(kind, ["agent"])
        item = {"from_id": a, "to_id": b, "type": "relation", "direction": kind if kind in ("left", "bi") else "right"}
        for _ in range(2 if kind == "twice" else 1):
            items.append(item | ({"labels": names} if names else {}))
            ledger.put_in["roles"] += max(1, len(names))
    for _ in range(draw(st.integers(0, 4)) if ids else 0):
        kind = draw(st.sampled_from(CHOICES))
        owner = "nowhere" if kind == "missing region" else draw(st.sampled_from(ids))
        name, type_, said = {
            "taxonomy": ("kind", "taxonomy", [["Violence", "Shelling"], ["Violence"]]),
            "textarea": ("note", "textarea", ["unclear", "ask again"]),
            "unknown value": ("modality", "choices", ["perhaps"]),
            "unknown name": ("mood", "choices", ["glad"]),
        }.get(kind, ("modality", "choices", ["denied"]))
        value = {"start": 0, "end": 1, "text" if type_ == "textarea" else type_: said}
        item = {"id": owner, "from_name": name, "to_name": "text", "type": type_, "value": value}
        if kind == "whole task":
            items.append(item | {"id": "t0", "value": {"choices": ["yes"]}})
            continue
        for _ in range(2 if kind == "twice" else 1):
            items.append(item)
            ledger.put_in["attributes"] += 1
    if draw(st.integers(0, 9)) == 0:
        items.append("not an object")  # type: ignore[arg-type]
        ledger.put_in["spans"] += 1
    return items


@st.composite
def exports(draw: st.DrawFn) -> tuple[list[dict[str, Any]], Ledger]:
    """A whole export, and the ledger of what is in it."""
    ledger = Ledger()
    tasks: list[dict[str, Any]] = []
    number = 0
    for a in range(draw(st.integers(1, 3))):
        article = f"article-{a}"
        ledger.intended[article] = set()
        n_parts = draw(st.sampled_from([1, 1, 1, 2]))
        begin = 0
        of_article: list[dict[str, Any]] = []
        for part in range(1, n_parts + 1):
            text, words = "", []
            for word in draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)):
                words.append((len(text), len(text) + len(word)))
                text += word + draw(st.sampled_from(GAPS))
            data: dict[str, Any] = {"article_id": article, "text": text}
            if n_parts > 1:
                data |= {"part": part, "n_parts": n_parts, "offset": begin}
            begin += len(text.replace("\r\n", "\n"))
            of_article.append(data)
            annotations = []
            for _ in range(draw(st.integers(0, 3))):
                number += 1
                by: Any = draw(st.integers(1, 2))
                annotations.append({
                    "id": number,
                    "completed_by": {"id": by, "email": "x@example.com"} if draw(st.booleans()) else by,
                    "was_cancelled": draw(st.sampled_from([False, False, False, True])),
                    "updated_at": f"2026-01-0{draw(st.integers(1, 3))}",
                    "ground_truth": draw(st.booleans()),
                    "result": draw(regions(text, words, article, ledger)),
                })  # fmt: skip
            draft = {
                "id": 1,
                "result": [{"type": "labels", "id": "d", "value": {"start": 0, "end": 1, "labels": ["Actor"]}}],
            }
            tasks.append(
                {
                    "id": len(tasks) + 1,
                    "data": data,
                    "annotations": annotations,
                    "drafts": [draft],
                    "predictions": [draft],
                }
            )
        whole = "".join(stored_form(data["text"]).text for data in of_article)
        for data in of_article:
            data["text_sha256"] = sha256_of(whole)
    return tasks, ledger


def read(tasks: list[dict[str, Any]], nested: bool) -> tuple[list[AnnotatedArticle], ConversionReport]:
    report = ConversionReport(refuses=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        path.write_text(json.dumps(tasks), encoding="utf-8")
        return read_exports([path], NESTED if nested else FLAT, report), report


@settings(deadline=None, max_examples=200)
@given(exports(), st.booleans())
def test_the_report_is_right_to_the_last_span(export: tuple[list[dict[str, Any]], Ledger], nested: bool) -> None:
    tasks, ledger = export
    articles, report = read(tasks, nested)
    loss_report = report.as_json()
    goes_out = {
        "spans": sum(len(one.spans) for one in articles),
        "roles": sum(len(one.roles) for one in articles),
        "attributes": sum(len({name for name, _ in span.attributes}) for one in articles for span in one.spans),
    }
    for kind, n_out in goes_out.items():
        figures = loss_report[kind]
        assert figures["in"] == ledger.put_in[kind], kind
        assert figures["in"] == figures["kept"] + figures["repaired"] + figures["refused"], kind
        assert figures["out"] == figures["kept"] + figures["repaired"] == n_out, kind
    assert loss_report["articles"]["in"] == len(ledger.intended)
    assert loss_report["articles"]["out"] == len({one.article.id for one in articles})
    assert {item.article for item in report.items} <= ledger.intended.keys()
    for one in articles:
        for span in one.spans:
            assert one.article.text[span.start : span.end] in ledger.intended[one.article.id]


@settings(deadline=None, max_examples=60)
@given(exports(), st.randoms(use_true_random=False))
def test_neither_a_second_reading_nor_the_order_of_tasks_changes_anything(
    export: tuple[list[dict[str, Any]], Ledger], random: Any
) -> None:
    tasks, _ = export
    articles, report = read(tasks, nested=False)
    again, second = read(tasks, nested=False)
    assert (articles, report.as_json()) == (again, second.as_json())
    shuffled = random.sample(tasks, len(tasks))
    key = lambda one: (one.article.id, one.annotator)  # noqa: E731
    assert sorted(read(shuffled, nested=False)[0], key=key) == sorted(articles, key=key)


@settings(deadline=None, max_examples=150)
@given(exports(), st.booleans(), st.randoms(use_true_random=False))
def test_the_report_is_right_to_the_last_span_after_a_map(
    export: tuple[list[dict[str, Any]], Ledger], nested: bool, random: Any
) -> None:
    tasks, ledger = export
    articles, report = read(tasks, nested)
    ontology = NESTED if nested else FLAT
    labels = {label: random.choice(["Thing", "Other", None]) for label in ontology.labels} | {"Actor": "Thing"}
    roles = {role.name: random.choice(["link", None]) for role in ontology.roles}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.json"
        path.write_text(json.dumps({"labels": labels, "roles": roles}))
        mapper = Mapper.of(path, ontology)
    articles = [mapped(one, mapper, report, one_a_name=True) for one in articles]
    loss_report = report.as_json()
    for kind, n_out in {
        "spans": sum(len(one.spans) for one in articles),
        "roles": sum(len(one.roles) for one in articles),
        "attributes": sum(len({name for name, _ in span.attributes}) for one in articles for span in one.spans),
    }.items():
        figures = loss_report[kind]
        assert figures["in"] == ledger.put_in[kind], kind
        assert figures["out"] == figures["kept"] + figures["repaired"] == n_out, kind
        assert min(figures["kept"], figures["repaired"], figures["refused"]) >= 0, kind
        reasons = sum(n for reason, n in figures["reasons"].items() if not reason.startswith(("repaired", "flagged")))
        assert reasons == figures["refused"], kind
