"""Packs: what only one language needs, installed when somebody chooses it (`make serve PACKS=ko,ja`)."""

PACKS = {"en": "English", "fr": "French", "ja": "Japanese", "ko": "Korean", "zh": "Chinese"}
"""The packs by their code, with the language that they are for. Each has its requirements-pack-….txt."""


def is_missing(code: str) -> str:
    """A sentence for the owner of a recording that wanted it."""
    return (
        f"Mood, key phrases and names in {PACKS[code]} need the pack {code!r}, which this service does not have. "
        f"Whoever runs it can bring it (make serve PACKS={code}); the recording can then be worked on again."
    )
