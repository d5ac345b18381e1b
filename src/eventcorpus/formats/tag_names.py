"""What the numbers of tags are called: by an option, by the features of a dataset, or by a file that stands beside it.

Comes in: ``--tag-names``, the features as ``datasets`` writes them (dataset_info.json, the schema of Parquet and Arrow
files, README.md), lists such as labels.txt, and maps such as label2id.json. Goes out: names in the order of their
numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError
from eventcorpus.files import read_json, read_text
from eventcorpus.text import one_line

Names = tuple[str, ...]
_LISTS = ("labels", "label_list", "label_names", "tags", "tag_names", "tag_list", "classes")
_MAPS: tuple[str, ...] = (
    "label2id",
    "id2label",
    "tag2id",
    "id2tag",
    "tag_to_id",
    "label_to_id",
    "labels",
    "label",
    "label_map",
)
_MAPS += ("config",)
_FEATURES = ("dataset_info.json", "dataset_infos.json")
FILES = frozenset([*_FEATURES, *(f"{name}.txt" for name in _LISTS), *(f"{name}.json" for name in _MAPS), "state.json"])
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
    is_path = "," not in given and (path.suffix.lower() in (".txt", ".json") or len(path.parts) > 1)
    if is_path or ("," not in given and path.is_file()):
        names = names_in_file(path)
        if not names:
            raise InputError(f"{path}: no names of tags; a name a line, a JSON list, or a JSON object such as label2id")
    else:
        names = tuple(name.strip() for name in given.split(","))
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
        if isinstance(data, dict):
            data = next((data[key] for key in ("id2label", "label2id") if isinstance(data.get(key), dict)), data)
        return _of_list(data) or _of_map(data)
    lines = [line.strip() for line in read_text(path).splitlines()]
    named = [line for line in lines if line]
    return tuple(part.strip() for part in named[0].split(",")) if len(named) == 1 else tuple(named)


def names_of_features(features: Any) -> dict[str, Names]:
    """The names of each column of numbers in the features of a dataset, as ``datasets`` writes them in JSON.

    >>> names_of_features({"tags": {"feature": {"names": ["O", "B-X"], "_type": "ClassLabel"}, "_type": "List"}})
    {'tags': ('O', 'B-X')}
    """
    if isinstance(features, list):  # of README.md: a list of columns, each with its name
        features = {item["name"]: item for item in features if isinstance(item, dict) and "name" in item}
    if not isinstance(features, dict):
        return {}
    found = {str(column): next(_class_names(feature), ()) for column, feature in features.items()}
    return {column: names for column, names in found.items() if are_names(names)}


def names_in_metadata(metadata: Mapping[bytes, bytes] | None) -> dict[str, Names]:
    """The names in the schema of a Parquet or Arrow file that ``datasets`` wrote."""
    try:
        info = json.loads((metadata or {}).get(b"huggingface", b"{}"))
        return names_of_features(info["info"]["features"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def names_beside(path: Path, column: str) -> Names:
    """The names of a column of numbers, by a file in the folder of ``path``, or above a folder called data.

    Raises:
        InputError: if such a file cannot be read.
    """
    folders = [path if path.is_dir() else path.parent]
    folders += [folders[0].parent] if folders[0].name == "data" else []
    for folder in folders:
        for name in _FEATURES:
            for features in _all_features(read_json(folder / name)) if (folder / name).is_file() else ():
                if names := names_of_features(features).get(column):
                    return names
        for features in _features_of_card(folder / "README.md"):
            if names := names_of_features(features).get(column):
                return names
        files = [f"{column}.txt", *(f"{n}.txt" for n in _LISTS), f"{column}.json", *(f"{n}.json" for n in _MAPS)]
        for file in (folder / name for name in files):
            named = names_in_file(file) if file.is_file() else ()
            if are_names(named):
                return named
    return ()


def are_names(names: Names) -> bool:
    """Whether these are names, and not the numbers again."""
    return len(names) > 0 and not all(name.isdecimal() for name in names)


def _class_names(feature: Any) -> Iterator[Names]:
    """The names of the first class label inside a feature."""
    if isinstance(feature, list):
        for item in feature:
            yield from _class_names(item)
    elif isinstance(feature, dict):
        names = feature.get("names")
        if names is not None and (feature.get("_type") == "ClassLabel" or "_type" not in feature):
            yield _of_list(names) or _of_map(names)
        for key in ("feature", "sequence", "list", "dtype", "class_label"):
            if isinstance(feature.get(key), dict | list):
                yield from _class_names(feature[key])


def _all_features(info: Any) -> Iterator[Any]:
    """The features in dataset_info.json, or of every configuration in dataset_infos.json."""
    if isinstance(info, dict):
        yield info.get("features")
        yield from (more.get("features") for more in info.values() if isinstance(more, dict))
    elif isinstance(info, list):
        yield from (more.get("features") for more in info if isinstance(more, dict))


def _features_of_card(card: Path) -> Iterator[Any]:
    import yaml

    if not card.is_file() or not card.stat().st_size:
        return
    match = _FRONT_MATTER.match(read_text(card))
    try:
        data = yaml.safe_load(match[1]) if match else None
    except (yaml.YAMLError, RecursionError):
        return
    if isinstance(data, dict):
        yield from _all_features(data.get("dataset_info"))


def _of_list(data: Any) -> Names:
    return tuple(data) if isinstance(data, list) and all(isinstance(name, str) for name in data) else ()


def _of_map(data: Any) -> Names:
    """The names of ``{"O": 0, "B-PER": 1}`` or ``{"0": "O", "1": "B-PER"}``, if the numbers are 0, 1, 2, ..."""
    if not isinstance(data, dict):
        return ()
    pairs: dict[int, str] = {}
    for key, value in data.items():
        if isinstance(value, str) and len(str(key)) < 10 and str(key).isdecimal():
            pairs[int(key)] = value
        elif type(value) is int and isinstance(key, str):
            pairs[value] = key
    whole = len(pairs) == len(data) and sorted(pairs) == list(range(len(pairs)))
    return tuple(pairs[n] for n in range(len(pairs))) if whole else ()
