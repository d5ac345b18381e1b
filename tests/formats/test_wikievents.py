"""WikiEvents lines: token offsets to characters, triggers and arguments, and what does not fit."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eventcorpus.annotation.assemble import Reading, assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.formats.wikievents import read_wikievents
from eventcorpus.schema import Role

TEXT = "Rebels shelled Kalo.Karim’s men fled."
TOKENS = ["Rebels", "shelled", "Kalo", ".", "Karim", "’", "s", "men", "fled", "."]
EVENT = {
    "id": "d1-E1", "event_type": "Conflict.Attack", "trigger": {"start": 1, "end": 2, "text": "shelled", "sent_idx": 0},
    "arguments": [{"entity_id": "d1-T1", "role": "Attacker", "text": "Rebels"},
                  {"entity_id": "d1-T2", "role": "Place", "text": "Kalo"}],
}  # fmt: skip


def entity(name: str, start: int, end: int, text: str, type_: str = "GPE", **more: Any) -> dict[str, Any]:
    return {"id": f"d1-{name}", "sent_idx": 0, "start": start, "end": end, "entity_type": type_, "text": text} | more


ENTITIES = [entity("T1", 0, 1, "Rebels", "PER"), entity("T2", 2, 3, "Kalo"), entity("T3", 4, 8, "Karim’s men", "PER")]


def sentences(gap: int) -> list[Any]:
    """Two sentences; the second is told ``gap`` characters further on than it is, as on pages with blank lines."""
    places = [
        [t, *re.compile(re.escape(t)).search(TEXT, at).span()]
        for t, at in zip(TOKENS, [0, 7, 15, 19, 20, 25, 26, 28, 32, 36], strict=True)
    ]  # type: ignore[union-attr]
    return [[places[:4], TEXT[:20]], [[[t, s + gap, e + gap] for t, s, e in places[4:]], TEXT[20:]]]


def row(**changes: Any) -> dict[str, Any]:
    return {
        "doc_id": "d1", "text": TEXT, "tokens": TOKENS, "sentences": sentences(0), "entity_mentions": ENTITIES,
        "relation_mentions": [], "event_mentions": [EVENT],
    } | changes  # fmt: skip


def read(path: Path, *rows: dict[str, Any], refuse: bool = False) -> tuple[Reading, ConversionReport]:
    (path / "x.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    report = ConversionReport(refuse)
    reading = assemble(read_wikievents([path / "x.jsonl"]), None, report)
    return replace(reading, articles=list(reading.articles)), report


def test_entities_triggers_and_arguments_become_spans_and_roles(tmp_path: Path) -> None:
    reading, report = read(tmp_path, row())
    one = reading.articles[0][1]
    assert [(s.id, s.label, TEXT[s.start : s.end]) for s in one.spans] == [
        ("T1", "PER", "Rebels"), ("E1", "Conflict.Attack", "shelled"), ("T2", "GPE", "Kalo"), ("T3", "PER", "Karim’s men"),
    ]  # fmt: skip
    assert one.roles == (Role("Attacker", "E1", "T1"), Role("Place", "E1", "T2"))
    assert [(e.label, e.triggers) for e in one.events] == [("Conflict.Attack", ("E1",))]
    assert (reading.ontology.trigger_names, reading.ontology.labels) == (
        ("Conflict.Attack",),
        ("Conflict.Attack", "GPE", "PER"),
    )
    assert report.summary() == "1 of 1 article, 4 of 4 spans, 2 of 2 roles, 0 of 0 attributes"
    assert report.notes == {}


@pytest.mark.parametrize("told", [sentences(4), [sentence[0] for sentence in sentences(4)], []])
def test_tokens_are_found_one_after_the_other_where_their_offsets_are_of_another_text(
    tmp_path: Path, told: Any
) -> None:
    reading, report = read(tmp_path, row(sentences=told))
    one = reading.articles[0][1]
    assert [TEXT[s.start : s.end] for s in one.spans] == ["Rebels", "shelled", "Kalo", "Karim’s men"]
    assert report.notes == {
        "articles whose token offsets do not fit their text: tokens were found one after the other": 1
    }


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tokens": [*TOKENS[:3], "!", *TOKENS[4:]], "sentences": []}, "x.jsonl, line 1: tokens.3: '!'"),
        ({"tokens": TOKENS[:-1]}, "x.jsonl, line 1: sentences: not the tokens of tokens"),
    ],
)
def test_tokens_that_are_not_the_text_s_refuse_the_article(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as stopped:
        read(tmp_path, row(**changes))
    assert str(stopped.value).startswith(f"article d1: {told}: tokens do not follow one another in the text")
    _, report = read(
        tmp_path, row(**changes), row(doc_id="d2", event_mentions=[], entity_mentions=ENTITIES), refuse=True
    )
    assert (
        report.summary()
        == "1 of 2 articles (1 refused), 3 of 7 spans (4 refused), 0 of 2 roles (2 refused), 0 of 0 attributes"
    )


def test_events_with_one_trigger_stay_two_events(tmp_path: Path) -> None:
    again = EVENT | {"id": "d1-E2", "arguments": [{"entity_id": "d1-T3", "role": "Attacker", "text": "Karim’s men"}]}
    one = read(tmp_path, row(event_mentions=[EVENT, again]))[0].articles[0][1]
    assert [e.triggers for e in one.events] == [("E1",), ("E2",)]
    assert Role("Attacker", "E2", "T3") in one.roles


def test_an_entity_twice_is_one_span_and_its_arguments_follow(tmp_path: Path) -> None:
    again = entity("T9", 2, 3, "Kalo")
    event = EVENT | {"arguments": [{"entity_id": "d1-T9", "role": "Place", "text": "Kalo"}]}
    reading, report = read(tmp_path, row(entity_mentions=[*ENTITIES, again], event_mentions=[event]))
    assert reading.articles[0][1].roles == (Role("Place", "E1", "T2"),)
    assert report.as_json()["spans"]["reasons"] == {"refused: the same span twice": 1}


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"entity_mentions": [*ENTITIES, entity("T4", 9, 11, ".")]}, "spans", "token offsets [9, 11) out of range"),
        ({"entity_mentions": [*ENTITIES, entity("T4", 3, 3, ".")]}, "spans", "token offsets [3, 3) out of range"),
        ({"entity_mentions": [*ENTITIES, entity("T4", 3, 4, "!")]}, "spans", "text does not match"),
        ({"event_mentions": [EVENT | {"arguments": [{"entity_id": "d1-T9", "role": "Place", "text": "x"}]}]}, "roles", "its entity is not there"),
        ({"event_mentions": [EVENT | {"arguments": [{"entity_id": "d1-T1", "role": "Place", "text": "x"}]}]}, "roles", "its text is not its entity's"),
        ({"entity_mentions": [entity("T1", "0", 1, "x")]}, "articles", "does not follow the format"),  # type: ignore[arg-type]
        ({"coref": []}, "articles", "does not follow the format"),
    ],
)  # fmt: skip
def test_what_does_not_fit_stops_or_is_refused(tmp_path: Path, changes: dict[str, Any], kind: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"article d1: .*{re.escape(reason)}"):
        read(tmp_path, row(**changes))
    _, report = read(tmp_path, row(**changes), row(doc_id="d2"), refuse=True)
    assert report.as_json()[kind]["reasons"] == {f"refused: {reason}": 1}


def test_relations_are_not_read_and_counted(tmp_path: Path) -> None:
    _, report = read(tmp_path, row(relation_mentions=[{"id": "R1"}]))
    assert report.as_json()["roles"]["reasons"] == {"refused: relations are not read": 1}


def test_a_mention_type_that_says_something_is_kept(tmp_path: Path) -> None:
    mentions = [entity("T1", 0, 1, "Rebels", mention_type="NOM"), entity("T2", 2, 3, "Kalo", mention_type="UNK")]
    one = read(tmp_path, row(entity_mentions=mentions, event_mentions=[]))[0].articles[0][1]
    assert [s.attributes for s in one.spans] == [(("mention_type", "NOM"),), ()]
