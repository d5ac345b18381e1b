"""What the words of an actor say by themselves: forces of a state, a government, a crowd, rebels, civilians.

Comes in: a mention in the form of ``countries.key``, and where it was said. Goes out: a name for all such mentions, and
ACLED's class where the words fix it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eventcorpus.events.countries import Country, countries, countries_in, key

STATE_FORCES, REBELS, POLITICAL_MILITIA, IDENTITY_MILITIA, RIOTERS, PROTESTERS, CIVILIANS, EXTERNAL = range(1, 9)
"""ACLED's ``inter``; 8 is also the class of the United Nations and of state forces outside their own country."""


class Described(NamedTuple):
    """What words say; ``rule`` names how it is known."""

    name: str
    inter: int | None
    country: Country | None
    rule: str


@dataclass(frozen=True)
class Setting:
    """Where a mention stands: its label, that of its event, and the ``names`` that the article said before, in order.

    ``place``: the country that is alone named as such before. ``home``: the same, if no other country is even part of a
    name. ``is_lower``: whether the article has no capitals.
    """

    label: str
    event_label: str
    names: tuple[str, ...]
    place: Country | None
    home: Country | None
    is_lower: bool

    @classmethod
    def of(cls, label: str, event_label: str, names: Sequence[str]) -> Setting:
        """That of a mention after these names."""
        named = {country for name in names if (country := countries().names.get(key(name)))}
        place = next(iter(named)) if len(named) == 1 else None
        home = place if all(countries_in(name) <= named for name in names) else None
        is_lower = all(name == name.lower() for name in names)
        return cls(label, event_label, tuple(dict.fromkeys(names)), place, home, is_lower)


def described_surely(said: str, setting: Setting) -> Described | None:
    """What is said by words that name a country, or a crowd: "army" alone may be short for a name that was said."""
    country, rest = _split(said)
    crowd = _crowd(rest, country, setting)
    if crowd or setting.label == "Civilians" or country is None:
        return crowd
    return _described(country, rest, setting)


def described(said: str, setting: Setting) -> Described | None:
    """What any words say."""
    country, rest = _split(said)
    crowd = _crowd(rest, country, setting)
    if crowd or setting.label == "Civilians":
        return crowd
    if country is None and said in countries().governments:
        return _state("Government", countries().governments[said], setting)
    return _described(country, rest, setting)


def as_written(shown: str, setting: Setting) -> Described:
    """The words themselves as the name; of civilians the class is known all the same."""
    country, _ = _split(key(shown))
    inter = None
    if setting.label == "Civilians":
        is_person = any(word[0].isupper() for word in shown.split()[1:])
        inter = CIVILIANS if is_person else _OF_EVENT.get(setting.event_label, ("", CIVILIANS))[1]
    return Described(shown_name(shown), inter, country, "as written")


def shown_name(words: str) -> str:
    """A name without the description before it, with a capital at its start if it has none.

    >>> shown_name("front leader Amos Tchikaya"), shown_name("supporters of the Hill Front"), shown_name("farmers")
    ('Amos Tchikaya', 'supporters of the Hill Front', 'Farmers')
    """
    if found := re.search(r"(?P<before>\w+) (?P<name>[^\W\d_a-z]\S*(?: [^\W\d_a-z]\S*)+)$", words):
        is_description = found["before"].islower() and found["before"] not in _INSIDE_NAMES
        return found["name"] if is_description else words
    return words[:1].upper() + words[1:] if words == words.lower() else words


def _described(country: Country | None, rest: str, setting: Setting) -> Described | None:
    if country and not rest:
        return _state("Government", country, setting)
    for name, pattern in _STATE:
        if pattern.fullmatch(rest) or (name == "Government" and country and _OFFICE.fullmatch(rest)):
            return _state(name, country, setting)
    for name, inter, pattern in _DESCRIPTIONS:
        if found := pattern.fullmatch(rest):
            kind = found.groupdict().get("kind")
            return Described(f"{kind} militia".capitalize() if kind else name, inter, country, "description")
    return None


