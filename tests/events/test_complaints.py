"""What users of event data have complained about in public, as requirements on rows, tables, groups and scores.

Each test tells a short invented story, its mentions marked as a careful annotator would, and runs it through assembly,
tables, de-duplication or scores. Where a complaint is about what is found in a text, which is the work of a model, the
docstring says which part code can guarantee and where the model's part is measured.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from told_events import ONTOLOGY, meaning_of, row_of, rows_of, shipped, told, words_of

from cli_runner import run
from eventcorpus import read_articles
from eventcorpus.eval.rows import PLACE_ID, score_rows
from eventcorpus.events.acled import acled_rows
from eventcorpus.events.assembly import FAR, Normalisers, event_rows
from eventcorpus.events.dedupe import dedupe
from eventcorpus.events.event_groups import Best
from eventcorpus.events.row_tables import write_rows
from eventcorpus.events.rows import Row, Words, read_rows
from eventcorpus.events.ucdp import ucdp_rows

EVENT_FREE = Path(__file__).parents[2] / "eval" / "event-free.jsonl"


def groups_of(folder: Path, rows: Iterable[Row], *, best: Best = "latest") -> list[dict[str, Any]]:
    """The events that rows tell, by way of files."""
    given, out = folder / "rows.jsonl", folder / "groups.jsonl"
    given.write_text("".join(row.line() + "\n" for row in rows), encoding="utf-8")
    dedupe([given], out, ONTOLOGY, best=best)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def parties(row: Row) -> tuple[str | None, str | None]:
    """ACLED's two actors of a row."""
    (line,) = acled_rows([row], ONTOLOGY)
    return line["actor1"], line["actor2"]


# many reports of one event ---------------------------------------------------------------------------------------------

RETELLINGS = [
    ("2018-04-24", "[Daesh fighters](Actor#g) [abducted](Abduction agent=g victim=v count=n place=p time=t source=s) [100](Count#n) [villagers](Civilians#v) in [Homs](Place#p) [today](Time#t), [a shepherd](Source#s) said."),
    ("2018-04-24", "[A shopkeeper](Source#s) said that [ISIS](Actor#g) had [seized](Abduction agent=g victim=v count=n place=p time=t source=s) [about 100](Count#n) [people](Civilians#v) in [Homs](Place#p) on [Tuesday](Time#t)."),
    ("2018-04-25", "[Residents](Civilians#v) of [Homs](Place#p) were [kidnapped](Abduction agent=g victim=v count=n place=p time=t source=s) by [Islamic State](Actor#g) on [Tuesday](Time#t), [200](Count#n) of them, [the mayor](Source#s) said."),
    ("2018-04-25", "[Yesterday](Time#t) [IS militants](Actor#g) [abducted](Abduction agent=g victim=v count=n place=p time=t source=s) [200](Count#n) [civilians](Civilians#v) in [Homs](Place#p), according to [AFP](Source#s)."),
    ("2018-04-25", "[ISIL](Actor#g) [took](Abduction agent=g victim=v count=n place=p time=t source=s) [200](Count#n) [hostages](Civilians#v) in [Homs](Place#p) on [24 April](Time#t), [a teacher](Source#s) told us."),
    ("2018-04-26", "On [Tuesday](Time#t) [extremists](Actor#g) [abducted](Abduction agent=g victim=v count=n place=p time=t source=s) [234](Count#n) [people](Civilians#v) in [Homs](Place#p), [Reuters](Source#s) reports."),
    ("2018-04-26", "The [abduction](Abduction agent=g victim=v count=n place=p time=t source=s) of [234](Count#n) [residents](Civilians#v) of [Homs](Place#p) [two days ago](Time#t) was the work of [Daesh](Actor#g), [a general](Source#s) said."),
    ("2018-04-26", "[A relief worker](Source#s) counts [234](Count#n) [people](Civilians#v) whom [the Islamic State group](Actor#g) [seized](Abduction agent=g victim=v count=n place=p time=t source=s) in [Homs](Place#p) on [Tuesday](Time#t)."),
    ("2018-04-27", "[276](Count#n) [people](Civilians#v) are missing in [Homs](Place#p) since [ISIS](Actor#g) [abducted](Abduction agent=g victim=v count=n place=p time=t source=s) them on [Tuesday](Time#t), [a lawyer](Source#s) said."),
    ("2018-04-27", "[The Syrian Observatory for Human Rights](Source#s) gives the number of [civilians](Civilians#v) [kidnapped](Abduction agent=g victim=v count=n place=p time=t source=s) by [Da'esh](Actor#g) in [Homs](Place#p) on [24 April 2018](Time#t) as [276](Count#n)."),
]  # fmt: skip


