"""What the rest of the service says to owners in English (failures and notes), in the reader's language. Pure.

A failure is kept with its sentence, which holds names and numbers. So each sentence is known here by its pattern, and
what it holds is put into the translation. What is not known is shown as it is, or by its code.
"""

import re
from functools import lru_cache

from babel import Locale

from chalicelib.domain.assets import Failure
from chalicelib.letters.wording import Wording, mark

SENTENCES = (
    # pipeline/accept.py
    mark("Files ending in .%(ending)s are not accepted. Please upload one of: %(known)s."),
    mark("A file without an ending is not accepted. Please upload one of: %(known)s."),
    mark("The file is empty. Please check that it was saved completely and upload it again."),
    mark(
        "The file has %(size)s; at most %(most)s are accepted. Please upload it in parts or with a lower bit rate.",
    ),
    # pipeline/quotas.py
    mark(
        "The work on this recording is expected to cost about $%(expected)s, which is above your limit of $%(limit)s "
        "for one recording. Nothing has been done yet. If that is all right, start it again and accept the cost."
    ),
    mark(
        "This recording is %(minutes)s minutes long, but of your %(allowed)s minutes for this month only %(left)s are "
        "left. Start it again next month, or ask the operator of this service for more."
    ),
    # pipeline: begin, cancel, language, plan, sweep, transcript
    mark("The work on this recording broke down each time it was started. Please upload it again later."),
    mark("The work on this was cancelled. It can be started again."),
    mark("The work on this came to no end, also when it was started again."),
    mark("The language analysis broke down each time it was tried."),
    mark("There is no summary: what sums up could not be reached, or broke down, each time it was tried."),
    mark("There is no summary: %(reason)s"),
    mark("No rendition was asked for."),
    mark("This recording has no sound, so there is no transcript."),
    mark("The recording has no sound."),
    mark(
        "This recording has %(count)s tracks of sound. This one was heard: %(track)s. The others are: %(tracks)s. "
        "Another can be heard instead, by working on the recording again."
    ),
    mark("This recording has no track of sound %(number)s that can be heard."),
    mark("The channels were heard together: %(reason)s"),
    mark("this recording does not have exactly two."),
    mark("both hold the same sound."),
    mark("the speech engine in use cannot hear each on its own."),
    mark("There is no transcript to analyse."),
    mark("No speech was heard."),
    mark("No speech was heard in this recording, so the transcript is empty."),
    # speakers.py and pipeline/speakers.py
    mark("The speakers were not told apart: %(reason)s"),
    mark("What was left of telling the speakers apart cannot be read."),
    mark("What was found of the speakers is no longer there."),
    # clarity.py
    mark(
        "Some of this was heard with doubt: up to a quarter of the words may be wrong. Listen again to what you quote."
    ),
    mark(
        "This was heard poorly: more than a quarter of the words are likely wrong, so nothing was summed up or rated. "
        "Check that the language is right; a clearer recording, nearer to who speaks, is heard better."
    ),
    mark("What was heard is too uncertain to be summed up or rated."),
    # partition.py
    mark("The recording's sound cannot be cut into parts: it is no plain WAV."),
    mark("The recording was too long to be transcribed at once: its transcript is joined from %(number)s parts."),
    mark("Speakers are told apart within each part only: the same person may have another label in the next."),
    mark("From %(start)s to %(end)s nothing could be transcribed: %(reason)s"),
    # transcripts.py
    mark("The transcription engine left something that is not JSON."),
    mark("The transcription engine left something that is not a transcript: it has no results."),
    mark("The transcription engine left a transcript without a list of words."),
    # engines/probing
    mark("The recording is no longer there. Please upload it again."),
    mark("The file is empty. Please check that it was saved completely."),
    mark(
        "The file cannot be read as a recording: it is damaged, cut off, or not a recording at all. Please check that "
        "it plays on your side, and export or upload it again."
    ),
    mark("The file holds neither picture nor sound."),
    mark("The recording has no length: there is nothing in it to work on."),
    mark(
        "The file holds %(count)s tracks, and a recording has a few. Please export it with its picture and its sound."
    ),
    mark(
        "The recording is hours long by its clock, and there is hardly anything in it to see or to hear. Please export "
        "it again."
    ),
    mark(
        "Neither the picture nor the sound in this file can be decoded. Please export it with usual codecs, such as "
        "H.264 and AAC."
    ),
    mark(
        "The file holds %(what)s, which cannot be opened here. Please convert it to a usual format, such as MP4, MOV, "
        "MKV, WebM, MP3, M4A or WAV, and upload that."
    ),
    # engines/answers.py
    mark(
        "%(service)s does not let this deployment in. Its operator should check the function's permissions, and that "
        "the service is open to the account in this region."
    ),
    mark("%(service)s refused the request as invalid. Its operator will find the reason in the function's log."),
    # engines/transcoding
    mark(
        "The picture or the sound in this file cannot be decoded. Please export it with usual codecs, such as H.264 "
        "and AAC."
    ),
    mark(
        "MediaConvert may not read the recording or write its renditions. The operator of this service has to look at "
        "the role and the buckets that it was given."
    ),
    mark("MediaConvert finds no picture in this recording."),
    mark("MediaConvert finds no sound in this recording."),
    mark("None of the renditions asked for can be made of this recording."),
    mark(
        "MediaConvert does not find what the job needs. The operator of this service should check that MediaConvert's "
        "role and queue, as they are set, exist in this account and region."
    ),
    mark("The rendition %(name)s was made and cannot be found."),
    mark(
        "MediaConvert says that it made the renditions, and none of them can be found. The operator of this service "
        "has to look where they were written to."
    ),
    mark("The transcoding was cancelled."),
    mark("The recording cannot be transcoded (MediaConvert error %(number)s)."),
    mark("The recording cannot be transcoded (MediaConvert gives no reason)."),
    mark("The recording cannot be transcoded: %(detail)s"),
    mark("The transcoding took longer than %(limit)s seconds and was stopped."),
    mark("A short preview could not be made. %(reason)s"),
    mark("Some renditions could not be made. %(reason)s"),
    mark("The rendition %(name)s could not be made. %(reason)s"),
    mark("The file says that it lasts %(told)s seconds, but only %(found)s seconds of it could be read."),
    # engines/transcription
    mark("%(service)s cannot write to the place that the transcript has."),
    mark("%(service)s does not read files ending in .%(ending)s."),
    mark("The custom vocabulary %(name)s was not used: it is not ready, or not for this language."),
    mark("The vocabulary filter %(name)s was not used: it is not ready, or not for this language."),
    mark("The custom language model %(name)s was not used: it is not ready, or not for this language."),
    mark("Personal data was not left out of the transcript: Transcribe cannot do that for this recording's language."),
    mark("Toxic speech was not rated: Transcribe can do that in US English only."),
    mark(
        "Amazon Transcribe knows no language '%(language)s'. It knows %(offered)s and many more: leave the language "
        "out to have it found out."
    ),
    mark("Amazon Transcribe could not transcribe the recording."),
    mark("The recording is too short to be transcribed."),
    mark("The recording is longer or larger than Amazon Transcribe takes."),
    mark("Amazon Transcribe cannot read the recording's sound: its format is not supported, or it is damaged."),
    mark("Amazon Transcribe may not read the recording."),
    mark("Amazon Transcribe cannot work with the recording's sample rate."),
    # engines/language
    mark("%(service)s does not know the language of this recording (%(language)s)."),
    mark("%(service)s does not know the language of this recording."),
    mark(
        "%(service)s does not know every language of this recording: the analysis is without %(languages)s.",
    ),
    mark("%(service)s could read nothing of what was said."),
    mark("%(service)s could not read a part of what was said; the analysis is without it."),
    mark(
        "%(service)s has no such entity recogniser at work. Its operator should check "
        "RAPPORTEUR_COMPREHEND_ENTITY_RECOGNIZER and that this endpoint is in service."
    ),
    mark("%(service)s takes less text at once than it says it does."),
    mark("%(what)s could not be looked for: %(reason)s"),
    mark("%(service)s cannot in this recording's language (%(language)s)."),
    mark("Key phrases"),
    mark("Entities"),
    mark("Entities of the custom recogniser"),
    mark("Feelings towards what is named"),
    mark("Personal data"),
    mark("Toxic speech"),
    mark("Personal data was said, by kind and number of times: %(kinds)s."),
    mark("Toxic speech may be heard at %(times)s (minutes and seconds) and %(number)s times more."),
    mark("Toxic speech may be heard at %(times)s (minutes and seconds)."),
    # engines/summary
    mark("%(service)s has no model %(model)s in this region. Its operator should check the setting."),
    mark("The model gave no summary that rests on what was said."),
    mark("The model that sums up gave an answer that cannot be read. A larger one may do better."),
    mark("The model that sums up does not let this deployment in. Its operator should check the key."),
    mark("There is no model %(model)s at the address for summaries. Its operator should check both."),
    mark("The model that sums up refused the request as invalid."),
    mark("The model declined to sum up this recording."),
    mark("The model gave no summary."),
    # local/engines
    mark(
        "The local language engine reads only English, and this seems to be '%(language)s'. If it is English after "
        "all, upload it again and name its language."
    ),
    mark(
        "The embedded speech engine understands English only, and was asked for '%(language)s': install "
        "faster-whisper and choose it as the transcription engine."
    ),
    mark("The Whisper model in use does not know '%(language)s': choose one that does."),
    mark("The transcription was cancelled."),
)
"""All sentences, with names for what varies in them. Of two that fit the first is taken."""

