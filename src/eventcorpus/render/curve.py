"""Learning curves: a table and sentences for a terminal, a picture as a file, and a page with every label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup
from rich.table import Table

from eventcorpus.eval.curve import Curve, CurveReport, Law, said_of_more
from eventcorpus.eval.intervals import ends, shown
from eventcorpus.eval.report import Figure
from eventcorpus.package_data import fill_template
from eventcorpus.render.charts import BLUE, ORANGE, Plot, element, hint, path, picture, svg_file, text
from eventcorpus.tables import UNDEFINED, counted, percent, titled_table
from eventcorpus.text import printable

_LARGE = Plot(left=64, top=84, width=700, height=290)
_SMALL = Plot(left=40, top=12, width=250, height=120)
_DASHES = "6 4"
_POINTS = 60
"""Of a line that is drawn."""


# for a terminal ------------------------------------------------------------------------------------------------------


def curve_table(report: CurveReport) -> Table:
    """F1 at each size, and what twice the articles are expected to give."""
    sizes = [f"{size.mean_articles:,.0f}" for size in report.sizes]
    doubled = f"{2 * report.train_articles:,}?"
    return titled_table(
        f"exact F1 on {report.dataset.split} by articles of train, mean over seeds {_seeds(report)}, %",
        ("label", "gold", *sizes, doubled, "95%", "gain", "95%"),
        ((printable(label), *_cells(curve)) for label, curve in report.labels.items()),
        last=[("micro", *_cells(report.micro))],
    )


def _seeds(report: CurveReport) -> str:
    return ", ".join(map(str, report.seeds))


def _cells(curve: Curve) -> list[str]:
    doubled, gain = curve.expected[-1].f1 if curve.expected else None, curve.gain_of_double
    figures = [percent(figure.value) for figure in curve.sizes]
    return [f"{curve.support:,}", *figures, *_figure_cells(doubled), *_figure_cells(gain, sign="+")]


def _figure_cells(figure: Figure | None, *, sign: str = "") -> tuple[str, str]:
    if figure is None:
        return UNDEFINED, ""
    return percent(figure.value, sign=sign), ends(figure.interval)


def curve_lines(report: CurveReport) -> Iterator[str]:
    """The answer, how far the law can be trusted, and what annotators agree to."""
    yield said_of_more(report)
    if (forecast := report.micro.forecast) is not None:
        outcome = "as forecast" if forecast.is_right else "NOT as forecast: do not trust the curve beyond its sizes"
        yield (
            f"checked: the first {counted(forecast.sizes, 'size')} (up to "
            f"{counted(round(forecast.from_articles), 'article')}) forecast {shown(forecast.f1)} at "
            f"{report.train_articles:,}; measured {shown(forecast.measured)}, {outcome}"
        )
        judged = [curve.forecast for curve in report.labels.values() if curve.forecast]
        right = sum(each.is_right for each in judged)
        yield f"checked by label: {right} of {len(judged)} as forecast"
    if report.agreement is not None:
        yield f"two annotators agree to {shown(report.agreement.all_labels)} ({report.agreement.source})"


# pictures ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scale:
    """Articles across from 0 to ``most``, F1 upwards from ``low`` to 1."""

    plot: Plot
    most: float
    low: float

    def point(self, articles: float, f1: float) -> tuple[float, float]:
        """As shares of the plot."""
        return articles / self.most, (f1 - self.low) / (1 - self.low)

    def place(self, articles: float, f1: float) -> tuple[float, float]:
        """In the picture."""
        across, up = self.point(articles, f1)
        return self.plot.x(across), self.plot.y(up)

    def line(self, law: Law, start: float, end: float, class_: str, dashes: str | None = None) -> Markup:
        """A law between two numbers of articles."""
        at = [start + (end - start) * i / _POINTS for i in range(_POINTS + 1)]
        points = [self.point(n, law.a - law.b * n**-law.c) for n in at]
        return self.plot.curve(points, class_=f"curve {class_}", stroke_dasharray=dashes)


def curve_svg(report: CurveReport) -> str:
    """The curve of micro F1 as the content of an SVG file."""
    title = f"exact micro F1 on {report.dataset.split} over the articles of train"
    parts = [hint(title), text(_LARGE.left, 20, title), *_key(report), *_curve_parts(report, report.micro, _LARGE)]
    middle = _LARGE.left + _LARGE.width / 2
    parts.append(text(middle, _LARGE.bottom + 38, "articles", anchor="middle"))
    colours = {"micro": BLUE, "forecast": ORANGE}
    return svg_file(_LARGE.right + 40, _LARGE.bottom + 52, parts, description=_described(report), colours=colours)


def _described(report: CurveReport) -> str:
    figures = ", ".join(
        f"{counted(round(size.mean_articles), 'article')} {percent(figure.value)}"
        for size, figure in zip(report.sizes, report.micro.sizes, strict=True)
    )
    return f"micro F1 by articles: {figures}; {said_of_more(report)}"


def _key(report: CurveReport) -> list[Markup]:
    parts = [text(_LARGE.left, 42, f"mean over seeds {_seeds(report)}, and the law", class_="name micro")]
    if forecast := report.micro.forecast:
        words = f"forecast of the first {counted(forecast.sizes, 'size')}: {shown(forecast.f1)}"
        parts.append(text(_LARGE.left, 60, words, class_="name forecast"))
    return parts


def _curve_parts(report: CurveReport, curve: Curve, plot: Plot) -> list[Markup]:
    """Grid, agreement, band, laws, seeds and means of one curve."""
    last = report.sizes[-1].mean_articles
    known = [f1 for runs in curve.runs for f1 in runs if f1 is not None]
    lows = [figure.interval.low for figure in curve.sizes if figure.interval]
    low = min(int(5 * max(value, 0.0)) for value in [*known, *lows, 0.8]) / 5  # quarters of the rest are whole percent
    scale = _Scale(plot, 2 * last, low)
    quarters = [n / 4 for n in range(5)]
    parts = [
        plot.grid(upright=False),
        *plot.axis([percent(low + (1 - low) * q, digits=0) for q in quarters], "left"),
        *plot.axis([f"{2 * last * q:,.0f}" for q in quarters], "below"),
    ]
    agreement = _agreement_of(report, curve)
    if agreement is not None:
        _, y = scale.place(0, agreement)
        line = element("path", d=f"M{plot.left:g} {y}H{plot.right:g}", class_="axis", stroke_dasharray="2 3")
        words = f"annotators agree to {percent(agreement)}"
        parts += [line, text(plot.right, y - 5, words, anchor="end", class_="soft")]
    if bands := [(e.articles, e.f1.interval) for e in curve.expected if e.f1.interval]:
        around = [(n, band.high) for n, band in bands] + [(n, band.low) for n, band in reversed(bands)]
        places = " ".join("{},{}".format(*scale.place(*corner)) for corner in around)
        parts.append(element("polygon", class_="bar micro", points=places, opacity=".15"))
    first = report.sizes[0].mean_articles
    if curve.forecast is not None:
        law, measured = curve.forecast.law, curve.forecast
        parts.append(scale.line(law, first, last, "forecast", _DASHES))
        parts += _mean(scale, last * 1.015, measured.f1, "forecast", "forecast")
    if curve.law is not None:
        parts.append(scale.line(curve.law, first, last, "micro"))
        parts.append(scale.line(curve.law, last, 2 * last, "micro", _DASHES))
    for size, figure, runs in zip(report.sizes, curve.sizes, curve.runs, strict=True):
        for articles, seed, f1 in zip(size.articles, report.seeds, runs, strict=True):
            if f1 is not None:
                x, y = scale.place(articles, f1)
                words = hint(f"{counted(articles, 'article')}, seed {seed}: {percent(f1)}")
                parts.append(element("circle", words, class_="ring micro", cx=x, cy=y, r=2.5))
        parts += _mean(scale, size.mean_articles, figure, "micro", f"{counted(round(size.mean_articles), 'article')}")
    return parts


def _agreement_of(report: CurveReport, curve: Curve) -> float | None:
    if report.agreement is None:
        return None
    if curve is report.micro:
        return report.agreement.all_labels.value
    label = next(label for label, each in report.labels.items() if each is curve)
    figure = report.agreement.labels.get(label)
    return figure.value if figure else None


def _mean(scale: _Scale, articles: float, figure: Figure, class_: str, words: str) -> list[Markup]:
    if figure.value is None:
        return []
    x, y = scale.place(articles, figure.value)
    parts = [hint(f"{words}: {shown(figure)}")]
    if figure.interval:
        (_, low), (_, high) = (scale.place(articles, end) for end in (figure.interval.low, figure.interval.high))
        parts.append(path(f"M{x} {low}V{high}", f"whisker {class_}"))
    parts.append(element("circle", class_=f"dot {class_}", cx=x, cy=y, r=4))
    return [element("g", *parts)]


# page ----------------------------------------------------------------------------------------------------------------


def curve_page(report: CurveReport) -> str:
    """One page with the curve of every label; it needs no network and no script."""
    large = picture(
        _LARGE.right + 40, _LARGE.bottom + 30, [*_key(report), *_curve_parts(report, report.micro, _LARGE)],
        description=_described(report),
    )  # fmt: skip
    small = {
        label: picture(
            _SMALL.right + 14, _SMALL.bottom + 22, _curve_parts(report, curve, _SMALL),
            description=f"F1 of {label} by articles", class_="small",
        )
        for label, curve in report.labels.items()
    }  # fmt: skip
    lines = list(curve_lines(report))
    return fill_template("curve.html.j2", report=report, large=large, small=small, lines=lines, shown=shown)
