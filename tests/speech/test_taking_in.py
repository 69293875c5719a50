"""Captions of others get the times of what was heard: each of their words, whatever was misheard, moved or missing."""

import json
import random
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from chalicelib.speech.cue_files import FileCue, Said, read
from chalicelib.speech.taking_in import TakenIn, correction_of, take_in
from chalicelib.speech.transcribe_json import read_transcript
from chalicelib.speech.transcripts import Confirmation, Segment, Transcript, Word

ADA = Confirmation("ada", 100.0)


def speech(words: int, seed: int, vocabulary: int = 1500) -> list[Word]:
    """Somebody talks: words come up as often as in a language, a sentence of some ten of them, with pauses."""
    chance = random.Random(seed)
    known = [f"w{seed}x{number}" if number > 40 else f"the{number}" for number in range(vocabulary)]
    weights = [1 / (number + 1) for number in range(vocabulary)]
    said, now = list[Word](), 1.0
    for number, text in enumerate(chance.choices(known, weights, k=words)):
        end = now + chance.uniform(0.15, 0.5)
        ends = chance.random() < 0.1 or number == words - 1
        said.append(Word(round(now, 3), round(end, 3), text, 0.9, "." if ends else "", "spk_0"))
        now = end + (chance.uniform(0.3, 1.2) if ends else 0.05)
    return said


def misheard(words: list[Word], share: float, seed: int = 1) -> Transcript:
    """What an engine makes of it: so many of the words are wrong, some are missing, and it hears some that are none."""
    chance = random.Random(seed)
    heard = []
    for word in words:
        fate = chance.random()
        if fate < share * 0.7:
            heard.append(replace(word, text=f"no{chance.randrange(10_000)}"))
        elif fate > share * 0.85:
            heard.append(word)
        if share * 0.85 > chance.random() > share * 0.7:
            heard.append(replace(word, text="eh", start=word.end, end=word.end))
    return Transcript((Segment(tuple(heard)),), "en")


def cues(words: list[Word], each: int = 7, shift: float = 0.0, speed: float = 1.0) -> list[FileCue]:
    rows = [words[at : at + each] for at in range(0, len(words), each)]
    return [
        FileCue(
            row[0].start * speed + shift,
            row[-1].end * speed + shift,
            (Said(" ".join(word.written for word in row)),),
        )
        for row in rows
    ]


def late(taken: TakenIn, words: list[Word]) -> list[float]:
    """By how much each word is off, in seconds."""
    assert [word.written for word in taken.words] == [word.written for word in words]
    return sorted(abs(mine.start - theirs.start) for mine, theirs in zip(taken.words, words, strict=True))


