import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from effort import lines_run
from eventcorpus.errors import ModelError
from eventcorpus.inference.extractor import ConfidenceFilter, Extractor
from eventcorpus.models.decode import decode_mentions
from eventcorpus.models.encoders import find_encoder
from eventcorpus.models.folder import model_hash, read_about
from eventcorpus.models.windows import EncodedText, cut_windows
from eventcorpus.schema import Article, Link, Mention
from random_model import ABOUT, random_folder


@pytest.fixture(scope="module")
def folder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights that says a good deal."""
    return random_folder(tmp_path_factory.mktemp("models") / "random", tiny_encoder, std=1.0)


TEXT = "rebels attacked the town of aleppo on monday and the army left the town of homs on friday . " * 9


def log_probabilities(rows: list[dict[int, float]]) -> Any:
    """Scores of five tags a token; what is not said is unlikely."""
    scores = np.full((len(rows), 5), 1e-4, dtype=np.float32)
    for i, row in enumerate(rows):
        for tag, probability in row.items():
            scores[i, tag] = probability
    return np.log(scores)


def test_offsets_cut_out_the_text_and_mentions_are_whole_words(folder: Path) -> None:
    (mentions,) = Extractor.from_pretrained(folder).extract([TEXT])
    assert len(mentions) > 5
    edges = {0, len(TEXT)}
    for m in mentions:
        assert TEXT[m.start : m.end] == m.text == m.text.strip()
        assert (m.start in edges or not TEXT[m.start - 1].isalnum()) and (m.end in edges or not TEXT[m.end].isalnum())
        assert 0 <= m.confidence <= 1
    assert all(a.end <= b.start for a, b in itertools.pairwise(mentions))


def test_batching_changes_nothing(folder: Path) -> None:
    extractor = Extractor.from_pretrained(folder)
    texts = [TEXT, "rebels left", TEXT[:300], "on monday", ""]
    together = list(extractor.extract(texts))
    alone = [next(extractor.extract([text])) for text in texts]
    assert [[(m.start, m.end, m.label) for m in one] for one in together] == [
        [(m.start, m.end, m.label) for m in one] for one in alone
    ]
    assert together[-1] == []


def test_strings_are_brought_into_the_stored_form(folder: Path) -> None:
    extractor = Extractor.from_pretrained(folder)
    (crlf,) = extractor.extract([TEXT.replace(" . ", " .\r\n")])
    (lf,) = extractor.extract([Article("x", TEXT.replace(" . ", " .\n"))])
    assert crlf == lf


def test_scores_equal_those_of_the_model_itself_on_a_single_window(folder: Path) -> None:
    extractor = Extractor.from_pretrained(folder)
    text = "rebels attacked the town"
    with torch.inference_mode():
        logits = extractor.engine.backend.model(**extractor.tokenizer(text, return_tensors="pt")).logits[0, 1:-1]
    (ours,) = extractor.scored([text])
    assert np.allclose(ours.log_probabilities, logits.log_softmax(-1).numpy(), atol=1e-5)


def test_a_mention_of_part_of_a_word_is_moved_out_to_the_word() -> None:
    encoded = EncodedText([1, 2, 3], [(0, 4), (4, 9), (10, 14)], cut_windows(3, 8, 0))
    scores = log_probabilities([{0: 0.9}, {3: 0.8}, {0: 0.9}])
    (mention,) = decode_mentions("Northtown fell", encoded, scores, ABOUT)
    assert (mention.text, mention.label) == ("Northtown", "Place")
    assert mention.confidence == pytest.approx(0.8)


def test_where_two_mentions_meet_in_one_word_the_surer_one_has_it() -> None:
    encoded = EncodedText([1, 2], [(0, 4), (4, 9)], cut_windows(2, 8, 0))
    (mention,) = decode_mentions("Northtown", encoded, log_probabilities([{1: 0.6}, {3: 0.9}]), ABOUT)
    assert (mention.label, mention.start, mention.end) == ("Place", 0, 9)


@pytest.mark.parametrize("decoder", ["viterbi", "argmax"])
def test_no_mention_runs_over_a_line_break(decoder: Any) -> None:
    text = "Army of Homs\nArmy left"
    encoded = EncodedText([5, 6, 7, 8, 9], [(0, 4), (5, 7), (8, 12), (13, 17), (18, 22)], [])
    scores = log_probabilities([{1: 0.9}, {2: 0.9}, {2: 0.9}, {2: 0.9, 1: 0.09}, {0: 0.9}])
    kept = scores.copy()
    found = decode_mentions(text, encoded, scores, ABOUT.model_copy(update={"decoder": decoder}))
    assert [m.text for m in found] == ["Army of Homs", "Army"]
    assert np.array_equal(scores, kept)


@pytest.mark.parametrize(
    ("text", "tagged", "mention"),
    [
        ("the U.S. army", "U.S", "U.S."),
        ("in Fresno, Calif., on", "Fresno, Calif", "Fresno, Calif."),
        ("Acme Corp. said", "Acme Corp", "Acme Corp."),
        ("fell in Homs. They", "Homs", "Homs"),
        ("left Homs.", "Homs", "Homs"),
        ("some 1,400 men", "some 1", "some 1,400"),
        ("at 15:30 on", "15", "15:30"),
        ("a 44-year-old man", "old man", "44-year-old man"),
        ("Pat O'Brien's shop", "Pat O", "Pat O'Brien"),
        ("the army's men", "army", "army"),
        ("in Raya-held towns", "Raya", "Raya"),
        ("the “ringleader” fled", "“ringleader", "ringleader"),
        ("the 'Ndrangheta fled", "'Ndrangheta", "'Ndrangheta"),
        ("the rebels’ camp", "rebels’", "rebels"),
        ("the Army (TLA) fled", "Army (TLA)", "Army (TLA)"),
    ],
)
def test_mentions_end_at_words_as_people_write_them(text: str, tagged: str, mention: str) -> None:
    start = text.index(tagged)
    encoded = EncodedText([5], [(start, start + len(tagged))], [])
    (found,) = decode_mentions(text, encoded, log_probabilities([{1: 0.9}]), ABOUT)
    assert found.text == mention


def test_many_mentions_take_time_in_proportion() -> None:
    def work(n: int) -> int:
        encoded = EncodedText([1] * n, [(5 * i, 5 * i + 4) for i in range(n)], cut_windows(n, 512, 0))
        scores = np.tile(log_probabilities([{1: 0.9}]), (n, 1))
        mentions: list[Mention] = []
        lines = lines_run(lambda: mentions.extend(decode_mentions("town " * n, encoded, scores, ABOUT)))
        assert [m.start for m in mentions] == list(range(0, 5 * n, 5))
        return lines

    assert work(1000) < 5 * work(250)  # sixteen times as many if every pair was compared


def test_confidence_is_the_geometric_mean_of_the_decoded_tags() -> None:
    encoded = EncodedText([1, 2], [(0, 3), (4, 8)], cut_windows(2, 8, 0))
    (mention,) = decode_mentions("Tel Abyad"[:8], encoded, log_probabilities([{3: 0.9}, {4: 0.4}]), ABOUT)
    assert mention.confidence == pytest.approx(0.6, abs=1e-6)


def test_the_folder_is_whole_in_fp32_and_names_no_path(folder: Path) -> None:
    assert read_about(folder) == ABOUT
    assert json.loads((folder / "config.json").read_text())["dtype"] == "float32"
    assert len(model_hash(folder)) == 64


def test_a_folder_whose_tags_are_others_is_refused(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    config["id2label"]["1"] = "B-Other"
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="the tags in config.json are not those of the ontology"):
        read_about(tmp_path)


def test_weights_that_are_damaged_are_refused(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="the model cannot be loaded"):
        Extractor.from_pretrained(tmp_path)


def test_an_encoder_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"the folder has no config\.json"):
        find_encoder(str(tmp_path))


def test_links_to_mentions_that_are_left_out_go_with_them() -> None:
    links = (Link("place", "m2", 0.9), Link("time", "m3", 0.9))
    trigger = Mention(0, 6, "Battle", "Attack", 0.9, id="m1", links=links)
    place, time = Mention(10, 14, "Place", "Homs", 0.2, id="m2"), Mention(18, 24, "Time", "Monday", 0.8, id="m3")
    keep = ConfidenceFilter(of_all=0.5)
    kept = keep([trigger, place, time])
    assert [mention.id for mention in kept] == ["m1", "m3"]
    assert kept[0].links == (Link("time", "m3", 0.9),)
    assert keep.left_out == {"Place": 1}
    assert list(keep.notices()) == ["1 of 3 mentions with 1 link left out for low confidence"]
