"""What is fetched from the web holds up nobody who wants a turn."""

import threading

import pytest

from local.aws.turns import Ended, Turns


def test_who_lets_go_of_a_turn_waits_for_the_rest_of_it() -> None:
    turns, told = Turns(), []
    others = threading.Event()

    def other() -> None:
        with turns.turn():
            told.append("other")
            others.set()

    with turns.turn():
        thread = threading.Thread(target=other)
        thread.start()
        assert not others.wait(0.1)
        with turns.let_go():
            assert others.wait(10)
        told.append("first")
    thread.join()
    assert told == ["other", "first"]
    with turns.turn():
        pass  # nobody is left in the line


def test_a_turn_does_not_go_on_when_there_are_no_more() -> None:
    turns = Turns()
    with pytest.raises(Ended), turns.turn(), turns.let_go():
        turns.end()
