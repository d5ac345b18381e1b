"""What the numbers of tags are called: by an option, by the features of a dataset, or by a file that stands beside it.

Comes in: ``--tag-names``, the features as ``datasets`` writes them (dataset_info.json, the schema of Parquet and Arrow
files, README.md), lists such as labels.txt, and maps such as label2id.json. Goes out: names in the order of their
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError
from eventcorpus.files import read_json, read_text
from eventcorpus.text import one_line

Names = tuple[str, ...]
_FEATURES = ("dataset_info.json", "dataset_infos.json", "README.md")
_CALLED = (
    "labels label_list label_names tags tag_names tag_list classes label label_map config label2id id2label tag2id "
)
_CALLED += "id2tag label_to_id tag_to_id"
FILES = frozenset(
    [*_FEATURES, "state.json", *(f"{n}{suffix}" for n in _CALLED.split() for suffix in (".txt", ".json"))]
)
"""Files that say what tags are called and hold no annotations."""
_FRONT_MATTER = re.compile(r"---\r?\n(.*?)\r?\n---", re.DOTALL)


def names_given(given: str) -> Names:
    """The names that ``--tag-names`` says: with commas between them, or a file of them.

    Raises:
        InputError: if there is no such file, or it holds no names.

    >>> names_given("O, B-PER, I-PER")
    ('O', 'B-PER', 'I-PER')
    """
    path = Path(given)
    is_path = "," not in given and (path.suffix.lower() in (".txt", ".json") or len(path.parts) > 1 or path.is_file())
    if not is_path:
        names = tuple(name.strip() for name in given.split(","))
    elif not (names := names_in_file(path)):
        raise InputError(f"{path}: no names of tags; a name a line, a JSON list, or a JSON object such as label2id")
    if len(set(names)) < len(names) or not all(names):
        raise InputError(f"--tag-names {one_line(given)}: a name is empty or stands twice; each number has one name")
    return names


def names_in_file(path: Path) -> Names:
    """The names in a file, none where it holds something else: a name a line, a JSON list, or a JSON object.

    Raises:
        InputError: if it cannot be read.
    """
    if path.suffix.lower() == ".json":
        data = read_json(path)
        return _names(next(chain(_under(data, "id2label"), _under(data, "label2id")), data))
    lines = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    return tuple(part.strip() for part in lines[0].split(",")) if len(lines) == 1 else tuple(lines)


def names_in_features(info: Any, column: str) -> Names:
    """The names of a column of numbers, where ``features`` stand in what ``datasets`` writes as JSON or YAML.

    >>> info = {"features": {"tags": {"feature": {"names": ["O", "B-X"], "_type": "ClassLabel"}, "_type": "List"}}}
    >>> names_in_features(info, "tags")
    ('O', 'B-X')
    """
    of_column = chain.from_iterable(_under(features, column) for features in _under(info, "features"))
    found = (_names(names) for feature in of_column for names in _under(feature, "names"))
    return next(filter(_are_names, found), ())


_FILE_NAME = re.compile(r"[\w. -]{1,60}")
"""What a column may be called so that a file beside is looked for: nothing that leads elsewhere, or is too long."""


def names_beside(path: Path, column: str) -> Names:
    """The names of a column of numbers, by a file in the folder of ``path``, or above a folder called data.

    Raises:
        InputError: if such a file cannot be read.
    """
    folder = path if path.is_dir() else path.parent
    for where in (folder, folder.parent) if folder.name == "data" else (folder,):
        features = (where / name for name in _FEATURES)
        of_features = (names_in_features(_features(file), column) for file in features if file.is_file())
        called = [name for name in (column, *_CALLED.split()) if _FILE_NAME.fullmatch(name)]
        lists = (where / f"{name}{suffix}" for name in called for suffix in (".txt", ".json"))
        of_lists = (names_in_file(file) for file in lists if file.is_file())
        if names := next(filter(_are_names, chain(of_features, of_lists)), ()):
            return names
    return ()


def _features(file: Path) -> Any:
    """What a file of features says: JSON, or the YAML at the top of README.md."""
    import yaml

    if file.suffix == ".json":
        return read_json(file)
    match = _FRONT_MATTER.match(read_text(file)) if file.stat().st_size else None
    try:
        return yaml.safe_load(match[1]) if match else None
    except (yaml.YAMLError, RecursionError):
        return None


def _are_names(names: Names) -> bool:
    """Whether these are names, and not the numbers again."""
    return not all(name.isdecimal() for name in names)


def _under(data: Any, key: str) -> Iterator[Any]:
    """What stands under a key at any depth, the least deep first; in a list of objects, those with this ``name``."""
    waiting, seen = [data], set[int]()
    for value in waiting:
        if id(value) in seen:  # YAML can refer to itself
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            yield from [value[key]] if key in value else ()
            waiting += value.values()
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, dict) and item.get("name") == key)
            waiting += value


def _names(data: Any) -> Names:
    """The names in ``["O", "B-PER"]``, ``{"O": 0, "B-PER": 1}`` or ``{"0": "O", "1": "B-PER"}``, else none."""
    pairs = data if isinstance(data, dict) else dict(enumerate(data)) if isinstance(data, list) else {}
    n = len(pairs)
    if all(type(value) is int for value in pairs.values()):
        pairs = {number: name for name, number in pairs.items()}
    of_number: dict[str, Any] = {str(number): name for number, name in pairs.items()}
    names = (of_number.get(str(number)) for number in range(n))
    known = tuple(name for name in names if isinstance(name, str))
    return known if len(known) == n else ()
