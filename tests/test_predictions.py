"""The predictions file: what is written is read again, byte for byte, and links that cannot be are named."""

import json
from typing import Any

import pytest

from eventcorpus.errors import PredictionsError
from eventcorpus.predictions import LowConfidenceCount, ModelName, prediction_line, read_predictions

BARE = (
    '{"schema":1,"model":{"name":"demo","hash":"0123456789abcdef"},"id":"x","text_sha256":"00",'
    '"mentions":[{"start":0,"end":6,"label":"Actor","text":"Rebels","confidence":0.9894}],"warnings":[]}'
)


def line(*mentions: dict[str, Any], roles: Any = None, **more: Any) -> str:
    made = [{"start": 0, "end": 6, "label": "Actor", "text": "Rebels"} | m for m in mentions]
    row: dict[str, Any] = {"model": {"name": "demo"}, "id": "x", "text_sha256": "00", "mentions": made}
    return json.dumps(row | ({} if roles is None else {"roles": roles}) | more)


def role(trigger: str, argument: str, name: str = "agent") -> dict[str, str]:
    return {"role": name, "trigger": trigger, "argument": argument}


def test_a_file_without_roles_and_attributes_is_written_as_it_was_read() -> None:
    (found,) = read_predictions([BARE], place="p.jsonl")
    assert prediction_line(found) == BARE


def test_roles_and_attributes_are_written_and_read_again() -> None:
    made = line({"id": "a", "attributes": {"side": ["n", "s"], "tone": "grim"}}, {"id": "b"}, roles=[role("a", "b")])
    (found,) = read_predictions([made], place="p.jsonl")
    assert found.mentions[0].attribute_values == {"side": ("n", "s"), "tone": ("grim",)}
    (again,) = read_predictions([prediction_line(found)], place="p.jsonl")
    assert again == found and again.roles == found.roles and len(again.roles or ()) == 1


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (line({"id": "a"}, {"id": "a"}), "the id 'a' stands at 2 mentions"),
        (line({"id": "a"}, {}, roles=[role("a", "b")]), "the role 'agent' 'a' -> 'b': no mention has the id 'b'"),
        (line({"id": "a"}, roles=[role("a", "a")]), "links a mention to itself"),
        (line({"id": "a"}, {"id": "b"}, roles=[role("a", "b"), role("a", "b")]), "stands twice"),
    ],
)
def test_links_that_cannot_be_are_named_with_line_and_article(made: str, expected: str) -> None:
    with pytest.raises(PredictionsError, match="^p.jsonl: line 2: article 'x': ") as error:
        list(read_predictions(["", made], place="p.jsonl"))
    assert expected in str(error.value)


@pytest.mark.parametrize("mention", [{"id": ""}, {"id": 7}, {"attributes": {"side": 3}}, {"attributes": ["side"]}])
def test_ids_and_values_are_strings(mention: dict[str, Any]) -> None:
    with pytest.raises(PredictionsError, match=r"p.jsonl: line 1: mentions\.0\."):
        list(read_predictions([line(mention)], place="p.jsonl"))


def test_a_version_is_the_name_and_twelve_digits_of_the_hash() -> None:
    assert ModelName(name="demo", hash="0123456789abcdef").version == "demo@0123456789ab"
    assert ModelName(name="rules").version == "rules"


def test_mentions_of_low_confidence_are_counted_with_the_way_out() -> None:
    count = LowConfidenceCount()
    made = line({"confidence": 0.0021}, {"confidence": 0.1}, {"confidence": 0.0})
    for prediction in read_predictions([made], place="p"):
        assert count.add(prediction) is prediction
    assert list(count.notices()) == [
        "mentions of a confidence below 0.1: 2 of 3, such as the rest of a mention that a line break cuts; "
        "--min-confidence 0.1 leaves them out; the first: 'x', Actor 'Rebels'"
    ]
    assert list(LowConfidenceCount().notices()) == []
