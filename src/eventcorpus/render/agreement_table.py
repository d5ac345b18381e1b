"""The agreement report for a terminal, in hundredths."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from eventcorpus.agreement.agree import AgreementReport, Figure, PairAgreement
from eventcorpus.tables import UNDEFINED, percent, percent_range, titled_table


def interval(figure: Figure) -> str:
    """Its interval, a dash where it is undefined."""
    return percent_range(figure.low, figure.high, between=" to ", undefined=UNDEFINED)


def pair_name(pair: PairAgreement) -> str:
    """Who is compared."""
    return f"{' and '.join(pair.pairs[0])}" if len(pair.pairs) == 1 else f"all {len(pair.pairs)} pairs"


def agreement_tables(report: AgreementReport) -> Group:
    """The report for a terminal: labels in ontology order, roles, attributes, events; pairs if there are several."""
    pair = report.all_pairs
    tables = [_spans(report), _roles(pair), _attributes(pair), _events(pair)]
    if len(report.pairs) > 1:
        tables.append(_pairs(report))
    n_resamples, seed = report.bootstrap.resamples, report.bootstrap.seed
    drawn = f"95% intervals: {n_resamples:,} resamples of {pair.units:,} articles or clusters (seed {seed})"
    return Group(*(table for table in tables if table is not None), Text(drawn))


def _spans(report: AgreementReport) -> Table:
    pair = report.all_pairs
    table = titled_table(
        f"Agreement of {pair_name(pair)} on {pair.articles:,} articles of {report.dataset.name}, in hundredths",
        ("label", "spans", "", "exact F1", "95%", "overlap F1", "alpha_characters"),
    )
    for label, row in [*pair.labels.items(), ("all labels", pair.all_labels)]:
        if label == "all labels":
            table.add_section()
        table.add_row(
            label, f"{row.first:,}", f"{row.second:,}", percent(row.f1_exact.value), interval(row.f1_exact),
            percent(row.f1_overlap.value), percent(row.alpha_characters.value),
        )  # fmt: skip
    return table


def _roles(pair: PairAgreement) -> Table | None:
    if not pair.roles:
        return None
    table = titled_table("Roles", ("role", "given", "", "F1", "95%", "F1 given both ends", "95%"))
    for role, row in [*pair.roles.items(), ("all roles", pair.all_roles)]:
        if role == "all roles":
            table.add_section()
        table.add_row(
            role, f"{row.first:,}", f"{row.second:,}", percent(row.f1.value), interval(row.f1),
            percent(row.f1_given_ends.value), interval(row.f1_given_ends),
        )  # fmt: skip
    return table


def _attributes(pair: PairAgreement) -> Table | None:
    if not pair.attributes:
        return None
    table = titled_table(
        "Attributes of spans that both marked", ("attribute", "spans", "agreement", "95%", "kappa", "95%")
    )
    for name, row in pair.attributes.items():
        table.add_row(
            name, f"{row.spans:,}", percent(row.agreement.value), interval(row.agreement),
            percent(row.kappa.value), interval(row.kappa),
        )  # fmt: skip
    return table


def _events(pair: PairAgreement) -> Table | None:
    if pair.events is None:
        return None
    events = pair.events
    table = titled_table(
        f"Events ({events.first:,} and {events.second:,}; {events.triggers_of_both:,} triggers marked by both)",
        ("figure", "", "95%"),
    )
    for name, figure in [
        ("B-cubed F1, triggers of both", events.on_triggers_of_both.f1),
        ("B-cubed F1, all triggers", events.on_all_triggers.f1),
        ("articles with the same number", events.same_number),
        ("alpha of the number", events.alpha_number),
    ]:
        table.add_row(name, percent(figure.value), interval(figure))
    low, high = events.difference.low, events.difference.high
    table.add_row(
        "mean difference of the number (events)",
        "–" if events.difference.value is None else f"{events.difference.value:.2f}",
        "–" if low is None or high is None else f"{low:.2f} to {high:.2f}",
    )
    return table


def _pairs(report: AgreementReport) -> Table:
    table = titled_table("Pairs", ("pair", "articles", "exact F1", "95%", "overlap F1", "alpha_characters"))
    for pair in report.pairs:
        row = pair.all_labels
        table.add_row(
            pair_name(pair), f"{pair.articles:,}", percent(row.f1_exact.value), interval(row.f1_exact),
            percent(row.f1_overlap.value), percent(row.alpha_characters.value),
        )  # fmt: skip
    return table
