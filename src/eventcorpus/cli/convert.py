"""``eventcorpus convert``: annotations to a Hugging Face dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import click
from click.core import ParameterSource

from eventcorpus.annotation.label_map import Mapper, mapped
from eventcorpus.cli.options import GOLD, PATH, notice
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.convert import OPTIONAL, SOURCES, Conversion, Request
from eventcorpus.dataset.folder import (
    REPORT,
    TEXT_POLICIES,
    Entry,
    TextPolicy,
    Written,
    is_dataset_folder,
    write_dataset,
)
from eventcorpus.files import check_folder, sha256_of_file
from eventcorpus.formats.conll import SCHEMES
from eventcorpus.percent import percent
from eventcorpus.schema import AnnotatedArticle


@click.command("convert")
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="LABELS...")
@click.option("--out", required=True, type=PATH, help="The dataset folder.")
@click.option(
    "--from",
    "source",
    type=click.Choice(list(SOURCES)),
    default="labelstudio",
    show_default=True,
    help="What LABELS are.",
)
@click.option(
    "--ontology",
    "ontology_path",
    type=PATH,
    help="Our YAML or a Label Studio config.xml  [default: corpus/ontology.yaml; of other formats, what is found]",
)
@click.option(
    "--splits", "splits_path", type=PATH, help="Folder with train.txt, validation.txt, test.txt: one article id a line."
)
@GOLD
@click.option(
    "--scheme", type=click.Choice(SCHEMES), default="iob2", show_default=True, help="The tags of CoNLL files."
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="re3d: leave out entities and relations below it.",
)
@click.option(
    "--map", "map_path", type=PATH, help="YAML or JSON: which label and role becomes which, or null to leave it out."
)
@click.option(
    "--text",
    type=click.Choice(TEXT_POLICIES),
    default="all",
    show_default=True,
    help="Whose text to write: for publishing, of the articles with a licence, or none (standoff).",
)
@click.option(
    "--refuse", is_flag=True, help="Leave out spans that cannot be right and count them, instead of stopping."
)
@click.option(
    "--strict", is_flag=True, help="Fail if anything was repaired, refused or flagged; nothing is written then."
)
@click.pass_context
def command(
    context: click.Context,
    inputs: tuple[Path, ...],
    out: Path,
    source: str,
    ontology_path: Path | None,
    splits_path: Path | None,
    gold: str | None,
    scheme: str,
    min_confidence: float,
    map_path: Path | None,
    text: str,
    refuse: bool,
    strict: bool,
) -> None:
    """Convert annotations to a Hugging Face dataset.

    Plain datasets.load_dataset opens OUT. LABELS are JSON exports of Label Studio or folders of them; with --from conll
    one CoNLL file, or a folder whose train.txt, dev.txt, test.txt become the splits; with re3d or brat their folders;
    with muc4 or wikievents a JSON Lines file, or a folder with train, dev and test. What was kept, repaired and refused
    stands in loss_report.json.

    \b
    Example:
      eventcorpus convert corpus/annotations --splits corpus/splits --out models/runs/demo-dataset
    """
    _check_options(context, source)
    check_folder(out, is_ours=is_dataset_folder)
    request = Request(inputs, ontology_path, splits_path, gold, scheme, min_confidence, refuse)
    conversion = SOURCES[source].read(request)
    files = [(_name(file, inputs, source), file) for file in conversion.files]
    if map_path:
        conversion = _mapped(conversion, map_path)
        files.append((f"map:{map_path.name}", map_path))
    report = conversion.report
    written = write_dataset(
        out,
        conversion.entries,
        conversion.ontology,
        report,
        gold_policy=conversion.gold_policy,
        inputs={name: sha256_of_file(file) for name, file in files},
        text=cast(TextPolicy, text),
        strict=strict,
    )
    for told in conversion.notices:
        notice(told)
    _tell(report, written, out)
    sizes = ", ".join(f"{split} {n:,}" for split, n in written.sizes.items())
    click.echo(f"{sum(written.sizes.values()):,} articles in {out} ({sizes})")


def _check_options(context: click.Context, source: str) -> None:
    """Refuse options that say nothing to this format, rather than let people think they did something."""
    for parameter in context.command.params:
        name = parameter.name or ""
        if name not in OPTIONAL - SOURCES[source].options:
            continue
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            takers = ", ".join(other for other, about in SOURCES.items() if name in about.options)
            raise click.UsageError(f"--from {source} takes no {parameter.opts[0]}; it is for {takers}")


def _name(file: Path, inputs: Sequence[Path], source: str) -> str:
    """A file in the manifest: by its name, or by its path in the input where names come twice."""
    if source in ("labelstudio", "conll"):
        return file.name
    above = next((path for path in inputs if file.is_relative_to(path) and file != path), file.parent)
    return file.relative_to(above if len(inputs) == 1 else above.parent).as_posix()


def _mapped(conversion: Conversion, map_path: Path) -> Conversion:
    mapper = Mapper.of(map_path, conversion.ontology)
    unit = conversion.attribute_unit

    def entries() -> Iterator[Entry]:
        for entry in conversion.entries:
            every = [mapped(one, mapper, conversion.report, unit=unit) for one in entry.every]
            same = next((i for i, one in enumerate(entry.every) if one is entry.gold), None)
            # gold that was made of several annotations is in no report: they are
            gold = every[same] if same is not None else mapped(entry.gold, mapper, _counted(entry.gold))
            yield Entry(entry.split, gold, every)

    policy = f"{conversion.gold_policy}, mapped by {map_path.name}"
    return replace(conversion, entries=entries(), ontology=mapper.target, gold_policy=policy)


def _counted(annotated: AnnotatedArticle) -> ConversionReport:
    report = ConversionReport()
    report.keep("spans", len(annotated.spans))
    report.keep("roles", len(annotated.roles))
    report.keep("attributes", sum(len(span.attributes) for span in annotated.spans))
    return report


def _tell(report: ConversionReport, written: Written, out: Path) -> None:
    """What people should know of a conversion, on stderr."""
    notice(report.summary())
    for item in [item for item in report.items if item.verdict != "repaired"][:5]:
        notice(f"{item.verdict}: article {item.article}: {item.name} ({item.reason})")
    if report.items:
        notice(f"every item with its reason: {out / REPORT}")
    share = f" ({percent(written.n_beyond_layer / written.n_spans)} %)" if written.n_spans else ""
    notice(
        f"{written.n_beyond_layer:,} of {written.n_spans:,} gold spans{share} do not fit into one layer of BIO tags; "
        "spans hold all of them"
    )
    if written.duplicates:
        twins = written.duplicates
        n_leaks = sum(leaks for _, _, leaks in twins)
        notice(
            f"{len(twins)} articles have exactly the text of another, {n_leaks} of them of one in another split; "
            f"the first: {twins[0][1]} and {twins[0][0]}"
        )
