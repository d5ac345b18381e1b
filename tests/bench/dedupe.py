"""Time, memory and quality of ``dedupe`` on generated rows of which the truth is known.

    python tests/bench/dedupe.py [--rows 1000000] [--seed 0] [--keep FOLDER]

Makes events with 1 to 10 retellings each: other words for the act, figures that rise, participants left out, the day
told as a period or not at all, the province or country instead of the town, and the label mixed up with a like one. Half
of the events have an act and its toll, and so two rows a retelling. Towns have the sizes of a Zipf distribution, so
that large ones have several events of a kind a day. Precision and recall are of pairs of rows: two rows that tell one
event, acts and tolls apart. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

FIRST_DAY, N_DAYS = date(2020, 1, 1), 1461
N_COUNTRIES, N_PROVINCES, N_TOWNS = 40, 12, 20
"""Towns are of a province, provinces of a country."""
TRIGGERS = {
    "Battle": ("clashes", "fighting", "battle", "ambush"),
    "Explosion": ("blast", "explosion", "air strikes", "shelling"),
    "AttackOnCivilians": ("attack", "attacked", "massacre", "raid"),
    "Protest": ("marched", "protest", "rally", "sit-in"),
    "Abduction": ("kidnapped", "abducted", "seized"),
    "Arrest": ("arrested", "detained", "arrests"),
}
MIXED_UP = {"Explosion": "AttackOnCivilians", "AttackOnCivilians": "Battle", "Battle": "AttackOnCivilians"}
DEADLY = ("Battle", "Explosion", "AttackOnCivilians")
Data = dict[str, Any]


class Maker:
    """Makes rows; the same seed gives the same."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.towns = [
            (country, province, town)
            for country in range(N_COUNTRIES)
            for province in range(N_PROVINCES)
            for town in range(N_TOWNS)
        ]
        self.random.shuffle(self.towns)
        weights = [1 / (rank + 10) for rank in range(len(self.towns))]
        self.cumulative = list(accumulate(weights))

    def rows(self, n_rows: int) -> Iterator[tuple[int, Data]]:
        """Number of the event and row, of whole events, ``n_rows`` or a few more."""
        n_made = event = 0
        while n_made < n_rows:
            for row in self.event(event):
                yield event, row
                n_made += 1
            event += 1

    def event(self, number: int) -> Iterator[Data]:
        """All rows that tell an event."""
        choose = self.random
        label = choose.choice(list(TRIGGERS))
        country, province, town = choose.choices(self.towns, cum_weights=self.cumulative)[0]
        day = FIRST_DAY + timedelta(days=choose.randrange(N_DAYS))
        agent = (
            {"name": f"Front {country}-{choose.randrange(8)}", "inter": 2, "rule": "table"}
            if choose.random() < 0.5
            else {"name": f"Military Forces of {country}", "inter": 1, "country": f"C{country}", "rule": "state force"}
        )
        victim = choose.choice(
            [
                {"name": "Civilians", "inter": 7, "rule": "civilians"},
                {"name": f"Front {country}-{choose.randrange(8)}", "inter": 2, "rule": "table"},
            ]
        )
        toll = 1 + int(choose.expovariate(1 / 8))
        place = {"id": f"town:{country}-{province}-{town}", "name": f"Town {town}", "precision": 1, "country": f"C{country}", "admin1": f"C{country}-{province}"}  # fmt: skip
        for told in range(choose.randint(1, 10)):
            article = f"e{number:07}-{told}"
            published = day + timedelta(days=choose.choice((0, 1, 1, 1, 2, 3)))
            if told and choose.random() < 0.3:
                toll += 1 + choose.randrange(1 + toll // 3)
            said_label = MIXED_UP.get(label, label) if choose.random() < 0.05 else label
            common = {
                "modality": "actual",
                "scope": "incident",
                "place": self.told_place(place),
                "agent": self.told(agent, 0.75),
                "date": self.told_date(day),
                "published": published.isoformat(),
                "outlet": f"Outlet {choose.randrange(200)}",
            }
            trigger = choose.choice(TRIGGERS[said_label])
            act = self.row(article, 0, said_label, trigger) | common | {"victim": self.told(victim, 0.7)}
            if label not in DEADLY:
                yield act | (self.figure(toll) if choose.random() < 0.7 else {})
                continue
            yield act
            if choose.random() < 0.7:
                harm = self.row(article, 1, "Casualties", choose.choice(("killed", "dead", "died")))
                linked = {"cause": [act["id"]]} if choose.random() < 0.8 else {}
                dated = {key: common[key] for key in ("modality", "scope", "published", "outlet")}
                own = common if choose.random() < 0.4 else dated
                yield harm | own | {"outcome": "killed", "victim": self.told(victim, 0.8)} | self.figure(toll) | linked

    def row(self, article: str, number: int, label: str, trigger: str) -> Data:
        """A row that says nothing yet."""
        words = {"start": 10, "end": 10 + len(trigger), "text": trigger}
        name = f"{article}#{self.random.getrandbits(40):010x}"
        return {"article": article, "id": name, "label": label, "triggers": [words], "confidence": 0.9 - number / 10}

    def told(self, values: Data, share: float) -> list[Data]:
        """A participant, which some reports leave out or call by a word that means anyone."""
        chance = self.random.random()
        if chance < share:
            return [{"start": 20, "end": 25, "text": values["name"][:5], **values}]
        return [{"start": 20, "end": 26, "text": "gunmen", "name": "Gunmen", "rule": "description"}] if chance < 0.9 else []  # fmt: skip

    def told_place(self, place: Data) -> list[Data]:
        """The town mostly, else its province or its country, or nothing."""
        chance = self.random.random()
        if chance > 0.95:
            return []
        if chance > 0.88:
            place = {
                "id": f"country:{place['country']}",
                "name": "Country",
                "precision": 6,
                "country": place["country"],
            }
        elif chance > 0.8:
            place = place | {"id": f"admin:{place['admin1']}", "name": "Province", "precision": 4}
        return [{"start": 40, "end": 45, "text": "place", **place}]

    def told_date(self, day: date) -> Data:
        """The day mostly, else a period in which it lies, the next day, or nothing."""
        chance = self.random.random()
        if chance > 0.9:
            return {}
        if chance > 0.8:
            return {"start": (day - timedelta(days=2)).isoformat(), "end": (day + timedelta(days=2)).isoformat(), "precision": 2}  # fmt: skip
        said = day + timedelta(days=1) if chance > 0.77 else day
        return {"start": said.isoformat(), "end": said.isoformat(), "precision": 1}

    def figure(self, number: int) -> Data:
        """The count of a row, and its claim."""
        cell = {"low": number, "best": number, "high": number, "unit": "people"}
        return {"count": cell, "claims": [cell | {"sources": [f"Source {self.random.randrange(50)}"]}]}


def pair_figures(out: Path) -> dict[str, float]:
    """Precision and recall of pairs: the event is part of the article's name, the kind of row of its label."""
    n_said = n_right = n_groups = 0
    of_event: Counter[tuple[str, bool]] = Counter()
    with out.open() as file:
        for line in file:
            group = json.loads(line)
            n_groups += 1
            is_toll = group["label"] == "Casualties"
            parts = Counter(row["article"].partition("-")[0] for row in group["rows"])
            for name, n in parts.items():
                of_event[name, is_toll] += n
            n_said += _pairs(len(group["rows"]))
            n_right += sum(map(_pairs, parts.values()))
    n_true = sum(map(_pairs, of_event.values()))
    return {
        "groups": n_groups,
        "events": len(of_event),
        "pair_precision": round(n_right / n_said, 4) if n_said else 1.0,
        "pair_recall": round(n_right / n_true, 4) if n_true else 1.0,
    }


def _pairs(n: int) -> int:
    return n * (n - 1) // 2


def measured(rows: Path, out: Path) -> dict[str, float]:
    """Run ``dedupe`` in a process of its own; seconds, seconds of processor, and peak memory."""
    program = (
        "import sys; from pathlib import Path\n"
        "from eventcorpus.events.dedupe import dedupe\n"
        "from eventcorpus.labelstudio.config import load_ontology\n"
        "done = dedupe([Path(sys.argv[1])], Path(sys.argv[2]), load_ontology())\n"
        "print(*done.lines(), f'{done.compared:,} pairs compared', sep='; ', file=sys.stderr)\n"
    )
    begin = time.perf_counter()
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", program, str(rows), str(out)], os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"dedupe: failed with status {os.waitstatus_to_exitcode(status)}")
    return {
        "seconds": round(time.perf_counter() - begin, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_gb": round(usage.ru_maxrss / 1e6, 2),
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="Leave rows and groups in this folder.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="eventcorpus-bench-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        rows, out = folder / "rows.jsonl", folder / "groups.jsonl"
        n_rows = 0
        with rows.open("w") as file:
            for _, row in Maker(options.seed).rows(options.rows):
                file.write(json.dumps(row) + "\n")
                n_rows += 1
        figures: dict[str, object] = {"bench": "dedupe", "rows": n_rows}
        print(json.dumps(figures | measured(rows, out) | pair_figures(out)))


if __name__ == "__main__":
    main()
