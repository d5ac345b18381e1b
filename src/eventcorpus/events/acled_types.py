"""ACLED's types of events, and which of them a row is: by its label, its words and its parties.

What a label means there stands in the ontology (``maps_to["acled"]``): an event type, ``type / sub-event type``, or
several of them with commas and semicolons between. A type that neither the label nor the words decide stays empty.
Source of the types: ACLED codebook, 2024.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from eventcorpus.events.arguments import INSTRUMENT, Party
from eventcorpus.events.rows import Row, Words
from eventcorpus.ontology import Ontology

BATTLES, EXPLOSIONS, VIOLENCE = "Battles", "Explosions/Remote violence", "Violence against civilians"
PROTESTS, RIOTS, DEVELOPMENTS = "Protests", "Riots", "Strategic developments"
AGREEMENT, ABDUCTION = "Agreement", "Abduction/forced disappearance"
SUB_EVENT_TYPES = {
    BATTLES: ("Government regains territory", "Non-state actor overtakes territory", "Armed clash"),
    PROTESTS: ("Excessive force against protesters", "Protest with intervention", "Peaceful protest"),
    RIOTS: ("Violent demonstration", "Mob violence"),
    EXPLOSIONS: (
        "Chemical weapon", "Air/drone strike", "Suicide bomb", "Shelling/artillery/missile attack",
        "Remote explosive/landmine/IED", "Grenade",
    ),
    VIOLENCE: ("Sexual violence", "Attack", ABDUCTION),
    DEVELOPMENTS: (
        AGREEMENT, "Arrests", "Change to group/activity", "Disrupted weapons use",
        "Headquarters or base established", "Looting/property destruction", "Non-violent transfer of territory",
        "Other",
    ),
}  # fmt: skip
"""All sub-event types by event type."""
_TYPE_OF = {sub: event for event, subs in SUB_EVENT_TYPES.items() for sub in subs}

_DISORDER_OF_TYPE = {
    BATTLES: "Political violence",
    EXPLOSIONS: "Political violence",
    VIOLENCE: "Political violence",
    DEVELOPMENTS: "Strategic developments",
}
_DISORDER_OF_SUB = {
    "Excessive force against protesters": "Political violence; Demonstrations",
    "Protest with intervention": "Demonstrations",
    "Peaceful protest": "Demonstrations",
    "Violent demonstration": "Demonstrations",
    "Mob violence": "Political violence",
}

_EXPLOSION_WORDS = (
    ("Chemical weapon", r"chemical|chlorine|sarin|mustard gas|nerve (?:gas|agent)|toxic gas"),
    ("Suicide bomb", r"suicide|(?:blew|blown|blow|blowing) (?:him|her|them)sel(?:f|ves)|explosive (?:belt|vest)"),
    (
        "Air/drone strike",
        r"air(?: |-)?(?:strikes?|raids?|attacks?|campaign|bombardment)|aerial|drones?|uavs?|(?:war|air)planes?|aircraft"
        r"|jets?|helicopters?|gunships?|barrel bombs?|bombers|quadcopters?",
    ),
    (
        "Shelling/artillery/missile attack",
        r"shell(?:s|ed|ing)?|mortars?|artillery|rocket(?:s|ed)?|missiles?|howitzers?|tanks?|grads?|katyushas?",
    ),
    (
        "Remote explosive/landmine/IED",
        r"road-?side|ieds?|improvised|(?:land|anti-?personnel|anti-?tank|magnetic|buried|sea|naval)?(?: |-)?mines?"
        r"|(?:car|truck|vehicle|van|motorcycle|parcel|letter|time) bombs?|booby(?: |-)traps?"
        r"|remote(?:ly)?(?: |-)controlled|explosive devices?|unexploded",
    ),
    ("Grenade", r"(?:hand )?grenades?"),
)
"""Words of explosions, whole, without case and not after anti-; a launched grenade (RPG) is none of them."""
_RPG = re.compile(r"\brocket(?: |-)propelled grenades?|\brpgs?\b|\brocket grenades?")
_COVERED_BY = {
    "Chemical weapon": frozenset(SUB_EVENT_TYPES[EXPLOSIONS]),
    "Suicide bomb": frozenset({"Remote explosive/landmine/IED"}),
    "Air/drone strike": frozenset({"Grenade"}),
}
"""Types that a type is, whatever carried it: a suicide car bomb is a suicide bomb."""
_RIOT_WORDS = (
    ("Violent demonstration", r"demonstrat\w*|protest\w*|march(?:es|ed)?|rall(?:y|ies)"),
    ("Mob violence", r"lynch\w*|mobs?|mobbed|loot\w*|vigilant\w*"),
)
_SEXUAL = re.compile(r"\b(?:rap(?:es?|ed|ing)|sexual\w*|gang(?: |-)rap\w*)\b")
_TAKEN_BY_FORCE = re.compile(
    r"\b(?:re)?(?:captur(?:e[sd]?|ing)|tak(?:e[ns]?|ing)|took|seiz(?:e[sd]?|ing)|conquer\w*)\b(?! (?:over|possession))"
    r"|\b(?:storm\w*|overr[au]n|liberat\w*|wrest\w*|driven out|drove|pushed out|stormed)\b"
)
_TAKEN_WITHOUT = re.compile(
    r"\b(?:hand(?:ed|s|ing)? ?(?:over|back)|handover|ced(?:e[sd]?|ing)|transferr?\w*"
    r"|g[ai]v(?:e[ns]?|ing) (?:up|back)|returned)\b"
)
_NON_STATE = frozenset({2, 3, 4})
_PROTESTERS = frozenset({6, 7})


@dataclass(frozen=True)
class EventType:
    """Where a row stands among ACLED's types, as far as it is decided, and by which rule and words."""

    event: str | None = None
    sub: str | None = None
    event_rule: str | None = None
    sub_rule: str | None = None
    evidence: tuple[Words, ...] = ()

    @property
    def disorder(self) -> str | None:
        """The disorder type; that of protests and riots depends on the sub-event type."""
        return _DISORDER_OF_SUB.get(self.sub or "") or _DISORDER_OF_TYPE.get(self.event or "")


