"""What of Babel goes into the Lambda package: the code that we import, and the CLDR's data of the languages we write.

The whole wheel has a thousand locales and 10 MB, more than all the rest. So Babel is not among the requirements that
Chalice packs. Its part is put into `vendor/`, whose contents Chalice puts beside `app.py`
(https://aws.github.io/chalice/topics/packaging.html#rd-party-packages).
"""

import shutil
from importlib.metadata import distribution
from pathlib import Path

from babel import Locale

from chalicelib.delivery.wording import LOCALES

_PATTERNS = (
    "*.py",
    "global.dat",
    "localtime/*.py",
    "messages/__init__.py",
    "messages/catalog.py",
    "messages/mofile.py",
    "messages/plurals.py",
    "messages/pofile.py",
)


def copy_babel(vendor: Path) -> None:
    """Put our part of the Babel that is installed here into `vendor`, in place of what was there of it."""
    shutil.rmtree(vendor / "babel", ignore_errors=True)
    whole = distribution("babel")
    root = Path(str(whole.locate_file("babel")))
    data = [root / "locale-data" / f"{name}.dat" for name in sorted(_names())]
    for source in [*(path for pattern in _PATTERNS for path in root.glob(pattern)), *data]:
        target = vendor / "babel" / source.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    licences = [file for file in whole.files or [] if file.name == "LICENSE"]
    shutil.copyfile(str(licences[0].locate()), vendor / "babel" / "LICENSE")


def _names() -> set[str]:
    """The locales' names, with those that they take from."""
    names = {"root"}
    for name in LOCALES:
        parts = str(Locale.parse(name)).split("_")
        names |= {"_".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return names
