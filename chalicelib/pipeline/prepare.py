"""Before anything is planned or paid: what of all that was asked for can be done with this file, now and here.

What cannot be done is left out of this run, and a note says why. What was asked for stays as it was: the next run
decides anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.domain import presets
from chalicelib.domain.ai_options import BIOMETRIC, CAPTURE_RATES, DYNAMIC, NO_FRAMES, AiOptions, capture_rate
from chalicelib.domain.assets import Asset, MediaKind
from chalicelib.domain.media import MediaInfo, VideoStream
from chalicelib.domain.moderation import Moderation
from chalicelib.domain.releases import ReleaseKind
from chalicelib.message import Message
from chalicelib.pipeline import moderation
from chalicelib.pipeline.plan import kind_of, over_fallback
from chalicelib.seams.documents import DOCUMENTS
from chalicelib.seams.entities import ENTITIES
from chalicelib.seams.language import LANGUAGE
from chalicelib.seams.options import SettlesOptions
from chalicelib.seams.run_job import SharesJob
from chalicelib.seams.seam import Seam
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.seams.vision import VISION, Looking, ReadsSomeFilms, SaysWhyNot, VisionAnalyzer, looking
from chalicelib.services import Services
from chalicelib.settings import Settings
from chalicelib.vision.detections import Detection

NAMES = {
    "celeb": Message("seek-celebrities", "Celebrities"),
    "face": Message("seek-faces", "Faces"),
    "facematch": Message("seek-known-people", "Known people"),
    "label": Message("seek-labels", "Things and scenes"),
    "moderation": Message("seek-moderation", "Sensitive content"),
    "person": Message("seek-person", "Paths of people"),
    "text": Message("seek-text", "Text on screen"),
    "segment": Message("seek-segments", "Shots, black frames and credits"),
    "customlabel": Message("seek-custom-labels", "Things you taught it to see"),
    "customentity": Message("seek-custom-entities", "Custom entities"),
    "toxicity": Message("seek-toxicity", "Hurtful words"),
    "textract": Message("seek-document", "What is written"),
    "framebased": Message("seek-in-stills", "Looking at stills"),
    "custom_vocabulary": Message("custom-vocabulary", "The custom vocabulary"),
    "custom_language_model": Message("custom-language-model", "The custom language model"),
}
"""What is left out, as notes name it."""

NOT_ALLOWED = Message("not-allowed-here", "Left out: %(what)s. This service does not look for people by their faces.")
_ENDED = Message("ended", "Left out: %(what)s. Amazon Rekognition no longer offers this since 31 October 2025.")
_NO_COLLECTION = Message("no-collection", "Left out: %(what)s. No collection of faces was named to compare with.")
_NO_MODELS = Message("no-models", "Left out: %(what)s. No model was named to look with.")
_NO_RECOGNIZER = Message("no-recognizer", "Left out: %(what)s. No recogniser was named to look with.")
_ONLY_IN_STILLS = Message(
    "only-in-stills",
    "Left out: %(what)s. In a film they are looked for in stills, and nobody said how far apart these are to be.",
)
_NO_MODE = Message("no-capture-mode", "Left out: %(what)s. Nobody said how far apart the stills are to be.")
_NOT_RELEASED = Message("not-released", "Left out: %(what)s. There is nothing released to you under the name %(name)s.")
_NO_ENGINE = Message("nothing-can", "Left out: %(what)s. Nothing in this service can do that.")
_LEFT_OUT = Message("left-out", "Left out: %(what)s. %(reason)s")
_DOES_NOT_FIT = Message("does-not-fit", "Left out: %(what)s. That cannot be had of a file of this kind.")

_TOO_LONG = Message(
    "too-long-to-see", "Left out: %(what)s. This film is too long to be looked at as a whole, but its stills can be."
)

_BY_STILLS = Message(
    "moderated-in-stills", "This film is looked at in stills, since sensitive content cannot be looked for otherwise."
)

_USUAL_MODE = 1
"""Of `CAPTURE_RATES`: a still every second, where nobody says how far apart they are to be."""

LOOKED_AT = (presets.WEB.name, presets.PHONE.name)
"""The renditions that are looked at where the upload cannot be: the smaller one first, which is plenty."""

_VISUAL = tuple(one.option for one in Detection)
_FITTING = {
    MediaKind.VIDEO: {*_VISUAL, "person", "transcribe", "framebased"},
    MediaKind.AUDIO: {"transcribe"},
    MediaKind.IMAGE: {*_VISUAL, "person"} - {"segment"},
    MediaKind.DOCUMENT: {"textract"},
}
"""The options that make sense for a file of each kind, of those that make none for another."""

_FILE_BOUND = frozenset().union(*_FITTING.values())
_SAID = ("keyphrase", "entity", "sentiment", "toxicity", "customentity")
"""What is looked for in words, said or written: not in a picture."""

_PAGES = frozenset({"pdf"})
_PERHAPS_PAGES = frozenset({"tiff"})
_PAGES_IF_ASKED = frozenset({"jpeg", "png"})

_ASKED_FOR_NAMES = {
    "face_collection_id": (ReleaseKind.COLLECTION, "facematch"),
    "custom_entity_recognizer": (ReleaseKind.RECOGNISER, "customentity"),
    "custom_vocabulary": (ReleaseKind.VOCABULARY, ""),
    "custom_language_model": (ReleaseKind.LANGUAGE_MODEL, ""),
}
"""The options that name something released, with its kind, and the detection that cannot be without."""

_SEAMS: tuple[Seam[Any], ...] = (VISION, TRANSCRIPTION, DOCUMENTS, LANGUAGE, ENTITIES, TOXICITY)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run goes by: the file as it is taken, the options that are `done`, and why others are not.

    `moderation` is what follows of sensitive content, None where nothing does.
    """

    media: MediaInfo
    done: AiOptions
    notes: tuple[Message, ...] = ()
    moderation: Moderation | None = None


