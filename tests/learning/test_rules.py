"""What corrections teach, and what is done with it."""

import json
from collections.abc import Sequence

from chalicelib.learning import rules
from chalicelib.learning.lessons import Change, Lesson, lesson
from chalicelib.learning.rules import (
    Rule,
    Taught,
    also_standing,
    applied,
    corrected,
    learn,
    may_be_name,
    taken_back,
    taught,
)
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
    assert rule == Rule(("rapport", "tour"), "Rapporteur", ("a", "b"), is_term=True)
    other = taught("ann", of(BEFORE, ["We met Raptor in the hall today."]))
    assert learn({"a": one, "b": one, "c": other}, "en") == []
    assert Taught.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert Rule.from_json(json.loads(json.dumps(rule.to_json()))) == rule


def test_words_that_stand_confirmed_elsewhere_are_no_mistake() -> None:
    knight = taught("ann", of(["The knight bus is late today."], ["The night bus is late today."]))
    fair = of(["The brave knight rode home at last."], ["The brave knight rode home at last."], ALL)
    assert corrected([knight]) == frozenset(), "it may be a slip"
    known = corrected([knight, knight])
    assert learn({"a": knight, "b": knight}, "en")
    assert learn({"a": knight, "b": knight, "c": taught("ann", fair)}, "en")
    disagreeing = also_standing(taught("ann", fair), fair, known)
    assert learn({"a": knight, "b": knight, "c": disagreeing}, "en") == []


def test_rules_change_what_was_heard_and_say_so() -> None:
    learnt = [Rule(("rapport", "tour"), "Rapporteur", ("a", "b"))]
    found = heard("Here is rapport tour, again.", "A rapport. Tour begins.")
    words = applied([word for segment in found.segments for word in segment.words], learnt, "en")
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
    assert applied(words, learnt, "en") == words, "done twice, it is done once"
    document = json.loads(json.dumps(transcribe_document("job", words, "en")))
    assert [word.heard for word in read_transcript(document).words()] == [word.heard for word in words]


def test_what_somebody_stands_behind_and_two_speakers_are_left_alone() -> None:
    learnt = [Rule(("rapport", "tour"), "Rapporteur", ("a", "b"))]
    sure = [Word(0, 1, "rapport", confirmed=Confirmation("ann", 1.0)), Word(1, 2, "tour")]
    two = [Word(0, 1, "rapport", speaker="spk_0"), Word(1, 2, "tour", speaker="spk_1")]
    assert applied(sure, learnt, "en") == sure
    assert applied(two, learnt, "en") == two


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


# ---- who disagrees


def test_what_readers_take_back_is_dropped_however_often_it_was_corrected_before() -> None:
    lessons = {str(at): Taught("ann", {"rapport tour": {"Rapporteur": 1}}) for at in range(40)}
    assert learn(lessons, "en")
    lessons["undone"] = Taught("ann", undone={"rapport tour": 2})
    assert taken_back(lessons) == {"rapport tour"}
    assert learn(lessons, "en") == []
    lessons["kept"] = Taught("ann", kept={"rapport tour": 38})
    assert taken_back(lessons) == frozenset(), "one time in twenty is borne"
    assert learn(lessons, "en")
    assert learn(lessons, "en", dropped={"rapport tour"}) == []


def everybodys(accounts: int, **others: Taught) -> dict[str, Taught]:
    found = {f"{at}/{n}": Taught(str(at), {"hour tour": {"our tour": 1}}) for at in range(accounts) for n in range(2)}
    return found | others


def test_one_account_keeps_nothing_from_those_whom_many_teach() -> None:
    veto = everybodys(6, x=Taught("x", stood={"hour tour": 50}))
    assert learn(veto, "en", for_everybody=True)
    assert learn(veto | {"y": Taught("y", stood={"hour tour": 1})}, "en", for_everybody=True) == [], "two of eight do"
    undoing = everybodys(6, x=Taught("x", undone={"hour tour": 50}))
    assert taken_back(undoing, for_everybody=True) == frozenset()
    assert taken_back(undoing | {"y": Taught("y", undone={"hour tour": 1})}, for_everybody=True) == {"hour tour"}


