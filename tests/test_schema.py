from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span, join_events

SPANS = [
    Span("b", 10, 14, "Battle"),
    Span("a", 0, 4, "Battle"),
    Span("c", 20, 24, "Battle"),
    Span("x", 30, 34, "Actor"),
]


def test_linked_triggers_are_one_event_and_the_others_are_their_own() -> None:
    events = join_events(SPANS, [Role("same_event", "c", "a")], triggers={"Battle"}, link="same_event")
    assert events == (Event("e1", "Battle", ("a", "c")), Event("e2", "Battle", ("b",)))


def test_links_are_transitive() -> None:
    roles = [Role("same_event", "c", "b"), Role("same_event", "b", "a")]
    assert join_events(SPANS, roles, triggers={"Battle"}, link="same_event") == (
        Event("e1", "Battle", ("a", "b", "c")),
    )


def test_a_link_between_labels_joins_nothing() -> None:
    spans = [Span("a", 0, 4, "Battle"), Span("b", 5, 9, "Explosion")]
    events = join_events(spans, [Role("same_event", "b", "a")], triggers={"Battle", "Explosion"}, link="same_event")
    assert [event.triggers for event in events] == [("a",), ("b",)]


def test_an_article_without_spans_was_reviewed_and_is_empty() -> None:
    assert AnnotatedArticle(Article("x", "text"), (), ("Actor",)).status == "reviewed_empty"
