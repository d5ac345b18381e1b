from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.labelstudio.backend.protocol import prediction_for, project_name
from eventcorpus.labelstudio.controls import Controls
from eventcorpus.labelstudio.results import ServerText
from eventcorpus.predictions import ModelName
from eventcorpus.schema import Mention
from eventcorpus.text import stored_form

ANY_TEXT = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=()), st.sampled_from("\r\n\t \U0001f525é")),
    min_size=1,
    max_size=40,
)
CONTROLS = Controls("project 4", {"Actor": "who", "Battle": "what"}, (), {}, "body", "article")


@given(ANY_TEXT, st.data())
def test_a_region_cuts_the_same_characters_out_of_the_servers_text(original: str, data: st.DataObject) -> None:
    stored = stored_form(original)
    start = data.draw(st.integers(0, len(stored.text) - 1))
    end = data.draw(st.integers(start + 1, len(stored.text)))
    mention = Mention(start, end, "Actor", stored.text[start:end], 0.5)
    found = prediction_for(ServerText(original, stored), [mention], controls=CONTROLS, model=ModelName(name="m"))
    value = found["result"][0]["value"]
    assert original[value["start"] : value["end"]] == value["text"]
    assert stored_form(value["text"]).text == mention.text
    assert stored.from_original(value["start"]) == start and stored.from_original(value["end"]) == end


def test_a_prediction_is_as_sure_as_its_least_sure_mention_and_uses_the_projects_names() -> None:
    text = "Rebels attacked."
    mentions = [Mention(0, 6, "Actor", "Rebels", 0.75), Mention(7, 15, "Battle", "attacked", 0.51238)]
    model = ModelName(name="demo", hash="0123456789abcdef")
    found = prediction_for(ServerText.of(text), mentions, controls=CONTROLS, model=model)
    assert (found["model_version"], found["score"]) == ("demo@0123456789ab", 0.5124)
    assert [(item["from_name"], item["to_name"]) for item in found["result"]] == [("who", "body"), ("what", "body")]


def test_projects_are_called_by_their_id_and_by_nothing_that_a_stranger_sends() -> None:
    assert project_name({"project": "4.1795490377"}) == "project 4"
    for body in ({}, [], {"project": 4}, {"project": "4x"}, {"project": "<b>.1"}, {"project": "9" * 40}):
        assert project_name(body) == "the project"
