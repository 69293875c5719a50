"""Builds the report of a finished asset: as mail and as a page. Pure: values in, values out.

What a reader sees is written in the templates (`rendering.py`), and everything that comes from users is escaped there.
"""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from chalicelib.documents.pairs import Pair
from chalicelib.documents.tables import Table
from chalicelib.domain import keys, presets
from chalicelib.domain.analysis import Entity, LanguageAnalysis
from chalicelib.domain.assets import Asset, BranchStatus, MediaKind, Status
from chalicelib.domain.costs import Cost, by_service, sums
from chalicelib.domain.tracks import Page, Passage, Track, clock
from chalicelib.engines.costs import REQUESTS
from chalicelib.letters import timeline
from chalicelib.letters.letter import Attachment, Letter, Picture, Reader
from chalicelib.letters.rendering import COLOURS, MAX_HTML_BYTES, as_text, cut, one_line, render, shortened, shown_name
from chalicelib.letters.wording import RENDITIONS, Wording, mark, translations
from chalicelib.speech import docx
from chalicelib.speech.clarity import Clarity
from chalicelib.speech.toxicity import places_of
from chalicelib.speech.tracks import TOXICITY
from chalicelib.speech.transcripts import Transcript
from chalicelib.vision.detections import Detection
from chalicelib.vision.seen import BLACK, Sight, cuts, sights

TIMELINE_CID = "timeline@rapporteur"
"""The Content-ID (RFC 2392) under which the mail's HTML expects the picture."""

MAX_ATTACHED_BYTES = 10_000_000
"""Attachments that would make more than this together are left out of the mail, which says so. In base64 it is 14 MB,
well below what SES takes (40 MB, https://docs.aws.amazon.com/ses/latest/dg/quotas.html) and mailboxes usually allow."""

OPENING_SEGMENTS = 25
"""So many sentences of the transcript stand in the mail itself; the page has them all."""

_ENGLISH = Reader()
_CENT = Decimal("0.01")
_PREHEADER = 140
_ENTITIES_A_KIND = 12

_SUBJECTS = {
    Status.COMPLETED: mark("Report: %(name)s"),
    Status.FAILED: mark("Failed: %(name)s"),
    Status.REJECTED: mark("Rejected: %(name)s"),
    Status.HELD: mark("Held: %(name)s"),
}
_TITLES = {
    Status.COMPLETED: mark("Report"),
    Status.FAILED: mark("Failed"),
    Status.REJECTED: mark("Not accepted"),
    Status.HELD: mark("Held"),
}
_REFUSALS = {
    Status.FAILED: mark("The work on this file failed."),
    Status.REJECTED: mark("This file was not accepted."),
    Status.HELD: mark("This file waits for the decision of an administrator."),
}
_NEXT = {
    Status.FAILED: mark("To try again, upload the file once more."),
    Status.REJECTED: mark("The same file would not be accepted the next time either."),
    Status.HELD: mark(
        "An administrator will look at it, and you are told what they decide. Until then nothing that was made of it "
        "is shown to anybody. You can delete it, or upload another file in its place."
    ),
}
_BRANCHES = {
    "renditions": mark("The films, sound or pictures could not be made: %(reason)s"),
    "speech": mark("The transcript could not be made: %(reason)s"),
    "language": mark("The summary and analysis could not be made: %(reason)s"),
    "vision": mark("What is seen in it could not be found out: %(reason)s"),
    "document": mark("The document could not be read: %(reason)s"),
    "entities": mark("Your own kinds of names could not be looked for: %(reason)s"),
}
_BRANCH = mark("%(branch)s did not work: %(reason)s")
"""Of a branch that a deployment has brought."""
_CLARITY = {
    Clarity.CLEAR: mark("heard clearly"),
    Clarity.FAIR: mark("heard with some doubt"),
    Clarity.POOR: mark("heard poorly"),
}
_KINDS = {
    MediaKind.VIDEO: mark("Video"),
    MediaKind.AUDIO: mark("Audio"),
    MediaKind.IMAGE: mark("Picture"),
    MediaKind.DOCUMENT: mark("Document"),
}
_SEEN = {
    Detection.CELEBRITIES: mark("Celebrities"),
    Detection.FACES: mark("Faces"),
    Detection.FACE_MATCHES: mark("Known people"),
    Detection.LABELS: mark("Things and scenes"),
    Detection.MODERATION: mark("Sensitive content"),
    Detection.TEXT: mark("Text on screen"),
    Detection.SEGMENTS: mark("Shots, black frames and credits"),
    Detection.CUSTOM_LABELS: mark("Things you taught it to see"),
}
"""The detections, of which one line each says what was seen."""

