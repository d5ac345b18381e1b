from pathlib import Path

import pytest

from eventcorpus.errors import RecipeError
from eventcorpus.training.recipe import Recipe, check_recipe, read_recipe, recipe_yaml


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
        ({"max_length": 64, "stride": 40}, "r: stride 40 is more than half of max_length 64; lower it"),
    ],
)
def test_a_wrong_recipe_is_refused_with_the_way_out(data: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError) as raised:
        check_recipe(data, place="r")
    assert str(raised.value) == message


def test_defaults_are_a_valid_recipe() -> None:
    assert check_recipe(vars(Recipe()), place="r") == Recipe()
