"""What annotators read before they begin: every label with its colour, key, definition and examples, as text."""

import re
from html.parser import HTMLParser
from pathlib import Path

from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.labelstudio.instructions import have_the_same_words, instructions
from eventcorpus.ontology import label_colours, parse_ontology

SHIPPED = read_ontology(Path(__file__).parents[2] / "corpus/ontology.yaml")


def cells(page: str) -> list[list[str]]:
    """The rows of the tables, each the words of its cells."""
    rows = re.findall("<tr>(.*?)</tr>", page)
    return [[re.sub("<[^>]*>", "", cell) for cell in re.findall("<td[^>]*>(.*?)</td>", row)] for row in rows]


def test_every_label_has_its_key_definition_and_examples() -> None:
    rows = cells(instructions(SHIPPED))
    assert rows[0] == [
        "", "1", "Battle",
        "Fighting between organised armed actors, on the ground and with small arms. "
        "clashes, ambush, offensive, advance, machine gun fire",
    ]  # fmt: skip
    assert [row[2] for row in rows if len(row) == 4] == list(SHIPPED.labels)


def test_links_and_values_are_explained_with_what_no_choice_means() -> None:
    page = instructions(SHIPPED)
    assert ["cause", "The event that caused the harm."] in cells(page)
    assert ["s", "actual", "told as having happened or happening"] in cells(page)
    assert "Whether it happened. For: all triggers. If nothing is chosen, it means actual." in page
    assert "What became of the people. For: Casualties.<" in page


def test_the_colours_are_those_of_the_labels() -> None:
    colours = re.findall('bgcolor="(#[0-9a-f]{6})"', instructions(SHIPPED))
    assert colours == list(label_colours(SHIPPED.labels).values())


def test_hostile_names_and_definitions_are_text() -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    entity = {"name": hostile, "definition": hostile, "examples": [hostile]}
    page = instructions(parse_ontology({"name": "odd", "version": "1.0.0", "entities": [entity]}, place="test"))
    seen: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: seen.append(tag)  # type: ignore[method-assign]
    parser.feed(page)
    assert not {"script", "img"} & set(seen)
    assert page.count("&lt;script&gt;") == 3


def test_an_ontology_without_roles_and_attributes_says_nothing_of_them() -> None:
    page = instructions(parse_ontology({"name": "o", "version": "1.0.0", "entities": [{"name": "A"}]}, place="test"))
    assert "Link" not in page and "Say more" not in page and "<h4>Labels</h4>" in page


def test_instructions_that_the_server_wrote_in_its_way_read_the_same() -> None:
    assert have_the_same_words("<p>a &amp; &#34;b&#34;</p>", '<p >a &amp;  "b"\n</p>')
    assert not have_the_same_words("<p>a</p>", "<p>a b</p>")