def settle(asset: Asset, media: MediaInfo, services: Services) -> Prepared:
    """Settle what is done in the current run of `asset`. Raises EngineBusy if an engine has to be asked later."""
    asked = asset.options.ai
    default = services.settings.ai_options
    wanted = asked.over(default)
    media = as_kind(media, wanted)
    draft = _Draft(media, asked, over_fallback(wanted, media))
    draft.options = replace(
        draft.options, language_code=asked.language_code or asset.options.language or default.language_code
    )
    _fit(draft)
    _allow(draft, services)
    _resolve(draft, asset.ref.owner, services)
    _moderate(draft, asset, services)
    _look(draft, services)
    _read(draft, services)
    _ask_engines(draft, asset.ref.owner, services)
    return Prepared(media, draft.options, tuple(dict.fromkeys(draft.notes)), draft.moderation)


def as_kind(media: MediaInfo, wanted: AiOptions) -> MediaInfo:
    """The file as the document or the picture that it is to be taken for."""
    if media.container in _PAGES or media.video or media.audio:
        return media
    is_document = (media.container in _PAGES_IF_ASKED and wanted.textract is True) or (
        media.container in _PERHAPS_PAGES and wanted.textract is not False
    )
    return replace(media, pages=(media.pages or 1) if is_document else None)


def for_detection(detection: Detection, options: AiOptions, settings: Settings) -> AiOptions:
    """Settled options as a detection goes by them.

    Where a policy follows of sensitive content, it is seen from the policy's confidence on, whatever its owner asked:
    else they could hide it, by asking for the surest alone, or for so much that what is sure drowns in it.
    """
    if detection is not Detection.MODERATION or settings.moderation_policy is None:
        return options
    return replace(options, min_confidence=float(settings.moderation_confidence))


def resolved(options: AiOptions, owner: str, services: Services) -> AiOptions:
    """Settled options with the names that AWS knows in the place of the owner's; what has none is switched off."""
    draft = _Draft(MediaInfo("", 0.0), AiOptions(), options)
    return _with_real_names(draft, owner, services)[0]


def plans_looked_at(asset: Asset, media: MediaInfo) -> bool:
    """Whether a rendition of `media` is made that can be looked at in the place of the upload."""
    planned = {plan.preset.name for plan in presets.chosen(asset.options.presets, media)}
    return bool(planned & {*LOOKED_AT})


def as_rendition(media: MediaInfo) -> MediaInfo:
    """A film as its renditions are."""
    video = media.video or VideoStream(0, 0, 0.0)
    audio = media.audio and replace(media.audio, codec="aac")
    return replace(media, container="mp4", video=replace(video, codec="h264"), audio=audio)


@dataclass
class _Draft:
    """Options that are being settled: `asked` is what the owner has said of them."""

    media: MediaInfo
    asked: AiOptions
    options: AiOptions
    notes: list[Message] = field(default_factory=list)
    released: dict[tuple[ReleaseKind, str], str | None] = field(default_factory=dict)
    """What each name that was looked up is on AWS: each engine that is asked needs them again."""
    moderation: Moderation | None = None

    def looking(self, detection: Detection) -> Looking:
        """How the file is looked at for a detection."""
        return looking(detection, self.media, self.options, self.moderation)

    @property
    def kind(self) -> MediaKind:
        return kind_of(self.media)

    def wants(self, name: str) -> bool:
        return bool(getattr(self.options, name))

    def leave_out(self, names: Iterable[str], note: Message | None, **values: str | Message) -> None:
        """Switch off those of `names` that are on; the note names them."""
        gone = tuple(name for name in names if self.wants(name))
        if not gone:
            return
        self.options = self.options.without(*gone)
        if note is not None:
            self.notes.append(note.of(what=tuple(NAMES[name] for name in gone if name in NAMES), **values))


