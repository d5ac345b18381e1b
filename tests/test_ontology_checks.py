"""The section ``checks`` of an ontology: what it may say, and what stops."""

from typing import Any

import pytest

from eventcorpus.errors import OntologyError
from eventcorpus.ontology import ontology_yaml, parse_ontology, read_ontology_yaml

MINI: dict[str, Any] = {
    "name": "mini",
    "version": "1.0.0",
    "triggers": [{"name": "Toll"}],
    "entities": [{"name": "When"}],
    "roles": [{"name": "count"}],
}


def test_the_section_survives_writing_and_reading(tmp_path: Any) -> None:
    checks = {"expects": {"Toll": ["count"]}, "patterns": {"When": ["weekday", r"/\bRamadan\b/"]}}
    ontology = parse_ontology(MINI | {"checks": checks}, place="o.yaml")
    (tmp_path / "o.yaml").write_text(ontology_yaml(ontology))
    assert read_ontology_yaml(tmp_path / "o.yaml") == ontology
    assert ontology.checks.expects == {"Toll": ("count",)}


def test_an_ontology_without_the_section_is_written_without_it() -> None:
    assert "checks" not in ontology_yaml(parse_ontology(MINI, place="o.yaml"))


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        ({"expects": {"When": ["count"]}}, "o.yaml: checks: expects names 'When', which is no trigger; there are Toll"),
        ({"expects": {"Toll": ["victim"]}}, "o.yaml: checks: expects of Toll names 'victim', which is no role; there are count"),
        ({"expects": {"Toll": []}}, "o.yaml: checks: expects of Toll is empty; list the roles of which one should be there"),
        ({"patterns": {"Whenn": ["weekday"]}}, "o.yaml: checks: patterns names 'Whenn', which is no label; did you mean 'When'"),
        ({"patterns": {"When": ["weekdays"]}}, "o.yaml: checks: the pattern 'weekdays' is neither one of weekday, month, people nor a /regex/"),
        ({"patterns": {"When": ["/(/"]}}, "o.yaml: checks: the pattern '/(/' is no regular expression (missing ), unterminated subpattern at position 0)"),
        ({"expect": {}}, "o.yaml: unknown key 'checks.expect'; did you mean 'expects'; such as checks: {expects: {Attack: [agent]}, patterns: {Time: [weekday]}}"),
    ],
)  # fmt: skip
def test_what_names_nothing_is_an_error(checks: dict[str, Any], message: str) -> None:
    with pytest.raises(OntologyError) as error:
        parse_ontology(MINI | {"checks": checks}, place="o.yaml")
    assert str(error.value) == message
