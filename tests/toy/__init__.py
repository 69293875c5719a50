"""An extension as somebody else would write it: `RAPPORTEUR_EXTENSIONS=tests.toy` is all that registers it.

It counts what is said and what is shown: a branch of its own, with an engine of its own behind a seam of its own, whose
results are a track of its own.
"""

from tests.toy.branch import Counting
from tests.toy.counting import COUNTING
from tests.toy.track import COUNTS

BRANCHES = (Counting(),)
SEAMS = (COUNTING,)
TRACKS = (COUNTS,)
