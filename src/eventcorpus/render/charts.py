"""Charts as SVG: shapes and scales that every chart is made of, then the charts of the pages.

Charts of pages take their colours from the page's style; a picture that is a file of its own (``svg_file``) brings a
style for light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from eventcorpus.tables import counted, percent

if TYPE_CHECKING:
    from eventcorpus.agreement.agree import Figure
    from eventcorpus.corpus.stats import Bar
    from eventcorpus.eval.report import Bin, CurvePoint, Interval

BLUE, ORANGE = ("#3b6ea8", "#6fa3de"), ("#c07a1d", "#e2a655")
"""Colours of pictures in files, in light and in dark."""
_FILE_STYLE = (
    "svg{color-scheme:light dark;background:#fbfaf7;--ink:#1d2733;--soft:#5f6873;--line:#d9d5cb}"
    "text{font:12px system-ui,sans-serif;fill:var(--ink)}.soft{fill:var(--soft)}.axis{stroke:var(--line);fill:none}"
    ".curve{stroke:var(--c);stroke-width:2;stroke-linejoin:round;fill:none}.whisker,.ring{stroke:var(--c);fill:none}"
    ".dot,.bar,.name{fill:var(--c)}"
)
_FILE_STYLE_DARK = "svg{background:#15191e;--ink:#e6e4de;--soft:#98a2ad;--line:#333b44}"
_MOST_POINTS = 200


def element(name: str, *content: str, **attributes: object) -> Markup:
    """One SVG element: attributes and content are escaped unless they are markup; floats have two decimals.

    >>> str(element("text", "a<b", x=1.23456, text_anchor="end", class_="soft"))
    '<text x="1.23" text-anchor="end" class="soft">a&lt;b</text>'
    """
    given = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), round(v, 2) if isinstance(v, float) else v)
        for key, v in attributes.items()
        if v is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, given, Markup("").join(content))


def text(x: float, y: float, *words: str, anchor: str | None = None, class_: str | None = None) -> Markup:
    """Words at a place; ``anchor`` is SVG's: "middle", "end"."""
    return element("text", *words, x=x, y=y, text_anchor=anchor, class_=class_)


def path(line: str, class_: str) -> Markup:
    """A path of straight lines, in SVG's notation."""
    return element("path", d=line, class_=class_)


def hint(words: str) -> Markup:
    """What is shown when the pointer rests on the element that holds this."""
    return element("title", words)


def whisker(low: float, high: float, middle: float) -> Markup:
    """A level interval with its ends."""
    return path(f"M{low} {middle}H{high}M{low} {middle - 3}v6M{high} {middle - 3}v6", "whisker")


def picture(width: float, height: float, parts: Iterable[str], *, description: str, class_: str = "chart") -> Markup:
    """A chart inside a page; ``description`` is for those who do not see it."""
    box = f"0 0 {width:g} {height:g}"
    return element("svg", *parts, class_=class_, viewBox=box, role="img", aria_label=description)


def svg_file(
    width: float, height: float, parts: Iterable[str], *, description: str, colours: Mapping[str, tuple[str, str]]
) -> str:
    """A chart as the content of an SVG file of its own, right in light and dark.

    Args:
        colours: of elements, by their class: in light and in dark.
    """
    light, dark = ("".join(f".{name}{{--c:{pair[i]}}}" for name, pair in colours.items()) for i in (0, 1))
    style = f"{_FILE_STYLE}{light}@media(prefers-color-scheme:dark){{{_FILE_STYLE_DARK}{dark}}}"
    size = {"viewBox": f"0 0 {width:g} {height:g}", "width": width, "height": height}
    about = {"role": "img", "aria_label": description}
    parts = [element("style", Markup(style)), *parts]
    return f"{element('svg', *parts, xmlns='http://www.w3.org/2000/svg', **size, **about)}\n"