def test_ten_retellings_with_other_names_numbers_and_day_words_are_one_event_of_ten_sources(tmp_path: Path) -> None:
    rows = [
        row
        for i, (published, marked) in enumerate(RETELLINGS)
        for row in rows_of(marked, name=f"a{i}", published=published)
    ]
    (group,) = groups_of(tmp_path, rows)
    assert (len(rows), len(group["articles"]), len(group["sources"])) == (10, 10, 10)
    assert (group["count"]["low"], group["count"]["high"]) == (100, 276)
    assert group["date"]["start"] == group["date"]["end"] == "2018-04-24"


def test_two_blasts_in_one_city_on_one_day_stay_two_and_two_mentions_of_one_blast_become_one(tmp_path: Path) -> None:
    """Which mentions tell one event is found by the model; ``eventcorpus eval`` measures it as ``same_event``."""
    rows = rows_of(
        "A [car bomb](Weapon#c) [went off](Explosion#x instrument=c place=p target=m time=t) outside [a market](Facility#m) "
        "in [Homs](Place#p) on [Tuesday](Time#t). A [grenade](Weapon#g) [exploded](Explosion#y instrument=g place=p target=b time=t) "
        "in [a bus](Facility#b) there on the same day. The [blast](Explosion same_event=x source=r) at the market broke windows, "
        "[residents](Source#r) said."
    )  # fmt: skip
    assert [[words.text for words in row.triggers] for row in rows] == [["went off", "blast"], ["exploded"]]
    assert [words_of(row, "target") for row in rows] == [["a market"], ["a bus"]]
    assert rows[0].sources == ("Residents",)
    assert len(groups_of(tmp_path, rows)) == len(acled_rows(rows, ONTOLOGY)) == 2


TOLL = "[Gunmen](Actor#g) [killed](Casualties outcome=killed agent=g victim=v count=n place=p time=t source=s) [{}](Count#n) [villagers](Civilians#v) in [Homs](Place#p) on [Tuesday](Time#t), [{}](Source#s) said."  # fmt: skip


def test_a_later_toll_replaces_the_earlier_one_as_best_and_both_claims_stay_with_their_publication(
    tmp_path: Path,
) -> None:
    rows = [
        *rows_of(TOLL.format("six", "a doctor"), name="late", published="2018-04-26T18:00:00Z"),
        *rows_of(TOLL.format("three", "the police"), name="early", published="2018-04-24T09:00:00Z"),
    ]
    (group,) = groups_of(tmp_path, rows)
    assert (group["count"]["low"], group["count"]["best"], group["count"]["high"]) == (3, 6, 6)
    assert [(claim["published"][:10], claim["best"]) for claim in group["claims"]] == [
        ("2018-04-24", 3),
        ("2018-04-26", 6),
    ]
    assert group["flags"] == ["counts rise"]


REPORTS = [(24, 2), (24, 4), (25, 4), (25, 4), (26, 5), (26, 5), (27, 6), (28, 4), (29, 7), (30, 5), (30, 5)]
"""Day of April and number of dead in eleven reports of one event."""


