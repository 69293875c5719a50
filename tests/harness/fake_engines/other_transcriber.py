"""Another that hears: for tests in which owners may choose among several."""

from tests.harness.fakes import OtherTranscriber

USES_LEXICON = True


def create(context: object) -> OtherTranscriber:
    return OtherTranscriber()