def _fit(draft: _Draft) -> None:
    """What makes no sense for such a file: only who asked for it hears of that."""
    odd = _FILE_BOUND - _FITTING[draft.kind]
    if draft.kind is MediaKind.IMAGE:
        odd |= set(_SAID)
    unsaid = {"transcribe", "keyphrase", "entity", "sentiment"}
    in_order = [name for name in (*NAMES, *sorted(unsaid)) if name in odd]
    draft.leave_out([name for name in in_order if getattr(draft.asked, name) and name not in unsaid], _DOES_NOT_FIT)
    draft.leave_out(in_order, None)


def _allow(draft: _Draft, services: Services) -> None:
    if not services.settings.biometrics:
        draft.leave_out(BIOMETRIC, NOT_ALLOWED)
    draft.leave_out(["person"], _ENDED)


def _resolve(draft: _Draft, owner: str, services: Services) -> None:
    """What was named has to be there for this account."""
    if draft.wants("facematch") and not draft.options.face_collection_id:
        draft.leave_out(["facematch"], _NO_COLLECTION)
    if draft.wants("customlabel") and not draft.options.custom_label_models:
        draft.leave_out(["customlabel"], _NO_MODELS)
    if draft.wants("customentity") and not draft.options.custom_entity_recognizer:
        draft.leave_out(["customentity"], _NO_RECOGNIZER)
    _, unknown = _with_real_names(draft, owner, services)
    for option, name in unknown:
        if option == "custom_label_models":
            left = tuple(one for one in draft.options.custom_label_models or () if one != name)
            draft.options = replace(draft.options, custom_label_models=left)
            draft.notes.append(_NOT_RELEASED.of(what=NAMES["customlabel"], name=name))
            if not left:
                draft.leave_out(["customlabel"], None)
            continue
        flag = _ASKED_FOR_NAMES[option][1]
        if flag:
            draft.leave_out([flag], _NOT_RELEASED, name=name)
        else:
            draft.notes.append(_NOT_RELEASED.of(what=NAMES[option], name=name))
        nothing: dict[str, Any] = {option: None}
        draft.options = replace(draft.options, **nothing)


def _real_name(draft: _Draft, owner: str, kind: ReleaseKind, name: str, services: Services) -> str | None:
    """What is released to the owner under a name, as AWS calls it; None if nothing is."""
    if (kind, name) not in draft.released:
        draft.released[kind, name] = services.releases.resolve(owner, kind, name)
    return draft.released[kind, name]


def _with_real_names(draft: _Draft, owner: str, services: Services) -> tuple[AiOptions, list[tuple[str, str]]]:
    """The options with the names that AWS knows, and those names that nothing is released under, by option."""
    options, unknown = draft.options, []

    for option, (kind, flag) in _ASKED_FOR_NAMES.items():
        name = getattr(options, option)
        if not name or (flag and not getattr(options, flag)):
            continue
        found = _real_name(draft, owner, kind, name, services)
        if found is None:
            unknown.append((option, name))
            options = options.without(flag) if flag else options
        named: dict[str, Any] = {option: found}
        options = replace(options, **named)
    if options.customlabel:
        models = {
            name: _real_name(draft, owner, ReleaseKind.LABELS, name, services)
            for name in options.custom_label_models or ()
        }
        unknown += [("custom_label_models", name) for name, found in models.items() if found is None]
        there = tuple(found for found in models.values() if found is not None)
        options = replace(options, custom_label_models=there, customlabel=bool(there))
    return options, unknown


def _moderate(draft: _Draft, asset: Asset, services: Services) -> None:
    """Where a policy says so, sensitive content is looked for, whatever the owner wants: in a film as a whole.

    Where that cannot be, it is in stills of it, no further apart than usual.
    """
    draft.moderation = moderation.at_start(draft.media, services.settings)
    if draft.moderation is None:
        return
    draft.options = replace(draft.options, moderation=True)
    engine, video = services.engine(VISION), draft.media.video
    if engine is None or video is None or _sees_whole(engine, draft, asset):
        return
    if not engine.can(Detection.MODERATION, Looking.FRAMES):
        return
    mode = draft.options.frame_capture_mode or NO_FRAMES
    rate = capture_rate(mode, video.frame_rate)
    # Of those stills that are left out since little changes, nobody has looked at what changed slowly.
    is_dense = rate is not None and rate >= CAPTURE_RATES[_USUAL_MODE] and mode != DYNAMIC
    draft.moderation = replace(draft.moderation, in_stills=True)
    draft.options = replace(draft.options, framebased=True, frame_capture_mode=mode if is_dense else _USUAL_MODE)
    draft.notes.append(_BY_STILLS)