def _crowd(rest: str, country: Country | None, setting: Setting) -> Described | None:
    """Protesters, rioters, and civilians whom no name or trade tells apart."""
    if _MOB.fullmatch(rest) or (setting.event_label == "Riot" and _PROTESTERS.fullmatch(rest)):
        return Described("Rioters", RIOTERS, country, "crowd")
    if _PROTESTERS.fullmatch(rest):
        return Described("Protesters", PROTESTERS, country, "crowd")
    if setting.label == "Civilians" and (_PEOPLE.fullmatch(rest) or (country and not rest)):
        name, inter = _OF_EVENT.get(setting.event_label, ("Civilians", CIVILIANS))
        return Described(name, inter, country, "civilians" if inter == CIVILIANS else "crowd")
    return None


def _state(name: str, country: Country | None, setting: Setting) -> Described:
    """A force of a state, of the article's country where the words name none, and external in another country."""
    if country is None:
        country = setting.home
        rule = "force of the article's country" if country else "force without a country"
        return Described(_of_country(name, country), STATE_FORCES, country, rule)
    if setting.place and setting.place != country:
        return Described(_of_country(name, country), EXTERNAL, country, "foreign force")
    rule = "government" if name == "Government" else "state force"
    return Described(_of_country(name, country), STATE_FORCES, country, rule)


def _of_country(name: str, country: Country | None) -> str:
    """A name as ACLED writes it: Military Forces of Syria, of the Philippines."""
    if country is None:
        return name
    return f"{name} of {'the ' if _TAKES_ARTICLE.search(country.name) else ''}{country.name}"


def _split(said: str) -> tuple[Country | None, str]:
    """The country that words begin with, behind adjectives ("former Syrian soldiers"), and the words after it."""
    words = _without_adjectives(said.split())
    country, n = countries().leading(words)
    return country, " ".join(_without_adjectives(words[n:]))


def _without_adjectives(words: list[str]) -> list[str]:
    n = next((n for n, word in enumerate(words[:-1]) if word not in ADJECTIVES), max(len(words) - 1, 0))
    return words[n:]