@pytest.mark.parametrize(
    ("best", "number", "rule"),
    [("min", 2, "lowest"), ("max", 7, "highest"), ("latest", 5, "latest publication"), ("mode", 5, "most said")],
)
def test_rows_of_reports_are_kept_and_added_up_by_a_rule_that_is_named(
    tmp_path: Path, best: Best, number: int, rule: str
) -> None:
    marked = TOLL.replace("[Tuesday]", "[24 April]")
    rows = [
        row_of_report
        for i, (day, dead) in enumerate(REPORTS)
        for row_of_report in rows_of(marked.format(dead, "a doctor"), name=f"a{i:02}", published=f"2018-04-{day}")
    ]
    (group,) = groups_of(tmp_path, rows, best=best)
    assert (group["count"]["best"], group["count"]["rule"]) == (number, rule)
    assert len(group["rows"]) == 11
    assert sorted(claim["best"] for claim in group["claims"]) == sorted(dead for _, dead in REPORTS)
    assert len(list(read_rows(tmp_path / "rows.jsonl"))) == 11


def test_ids_of_rows_and_groups_come_from_content_alone_so_that_what_is_sent_again_counts_once(tmp_path: Path) -> None:
    article, mentions = told(TOLL.format("six", "a doctor"), published="2018-04-24T09:00:00Z")
    first = event_rows(article, mentions, ONTOLOGY, shipped())
    other_names = {mention.id: f"m{i}" for i, mention in enumerate(mentions)}
    renamed = [
        replace(
            mention,
            id=other_names[mention.id],
            confidence=0.5,
            links=tuple(replace(link, argument=other_names[link.argument]) for link in mention.links),
        )
        for mention in reversed(mentions)
    ]
    again = event_rows(replace(article, published="2018-04-24T10:30:00Z", title="Update"), renamed, ONTOLOGY, shipped())
    assert [row.id for row in again] == [row.id for row in first]
    (once,) = groups_of(tmp_path, first)
    (twice,) = groups_of(tmp_path, [*first, *again, *first])
    assert twice["id"] == once["id"]
    assert len(twice["rows"]) == 1


def test_a_country_is_never_joined_with_a_town_by_place_alone(tmp_path: Path) -> None:
    marked = (
        "A [bomb](Weapon#b) [exploded](Explosion instrument=b place=p time=t) in [{}](Place#p) on [Tuesday](Time#t)."
    )
    country, town, same_town = (
        rows_of(marked.format(place), name=name) for name, place in (("a", "Syria"), ("b", "Homs"), ("c", "Homs city"))
    )
    assert [meaning_of(rows[0], "place", "precision") for rows in (country, town)] == [[6], [1]]
    groups = groups_of(tmp_path, [*country, *town, *same_town])
    assert [group["articles"] for group in groups] == [["a"], ["b", "c"]]


# cells and their evidence ----------------------------------------------------------------------------------------------

STREAM = (
    "[A gunman](Actor#g) [killed](Casualties#k outcome=killed agent=g victim=v count=n place=b time=t) [two](Count#n) "
    "[passers-by](Civilians#v) on [Monday](Time#t) while he filmed himself. The video was removed within an hour. "
    "Platforms have promised faster filters. Critics call that too little. The film resembles an older one from "
    "[Christchurch](Place#b), researchers say."
)


def test_every_filled_cell_has_the_words_that_prove_it() -> None:
    (row,) = rows_of(STREAM)
    article, _ = told(STREAM)
    data = row.as_dict()
    cells = [data["triggers"], *(data[role] for role in ("agent", "victim", "place", "time"))]
    cells += [data["date"]["evidence"], data["count"]["evidence"], *(claim["evidence"] for claim in data["claims"])]
    assert all(cells)
    assert all(article.text[words["start"] : words["end"]] == words["text"] for cell in cells for words in cell)


@pytest.mark.parametrize("table", [acled_rows, ucdp_rows])
def test_cells_of_published_tables_have_their_words_and_rules(table: Any) -> None:
    (line,) = table(rows_of(STREAM), ONTOLOGY)
    evidence, rules = json.loads(line["evidence"]), json.loads(line["rules"])
    shown = {"actor1", "actor2", "event_date", "location", "fatalities", "date_start", "where_coordinates", "best"}
    filled = {column for column in shown if line.get(column) is not None}
    assert len(filled) >= 3
    assert filled <= evidence.keys() & rules.keys()