@dataclass(frozen=True, slots=True)
class Plot:
    """The part of a picture where data are drawn: shares in [0, 1] across and upwards to places in the picture."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The place of 1 across."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The place of 0 upwards."""
        return self.top + self.height

    def x(self, share: float) -> float:
        """The place of a share across; what is outside [0, 1] is drawn at its end."""
        return round(self.left + self.width * min(max(share, 0.0), 1.0), 1)

    def y(self, share: float) -> float:
        """The place of a share upwards; what is outside [0, 1] is drawn at its end."""
        return round(self.bottom - self.height * min(max(share, 0.0), 1.0), 1)

    def curve(self, points: Iterable[tuple[float, float]], *content: str, **attributes: object) -> Markup:
        """A line through points, (share across, share upwards)."""
        places = " ".join(f"{self.x(across)},{self.y(up)}" for across, up in points)
        return element("polyline", *content, **attributes, points=places)

    def grid(self, *, upright: bool = True, level: bool = True) -> Markup:
        """Lines at every quarter."""
        quarters = [n / 4 for n in range(5)]
        lines = [f"M{self.x(q)} {self.top:g}V{self.bottom:g}" for q in quarters if upright]
        lines += [f"M{self.left:g} {self.y(q)}H{self.right:g}" for q in quarters if level]
        return path("".join(lines), "axis")

    def axis(
        self, labels: Sequence[str], side: Literal["left", "right", "below"], class_: str = "soft"
    ) -> list[Markup]:
        """Labels along a side, spread evenly from 0 to 1."""

        def label(share: float, words: str) -> Markup:
            if side == "below":
                return text(self.x(share), self.bottom + 16, words, anchor="middle", class_=class_)
            x, anchor = (self.left - 8, "end") if side == "left" else (self.right + 8, None)
            return text(x, self.y(share) + 4, words, anchor=anchor, class_=class_)

        return [label(i / (len(labels) - 1), words) for i, words in enumerate(labels)]

    def diagonal(self) -> Markup:
        """The line where both shares are equal."""
        return path(f"M{self.x(0)} {self.y(0)}L{self.x(1)} {self.y(1)}", "axis diagonal")

    def percent_axes(self, across: str, up: str) -> list[Markup]:
        """The grid, both axes from 0 to 100, and their names."""
        labels = ("0", "25", "50", "75", "100")
        middle = self.top + self.height / 2
        return [
            self.grid(),
            *self.axis(labels, "below"),
            *self.axis(labels, "left"),
            text(self.left + self.width / 2, self.bottom + 34, across, anchor="middle"),
            element("text", up, x=12, y=middle, text_anchor="middle", transform=f"rotate(-90 12 {middle:g})"),
        ]


@dataclass(frozen=True)
class BarRow:
    """One bar: its name, length, and a note beside it."""

    name: str
    value: float
    note: str = ""


def bar_chart(rows: Sequence[BarRow], *, title: str, colour: str = "--p") -> Markup:
    """Horizontal bars with their names at the left and their values and notes at the right.

    Args:
        title: for those who do not see it.
        colour: a custom property of the page.
    """
    longest = max((row.value for row in rows), default=0) or 1
    plot = Plot(left=190, top=4, width=430, height=24 * len(rows))
    parts = []
    for i, row in enumerate(rows):
        top, end = 24 * i + 4, max(plot.x(row.value / longest), plot.left + 1)
        name = text(plot.left - 10, top + 12, _shortened(row.name), anchor="end")
        bar = element("rect", x=plot.left, y=top, width=end - plot.left, height=15, rx=2, fill=f"var({colour})")
        value = text(end + 8, top + 12, f"{row.value:,g} ", element("tspan", row.note, opacity=".7"))
        parts.append(element("g", hint(f"{row.name}: {row.value:,g} {row.note}"), name, bar, value))
    return picture(plot.right + 130, 24 * len(rows) + 6, parts, description=title)


