"""What is wrong with a file of keys and values that people write, in words: the line, the key, its value, the way out.

Recipes, ontologies, maps, gates and every other YAML or JSON file that follows a model are told wrong by this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from eventcorpus.errors import EventCorpusError, nearest

if TYPE_CHECKING:
    import yaml

Location: TypeAlias = tuple[str | int, ...]
"""Keys and positions (from 0) that lead to a value."""
Lines: TypeAlias = Mapping[Location, int]
"""The line, from 1, of each key and list entry of a YAML text."""
Schema: TypeAlias = dict[str, Any]
_LONGEST_VALUE = 80
_IS_BOUND = {
    "greater_than_equal": "be at least {}",
    "less_than_equal": "be at most {}",
    "greater_than": "be more than {}",
    "less_than": "be less than {}",
}
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "text",
    "array": "a list",
    "object": "'key: value' lines",
    "null": "nothing",
}


class Mistake(NamedTuple):
    """The first thing that is wrong with data: where, and what."""

    path: Location
    what: str


def contradiction(path: Location, what: str) -> PydanticCustomError:
    """The error by which a validator says that a value contradicts another; ``first_mistake`` tells it."""
    return PydanticCustomError("contradiction", "{what}", {"what": what, "path": path})


def first_mistake(model: type[BaseModel], data: Any, fault: ValidationError) -> Mistake:
    """What a model first found wrong with data, in words that end with the way out.

    An unknown key is answered with the nearest known one, a value with what it must be, both with an example where the
    model has one (``examples`` of the field or of what it stands in).
    """
    error = fault.errors(include_url=False)[0]
    if error["type"] == "contradiction":
        return Mistake(error["ctx"]["path"], error["msg"])
    path = _path_in(data, error["loc"])
    if not path or error["type"] == "value_error":
        said = error["msg"].removeprefix("Value error, ")
        return Mistake(path, f"{_dotted(path)}: {said}" if path else said)
    schema = model.model_json_schema(by_alias=True)
    steps = list(_schemas(schema, path))
    example = next((f"; such as {shown}" for step in reversed(steps) for shown in step.get("examples", ())[:1]), "")
    if error["type"] in ("extra_forbidden", "invalid_key"):
        known = [key for member in _members(steps[-2], schema) for key in member.get("properties", ())]
        return Mistake(path, f"unknown key {_dotted(path)!r}; {nearest(str(path[-1]), known)}{example}")
    if error["type"] == "missing":
        return Mistake(path[:-1], f"{_dotted(path)} is missing{example}")
    return Mistake(
        path, f"{_dotted(path)} is {_shown(data, path)}, it must {_wanted(error, steps[-1], schema)}{example}"
    )


def kind_of(model: type[BaseModel], key: str) -> str:
    """What kind of value a key takes, in words: "a whole number", "one of viterbi, argmax"."""
    schema = model.model_json_schema(by_alias=True)
    return _kind(schema["properties"][key], schema)


def load_yaml(text: str, *, place: str, error: type[EventCorpusError]) -> tuple[Any, Lines]:
    """The data of a YAML text, and the line of each of its keys.

    Raises:
        EventCorpusError: of the class ``error``, if it is no YAML, or a key stands twice.
    """
    import yaml

    loader, lines = yaml.SafeLoader(text), dict[Location, int]()
    try:
        node = loader.get_single_node()
        if node is None:
            return None, lines
        for path, line in _lines_of(node, set()):
            if path in lines:
                raise error(
                    f"{place}: line {line}: the key {_dotted(path)!r} stands in line {lines[path]} too; keep one"
                )
            lines[path] = line
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as fault:
        raise error(f"{place}: {_syntax(fault)}") from None
    except yaml.YAMLError as fault:
        raise error(f"{place}: not valid YAML ({' '.join(str(fault).split())})") from None
    except ValueError as fault:  # a date such as 2020-13-45
        raise error(f"{place}: not valid YAML ({fault})") from None
    except RecursionError:
        raise error(f"{place}: YAML nested too deeply") from None
    finally:
        loader.dispose()


def at_line(place: str, lines: Lines, path: Location) -> str:
    """``ontology.yaml: line 7``: a place, with the line of a value or of what it stands in, if that is known."""
    line = next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), None)
    return place if line is None else f"{place}: line {line}"


def _lines_of(node: yaml.Node, seen: set[int], path: Location = ()) -> Iterator[tuple[Location, int]]:
    import yaml

    if id(node) in seen:
        return  # an alias
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                yield (*path, key.value), key.start_mark.line + 1
                yield from _lines_of(value, seen, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield (*path, i), value.start_mark.line + 1
            yield from _lines_of(value, seen, (*path, i))


def _syntax(fault: yaml.MarkedYAMLError) -> str:
    problem, mark = fault.problem or "", fault.problem_mark
    line = f"line {mark.line + 1}: " if mark else ""
    if "'\\t'" in problem:
        return f"{line}a tab, which YAML does not take here; indent with blanks"
    hint = ""
    if "mapping values are not allowed" in problem:
        hint = "; put text that has a colon and a blank into quotes"
    elif problem.startswith("expected <block end>"):
        hint = "; indent this line as the lines that it belongs with"
    return f"{line}not valid YAML ({problem}){hint}"


def _path_in(data: Any, location: tuple[str | int, ...]) -> Location:
    """The part of pydantic's location that leads through data, and one step more where a key is missing there."""
    path: Location = ()
    for step in location:
        if isinstance(data, Mapping):
            path = (*path, step)
            if step not in data:
                break
            data = data[step]
        elif isinstance(data, list | tuple) and isinstance(step, int) and step < len(data):
            path, data = (*path, step), data[step]
        else:
            break  # pydantic names the members of a union there
    return path