def test_a_row_whose_cells_stand_far_apart_is_flagged_with_the_role() -> None:
    """Whether a far place belongs to an event is found by the model; here it is made to be looked at."""
    assert FAR == 2
    assert row_of(STREAM).flags == ("far: place",)
    near = STREAM.replace("Platforms have promised faster filters. Critics call that too little. ", "")
    assert row_of(near).flags == ()


def test_a_place_that_no_list_has_empties_no_other_cell() -> None:
    row = row_of(
        "[Rebels](Actor#r) [shelled](Explosion agent=r place=k,h target=c time=t) [Kzyrghal](Place#k) and [Homs](Place#h) on "
        "[Tuesday](Time#t), hitting [a clinic](Facility#c)."
    )
    assert words_of(row, "place") == ["Kzyrghal", "Homs"]
    assert meaning_of(row, "place", "id") == [None, "geonames:169577"]
    (line,) = acled_rows([row], ONTOLOGY)
    assert (line["location"], line["event_date"], line["actor1"]) == ("Homs", "2018-04-24", "Rebels")
    assert line["notes"] == "shelled. at Kzyrghal"


def test_a_count_or_date_that_cannot_be_read_empties_no_other_cell() -> None:
    row = row_of(
        "[Rebels](Actor#r) [killed](Casualties outcome=killed agent=r count=n place=h time=t) [countless](Count#n) people in "
        "[Homs](Place#h) on [the feast day](Time#t)."
    )
    assert (row.count.best, row.date.start, row.claims) == (None, None, ())
    assert meaning_of(row, "place", "id") == ["geonames:169577"]
    assert words_of(row, "time") == ["the feast day"]


@pytest.mark.parametrize("number_words", ["none", "acled"])
def test_a_convention_is_a_switch_that_the_row_names_and_the_claim_stays_as_it_was_made(number_words: Any) -> None:
    normalisers = Normalisers(shipped().gazetteer, shipped().actors, number_words)
    marked = "[Dozens](Count#n) of [people](Civilians#v) [died](Casualties outcome=killed victim=v count=n)."
    row = row_of(marked, normalisers=normalisers)
    said = {"none": (24, None, None, "vague words"), "acled": (12, 12, None, "ACLED number words")}
    assert (row.count.low, row.count.best, row.count.high, row.count.rule) == said[number_words]
    assert row.claims[0].evidence == (Words(start=0, end=6, text="Dozens"),)


def test_tables_of_two_conventions_name_the_rule_by_which_they_chose_among_figures() -> None:
    rows = rows_of(
        "[A doctor](Source#d) said that [nine](Count#n) people had been [killed](Casualties#a outcome=killed count=n source=d place=h) in "
        "[Homs](Place#h). [The governor](Source#g) put the [dead](Casualties same_event=a outcome=killed count=m source=g) at [six](Count#m)."
    )  # fmt: skip
    (acled,), (ucdp,) = acled_rows(rows, ONTOLOGY), ucdp_rows(rows, ONTOLOGY)
    assert (acled["fatalities"], ucdp["best"]) == (6, 9)
    assert json.loads(acled["rules"])["fatalities"] == "several figures: the most conservative reported number"
    assert json.loads(ucdp["rules"])["best"] == "several figures: exact before hedged, then the first"
    assert [(claim.best, claim.sources) for claim in rows[0].claims] == [(9, ("Doctor",)), (6, ("Governor",))]


# who did it to whom ----------------------------------------------------------------------------------------------------

VOICES = [
    "[Rebels](Actor#r) [attacked](Battle agent=r target=s) [Syrian soldiers](Actor#s) near Homs.",
    "[Syrian soldiers](Actor#s) were [attacked](Battle agent=r target=s) by [rebels](Actor#r) near Homs.",
    "The [attack](Battle agent=r target=s) on [Syrian soldiers](Actor#s) by [rebels](Actor#r) lasted an hour.",
    "An [attack](Battle agent=r target=s) by [rebels](Actor#r) left [Syrian soldiers](Actor#s) cut off.",
    "[Rebels](Actor#r)' [assault](Battle agent=r target=s) on [Syrian soldiers](Actor#s) failed.",
    "[Syrian soldiers](Actor#s) came under [attack](Battle agent=r target=s) from [rebels](Actor#r).",
]