_ADJECTIVE_WORDS = (
    "a additional advancing alleged armed at heavily former suspected unidentified unknown local masked senior top "
    "elite new other several two three more fellow federal national regular retired serving unnamed off duty riot "
    "predominantly mostly moderate hooded angry young displaced unarmed wounded killed captured injured"
)
_NOUN_WORDS = (
    "aides aircraft army battalion battalions cadre cadres cell chief chiefs combatants command commander commanders "
    "convoy faction fighter fighters force forces gang group groups gunman gunmen guerrilla guerrillas insurgent "
    "insurgents jihadi jihadis jihadist jihadists leader leaders leadership loyalists member members men mercenaries "
    "militant militants militia militiaman militiamen militias movement movements network officer officers official "
    "officials operative operatives organisation organization patrol patrols personnel positions rebel rebels "
    "recruits representative representatives separatist separatists soldier soldiers source sources spokesman "
    "spokesperson spokeswoman statement supporters sympathisers team terrorist terrorists troops unit units"
)
_COMMON_WORDS = (
    "people men women police army military authorities government residents civilians attackers assailants families "
    "children victims farmers students workers villagers protesters demonstrators prisoners elders party council "
    "court school company side sides ministry president minister guard guards"
)
_NAME_WORDS = "of for the and de du des del la el al van von bin ibn da do dos to against"
ADJECTIVES = frozenset(_ADJECTIVE_WORDS.split())
"""Words before an actor that leave it as it is."""
NOUNS_BEHIND = frozenset(_NOUN_WORDS.split())
"""Nouns behind a name that stand for its people: ISIS militants, army spokesman."""
COMMON_NOUNS = NOUNS_BEHIND | frozenset(_COMMON_WORDS.split())
"""Nouns that are no name: a longer one that was said before counts only where a table or a country says who it is."""
_INSIDE_NAMES = frozenset(_NAME_WORDS.split())
_TAKES_ARTICLE = re.compile(r"^United |Republic|Philippines|Netherlands|Bahamas|Maldives|Comoros|Islands$|Gambia")
_BEHIND = rf"(?: (?:{'|'.join(sorted({*NOUNS_BEHIND, 'headquarters', 'post', 'posts', 'general', 'captain'}))}))*"
_STATE = tuple(
    (name, re.compile(rf"(?:{'|'.join(nouns)}){_BEHIND}"))
    for name, nouns in (
        (
            "Military Forces",
            (
                r"(?:government|regime|loyalist|royal|joint|ground|air defen[cs]e) (?:forces|troops|soldiers)",
                r"(?:(?:government|regime|state|national|royal) )?(?:army|armies|military|navy|air ?force|marines)",
                r"(?:armed|military|special) forces|defen[cs]e forces?|soldiers?|troops?|infantry(?:men)?",
                r"commandos?|servicem[ae]n|(?:national|presidential|republican) guard|warplanes?|fighter jets|jets",
                r"warships?|paratroopers?|conscripts?|artillery|garrison",
            ),
        ),
        (
            "Police Forces",
            (
                r"(?:(?:state|national|federal|military|anti terrorist|special|city) )?police(?: force| service)?",
                r"traffic police|carabinieri",
                r"policem[ae]n|policewom[ae]n|constables?|gendarmes?|gendarmerie|coast ?guards?|prison guards",
                r"border (?:guards?|police|patrol|forces?)",
            ),
        ),
        (
            "Security Forces",
            (r"(?:state )?security (?:forces?|services?|agencies|agents)", r"law enforcement(?: agencies)?"),
        ),
        (
            "Government",
            (
                r"(?:(?:transitional|interim|central|military|provisional) )?(?:government|regime|authorities|cabinet)",
                r"(?:military )?junta|(?:(?:foreign|defen[cs]e|interior|health|information) )?ministry|ministries",
            ),
        ),
    )
)
_OFFICE = re.compile(
    r"(?:vice )?president|prime minister|(?:(?:foreign|defen[cs]e|interior|health) )?minister|embassy|ambassador|state"
    r"|officials?|administration|presidency|delegation|diplomats?|king|leadership|leaders?"
)
"""Government with a country before it, and not without: a president may be that of a club."""
_MILITIA = r"militia(?:s|m[ae]n)?"
_DESCRIPTIONS = tuple(
    (name, inter, re.compile(pattern))
    for name, inter, pattern in (
        (
            "Peacekeepers",
            EXTERNAL,
            r"(?:(?:un|african union|international) )?peacekeep(?:ers?|ing (?:forces?|troops|mission))",
        ),
        (
            "Rebels",
            REBELS,
            r"(?:anti government )?(?:rebels?|insurgents?|insurgency|guerr?ill?as?"
            rf"|rebel (?:army|groups?|alliance|coalition)){_BEHIND}",
        ),
        ("Rebels", REBELS, r"anti government (?:fighters|forces)"),
        (
            "Pro-government militia",
            POLITICAL_MILITIA,
            r"(?:pro government|pro regime|government (?:allied|aligned|backed)|loyalist) "
            rf"(?:{_MILITIA}|fighters|paramilitaries)(?: fighters)?",
        ),
        ("Vigilantes", IDENTITY_MILITIA, r"vigilantes?(?: groups?| members)?"),
        (
            "Militia",
            IDENTITY_MILITIA,
            rf"(?P<kind>tribal|communal|ethnic|clan|vigilante) (?:{_MILITIA}|fighters|gunmen)(?: (?:fighters|group))?",
        ),
        ("Militia", None, rf"{_MILITIA}(?: (?:fighters|groups?|members))?"),
        ("Gunmen", None, r"gunm[ae]n|shooters?|armed (?:men|man|attackers|group)"),
        ("Attackers", None, r"attackers?|assailants?|aggressors?|perpetrators?"),
    )
)
_PROTESTERS = re.compile(
    r"(?:(?:anti|pro) )?(?:(?:government|opposition) )?(?:protest[eo]rs?|demonstrators?|marchers?|strikers?|picketers?)"
)
_MOB = re.compile(r"rioters?|looters?|mobs?")
_PEOPLE = re.compile(
    r"people|civilians?|residents?|locals?|villagers?|inhabitants|families|family|persons?|individuals?|men|women"
    r"|crowds?|citizens?|townspeople|victims?|population|men and women|women and children|men women and children"
)
_OF_EVENT = {"Protest": ("Protesters", PROTESTERS), "Riot": ("Rioters", RIOTERS)}
"""Civilians of an event of these labels: in the shipped corpus they act in all protests, and in nine of ten riots."""
