"""500 CAS files made at random, as dkpro-cassis writes and reads them: the same spans, texts, values and ends."""

import random
from pathlib import Path
from typing import Any

import pytest

from cas_files import ARGUMENT, EVENT, NE, RELATION, TYPES
from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.formats.uima import read_uima
from eventcorpus.schema import AnnotatedArticle

cassis = pytest.importorskip("cassis")
N = 500
CHARACTERS = ["a", "b", "É", "\u0301", "ç", "ñ", " ", "\u00a0", "\n", "\r\n", "<", "&", '"', "'", "شام", "中", "🔥", "👩‍👧", "𝔸", "\u2028", "\ufeff"]  # fmt: skip


def random_cas(seed: int) -> Any:
    """A text of characters in and beyond the basic plane, with named entities, relations and an event with slots."""
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
    spans = []
    for _ in range(rng.randint(0, 12)):
        begin = rng.randrange(len(text))
        one = types.get_type(NE)(begin=begin, end=rng.randint(begin + 1, len(text)), value=rng.choice("ABC"))
        spans.append(one)
    cas.add_all(spans)
    for _ in range(rng.randint(0, 3) if spans else 0):
        ends = rng.choices(spans, k=2)
        cas.add(types.get_type(RELATION)(begin=0, end=1, label=rng.choice("rs"), Governor=ends[0], Dependent=ends[1]))
    for _ in range(rng.randint(0, 2) if spans else 0):
        links = [types.get_type(ARGUMENT)(role=rng.choice("xyz"), target=rng.choice(spans)) for _ in range(3)]
        array = types.get_type("uima.cas.FSArray")(elements=links)
        begin = rng.randrange(len(text))
        cas.add(
            types.get_type(EVENT)(begin=begin, end=len(text), label="E", negated=rng.random() < 0.5, arguments=array)
        )
    return cas


def expected(cas: Any) -> tuple[list[tuple[str, str]], set[tuple[str, str, str]]]:
    """The covered text of each span that has more than blanks, and the roles between these, as cassis sees them."""
    of_span = {id(one): one for name in (NE, EVENT) for one in cas.select(name)}
    texts = {
        key: (stored(one.get_covered_text()), one.value if one.type.name == NE else one.label)
        for key, one in of_span.items()
    }
    texts = {key: (text, label) for key, (text, label) in texts.items() if text}
    drawn = [(one.label, one.Governor, one.Dependent) for one in cas.select(RELATION)]
    drawn += [(link.role, one, link.target) for one in cas.select(EVENT) for link in one.arguments.elements]
    roles = {
        (role, texts[id(source)][0], texts[id(target)][0])
        for role, source, target in drawn
        if id(source) in texts and id(target) in texts
    }
    return sorted(texts.values()), roles


def stored(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def found(one: AnnotatedArticle) -> tuple[list[tuple[str, str]], set[tuple[str, str, str]]]:
    texts = {span.id: one.article.text[span.start : span.end] for span in one.spans}
    roles = {(role.role, texts[role.trigger], texts[role.argument]) for role in one.roles}
    return sorted((texts[span.id], span.label) for span in one.spans), roles


@pytest.mark.parametrize("form", ["xmi", "json"])
def test_spans_and_roles_are_those_of_cassis(tmp_path: Path, form: str) -> None:
    n_spans = n_roles = 0
    for seed in range(N):
        cas = random_cas(seed)
        path = tmp_path / f"{seed}.{form}"
        if form == "xmi":
            (tmp_path / "TypeSystem.xml").write_text(cas.typesystem.to_xml())
            cas.to_xmi(path)
            read_back = cassis.load_cas_from_xmi(path, typesystem=cas.typesystem)
        else:
            cas.to_json(path)
            read_back = cassis.load_cas_from_json(path.read_text(encoding="utf-8"))
        spans, roles = expected(read_back)
        if not spans:
            continue
        report = ConversionReport(refuses=True)
        ((_, one),) = assemble(read_uima([path]), None, report).articles
        its_spans, its_roles = found(one)
        assert sorted(set(its_spans)) == sorted(set(spans)), seed
        roles_between_two = {role for role in roles if role[1] != role[2]}
        assert {role for role in its_roles if role[1] != role[2]} == roles_between_two, seed
        for kind in ("spans", "roles"):
            counts = report.counts(kind)
            assert counts["in"] == counts["kept"] + counts["repaired"] + counts["refused"]
        n_spans, n_roles = n_spans + len(spans), n_roles + len(roles)
    assert (n_spans > 2000, n_roles > 500) == (True, True)