@pytest.mark.parametrize("marked", VOICES)
def test_an_agent_behind_by_stays_the_agent_in_the_row_and_the_first_actor_in_tables(marked: str) -> None:
    """Who is the agent of a passive is found by the model; ``eventcorpus eval`` measures it by role."""
    row = row_of(marked)
    assert meaning_of(row, "agent", "name") == ["Rebels"]
    assert meaning_of(row, "target", "name") == ["Military Forces of Syria"]
    assert parties(row) == ("Rebels", "Military Forces of Syria")


def test_a_victim_without_an_agent_never_becomes_the_one_who_did_it() -> None:
    row = row_of("[Villagers](Civilians#v) were [beaten](AttackOnCivilians victim=v) near Homs.")
    assert parties(row) == (None, "Civilians")


# what is no event ------------------------------------------------------------------------------------------------------

NOT_NOW = [
    "The court heard how [he](Actor#h) [shot](AttackOnCivilians agent=h victim=c time=t scope=background) [a cashier](Civilians#c) in [2009](Time#t).",
    "The town remembers the [battle](Battle time=t scope=background) of [1916](Time#t).",
    "Unions [plan](Protest agent=u modality=planned) to march, [unions](Actor#u) say.",
    "[The army](Actor#a) denied that it had [shelled](Explosion agent=a source=a modality=denied) the village.",
    "If talks fail, [fighting](Battle modality=possible) may begin again.",
    "[Some 4,000](Count#n) people have [died](Casualties outcome=killed count=n time=t scope=aggregate) [since 2011](Time#t).",
]


@pytest.mark.parametrize("marked", NOT_NOW)
def test_history_plans_denials_fears_and_totals_are_no_incidents(marked: str) -> None:
    """What is history or a plan is found by the model; the attributes modality and scope are measured by ``eval``."""
    rows = rows_of(marked)
    assert len(rows) == 1
    assert acled_rows(rows, ONTOLOGY) == ucdp_rows(rows, ONTOLOGY) == []


def test_texts_without_an_event_give_no_rows_if_nothing_is_found_in_them() -> None:
    """The model's part, to find nothing in them, is measured on these 200 texts."""
    articles = list(read_articles([EVENT_FREE]))
    assert len(articles) == 200
    assert all(event_rows(article, [], ONTOLOGY, shipped()) == [] for article in articles)


def test_scores_say_how_many_false_rows_a_thousand_articles_without_events_give() -> None:
    """In court reports, sport and editorials a model may find a "battle"; ``eval/event-free.jsonl`` has 200 of them."""
    gold = rows_of(VOICES[0], name="news")
    found = [
        *gold,
        *rows_of("A legal [war](Battle agent=l) between [lenders](Actor#l) goes on.", name="editorial"),
        *rows_of(NOT_NOW[0], name="court"),
    ]
    articles = ["news", "editorial", "court", "sport", "weather"]
    report = score_rows(gold, [found], articles=articles, n_resamples=0)
    assert report.articles_without_event == 4
    assert report.false_rows is not None and report.false_rows.value == 250


def test_reports_say_how_many_extra_rows_come_with_each_gold_row(tmp_path: Path) -> None:
    marked = (
        "[Rebels](Actor#r) [attacked](Battle#a agent=r) a post. The [raid](Battle#b same_event=a) lasted an hour. "
        "[Police](Actor#p) [detained](Arrest agent=p) nobody."
    )
    article, mentions = told(marked)
    gold = event_rows(article, mentions, ONTOLOGY, shipped())[:1]
    unjoined = [replace(m, links=tuple(x for x in m.links if x.role != "same_event")) for m in mentions]
    found = event_rows(article, unjoined, ONTOLOGY, shipped())
    assert (len(gold), len(found)) == (1, 3)
    report = score_rows(gold, [found], n_resamples=0)
    assert report.extra_rows.value == 2
    files = [tmp_path / "gold.jsonl", tmp_path / "found.jsonl"]
    for file, rows in zip(files, (gold, found), strict=True):
        file.write_text("".join(row.line() + "\n" for row in rows), encoding="utf-8")
    page = tmp_path / "page.html"
    scored = ("eval", "--rows", str(files[0]), "--predictions", str(files[1]), "--resamples", "0")
    code, said, _ = run(*scored, "--html", str(page))
    assert code == 0
    assert "extra rows" in said.lower() and "extra rows" in page.read_text(encoding="utf-8").lower()
    assert json.loads(run(*scored, "--json", "-")[1])["extra_rows"]["value"] == 2


