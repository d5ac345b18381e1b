"""Rows of one invented article, built by hand, for the tests of tables: two incidents, a total, a plan, hostile names."""

import datetime as dt
from typing import Any

from eventcorpus.events.rows import Argument, Claim, CountCell, DateCell, Row, Words
from eventcorpus.ontology import Ontology, read_ontology_yaml
from eventcorpus.package_data import package_path

ONTOLOGY: Ontology = read_ontology_yaml(package_path("corpus/ontology.yaml"))
TEXT = (
    "Army jets bombed the market in Khan Rimal on Tuesday, killing at least eight villagers, the Observatory said. "
    "In April soldiers and the Hamsin Front had clashes in Rimal province that left three, or by another count five, "
    "fighters killed. At least 52 people have died in nearly a week. The army plans to withdraw."
)
ARMY = {"name": "Military Forces of Qasira", "inter": 1, "country": "Qasira", "rule": "state force", "sure": 0.9}
FRONT = {"name": "Hamsin Front", "inter": 2, "rule": "alias", "sure": 0.9}
VILLAGERS = {"name": "villagers", "inter": 7, "rule": "civilians", "sure": 0.9}
KHAN_RIMAL = {
    "id": "corpus:Khan Rimal", "name": "Khan Rimal", "kind": "city", "country": "Qasira", "admin1": "Rimal",
    "latitude": -27.6, "longitude": -31.95, "precision": 1, "rule": "own list", "sure": 0.97,
}  # fmt: skip
HOMS = {
    "id": "geonames:169577", "name": "Homs", "kind": "city", "country": "SY", "admin1": "SY-HI",
    "latitude": 34.72682, "longitude": 36.72339, "precision": 1, "rule": "only", "sure": 0.9,
}  # fmt: skip
SYRIA = {
    "id": "geonames:163843",
    "name": "Syria",
    "kind": "country",
    "country": "SY",
    "precision": 6,
    "rule": "country",
}
RIMAL = {
    "id": "corpus:Rimal",
    "name": "Rimal",
    "kind": "admin",
    "country": "Qasira",
    "precision": 4,
    "rule": "own list",
}
TUESDAY = DateCell(start=dt.date(2018, 4, 17), end=dt.date(2018, 4, 17), precision=1, rule="weekday", confidence=0.9)


def words(text: str) -> Words:
    """The first place of these words in the text; somewhere in it for words that it lacks."""
    at = max(TEXT.find(text), 0)
    return Words(start=at, end=at + max(len(text), 1), text=text)


def argument(text: str, **normalised: Any) -> Argument:
    return Argument(words(text), 0.9, normalised)


def row(name: str, label: str, trigger: str, **cells: Any) -> Row:
    """A row of this article; attributes ``modality`` and ``scope`` are those of an incident unless told otherwise."""
    attributes = {"modality": "actual", "scope": "incident"} | cells.pop("attributes", {})
    about = {"published": "2018-04-18", "title": "Air raid on Khan Rimal", "outlet": "Qasira Wire"}
    return Row("a1", name, label, (words(trigger),), attributes=attributes, **about | cells)


RAID = row(
    "a1#raid",
    "Explosion",
    "bombed",
    arguments={
        "agent": (argument("Army", **ARMY),),
        "instrument": (argument("jets"),),
        "place": (argument("market"), argument("Khan Rimal", **KHAN_RIMAL)),
        "time": (argument("Tuesday", date_start="2018-04-17", date_end="2018-04-17", precision=1, rule="weekday"),),
    },
    date=TUESDAY.model_copy(update={"evidence": (words("Tuesday"),)}),
)
RAID_DEAD = row(
    "a1#raid-dead",
    "Casualties",
    "killing",
    attributes={"outcome": "killed"},
    arguments={"victim": (argument("villagers", **VILLAGERS),)},
    count=CountCell(low=8, best=8, rule="at least", unit="people", evidence=(words("at least eight"),)),
    cause=("a1#raid",),
    sources=("Observatory",),
)
CLASHES = row(
    "a1#clashes",
    "Battle",
    "clashes",
    arguments={
        "agent": (argument("soldiers", **ARMY), argument("Hamsin Front", **FRONT)),
        "place": (argument("Rimal province", **RIMAL),),
    },
    date=DateCell(start=dt.date(2018, 4, 1), end=dt.date(2018, 4, 18), precision=4, rule="month", confidence=0.9),
)
CLASHES_DEAD = row(
    "a1#clashes-dead",
    "Casualties",
    "killed",
    attributes={"outcome": "killed"},
    arguments={"victim": (argument("fighters", name="fighters", rule="as written"),)},
    count=CountCell(low=3, best=5, high=5, rule="several figures: exact before hedged, then the first"),
    claims=(Claim(low=3, best=3, high=3), Claim(low=5, best=5, high=5)),
    cause=("a1#clashes",),
    flags=("counts disagree",),
)
TOTAL = row(
    "a1#total",
    "Casualties",
    "died",
    attributes={"outcome": "killed", "scope": "aggregate"},
    count=CountCell(low=52, best=52, rule="at least", unit="people"),
)
PLAN = row("a1#plan", "Movement", "withdraw", attributes={"modality": "planned"})
ROWS = [RAID, RAID_DEAD, CLASHES, CLASHES_DEAD, TOTAL, PLAN]
"""In text order, as ``assembly`` gives them."""
