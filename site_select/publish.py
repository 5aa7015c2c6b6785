"""Run the notebooks of a study and publish their pages, all of them or none."""

import json
import os
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from joblib import Parallel, delayed
from markupsafe import Markup
from papermill.exceptions import PapermillExecutionError
from tqdm import tqdm
from traitlets.config import Config

from site_select import folders, fonts, installed, origins, pages, takeaway
from site_select.errors import Fault, InputError, NotebookError, WriteError
from site_select.messages import LANGUAGES, Language, Text
from site_select.pages import Card, Link, Links

_NOTEBOOK = re.compile(r"\d\d_\w+\.ipynb")
_OWN_FILE = re.compile(r"index\.html|manifest\.json|\d\d_\w+\.(ko|en)\.html")
MANIFEST = "manifest.json"
NOTEBOOKS = installed.folder("notebooks")

# Several notebooks run at once: each takes one core, not all of them.
_ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
    "1",
)


@dataclass(frozen=True)
class _Run:
    """How one notebook went: seconds taken, what the index says of it, what went wrong."""

    notebook: Path
    seconds: float
    card: Card | None = None
    failure: str = ""


def report(
    study_folder: Path,
    *,
    out: Path,
    languages: Sequence[Language] = LANGUAGES,
    workers: int = 2,
    notebooks: Path = NOTEBOOKS,
    only: Sequence[str] = (),
    changes: Mapping[str, object] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Path:
    """Run every notebook on a study and write its report.

    The report is built beside `out` and put in its place when it is complete: a run that fails or
    is interrupted leaves the former report as it was.

    Parameters
    ----------
    study_folder
        Folder of the study.
    out
        Folder of the report; what it holds is replaced, if it holds a report.
    languages
        Languages of the report; the index shows the first one first.
    workers
        Notebooks run at once.
    notebooks
        Folder of the notebooks, named ``NN_name.ipynb``; each takes ``study_folder`` as its
        parameter and is run in that folder.
    only
        Names of the notebooks to run; all when empty.
    changes
        Settings to change, as `study.read` takes them: every page is then marked *variant*.
    origin
        What the study is made from, `study.origin`, for the manifest of the report.

    Returns
    -------
    Path
        The page that leads to all others.

    Raises
    ------
    InputError
        If there is no such study or no notebook.
    NotebookError
        If a notebook fails; it is kept, as far as it ran, in a folder ``OUT-failed``.
    SettingsError
        If the day of making cannot be.
    WriteError
        If the report cannot be written.
    """
    _check_machine()
    study, target = study_folder.resolve(), out.resolve()
    found = _found(study, notebooks.resolve(), target, only)
    _check_replaceable(target)
    with folders.staged(target) as staging:
        executed = staging / "executed"
        executed.mkdir()
        cards = _run_all(found, _asked(study, changes), executed, target, workers)
        whole = staging / "pages"
        whole.mkdir()
        jobs = [
            delayed(_write_pages)(
                executed / f"{card.name}.ipynb", whole, _ways(cards, n, languages)
            )
            for n, card in enumerate(cards)
        ]
        Parallel(n_jobs=workers)(jobs)
        notes = takeaway.write(
            study, executed, whole, languages=languages, workers=workers, changes=changes
        )
        tqdm.write("\n".join(notes), file=sys.stderr, end="\n" if notes else "")
        _write_index(whole, cards, languages, study.name, origin or {})
        (whole / MANIFEST).write_text(_manifest(whole, found, origin or {}), encoding="utf-8")
        folders.swap(whole, target)
    shutil.rmtree(_failed_folder(target), ignore_errors=True)
    return target / "index.html"


def _write_index(
    folder: Path, cards: Sequence[Card], languages: Sequence[Language], folder_name: str,
    origin: Mapping[str, Any],
) -> None:  # fmt: skip
    said = origin.get("settings", {})
    name = Text(*(said.get(f"name_{one}", folder_name) for one in LANGUAGES))
    files = {language: list(takeaway.links(folder, language)) for language in languages}
    html = pages.index(cards, languages=languages, study=name, files=files)
    (folder / "index.html").write_text(html, encoding="utf-8")


def executed_on(
    study_folder: Path,
    *,
    notebooks: Path,
    only: Sequence[str] = (),
    changes: Mapping[str, object] | None = None,
    workers: int = 2,
) -> dict[str, nbformat.NotebookNode]:
    """Run notebooks on a study as `report` does, and write no page.

    Parameters
    ----------
    study_folder, notebooks, only, changes, workers
        As in `report`.

    Returns
    -------
    dict
        The executed notebooks by name.

    Raises
    ------
    InputError, NotebookError
        As in `report`.
    """
    study = study_folder.resolve()
    with tempfile.TemporaryDirectory(prefix="executed-") as made:
        folder = Path(made).resolve()
        found = _found(study, notebooks.resolve(), folder, only)
        _run_all(found, _asked(study, changes), folder, folder, workers)
        return {path.stem: _read(path) for path in sorted(folder.glob("*.ipynb"))}


def _asked(study: Path, changes: Mapping[str, object] | None) -> dict[str, object]:
    return {"study_folder": str(study)} | ({"changes": dict(changes)} if changes else {})


def _manifest(folder: Path, found: Sequence[Path], origin: Mapping[str, Any]) -> str:
    """What a report was made from and the hash of each of its files, to be kept elsewhere."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    said = {
        **origin,
        **({"manifest": origins.manifest_id(origin)} if origin else {}),
        "notebooks": {path.stem: origins.sha256([path]) for path in found},
        "files": {path.relative_to(folder).as_posix(): origins.sha256([path]) for path in files},
    }
    return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def notebook_files(folder: Path) -> list[Path]:
    """Notebooks of a folder that make pages, in reading order."""
    return sorted(path for path in folder.glob("*.ipynb") if _NOTEBOOK.fullmatch(path.name))


def manifest_files(file: Path) -> dict[str, str]:
    """SHA-256 of each file of a report, from its manifest.

    Raises
    ------
    InputError
        If there is no such file or it is no manifest.
    """
    try:
        files = json.loads(file.read_text(encoding="utf-8"))["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        fault = Fault(str(file), 0, "", str(error) or "no manifest", "manifest.json of a report",
                      "name the file that site-select wrote beside the pages")  # fmt: skip
        raise InputError([fault]) from error


def _found(study: Path, notebooks: Path, target: Path, only: Sequence[str]) -> list[Path]:
    faults = []
    if not study.is_dir():
        faults.append(
            Fault(str(study), 0, "", "no such folder", "a study folder", "check the path"),
        )
    faults += [
        Fault(str(path), 0, "", "{ or } or .. in the path", "a plain name", "rename the folder")
        for path in (study, notebooks, target)
        if folders.NOT_IN_PATHS.search(str(path))
    ]
    faults += [
        Fault(str(path), 0, "", "letters that are none in this locale", "a locale of UTF-8",
              "set LC_ALL=C.UTF-8, or PYTHONUTF8=1")
        for path in (study, notebooks, target) if re.search("[\ud800-\udfff]", str(path))
    ]  # fmt: skip
    found = notebook_files(notebooks)
    names = [path.stem for path in found]
    faults += [
        Fault("study.toml", 0, "notebooks", repr(name), f"names among {', '.join(names)}",
              "correct the name")
        for name in only if name not in names
    ]  # fmt: skip
    found = [path for path in found if not only or path.stem in only]
    if not names:
        faults.append(
            Fault(str(notebooks), 0, "", "no notebook", "NN_name.ipynb", "check --notebooks"),
        )
    if faults:
        raise InputError(faults)
    return found


def _check_machine() -> None:
    """Say what every page needs and this machine lacks before any notebook stumbles over it."""
    origins.made_on()
    for weight in fonts.WEIGHTS:
        fonts.path(weight)


def _check_replaceable(target: Path) -> None:
    """Refuse to put the report in the place of anything that is not one."""
    if not target.exists():
        return
    if not target.is_dir():
        raise WriteError(f"{target} is a file; name a folder for the report with --out")
    manifest = target / MANIFEST
    known = manifest_files(manifest) if manifest.exists() else {}
    names = [path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()]
    foreign = sorted(name for name in names if name not in known and not _OWN_FILE.fullmatch(name))
    if foreign:
        listed = ", ".join(foreign[:5])
        raise WriteError(
            f"{target} holds files that are not of a report ({listed}); name another folder",
        )


def _failed_folder(target: Path) -> Path:
    return target.with_name(f"{target.name}-failed")


def _run_all(
    found: Sequence[Path],
    asked: Mapping[str, object],
    executed: Path,
    target: Path,
    workers: int,
) -> list[Card]:
    cards = {}
    # A short path, for the names of sockets may be a hundred characters long and no longer.
    with tempfile.TemporaryDirectory(prefix="kernels-", ignore_cleanup_errors=True) as sockets:
        # the later a notebook stands in the chain, the longer it takes: longest first
        own = {**os.environ, **_ONE_CORE}
        jobs = [delayed(_run)(notebook, asked, executed, Path(sockets), own)
                for notebook in found[::-1]]  # fmt: skip
        outcomes = Parallel(n_jobs=workers, return_as="generator_unordered")(jobs)
        progress = tqdm(outcomes, total=len(found), unit="notebook", file=sys.stderr)
        with progress, _stopping(outcomes):
            for outcome in progress:
                cards[outcome.notebook.stem] = _card(outcome, progress, executed, target)
    return [cards[name] for name in sorted(cards)]


def _card(outcome: _Run, progress: "tqdm[_Run]", executed: Path, target: Path) -> Card:
    """Say how a notebook went, and stop if it failed."""
    name = outcome.notebook.stem
    progress.write(f"{name}  {outcome.seconds:.1f} s", file=sys.stderr)
    if outcome.card is None:
        kept = _keep(executed / outcome.notebook.name, _failed_folder(target))
        raise NotebookError(f"{name}: {outcome.failure}; kept as far as it ran: {kept}")
    return outcome.card


@contextmanager
def _stopping(outcomes: Generator[_Run]) -> Iterator[None]:
    """Stop the notebooks that are still running when one has failed."""
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of being stopped early, which is meant
            outcomes.close()


def _run(
    notebook: Path, asked: Mapping[str, object], executed: Path, sockets: Path,
    environment: Mapping[str, str],
) -> _Run:  # fmt: skip
    """Run one notebook in a kernel of its own."""
    began = time.perf_counter()
    copy = executed / notebook.name
    failure = ""
    with _surroundings(environment):
        try:
            papermill.execute_notebook(
                notebook,
                copy,
                parameters=asked,
                cwd=notebook.parent,
                progress_bar=False,
                request_save_on_cell_execute=False,
                config=_channel(sockets, notebook.stem),
                extra_arguments=["--log-level=CRITICAL"],  # or it reports that it was told to stop
            )
        except PapermillExecutionError as error:
            failure = f"cell {error.cell_index} stopped with {error.ename}: {error.evalue}"
        except (OSError, RuntimeError, LookupError, ValueError) as error:
            failure = f"it could not be run: {error}"  # no such kernel, or it died; not a notebook
    seconds = time.perf_counter() - began
    if failure:
        return _Run(notebook, seconds, failure=failure)
    return _Run(notebook, seconds, pages.card(_read(copy), notebook.stem))


def _channel(sockets: Path, name: str) -> Config:
    """Let a kernel speak through files that only this user reads, where the system has them."""
    if sys.platform == "win32":
        return Config()
    # Left alone, kernels started at once in one folder would take the same files.
    return Config({"KernelManager": {"transport": "ipc", "ip": str(sockets / name)}})


@contextmanager
def _surroundings(environment: Mapping[str, str]) -> Iterator[None]:
    """Let a process that was started for an earlier run have the environment of this one."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _keep(partial: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    kept = folder / partial.name
    if partial.exists():
        shutil.copy(partial, kept)
    return kept


def _ways(
    cards: Sequence[Card],
    number: int,
    languages: Sequence[Language],
) -> dict[Language, Links]:
    """Tell where a reader may go from one page, in each language."""

    def link(other: int, language: Language) -> Link | None:
        if not 0 <= other < len(cards):
            return None
        card = cards[other]
        title = Markup(card.title.in_(language)).striptags()  # noqa: S704 - only to take tags off
        return Link(f"{card.name}.{language}.html", title)

    name = cards[number].name
    return {
        language: Links(
            index=f"index.html#{language}",
            other_language=next((f"{name}.{o}.html" for o in languages if o != language), ""),
            previous=link(number - 1, language),
            next=link(number + 1, language),
        )
        for language in languages
    }


def _write_pages(executed: Path, folder: Path, ways: dict[Language, Links]) -> None:
    notebook = _read(executed)
    for language, links in ways.items():
        html = pages.render(notebook, language=language, links=links, name=executed.stem)
        (folder / f"{executed.stem}.{language}.html").write_text(html, encoding="utf-8")


def _read(path: Path) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return notebook