BY_CODE = {
    "engine-failed": mark("A service that was needed could not do its work."),
    "transcoding-failed": mark("The recording could not be transcoded."),
    "transcription-failed": mark("The recording could not be transcribed."),
    "language-not-supported": mark("The language of this recording is not supported."),
    "media-rejected": mark("The file cannot be accepted."),
    "unreadable": mark("The file cannot be read as a recording."),
    "transcript-unreadable": mark("The transcript cannot be read."),
}
"""What stands, in other languages than English, for a failure whose sentence is not known."""

_SPOKEN = frozenset({"reason", "what"})
"""What is a sentence or words of its own."""


_TRACKS = frozenset({"track", "tracks"})
_TITLE_OR_LANGUAGE = re.compile(r"“[^”]*”|(?<=\d \()[^“,)]+")
"""What a track is named by: 2 (French, “Director”)."""


_HOLDS = {"service": r"[A-Z]\w+(?: [A-Z]\w+)?"}
"""What can stand in a place, where that is not anything: a regular expression. A service is called as AWS calls it."""


def in_language(sentence: str, words: Wording) -> str:
    """`sentence` in the reader's language; as it is if it is none of `SENTENCES`."""
    for message, pattern in _patterns():
        if found := pattern.fullmatch(sentence):
            values = {name: _filled(name, value, words) for name, value in found.groupdict().items()}
            return words.gettext(message, **values)
    return sentence


def _filled(name: str, value: str, words: Wording) -> str:
    """What stands in the place `name`, in the reader's language."""
    if name in _SPOKEN:
        return in_language(value, words)
    if name in _TRACKS:
        return _TITLE_OR_LANGUAGE.sub(lambda found: words.language_name(_codes().get(found[0], found[0])), value)
    return value


def of_failure(failure: Failure, words: Wording) -> str:
    """Why something failed, in the reader's language where that is known, at least by its code."""
    said = in_language(failure.message, words)
    if said == failure.message and words.language != "en" and failure.code in BY_CODE:
        return words.gettext(BY_CODE[failure.code])
    return said


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """The codes of languages by what they are called in English."""
    return {name: code for code, name in Locale("en").languages.items()}


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((message, re.compile(_pattern(message), re.DOTALL)) for message in SENTENCES)


def _pattern(message: str) -> str:
    """A regular expression for a message: each `%(name)s` in it is a group of that name."""
    pieces = re.split(r"%\((\w+)\)s", message)
    return "".join(
        re.escape(piece) if at % 2 == 0 else f"(?P<{piece}>{_HOLDS.get(piece, '.+?')})"
        for at, piece in enumerate(pieces)
    )
