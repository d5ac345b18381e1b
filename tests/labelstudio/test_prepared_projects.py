"""What a push does to a project that is there: another ontology is told, and what people wrote stays. No server needed."""

from types import SimpleNamespace
from typing import Any

import pytest

from eventcorpus.errors import InputError
from eventcorpus.labelstudio.config import label_config
from eventcorpus.labelstudio.instructions import instructions
from eventcorpus.labelstudio.live.push import Prepared, prepare_project
from eventcorpus.labelstudio.live.server import Server
from eventcorpus.labelstudio.live.status import Status, Work, annotators_line
from eventcorpus.labelstudio.live.tabs import make_first_tabs, make_ranked_tab
from eventcorpus.ontology import Ontology, parse_ontology
from label_studio_json import ONTOLOGY

pytest.importorskip("label_studio_sdk")
SHIPS = {"version": "1.1.0", "entities": [{"name": "Place"}, {"name": "Ship"}], "roles": []}
NEWER = parse_ontology(ONTOLOGY.model_dump(by_alias=True, mode="json") | SHIPS, place="test")
REWORDED = parse_ontology(ONTOLOGY.model_dump(by_alias=True, mode="json") | {"version": "1.0.1"}, place="test")


class FakeClient:
    """One project and its tabs, as the SDK gives them."""

    def __init__(self, **fields: Any) -> None:
        self.raw = SimpleNamespace(
            id=7, title="mine", task_number=3, total_annotations_number=0, total_predictions_number=0,
            expert_instruction="", maximum_annotations=1, label_config="",
        )  # fmt: skip
        vars(self.raw).update(fields)
        self.tabs: list[dict[str, Any]] = []
        self.projects = SimpleNamespace(list=lambda **_: [self.raw], get=lambda **_: self.raw, update=self._update)
        self.views = SimpleNamespace(
            list=lambda **_: [SimpleNamespace(data=tab) for tab in self.tabs],
            create=lambda *, data, **_: self.tabs.append(data),
        )

    def _update(self, *, id: int, **fields: Any) -> None:
        vars(self.raw).update(fields)


def prepared(client: FakeClient, ontology: Ontology) -> Prepared:
    return prepare_project(Server(client), "mine", ontology, config=label_config(ontology))


def test_the_same_ontology_changes_nothing() -> None:
    client = FakeClient(label_config=label_config(ONTOLOGY), expert_instruction="")
    assert (prepared(client, ONTOLOGY).change, client.raw.expert_instruction) == ("", "")


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (
            NEWER,
            "that of mini@1.1.0, before mini@1.0.0 (labels added: Ship; labels dropped: Actor; roles dropped: agent, place, same)",
        ),
        (REWORDED, "that of mini@1.0.1, before mini@1.0.0 (the same names, other definitions, values or rules)"),
    ],
)
def test_another_ontology_than_the_remembered_one_is_told_with_what_changes(after: Ontology, change: str) -> None:
    client = FakeClient(label_config=label_config(ONTOLOGY), expert_instruction=instructions(ONTOLOGY))
    assert prepared(client, after).change == change
    assert client.raw.label_config == label_config(after)
    assert client.raw.expert_instruction == instructions(after)


def test_labels_that_annotations_may_use_do_not_vanish() -> None:
    client = FakeClient(label_config=label_config(ONTOLOGY), total_annotations_number=2)
    with pytest.raises(InputError, match="has 2 annotations, and mini@1.1.0 has no label 'Actor' any more"):
        prepared(client, NEWER)
    assert client.raw.label_config == label_config(ONTOLOGY)


def test_instructions_that_somebody_wrote_stay() -> None:
    client = FakeClient(label_config=label_config(ONTOLOGY), expert_instruction="<p>Mind the rivers.</p>")
    assert prepared(client, NEWER).change and client.raw.expert_instruction == "<p>Mind the rivers.</p>"


def test_a_project_of_somebody_else_gets_the_page_and_instructions() -> None:
    client = FakeClient(label_config='<View><Text name="t" value="$text"/></View>')
    assert prepared(client, ONTOLOGY).change == "that of mini@1.0.0"
    assert client.raw.expert_instruction == instructions(ONTOLOGY)


def test_tabs_are_made_where_there_is_none_and_never_again() -> None:
    client = FakeClient()
    project = prepared(client, ONTOLOGY).project
    assert make_first_tabs(project) and not make_first_tabs(project)
    assert [tab["title"] for tab in client.tabs] == ["articles", "open"]
    del client.tabs[1]
    client.tabs[0]["title"] = "mine"
    make_ranked_tab(project)
    make_ranked_tab(project)
    assert [tab["title"] for tab in client.tabs] == ["mine", "next"]
    assert client.tabs[1]["ordering"] == ["tasks:data.next_rank"]


def test_the_columns_are_what_identifies_an_article_and_how_far_it_is() -> None:
    client = FakeClient()
    make_first_tabs(prepared(client, ONTOLOGY).project)
    hidden = client.tabs[0]["hiddenColumns"]["explore"]
    assert {"tasks:data.text", "tasks:data.metadata", "tasks:data.text_sha256", "tasks:annotations_results"} < set(
        hidden
    )
    shown = ("article_id", "title", "published", "outlet", "n_words", "next_rank", "next_by")
    assert not {f"tasks:data.{key}" for key in shown} & set(hidden)
    assert not {"tasks:total_annotations", "tasks:annotators", "tasks:predictions_score"} & set(hidden)


def test_status_says_how_a_second_annotator_joins() -> None:
    one, two = (prepared(FakeClient(maximum_annotations=n), ONTOLOGY).project for n in (1, 2))
    assert annotators_line(one, Status()) == (
        "each task is finished when 1 person has labelled it; for more: "
        "eventcorpus labelstudio annotators 2 --project 7"
    )
    assert annotators_line(two, Status()) == "each task is finished when 2 people have labelled it"
    three = Status(people={n: Work() for n in (1, 2, 3)})
    assert annotators_line(two, three).endswith("eventcorpus labelstudio annotators 3 --project 7")