_CUES = {
    BLACK: mark("black"),
    "ColorBars": mark("colour bars"),
    "OpeningCredits": mark("opening credits"),
    "EndCredits": mark("end credits"),
    "StudioLogo": mark("logo"),
    "Slate": mark("slate"),
}
"""Technical cues, by Rekognition's names of them."""

_NUDITY = mark("perhaps nudity or sex")
_SKIN = mark("perhaps bare skin")
_VIOLENCE = mark("perhaps violence")
_DISTURBING = mark("perhaps disturbing pictures")
_DRUGS = mark("perhaps drugs or tobacco")
_ALCOHOL = mark("perhaps alcohol")
_GESTURES = mark("perhaps rude gestures")
_GAMBLING = mark("perhaps gambling")
_HATE = mark("perhaps signs of hatred")
_SENSITIVE = mark("perhaps something else that is not for everybody")
_SOBER = {
    "Explicit": _NUDITY,
    "Explicit Nudity": _NUDITY,
    "Explicit Sexual Activity": _NUDITY,
    "Exposed Male Genitalia": _NUDITY,
    "Exposed Female Genitalia": _NUDITY,
    "Exposed Buttocks or Anus": _NUDITY,
    "Exposed Female Nipple": _NUDITY,
    "Sex Toys": _NUDITY,
    "Non-Explicit Nudity of Intimate parts and Kissing": _SKIN,
    "Non-Explicit Nudity": _SKIN,
    "Obstructed Intimate Parts": _SKIN,
    "Kissing on the Lips": _SKIN,
    "Swimwear or Underwear": _SKIN,
    "Female Swimwear or Underwear": _SKIN,
    "Male Swimwear or Underwear": _SKIN,
    "Violence": _VIOLENCE,
    "Weapons": _VIOLENCE,
    "Graphic Violence": _VIOLENCE,
    "Weapon Violence": _VIOLENCE,
    "Physical Violence": _VIOLENCE,
    "Self-Harm": _VIOLENCE,
    "Blood & Gore": _VIOLENCE,
    "Explosions and Blasts": _VIOLENCE,
    "Visually Disturbing": _DISTURBING,
    "Death and Emaciation": _DISTURBING,
    "Crashes": _DISTURBING,
    "Drugs & Tobacco": _DRUGS,
    "Products": _DRUGS,
    "Drugs & Tobacco Paraphernalia & Use": _DRUGS,
    "Pills": _DRUGS,
    "Smoking": _DRUGS,
    "Alcohol": _ALCOHOL,
    "Alcohol Use": _ALCOHOL,
    "Alcoholic Beverages": _ALCOHOL,
    "Rude Gestures": _GESTURES,
    "Middle Finger": _GESTURES,
    "Gambling": _GAMBLING,
    "Hate Symbols": _HATE,
    "Nazi Party": _HATE,
    "White Supremacy": _HATE,
    "Extremist": _HATE,
}
"""What sensitive content is called in a mail, by Rekognition's names of it or of its parent
(https://docs.aws.amazon.com/rekognition/latest/dg/moderation-api.html): soberly, since an engine may be wrong."""

MOODS: Mapping[str, str] = {
    "positive": mark("Positive"),
    "negative": mark("Negative"),
    "mixed": mark("Mixed"),
    "neutral": mark("Neutral"),
}
"""The moods as labels, by their names in lower case."""

