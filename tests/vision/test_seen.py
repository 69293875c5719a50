"""What was seen, in few words."""

from chalicelib.domain.tracks import Moment, Passage
from chalicelib.vision.seen import Sight, sights


def test_each_thing_is_told_once_with_how_often_and_where_first() -> None:
    passages = [Passage("Car", Moment(1, 2)), Passage("Bus", Moment(3, 4)), Passage("Bus", Moment(9, 9))]
    assert sights(passages) == [Sight("Bus", 2, Moment(3, 4)), Sight("Car", 1, Moment(1, 2))]


def test_in_a_picture_nothing_has_a_time() -> None:
    assert sights([Passage("Bus")]) == [Sight("Bus", 1, None)]
