"""/: the files of web/."""

import gzip
import json
import mimetypes
from functools import lru_cache
from pathlib import Path

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.security import safe_join
from werkzeug.utils import send_file
from werkzeug.wrappers import Request, Response

_WEB = Path(__file__).resolve().parent.parent.parent / "web"
_CONFIG = {"api": "/api"}
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".vtt": "text/vtt",
    ".woff2": "font/woff2",
}
"""Those that a machine's own list may know otherwise; a browser runs no module whose type is wrong."""

_ZIPPED = {".css", ".html", ".js", ".json"}


class PagesDoor:
    """The pages, as they are on disk at the moment: whoever edits one sees it at the next look."""

    def __init__(self, folder: Path = _WEB) -> None:
        self._folder = folder

    def __call__(self, request: Request) -> Response:
        """The file, or 304 if the browser has it."""
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed(["GET", "HEAD"])
        name = request.path.removeprefix("/") or "index.html"
        if name == "config.json":
            return Response(json.dumps(_CONFIG), content_type="application/json", headers={"Cache-Control": "no-cache"})
        path = self._file(name)
        if path is None:
            raise NotFound("There is no such page.")
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if path.suffix in _ZIPPED and request.accept_encodings["gzip"]:
            response = _zipped_answer(path, kind)
            response.make_conditional(request)
        else:
            response = send_file(path, request.environ, mimetype=kind, conditional=True, etag=True)
        response.headers["Cache-Control"] = "no-cache"  # it may be kept, but is asked for anew each time
        return response

    def _file(self, name: str) -> Path | None:
        """The file of a page. A link or a hidden file is no page, wherever it leads."""
        found = safe_join(str(self._folder), name)
        if found is None or "/." in f"/{name}":
            return None
        path = Path(found)
        try:
            return path if path.is_file() and path.resolve().is_relative_to(self._folder) else None
        except OSError:  # the name is longer than any file's
            return None


def _zipped_answer(path: Path, kind: str) -> Response:
    at = path.stat()
    answer = Response(_zipped(path, at.st_mtime_ns, at.st_size), mimetype=kind, headers={"Content-Encoding": "gzip"})
    answer.vary.add("Accept-Encoding")
    answer.set_etag(f"{at.st_mtime_ns:x}-{at.st_size:x}", weak=True)
    return answer


@lru_cache(maxsize=1000)
def _zipped(path: Path, changed_at: int, size: int) -> bytes:
    """A file as it was then. It is kept: a page is a hundred of them, and to zip these takes a tenth of a second."""
    return gzip.compress(path.read_bytes(), mtime=0)