# where -----------------------------------------------------------------------------------------------------------------


def at(marked_place: str) -> Row:
    return row_of(f"[Gunmen](Actor#g) [shot](AttackOnCivilians agent=g place=p) two men in {marked_place} on Tuesday.")


@pytest.mark.parametrize(
    ("marked", "admin1", "country"),
    [
        ("[Long Beach](Place#p), CA,", "US-CA", "US"),
        ("[Long Beach](Place#p), California,", "US-CA", "US"),
        ("[Long Beach](Place#p), New York,", "US-NY", "US"),
        ("[Albany](Place#p), Georgia,", "US-GA", "US"),
        ("[Albany](Place#p), New York,", "US-NY", "US"),
        ("[Albany](Place#p), Western Australia,", "AU-WA", "AU"),
        ("[Paris](Place#p), Texas,", "US-TX", "US"),
        ("[Tripoli](Place#p), Lebanon,", "LB-AS", "LB"),
        ("[Hyderabad](Place#p), Pakistan,", "PK-SD", "PK"),
    ],
)
def test_an_area_that_the_text_names_beside_a_place_decides(marked: str, admin1: str, country: str) -> None:
    row = at(marked)
    assert (meaning_of(row, "place", "country"), meaning_of(row, "place", "admin1")) == ([country], [admin1])
    assert meaning_of(row, "place", "rule") == ["container"]


@pytest.mark.parametrize("name", ["Springfield", "San Jose", "Georgia", "Albany", "Victoria"])
def test_a_name_of_several_places_that_nothing_decides_stays_without_a_place(name: str) -> None:
    row = at(f"[{name}](Place#p)")
    assert words_of(row, "place") == [name]
    assert meaning_of(row, "place", "id") == [None]


@pytest.mark.parametrize(
    ("capital", "government", "country"),
    [
        ("Washington", "Government of the United States", "US"),
        ("Damascus", "Government of Syria", "SY"),
        ("Moscow", "Government of Russia", "RU"),
    ],
)
def test_a_capital_that_acts_is_its_government_and_no_place(capital: str, government: str, country: str) -> None:
    row = row_of(f"[{capital}](Actor#c) [struck](Explosion agent=c target=d) [a depot](Facility#d) on Tuesday.")
    assert meaning_of(row, "agent", "name") == [government]
    (line,) = acled_rows([row], ONTOLOGY)
    assert (line["actor1"], line["location"], line["country"]) == (government, None, None)


@pytest.mark.parametrize("words", ["Syrian capital", "Syrian town"])
def test_the_adjective_of_a_country_is_no_name_of_a_town(words: str) -> None:
    assert meaning_of(at(f"the [{words}](Place#p)"), "place", "country")[0] in (None, "SY")


@pytest.mark.parametrize(
    "words",
    ["city of Homs", "the city of Homs"],
)
def test_a_determiner_does_not_hide_a_town(words: str) -> None:
    """Annotators leave it out; models do not always."""
    assert meaning_of(at(f"[{words}](Place#p)"), "place", "id") == ["geonames:169577"]


@pytest.mark.parametrize("act", ["imposed sanctions", "accused the rebels", "has denied it"])
def test_a_capital_that_is_marked_as_a_place_but_speaks_is_no_place(act: str) -> None:
    row = row_of(f"The [raid](Battle place=w) came hours before [Washington](Place#w) {act}.")
    assert meaning_of(row, "place", "id") == [None]


