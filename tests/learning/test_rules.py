"""What corrections teach, and what is done with it."""

import json
from collections.abc import Sequence

from chalicelib.learning.lessons import Lesson, lesson
from chalicelib.learning.rules import Rule, Taught, applied, corrected, learn, taught
from chalicelib.speech.corrections import Line, Verdict, correct
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Confirmation, Segment, Transcript, Word

ANN = Verdict(Confirmation("ann", 1.0))
ALL = Verdict(Confirmation("ann", 1.0), right=((0.0, 1e6),))


def heard(*sentences: str) -> Transcript:
    at, segments = 0.0, []
    for sentence in sentences:
        words = []
        for text in sentence.split():
            words.append(Word(at, at + 0.9, text.strip(".,"), 0.8, text[len(text.rstrip(".,")) :]))
            at += 1
        segments.append(Segment(tuple(words)))
    return Transcript(tuple(segments), "en-US")


def written(found: Transcript, *lines: str, verdict: Verdict = ANN) -> Transcript:
    words, lengths = correct(found, [Line(line) for line in lines], verdict=verdict)
    return read_transcript(json.loads(json.dumps(transcribe_document("job", words, "en-US", lengths))))


def of(before: Sequence[str], after: Sequence[str], verdict: Verdict = ANN) -> Lesson:
    found = heard(*before)
    return lesson(found, written(found, *after, verdict=verdict))


BEFORE, AFTER = ["We met Rapport Tour in the hall today."], ["We met Rapporteur in the hall today."]


def test_a_lesson_has_what_was_corrected_and_only_confirmed_text() -> None:
    found = of(BEFORE, AFTER)
    (change,) = found.changes
    assert (change.heard, change.written, change.before, change.after) == (
        ("Rapport", "Tour"),
        "Rapporteur",
        "We met",
        "in the",
    )
    assert (found.words, found.confirmed, found.text, found.measures) == (7, 1, (), False)
    assert Lesson.from_json(json.loads(json.dumps(found.to_json()))) == found
    whole = of(BEFORE, AFTER, ALL)
    assert (whole.share, whole.text, whole.measures) == (1.0, ("We met Rapporteur in the hall today.",), True)


def test_a_line_written_anew_teaches_no_words() -> None:
    assert of(["The dog ate my homework again."], ["Let us begin with the budget."]).changes == ()


def test_nothing_is_learnt_from_one_recording_or_where_people_disagree() -> None:
    one = taught("ann", of(BEFORE, AFTER))
    assert learn({"a": one}, "en") == []
    (rule,) = learn({"a": one, "b": one}, "en")
    assert rule == Rule(("rapport", "tour"), "Rapporteur", ("a", "b"))
    other = taught("ann", of(BEFORE, ["We met Raptor in the hall today."]))
    assert learn({"a": one, "b": one, "c": other}, "en") == []
    assert Taught.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert Rule.from_json(json.loads(json.dumps(rule.to_json()))) == rule


def test_words_that_stand_confirmed_elsewhere_are_no_mistake() -> None:
    knight = taught("ann", of(["The knight bus is late today."], ["The night bus is late today."]))
    fair = of(["The brave knight rode home at last."], ["The brave knight rode home at last."], ALL)
    known = corrected([knight])
    assert learn({"a": knight, "b": knight}, "en")
    assert learn({"a": knight, "b": knight, "c": taught("ann", fair, known)}, "en") == []


def test_rules_change_what_was_heard_and_say_so() -> None:
    rules = [Rule(("rapport", "tour"), "Rapporteur", ("a", "b"))]
    found = heard("Here is rapport tour, again.", "A rapport. Tour begins.")
    words = applied([word for segment in found.segments for word in segment.words], rules, "en")
    assert [word.written for word in words] == [
        "Here",
        "is",
        "Rapporteur,",
        "again.",
        "A",
        "rapport.",
        "Tour",
        "begins.",
    ]
    assert (words[2].heard, words[2].start, words[2].end) == ("rapport tour", 2.0, 3.9)
    assert applied(words, rules, "en") == words, "done twice, it is done once"
    document = json.loads(json.dumps(transcribe_document("job", words, "en")))
    assert [word.heard for word in read_transcript(document).words()] == [word.heard for word in words]


def test_what_somebody_stands_behind_and_two_speakers_are_left_alone() -> None:
    rules = [Rule(("rapport", "tour"), "Rapporteur", ("a", "b"))]
    sure = [Word(0, 1, "rapport", confirmed=Confirmation("ann", 1.0)), Word(1, 2, "tour")]
    two = [Word(0, 1, "rapport", speaker="spk_0"), Word(1, 2, "tour", speaker="spk_1")]
    assert applied(sure, rules, "en") == sure
    assert applied(two, rules, "en") == two


def test_a_rule_that_is_taken_back_is_dropped_and_one_that_is_kept_stays() -> None:
    one = taught("ann", of(BEFORE, AFTER))
    (rule,) = learn({"a": one, "b": one}, "en")
    changed = applied(list(heard(*BEFORE).words()), [rule], "en")
    shown = Transcript((Segment(tuple(changed)),), "en")
    kept = lesson(shown, written(shown, AFTER[0], verdict=ALL))
    assert kept.kept == {"rapport tour": 1}
    assert learn({"a": one, "b": one, "c": taught("ann", kept)}, "en")
    undone = lesson(shown, written(shown, BEFORE[0]))
    assert undone.undone == {"rapport tour": 1}
    assert learn({"a": one, "b": one, "c": taught("ann", undone)}, "en") == []


def test_what_a_rule_has_changed_and_nobody_looked_at_teaches_nothing() -> None:
    one = taught("ann", of(BEFORE, AFTER))
    changed = applied(list(heard(*BEFORE).words()), learn({"a": one, "b": one}, "en"), "en")
    shown = Transcript((Segment(tuple(changed)),), "en")
    found = lesson(shown, written(shown, AFTER[0]))
    assert (found.changes, found.kept, found.undone) == ((), {}, {})


def test_languages_without_spaces_are_learnt_too() -> None:
    words = tuple(Word(at, at + 1, text) for at, text in enumerate(["私", "は", "東", "狂", "に", "住", "む"]))
    shown = Transcript((Segment(words),), "ja")
    found = lesson(shown, written(shown, "私は東京に住む"))
    one = taught("ann", found)
    (rule,) = learn({"a": one, "b": one}, "ja")
    assert applied(words, [rule], "ja")[3].text == "京"
