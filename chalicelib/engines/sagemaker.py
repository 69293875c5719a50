"""What the engines have in common that run our programs on Amazon SageMaker."""

import re

NAME = "Amazon SageMaker"
_CODE = re.compile(r"Rapporteur: ([a-z-]{1,40})")


def code_in(said: str) -> str:
    """The code by which a program of `container/` names its failure, in what SageMaker passes on of it; "" if none."""
    match = _CODE.search(said)
    return match[1] if match else ""
