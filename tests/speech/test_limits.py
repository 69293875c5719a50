"""Texts in pieces of so many bytes: nothing is lost, nothing is torn."""

import hypothesis.strategies as st
from hypothesis import given

from chalicelib.speech.limits import cut, pack

SCRIPTS = st.text(alphabet=st.sampled_from("ab .?!。한국어日本語🎈é\n"), max_size=300) | st.text(max_size=200)


@given(SCRIPTS, st.integers(4, 60))
def test_pieces_fit_and_joined_are_the_text(text: str, limit: int) -> None:
    pieces = list(cut(text, limit))
    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= limit for piece in pieces)


def test_the_cut_is_at_a_sentence_end_else_at_a_space_else_between_characters() -> None:
    assert list(cut("One two. Three four five.", 20)) == ["One two. ", "Three four five."]
    assert list(cut("one two three", 9)) == ["one two ", "three"]
    assert list(cut("안녕하세요。네", 18)) == ["안녕하세요。", "네"]
    assert list(cut("안녕하세요", 7)) == ["안녕", "하세", "요"]


@given(st.lists(st.text(min_size=1, max_size=12), max_size=30), st.integers(48, 100))
def test_packed_texts_fit_and_lead_back_to_their_pieces(pieces: list[str], limit: int) -> None:
    packed = pack(pieces, limit)
    assert all(len(text.text.encode()) <= limit for text in packed)
    assert " ".join(text.text for text in packed) == " ".join(pieces)
    for text in packed:
        for start, number in text.starts:
            assert text.text[start:].startswith(pieces[number])
            assert text.place(start) == (number, 0)
            assert text.place(start + len(pieces[number]) - 1) == (number, len(pieces[number]) - 1)
