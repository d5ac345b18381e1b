"""Messages of errors."""

from eventcorpus.errors import InputError


def test_a_name_that_is_too_long_for_a_line_is_cut() -> None:
    path = "/data/" + "folder/" * 70
    assert str(InputError(f"{path}: no key {'k' * 5000} in it")) == f"{path}: no key {'k' * 100}... in it"
