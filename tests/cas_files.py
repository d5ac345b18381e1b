"""Small CAS files for tests, written as INCEpTION writes them: XMI, its type system, and CAS JSON."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

NE = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
TOKEN = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token"
EVENT, ARGUMENT, RELATION, PHI = (
    f"webanno.custom.{name}" for name in ("Event", "EventArgumentsLink", "Relation", "PHI")
)
ANNOTATION, STRING = "uima.tcas.Annotation", "uima.cas.String"
TYPES: dict[str, tuple[str, dict[str, str]]] = {
    NE: (ANNOTATION, {"value": STRING, "identifier": STRING}),
    TOKEN: (ANNOTATION, {"order": "uima.cas.Integer"}),
    ARGUMENT: ("uima.cas.TOP", {"role": STRING, "target": NE}),
    EVENT: (ANNOTATION, {"label": STRING, "negated": "uima.cas.Boolean", "arguments": f"{ARGUMENT}[]", "cues": "uima.cas.StringArray"}),
    RELATION: (ANNOTATION, {"label": STRING, "sure": STRING, "Governor": NE, "Dependent": NE}),
    PHI: (ANNOTATION, {"kind": STRING}),
}  # fmt: skip
"""The type above each type, and its features."""


@dataclass(frozen=True)
class Made:
    """A feature structure: a tuple holds ids, a list texts; ``begin`` and ``end`` count UTF-16 units."""

    id: int
    type: str
    values: Mapping[str, Any]


def span(id: int, type: str, text: str, part: str, nth: int = 0, **values: Any) -> Made:
    """An annotation of the nth time that ``part`` stands in the text."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(part, start + 1)
    begin, end = units(text[:start]), units(text[: start + len(part)])
    return Made(id, type, {"begin": begin, "end": end} | values)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def type_system(types: Mapping[str, tuple[str, Mapping[str, str]]] = TYPES) -> str:
    """A TypeSystem.xml."""
    described = "".join(
        f"<typeDescription><name>{name}</name><description/><supertypeName>{above}</supertypeName><features>"
        + "".join(_feature(feature, range_) for feature, range_ in features.items())
        + "</features></typeDescription>"
        for name, (above, features) in types.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><typeSystemDescription '
        f'xmlns="http://uima.apache.org/resourceSpecifier"><types>{described}</types></typeSystemDescription>'
    )


def _feature(name: str, range_: str) -> str:
    listed = range_.endswith("[]")
    element = f"<elementType>{range_[:-2]}</elementType>" if listed else ""
    of = "uima.cas.FSArray" if listed else range_
    return f"<featureDescription><name>{name}</name><description/><rangeTypeName>{of}</rangeTypeName>{element}</featureDescription>"


def xmi(text: str, made: Sequence[Made], *, members: Sequence[int] | None = None, version: str = "1.0") -> str:
    """An XMI file; all annotations are in the view, if not others are named."""
    packages = sorted({each.type.rpartition(".")[0] for each in made})
    prefix = {package: f"p{n}" for n, package in enumerate(packages)}
    spaces = "".join(f' xmlns:{prefix[p]}="http:///{p.replace(".", "/")}.ecore"' for p in packages)
    lines = [
        f'<?xml version="{version}" encoding="UTF-8"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" '
        f'xmlns:cas="http:///uima/cas.ecore"{spaces} xmi:version="2.0">',
        '<cas:NULL xmi:id="0"/>',
    ]
    for each in made:
        package, _, name = each.type.rpartition(".")
        sofa = ' sofa="1"' if "begin" in each.values else ""
        values = {key: value for key, value in each.values.items() if not isinstance(value, list)}
        given = "".join(f" {key}={_attribute(value)}" for key, value in values.items())
        children = "".join(
            f"<{key}>{text}</{key}>" for key, texts in each.values.items() if isinstance(texts, list) for text in texts
        )
        tag = f"{prefix[package]}:{name}"
        lines.append(f'<{tag} xmi:id="{each.id}"{sofa}{given}>{children}</{tag}>')
    listed = [each.id for each in made] if members is None else members
    lines += [
        f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString={_attribute(text)}/>',
        f'<cas:View sofa="1" members="{" ".join(map(str, listed))}"/>',
        "</xmi:XMI>",
    ]
    return "\n".join(lines)


def _attribute(value: Any) -> str:
    if isinstance(value, tuple):
        value = " ".join(map(str, value))
    if isinstance(value, bool):
        value = str(value).lower()
    return quoteattr(str(value), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def cas_json(
    text: str,
    made: Sequence[Made],
    *,
    members: Sequence[int] | None = None,
    types: Mapping[str, tuple[str, Mapping[str, str]]] = TYPES,
) -> str:
    """The same as CAS JSON."""
    described = {
        name: {"%NAME": name, "%SUPER_TYPE": above}
        | {
            key: {"%NAME": key, "%RANGE": range_.replace("uima.cas.StringArray", f"{STRING}[]")}
            for key, range_ in own.items()
        }
        for name, (above, own) in types.items()
    }
    structures: list[dict[str, Any]] = [
        {
            "%ID": 1,
            "%TYPE": "uima.cas.Sofa",
            "sofaNum": 1,
            "sofaID": "_InitialView",
            "mimeType": "text",
            "sofaString": text,
        }
    ]
    spare = 1_000_000
    for each in made:
        ranges = types[each.type][1] if each.type in types else {}
        entry: dict[str, Any] = {"%ID": each.id, "%TYPE": each.type}
        if "begin" in each.values:
            entry["@sofa"] = 1
        for key, value in each.values.items():
            if isinstance(value, tuple | list):
                spare += 1
                of = ranges[key].replace("uima.cas.StringArray", f"{STRING}[]")
                structures.append({"%ID": spare, "%TYPE": of, "%ELEMENTS": list(value)})
                entry[f"@{key}"] = spare
            elif key in ranges and not ranges[key].startswith("uima.cas."):
                entry[f"@{key}"] = value
            else:
                entry[key] = value
        structures.append(entry)
    listed = [each.id for each in made] if members is None else list(members)
    return json.dumps(
        {
            "%TYPES": described,
            "%FEATURE_STRUCTURES": structures,
            "%VIEWS": {"_InitialView": {"%SOFA": 1, "%MEMBERS": listed}},
        },
        ensure_ascii=False,
    )


def zipped(files: dict[str, str | bytes]) -> bytes:
    """An archive of files, dated 1980: its bytes may be part of a test's name, which every worker must make alike."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return content.getvalue()
