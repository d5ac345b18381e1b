"""What came first is remembered, in memory or in a temporary file."""

import pytest

from eventcorpus.annotation import first_seen
from eventcorpus.annotation.first_seen import FirstSeen


@pytest.mark.parametrize("n_in_memory", [0, 3, 100])
def test_the_first_value_of_a_key_stays_wherever_it_is_kept(monkeypatch: pytest.MonkeyPatch, n_in_memory: int) -> None:
    monkeypatch.setattr(first_seen, "N_IN_MEMORY", n_in_memory)
    seen = FirstSeen()
    assert [seen.add(b"%d" % i, f"first {i}\ud800") for i in range(10)] == [None] * 10
    assert [seen.add(b"%d" % i, "second") for i in (0, 5, 9)] == ["first 0\ud800", "first 5\ud800", "first 9\ud800"]
    assert b"5" in seen and b"10" not in seen
    assert seen.add(b"10") is None and b"10" in seen
