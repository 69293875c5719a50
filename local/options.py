"""What the command line asks for of what may be seen, heard and read: a file of options, flags for the usual ones."""

import argparse
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chalicelib.domain.ai_options import CAPTURE_MODES, AiOptions, OptionFault
from chalicelib.errors import RapporteurError

_LARGEST_FILE = 1024**2
_SWITCHES = {
    "--label": ("label", "look for things and scenes, where an engine can"),
    "--moderation": ("moderation", "look for what not everybody should see"),
    "--text": ("text", "read text on screen"),
    "--segments": ("segment", "find shots and black stretches"),
    "--faces": ("face", "look for faces, where RAPPORTEUR_BIOMETRICS is true"),
    "--toxicity": ("toxicity", "mark insults, threats and hate in what is said or written"),
    "--tables": ("textract", "read a picture as a document, with its tables and forms"),
}


def add_to(parser: argparse.ArgumentParser) -> None:
    """Let a command take them."""
    parser.add_argument("--options", type=Path, metavar="FILE.json", help="what to look for, as ai_options of the API")
    for flag, (name, told) in _SWITCHES.items():
        parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, dest=f"ai_{name}", help=told)
    parser.add_argument(
        "--transcribe",
        action=argparse.BooleanOptionalAction,
        default=None,
        dest="ai_transcribe",
        help="hear what is said",
    )
    parser.add_argument(
        "--frames",
        type=_mode,
        metavar="MODE",
        help="look at stills instead of the film, so many a second: a code of frameCaptureMode",
    )


def _mode(text: str) -> int:
    if not text.isdecimal() or int(text) not in CAPTURE_MODES:
        known = ", ".join(map(str, sorted(CAPTURE_MODES)))
        raise argparse.ArgumentTypeError(f"{text!r} is no way to take stills; there are: {known}.")
    return int(text)


def wanted(given: argparse.Namespace) -> dict[str, Any]:
    """What was asked for, by the names of the API; a flag wins over the file. Raises RapporteurError."""
    asked = _read(given.options) if given.options is not None else {}
    flags = {name: getattr(given, f"ai_{name}") for name in (*(name for name, _ in _SWITCHES.values()), "transcribe")}
    asked |= {name: value for name, value in flags.items() if value is not None}
    if given.frames is not None:
        asked |= {"framebased": True, "frameCaptureMode": given.frames}
    return asked


def _read(path: Path) -> dict[str, Any]:
    """The options in a file. Raises RapporteurError that names it, and the field at fault."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise RapporteurError(f"{path} is too large to be a file of options.")
        values = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise RapporteurError(f"The options in {path} cannot be read: {exc.strerror or exc}.") from exc
    except (ValueError, RecursionError) as exc:
        raise RapporteurError(f"The options in {path} cannot be read: it is no JSON.") from exc
    if not isinstance(values, dict):
        raise RapporteurError(f'The options in {path} must be a JSON object, such as {{"label": true}}.')
    try:
        return AiOptions.from_json(values).to_json()
    except OptionFault as exc:
        raise RapporteurError(f"The options in {path} cannot be used: {exc.field} must be {exc.expected}.") from exc


def usual() -> str:
    """What is looked for on one machine where nobody says anything, as a setting: what the pack vision can."""
    return "segment,text,moderation" if find_spec("rapidocr") is not None else ""
