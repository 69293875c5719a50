"""What the work on a recording, a picture or a document will cost, before it begins. Pure.

The engines' own charges are asked as for a finished asset: with the renditions that will be made, and as many words as
people speak in the time. What will be said is not known, so this is a guess; its error is that of the number of words.
No more than four hours' words are ever made up: for a longer recording, what is charged for them is taken as often.
"""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any

from chalicelib.domain import presets
from chalicelib.domain.ai_options import BIOMETRIC, AiOptions
from chalicelib.domain.assets import Again, Asset, AssetRef, BranchState, BranchStatus, Options, Rendition, Status
from chalicelib.domain.costs import Cost
from chalicelib.domain.media import AudioStream, MediaInfo, Picture, VideoStream
from chalicelib.engines.costs import REQUESTS, PaidWork, cost, prices
from chalicelib.engines.registry import chosen, module_of
from chalicelib.pipeline import moderation
from chalicelib.pipeline.again import RENDITIONS, SOUND, VISION
from chalicelib.pipeline.plan import kind_of, over_fallback
from chalicelib.seams.answering import ANSWERING
from chalicelib.seams.seam import Seam
from chalicelib.seams.transcoding import TRANSCODING
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.settings import Settings
from chalicelib.speech.transcripts import Segment, Transcript, Word

WORDS_A_MINUTE = 150
"""How fast people talk in public: 120 to 180 by most accounts
(https://en.wikipedia.org/wiki/Words_per_minute#Speech_and_listening)."""

_WORD = "spoken"  # about as long as an English word with its space
_SENTENCE_WORDS = 15
_LONGEST_TALK = 4 * 3600.0
"""Seconds of which the words are made up: 36 000 of them."""

WORDS_A_PAGE = 500
"""Of a document: about what stands on a full page, single-spaced
(https://en.wikipedia.org/wiki/Words_per_page)."""

A_PICTURE = MediaInfo("jpeg", 0.0, picture=Picture(1920, 1080))
"""A usual one."""

_NOBODYS = Asset(AssetRef("nobody", "00000000"), "", "", Status.PROCESSING, 0.0)


def media_of(duration: float, *, video: bool) -> MediaInfo:
    """A recording of which only its length in seconds is known, and whether it has a picture: a usual one."""
    picture = VideoStream(1920, 1080, 25.0) if video else None
    return MediaInfo("mp4", duration, picture, AudioStream("aac", 48_000, 2))


A_FILM = media_of(60.0, video=True)
"""A minute of a usual one."""


def document_of(pages: int) -> MediaInfo:
    """A document of which only the number of its pages is known."""
    return MediaInfo("pdf", 0.0, pages=pages)


def done_of(options: AiOptions, settings: Settings, media: MediaInfo) -> AiOptions:
    """What will be done with such a file of what is asked for, as far as the settings alone can tell."""
    done = over_fallback(options.over(settings.ai_options), media)
    return done if settings.biometrics else done.without(*BIOMETRIC)


def estimate(media: MediaInfo, options: Options, settings: Settings, again: Again | None = None) -> Cost:
    """What the whole work on such a file would cost; without what is taken over of a version before."""
    talk = _talk(media)
    as_often = Decimal(talk) / Decimal(min(talk, _LONGEST_TALK)) if talk else Decimal(1)
    return cost_of(work_on(media, options, settings, again), as_often=as_often)


def work_on(media: MediaInfo, options: Options, settings: Settings, again: Again | None = None) -> PaidWork:
    """The work on such a file as it is when it is done, as far as it costs."""
    done = done_of(options.ai, settings, media)
    policed = moderation.at_start(media, settings)
    if policed is not None:
        done = replace(done, moderation=True)
    is_read = media.pages is not None and bool(done.textract)
    asset = replace(
        _NOBODYS,
        options=options,
        done=done,
        media=media,
        kind=kind_of(media),
        renditions=planned_renditions(media, options),
        branches={} if is_read else {"document": BranchState(BranchStatus.SKIPPED)},
        moderation=policed,
        again=again,
    )
    has_words = is_read or (media.audio is not None and done.transcribe)
    words = _transcript(min(_talk(media), _LONGEST_TALK)) if has_words else None
    return PaidWork(asset, words, settings, hears_upload=hears_upload(settings))


