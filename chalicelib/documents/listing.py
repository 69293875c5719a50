"""How the documents of tracks are written that are a list of many things: a piece at a time, a thing a line. Pure."""

from collections.abc import Iterable, Iterator


def listed(name: str, things: Iterable[bytes]) -> Iterator[bytes]:
    """The JSON object whose one member `name` is the list of these, each JSON by itself."""
    yield f'{{"{name}": ['.encode()
    for number, thing in enumerate(things):
        yield (b",\n" if number else b"\n") + thing
    yield b"\n]}\n"
