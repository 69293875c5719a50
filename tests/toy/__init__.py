"""An extension as somebody else would write it: `RAPPORTEUR_EXTENSIONS=tests.toy` is all that registers it."""

from tests.toy.counting import COUNTING

SEAMS = (COUNTING,)
