"""What the job that does several things for a run is done with on this machine: see `container/contract.py`.

The words are heard by Whisper, or by PocketSphinx where there is none; whose they are tells sherpa-onnx, where it is
here. Pictures are judged by the model of the pack `vision`, sentences by what this machine's engine of toxicity goes
by, and a text is summed up by its own sentences.

It runs in the job's process, which has no keys and nothing to ask for them (`gpu_job.py`).
"""

import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from chalicelib.errors import EngineError, LanguageNotRead
from chalicelib.speech.speakers import labelled
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Segment, Transcript, Word, is_mark, is_spaced
from container.contract import Heard, HeardSegment, HeardWord, ModelsMissing, SeenLabel
from local.jobs import LocalJob
from local.models import speakers as speaker_models
from local.models import vision as vision_models
from local.models import whisper

WHISPER_MODEL = "RAPPORTEUR_WHISPER_MODEL"
SPEAKERS = "RAPPORTEUR_JOB_SPEAKERS"
"""Is "none" where nobody wants to know who says what."""

LINES = "RAPPORTEUR_JOB_LINES"
"""Names the file that lines are written to as they are heard, if somebody reads them: [start, "text"], a line each."""

_WORDS_SHARE = 0.6
"""How much of the time of both it takes to hear the words, the rest being for telling whose they are."""

_ALIKE = 8.0
"""How much lighter or darker, of 255, a still may be than the one before, whose judgement then holds for it too."""

_UNHEARD = "en"
"""The language that sentences are taken for whose language nobody knows."""

_SPEAKER = re.compile(r"(?<!\S)(spk|ch)_\d+:(?!\S)")
_LONGEST = 80  # words without the end of a sentence


def create() -> "LocalModels":
    """The models; each is loaded once it is asked for."""
    return LocalModels()


class LocalModels:
    """See `container.contract.Models`."""

    def look(self, pictures: Iterable[Path]) -> Iterator[list[SeenLabel]]:
        """How indecent each picture is."""
        from local.engines import _nudity

        if not vision_models.has(*_nudity.PACKAGES):
            raise ModelsMissing(f"The pack vision is not on this machine: {vision_models.COMMAND} brings it.")
        from local.engines import _frames

        try:
            judge = _nudity.Judge(os.cpu_count() or 1)
        except (LookupError, ValueError) as exc:
            raise ModelsMissing(f"{exc} is not what was published: make clean, then make, installs it anew.") from exc
        unchanged = _frames.Unchanged(_ALIKE)
        seen: list[SeenLabel] = []
        for picture in pictures:
            pixels = _frames.of_picture("jpeg", picture).pixels
            if not unchanged(pixels):
                seen = [SeenLabel(_nudity.LABEL, "", round(100 * judge.indecency(pixels), 2))]
            yield seen

    def hear(
        self,
        sound: Path,
        language: str | None,
        speakers: int | None,
        progress: Callable[[float], None],
        terms: Sequence[str] = (),
    ) -> Heard:
        """What is said, and where the weights for it are here, who says it."""
        is_told = speakers != 1 and os.environ.get(SPEAKERS) != "none"
        tells = is_told and speaker_models.is_there()
        share = _WORDS_SHARE if tells else 1.0
        running = _Running(sound.parent, lambda fraction: progress(share * fraction))
        words, told = _words(sound, language, running, terms)
        said = read_transcript(transcribe_document("", words, told))
        left_out = () if tells or not is_told else ("speakers",)
        if tells and words:
            from local.engines.sherpa_onnx import SherpaDiarizer

            running = _Running(sound.parent, lambda fraction: progress(share + (1 - share) * fraction))
            try:
                turns, _ = SherpaDiarizer(speaker_models.WEIGHTS.place).listen(sound, speakers, running)
            except (EngineError, RuntimeError):  # the latter is sherpa-onnx's own: the words are as good without
                left_out = ("speakers",)
            else:
                labels, _ = labelled(said, turns)
                said = read_transcript(transcribe_document("", labels, told))
        progress(1.0)
        return Heard(tuple(map(_segment, said.segments)), told if words else language, left_out)

    def rate(self, sentences: Sequence[str], language: str | None) -> list[dict[str, float]]:
        """How hurtful each sentence is, by what this machine's own engine goes by."""
        from local.engines.toxicity import rate

        try:
            rated = rate(sentences, language or _UNHEARD)
        except LanguageNotRead as exc:
            raise ModelsMissing(exc.message) from exc
        return [{kind.value: score for kind, score in one.items()} for one in rated]

    def sum_up(self, text: str, language: str | None) -> str:
        """The sentences that are most central in it."""
        from local.engines.textrank import TextRankSummarizer

        segments = tuple(map(Segment, _sentences(text)))
        return TextRankSummarizer().summarize(Transcript(segments, language)).text if segments else ""


class _Running(LocalJob):
    """What engines here tell how far they are, and what they have heard so far."""

    def __init__(self, folder: Path, tell: Callable[[float], None]) -> None:
        super().__init__("", folder, threading.Event())
        self._tell = tell
        self._written = 0

    def progress(self, fraction: float) -> None:
        """Say how much of the work is done, from 0 to 1."""
        super().progress(fraction)
        self._tell(self.fraction)
        if self._written < len(self.heard) and (lines := os.environ.get(LINES)):
            with Path(lines).open("a", encoding="utf-8") as file:
                for line in self.heard[self._written :]:
                    file.write(json.dumps([line.start, line.text]) + "\n")
            self._written = len(self.heard)


def _words(sound: Path, language: str | None, running: LocalJob, terms: Sequence[str]) -> tuple[list[Word], str | None]:
    """The words, and their language. Raises ModelsMissing where nothing here hears that language."""
    named = os.environ.get(WHISPER_MODEL)
    if whisper.is_there(named):
        from local.engines.faster_whisper import FasterWhisperTranscriber

        try:
            return FasterWhisperTranscriber(named or str(whisper.WEIGHTS.place)).transcribe(
                sound, language, running, terms
            )
        except EngineError as exc:  # all that it says is of its model
            raise ModelsMissing(exc.message) from exc
    from local.engines import pocketsphinx

    if language and not pocketsphinx.hears(language):
        raise ModelsMissing(f"{whisper.WEIGHTS.title} is not on this machine. {whisper.WEIGHTS.instead}")
    return pocketsphinx.PocketSphinxTranscriber().transcribe(sound, running), language or pocketsphinx.LANGUAGE


def _segment(said: Segment) -> HeardSegment:
    words = tuple(HeardWord(word.written, word.start, word.end, word.confidence, word.speaker) for word in said.words)
    return HeardSegment(said.start, said.end, words, said.speaker)


def _sentences(text: str) -> Iterator[tuple[Word, ...]]:
    sentence: list[Word] = []
    for number, written in enumerate(_written(text)):
        bare = written.rstrip("".join(filter(is_mark, written)))
        word = Word(number, number, bare, punctuation=written[len(bare) :]) if bare else Word(number, number, written)
        sentence.append(word)
        if word.ends_sentence or len(sentence) >= _LONGEST:
            yield tuple(sentence)
            sentence = []
    if sentence:
        yield tuple(sentence)


def _written(text: str) -> Iterator[str]:
    """The words of a text with their marks, without who says them; of a script without spaces, its signs."""
    for piece in _SPEAKER.sub("", text).split():
        word = ""
        for char in piece:
            if word and not is_spaced(word[-1], char) and not is_mark(char):
                yield word
                word = char
            else:
                word += char
        yield word
