import itertools

from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.text import one_line, sha256_of, stored_form, trim, whole_words, words

ANY_TEXT = st.text(alphabet=st.one_of(st.characters(exclude_categories=()), st.sampled_from("\r\n\t 🔥é")), max_size=60)


def test_line_ends_become_line_feeds() -> None:
    assert stored_form("one\r\ntwo\rthree\nfour").text == "one\ntwo\nthree\nfour"


def test_control_characters_and_lone_surrogates_become_replacement_characters() -> None:
    assert stored_form("a\x00b\x1bc\x85d\ud83d").text == "a\ufffdb\ufffdc\ufffdd\ufffd"


def test_everything_else_stays() -> None:
    text = "Cafe\u0301 \u2028 \ufeff \u200b \u202e\tحلب 👨‍👩‍👧 \u00a0"
    assert stored_form(text).text == text


def test_offsets_move_back_over_each_carriage_return() -> None:
    original = "First line.\r\nSecond\r\n\r\nThird"
    stored = stored_form(original)
    start, end = original.index("Third"), len(original)
    assert stored.text[stored.from_original(start) : stored.from_original(end)] == "Third"


@given(ANY_TEXT)
def test_the_stored_form_can_be_stored_and_is_its_own_stored_form(original: str) -> None:
    stored = stored_form(original).text
    assert len(sha256_of(stored)) == 64
    assert stored_form(stored).text == stored


@given(ANY_TEXT)
def test_the_offset_map_is_exact_for_every_character_that_stayed(original: str) -> None:
    stored = stored_form(original)
    offsets = [stored.from_original(i) for i in range(len(original) + 1)]
    assert offsets == sorted(offsets) and offsets[-1] == len(stored.text)
    for i, character in enumerate(original):
        if stored.text[offsets[i] : offsets[i + 1]] not in ("\ufffd", "\n", ""):
            assert stored.text[offsets[i]] == character


def test_offsets_go_back_to_the_text_that_came_in() -> None:
    original = "First line.\r\nSecond\r\n\r\nThird\rfourth"
    stored = stored_form(original)
    for words_there in ("First line.", "Second", "Third", "fourth"):
        start = stored.text.index(words_there)
        back = stored.to_original(start), stored.to_original(start + len(words_there))
        assert original[slice(*back)] == words_there


@given(ANY_TEXT)
def test_every_stretch_of_the_stored_form_is_one_of_the_original_and_no_line_end_is_cut(original: str) -> None:
    stored = stored_form(original)
    back = [stored.to_original(i) for i in range(len(stored.text) + 1)]
    assert [stored.from_original(i) for i in back] == list(range(len(stored.text) + 1))
    assert "".join(stored_form(original[a:b]).text for a, b in itertools.pairwise(back)) == stored.text
    assert back[0] == 0 and back[-1] == len(original)


def test_words_are_runs_of_letters_digits_and_marks() -> None:
    text = "Daesh-held Cafe\u0301’s 3.5 حَلَب 🔥!"
    assert [text[s:e] for s, e in words(text)] == [
        "Daesh", "-", "held", "Cafe\u0301", "’", "s", "3", ".", "5", "حَلَب", "🔥", "!",
    ]  # fmt: skip


@given(ANY_TEXT)
def test_words_cover_everything_but_blanks_and_never_overlap(text: str) -> None:
    found = words(text)
    assert "".join(text[s:e] for s, e in found) == "".join(c for c in text if not c.isspace())
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(found))


def test_trim_moves_both_ends_inwards() -> None:
    assert trim(" \n rebels\u00a0", 0, 10) == (3, 9)
    assert trim("   ", 0, 3) == (3, 3)


def test_one_line_shows_no_raw_control_characters() -> None:
    assert one_line("a\x1b[2J\nb") == r"'a\x1b[2J\nb'"
    assert len(one_line("x" * 500)) < 70


PIECES = st.lists(
    st.sampled_from([*"aZé19.,:-'’ \n", "U.S.", "1,400", "15:30", "44-year-old", "O'Brien", "Calif.", "e\u0301"])
)


@given(PIECES.map("".join))
def test_whole_words_are_made_of_words_and_cover_all_of_them(text: str) -> None:
    found, small = whole_words(text), words(text)
    assert all(start < end for start, end in found)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(found))
    for start, end in small:
        assert sum(first <= start and end <= last for first, last in found) == 1
    assert {at for place in found for at in place} <= {at for place in small for at in place}
