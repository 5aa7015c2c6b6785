"""Is a page what its study gives? Runs its notebook again and says which figure differs.

The page is only read. What it says of itself (notebook, language, study, day, changed settings)
says what to run; every word of it is then held against the page that comes out.
"""

import ast
import datetime as dt
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from site_select import differences, messages, pages, publish, takeaway
from site_select import study as studies
from site_select.errors import Fault, InputError
from site_select.messages import LANGUAGES, Language
from site_select.pages import Link, Links

STUDIES = Path("data/studies")
INDEX = "index"
_FILE = re.compile(rf"{takeaway.FOLDER}/\w[\w.]*")


@dataclass(frozen=True)
class Claim:
    """What a page says it is; none of it is believed.

    Attributes
    ----------
    notebook
        Name of the notebook; `INDEX` for the page that leads to all others.
    languages
        Language of the page; those of an index in order.
    study
        Name of the study, empty where the page names none.
    changes
        Settings changed by hand.
    day
        Day it was made on, if it names one.
    titles
        Titles of the pages before and after it, by ``prev`` and ``next``.
    leads
        Whether it leads to the index, and to the same page in the other language.
    files
        Files it leads to.
    """

    notebook: str
    languages: tuple[Language, ...]
    study: str
    changes: Mapping[str, object]
    day: dt.datetime | None
    titles: Mapping[str, str]
    leads: tuple[bool, bool]
    files: tuple[str, ...] = ()


def verify(
    page: Path,
    study_folder: Path | None = None,
    *,
    manifest: Path | None = None,
    notebooks: Path = publish.NOTEBOOKS,
) -> list[str]:
    """Compute a page of a report anew and say what differs.

    Parameters
    ----------
    page
        The page; of any other file only the hash is compared with the manifest.
    study_folder
        The study; the one in `STUDIES` that the page names when left out.
    manifest
        ``manifest.json`` of the report, kept where nobody who changes pages can change it.
    notebooks
        Folder of the notebooks.

    Returns
    -------
    list
        A line for each difference; none when the page is the same, character by character. The
        day of making is taken from the page.

    Raises
    ------
    InputError
        If the page, the study or the manifest cannot be read.
    NotebookError
        If the notebook fails.
    """
    try:
        content = page.read_bytes()
        html = content.decode("utf-8").replace("\r\n", "\n") if page.suffix == ".html" else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([_fault(page, str(error), "a page of a report in UTF-8")]) from error
    listed = [] if manifest is None else _unlisted(page.name, content, manifest)
    if manifest and not html:
        return listed
    said = claim(html)
    names = [path.stem for path in publish.notebook_files(notebooks)]
    if not said.languages or said.notebook not in [INDEX, *names]:
        found = f"notebook {said.notebook!r}, language {', '.join(said.languages) or 'none'}"
        raise InputError([_fault(page, found, f"ko or en, a page of {', '.join(names)}")])
    again = recomputed(said, study_folder or _named_study(page, said), notebooks)
    return listed + differences.differences(html, again)


def claim(html: str) -> Claim:
    """Read what a page says of itself.

    Parameters
    ----------
    html
        The page.
    """
    tags = [token for token in differences.read(html) if token.kind == "open"]
    is_index = any(tag.tag == "body" and tag.attributes.get("class") == "index" for tag in tags)
    spoken = [
        tag.attributes.get("lang") for tag in tags
        if tag.tag == "html" or (is_index and "edition" in str(tag.attributes.get("class")))
    ]  # fmt: skip
    languages = tuple(language for language in dict.fromkeys(spoken) if language in LANGUAGES)
    language: Language = languages[0] if languages else "en"
    names = [str(tag.attributes.get("content")) for tag in tags
             if tag.attributes.get("name") == "notebook"]  # fmt: skip
    told = _provenance(html)
    study = told.get(messages.text("provenance.name").in_(language), "")
    changes = told.get(messages.text("provenance.changes").in_(language), "")
    nothing = messages.text("provenance.nothing").in_(language)
    links = [tag.attributes for tag in tags if tag.tag == "a"]
    return Claim(
        INDEX if is_index else "".join(names[:1]), languages, study,
        {} if changes == nothing else _changes(changes), _day(html, language),
        {str(link["rel"]): str(link["title"]) for link in links if {"rel", "title"} <= set(link)},
        (any(link.get("href") == f"index.html#{language}" for link in links),
         any("hreflang" in link for link in links)),
        tuple(href for link in links if _FILE.fullmatch(href := str(link.get("href")))),
    )  # fmt: skip


