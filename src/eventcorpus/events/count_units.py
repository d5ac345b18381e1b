"""What is counted: people, families or households, told by the noun behind a number."""

from __future__ import annotations

import re
from itertools import pairwise


def unit_of(behind: str) -> str | None:
    """The unit of a number, told by the words behind it, in small letters and without hyphens; None if nothing says it.

    >>> unit_of("wounded police officers and"), unit_of("of the families"), unit_of("police cars"), unit_of("were hurt")
    ('people', 'families', None, None)
    """
    found = _WORD.findall(_DETERMINERS.sub("", behind, count=1))[:_MOST_WORDS]
    for word, following in pairwise([*found, ""]):
        if not word[0].isalpha() or word in _ENDS_A_NOUN_PHRASE:
            return None
        is_last = not following[:1].isalpha() or following in _ENDS_A_NOUN_PHRASE or following.endswith("ed")
        if word in UNITS and (word not in _SINGULAR or is_last):
            return UNITS[word]
    return None


def _plural(noun: str) -> str:
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("man"):
        return f"{noun[:-2]}en"
    return f"{noun[:-1]}ies" if re.search("[^aeo]y$", noun) else f"{noun}s"


_MOST_WORDS = 5
"""Words among which the noun is looked for; those before it are taken for adjectives."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\S")
_DETERMINERS = re.compile(r"(?:more |others? )?(?:of )?(?:(?:the|them|those|these|his|her|their|its) )?")
_PERSON_WORDS = (
    "activist adult aide ambassador assailant athlete attacker bandit body boy builder cadre captive casualty cleric "
    "civilian colleague combatant commander conscript corpse councillor customer death defector delegate "
    "demonstrator deputy detainee diplomat displaced doctor driver elder employee engineer evacuee expert farmer "
    "fatality father fighter firefighter fisherman foreigner girl guard guest gunman herder hostage hunter "
    "individual infant inhabitant injury inmate insurgent islamist jihadist journalist judge labourer laborer lawyer "
    "leader marcher marine medic member merchant migrant militant militiaman miner minister mourner mother mutineer "
    "national nurse occupant officer official parent participant passenger patient peacekeeper pedestrian peasant "
    "pensioner person pilgrim pilot policeman policewoman politician prisoner prosecutor protester protestor pupil "
    "ranger rebel recruit refugee relative reporter rescuer reservist resident returnee rioter sailor scholar "
    "schoolboy schoolchild schoolgirl scientist separatist settler shopper smuggler soldier spectator staffer "
    "striker student supporter survivor suspect teacher teenager terrorist tourist trader traveller trooper victim "
    "villager visitor volunteer voter warden watchman woman worker worshipper youngster youth man child brother "
    "sister son daughter wife husband guerrilla gendarme cadet general pastor priest imam monk vendor dissident "
    "abductee kidnapper robber looter local constable serviceman passerby lad vaccinator defender comrade deminer "
    "manager cousin neighbour neighbor surveyor lieutenant colonel captain sergeant corporal crewman rider herdsman "
    "straggler ringleader senator apprentice stallholder defendant preacher observer woodcutter sentry dealer "
    "citizen player clerk filmgoer mediator fugitive widow executive candidate landowner patrolman instructor "
    "commuter guy kid witness minor infantryman railwayman technician sapper postman sympathiser sympathizer maoist "
    "mercenary collector seeker nun shepherd uncle aunt nephew niece bystander"
)
_PEOPLE_WORDS = "people police troops personnel staff crew army folk clergy mujahideen townspeople passers"
_PERSONS = _PERSON_WORDS.split()
_IRREGULAR = {
    **{"child": "children", "schoolchild": "schoolchildren", "person": "persons", "wife": "wives"},
    **{"passerby": "passersby", "witness": "witnesses"},
}
_SINGULAR = {*_PERSONS, "family", "household", "police", "army", "crew", "staff"}
"""Nouns that may stand before another noun: a civilian house, police cars, family members."""
UNITS = {
    **dict.fromkeys((*_PERSONS, *map(_plural, _PERSONS), *_PEOPLE_WORDS.split()), "people"),
    **{"family": "families", "families": "families", "household": "households", "households": "households"},
}
"""Nouns to the units that they are counted in."""
_END_WORDS = (
    "a about after against all along also although amid among an and are around as at be because been before being "
    "between but by can could did died do does due during each every fled for from got had has have he her his how "
    "if in inside into is it its left lost may might more near no nor not of off on or our out over per said say "
    "says she should since so still than that the their them then there these they this those through to under until "
    "up was we went were when where which while who whose will with within without would"
)
_ENDS_A_NOUN_PHRASE = frozenset(_END_WORDS.split())