_OVERALL = {
    "positive": mark("Mood: positive overall"),
    "negative": mark("Mood: negative overall"),
    "mixed": mark("Mood: mixed overall"),
    "neutral": mark("Mood: neutral overall"),
}
_ENTITY_KINDS = {
    "PERSON": mark("People:"),
    "LOCATION": mark("Places:"),
    "ORGANIZATION": mark("Organisations:"),
    "COMMERCIAL_ITEM": mark("Products:"),
    "EVENT": mark("Events:"),
    "TITLE": mark("Works:"),
    "DATE": mark("Dates:"),
    "QUANTITY": mark("Quantities:"),
    "OTHER": mark("Other:"),
}
_REST = mark("Requests and the rest")
_SERVICES = {
    "mediaconvert": "MediaConvert",
    "transcribe": "Amazon Transcribe",
    "comprehend": "Amazon Comprehend",
    "bedrock": "Amazon Bedrock",
    "rekognition": "Amazon Rekognition",
    "textract": "Amazon Textract",
}
_OWN = frozenset(item.partition(".")[0] for item in REQUESTS)
"""The services that the pipeline itself uses; all others are engines', and called as in the price list if not above."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is written in a document: its paragraphs, each on its page, its tables, and the pairs of its forms."""

    paragraphs: Sequence[Passage]
    tables: Sequence[Table] = ()
    pairs: Sequence[Pair] = ()


@dataclass(frozen=True, slots=True)
class ReportData:
    """What there is to report; None for what the asset has not. `link` leads to the asset's own page.

    `tracks` are those of which there is no more to show than their passages. Of a document, `transcript_txt` is its
    text.
    """

    asset: Asset
    transcript: Transcript | None
    analysis: LanguageAnalysis | None
    summary: str | None
    captions_srt: str | None
    transcript_txt: str | None
    cost: Cost | None = None
    link: str | None = None
    tracks: Mapping[Track, Sequence[Passage]] = field(default_factory=dict)
    written: Written | None = None

    @property
    def is_still(self) -> bool:
        """Whether it is a picture or a document: there is nothing to hear in it."""
        return self.asset.media is not None and self.asset.media.is_still


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report: the letter that is mailed, and the page that stands alone, with its picture and no scripts."""

    letter: Letter
    page: str


class _Measure(NamedTuple):
    """How much of a report stands in a mail: numbers of things, and their lengths in characters."""

    segments: int
    characters: int
    summary: int = 4000
    sentences: int = 12
    sentence: int = 600
    phrases: int = 30
    phrase: int = 80
    names: int = _ENTITIES_A_KIND
    speakers: int = 12


_MEASURES = (
    _Measure(OPENING_SEGMENTS, 600),
    _Measure(OPENING_SEGMENTS, 300, summary=2000),
    _Measure(10, 300, summary=1200, sentences=6, sentence=300, phrases=15, speakers=8),
    _Measure(0, 0, summary=1200, sentences=4, sentence=300, phrases=10, phrase=40, names=4, speakers=6),
)
"""The first of these that keeps a mail's HTML small enough is taken."""

_ALL = _Measure(10**9, 10**9, 10**9, 10**9, 10**9, 10**9, 10**9, _ENTITIES_A_KIND, 10**9)


class _Section(NamedTuple):
    """Lines under a title, each with its time, who or what it is, and its text; what follows them, and where it is."""

    title: str
    lines: list[dict[str, str | None]]
    goes_on: str | None
    link: str | None = None


class _Gathered(NamedTuple):
    """What mail and page have in common: `values` for the templates, the mood over time as a PNG, and files."""

    data: ReportData
    words: Wording
    values: dict[str, Any]
    picture: bytes | None
    attachments: tuple[Attachment, ...]
    speakers: list[dict[str, str]]


def build(data: ReportData, reader: Reader = _ENGLISH) -> Report:
    """The report, for `reader`, of an asset that has come to its end: COMPLETED, FAILED, REJECTED or HELD."""
    gathered = _gather(data, reader)
    return Report(_letter(gathered), _page(gathered))


def build_letter(data: ReportData, reader: Reader) -> Letter:
    """The mail alone; unlike the page it has an end, however long the transcript is."""
    return _letter(_gather(data, reader))


