"""Texts that a model cannot read are told, and English ones never: the bundled tokenizer, the shipped corpus, other scripts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from eventcorpus.articles.read import read_articles
from eventcorpus.models.encoders import find_encoder, load_tokenizer
from eventcorpus.models.languages import TrainingTexts, reading_warnings, scripts_of, stated_languages
from eventcorpus.models.windows import TextEncoder
from eventcorpus.schema import Article
from eventcorpus.text import stored_form

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "tests/fixtures/cases/27-texts"
UNKNOWN = TrainingTexts()
"""What a model says that was trained before models kept what they learned from."""


@cache
def corpus() -> list[Article]:
    return list(read_articles([ROOT / "corpus/articles"]))


@cache
def learned() -> TrainingTexts:
    train = set((ROOT / "corpus/splits/train.txt").read_text().split())
    return TrainingTexts.of(article.text for article in corpus() if article.id in train)


@cache
def encoder() -> TextEncoder:
    return TextEncoder(load_tokenizer(find_encoder("bundled")), max_length=256, stride=64)


def warnings(
    article: Article | str, facts: TrainingTexts | None = None, *languages: str, with_: Any = None
) -> list[str]:
    article = article if isinstance(article, Article) else Article("x", stored_form(article).text)
    reader = with_ or encoder()
    return list(
        reading_warnings(
            article,
            reader.encode(article.text),
            learned=learned() if facts is None else facts,
            languages=languages,
            unknown_id=reader.tokenizer.unk_token_id,
        )
    )


def codes(*arguments: Any, **more: Any) -> list[str]:
    return [warning.partition(":")[0] for warning in warnings(*arguments, **more)]


UNREADABLE = {
    "arabic": ["script: 100% of its letters are Arabic, and the model learned from Latin"],
    "russian": ["script: 100% of its letters are Cyrillic, and the model learned from Latin"],
    "chinese": [
        "script: 100% of its letters are Han, and the model learned from Latin",
        "unknown tokens: 75% of its letters are in tokens that the model does not know",
    ],
    "french": [
        "words: 0 of its 17 words are among the 300 most common ones of the texts that the model learned from, of which "
        "they are {share}; it may be in another language"
    ],
    "zwnj": ["script: 61% of its letters are Arabic, and the model learned from Latin"],
}
"""Of the texts of the cases; all others are English."""


@pytest.mark.parametrize("path", sorted(TEXTS.iterdir()), ids=lambda path: path.stem)
def test_a_text_that_the_model_cannot_read_is_told_and_hostile_english_is_not(path: Path) -> None:
    (article,) = read_articles([path])
    told = [line.format(share=f"{learned().common_share:.0%}") for line in UNREADABLE.get(path.stem, [])]
    assert warnings(article) == told


def test_no_article_of_the_shipped_corpus_is_told_also_in_capitals_and_cut_short() -> None:
    assert len(corpus()) > 300
    for article in corpus():
        for text in (article.text, article.text.upper(), article.text[:120]):
            assert warnings(Article("x", text, language=article.language), None, "en") == [], article.id
            assert warnings(Article("x", text), UNKNOWN) == [], article.id


OTHER_LANGUAGES = {
    "Spanish": "Hombres armados atacaron el lunes un convoy militar cerca de Darna y mataron al menos a doce soldados. "
    "Los atacantes huyeron hacia la frontera, según la policía.",
    "German": "Bewaffnete griffen am Montag nahe Darna einen Militärkonvoi an und töteten mindestens zwölf Soldaten. "
    "Die Angreifer flohen in Richtung Grenze, so die Armee.",
    "Indonesian": "Kelompok bersenjata menyerang konvoi militer di dekat Darna pada hari Senin, menewaskan dua belas tentara.",
    "Portuguese": "Homens armados atacaram um comboio militar perto de Darna na segunda-feira, matando pelo menos doze "
    "soldados. Os atacantes fugiram para a fronteira.",
    "Italian": "Uomini armati hanno attaccato lunedì un convoglio militare vicino a Darna, uccidendo almeno dodici soldati, ha "
    "detto la polizia.",
    "Swahili": "Watu wenye silaha walishambulia msafara wa jeshi karibu na Darna siku ya Jumatatu na kuua askari kumi na wawili.",
    "Turkish": "Silahlı kişiler pazartesi günü Darna yakınlarında bir askeri konvoya saldırdı, en az on iki asker öldü, dedi "
    "yetkililer dün akşam.",
    "Dutch": "Gewapende mannen vielen maandag een legerkonvooi aan bij Darna, waarbij zeker twaalf soldaten werden gedood.",
    "French in capitals": "DES HOMMES ARMÉS ONT ATTAQUÉ LUNDI UN CONVOI MILITAIRE PRÈS DE DARNA, TUANT AU MOINS DOUZE SOLDATS.",
}


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_another_language_in_the_same_script_is_told_by_its_words(language: str) -> None:
    assert codes(OTHER_LANGUAGES[language]) == ["words"]
    assert codes(OTHER_LANGUAGES[language], UNKNOWN) == []  # nothing is known of what such a model learned from


OTHER_SCRIPTS = {
    "Greek": "Ένοπλοι επιτέθηκαν τη Δευτέρα σε στρατιωτική φάλαγγα κοντά στη Ντάρνα.",
    "Hebrew": "חמושים תקפו ביום שני שיירה צבאית ליד דרנה והרגו לפחות שנים עשר חיילים.",
    "Devanagari": "सोमवार को बंदूकधारियों ने दरना के पास सेना के काफिले पर हमला किया।",
    "Hangul": "월요일 다르나 인근에서 무장 괴한들이 군 호송대를 공격해 군인 열두 명이 숨졌다.",
    "Ethiopic": "ሰኞ ዕለት ታጣቂዎች በዳርና አቅራቢያ የወታደር አጀብ አጠቁ።",
    "Armenian": "Երկուշաբթի օրը զինված անձինք հարձակվել են ռազմական շարասյան վրա։",
}


@pytest.mark.parametrize("script", OTHER_SCRIPTS)
def test_another_script_is_told_also_of_a_model_that_says_nothing_of_itself(script: str) -> None:
    first = warnings(OTHER_SCRIPTS[script])[0]
    assert first.startswith(f"script: 100% of its letters are {script}, and the model learned from Latin")
    assert set(codes(OTHER_SCRIPTS[script], UNKNOWN)) & {"script", "unknown tokens"}


def test_an_old_model_reads_letter_by_letter_what_it_cannot_read() -> None:
    arabic = (TEXTS / "arabic.txt").read_text()
    assert warnings(arabic, UNKNOWN) == ["script: 100% of its letters are Arabic, and the model reads them one by one"]
    assert codes((TEXTS / "chinese.txt").read_text(), UNKNOWN) == ["unknown tokens"]


def test_letters_that_a_tokenizer_cuts_into_bytes_are_unknown(tokenizer: Any) -> None:
    encoder = TextEncoder(tokenizer, max_length=48, stride=8)
    text = "Ένοπλοι επιτέθηκαν τη Δευτέρα"
    assert "unknown tokens" in codes(text, UNKNOWN, with_=encoder)
    assert codes("rebels attacked the town of aleppo on monday", UNKNOWN, with_=encoder) == []


def test_the_language_that_an_article_states_is_compared_with_the_models() -> None:
    text = corpus()[0].text
    for stated in ("fr", "French", "fr-CA", "fra"):
        assert warnings(Article("x", text, language=stated), None, "en") == [
            f"language: its language is {stated!r}, the model's language is en"
        ]
    assert codes(Article("x", text, language="de"), None, "en", "fr") == ["language"]
    for stated in ("en", "EN", "en-GB", "English", "eng", None, "", "unknown", "und", "n/a"):
        assert codes(Article("x", text, language=stated), None, "en") == []
    assert codes(Article("x", text, language="fr")) == []  # the model's languages are not known


def test_a_model_of_several_languages_is_believed() -> None:
    french, arabic = ((TEXTS / f"{name}.txt").read_text() for name in ("french", "arabic"))
    assert codes(Article("x", french, language="fr"), None, "en", "fr") == []
    assert codes(Article("x", arabic, language="ar"), None, "en", "ar") == []
    assert codes(Article("x", arabic), None, "ar", "en") == []


def test_a_few_letters_of_another_script_are_no_reason() -> None:
    text = corpus()[0].text
    assert codes(f"{text} (Дарна, 达尔纳, درنا)") == []
    assert codes("Σ") == codes("مدينة") == []


def test_few_training_texts_tell_nothing_of_words() -> None:
    facts = TrainingTexts.of(["rebels attacked the town of aleppo on monday"] * 20)
    assert (facts.scripts, facts.common_words, facts.common_share) == (("Latin",), (), 0.0)
    assert codes(OTHER_LANGUAGES["Spanish"], facts) == []


def test_what_is_kept_of_the_training_texts_is_a_hundred_words() -> None:
    assert learned().scripts == ("Latin",)
    assert len(learned().common_words) == 300 and set(learned().common_words[:3]) == {"the", "a", "of"}
    assert 0.6 < learned().common_share < 0.7


def test_languages_are_those_that_articles_state() -> None:
    articles = [
        Article(f"{n}", "x", language=stated) for n, stated in enumerate(["en", "en-US", "fr", None, "unknown"])
    ]
    assert stated_languages(articles) == ("en", "fr")
    assert stated_languages([Article("x", "x")]) == ()
    rare = [Article(f"{n}", "x", language="en") for n in range(200)]
    assert stated_languages([*rare, Article("y", "y", language="fr")]) == ("en",)
    assert scripts_of("ja") == ("Han", "Kana") and scripts_of("sr") == ("Cyrillic", "Latin") and scripts_of("qq") == ()
