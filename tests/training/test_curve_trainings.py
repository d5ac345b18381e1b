"""The trainings of a learning curve: nested shares of whole clusters, a killed run that goes on, one curve a folder."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from few_articles import ARTICLES, ONTOLOGY

import eventcorpus
from cli_runner import run
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.corpus.near_duplicates import find_clusters
from eventcorpus.dataset.folder import Entry, write_dataset
from eventcorpus.errors import InputError
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training import curve as curve_module
from eventcorpus.training import fit as fit_module
from eventcorpus.training.curve import curve_trainings, nested_shares
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CURVE = ("curve", "r.yaml", "--dataset", "ds", "--out", "c", "--shares", "20,40,60,100", "--seeds", "2")


def article(n: int, *, split: str = "t") -> AnnotatedArticle:
    """Articles of different words: no two of them are near-duplicates."""
    words = " ".join(f"{NUMBERS[n // 10]}{other}{NUMBERS[n % 10]}" for other in NUMBERS[:6])
    text = f"rebels attacked the town of {words}"
    return AnnotatedArticle(Article(f"{split}{n:02}", text), (Span("1", 0, 6, "Actor"),), ONTOLOGY.labels)


def in_clusters_of_two(n: int) -> AnnotatedArticle:
    annotated = article(n)
    return replace(annotated, article=replace(annotated.article, cluster=f"wire {n // 2}"))


@pytest.fixture
def here(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    splits = {"train": [article(n) for n in range(20)], "validation": [article(n, split="v") for n in range(20, 26)]}
    entries = [Entry(split, one, [one]) for split, articles in splits.items() for one in articles]
    write_dataset(Path("ds"), entries, ONTOLOGY, ConversionReport(), gold_policy="test", inputs={})
    Path("r.yaml").write_text(
        f"encoder: {tiny_encoder}\nnum_train_epochs: 2\nper_device_train_batch_size: 4\nmax_length: 128\nstride: 32\n"
        "precision: fp32\nlearning_rate: 3e-3\nsave_steps: 2\n"
    )
    return tmp_path


def contents(folder: str) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
    }


def test_a_share_has_all_of_the_smaller_ones_and_seeds_draw_others() -> None:
    articles = [article(n) for n in range(20)]
    clusters = find_clusters(annotated.article for annotated in articles)
    shares = [10, 25, 50, 100]
    of_seeds = [nested_shares(articles, shares, clusters, seed=seed) for seed in (1, 2)]
    for nested in of_seeds:
        ids = [[annotated.article.id for annotated in share] for share in nested]
        assert [len(share) for share in ids] == [2, 5, 10, 20]
        assert set(ids[0]) < set(ids[1]) < set(ids[2]) < set(ids[3])
        assert all(share == sorted(share) for share in ids)
    assert of_seeds[0][1] != of_seeds[1][1]
    assert of_seeds[0] == nested_shares(articles, shares, clusters, seed=1)


def test_articles_of_a_cluster_are_in_a_share_together() -> None:
    articles = [in_clusters_of_two(n) for n in range(20)]
    clusters = find_clusters(annotated.article for annotated in articles)
    for seed in range(5):
        nested = nested_shares(articles, [10, 25, 50, 100], clusters, seed=seed)
        assert [len(share) for share in nested] == [2, 4, 10, 20]
        for share in nested:
            assert {a.article.cluster for a in share}.isdisjoint(
                {a.article.cluster for a in articles if a not in share}
            )


def test_near_duplicates_are_a_cluster_too() -> None:
    articles = [*(article(n) for n in range(6)), *ARTICLES[:6]]  # two texts, three times each, and alike
    clusters = find_clusters(annotated.article for annotated in articles)
    for seed in range(5):
        for share in nested_shares(articles, [20, 50, 100], clusters, seed=seed):
            assert len({a.article.id for a in share} & {f"a{n}" for n in range(6)}) in (0, 3, 6)


def test_every_training_takes_about_as_many_steps() -> None:
    trainings = curve_trainings(
        [article(n) for n in range(20)], Recipe(num_train_epochs=2), shares=(10, 40, 100), n_seeds=2
    )
    assert [(t.share, t.seed, len(t.articles), t.recipe.num_train_epochs, t.recipe.seed) for t in trainings] == [
        (10, 13, 2, 20, 13), (40, 13, 8, 5, 13), (100, 13, 20, 2, 13),
        (10, 14, 2, 20, 14), (40, 14, 8, 5, 14), (100, 14, 20, 2, 14),
    ]  # fmt: skip
    assert {t.recipe.eval_strategy for t in trainings} == {"no"}


def test_where_validation_decides_which_weights_are_kept_it_is_scored() -> None:
    recipe = Recipe(load_best_model_at_end=True)
    trainings = curve_trainings([article(n) for n in range(20)], recipe, shares=(50, 100), n_seeds=1)
    assert {t.recipe.eval_strategy for t in trainings} == {"epoch"}


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        (
            (10, 40, 70),
            "shares 10,40,70: they are percent that rise to 100, the whole train split, such as 10,20,40,70,100",
        ),
        (
            (40, 10, 100),
            "shares 40,10,100: they are percent that rise to 100, the whole train split, such as 10,20,40,70,100",
        ),
        ((0, 100), "shares 0,100: they are percent that rise to 100, the whole train split, such as 10,20,40,70,100"),
        (
            (10, 11, 100),
            "shares 10 and 11 of 20 articles are the same 2 with seed 13; take shares that are further apart",
        ),
    ],
)
def test_shares_that_make_no_curve_are_refused(shares: tuple[float, ...], message: str) -> None:
    with pytest.raises(InputError) as raised:
        curve_trainings([article(n) for n in range(20)], Recipe(), shares=shares, n_seeds=1)
    assert str(raised.value) == message


def test_the_command_trains_writes_report_and_picture_and_says_what_it_found(here: Path) -> None:
    code, stdout, stderr = run(*CURVE, "--resamples", "50", "--html", "curve.html")
    assert code == 0, stderr
    assert sorted(contents("c")) == [
        "curve.json", "curve.svg",
        *(f"predictions/share-{share}-seed-{seed}.jsonl" for share in (100, 20, 40, 60) for seed in (13, 14)),
        "trainings.json",
    ]  # fmt: skip
    assert not Path("c/unfinished").exists()
    report = json.loads(Path("c/curve.json").read_text())
    assert [(size["share"], size["articles"]) for size in report["sizes"]] == [
        (20.0, [4, 4]), (40.0, [8, 8]), (60.0, [12, 12]), (100.0, [20, 20]),
    ]  # fmt: skip
    assert (report["dataset"]["split"], report["dataset"]["articles"], report["seeds"]) == ("validation", 6, [13, 14])
    assert "articles of train, mean over seeds 13, 14, %" in stdout and "2 points of micro F1" in stdout
    assert Path("curve.html").read_text().startswith("<!doctype html>")
    before, trained = contents("c"), "training 1 of 8"
    assert trained in stderr
    code, again, stderr = run(*CURVE, "--resamples", "50", "--html", "curve.html")
    assert (code, again, trained in stderr) == (0, stdout, False)
    assert contents("c") == before


CHECKPOINTS = [
    f"checkpoint-{step:08}/{name}" for step in (2, 4) for name in ("about.json", "state.safetensors")
] + ["metrics.jsonl"]  # fmt: skip


class _Killed(BaseException):
    """Nothing of ours catches it, as nothing catches SIGKILL."""


def killed_at(monkeypatch: pytest.MonkeyPatch, *, training: int, step: int) -> None:
    """Of the trainings that are begun from now on, this one is killed after this step."""
    begun = iter(range(1, 100))

    def fit_until(*arguments: Any, **settings: Any) -> Any:
        is_last = next(begun) == training

        def on_step(done: int, total: int, loss: float) -> None:
            if is_last and done == step:
                raise _Killed

        return fit(*arguments, on_step=on_step, **settings)

    monkeypatch.setattr(curve_module, "fit", fit_until)


def test_a_curve_that_is_killed_and_goes_on_has_the_same_bytes(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    curve = {"shares": (20, 40, 60, 100), "seeds": 1, "n_resamples": 50}
    eventcorpus.curve("r.yaml", "ds", out="whole", **curve)
    killed_at(monkeypatch, training=3, step=5)
    with pytest.raises(_Killed):
        eventcorpus.curve("r.yaml", "ds", out="killed", **curve)
    assert sorted(contents("killed")) == [
        "predictions/share-20-seed-13.jsonl", "predictions/share-40-seed-13.jsonl", "trainings.json",
        *(f"unfinished/share-60-seed-13.checkpoints/{name}" for name in CHECKPOINTS),
    ]  # fmt: skip
    steps: list[int] = []
    monkeypatch.setattr(curve_module, "fit", _counting(steps))
    eventcorpus.curve("r.yaml", "ds", out="killed", **curve)
    assert steps[0] == 4  # the last checkpoint before step 5
    assert contents("killed") == contents("whole")


def _counting(resumed_at: list[int]) -> Any:
    def counted(*arguments: Any, **settings: Any) -> Any:
        result = fit_module.fit(*arguments, **settings)
        resumed_at.append(result.resumed_at)
        return result

    return counted


def test_what_was_killed_after_its_predictions_were_written_leaves_no_model(here: Path) -> None:
    curve = {"shares": (50, 100), "seeds": 1, "n_resamples": 50}
    eventcorpus.curve("r.yaml", "ds", out="c", **curve)
    before = contents("c")
    Path("c/unfinished/share-50-seed-13").mkdir(parents=True)
    Path("c/unfinished/share-50-seed-13/model.safetensors").write_bytes(b"x")
    eventcorpus.curve("r.yaml", "ds", out="c", **curve)
    assert contents("c") == before


def test_more_seeds_and_shares_train_what_is_missing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eventcorpus.curve("r.yaml", "ds", out="c", shares=(50, 100), seeds=1, n_resamples=50)
    steps: list[int] = []
    monkeypatch.setattr(curve_module, "fit", _counting(steps))
    report = eventcorpus.curve("r.yaml", "ds", out="c", shares=(20, 50, 100), seeds=1, n_resamples=50)
    assert len(steps) == 1
    assert [size.articles for size in report.sizes] == [(4,), (10,), (20,)]


def refused(*arguments: str) -> str:
    code, stdout, stderr = run(*arguments)
    assert (code, stdout) == (1, "")
    return stderr


@pytest.fixture
def two_trainings(here: Path) -> Iterator[tuple[str, ...]]:
    arguments = ("curve", "r.yaml", "--dataset", "ds", "--out", "c", "--shares", "50,100", "--seeds", "1")
    assert run(*arguments, "--resamples", "50")[0] == 0
    yield arguments


def test_trainings_of_another_curve_are_not_mixed(two_trainings: tuple[str, ...]) -> None:
    before = contents("c")
    message = "Error: c: has trainings of another curve (num_train_epochs was 2 and is 3); --out names another folder\n"
    assert refused(*two_trainings, "--set", "num_train_epochs=3") == message
    assert refused(*two_trainings, "--set", "num_train_epochs=3", "--dry-run") == message
    assert contents("c") == before


def test_a_folder_of_something_else_is_left_alone(here: Path) -> None:
    Path("c").mkdir()
    Path("c/thesis.txt").write_text("years of work")
    assert refused(*CURVE) == (
        "Error: c: exists and was not written by this command; choose another --out or remove it\n"
    )
    assert list(contents("c")) == ["thesis.txt"]


def test_a_recipe_whose_soft_targets_know_all_articles_is_refused(here: Path) -> None:
    Path("more.txt").write_text("rebels left homs")
    arguments = ("--set", "soft_targets=t.safetensors", "--set", "unlabelled=more.txt")
    assert refused(*CURVE, *arguments) == (
        "Error: soft_targets is t.safetensors: small shares would learn from a model that knew all articles, and the "
        "curve would be too flat; --set soft_targets= --set unlabelled=\n"
    )


def test_an_encoder_that_was_trained_on_the_dataset_is_refused(here: Path) -> None:
    eventcorpus.train("r.yaml", "ds", "m", settings={"eval_strategy": "no"})
    assert refused(*CURVE, "--set", "encoder=m") == (
        "Error: encoder is m, which was trained on all articles of this dataset: the curve would be too flat; --set "
        "encoder=bundled, or another that does not know them\n"
    )


def test_without_gold_to_score_on_it_is_refused(here: Path) -> None:
    train = [article(n) for n in range(20)]
    entries = [Entry("train", one, [one]) for one in train]
    write_dataset(Path("train-only"), entries, ONTOLOGY, ConversionReport(), gold_policy="test", inputs={})
    empty = replace(article(30), spans=())
    entries.append(Entry("validation", empty, [empty]))
    write_dataset(Path("no-gold"), entries, ONTOLOGY, ConversionReport(), gold_policy="test", inputs={})
    assert refused("curve", "r.yaml", "--dataset", "train-only", "--out", "c") == (
        "Error: train-only: no split 'validation'; there are train\n"
    )
    assert refused("curve", "r.yaml", "--dataset", "no-gold", "--out", "c") == (
        "Error: no-gold: split 'validation' has no spans to score on; make splits with: eventcorpus split\n"
    )
    assert not Path("c").exists()


def test_a_dry_run_says_how_many_trainings_and_how_long_and_writes_nothing(
    two_trainings: tuple[str, ...],
) -> None:
    before = contents(".")
    code, stdout, _ = run(*two_trainings, "--shares", "20,50,100", "--dry-run")
    first, second = stdout.splitlines()
    assert code == 0
    assert first == "3 trainings, 2 of them done: 3 shares (4, 10, 20 articles), 1 seed each; about 10 steps each"
    assert second.endswith("s each)") and second.startswith("about ")
    assert contents(".") == before


def test_shares_that_are_no_numbers_are_wrong_usage(here: Path) -> None:
    code, _, stderr = run("curve", "r.yaml", "--out", "c", "--shares", "10;20")
    assert code == 2
    assert stderr.splitlines()[-1] == (
        "Error: Invalid value for '--shares': '10;20' is no list of percent, such as 10,20,40,70,100"
    )