def _gather(data: ReportData, reader: Reader) -> _Gathered:
    asset, analysis = data.asset, data.analysis
    words = Wording.of(reader)
    name = shown_name(asset)
    attachments, left_out = _attachments(data, reader.attachments)
    picture = (
        timeline.draw(analysis.segments, _length(asset))
        if analysis and analysis.segments and not analysis.on_pages
        else None
    )
    values: dict[str, Any] = {
        "words": words,
        "reader": reader,
        "subject": words.gettext(_SUBJECTS[asset.status], name=shortened(name)),
        "why": why(reader, words, mark("Sent by Rapporteur, because this file was uploaded with your address.")),
        "link": data.link,
        "link_text": words.gettext(look_at(asset)),
        "name": name,
        "kind": words.gettext(_TITLES[asset.status]),
        "is_complete": asset.status is Status.COMPLETED,
        "uploaded": words.moment(asset.created_at),
        "refused": words.gettext(_REFUSALS[asset.status]) if asset.status in _REFUSALS else "",
        "what_next": words.gettext(_NEXT[asset.status]) if asset.status in _NEXT else "",
        "facts": list(_facts(data, words)),
        "mood": words.gettext(_OVERALL[analysis.mood.value.lower()]) if analysis and analysis.mood else None,
        "moods": _moods(analysis, words) if analysis and analysis.mood else [],
        "picture_text": _picture_text(analysis, words) if analysis and analysis.mood and not analysis.on_pages else "",
        "end": clock(_length(asset)),
        "renditions": _renditions(asset, words),
        "kept": _kept(data, words),
        "cost": _cost(data.cost, words),
        "attached": words.list([attachment.file_name for attachment in attachments]) if attachments else "",
        "left_out": words.list(left_out) if left_out else "",
    }
    return _Gathered(data, words, values, picture, attachments, _talk_time(data.transcript, words))


def _letter(gathered: _Gathered) -> Letter:
    language, picture = gathered.words.language, gathered.picture
    for measure in _MEASURES:
        values = gathered.values | _measured(gathered, measure)
        values |= {"is_page": False, "picture": picture and f"cid:{TIMELINE_CID}"}
        html = render("report.html.j2", language, values)
        if len(html.encode()) < MAX_HTML_BYTES:
            break
    return Letter(
        subject=str(gathered.values["subject"]),
        text=as_text("report.txt.j2", language, values),
        html=html,
        pictures=(Picture(TIMELINE_CID, "image/png", picture, "timeline.png"),) if picture else (),
        attachments=gathered.attachments,
    )


def _page(gathered: _Gathered) -> str:
    picture = gathered.picture
    inline = f"data:image/png;base64,{base64.b64encode(picture).decode()}" if picture else None
    all_of_it = gathered.values | _measured(gathered, _ALL) | {"is_page": True, "picture": inline}
    return render("report.html.j2", gathered.words.language, all_of_it)


def failures_of(asset: Asset, words: Wording) -> list[str]:
    """A sentence for everything that did not work."""
    failed = [
        words.gettext(_BRANCHES.get(branch, _BRANCH), branch=branch, reason=words.sentence(state.failure))
        for branch, state in asset.ends.items()
        if state.status is BranchStatus.FAILED and state.failure
    ]
    return [words.sentence(asset.why), *failed] if asset.why else failed


def _measured(gathered: _Gathered, measure: _Measure) -> dict[str, Any]:
    """What there may be too much of for a mail, cut to `measure`."""
    data, words, speakers = gathered.data, gathered.words, gathered.speakers
    analysis = data.analysis
    segments = data.transcript.segments if data.transcript else ()
    summary = cut(data.summary or "", measure.summary)
    failures = [cut(text, measure.sentence) for text in failures_of(data.asset, words)]
    notes = [words.sentence(note) for note in dict.fromkeys(data.asset.notes)]
    more = len(segments[measure.segments :])
    others = {track: passages for track, passages in data.tracks.items() if track.name not in {*_SEEN, TOXICITY.name}}
    seen = list(_seen(data, measure, words))
    sections = [
        _Section(words.gettext("What was seen"), [line for _, line in seen], None),
        *(_listed(track, passages, data.link, measure, words) for track, passages in others.items()),
        *_hurtful(data, words),
        _Section(
            words.gettext("Transcript"),
            list(_lines(data.transcript, measure, words)),
            _goes_on(more, gathered.attachments, words) if more else None,
        ),
        *(_written(data.written, gathered, measure, words) if data.written else ()),
    ]
    opening = summary or next((str(line["text"]) for what, line in seen if what is not Detection.MODERATION), "")
    is_paper = analysis is not None and analysis.on_pages
    phrases = analysis.key_phrases[: measure.phrases] if analysis else ()
    return {
        "preheader": cut(one_line(" ".join(failures) or opening), _PREHEADER),
        "failures": failures[: measure.sentences],
        "notes": [cut(note, measure.sentence) for note in notes[: measure.sentences]],
        "summary": summary,
        "phrases": [
            (cut(phrase.text, measure.phrase), clock(phrase.times[0]) if phrase.times and not is_paper else None)
            for phrase in phrases
        ],
        "entities": list(_entities((analysis and analysis.entities) or (), measure, words)),
        "speakers": speakers[: measure.speakers],
        "more_speakers": len(speakers[measure.speakers :]),
        "sections": [section for section in sections if section.lines],
    }