def mapped_types(label: str, ontology: Ontology) -> list[tuple[str, str | None]]:
    """The (event type, sub-event type or None) that an ontology gives a label; names that ACLED lacks are left out.

    A sub-event type may be shortened: ``Change to group`` is ``Change to group/activity``.
    """
    mapped = next((each.maps_to.get("acled", "") for each in ontology.triggers if each.name == label), "")
    found: list[tuple[str, str | None]] = []
    for part in mapped.split(";"):
        event, _, subs = part.strip().partition(" / ")
        if event in SUB_EVENT_TYPES and not subs:
            found.append((event, None))
        for name in subs.split(",") if subs else [event]:
            sub = next((known for known in _TYPE_OF if name.strip() and known.startswith(name.strip())), None)
            if sub is not None and (not subs or _TYPE_OF[sub] == event):
                found.append((_TYPE_OF[sub], sub))
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Harm:
    """Harm that an event is said to have caused: who did it, and to whom."""

    by: tuple[Party, ...]
    to: tuple[Party, ...]


def event_type_of(row: Row, ontology: Ontology, *, agents: Sequence[Party], harm: Harm | None) -> EventType:
    """The type of a row.

    Args:
        agents: who does it.
        harm: what it caused, None where no harm is told.
    """
    mapped = mapped_types(row.label, ontology)
    if not mapped:
        return EventType()
    if len(mapped) > 1:
        return _change_of_territory(row, mapped, agents)
    event, sub = mapped[0]
    by_label = EventType(event, sub, "label", "label" if sub else None, row.triggers)
    if sub == "Attack" and any(_SEXUAL.search(words.text.lower()) for words in row.triggers):
        return replace(by_label, sub="Sexual violence", sub_rule="words of the triggers")
    if sub is not None:
        return by_label
    if event == EXPLOSIONS:
        return _by_words(by_label, row, _EXPLOSION_WORDS)
    if event == RIOTS:
        return _by_words(by_label, row, _RIOT_WORDS)
    if event == BATTLES:
        return replace(by_label, sub="Armed clash", sub_rule="label: fighting, not a change of territory")
    return _protest(by_label, harm) if event == PROTESTS else by_label


def _by_words(by_label: EventType, row: Row, table: Sequence[tuple[str, str]]) -> EventType:
    """The one sub-event type that the triggers name; if they name none, the one that the instruments name."""
    instruments = [argument.words for argument in row.arguments.get(INSTRUMENT, ())]
    for where, words in (("triggers", row.triggers), ("instruments", tuple(instruments))):
        named = {sub: found for sub, pattern in table if (found := _matching(words, pattern))}
        covered = {other for sub in named for other in _COVERED_BY.get(sub, frozenset()) if other != sub}
        left = [sub for sub in named if sub not in covered]
        if len(left) == 1:
            evidence = tuple(dict.fromkeys((*row.triggers, *named[left[0]])))
            return replace(by_label, sub=left[0], sub_rule=f"words of the {where}", evidence=evidence)
        if left:
            break
    return by_label


def _matching(words: Iterable[Words], pattern: str) -> list[Words]:
    expression = re.compile(rf"(?<!\w)(?<!anti[- ])(?:{pattern})(?!\w)")
    return [each for each in words if expression.search(_RPG.sub(" ", each.text.lower()))]


def _protest(by_label: EventType, harm: Harm | None) -> EventType:
    if harm is None:
        return replace(by_label, sub="Peaceful protest", sub_rule="label: peaceful, and no harm is told")
    by_state = bool(harm.by) and all(party.inter == 1 for party in harm.by)
    if by_state and harm.to and all(party.inter in _PROTESTERS for party in harm.to):
        return replace(by_label, sub="Excessive force against protesters", sub_rule="protesters harmed by state forces")
    return by_label


def _change_of_territory(row: Row, mapped: Sequence[tuple[str, str | None]], agents: Sequence[Party]) -> EventType:
    """Of the types of a label with several, the one that the triggers' words and the class of who takes it decide."""
    said = " ; ".join(words.text.lower() for words in row.triggers)
    by_force, without = _TAKEN_BY_FORCE.search(said), _TAKEN_WITHOUT.search(said)
    classes = {party.inter for party in agents}
    sub: str | None = None
    rule = "words of the triggers"
    if without and not by_force:
        sub = "Non-violent transfer of territory"
    elif by_force and not without and classes == {1}:
        sub, rule = "Government regains territory", "words of the triggers, taken by state forces"
    elif by_force and not without and classes and classes <= _NON_STATE:
        sub, rule = "Non-state actor overtakes territory", "words of the triggers, taken by a non-state actor"
    if sub is not None and (_TYPE_OF[sub], sub) in mapped:
        return EventType(_TYPE_OF[sub], sub, rule, rule, row.triggers)
    events = {event for event, _ in mapped}
    return EventType(events.pop(), None, "label", None, row.triggers) if len(events) == 1 else EventType()