def recomputed(said: Claim, study_folder: Path, notebooks: Path) -> str:
    """Make the page anew that a page says it is.

    Parameters
    ----------
    said
        Result of `claim`.
    study_folder
        The study.
    notebooks
        Folder of the notebooks.
    """
    study = studies.read(study_folder, said.changes)
    every = [path.stem for path in publish.notebook_files(notebooks)]
    names = [name for name in study.settings.notebooks.split(";") if name] or every
    is_index = said.notebook == INDEX
    with _dated(said.day):
        made = publish.executed_on(
            study_folder, notebooks=notebooks, only=names if is_index else [said.notebook],
            changes=said.changes,
        )  # fmt: skip
        if is_index:
            cards = [pages.card(notebook, name) for name, notebook in made.items()]
            return pages.index(
                cards, languages=said.languages, study=study.settings.name, files=_files(said)
            )
        return pages.render(
            made[said.notebook], language=said.languages[0], links=_links(said, names),
            name=said.notebook,
        )  # fmt: skip


def _links(said: Claim, names: Sequence[str]) -> Links:
    """Ways of a page in its report; of the titles of other pages only true ones are taken over."""
    language, number = said.languages[0], [*names, said.notebook].index(said.notebook)
    titles = {
        Markup(entry[language]).striptags()  # noqa: S704 - only to take tags off
        for key, entry in messages.catalogue().items() if key.endswith(".title")
    }  # fmt: skip

    def link(other: int, way: str) -> Link | None:
        if not 0 <= other < len(names):
            return None
        title = said.titles.get(way, "")
        is_true = title in titles or title == names[other]
        return Link(f"{names[other]}.{language}.html", title if is_true else "?")

    leads_to_index, leads_to_other = said.leads
    if not leads_to_index:
        return Links()
    other = next(one for one in LANGUAGES if one != language)
    return Links(
        f"index.html#{language}", f"{said.notebook}.{other}.html" if leads_to_other else "",
        link(number - 1, "prev"), link(number + 1, "next"),
    )  # fmt: skip


def _files(said: Claim) -> dict[Language, list[Link]]:
    """Ways to the files that an index names, as they are named when those files are there."""
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / takeaway.FOLDER).mkdir()
        for name in said.files:
            (Path(made) / name).touch()
        return {language: list(takeaway.links(Path(made), language)) for language in said.languages}


def _provenance(html: str) -> dict[str, str]:
    """Terms of the page's provenance with what is said of them."""
    told: dict[str, str] = {}
    term = inside = ""
    for token in differences.read(html):
        if token.tag in {"dt", "dd"}:
            inside = token.tag if token.kind == "open" else ""
            term = "" if inside == "dt" else term
        elif token.kind == "text" and inside == "dt":
            term += token.content
        elif token.kind == "text" and inside == "dd":
            told[term] = told.get(term, "") + token.content
    return told


def _changes(written: str) -> dict[str, object]:
    """Settings as the page writes them: ``seed = 7; points.economic_effect = 2``."""
    changes: dict[str, object] = {}
    for change in written.split("; ") if written else []:
        name, _, value = change.partition(" = ")
        try:
            changes[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            changes[name] = value
    return changes


def _day(html: str, language: Language) -> dt.datetime | None:
    pattern = re.escape(messages.text("common.made_on", date="#").in_(language))
    found = re.findall(pattern.replace(r"\#", r"(\d{4}-\d\d-\d\d)"), html)
    try:
        return dt.datetime.fromisoformat(f"{found[-1]}T00:00:00+00:00") if found else None
    except ValueError:
        return None


@contextmanager
def _dated(day: dt.datetime | None) -> Iterator[None]:
    """Make pages as if it were that day."""
    name, before = "SOURCE_DATE_EPOCH", dict(os.environ)
    if day is not None:
        os.environ[name] = str(int(day.timestamp()))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _named_study(page: Path, said: Claim) -> Path:
    folder = STUDIES / said.study
    if re.fullmatch(r"\w[\w.-]*", said.study) and folder.is_dir():
        return folder
    found = f"no folder {folder}" if said.study else "no name of a study"
    raise InputError([_fault(page, found, "a study here; name its folder with --study")])


def _unlisted(name: str, content: bytes, manifest: Path) -> list[str]:
    """Say that no file of the manifest has this content."""
    files, digest = publish.manifest_files(manifest), hashlib.sha256(content).hexdigest()
    if digest in files.values():
        return []
    return [f"Manifest: SHA-256 printed {digest}, listed {files.get(name, 'nowhere')}"]


def _fault(page: Path, found: str, allowed: str) -> Fault:
    return Fault(str(page), 0, "", found, allowed, "take the page as site-select wrote it")
