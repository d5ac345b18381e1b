"""Connected components: things that belong together because they are linked, directly or through others."""

from __future__ import annotations

from collections.abc import Iterable


def connected_components(ids: Iterable[str], links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Join ids that are linked (union and find, with path halving).

    Args:
        links: pairs of these ids.

    Returns:
        the components, in the order of their first ids; the ids of each in the order in which they were given.

    >>> connected_components("abcde", [("d", "b"), ("e", "d")])
    [['a'], ['b', 'd', 'e'], ['c']]
    """
    leader = {each: each for each in ids}

    def find(each: str) -> str:
        while leader[each] != each:
            leader[each] = each = leader[leader[each]]
        return each

    for first, second in links:
        leader[find(first)] = find(second)
    components: dict[str, list[str]] = {}
    for each in leader:
        components.setdefault(find(each), []).append(each)
    return list(components.values())