def _kept(data: ReportData, words: Wording) -> str | None:
    """Until when its owner can come back to it; nothing where there is nowhere to come back to."""
    if data.link is None or data.asset.expires is None:
        return None
    day = datetime.fromtimestamp(data.asset.expires, UTC).date()
    return words.gettext("All of it is kept until %(day)s, and then deleted.", day=words.date(day))


def why(reader: Reader, words: Wording, own: str) -> str:
    """Why the reader gets this, for the footer; `own` says it to an owner."""
    if reader.reason == "recipient":
        return words.gettext(
            "Sent by Rapporteur. Somebody has the reports on their recordings sent to you, and you agreed to that."
        )
    return words.gettext(own)


def _length(asset: Asset) -> float:
    return asset.media.duration if asset.media else 0.0


def look_at(asset: Asset) -> str:
    """What a link to the page of an asset says, to be translated."""
    if asset.status is not Status.COMPLETED:
        return mark("Open its page")
    return mark("Look at it") if asset.media and asset.media.is_still else mark("Read along")


def extent(asset: Asset, words: Wording) -> Iterator[str]:
    """How long a recording is, how many pages a document has, how many pixels a picture."""
    media = asset.media
    if media and media.pages:
        yield words.ngettext("%(count)s page", "%(count)s pages", media.pages)
    elif media and media.picture:
        yield f"{media.picture.width} × {media.picture.height}"
    elif media and media.duration:
        yield words.duration(media.duration)


def _facts(data: ReportData, words: Wording) -> Iterator[str]:
    """What kind of file it is, how long, in what language, how large."""
    asset = data.asset
    if asset.kind:
        yield words.gettext(_KINDS[asset.kind])
    yield from extent(asset, words)
    said = data.transcript if data.transcript and not data.transcript.is_empty else None
    code = (said and said.language) or (data.analysis and data.analysis.language_code)
    if code:
        yield words.language_name(code)
    if asset.clarity:
        yield words.gettext(_CLARITY[Clarity(asset.clarity)])
    if asset.size:
        yield words.size(asset.size)


def _moods(analysis: LanguageAnalysis, words: Wording) -> list[dict[str, Any]]:
    """Each mood with its share (0 to 1) and how wide it is drawn (percent)."""
    return [
        {
            "label": words.gettext(label),
            "colour": COLOURS[mood],
            "share": (share := float(getattr(analysis.sentiment, mood))),
            "width": f"{share * 100:.1f}",
            "percent": words.percent(share),
        }
        for mood, label in MOODS.items()
    ]


def _picture_text(analysis: LanguageAnalysis, words: Wording) -> str:
    """What the timeline shows, for who does not see it."""
    counts = Counter(segment.score.label.value.lower() for segment in analysis.segments)
    listed = [f"{words.gettext(label)} {words.number(counts[mood])}" for mood, label in MOODS.items() if counts[mood]]
    return words.gettext("The mood over time, by number of sentences: %(moods)s.", moods=words.list(listed))


def _renditions(asset: Asset, words: Wording) -> list[dict[str, str]]:
    return [
        {
            "name": words.gettext(RENDITIONS.get(rendition.preset) or presets.find(rendition.preset).title),
            "pixels": f"{rendition.width} × {rendition.height}" if rendition.width else "",
            "time": clock(rendition.duration) if rendition.duration else "",
            "size": words.size(rendition.size),
        }
        for rendition in asset.renditions
        if rendition.preset != presets.THUMBNAIL.name  # which is for lists
    ]


