from pathlib import Path

import pytest
import yaml

from eventcorpus.errors import RecipeError
from eventcorpus.training.recipe import Recipe, check_recipe, limits, ordered_keys, read_recipe, recipe_yaml


def test_a_resolved_recipe_reads_back_as_itself(tmp_path: Path) -> None:
    recipe = check_recipe({"learning_rate": 3e-4, "encoder": "some/model"}, place="here")
    (tmp_path / "recipe.yaml").write_text(recipe_yaml(recipe))
    assert read_recipe(tmp_path / "recipe.yaml") == recipe


def test_a_rate_without_a_dot_is_a_number_and_not_text(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("learning_rate: 6e-4\n")
    assert read_recipe(tmp_path / "recipe.yaml").learning_rate == 0.0006


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"learning_rat": 1e-4}, "r: unknown key 'learning_rat'; did you mean 'learning_rate'"),
        ({"num_train_epochs": "five"}, "r: num_train_epochs is 'five', it must be a whole number"),
        ({"num_train_epochs": True}, "r: num_train_epochs is True, it must be a whole number"),
        ({"learning_rate": "fast"}, "r: learning_rate is 'fast', it must be a number"),
        ({"freeze_word_embeddings": "yes"}, "r: freeze_word_embeddings is 'yes', it must be true or false"),
        ({"dropout": 1.5}, "r: dropout is 1.5, it must lie between 0 and 0.9"),
        ({"decoder": "crf"}, "r: decoder is 'crf', it must be one of viterbi, argmax"),
        (
            {"eval_strategy": False},
            'r: eval_strategy is False, it must be one of epoch, steps, no, in quotes ("no" without them is false in YAML)',
        ),
        ({"max_length": 64, "stride": 40}, "r: stride 40 is more than half of max_length 64; lower it"),
    ],
)
def test_a_wrong_recipe_is_refused_with_the_way_out(data: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError) as raised:
        check_recipe(data, place="r")
    assert str(raised.value) == message


def test_a_changed_copy_is_checked_and_leaves_the_recipe_as_it_was() -> None:
    recipe = Recipe(seed=1)
    assert recipe.replace(seed=2) == Recipe(seed=2) and recipe == Recipe(seed=1)
    with pytest.raises(RecipeError, match="recipe: num_train_epochs is 0, it must lie between 1 and 1000"):
        recipe.replace(num_train_epochs=0)
    with pytest.raises(RecipeError, match="recipe: unknown key 'num_epochs'; did you mean 'num_train_epochs'"):
        recipe.replace(num_epochs=3)


def test_keys_that_most_people_set_come_first() -> None:
    common, expert = recipe_yaml(Recipe()).split("# for experts\n")
    assert list(yaml.safe_load(common)) == [
        "encoder", "dataset", "languages", "output_dir", "seed", "num_train_epochs", "learning_rate",
        "per_device_train_batch_size", "gradient_accumulation_steps", "heads", "max_length", "stride", "early_stopping_patience", "load_best_model_at_end",
    ]  # fmt: skip
    assert list(yaml.safe_load(common) | yaml.safe_load(expert)) == ordered_keys()


def test_every_key_has_a_meaning_and_every_number_has_limits() -> None:
    for key, field in Recipe.model_fields.items():
        assert field.description, key
        assert (limits(key) is not None) == (field.annotation in (int, float)), key


def test_defaults_are_a_valid_recipe() -> None:
    assert check_recipe(dict(Recipe()), place="r") == Recipe()


def test_languages_are_codes_or_names_and_norwegian_needs_quotes() -> None:
    assert check_recipe({"languages": "en, French, pt-BR"}, place="r").items_of("languages") == [
        "en",
        "French",
        "pt-BR",
    ]
    with pytest.raises(RecipeError, match="r: languages has 'Klingonese', which is no code of a language"):
        check_recipe({"languages": "en, Klingonese"}, place="r")
    with pytest.raises(RecipeError, match=r'r: languages is False, it must be text, in quotes \("no" without them'):
        check_recipe(yaml.safe_load("languages: no"), place="r")
