"""500 CAS files made at random and written by dkpro-cassis: what is read is what was put in."""

import random
from pathlib import Path
from typing import Any

import pytest

from cas_files import ARGUMENT, EVENT, NE, RELATION, TYPES
from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.formats.uima import read_uima

cassis = pytest.importorskip("cassis")
N = 500
CHARACTERS = ["a", "b", "É", "\u0301", "ç", "ñ", " ", "\u00a0", "\n", "\r\n", "<", "&", '"', "'", "شام", "中", "🔥", "👩‍👧", "𝔸", "\u2028", "\ufeff"]  # fmt: skip
Texts = set[tuple[str, str]]
Roles = set[tuple[str, str, str]]


def random_cas(seed: int) -> tuple[Any, Texts, Roles]:
    """A text of characters in and beyond the basic plane, with named entities, relations and events with slots.

    With it the texts and labels of the spans, and the roles between two texts, both without those of blanks alone.
    """
    rng = random.Random(seed)
    types = cassis.TypeSystem()
    for name, (above, features) in TYPES.items():
        made = types.create_type(name=name, supertypeName=above)
        for feature, of in features.items():
            listed = of.endswith("[]")
            types.create_feature(
                made,
                name=feature,
                rangeType="uima.cas.FSArray" if listed else of,
                elementType=of[:-2] if listed else None,
            )
    cas = cassis.Cas(typesystem=types)
    text = "".join(rng.choices(CHARACTERS, k=rng.randint(5, 80)))
    cas.sofa_string = text
    texts: list[tuple[str, str]] = []
    roles: Roles = set()

    def added(type_name: str, label: str, begin: int, end: int, **values: Any) -> tuple[Any, str]:
        """An annotation, and its text."""
        name = "value" if type_name == NE else "label"
        one = types.get_type(type_name)(begin=begin, end=end, **{name: label}, **values)
        cas.add(one)
        its_text = text[begin:end].replace("\r\n", "\n").replace("\r", "\n").strip()
        if type_name != RELATION:
            texts.append((its_text, label))
        return one, its_text

    spans = []
    for _ in range(rng.randint(0, 12)):
        begin = rng.randrange(len(text))
        spans.append(added(NE, rng.choice("ABC"), begin, rng.randint(begin + 1, len(text))))
    for _ in range(rng.randint(0, 3) if spans else 0):
        role = rng.choice("rs")
        (governor, first), (dependent, second) = rng.choices(spans, k=2)
        added(RELATION, role, 0, 1, Governor=governor, Dependent=dependent)
        roles.add((role, first, second))
    for _ in range(rng.randint(0, 2) if spans else 0):
        slots = [(rng.choice("xyz"), *rng.choice(spans)) for _ in range(3)]
        links = [types.get_type(ARGUMENT)(role=role, target=target) for role, target, _ in slots]
        array = types.get_type("uima.cas.FSArray")(elements=links)
        begin = rng.randrange(len(text))
        _, trigger = added(EVENT, "E", begin, len(text), negated=rng.random() < 0.5, arguments=array)
        roles |= {(role, trigger, its_text) for role, _, its_text in slots}
    return cas, {pair for pair in texts if pair[0]}, {one for one in roles if one[1] and one[2] and one[1] != one[2]}


@pytest.mark.parametrize("form", ["xmi", "json"])
def test_spans_and_roles_are_those_that_were_made(tmp_path: Path, form: str) -> None:
    n_spans = n_roles = 0
    for seed in range(N):
        cas, texts, roles = random_cas(seed)
        if not texts:
            continue
        path = tmp_path / f"{seed}.{form}"
        if form == "xmi":
            (tmp_path / "TypeSystem.xml").write_text(cas.typesystem.to_xml())
            cas.to_xmi(path)
        else:
            cas.to_json(path)
        report = ConversionReport(refuses=True)
        ((_, one),) = assemble(read_uima([path]), None, report).articles
        of_id = {span.id: one.article.text[span.start : span.end] for span in one.spans}
        assert {(of_id[span.id], span.label) for span in one.spans} == texts, seed
        found = {(role.role, of_id[role.trigger], of_id[role.argument]) for role in one.roles}
        assert {role for role in found if role[1] != role[2]} == roles, seed
        for kind in ("spans", "roles"):
            counts = report.counts(kind)
            assert counts["in"] == counts["kept"] + counts["repaired"] + counts["refused"]
        n_spans, n_roles = n_spans + len(texts), n_roles + len(roles)
    assert (n_spans > 2000, n_roles > 500) == (True, True)
