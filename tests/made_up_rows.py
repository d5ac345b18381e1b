"""Event rows by hand, with the invented articles that they are of, and as many made ones as a page should bear."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from typing import Any

from eventcorpus.events.rows import Argument, Claim, CountCell, DateCell, Row, Words

HOSTILE = "</script><img src=x onerror=alert(1)>"
TEXTS: dict[str, str] = {
    "market": (
        "ALEPPO, April 12 (Reuters) - A car bomb exploded at a market in Aleppo on Tuesday, killing at least 18 people, "
        "the Civil Defence said. A hospital source put the toll at 21. The army said on Wednesday that it had arrested "
        "three suspects near Idlib.\n\nMore than 300 people have died in such attacks in the country since January. "
        "The rebels denied that they had planted the bomb."
    ),
    "talks": (
        "Delegates of the government and the rebels plan to meet in Geneva next week. A ceasefire was signed in Homs in "
        "2014 and collapsed within a month."
    ),
    "emoji": f"🔥🚨 {HOSTILE} shelled Kharkiv on 3 May 2022, wounding about 40 people. قال الجيش إن المدينة تعرضت للقصف.",
    "march": "Several thousand people marched through Khartoum on Monday. Police fired tear gas; no one was hurt.",
}
PLACES: dict[str, tuple[str, str, float, float, int]] = {
    "Aleppo": ("geonames:170063", "SY", 36.2, 37.16, 1),
    "Idlib": ("geonames:169387", "SY", 35.93, 36.63, 2),
    "Homs": ("geonames:169577", "SY", 34.73, 36.72, 1),
    "Geneva": ("geonames:2660646", "CH", 46.2, 6.15, 1),
    "Kharkiv": ("geonames:706483", "UA", 49.98, 36.25, 1),
    "Khartoum": ("geonames:379252", "SD", 15.55, 32.53, 1),
}


def words(text: str, part: str) -> Words:
    """The first place of a text where words stand."""
    return Words(start=text.index(part), end=text.index(part) + len(part), text=part)


def at(text: str, name: str) -> Argument:
    """A town that the gazetteer has."""
    place_id, country, latitude, longitude, precision = PLACES[name]
    known = {"id": place_id, "name": name, "kind": "city", "country": country, "admin1": None, "latitude": latitude}
    more = {"longitude": longitude, "precision": precision, "rule": "only", "sure": 0.9}
    return Argument(words(text, name), 0.93, known | more)


def row(
    article: str,
    label: str,
    trigger: str,
    *,
    modality: str = "actual",
    scope: str = "incident",
    outcome: str | None = None,
    arguments: Mapping[str, Sequence[Argument | str]] = {},
    day: str | None = None,
    until: str | None = None,
    count: tuple[int | None, int | None, int | None] = (None, None, None),
    count_words: str | None = None,
    **more: Any,
) -> Row:
    """A row of one of the texts; arguments that mean nothing are given by their words."""
    text = TEXTS[article]
    of_roles = {
        role: tuple(Argument(words(text, one), 0.88) if isinstance(one, str) else one for one in given)
        for role, given in arguments.items()
    }
    start = dt.date.fromisoformat(day) if day else None
    end = dt.date.fromisoformat(until) if until else start
    is_read = start is not None
    times = tuple(argument.words for argument in of_roles.get("time", ()))
    return Row(
        article=article,
        id=f"{article}#{label}-{trigger}",
        label=label,
        triggers=(words(text, trigger),),
        attributes={"modality": modality, "scope": scope} | ({"outcome": outcome} if outcome else {}),
        arguments=of_roles,
        date=DateCell(start=start, end=end, precision=1 if start == end else 4, rule="weekday", confidence=0.9, evidence=times)
        if is_read
        else DateCell(),
        count=CountCell(
            low=count[0], best=count[1], high=count[2], unit="people", rule="at least", confidence=0.97,
            evidence=(words(text, count_words),),
        ) if count_words else CountCell(),
        confidence=0.91,
        **{"published": "2016-04-13", "title": f"Article {article}", "outlet": "Wire", "url": f"https://example.org/{article}"} | more,
    )  # fmt: skip


_MARKET = TEXTS["market"]
_BOMB = "market#Explosion-exploded"
_TOLD = (
    Claim(low=18, unit="people", sources=("Civil Defence",), published="2016-04-13", evidence=(words(_MARKET, "at least 18"),)),
    Claim(low=21, best=21, high=21, sources=("hospital source",), published="2016-04-13", evidence=(words(_MARKET, "21"),)),
)  # fmt: skip
ROWS: list[Row] = [
    row("market", "Explosion", "exploded", arguments={"instrument": ["car bomb"], "place": ["market", at(_MARKET, "Aleppo")], "time": ["Tuesday"], "source": ["Civil Defence"]}, day="2016-04-12", sources=("Civil Defence",)),
    row("market", "Casualties", "killing", outcome="killed", arguments={"victim": ["people"], "place": [at(_MARKET, "Aleppo")], "time": ["Tuesday"], "source": ["Civil Defence"]}, day="2016-04-12", count=(18, 18, None), count_words="at least 18", cause=(_BOMB,), sources=("Civil Defence",), claims=_TOLD, flags=("counts disagree",)),
    row("market", "Casualties", "toll", outcome="killed", count=(21, 21, 21), count_words="21", cause=(_BOMB,), sources=("hospital source",)),
    row("market", "Arrest", "arrested", arguments={"agent": ["army"], "victim": ["suspects"], "place": [at(_MARKET, "Idlib")]}, day="2016-04-13", count=(3, 3, 3), count_words="three", sources=("army",)),
    row("market", "Casualties", "died", scope="aggregate", outcome="killed", arguments={"time": ["since January"]}, day="2016-01-01", until="2016-04-13", count=(300, 300, None), count_words="More than 300", flags=("far: place",)),
    row("market", "Explosion", "planted", modality="denied", arguments={"agent": ["rebels"]}, sources=("rebels",)),
    row("talks", "Agreement", "meet", modality="planned", arguments={"agent": ["government", "rebels"], "place": [at(TEXTS["talks"], "Geneva")], "time": ["next week"]}),
    row("talks", "Agreement", "signed", scope="background", arguments={"place": [at(TEXTS["talks"], "Homs")], "time": ["2014"]}, day="2014-01-01", until="2014-12-31"),
    row("emoji", "Explosion", "shelled", arguments={"agent": [HOSTILE], "place": [at(TEXTS["emoji"], "Kharkiv")], "time": ["3 May 2022"]}, day="2022-05-03", published="2022-05-04", title=f"{HOSTILE} 🔥", flags=(HOSTILE,)),
    row("emoji", "Casualties", "wounding", outcome="injured", day="2022-05-03", count=(None, 40, None), count_words="about 40", cause=("emoji#Explosion-shelled",)),
    row("march", "Protest", "marched", arguments={"agent": ["people"], "place": [at(TEXTS["march"], "Khartoum")], "time": ["Monday"]}, count=(2000, None, None), count_words="Several thousand"),
]  # fmt: skip
"""11 rows of 4 articles: 7 actual incidents, in which at least 21 were killed, by two tolls of one event."""


def many_rows(n: int) -> tuple[list[Row], dict[str, str]]:
    """So many rows, five an article, of 2015 to 2017, each number of the same value at every call."""
    chance = random.Random(0)
    labels = ("Battle", "Explosion", "AttackOnCivilians", "Protest", "Casualties", "Movement")
    names = tuple(PLACES)
    rows: list[Row] = []
    texts: dict[str, str] = {}
    for i in range(n):
        article = f"made-{i // 5:04}"
        name, label = chance.choice(names), chance.choice(labels)
        told = f"Report {i}: the army attacked rebels in {name} on Tuesday, and {i % 50} people were killed. "
        begin = len(texts.get(article, ""))
        texts[article] = texts.get(article, "") + told * 4

        def part(words: str, begin: int = begin, told: str = told) -> Words:
            start = begin + told.index(words)
            return Words(start=start, end=start + len(words), text=words)

        where = at(told, name)
        day = dt.date(2015, 1, 1) + dt.timedelta(days=chance.randrange(1000))
        is_dated, is_placed, is_actual = i % 7 != 0, i % 6 != 0, i % 4 != 0
        rows.append(
            Row(
                article=article,
                id=f"{article}#{i}",
                label=label,
                triggers=(part("attacked"),),
                attributes={"modality": "actual" if is_actual else "possible", "scope": "incident"}
                | ({"outcome": "killed"} if label == "Casualties" else {}),
                arguments={
                    "agent": (Argument(part("the army"), 0.8),),
                    "target": (Argument(part("rebels"), 0.7),),
                    "place": (Argument(part(name), 0.9, where.normalised if is_placed else {}),),
                    "time": (Argument(part("Tuesday"), 0.9),),
                },
                date=DateCell(
                    start=day, end=day, precision=1, rule="weekday", confidence=0.9, evidence=(part("Tuesday"),)
                )
                if is_dated
                else DateCell(),
                count=CountCell(
                    low=i % 50, best=i % 50, high=i % 50, rule="exact number", evidence=(part(f"{i % 50} people"),)
                )
                if label == "Casualties"
                else CountCell(),
                confidence=round(0.5 + (i % 50) / 100, 2),
                published=day.isoformat(),
                title=f"Report of {day}",
            )
        )
    return rows, texts
