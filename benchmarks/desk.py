"""The verify desk: what it costs to put right the uncertain words of a recording, with it and without.

The recording is made here: sentences of known words, read by four synthetic voices with noise beside them, and heard by
Whisper base. A script that knows what was said corrects every held word in Chromium, with the desk and as one does
without it: it plays the line from its start, and selects and types the word.
"""

import json
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.clarity import write
from benchmarks.measure import ROOT, SAMPLE_TEXT, WORK, Figure
from benchmarks.replayed import HEARD
from benchmarks.wer import word_error_rate, words_of
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import UNSURE_BELOW, Word
from local.engines.faster_whisper import FasterWhisperTranscriber
from local.jobs import LocalJob
from local.models.whisper import WEIGHTS
from tests.harness.media import SPEECH_RATE
from tests.local.serving import EMAIL, PASSWORD, Serving, serving, until
from tests.pages import chromium

_SECONDS = 600
_VOICES = ("awb", "rms", "kal16", "slt")
_PAUSE = 0.5  # seconds between sentences
_NOISE = 0.1  # of the loudness of the voices
_BEFORE, _AFTER = 1.2, 0.8  # seconds that the desk plays around a word: web/asset/desk/loop.js
_PATIENCE = 600.0


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic; none where there is no flite."""
    if shutil.which("flite") is None:
        return
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        said, audio = _recording(Path(folder), 45 if quick else _SECONDS)
        heard = _heard(audio, Path(folder))
        HEARD.write_text(json.dumps(transcribe_document("replayed", heard, "en")))
        served = serving(Path(folder) / "data", "--transcriber", "benchmarks.replayed", "--diarizer", "none")
        with served as server, chromium.launched() as browser:
            server.sign_in()
            effort = {way: _corrected(way, server, browser, audio, said) for way in (_at_the_desk, _without)}
    desk, without = effort[_at_the_desk], effort[_without]
    yield from _told(desk, without, said, heard)


@dataclass
class _Effort:
    """What it took: strokes of keys, clicks, seconds of playing; and what stood there at the end."""

    keys: int = 0
    clicks: int = 0
    playing: float = 0.0
    chosen: int = 0
    replaced: int = 0
    held: int = 0
    wrong_held: int = 0
    left_held: int = 0
    wrong_left: int = 0
    text: str = ""


def _told(desk: _Effort, without: _Effort, said: str, heard: Sequence[Word]) -> Iterator[Figure]:
    before = word_error_rate(said, " ".join(word.written for word in heard))
    note = f"of {len(heard)} words heard; {desk.wrong_held} of them are wrong, by what was said"
    yield Figure("held words", desk.held, "", note=note)
    hands = (desk.keys + desk.clicks) / (without.keys + without.clicks)
    note = (
        f"{desk.keys} keys and {desk.clicks} clicks, over {without.keys} and {without.clicks}; {desk.chosen} words "
        f"chosen by number, {desk.replaced} replaced with others"
    )
    yield Figure("keys and clicks at the desk, over without it", hands, "", 1.0, note)
    note = (
        f"{desk.playing:.0f} s, each word once in its surroundings, over {without.playing:.0f} s from its line's start"
    )
    yield Figure("seconds of playing at the desk, over without it", desk.playing / without.playing, "", 1.0, note)
    for name, one in (("at the desk", desk), ("without it", without)):
        note = f"{one.wrong_left} of those that were held do not say what was said; {one.left_held} are held still"
        yield Figure(f"held words left wrong, {name}", one.wrong_left + one.left_held, "", 1 + desk.held // 50, note)
        after = word_error_rate(said, one.text)
        note = f"{before:.1%} before; what is left was heard wrongly with certainty, or not at all"
        yield Figure(f"word errors left, {name}", after, "%", note=note)


# ---- the recording


def _recording(folder: Path, seconds: int) -> tuple[str, Path]:
    """What is said, and its sound."""
    sentences = [line for line in SAMPLE_TEXT.read_text().splitlines() if line]
    for name, column in (("names", 0), ("mood", 1)):
        rows = (ROOT / "benchmarks" / "labelled" / f"{name}.en.tsv").read_text().splitlines()
        sentences += [row.split("\t")[column] for row in rows if row]
    rng = np.random.default_rng(11)
    said, parts, length = [], [], 0
    for number in range(10 * len(sentences)):
        # Each sentence comes again, in another voice: names are said more than once.
        sentence = sentences[number * 7 % len(sentences)]
        voice = _VOICES[(number + number // len(sentences)) % len(_VOICES)]
        sound = _spoken(sentence, voice, folder)
        if length + len(sound) > seconds * SPEECH_RATE:
            break
        said.append(sentence)
        parts += [sound, np.zeros(round(_PAUSE * SPEECH_RATE))]
        length += len(sound) + len(parts[-1])
    sound = np.concatenate(parts)
    sound = sound / np.abs(sound).max()
    loudness = np.sqrt(np.mean(sound[sound != 0] ** 2))
    noisy = sound + rng.normal(0, _NOISE * loudness, len(sound))
    audio = folder / "recording.wav"
    write(audio, noisy / np.abs(noisy).max() * 0.9)
    return " ".join(said), audio


def _spoken(sentence: str, voice: str, folder: Path) -> "np.ndarray[Any, np.dtype[np.float64]]":
    made = folder / "sentence.wav"
    subprocess.run(["flite", "-voice", voice, "-t", sentence, "-o", made], check=True)
    return np.frombuffer(made.read_bytes()[44:], "<i2").astype(np.float64) / 32768


def _heard(audio: Path, folder: Path) -> list[Word]:
    engine = FasterWhisperTranscriber(str(WEIGHTS.place))
    return engine.transcribe(audio, "en", LocalJob("benchmark", folder, threading.Event()))[0]


# ---- what is held, and what it should be


@dataclass
class _Held:
    """A held word: its line and its place there, counted from 0; its times; words after it; what was said."""

    line: int
    word: int
    start: float
    end: float
    line_start: float
    after: int
    text: str
    truth: str
    is_done: bool = False


@dataclass
class _Heard:
    """A word of the transcript, and what was said in its place: a word, or nothing."""

    line: int
    word: int
    core: str
    truth: str
    is_held: bool


def _core(text: str) -> str:
    return re.sub(r"^\W+|\W+$", "", text)


def _key(word: str) -> str:
    return "_".join(words_of(word))


def _changes(said: str, written: str) -> int:
    """How many words have to be changed, put in or left out."""
    some = [" ".join(_key(word) for word in text.split() if words_of(word)) for text in (said, written)]
    found = jiwer.process_words(some[0], some[1])
    return int(found.substitutions + found.deletions + found.insertions)


def _words(lines: Sequence[Mapping[str, Any]], said: str) -> tuple[list[_Heard], list[_Held]]:
    """All words, and those that are held, each with what was said there."""
    reference = [word for word in said.split() if words_of(word)]
    found = [
        (at, number, word)
        for at, line in enumerate(lines)
        for number, word in enumerate(line["words"])
        if words_of(word[2])
    ]
    truths = [""] * len(found)  # of what nobody said
    heard = " ".join(_key(word[2]) for _, _, word in found)
    for part in jiwer.process_words(" ".join(map(_key, reference)), heard).alignments[0]:
        # The fewest changes: a word for a word. What was not heard at all stands for no word.
        if part.type in {"equal", "substitute"}:
            truths[part.hyp_start_idx : part.hyp_end_idx] = reference[part.ref_start_idx : part.ref_end_idx]
    words, held = [], []
    for (at, number, word), truth in zip(found, truths, strict=True):
        is_held = word[3] < UNSURE_BELOW
        words.append(_Heard(at, number, _core(word[2]), _core(truth), is_held))
        if is_held:
            line = lines[at]
            after = len(line["words"]) - number - 1
            held.append(_Held(at, number, word[0], word[1], line["start"], after, _core(word[2]), _core(truth)))
    return words, held


def _is_same(some: str, other: str) -> bool:
    return words_of(some) == words_of(other)


# ---- the two ways


def _corrected(way: Any, server: Serving, browser: Browser, audio: Path, said: str) -> _Effort:  # noqa: ANN401
    """What it takes to correct a recording of its own in a `way`."""
    asset = server.completed(server.upload(audio, presets=["audio"]), _PATIENCE)
    path = f"/assets/{asset['id']}/lines"
    lines = server.api("GET", path).json()["lines"]
    words, held = _words(lines, said)
    effort = _Effort(held=len(held), wrong_held=sum(not _is_same(one.text, one.truth) for one in held))
    storage = chromium.signed_in(server, EMAIL, PASSWORD)
    with browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US", storage_state=storage) as context:
        page = context.new_page()
        page.goto(f"{server.base}/#/sign-in")
        page.evaluate("() => localStorage.setItem('rapporteur.desk-sound', 'off')")  # what is played is worked out
        page.goto(f"{server.base}/#/asset/{asset['id']}")
        page.locator(".line").first.wait_for()
        way(page, words, held, effort)
        page.keyboard.press("Control+s")
        page.locator(".save-state.saved").wait_for(timeout=60_000)
        after = until(lambda: server.api("GET", path).json(), lambda found: found["edition"] > 0)["lines"]
    effort.text = " ".join(word[2] for line in after for word in line["words"])
    before = " ".join(word[2] for line in lines for word in line["words"])
    # A word for a word: each that is put right is one change less between what was said and what stands there.
    effort.wrong_left = effort.wrong_held - (_changes(said, before) - _changes(said, effort.text))
    return effort


def _at_the_desk(page: Page, words: Sequence[_Heard], held: Sequence[_Held], effort: _Effort) -> None:
    """From held word to held word: Enter, a number, or the word typed."""
    word = page.get_by_label("The word as it should be")
    page.keyboard.press("u")
    effort.keys += 1
    for one in held:
        if one.is_done:
            continue
        word.wait_for()
        shown = word.input_value()
        if not _is_same(shown, one.text):
            raise RuntimeError(f"the desk is at {shown!r}, not at {one.text!r}")
        effort.playing += min(one.start, _BEFORE) + one.end - one.start + _AFTER
        visit = page.locator(".desk-panel").get_attribute("data-visit")
        one.is_done = True
        if _is_same(one.text, one.truth):
            page.keyboard.press("Enter")
            effort.keys += 1
        else:
            _write(page, one, effort)
        page.wait_for_function(
            "(visit) => document.querySelector('.desk-panel')?.dataset.visit !== visit", arg=visit, timeout=10_000
        )
        _replace_others(page, one, words, held, effort)
    page.keyboard.press("Escape")
    effort.keys += 1


def _write(page: Page, one: _Held, effort: _Effort) -> None:
    choices = page.locator(".desk-choice bdi").all_inner_texts()
    for number, choice in enumerate(choices, 1):
        if one.truth and _is_same(choice, one.truth):
            page.keyboard.press(str(number))
            effort.keys += 1
            effort.chosen += 1
            return
    _type_over(page, one, effort)
    page.keyboard.press("Enter")
    effort.keys += 1


def _type_over(page: Page, one: _Held, effort: _Effort) -> None:
    """Write what was said in the place of what is selected."""
    if one.truth:
        page.keyboard.type(one.truth)
        effort.keys += len(one.truth)
    else:
        page.keyboard.press("Backspace")
        effort.keys += 1


def _replace_others(page: Page, one: _Held, words: Sequence[_Heard], held: Sequence[_Held], effort: _Effort) -> None:
    """Replace the same word elsewhere, where that is right in all places that are left."""
    done = {(each.line, each.word) for each in held if each.is_done}
    others = [each for each in words if each.core.lower() == one.text.lower() and (each.line, each.word) not in done]
    is_wrong = not _is_same(one.text, one.truth) and bool(one.truth)
    if not is_wrong or len(others) < 2 or not all(_is_same(each.truth, one.truth) for each in others):
        return
    if page.locator(".desk-notice").get_by_role("button", name="Replace all").count() == 0:
        return
    page.keyboard.press("Alt+r")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached")
    effort.keys += 2
    effort.replaced += len(others)
    replaced = {(each.line, each.word) for each in others}
    for each in held:
        each.is_done = each.is_done or (each.line, each.word) in replaced


def _without(page: Page, _: Sequence[_Heard], held: Sequence[_Held], effort: _Effort) -> None:
    """In the lines: a line's time is clicked and played, then the word is confirmed, or selected and typed."""
    page.keyboard.press("e")
    effort.keys += 1
    page.locator(".line-text[contenteditable]").first.wait_for()
    first = page.evaluate("() => Math.min(...[...document.querySelectorAll('.line')].map((one) => one.dataset.id))")
    for one in held:
        row = _row(page, first + one.line)
        row.locator(".line-time").click()
        effort.clicks += 1
        effort.keys += 2  # K, and K again once the word was heard
        effort.playing += one.end - one.line_start + _AFTER
        _select(page, first + one.line, one, is_whole=not _is_same(one.text, one.truth))
        if _is_same(one.text, one.truth):
            effort.clicks += 1
            page.keyboard.press("Alt+Shift+c")
            effort.keys += 1
            continue
        effort.clicks += 2
        _type_over(page, one, effort)
    page.keyboard.press("Escape")
    effort.keys += 1