def test_a_dateline_is_never_the_place_of_an_event_even_if_it_was_linked() -> None:
    marked = (
        "[DAMASCUS](Place#d), April 25 — [Shells](Weapon#s) [hit](Explosion instrument=s place={} time=t) [Homs](Place#h) on "
        "[Tuesday](Time#t)."
    )
    row = row_of(marked.format("d,h"))
    assert (words_of(row, "place"), row.flags) == (["Homs"], ("dateline",))
    row = row_of(marked.format("d"))
    assert words_of(row, "place") == []
    (line,) = acled_rows([row], ONTOLOGY)
    assert (line["location"], line["country"], line["latitude"]) == (None, None, None)


def test_places_are_scored_among_all_that_the_article_names() -> None:
    """Which of the places is the event's is found by the model; a wrong one costs precision as well as recall."""
    marked = (
        "Officials in [Damascus](Place#d) said on Wednesday that [shells](Weapon#s) had [hit](Explosion instrument=s place={}) "
        "[Homs](Place#h), north of [Hama](Place#m)."
    )
    gold, found = rows_of(marked.format("h")), rows_of(marked.format("h,d"))
    cells = score_rows(gold, [found], n_resamples=0).cells.labels
    assert (cells["place"].correct, cells["place"].predicted, cells["place"].support) == (1, 2, 1)
    assert (cells[PLACE_ID].correct, cells[PLACE_ID].predicted, cells[PLACE_ID].support) == (1, 1, 1)
    wrong = score_rows(gold, [rows_of(marked.format("d"))], n_resamples=0).cells.labels
    assert wrong["place"].f1 == wrong[PLACE_ID].f1 == 0


PLACED = ["Homs", "Homs province", "Syria", "northern Syria", "Kzyrghal", "a market", "Springfield"]


def lines_of(path: Path, rows: Sequence[Row]) -> list[dict[str, str]]:
    write_rows(rows, path, kind="rows", ontology=ONTOLOGY)
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_coordinates_stand_only_beside_the_id_of_a_listed_place_and_its_precision(tmp_path: Path) -> None:
    rows = [rows_of(f"A [bomb](Weapon#b) [exploded](Explosion instrument=b place=p) in [{place}](Place#p).", name=f"a{i}")[0] for i, place in enumerate(PLACED)]  # fmt: skip
    lines = lines_of(tmp_path / "flat.csv", rows)
    assert [(line["place_id"], line["place_precision"]) for line in lines] == [
        ("geonames:169577", "1"),
        ("admin:SY-HI", "4"),
        ("geonames:163843", "6"),
        ("geonames:163843", "5"),
        ("", ""),
        ("", ""),
        ("", ""),
    ]
    assert [bool(line["latitude"]) for line in lines] == [True, False, False, False, False, False, False]
    for line, acled, ucdp in zip(lines, acled_rows(rows, ONTOLOGY), ucdp_rows(rows, ONTOLOGY), strict=True):
        points = [(table["latitude"], table["longitude"]) for table in (acled, ucdp)]
        assert all((None in point) == (line["latitude"] == "") for point in points)
        assert (acled["geo_precision"] is None) == (ucdp["where_prec"] is None) == (line["place_precision"] == "")


def test_a_country_has_no_point_on_a_map(tmp_path: Path) -> None:
    write_rows(
        [at("[Syria](Place#p)"), at("[Homs](Place#p)")], tmp_path / "a.geojson", kind="geojson", ontology=ONTOLOGY
    )
    features = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))["features"]
    assert [feature["geometry"] for feature in features] == [
        None,
        {"type": "Point", "coordinates": [36.72559, 34.72405]},
    ]


def test_events_in_one_town_have_one_point_which_is_that_of_the_list() -> None:
    rows = [rows_of(TOLL.format(number, "a doctor"), name=f"a{number}")[0] for number in range(1, 21)]
    points = {(*meaning_of(row, "place", "latitude"), *meaning_of(row, "place", "longitude")) for row in rows}
    (homs,) = shipped().gazetteer.towns("homs")
    assert points == {(homs.latitude, homs.longitude)}