def _without_what_is_taken_over(work: PaidWork) -> PaidWork:
    """The work as far as it was done: what came from the version before was paid for there."""
    asset = work.asset
    taken = asset.again.taken if asset.again is not None else ()
    if RENDITIONS in taken:
        asset = replace(asset, renditions=())
    if VISION in taken:
        asset = replace(asset, branches={**asset.branches, VISION: BranchState(BranchStatus.SKIPPED)})
    return replace(work, asset=asset, hears_upload=work.hears_upload or SOUND in taken)


def hears_upload(settings: Settings) -> bool:
    """Whether what transcribes does so in a job that it shares with others, which takes the upload as it is."""
    name = settings.engines[TRANSCRIPTION]
    return name is not None and module_of(TRANSCRIPTION, name).SHARED_JOB is not None


def _talk(media: MediaInfo) -> float:
    """Seconds that it takes to say what is in it: of a document, to read it aloud."""
    if media.pages is None:
        return media.duration
    return media.pages * WORDS_A_PAGE / WORDS_A_MINUTE * 60


def cost_of(work: PaidWork, as_often: Decimal = Decimal(1)) -> Cost:
    """What the engines charge for `work`, and what the pipeline itself uses; what is charged for words, `as_often`."""
    work = _without_what_is_taken_over(work)
    engines = list(chosen(work.settings))
    charged = [
        {item: used * (as_often if seam.is_paid_by_words else 1) for item, used in engine.charges(work).items()}
        for seam, engine in engines
    ]
    own = (engine.PRICES for _, engine in engines if engine.PRICES)
    return cost([*charged, *_own_requests(work.settings)], prices(*own))


def cost_of_some(
    asset: Asset, transcript: Transcript, seams: Collection[Seam[Any]], settings: Settings, languages: int = 0
) -> Cost:
    """What the engines behind these `seams` charge for `transcript`, which is corrected, or translated, once more."""
    return _charged(PaidWork(asset, transcript, settings, languages=languages), seams)


def cost_of_clip(asset: Asset, preset: presets.Preset, seconds: float, settings: Settings) -> Cost:
    """What it costs to cut so many seconds out of `asset`."""
    plan = presets.plan(preset, asset.media) if asset.media else None
    size = (plan.video.width, plan.video.height) if plan and plan.video else (None, None)
    made = (Rendition(preset.name, "", 0, seconds, *size),) if plan else ()
    return _charged(PaidWork(replace(asset, renditions=made, media=None), None, settings), [TRANSCODING])


def cost_of_question(asked_bytes: int, settings: Settings) -> Cost:
    """What it costs to look for an answer in so many bytes."""
    return _charged(PaidWork(_NOBODYS, None, settings, asked_bytes=asked_bytes), [ANSWERING])


def _charged(work: PaidWork, seams: Collection[Seam[Any]]) -> Cost:
    """What the engines behind some seams charge for `work`, and nothing else."""
    engines = [engine for seam, engine in chosen(work.settings) if seam in seams]
    own = (engine.PRICES for engine in engines if engine.PRICES)
    return cost([engine.charges(work) for engine in engines], prices(*own))


def minutes_of(transcript: Transcript) -> Decimal:
    """How long it takes to say so much, by its letters, which is what engines that read are paid by: a minute at least,
    since no request is for nothing.
    """
    letters = sum(len(word.text) + 1 for word in transcript.words())
    return max(Decimal(1), (Decimal(letters) / (WORDS_A_MINUTE * (len(_WORD) + 1))).quantize(Decimal("0.01")))


def planned_renditions(media: MediaInfo, options: Options) -> tuple[Rendition, ...]:
    """The renditions that will be made of such a recording, as far as they cost: without keys and bytes."""
    renditions = []
    for plan in presets.chosen(options.presets, media):
        size = (plan.video.width, plan.video.height) if plan.video else (None, None)
        renditions.append(Rendition(plan.preset.name, "", 0, plan.seconds, *size))
    return tuple(renditions)


def _own_requests(settings: Settings) -> list[dict[str, Decimal]]:
    """What the pipeline itself is charged for: nothing by the embedded AWS, where others than AWS do all the work."""
    return [dict(REQUESTS)] if any(name and "." not in name for name in settings.engines.values()) else []


def _transcript(seconds: float) -> Transcript:
    pace = 60 / WORDS_A_MINUTE
    count = int(seconds / pace)
    words = [Word(number * pace, (number + 1) * pace, _WORD) for number in range(count)]
    cuts = range(0, count, _SENTENCE_WORDS)
    segments = tuple(Segment(tuple(words[start : start + _SENTENCE_WORDS])) for start in cuts)
    return Transcript(segments, "en-US")  # every engine tells the language