def _talk_time(transcript: Transcript | None, words: Wording) -> list[dict[str, str]]:
    """Speakers with their time and their share of all talk, the most talkative first."""
    seconds = transcript.talk_time() if transcript else {}
    total = sum(seconds.values()) or 1.0
    return [
        {
            "name": words.speaker(speaker),
            "time": clock(spoken),
            "width": f"{spoken / total * 100:.1f}",
            "percent": words.percent(spoken / total),
        }
        for speaker, spoken in sorted(seconds.items(), key=lambda entry: -entry[1])
    ]


def _lines(transcript: Transcript | None, measure: _Measure, words: Wording) -> Iterator[dict[str, str | None]]:
    """The transcript's opening; a speaker is named where they begin to speak."""
    before = None
    for segment in transcript.segments[: measure.segments] if transcript else ():
        speaker = segment.speaker if segment.speaker != before else None
        before = segment.speaker
        yield {
            "time": clock(segment.start),
            "speaker": speaker and cut(words.speaker(speaker), measure.phrase),
            "text": cut(segment.text, measure.characters),
        }


def _listed(track: Track, passages: Sequence[Passage], link: str | None, measure: _Measure, words: Wording) -> _Section:
    """The first passages of a track that has no drawing of its own, and where the others are."""
    lines = [
        {
            "time": words.place(passage.place),
            "speaker": passage.label and cut(passage.label, measure.phrase),
            "text": cut(passage.text, measure.sentence),
        }
        for passage in passages[: measure.sentences]
    ]
    more = len(passages[measure.sentences :])
    return _Section(translations(words.language).gettext(track.title), lines, _and_more(more, words), link)


def _hurtful(data: ReportData, words: Wording) -> Iterator[_Section]:
    """How many places are marked as hurtful. A mail does not say again what hurt."""
    if count := places_of(data.tracks.get(TOXICITY, ())):
        told = words.ngettext("%(count)s place is marked as hurtful.", "%(count)s places are marked as hurtful.", count)
        line: dict[str, str | None] = {"time": "", "speaker": None, "text": told}
        where = words.gettext("Its page shows where, and why.") if data.link else None
        yield _Section(translations(words.language).gettext(TOXICITY.title), [line], where, data.link)


def _seen(data: ReportData, measure: _Measure, words: Wording) -> Iterator[tuple[Detection, dict[str, str | None]]]:
    """What was seen: a line a detection, also where it has found nothing."""
    for track, passages in data.tracks.items():
        if track.name in _SEEN:
            detection = Detection(track.name)
            found = _SUMMED_UP.get(detection, _things)(passages, measure, words)
            shown = words.list(found[: measure.names]) + (" …" if len(found) > measure.names else "")
            text = shown if found else words.gettext("nothing was found")
            yield detection, {"time": "", "speaker": words.gettext(_SEEN[detection]), "text": text}


def _things(passages: Sequence[Passage], measure: _Measure, words: Wording) -> list[str]:
    return [_sight(cut(sight.text, measure.phrase), sight, words) for sight in sights(passages)]


def _texts(passages: Sequence[Passage], measure: _Measure, words: Wording) -> list[str]:
    """What is written: on a picture in the order in which it is read."""
    if any(passage.place is not None for passage in passages):
        return _things(passages, measure, words)
    order = {text: number for number, text in enumerate(dict.fromkeys(passage.text for passage in passages))}
    found = sorted(sights(passages), key=lambda sight: order[sight.text])
    return [_sight(cut(sight.text, measure.phrase), sight, words) for sight in found]


def _faces(passages: Sequence[Passage], measure: _Measure, words: Wording) -> list[str]:
    """How often there was one: who it is nobody has asked."""
    del measure
    if not passages:
        return []
    first, count = words.place(passages[0].place), len(passages)
    if not first:
        return [words.ngettext("%(count)s face", "%(count)s faces", count)]
    return [
        words.ngettext("seen once, at %(time)s", "seen %(count)s times, first at %(time)s", count, time=first),
    ]