def histogram(bars: Sequence[Bar], *, title: str, unit: str) -> Markup:
    """Columns side by side, their borders written below.

    Args:
        bars: ascending and without gaps.
        unit: what the borders count.
    """
    highest = max((bar.articles for bar in bars), default=0) or 1
    plot = Plot(left=20, top=18, width=690, height=150)
    step = plot.width / max(1, len(bars))
    every = max(1, round(len(bars) / 10))
    parts = [path(f"M{plot.left} {plot.bottom}H{plot.right + 20}", "axis")]
    for i, bar in enumerate(bars):
        x, y = plot.left + step * i, plot.y(bar.articles / highest)
        column = element("rect", x=x + 1, y=y, width=step - 2, height=plot.bottom - y, rx=2, fill="var(--f)")
        words = hint(f"{bar.start:,} to {bar.end:,} {unit}: {bar.articles:,}")
        count = text(x + step / 2, y - 4, f"{bar.articles:,}", anchor="middle", class_="soft") if bar.articles else ""
        parts.append(element("g", words, column, count))
        if i % every == 0:
            parts.append(text(x, plot.bottom + 16, f"{bar.start:,}", anchor="middle", class_="soft"))
    if bars:
        parts.append(text(746, plot.bottom + 16, f"{bars[-1].end:,} {unit}", anchor="end", class_="soft"))
    return picture(750, plot.bottom + 26, parts, description=title)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a chart: its name, a small note under it, and a figure a series; below 0 its bar is empty."""

    name: str
    note: str
    figures: tuple[Figure, ...]


def interval_chart(rows: Sequence[Row], series: Sequence[tuple[str, str]], *, description: str) -> Markup:
    """Bars of every row beneath each other, with whiskers for intervals and the value in percent beside.

    Args:
        series: name and CSS colour (such as ``var(--p)``) of each bar of a row.
        description: what people hear who cannot see the chart.
    """
    height_of_row = max(13 * len(series) + 12, 38)
    plot = Plot(left=170, top=24, width=480, height=height_of_row * len(rows) + 12)
    parts = []
    x = plot.left
    for name, colour in series:
        parts += [element("rect", x=x, y=4, width=12, height=12, fill=colour), text(x + 18, 14, name)]
        x += 40 + 7 * len(name)
    parts.append(plot.grid(level=False))
    for i, row in enumerate(rows):
        top = 30 + height_of_row * i
        parts.append(text(plot.left - 10, top + 14, _shortened(row.name, 22), anchor="end"))
        parts.append(text(plot.left - 10, top + 29, row.note, anchor="end", class_="soft"))
        for j, (figure, (_, colour)) in enumerate(zip(row.figures, series, strict=True)):
            parts += _interval_bar(plot, figure, colour, top + 3 + 13 * j)
    return picture(plot.right + 110, plot.bottom, parts, description=description)


def _interval_bar(plot: Plot, figure: Figure, colour: str, top: int) -> list[Markup]:
    if figure.value is None:
        return []
    middle, end = top + 5, plot.x(figure.value)
    width = max(1, end - plot.left)
    parts = [element("rect", x=plot.left, y=top, width=width, height=10, rx=2, fill=colour, opacity="0.75")]
    if figure.low is not None and figure.high is not None:
        parts.append(whisker(plot.x(figure.low), plot.x(figure.high), middle))
        end = max(end, plot.x(figure.high))
    return [*parts, text(end + 6, middle + 4, percent(figure.value), class_="soft")]


_CELL = Plot(left=0, top=0, width=100, height=16)


def bar_cell(value: float | None, interval: Interval | None = None, mark: float | None = None) -> Markup:
    """A bar that fills a table cell, from 0 to 1, with a whisker for the interval and an upright line for ``mark``."""
    parts = [path("M0 0V16M50 0V16M100 0V16", "axis")]
    if value is not None:
        parts.append(element("rect", x=0, y=3, width=_CELL.x(value), height=10))
    if interval is not None:
        parts.append(whisker(_CELL.x(interval.low), _CELL.x(interval.high), 8))
    if mark is not None:
        parts.append(path(f"M{_CELL.x(mark)} 0V16", "mark"))
    return _cell(parts)


def difference_cell(value: float | None, interval: Interval | None, reach: float) -> Markup:
    """A bar to the left or right of the middle of a cell, from ``-reach`` to ``reach``, with a whisker."""

    def x(number: float) -> float:
        return _CELL.x(0.5 + number / reach / 2)

    parts = [path("M50 0V16", "axis")]
    if value is not None:
        low, high = sorted((50.0, x(value)))
        parts.append(element("rect", class_="up" if value > 0 else "down", x=low, y=3, width=high - low, height=10))
    if interval is not None:
        parts.append(whisker(x(interval.low), x(interval.high), 8))
    return _cell(parts)


def _cell(parts: Iterable[str]) -> Markup:
    fixed = {"viewBox": "0 0 100 16", "preserveAspectRatio": "none", "aria_hidden": "true"}
    return element("svg", *parts, class_="bar", **fixed)


_SQUARE = Plot(left=44, top=10, width=300, height=300)


def curve_chart(curves: Mapping[str, Sequence[CurvePoint]]) -> Markup:
    """Precision over recall, a line a label; that of ``micro`` stands out (the page's script may choose another)."""
    parts = _SQUARE.percent_axes("recall, %", "precision, %")
    for label, points in curves.items():
        known = [(p.recall, p.precision) for p in points if p.recall is not None and p.precision is not None]
        if known:
            class_ = "curve bold" if label == "micro" else "curve"
            parts.append(_SQUARE.curve(thinned(known), hint(label), class_=class_, data_label=label))
    return _square(parts, "precision over recall, a line a label")


def reliability_chart(bins: Sequence[Bin]) -> Markup:
    """Share right over mean confidence, a dot a bin, as large as the bin has predictions; a line leads from each dot to
    the diagonal, where confidence and share right are equal.
    """
    parts = [*_SQUARE.percent_axes("confidence, %", "right, %"), _SQUARE.diagonal()]
    most = max((each.n for each in bins), default=0) or 1
    for each in bins:
        if each.confidence is None or each.correct is None:
            continue
        x, y = _SQUARE.x(each.confidence), _SQUARE.y(each.correct)
        parts.append(path(f"M{x} {_SQUARE.y(each.confidence)}V{y}", "gap"))
        words = (
            f"{counted(each.n, 'prediction')} of confidence {each.low:.2f} to {each.high:.2f}: "
            f"{percent(each.correct, unit='%')} right, {percent(each.confidence, unit='%')} said"
        )
        parts.append(element("circle", hint(words), cx=x, cy=y, r=round(2.5 + 8 * (each.n / most) ** 0.5, 1)))
    return _square(parts, "share of predictions that are right over their confidence")


def _square(parts: Iterable[str], description: str) -> Markup:
    return picture(_SQUARE.right + 14, _SQUARE.bottom + 40, parts, description=description, class_="square")


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most about 200 points of a line, its first and last among them."""
    step = max(1, len(points) // _MOST_POINTS)
    return [*points[:-1:step], points[-1]] if points else []


def _shortened(name: str, longest: int = 26) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"
