"""What Lambda's Python runtime finds where: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html."""

import sys
from pathlib import Path

REFUSES = 'raise ImportError(f"{__name__} is the one of Lambda\'s runtime, older than what was tested")\n'


def search_path(task: Path, layer: Path | None, runtime: Path) -> list[str]:
    """In the order that Lambda sets: the app, its layer (unpacked in /opt), and at the end what the runtime has itself.

    That the layer comes in two places is in awslambdaric's bootstrap: `lib/pythonN.N/site-packages`, then `python`.
    """
    site = f"python/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    return [str(path) for path in (task, *((layer / site, layer / "python") if layer else ()), runtime)]


def own_libraries(folder: Path) -> Path:
    """Make, in `folder`, what the runtime has itself: an AWS library that must not be the one that is imported."""
    for library in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3"):
        (folder / library).mkdir(parents=True)
        (folder / library / "__init__.py").write_text(REFUSES)
    (folder / "six.py").write_text(REFUSES)
    return folder