def _sees_whole(engine: VisionAnalyzer, draft: _Draft, asset: Asset) -> bool:
    """Whether sensitive content can be looked for in a film as a whole: as it was uploaded, or as a rendition."""
    if not engine.can(Detection.MODERATION, Looking.FILM):
        return False
    if isinstance(engine, SharesJob) or not isinstance(engine, ReadsSomeFilms):
        return True
    if engine.reads(draft.media, asset.size or 0):
        return True
    return plans_looked_at(asset, draft.media) and engine.reads(as_rendition(draft.media), 0)


def _look(draft: _Draft, services: Services) -> None:
    """What the engine that looks can do."""
    engine = services.engine(VISION)
    if engine is None:
        _leave_out_unseen(draft, _VISUAL)
    if draft.kind is MediaKind.VIDEO and draft.options.frame_capture_mode == NO_FRAMES:
        draft.leave_out(["framebased"], _NO_MODE)
        draft.leave_out(["customlabel"], _ONLY_IN_STILLS)
    if engine is None:
        draft.leave_out(["framebased"], None)
        return
    ways = {one: draft.looking(one) for one in Detection if draft.wants(one.option)}
    unable = [one for one, way in ways.items() if not engine.can(one, way)]
    reasons = {one: engine.why_not(one) for one in unable} if isinstance(engine, SaysWhyNot) else {}
    for reason in dict.fromkeys(filter(None, reasons.values())):
        draft.leave_out([one.option for one in unable if reasons[one] == reason], _LEFT_OUT, reason=reason)
    _leave_out_unseen(draft, [one.option for one in unable])
    if isinstance(engine, ReadsSomeFilms) and not engine.reads(as_rendition(draft.media), 0):
        draft.leave_out([one.option for one, way in ways.items() if way is Looking.FILM], _TOO_LONG)
    in_stills = [one for one in Detection if draft.wants(one.option) and one is not Detection.SEGMENTS]
    if draft.moderation is not None and not draft.moderation.in_stills:
        in_stills = [one for one in in_stills if one is not Detection.MODERATION]
    if not in_stills:
        draft.leave_out(["framebased"], None)


def _leave_out_unseen(draft: _Draft, names: Sequence[str]) -> None:
    """Leave out what nothing here can look for. Where there is a policy, the end of the run says so of moderation."""
    if draft.moderation is not None:
        draft.leave_out([name for name in names if name == Detection.MODERATION.option], None)
    draft.leave_out(names, _NO_ENGINE)


def _read(draft: _Draft, services: Services) -> None:
    """What the engines that read can do."""
    if draft.wants("textract"):
        reader = services.engine(DOCUMENTS)
        if reader is None or reader.hindrance(draft.options.language_code) is not None:
            draft.leave_out(["textract"], None)  # the branch says why
    if services.engine(ENTITIES) is None:
        draft.leave_out(["customentity"], _NO_ENGINE)
    if services.engine(TOXICITY) is None:
        draft.leave_out(["toxicity"], _NO_ENGINE)


def _ask_engines(draft: _Draft, owner: str, services: Services) -> None:
    """Each engine that has work to do says what of it cannot be done; they know things by the names that AWS has."""
    for seam in _SEAMS:
        engine = services.engine(seam)
        if not isinstance(engine, SettlesOptions) or not _has_work(seam, draft):
            continue
        asked, _ = _with_real_names(draft, owner, services)
        settled = engine.settle(asked, draft.media)
        draft.notes += settled.notes
        draft.options = _in_our_names(draft.options, asked, settled.options)


def _has_work(seam: Seam[Any], draft: _Draft) -> bool:
    if seam is VISION:
        return any(draft.wants(one.option) for one in Detection)
    if seam is TRANSCRIPTION:
        return draft.wants("transcribe") and draft.media.audio is not None
    if seam is DOCUMENTS:
        return draft.wants("textract")
    if seam is ENTITIES:
        return draft.wants("customentity")
    if seam is TOXICITY:
        return draft.wants("toxicity")
    return any(draft.wants(name) for name in _SAID) and (draft.wants("transcribe") or draft.wants("textract"))


def _in_our_names(options: AiOptions, asked: AiOptions, settled: AiOptions) -> AiOptions:
    """What an engine has settled, with the owner's names for what it goes by."""
    ours: dict[str, Any] = {
        option: getattr(options, option) if getattr(settled, option) else None for option in _ASKED_FOR_NAMES
    }
    names = dict(zip(asked.custom_label_models or (), options.custom_label_models or (), strict=False))
    models = tuple(names[one] for one in settled.custom_label_models or () if one in names)
    return replace(settled, **ours, custom_label_models=models)