def _sensitive(passages: Sequence[Passage], measure: _Measure, words: Wording) -> list[str]:
    def sober(passage: Passage) -> str:
        return _SOBER.get(passage.text) or _SOBER.get(passage.label or "") or _SENSITIVE

    del measure
    return [_sight(words.gettext(sight.text), sight, words) for sight in sights(passages, sober)]


def _shots(passages: Sequence[Passage], measure: _Measure, words: Wording) -> list[str]:
    """How many shots there are, and where black stretches and the like stand."""
    found = cuts(passages)
    told = [words.ngettext("%(count)s shot", "%(count)s shots", found.shots)] if found.shots else []
    for cue, places in found.cues.items():
        times = ", ".join(f"{clock(place.start)}–{clock(place.end)}" for place in places[: measure.names])
        more = ", …" if len(places) > measure.names else ""
        told.append(f"{words.gettext(_CUES[cue]) if cue in _CUES else cut(cue, measure.phrase)} ({times}{more})")
    return told


_SUMMED_UP: Mapping[Detection, Callable[[Sequence[Passage], _Measure, Wording], list[str]]] = {
    Detection.TEXT: _texts,
    Detection.FACES: _faces,
    Detection.MODERATION: _sensitive,
    Detection.SEGMENTS: _shots,
}
"""What each detection has found in few words, where that is not a list of things."""


def _sight(name: str, sight: Sight, words: Wording) -> str:
    """A thing that was seen: Bus (0:05, 3×)."""
    often = f"{words.number(sight.count)}×" if sight.count > 1 else ""
    where = ", ".join(filter(None, (words.place(sight.first), often)))
    return f"{name} ({where})" if where else name


def _written(written: Written, gathered: _Gathered, measure: _Measure, words: Wording) -> Iterator[_Section]:
    """What is written in a document: its text, and once, each by itself, its tables and the pairs of its forms."""
    # Paragraphs of these kinds hold just what the tables and the forms of their page tell (`documents/pages.py`).
    told_apart = {("table", table.page) for table in written.tables} | {("pairs", pair.page) for pair in written.pairs}
    text = [
        one
        for one in written.paragraphs
        if one.label not in _ON_EACH_PAGE
        and not (isinstance(one.place, Page) and (one.label, one.place.page) in told_apart)
    ]
    most = measure.segments
    more = len(text[most:])
    yield _Section(
        words.gettext("Text"),
        _on_pages(text[:most], measure.characters, words),
        _text_goes_on(more, gathered.attachments, words) if more else None,
    )
    few = measure.phrases
    tables = [Passage(_table(table, measure, words), Page(table.page)) for table in written.tables[:few]]
    more = len(written.tables[few:])
    yield _Section(words.gettext("Tables"), _on_pages(tables, measure.sentence, words), _and_more(more, words))
    pairs = [Passage(pair.value, Page(pair.page), cut(pair.key, measure.phrase)) for pair in written.pairs[:few]]
    more = len(written.pairs[few:])
    yield _Section(
        words.gettext("Forms"), _on_pages(pairs, measure.sentence, words, named=True), _and_more(more, words)
    )


_ON_EACH_PAGE = frozenset({"header", "footer", "number"})
"""Paragraphs that stand on each page, and are not what it says."""


def _on_pages(
    passages: Iterable[Passage], most: int, words: Wording, *, named: bool = False
) -> list[dict[str, str | None]]:
    """Passages as lines; a page is named where it begins."""
    before = ""
    lines: list[dict[str, str | None]] = []
    for passage in passages:
        page = words.place(passage.place)
        text = cut(" ".join(passage.text.split()), most)
        lines.append(
            {"time": page if page != before else "", "speaker": passage.label if named else None, "text": text}
        )
        before = page
    return lines


def _table(table: Table, measure: _Measure, words: Wording) -> str:
    """A table in a line: its size, and its title or what its first row says."""
    size = words.gettext(
        "%(rows)s × %(columns)s cells", rows=words.number(table.rows), columns=words.number(table.columns)
    )
    title = table.title or " | ".join(filter(None, next(table.grid(), ())))
    return words.pair(size, cut(title, measure.sentence)) if title else size


def _and_more(count: int, words: Wording) -> str | None:
    return words.ngettext("and %(count)s more", "and %(count)s more", count) if count else None


