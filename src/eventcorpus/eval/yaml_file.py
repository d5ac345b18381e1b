"""Reading a YAML file into a pydantic model, with the nearest name for a key that does not exist.

Comes in: a path and the model. Goes out: the model; faults in one line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from eventcorpus.corpus.public.mapping import nearest
from eventcorpus.errors import InputError
from eventcorpus.files import read_text

_Model = TypeVar("_Model", bound=BaseModel)


def read_yaml_file(path: Path, model: type[_Model], *, what: str) -> _Model:
    """Read a file that follows a model.

    Args:
        what: such a file, for messages: "a benchmark".

    Raises:
        InputError: naming the key and, if it is not known, the nearest that is.
    """
    try:
        data: Any = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: {what} is a list of 'key: value' lines; this is {type(data).__name__}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise InputError(
                f"{path}: {what} has no key {where!r}; {nearest(str(first['loc'][-1]), _keys(model))}"
            ) from None
        raise InputError(
            f"{path}: {where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"
        ) from None


def _keys(model: type[BaseModel]) -> list[str]:
    """Every key that the model or a part of it has."""
    schema = model.model_json_schema(by_alias=True)
    parts = [schema, *schema.get("$defs", {}).values()]
    return sorted({key for part in parts for key in part.get("properties", {})})
