"""Passwords in the one form in which ours are chosen and compared, since Cognito compares bytes. Pure."""

import unicodedata


def opaque(password: str) -> str:
    """`password` as OpaqueString of RFC 8265 (4.2.2) has it: each space an ASCII one, letters composed (NFC).

    So it is the same from a machine that takes letters apart, and from a keyboard that types other spaces. Nothing that
    tells passwords apart is lost: neither capitals nor accents.
    """
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in password)
    return unicodedata.normalize("NFC", spaced)