def test_what_an_administrator_has_let_through_falls_by_three_accounts() -> None:
    approved = {"hour tour": "our tour"}
    found = everybodys(1)
    for at, account in enumerate("xyz"):
        assert learn(found, "en", for_everybody=True, approved=approved), f"{at} are against it"
        assert taken_back(found, for_everybody=True, approved=approved) == frozenset()
        found |= {account: Taught(account, stood={"hour tour": 9}, undone={"hour tour": 1})}
    assert learn(found, "en", for_everybody=True, approved=approved) == []
    assert taken_back(found, for_everybody=True, approved=approved) == {"hour tour"}


def test_one_word_for_everybody_is_an_administrators_to_decide() -> None:
    one = {"yes": {"never": 1}, "vote yes": {"we vote": 1}}
    found = {f"{at}/{n}": Taught(str(at), one) for at in range(5) for n in "ab"}
    assert [rule.key for rule in learn(found, "en", for_everybody=True)] == ["vote yes"]
    both = learn(found, "en", for_everybody=True, approved={"yes": "never"})
    assert [rule.key for rule in both] == ["vote yes", "yes"]
    assert len(learn(found, "en")) == 2, "of its own words an account decides"


def test_what_may_be_a_name_or_tell_where_somebody_is_reached_is_never_for_everybody_by_itself() -> None:
    for right in ("Ann", "東京", "call 555", "ann@home", "home/ann", "route ½"):
        found = {f"{at}/{n}": Taught(str(at), {"hour tour": {right: 1}}) for at in range(5) for n in "ab"}
        assert may_be_name(right)
        assert learn(found, "en", for_everybody=True) == [], right
        assert learn(found, "en", for_everybody=True, approved={"hour tour": right}), right
    assert not may_be_name("it's well-known")


def test_what_newcomers_teach_is_for_everybody_only_where_it_is_approved() -> None:
    found = everybodys(6)
    assert learn(found, "en", for_everybody=True, newcomers={"0"})
    assert learn(found, "en", for_everybody=True, newcomers={"0", "1"}) == [], "of four nothing is learnt"
    assert learn(found, "en", for_everybody=True, newcomers=set("012345"), approved={"hour tour": "our tour"})


def test_what_stands_elsewhere_is_found_where_words_have_no_spaces() -> None:
    sure = Confirmation("ann", 1.0)
    words = tuple(Word(at, at + 1, text, confirmed=sure) for at, text in enumerate("私は東狂にいる"))
    fair = lesson(Transcript((Segment(words),), "ja"), Transcript((Segment(words),), "ja"))
    assert also_standing(taught("ann", fair), fair, {"東 狂", "東京"}).stood == {"東 狂": 1}


def test_single_letters_are_misheard_for_many_things() -> None:
    for heard_as, right, is_learnt in (
        ("à", "a", False),
        ("狂", "京", True),
        ("서울", "세월", True),
        ("ой", "ай", False),
    ):
        one = Taught("ann", {heard_as: {right: 1}})
        assert bool(learn({"a": one, "b": one}, None)) is is_learnt, heard_as


def test_a_recording_teaches_so_much_and_no_more() -> None:
    changes = [Change((f"a{at}",), "b", 0, 1) for at in range(300)]
    long = [Change(("x",), "y" * 101, 0, 1), Change(("z" * 101,), "y", 0, 1)]
    found = taught("ann", Lesson("en", 9, 9, (*changes, *long, Change(("…",), "y", 0, 1))))
    assert (len(found.changes), found.left_out) == (200, 102)
    text = tuple(f"so a{at} it is" for at in range(300))
    fair = Lesson("en", 9, 9, text=text)
    assert len(also_standing(found, fair, [f"a{at}" for at in range(300)]).stood) == 200


def test_names_and_terms_are_told_from_ordinary_words() -> None:
    told = {
        ("Rapporteur", False): False,
        ("Rapporteur", True): True,
        ("rapporteur", True): False,
        ("Ann Lee", False): True,
        ("iPhone", False): True,
        ("GPT4", True): True,
        ("24", True): False,
        ("I", True): False,
        ("so I'll", True): False,
        ("O'Brien", True): True,
        ("東京", False): True,
        ("京", False): False,
    }
    for (written_as, is_inside), is_term in told.items():
        change = Change(("x",), written_as, 0, 1, is_inside=is_inside)
        assert rules._is_term(change) is is_term, written_as


def test_a_capital_counts_only_where_no_sentence_begins() -> None:
    found = of(["We met. Rapport tour came. So rapport tour left."], ["We met. Rapporteur came. So Rapporteur left."])
    assert [change.is_inside for change in found.changes] == [False, True]
    assert taught("ann", found).terms == ("Rapporteur",)