@pytest.mark.parametrize("share", [0.0, 0.15, 0.4])
@pytest.mark.parametrize(("shift", "speed"), [(0.0, 1.0), (-30.0, 1.0), (12.5, 1.0), (0.0, 25 / 24), (3.0, 24 / 25)])
def test_each_word_has_its_time_though_much_was_misheard_and_the_cues_are_off(
    share: float, shift: float, speed: float
) -> None:
    words = speech(2500, 7)
    taken = take_in(misheard(words, share), cues(words, shift=shift, speed=speed), words[-1].end + 5)
    off = late(taken, words)
    assert off[len(off) // 2] < 0.01, "the middle one, in seconds"
    assert off[int(len(off) * 0.95)] < (0.05, 0.8, 2.5)[(share > 0) + (share > 0.2)]
    assert taken.is_likely
    assert taken.share == pytest.approx(1 - share * 0.85, abs=0.06)
    if speed == 1.0:
        assert taken.shift == pytest.approx(-shift, abs=0.5)
    assert all(word.start <= word.end for word in taken.words)
    assert all(one.start <= other.start + 1e-9 for one, other in pairwise(taken.words))
    assert sum(taken.lines) == len(words)


def test_what_was_not_heard_stands_within_its_cue() -> None:
    heard = Transcript((Segment((Word(1.0, 1.4, "Good"), Word(1.5, 1.9, "day", 0.9, "."), Word(9.0, 9.4, "Bye"))),))
    taken = take_in(heard, [FileCue(0.9, 2.2, (Said("Good morning, day."),)), FileCue(5.0, 6.0, (Said("La la la."),))])
    times = [(word.written, round(word.start, 2), round(word.end, 2)) for word in taken.words]
    assert times == [
        *[("Good", 1.0, 1.4), ("morning,", 1.4, 1.5), ("day.", 1.5, 1.9)],
        *[("La", 5.0, 5.33), ("la", 5.33, 5.67), ("la.", 5.67, 6.0)],
    ]
    assert (taken.agree, taken.unsaid, taken.lines) == (2, 1, (3, 3))


@pytest.mark.parametrize("words", [20, 300, 3000])
def test_another_recording_or_another_language_is_told(words: int) -> None:
    heard = misheard(speech(words, 7), 0.1)
    same_language = take_in(heard, cues(speech(words, 8)))
    assert not same_language.is_likely
    assert same_language.share <= 0.2
    other = take_in(
        heard, [FileCue(one.start, one.end, (Said("mais oui bien sûr"),)) for one in cues(speech(words, 7))]
    )
    assert (other.agree, other.is_likely) == (0, False)


def test_speakers_are_those_of_the_file_or_else_those_that_were_heard() -> None:
    words = [
        *(Word(at / 2, at / 2 + 0.4, text, speaker="spk_0") for at, text in enumerate(["we", "need", "the", "bus"])),
        *(Word(at / 2, at / 2 + 0.4, text, speaker="spk_1") for at, text in enumerate(["no", "we", "do", "not"], 4)),
    ]
    heard = Transcript((Segment(tuple(words[:4])), Segment(tuple(words[4:]))))
    _, plain = read("1\n00:00:00,000 --> 00:00:04,000\n- We need the bus.\n- No, we do not!")
    taken = take_in(heard, plain)
    assert [word.speaker for word in taken.words] == ["spk_0"] * 4 + ["spk_1"] * 4
    assert taken.lines == (4, 4)
    _, named = read("WEBVTT\n\n00:00.000 --> 00:04.000\n<v Ada  &lt;b>We need the\nbus.</v><v Bob>No, we do not!")
    assert [word.speaker for word in take_in(heard, named).words] == ["Ada <b"] * 4 + ["Bob"] * 4


def test_scripts_without_spaces_are_compared_by_their_letters() -> None:
    heard = Transcript((Segment((Word(1.0, 2.0, "今日"), Word(2.0, 2.5, "は"), Word(2.5, 3.5, "晴れ"))),), "ja")
    taken = take_in(heard, [FileCue(0.8, 3.8, (Said("今日は\n雨です。"),))])
    assert (taken.agree, taken.unsaid) == (3, 2)
    made = read_transcript(json.loads(correction_of(heard, taken, "job", "name", "a.srt").texts["json"]))
    assert made.text == "今日は雨です。", "a line that breaks for want of room leaves no space"
    assert made.duration <= 3.8


def test_nobody_stands_behind_what_a_file_says() -> None:
    heard = Transcript((Segment((Word(0, 1, "One", 0.5, confirmed=ADA), Word(1, 2, "two"), Word(2, 3, "three"))),))
    taken = take_in(heard, [FileCue(0, 3, (Said("One, two four"),))])
    assert [word.confirmed for word in taken.words] == [None] * 3
    same = take_in(heard, [FileCue(0, 3, (Said("One two three"),))])
    assert [word.confirmed for word in same.words] == [ADA, None, None]
    assert [word.confidence for word in same.words] == [0.5, 1.0, 1.0]
    assert correction_of(heard, same, "job", "name", "a").text == heard.fingerprint, "the same is said"


def test_where_nothing_was_heard_the_cues_tell_all() -> None:
    taken = take_in(Transcript(()), [FileCue(2, 4, (Said("One two"),)), FileCue(90, 95, (Said("three"),))], 10.0)
    assert [(word.start, word.end) for word in taken.words] == [(2, 3), (3, 4), (10, 10)], "no later than its end"
    assert not taken.is_likely


REPEATED = ("no", "yes", "no", "no", "oh")


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        (speech(40_000, 7, 20_000), speech(40_000, 8, 20_000)),
        (
            [Word(at, at, "no") for at in range(40_000)],
            [Word(at, at, "no" if at % 2 else "yes") for at in range(40_000)],
        ),
        (
            [Word(at, at, REPEATED[at * at % 5]) for at in range(40_000)],
            [Word(at, at, REPEATED[at * at * at % 3]) for at in range(40_000)],
        ),
    ],
    ids=["hours", "two words", "a few words"],
)
def test_the_longest_files_take_seconds(heard: list[Word], written: list[Word]) -> None:
    transcript, rows = Transcript((Segment(tuple(heard)),)), cues(written)
    began = time.process_time()
    take_in(transcript, rows)
    assert time.process_time() - began < 20, "seconds, on a machine that others use too; a request may take 29"
