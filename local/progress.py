"""Shows at the terminal how far each branch of each recording is, and how all of it ended."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from chalicelib.domain.assets import Asset, AssetRef, BranchStatus, Status
from chalicelib.letters.report import extent
from chalicelib.letters.wording import Wording
from chalicelib.pipeline.branches import progress_of
from local.runtime import Runtime

_NAME_WIDTH = 32
_WORDS = Wording("en", "UTC")


class BranchProgress:
    """A bar a branch, kept up to date by `update`."""

    def __init__(self, runtime: Runtime, assets: Sequence[Asset], console: Console) -> None:
        self._runtime = runtime
        self._names = {asset.ref: _short(asset.file_name) for asset in assets}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}% {task.fields[state]}"),
            TimeElapsedColumn(),
            console=console,
            # Drawn by `update`, when something may have changed: a drawing thread would take time from the engines.
            auto_refresh=False,
        )
        self._bars: dict[tuple[AssetRef, str], TaskID] = {}
        self._open: set[AssetRef] = set(self._names)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def update(self) -> None:
        """Look at the assets and the running jobs, and move the bars."""
        for ref in sorted(self._open, key=lambda ref: ref.asset_id):
            asset = self._runtime.services.store.get(ref)
            if asset is None:
                continue
            progress = progress_of(asset, self._runtime.services)
            for branch, state in asset.branches.items():
                bar = self._bar(ref, branch)
                ended = state.status is not BranchStatus.OPEN
                done = 1.0 if ended else progress.get(branch) or 0.0
                self._progress.update(bar, completed=done, state=state.status.value if ended else "")
                if ended:
                    self._progress.stop_task(bar)
            if asset.status not in {Status.AWAITING_UPLOAD, Status.QUEUED, Status.PROCESSING}:
                self._open.discard(ref)
        self._progress.refresh()

    def _bar(self, ref: AssetRef, branch: str) -> TaskID:
        if (ref, branch) not in self._bars:
            title = f"{escape(self._names[ref])}  {branch}"
            self._bars[ref, branch] = self._progress.add_task(title, total=1.0, state="")
        return self._bars[ref, branch]


def summary(assets: Sequence[Asset], folders: Sequence[str], console: Console) -> None:
    """Print how each file ended."""
    table = Table(title="Rapporteur")
    for heading in ("file", "status", "extent", "branches", "results"):
        table.add_column(heading, overflow="fold")
    for asset, folder in zip(assets, folders, strict=True):
        branches = "\n".join(f"{branch}: {state.status.value}" for branch, state in asset.branches.items())
        table.add_row(
            escape(_short(asset.file_name)), asset.status.value, _extent(asset), branches or "–", escape(folder)
        )
    console.print(table)
    for asset in assets:
        for where, failure in asset.failures.items():
            of_branch = f"{where}: " if where in asset.branches else ""
            told = f"{escape(_short(asset.file_name))}: {of_branch}{escape(_WORDS.sentence(failure))}"
            console.print(told, highlight=False)
        for note in asset.notes:
            console.print(f"{escape(_short(asset.file_name))}: {escape(_WORDS.sentence(note))}", highlight=False)


def _extent(asset: Asset) -> str:
    """How long a recording is, how many pages a document has, how many pixels a picture."""
    media = asset.media
    if media is None:
        return "–"
    return ", ".join(extent(asset, _WORDS)) if media.is_still else f"{media.duration:.1f} s"


def _short(name: str) -> str:
    printable = "".join(char if char.isprintable() else "?" for char in name)
    return printable if len(printable) <= _NAME_WIDTH else printable[: _NAME_WIDTH - 1] + "…"