def _text_goes_on(more: int, attachments: tuple[Attachment, ...], words: Wording) -> str:
    if attachments:
        return words.ngettext(
            "The text goes on: %(count)s more paragraph in the attached %(file)s.",
            "The text goes on: %(count)s more paragraphs in the attached %(file)s.",
            more,
            file=attachments[0].file_name,
        )
    return words.ngettext(
        "The text goes on: %(count)s more paragraph.", "The text goes on: %(count)s more paragraphs.", more
    )


def _goes_on(more: int, attachments: tuple[Attachment, ...], words: Wording) -> str:
    if attachments:
        return words.ngettext(
            "The transcript goes on: %(count)s more sentence in the attached %(file)s.",
            "The transcript goes on: %(count)s more sentences in the attached %(file)s.",
            more,
            file=attachments[0].file_name,
        )
    return words.ngettext(
        "The transcript goes on: %(count)s more sentence.", "The transcript goes on: %(count)s more sentences.", more
    )


def _cost(cost: Cost | None, words: Wording) -> str | None:
    """What the work cost, by service where that is a cent or more; nothing is said of what cost nothing."""
    if cost is None or not cost.usd:
        return None
    services = sums(
        (words.gettext(_REST) if service in _OWN else _SERVICES.get(service, service.title()), usd)
        for service, usd in by_service(cost).items()
    )
    day = words.date(date.fromisoformat(cost.as_of))
    whole = (
        words.gettext(
            "The work on this file cost about %(usd)s by the list prices of %(day)s.",
            usd=words.money(cost.usd),
            day=day,
        )
        if cost.usd >= _CENT
        else words.gettext(
            "The work on this file cost less than %(usd)s by the list prices of %(day)s.",
            usd=words.money(_CENT),
            day=day,
        )
    )
    said = [whole]
    dearest_first = sorted(services.items(), key=lambda entry: -entry[1])
    parts = [f"{name} {words.money(usd)}" for name, usd in dearest_first if usd >= _CENT]
    if parts:
        said.append(words.gettext("By service: %(parts)s.", parts=words.list(parts)))
    if cost.unpriced:
        said.append(words.gettext("Without a price, and so not counted: %(items)s.", items=words.list(cost.unpriced)))
    return " ".join(said)


def _entities(entities: Iterable[Entity], measure: _Measure, words: Wording) -> Iterator[tuple[str, str]]:
    """Names by kind, the most mentioned first; the kinds that everybody knows come first."""
    kinds: dict[str, list[str]] = {kind: [] for kind in _ENTITY_KINDS}
    for entity in sorted(entities, key=lambda entity: -len(entity.times)):
        names = kinds.setdefault(entity.kind, [])
        if len(names) < measure.names:
            names.append(cut(entity.text, measure.phrase))
    for kind, names in list(kinds.items())[: measure.sentences + len(_ENTITY_KINDS)]:
        if names:
            label = _ENTITY_KINDS.get(kind)
            yield words.gettext(label) if label else f"{kind.capitalize()}:", ", ".join(names)


def _attachments(data: ReportData, wanted: frozenset[str]) -> tuple[tuple[Attachment, ...], list[str]]:
    """What goes with the mail, and the names of what is too large for it."""
    attached: list[Attachment] = []
    left_out: list[str] = []
    room = MAX_ATTACHED_BYTES
    for ending, content_type, body in _files(data, wanted):
        name = keys.download_name(data.asset, f".{ending}")
        if len(body) > room:
            left_out.append(name)
        else:
            room -= len(body)
            attached.append(Attachment(name, content_type, body))
    return tuple(attached), left_out


def _files(data: ReportData, wanted: frozenset[str]) -> Iterator[tuple[str, str, bytes]]:
    """The files that are wanted and there are: ending, type, content."""
    if "txt" in wanted and data.transcript_txt:
        yield "txt", "text/plain", data.transcript_txt.encode()
    if "srt" in wanted and data.captions_srt:
        yield "srt", "application/x-subrip", data.captions_srt.encode()
    if "docx" in wanted and data.transcript and not data.transcript.is_empty:
        yield "docx", docx.CONTENT_TYPE, docx.write(shown_name(data.asset), data.transcript)
