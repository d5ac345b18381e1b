"""Accuracy of ``resolve_places`` beside a plain lookup: the most populous town of 15,000 or more of that name.

Run: python tests/events/compare_places.py [--errors]
"""

import sys
from collections import Counter, defaultdict

from test_places import CASES, CORPUS, mentions_of

from eventcorpus.events.gazetteer import Gazetteer
from eventcorpus.events.listed_places import name_key
from eventcorpus.events.places import PlaceValue, resolve_places


def resolved(case: dict[str, str], gazetteer: Gazetteer) -> PlaceValue | None:
    mentions = mentions_of(case["text"], case["words"], *filter(None, case["others"].split("|")))
    return resolve_places(case["text"], mentions, gazetteer, outlet_country=case["outlet_country"] or None)[0]


def looked_up(case: dict[str, str], gazetteer: Gazetteer) -> str:
    """Plain lookup, by all names of GeoNames."""
    towns = gazetteer.towns(name_key(case["words"]))
    return max(towns, key=lambda town: town.population).id if towns else ""


def main() -> None:
    gazetteer = Gazetteer.shipped(corpus=CORPUS)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in CASES:
        value = resolved(case, gazetteer)
        own, plain = value.id if value else "", looked_up(case, gazetteer)
        has_precision = own == case["id"] and (str(value.precision) if value else "") == case["precision"]
        for kind in (case["kind"], "all"):
            counts[kind].update(
                n=1, right=own == case["id"], right_precision=has_precision, plain=plain == case["id"],
                given=bool(own), given_right=bool(own) and own == case["id"],
                plain_given=bool(plain), plain_given_right=bool(plain) and plain == case["id"],
            )  # fmt: skip
        if "--errors" in sys.argv and not has_precision:
            print(f"{case['words']!r} in {case['text']!r}: {case['id']} {case['precision']}, got {value!r}")
    print(f"{'kind':24}{'cases':>6}{'right':>7}{'and precision':>15}{'plain lookup':>14}")
    for kind, n in counts.items():
        print(f"{kind:24}{n['n']:6}{n['right']:7}{n['right_precision']:15}{n['plain']:14}")
    n = counts["all"]
    print(
        f"of those that are given, right: {n['given_right']}/{n['given']}; plain: {n['plain_given_right']}/{n['plain_given']}"
    )


if __name__ == "__main__":
    main()
