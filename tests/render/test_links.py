import json
from collections import Counter

import pytest

from eventcorpus.eval.events import TRIGGER_PAIRS, link_counts
from eventcorpus.eval.report import Matching
from eventcorpus.predictions import PredictedMention, Prediction
from eventcorpus.render.evaluation import error_browser
from eventcorpus.render.html import json_in_html
from eventcorpus.render.links import ArticleLinks, ShownLink, ShownValues, links_data, links_of
from eventcorpus.schema import AnnotatedArticle, Role, Span
from linked_predictions import ODD, ONTOLOGY, PLANNED, gold, page_of, predicted, report_of, system, without_links


def links(predictions: list[Prediction], articles: list[AnnotatedArticle] | None = None) -> list[ArticleLinks]:
    found = links_of(articles or gold(), {p.id: p for p in predictions}, ONTOLOGY)
    assert found is not None
    return found


def counts(shown: list[ShownLink]) -> tuple[int, int, int]:
    """Right, predicted, in gold, as the report counts."""
    sides = Counter((link.gold is not None, link.predicted is not None) for link in shown)
    return sides[True, True], sides[True, True] + sides[False, True], sides[True, True] + sides[True, False]


def figures(matching: Matching | None, role: str) -> tuple[int, int, int]:
    assert matching is not None
    row = matching.labels[role]
    return row.correct, row.predicted, row.support


def test_roles_are_right_missed_and_spurious_with_the_confidence_of_the_system() -> None:
    raid, _ = links(system())
    of_attacked = [link for link in raid.roles if 2 in {(link.gold or (-1,))[0], (link.predicted or (-1,))[0]}]
    assert of_attacked == [
        ShownLink("time", (2, 0), None),
        ShownLink("agent", (2, 1), (2, 1), 0.8),
        ShownLink("place", (2, 3), (2, 3), 0.8),
        ShownLink("place", None, (2, 6), 0.8),
    ]


@pytest.mark.parametrize("predictions", [system(), system()[:1], system()[1:]])
def test_the_counts_of_roles_and_pairs_are_those_of_the_report(predictions: list[Prediction]) -> None:
    shown, events = links(predictions), report_of(predictions).events
    assert events is not None and events.argument_attached is not None
    for role in events.argument_attached.labels:
        of_role = [link for article in shown for link in article.roles if link.role == role]
        assert counts(of_role) == figures(events.argument_attached, role)
    in_report = link_counts(gold(), [predictions], ONTOLOGY)
    assert in_report is not None
    assert counts([link for article in shown for link in article.pairs]) == tuple(in_report[TRIGGER_PAIRS].sum((0, 1)))


def test_values_are_compared_where_place_and_label_are_those_of_the_gold() -> None:
    raid, hostile = links(system())
    assert raid.values == [
        ShownValues("modality", (2, ("actual",)), (2, ("actual",)), True, 0.6),
        ShownValues("modality", (4, ("actual",)), None),
        ShownValues("modality", (5, ("actual",)), (4, ("actual",)), True, 0.6),
        ShownValues("modality", (6, (PLANNED,)), (5, ("actual",)), False, 0.6),
    ]
    assert [(v.gold, v.same) for v in hostile.values] == [((1, ("actual",)), True), ((3, (PLANNED,)), True)]


def test_triggers_joined_by_way_of_a_third_are_a_pair_without_a_confidence() -> None:
    article = gold()[0]
    text = article.article.text
    said = (("attacked", "Attack"), ("raid", "Attack"), ("assault", "Attack"))
    shown = links([predicted(article.article, said, (("same", 1, 0), ("same", 2, 1)))], [article])[0].pairs
    assert text.index("attacked") < text.index("raid") < text.index("assault")
    assert shown == [
        ShownLink("", (2, 5), (0, 1), 0.8),
        ShownLink("", None, (0, 2), None),
        ShownLink("", None, (1, 2), 0.8),
    ]


def test_a_role_of_a_mention_that_is_marked_twice_counts_once() -> None:
    article = gold()[0]
    spans = (*article.spans, Span("again", article.spans[1].start, article.spans[1].end, "Actor"))
    doubled = AnnotatedArticle(
        article.article, spans, article.labels_annotated, (*article.roles, Role("agent", "2", "again"))
    )
    roles = links(system(), [doubled])[0].roles
    assert [link.gold for link in roles if link.role == "agent" and (link.gold or (0,))[0] == 2] == [(2, 1)]


def test_a_system_of_mentions_alone_has_no_links_and_its_page_none_of_the_script() -> None:
    plain = without_links(system())
    assert links_of(gold(), {p.id: p for p in plain}, ONTOLOGY) is None
    page = page_of(plain)
    assert [word for word in ("ResizeObserver", "svg.links", '"links":', "Point at a trigger") if word in page] == []
    assert error_browser(gold(), {p.id: p for p in plain}, ONTOLOGY.labels).links is None


def test_a_system_that_gives_attributes_alone_is_not_said_to_miss_roles() -> None:
    attributes_alone = [p.model_copy(update={"roles": None}) for p in system()]
    raid, _ = links(attributes_alone)
    assert (raid.roles, raid.pairs, len(raid.values)) == ((), (), 4)
    roles_alone = [
        p.model_copy(update={"mentions": tuple(m.model_copy(update={"attributes": None}) for m in p.mentions)})
        for p in system()
    ]
    raid, _ = links(roles_alone)
    assert (len(raid.roles), raid.values) == (8, ())


def test_an_article_without_a_prediction_has_its_links_missed() -> None:
    raid, _ = links(system()[1:])
    assert counts(list(raid.roles)) == (0, 0, 6)
    assert all(v.predicted is None for v in raid.values)


def test_a_link_is_one_entry_and_names_stand_once() -> None:
    links_ = ArticleLinks(
        roles=[ShownLink("agent", (2, 1), (2, 1), 0.8), ShownLink("agent", (3, 1), None)],
        pairs=[ShownLink("", None, (2, 3), 0.777)],
        values=[ShownValues("modality", (2, ("planned", "actual")), (2, ("planned",)), False, 0.6)],
    )
    assert links_data([links_, ArticleLinks()]) == {
        "roles": ["agent"],
        "attributes": ["modality"],
        "values": ["planned", "actual"],
        "articles": [
            [[[0, (2, 1), (2, 1), 0.8], [0, (3, 1), 0]], [[0, (2, 3), 0.78]], [[0, 0, [2, 0, 1], [2, 0], 0.6]]],
            [[], [], []],
        ],
    }


def test_no_role_or_value_can_end_the_script_element() -> None:
    written = json_in_html(links_data(links(system())))
    assert not set("<>&") & set(written)
    data = json.loads(written)
    assert ODD in data["roles"] and PLANNED in data["values"]
    assert page_of(system()).count("<script") == 2


def test_mentions_that_only_overlap_are_shown_and_not_compared() -> None:
    article = gold()[0]
    wider = article.article.text.index("attacked") - 1
    mention = PredictedMention(
        start=wider, end=wider + 9, label="Attack", text=" attacked", id="m", attributes={"modality": "actual"}
    )
    prediction = system()[0].model_copy(update={"mentions": (mention,), "roles": ()})
    shown = [v for v in links([prediction], [article])[0].values if v.predicted or (v.gold and v.gold[0] == 2)]
    assert shown == [
        ShownValues("modality", (2, ("actual",)), None),
        ShownValues("modality", None, (0, ("actual",))),
    ]
