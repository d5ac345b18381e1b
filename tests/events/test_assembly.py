"""From linked mentions to event rows: which of several meanings stands in a cell, and what a reader is warned of."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told_events import ONTOLOGY, PUBLISHED, meaning_of, row_of, rows_of, shipped, told, words_of

from eventcorpus.events.assembly import event_rows
from eventcorpus.events.rows import Row, Words
from eventcorpus.ontology import parse_ontology
from eventcorpus.schema import Article, ChosenValue, Link, Mention

# triggers to events ----------------------------------------------------------------------------------------------------


def test_triggers_of_one_event_are_one_row_with_the_arguments_of_all() -> None:
    (row,) = rows_of(
        "[Rebels](Actor#r) [attacked](Battle#a agent=r time=t) at dawn on [Tuesday](Time#t). The [raid](Battle#b same_event=a target=p source=o) on "
        "[a post](Facility#p) lasted an hour, [officers](Source#o) said. The [fighting](Battle same_event=b place=h instrument=m) near [Homs](Place#h) "
        "ended with [mortars](Weapon#m)."
    )  # fmt: skip
    assert [words.text for words in row.triggers] == ["attacked", "raid", "fighting"]
    assert {role: words_of(row, role) for role in row.arguments if row.arguments[role]} == {
        "agent": ["Rebels"],
        "target": ["a post"],
        "place": ["Homs"],
        "time": ["Tuesday"],
        "instrument": ["mortars"],
        "source": ["officers"],
    }
    assert (row.date.start, row.sources) == (dt.date(2018, 4, 24), ("Officers",))


def test_a_row_has_every_role_and_the_article_it_is_of() -> None:
    (row,) = rows_of(
        "[Police](Actor#p) [detained](Arrest agent=p) no one.", name="x", title="Quiet night", outlet="Wire"
    )
    assert list(row.arguments) == ["agent", "target", "victim", "place", "origin", "time", "instrument", "source"]
    assert (row.article, row.title, row.outlet, row.published, row.url) == ("x", "Quiet night", "Wire", PUBLISHED, None)
    assert row.attributes == {"modality": "actual", "scope": "incident"}


def test_rows_stand_in_the_order_of_their_first_triggers() -> None:
    rows = rows_of(
        "A [blast](Explosion#x) came before [clashes](Battle). Ten [died](Casualties outcome=killed cause=x). The [explosion](Explosion same_event=x) was heard."
    )
    assert [row.label for row in rows] == ["Explosion", "Battle", "Casualties"]


def test_an_argument_of_several_triggers_stands_once_with_its_surest_link() -> None:
    article, mentions = told(
        "[Rebels](Actor#r) [attacked](Battle#a agent=r). The [raid](Battle same_event=a agent=r) failed."
    )
    confidence = iter([0.9, 0.4])
    linked = [
        replace(m, links=tuple(replace(k, confidence=next(confidence)) if k.role == "agent" else k for k in m.links))
        for m in mentions
    ]
    (row,) = event_rows(article, linked, ONTOLOGY, shipped())
    assert [(argument.words.text, argument.confidence) for argument in row.arguments["agent"]] == [("Rebels", 0.9)]


def test_triggers_of_two_labels_stay_apart_though_a_model_joins_them() -> None:
    article, mentions = told("The [blast](Explosion#x) began the [clashes](Battle#b).")
    joined = [replace(m, links=(Link("same_event", "x", 0.9),)) if m.id == "b" else m for m in mentions]
    assert [row.label for row in event_rows(article, joined, ONTOLOGY, shipped())] == ["Explosion", "Battle"]


def test_an_attribute_is_what_triggers_say_most_surely_and_of_equals_the_first() -> None:
    article, mentions = told("The [attack](Battle#a) and the [raid](Battle#b same_event=a) were feared.")

    def modality_of(*said: tuple[str, float]) -> str:
        chosen = [
            replace(mention, attributes=(ChosenValue("modality", value, confidence),))
            for mention, (value, confidence) in zip(mentions, said, strict=True)
        ]
        (row,) = event_rows(article, chosen, ONTOLOGY, shipped())
        return row.attributes["modality"]

    assert modality_of(("actual", 0.5), ("possible", 0.8)) == "possible"
    assert modality_of(("actual", 0.8), ("possible", 0.5)) == "actual"
    assert modality_of(("planned", 0.6), ("denied", 0.6)) == "planned"


def test_an_attribute_without_a_value_has_its_default_and_without_a_default_is_not_there() -> None:
    article, mentions = told("Two people [died](Casualties outcome=killed).")
    (row,) = event_rows(article, [replace(m, attributes=()) for m in mentions], ONTOLOGY, shipped())
    assert row.attributes == {"modality": "actual", "scope": "incident"}


@pytest.mark.parametrize("scope", ["aggregate", "background"])
def test_totals_and_history_are_rows_that_say_so(scope: str) -> None:
    row = row_of(
        f"[Some 4,000](Count#n) people [died](Casualties outcome=killed scope={scope} count=n time=t) in [2011](Time#t)."
    )
    assert row.attributes["scope"] == scope
    assert (row.count.best, row.date.start, row.date.end) == (4000, dt.date(2011, 1, 1), dt.date(2011, 12, 31))


def test_the_confidence_of_a_row_is_that_of_its_surest_trigger() -> None:
    article, mentions = told("The [attack](Battle#a) and the [raid](Battle#b same_event=a) failed.")
    (row,) = event_rows(
        article, [replace(m, confidence=0.9 if m.id == "b" else 0.3) for m in mentions], ONTOLOGY, shipped()
    )
    assert row.confidence == 0.9


TOTALS = (
    "[54](Count#m) people [died](Casualties#a outcome=killed scope=aggregate count=m time=u) in [March](Time#u). [21](Count#n) have been "
    "[killed](Casualties#b same_event=a outcome=killed scope=aggregate count=n time=t) [this month](Time#t)."
)


def test_a_models_link_between_totals_over_two_periods_joins_nothing_and_a_persons_does() -> None:
    article, mentions = told(TOTALS)
    by_model = [replace(m, links=tuple(replace(link, confidence=0.99) for link in m.links)) for m in mentions]
    assert [row.count.best for row in event_rows(article, by_model, ONTOLOGY, shipped())] == [54, 21]
    (row,) = event_rows(article, mentions, ONTOLOGY, shipped())
    assert (row.count.best, row.flags) == (54, ("dates disagree", "counts disagree"))


@pytest.mark.parametrize(("figure", "period"), [("54", "this month"), ("21", "March")])
def test_a_models_link_between_totals_of_one_figure_or_one_period_joins_them(figure: str, period: str) -> None:
    article, mentions = told(TOTALS.replace("[21]", f"[{figure}]").replace("[this month]", f"[{period}]"))
    by_model = [replace(m, links=tuple(replace(link, confidence=0.99) for link in m.links)) for m in mentions]
    assert len(event_rows(article, by_model, ONTOLOGY, shipped())) == 1


def test_a_cause_is_the_row_of_the_trigger_it_leads_to() -> None:
    rows = rows_of(
        "A [bomb](Weapon#w) [exploded](Explosion#x instrument=w). The [blast](Explosion#y same_event=x) [killed](Casualties outcome=killed cause=y count=n) "
        "[two](Count#n) people and [hurt](Casualties outcome=injured cause=x,y count=m) [six](Count#m)."
    )  # fmt: skip
    assert [row.label for row in rows] == ["Explosion", "Casualties", "Casualties"]
    assert [row.cause for row in rows] == [(), (rows[0].id,), (rows[0].id,)]


def test_an_event_is_never_its_own_cause() -> None:
    row = row_of(
        "Two people [died](Casualties#a outcome=killed). The [deaths](Casualties same_event=a cause=a outcome=killed) were confirmed."
    )
    assert (len(row.triggers), row.cause) == (2, ())


def test_the_country_of_the_outlet_decides_between_towns_of_one_name() -> None:
    article, mentions = told("Two men were [arrested](Arrest place=p) in [Halifax](Place#p) on Monday.")
    at_home = replace(article, metadata={"outlet_country": "GB"})
    places = [event_rows(one, mentions, ONTOLOGY, shipped())[0].arguments["place"][0] for one in (article, at_home)]
    assert [place.normalised.get("country") for place in places] == [None, "GB"]


def test_no_triggers_give_no_rows() -> None:
    assert rows_of("[Rebels](Actor) hold [Homs](Place) and [two villages](Place).") == []
    assert event_rows(Article("empty", ""), [], ONTOLOGY, shipped()) == []


def test_links_to_mentions_that_are_not_there_say_nothing() -> None:
    article, mentions = told("A [blast](Explosion#x) shook [Homs](Place#h).")
    roles = ("place", "time", "agent", "source", "cause", "same_event", "count", "no such role")
    dangling = [
        replace(m, links=tuple(Link(role, "gone", 0.9) for role in roles)) if m.id == "x" else m for m in mentions
    ]
    (row,) = event_rows(article, dangling, ONTOLOGY, shipped())
    assert (row.arguments["place"], row.sources, row.cause, row.claims) == ((), (), (), ())


def test_mentions_without_ids_as_models_without_heads_give_them_are_rows_of_their_own() -> None:
    article, mentions = told(
        "A [blast](Explosion) shook [Homs](Place). [Clashes](Battle) followed. [Police](Actor) left."
    )
    bare = [replace(mention, id="", attributes=(), links=()) for mention in mentions]
    assert [row.label for row in event_rows(article, bare, ONTOLOGY, shipped())] == ["Explosion", "Battle"]


# flags -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_between", "flags"), [(0, ()), (1, ()), (2, ("far: source",))])
def test_an_argument_more_than_two_sentences_away_is_flagged_with_its_role(
    n_between: int, flags: tuple[str, ...]
) -> None:
    between = "Nothing else is known. " * n_between
    assert row_of(f"A [blast](Explosion source=o) was heard. {between}[Officers](Source#o) said so.").flags == flags


def test_distance_is_counted_from_the_nearest_trigger_of_the_event() -> None:
    marked = "A [blast](Explosion#x place=h) was heard. Windows broke. Trees fell. The [explosion](Explosion{}) left a crater. It is near [Homs](Place#h)."
    first, _ = rows_of(marked.format(""))
    assert first.flags == ("far: place",)
    assert row_of(marked.format(" same_event=x")).flags == ()


# when ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modality", "day"),
    [("actual", 24), ("denied", 24), ("planned", 1), ("possible", 1)],
)
def test_a_weekday_lies_ahead_of_publication_where_the_event_does(modality: str, day: int) -> None:
    row = row_of(f"Unions will have [marched](Protest time=t modality={modality}) on [Tuesday](Time#t).")
    month = 4 if day == 24 else 5
    assert row.date.start == row.date.end == dt.date(2018, month, day)
    assert meaning_of(row, "time", "date_start") == [f"2018-{month:02}-{day:02}"]


def test_the_date_is_what_all_times_of_the_event_leave_open() -> None:
    row = row_of(
        "[Last week](Time#w), on [Friday](Time#f), rebels [attacked](Battle time=w,f,s). It was [April](Time#s)."
    )
    assert (row.date.start, row.date.end, row.date.precision) == (dt.date(2018, 4, 20), dt.date(2018, 4, 20), 1)
    assert [words.text for words in row.date.evidence] == ["Last week", "Friday", "April"]
    assert row.flags == ()


def test_where_times_exclude_each_other_the_shortest_stands_and_the_row_is_flagged() -> None:
    row = row_of("The [attack](Battle time=m,t) began in [March](Time#m). It was [Tuesday](Time#t).")
    assert (row.date.start, row.date.end, row.date.rule) == (dt.date(2018, 4, 24), dt.date(2018, 4, 24), "weekday")
    assert [words.text for words in row.date.evidence] == ["Tuesday"]
    assert row.flags == ("dates disagree",)
    assert meaning_of(row, "time", "date_start") == ["2018-03-01", "2018-04-24"]


def test_two_open_times_bound_the_date_on_both_sides() -> None:
    row = row_of("[Fighting](Battle time=f,u) went on from [Friday](Time#f) until [Sunday](Time#u).")
    assert (row.date.start, row.date.end) == (dt.date(2018, 4, 20), dt.date(2018, 4, 22))


def test_the_precision_of_the_date_is_that_of_the_days_that_are_left() -> None:
    row = row_of("[Fighting](Battle time=f,u) went on from [Friday](Time#f) until [Sunday](Time#u).")
    assert row.date.precision == 2


def test_the_confidence_of_a_date_is_that_of_its_rule_times_that_of_its_link() -> None:
    article, mentions = told("Rebels [attacked](Battle time=t) on [Tuesday](Time#t).")
    linked = [replace(m, links=tuple(replace(link, confidence=0.5) for link in m.links)) for m in mentions]
    (row,) = event_rows(article, linked, ONTOLOGY, shipped())
    sure = row.arguments["time"][0].normalised["sure"]
    assert row.date.confidence == pytest.approx(0.5 * sure, abs=1e-4)


@pytest.mark.parametrize("published", ["2018-04", "yesterday"])
def test_a_publication_that_is_no_day_as_predictions_may_have_it_dates_nothing(published: str) -> None:
    article, mentions = told("Rebels [attacked](Battle time=t) on [Tuesday](Time#t).")
    (row,) = event_rows(replace(article, published=published), mentions, ONTOLOGY, shipped())
    assert (row.date.start, words_of(row, "time")) == (None, ["Tuesday"])


def test_without_publication_the_year_comes_from_the_article_and_a_weekday_stays_open() -> None:
    marked = "Rebels [attacked](Battle time=t) on [{}](Time#t). The war began in 2011."
    assert row_of(marked.format("24 April"), published=None).date.start == dt.date(2011, 4, 24)
    row = row_of(marked.format("Tuesday"), published=None)
    assert (row.date.start, row.date.rule, row.published) == (None, None, None)
    assert words_of(row, "time") == ["Tuesday"]


# how many --------------------------------------------------------------------------------------------------------------

KILLED = "Casualties outcome=killed count="


def test_figures_of_one_trigger_in_one_sentence_are_parts_of_a_sum() -> None:
    row = row_of(f"[Eight](Count#a) civilians and [four](Count#b) soldiers were [killed]({KILLED}a,b).")
    assert (row.count.low, row.count.best, row.count.high, row.count.rule) == (12, 12, 12, "sum")
    assert [words.text for words in row.count.evidence] == ["Eight", "four"]
    assert [claim.best for claim in row.claims] == [12]
    assert row.flags == ()


@pytest.mark.parametrize(
    "marked",
    [
        "[Eighteen](Count#a) people were [killed]({}), among them [five](Count#b) children.",
        "[Eighteen](Count#a) people, including [five](Count#b) children, were [killed]({}).",
        "[Eighteen](Count#a) people, of whom [five](Count#b) were children, were [killed]({}).",
        "[Eighteen](Count#a) people, [five](Count#b) of them children, were [killed]({}).",
        "[Eighteen](Count#a) people [died]({}), [five](Count#b) of whom were children.",
        "Among the [18](Count#a) who [died]({}) were [five](Count#b) children.",
        "[Five](Count#b) of the [18](Count#a) [killed]({}) were children.",
        "[Five](Count#b) children were among the [18](Count#a) people [killed]({}).",
    ],
)
def test_a_part_is_not_added_to_the_whole(marked: str) -> None:
    row = row_of(marked.format(f"{KILLED}a,b"))
    assert (row.count.low, row.count.best, row.count.high) == (18, 18, 18)


def test_a_figure_behind_a_part_of_another_is_added() -> None:
    row = row_of(
        f"[Eight](Count#a) men, including [two](Count#b) guards, and [four](Count#c) women were [killed]({KILLED}a,b,c)."
    )
    assert row.count.best == 12


@pytest.mark.parametrize(
    "marked",
    [
        "The [death toll]({}) rose to [18](Count#a) from [12](Count#b).",
        "[18](Count#a) people were [killed]({}), up from [12](Count#b) on Monday.",
        "[18](Count#a) people, not [20](Count#b) as first reported, were [killed]({}).",
        "[18](Count#a) or [19](Count#b) people were [killed]({}).",
        "The [death toll]({}) rose from [12](Count#b) to [18](Count#a).",
        "First given as [12](Count#b) [dead]({}), the toll is now [18](Count#a).",
    ],
)
def test_a_figure_that_is_corrected_or_given_as_another_possibility_is_not_added(marked: str) -> None:
    """No such figure is linked in the shipped corpus beside the one that holds; a model may link both."""
    row = row_of(marked.format(f"{KILLED}a,b"))
    assert row.count.best == 18


def test_the_whole_of_another_sentence_is_another_statement_and_no_part() -> None:
    row = row_of(
        f"[Eight](Count#a) civilians and [four](Count#b) soldiers were [killed]({KILLED}a,b,c). The toll was [12](Count#c)."
    )
    assert [claim.best for claim in row.claims] == [12, 12]
    assert (row.count.best, row.flags) == (12, ())


def test_of_two_lower_bounds_nobody_has_said_an_upper_one() -> None:
    row = row_of(
        "[At least 18](Count#a) people [died](Casualties#k outcome=killed count=a). [At least 21](Count#b) were "
        "[dead](Casualties outcome=killed same_event=k count=b), it was said later."
    )
    assert (row.count.low, row.count.high, row.flags) == (18, None, ("counts disagree",))


def test_figures_that_conflict_are_kept_with_their_sources_and_bound_the_count() -> None:
    row = row_of(
        "[At least 18](Count#a) people [died](Casualties#k outcome=killed count=a source=d), [a doctor](Source#d) said. [Witnesses](Source#w) spoke of "
        "[30](Count#b) [dead](Casualties same_event=k outcome=killed count=b source=w). The [army](Actor#m) said [six](Count#c) were "
        "[killed](Casualties same_event=k outcome=killed count=c source=m)."
    )  # fmt: skip
    assert [(claim.low, claim.best, claim.high, claim.sources) for claim in row.claims] == [
        (18, 18, None, ("Doctor",)),
        (30, 30, 30, ("Witnesses",)),
        (6, 6, 6, ("Military Forces",)),
    ]
    assert all(claim.published == PUBLISHED for claim in row.claims)
    assert (row.count.low, row.count.best, row.count.high) == (6, 30, 30)
    assert row.count.rule == "several figures: exact before hedged, then the first"
    assert [words.text for words in row.count.evidence] == ["At least 18", "30"]
    assert row.flags == ("counts disagree",)
    assert row.sources == ("Doctor", "Witnesses", "Military Forces")


@pytest.mark.parametrize(
    ("first", "second", "bounds"),
    [
        ("more than 300", "320", (320, 320, 320)),
        ("about 40", "43", (43, 43, 43)),
        ("up to 100", "48", (48, 48, 48)),
        ("dozens", "36", (36, 36, 36)),
        ("between 10 and 20", "14", (14, 14, 14)),
    ],
)
def test_a_hedged_figure_that_leaves_room_for_the_exact_one_does_not_disagree(
    first: str, second: str, bounds: tuple[int, int, int]
) -> None:
    row = row_of(
        f"[{first.capitalize()}](Count#a) people [died](Casualties#k outcome=killed count=a). The [dead]({KILLED}b same_event=k) are [{second}](Count#b)."
    )
    assert (row.count.low, row.count.best, row.count.high) == bounds
    assert (row.count.rule, row.flags) == ("exact number", ())
    assert len(row.claims) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [("dozens", "12"), ("fewer than 10", "14"), ("between 10 and 20", "30"), ("at least 40", "31"), ("about 40", "60")],
)
def test_a_hedged_figure_that_excludes_the_exact_one_disagrees(first: str, second: str) -> None:
    row = row_of(
        f"[{first.capitalize()}](Count#a) people [died](Casualties#k outcome=killed count=a). The [dead]({KILLED}b same_event=k) are [{second}](Count#b)."
    )
    assert (row.count.best, row.flags) == (int(second), ("counts disagree",))


def test_people_and_families_are_not_added() -> None:
    row = row_of("[Forty](Count#a) families and [ten](Count#b) people [fled](Movement count=a,b) to Homs.")
    assert (row.count.low, row.count.best, row.count.high) == (None, None, None)
    assert row.count.rule == "sum of different units"
    assert [words.text for words in row.count.evidence] == ["Forty", "ten"]


def test_no_one_is_the_number_zero_and_an_unreadable_count_is_no_number() -> None:
    assert row_of(f"[No one](Count#n) was [killed]({KILLED}n).").count.best == 0
    row = row_of(f"[Countless](Count#n) people were [killed]({KILLED}n).")
    assert (row.count.best, row.count.rule, row.claims) == (None, None, ())


# other ontologies ------------------------------------------------------------------------------------------------------

OTHER_NAMES = parse_ontology(
    {
        "name": "übergriffe", "version": "1.0.0",
        "triggers": [{"name": "Angriff"}, {"name": "Opfer"}],
        "entities": [{"name": "Ort"}, {"name": "Zeit"}, {"name": "Anzahl"}, {"name": "Täter"}],
        "roles": [
            {"name": "wo", "signatures": [{"to": ["Ort"]}]},
            {"name": "wann", "signatures": [{"to": ["Zeit"]}]},
            {"name": "wie_viele", "signatures": [{"to": ["Anzahl"]}]},
            {"name": "wer", "signatures": [{"to": ["Täter"]}]},
            {"name": "laut", "signatures": [{"to": ["Täter"]}]},
            {"name": "durch", "signatures": [{"from": ["Opfer"], "to": ["Angriff"]}]},
            {"name": "dasselbe", "signatures": [{"to": "same"}], "joins_events": True},
        ],
        "attributes": [
            {"name": "wirklich", "of": "triggers", "default": "ja", "values": [{"name": "ja"}, {"name": "morgen"}]},
            {"name": "wie_oft", "of": "triggers", "default": "einmal", "values": [{"name": "einmal"}, {"name": "oft"}]},
        ],
        "rows": {
            "places": ["Ort"], "dates": ["Zeit"], "counts": ["Anzahl"], "actors": ["Täter"], "place": "wo", "time": "wann",
            "count": "wie_viele", "cause": "durch", "source": "laut", "modality": "wirklich", "actual": "ja",
            "to_come": ["morgen"], "scope": "wie_oft", "incident": "einmal",
        },
    },
    place="here",
)  # fmt: skip


def test_an_ontology_with_other_names_says_in_its_section_rows_what_they_mean() -> None:
    raid, toll, plan = rows_of(
        "[DAMASCUS](Ort#d), April 25 — [Daesh](Täter#t) [attacked](Angriff#a wer=t wo=d,h wann=z) [Homs](Ort#h) on [Tuesday](Zeit#z). "
        "The [raid](Angriff#b dasselbe=a) [killed](Opfer durch=b wie_viele=n laut=s) [six](Anzahl#n), [residents](Täter#s) said. "
        "An [attack](Angriff wirklich=morgen wann=y) is feared for [Monday](Zeit#y).",
        ontology=OTHER_NAMES,
    )
    assert [words.text for words in raid.triggers] == ["attacked", "raid"]
    assert meaning_of(raid, "wer", "name") == ["Islamic State"]
    assert meaning_of(raid, "wo", "id") == ["geonames:169577"]
    assert (raid.date.start, raid.flags) == (dt.date(2018, 4, 24), ("dateline",))
    assert (toll.count.best, toll.cause, toll.sources) == (6, (raid.id,), ("Residents",))
    assert list(toll.arguments) == ["wo", "wann", "wer", "laut"]
    assert (plan.attributes["wirklich"], plan.date.start) == ("morgen", dt.date(2018, 4, 30))
    assert Row.of(json.loads(raid.line()), place="here") == raid


NO_NAMES = parse_ontology(
    {
        "name": "bare", "version": "1.0.0", "triggers": [{"name": "Fire"}], "entities": [{"name": "Thing"}],
        "roles": [{"name": "of"}], "attributes": [],
    },
    place="here",
)  # fmt: skip


def test_an_ontology_without_any_of_the_names_gives_rows_of_words_alone() -> None:
    fire, other = rows_of(
        "A [fire](Fire of=h) in [Homs](Thing#h) on Tuesday. [Another](Fire) followed.", ontology=NO_NAMES
    )
    assert {role: [a.as_dict() for a in given] for role, given in fire.arguments.items()} == {
        "of": [{"start": 10, "end": 14, "text": "Homs", "label": "Thing", "confidence": 1.0}]
    }
    assert (fire.date.start, fire.count.best, fire.attributes, fire.cause, fire.sources) == (None, None, {}, (), ())
    assert other.arguments == {"of": ()}


# hostile text and any links --------------------------------------------------------------------------------------------

PIECES = [
    "Homs", "Syria", "Washington", "Albany, Georgia", "DAMASCUS —", "Daesh", "the army", "they", "Tuesday", "24 April",
    "31 February 2018", "since 2011", "in 24 hours", "9999", "0001-01-01", "six", "at least 18", "dozens", "9" * 400, "-1",
    "²³", "١٢", "１２", "including", "\ufffd", "\ufffd\ufffd", "🔥", "👨\u200d👩\u200d👧", "قال", "\u202eHoms\u202c", "שלום", "e\u0301", "\u00a0",
    "\u2028", "ﬃ", "ß", ".", ".\n\n", "“", "]", "A" * 300, "İ", "\t",
]  # fmt: skip
"""Words with a meaning, and such as break offsets, numbers and calendars."""
ROLES = [role.name for role in ONTOLOGY.roles] + ["no such role"]
VALUES = [
    ("modality", "planned"),
    ("modality", "actual"),
    ("scope", "aggregate"),
    ("outcome", "killed"),
    ("mood", "bad"),
]
confidences = st.integers(0, 100).map(lambda n: n / 100)


def is_in_text(row: Row, text: str) -> bool:
    """Whether all words of a row are those of the text at their place."""
    words: list[Words] = [*row.triggers, *row.date.evidence, *row.count.evidence]
    words += [argument.words for given_arguments in row.arguments.values() for argument in given_arguments]
    words += [each for claim in row.claims for each in claim.evidence]
    return all(text[each.start : each.end] == each.text for each in words)


@st.composite
def linked_articles(draw: st.DrawFn) -> tuple[Article, list[Mention]]:
    """A text of pieces, mentions of some of them, and links of any role between any two, or to one that is not there."""
    pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14))
    text, ends = "", []
    for piece in pieces:
        ends.append((len(text), len(text) + len(piece)))
        text += piece + " "
    mentions: list[Mention] = []
    for i, (start, end) in enumerate(ends):
        if not draw(st.integers(0, 4)):
            continue
        label = draw(st.sampled_from(ONTOLOGY.labels))
        n_links = draw(st.integers(0, 3))
        links = tuple(
            Link(draw(st.sampled_from(ROLES)), f"m{draw(st.integers(0, len(ends)))}", draw(confidences))
            for _ in range(n_links)
        )
        values = tuple(
            ChosenValue(*draw(st.sampled_from(VALUES)), draw(confidences)) for _ in range(draw(st.integers(0, 2)))
        )
        mentions.append(Mention(start, end, label, text[start:end], draw(confidences), f"m{i}", values, links))
    published = draw(st.sampled_from([None, "2018-04-25", "0001-01-01", "9999-12-31", "2018-04-25T10:00:00+03:00"]))
    return Article("any", text, published=published), mentions


@given(linked_articles())
def test_any_linked_mentions_give_rows_that_are_read_back_equal_and_cut_out_of_the_text(
    linked: tuple[Article, list[Mention]],
) -> None:
    article, mentions = linked
    rows = event_rows(article, mentions, ONTOLOGY, shipped())
    assert [Row.of(json.loads(row.line()), place="here") for row in rows] == rows
    assert all(is_in_text(row, article.text) for row in rows)
    triggers = {(m.start, m.end) for m in mentions if m.label in ONTOLOGY.trigger_names}
    assert sorted((words.start, words.end) for row in rows for words in row.triggers) == sorted(triggers)
    assert len({row.id for row in rows}) == len(rows)


@given(linked_articles(), st.randoms(use_true_random=False))
def test_rows_do_not_depend_on_the_order_of_mentions(linked: tuple[Article, list[Mention]], random: object) -> None:
    article, mentions = linked
    shuffled = list(mentions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert event_rows(article, shuffled, ONTOLOGY, shipped()) == event_rows(article, mentions, ONTOLOGY, shipped())


OF_LABEL = [
    ("Place", "place"),
    ("Time", "time"),
    ("Count", "count"),
    ("Actor", "agent"),
    ("Source", "source"),
    ("Weapon", "instrument"),
]


@pytest.mark.parametrize(("label", "role"), OF_LABEL)
def test_hostile_words_of_any_label_give_a_row_of_words_cut_out_of_the_text(label: str, role: str) -> None:
    for piece in PIECES:
        text, end = f"🔥 {piece} was hit", 2 + len(piece)
        mention = Mention(2, end, label, piece, 1.0, "a")
        trigger = Mention(end + 5, end + 8, "Casualties", "hit", 1.0, "t", links=(Link(role, "a", 1.0),))
        article = Article("odd", text, published=PUBLISHED)
        (row,) = event_rows(article, [mention, trigger], ONTOLOGY, shipped())
        assert is_in_text(row, text)
        assert Row.of(json.loads(row.line()), place="here") == row
        assert role == "count" or words_of(row, role) == [piece]