def _row(page: Page, number: int) -> Any:  # noqa: ANN401
    """A line in sight: whoever reads down to it scrolls, which is not counted."""
    page.evaluate(
        """async (id) => {
            const scroller = document.querySelector('.scroller')
            const row = () => document.querySelector(`.line[data-id="${id}"]`)
            for (let tries = 0; tries < 400 && !row(); tries += 1) {
                scroller.scrollTop += scroller.clientHeight / 2
                await new Promise(requestAnimationFrame)
            }
            row().scrollIntoView({ block: 'center' })
            await new Promise(requestAnimationFrame)
        }""",
        number,
    )
    return page.locator(f'.line[data-id="{number}"]')


def _select(page: Page, number: int, one: _Held, *, is_whole: bool) -> None:
    """The word where it stands now: what was corrected before it in its line may have moved it."""
    page.evaluate(
        """([id, text, after, isWhole]) => {
            const own = document.querySelector(`.line[data-id="${id}"] .line-text`)
            own.focus()
            const node = own.firstChild
            const token = [...node.data.matchAll(/\\S+/g)].at(-1 - after)
            const from = token.index + Math.max(0, token[0].indexOf(text))
            getSelection().setBaseAndExtent(node, from, node, isWhole ? from + text.length : from)
        }""",
        [number, one.text, one.after, is_whole],
    )