def _schemas(schema: Schema, path: Location) -> Iterator[Schema]:
    """The schema of a model, and those of each step of a path in it; an empty one where it has none."""
    at = schema
    yield at
    for step in path:
        members = _members(at, schema)
        if isinstance(step, int):
            inside = [item for member in members for item in member.get("prefixItems", ())[step : step + 1]]
            inside += [member["items"] for member in members if "items" in member]
        else:
            inside = [member["properties"][step] for member in members if step in member.get("properties", ())]
            inside += [value for member in members for value in member.get("patternProperties", {}).values()]
            inside += [member["additionalProperties"] for member in members if "additionalProperties" in member]
        found = next((item for item in inside if isinstance(item, dict)), {})
        at = found | _resolved(found, schema)
        yield at


def _members(schema: Schema, whole: Schema) -> list[Schema]:
    """A schema, and those of which it allows any."""
    return [_resolved(member, whole) for member in (schema, *schema.get("anyOf", ()))]


def _resolved(schema: Schema, whole: Schema) -> Schema:
    reference = schema.get("$ref")
    return whole["$defs"][reference.rpartition("/")[2]] if reference else schema


def _wanted(error: ErrorDetails, schema: Schema, whole: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if error["type"] in _IS_BOUND:
        if least is not None and most is not None:
            return f"lie between {least:g} and {most:g}"
        return _IS_BOUND[error["type"]].format(next(iter(error["ctx"].values())))
    if error["type"] in ("too_short", "string_too_short") and not error["input"]:
        return "not be empty"
    kind = _kind(schema, whole)
    is_of_kind = (isinstance(error["input"], str) and kind.startswith("text")) or error["type"].startswith("too_")
    if not kind or is_of_kind:  # more than its kind is wrong
        return f"fit: {error['msg']}"
    is_switch = isinstance(error["input"], bool) and error["type"] in ("literal_error", "string_type")
    return f"be {kind}" + (', in quotes ("no" without them is false in YAML)' if is_switch else "")


def _kind(schema: Schema, whole: Schema) -> str:
    """What a value must be, in words; empty where nothing is known. ``kind`` of a schema goes before its type."""
    schema = schema | _resolved(schema, whole)
    if "kind" in schema:
        return str(schema["kind"])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return repr(schema["const"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(filter(None, (_kind(member, whole) for member in schema["anyOf"]))))
    return _KINDS.get(str(schema.get("type")), "")


def _shown(data: Any, path: Location) -> str:
    for step in path:
        data = data[step]
    shown = repr(data)
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}..."


def _dotted(path: Location) -> str:
    return ".".join(map(str, path))
