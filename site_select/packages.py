"""The zip of XML that a workbook is, held against limits before and while it is unpacked.

Both can be made to fill the memory: a zip that unpacks to a million times its size, XML whose
entities stand for one another. Here no entity is ever defined, no name outside the zip is looked
at, and nothing is unpacked that is declared or found to be too large.
"""

import io
import posixpath
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from site_select import messages
from site_select.errors import SiteSelectError
from site_select.messages import Text

CHUNK, LONGEST_TAG = 1 << 16, 1 << 20  # bytes
DEEPEST = 100  # elements within one another
OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # how old and password-protected workbooks begin
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, expat.ExpatError, EOFError, OSError,
    ValueError, LookupError, ArithmeticError, RuntimeError,
)  # fmt: skip

Element = tuple[str, dict[str, str], str]  # name (/name at its end), attributes, text at its end


class Limits(NamedTuple):
    """How large a workbook may be; more is refused, before it is unpacked where that can be known.

    Attributes
    ----------
    file_bytes, unpacked_bytes
        Size of the file, and of all its members together.
    ratio
        How many times the members may be larger than the file; ordinary workbooks reach 20.
    entries
        Members of the zip.
    cells
        Filled cells of all sheets that are read; likewise texts, formats and merged areas.
    seconds
        Time to read it.
    """

    file_bytes: int = 20_000_000
    unpacked_bytes: int = 200_000_000
    ratio: float = 200.0
    entries: int = 2_000
    cells: int = 500_000
    seconds: float = 60.0


class Refused(SiteSelectError):  # noqa: N818 - says what happened to the workbook
    """A workbook is not opened.

    Parameters
    ----------
    found, allowed, remedy
        What stands there, what may, how to mend it; plain text, not escaped.
    """

    def __init__(self, found: Text, allowed: Text, remedy: Text) -> None:
        super().__init__(found, allowed, remedy)
        self.found, self.allowed, self.remedy = found, allowed, remedy

    def __str__(self) -> str:
        """Say it in one line of English."""
        return f"found {self.found.en}; allowed: {self.allowed.en}; to mend: {self.remedy.en}"


def refused(key: str, **values: object) -> Refused:
    """Make a refusal from the catalogue's ``workbooks.KEY.found``, ``.allowed`` and ``.remedy``.

    Parameters
    ----------
    key
        What is wrong.
    **values
        What the messages name.

    Examples
    --------
    >>> print(refused("empty"))
    found an empty file (0 bytes); allowed: an Excel workbook (.xlsx); to mend: send or save the file again
    """  # noqa: E501 - one line
    found, allowed, remedy = (
        messages.text(f"workbooks.{key}.{part}", **values)
        for part in ("found", "allowed", "remedy")
    )
    return Refused(found, allowed, remedy)


class Package:
    """The parts of a workbook, unpacked one chunk at a time."""

    def __init__(self, raw: bytes, limits: Limits) -> None:
        self.limits, self.part, self._unpacked = limits, "zip", 0
        self._deadline = time.monotonic() + limits.seconds
        self._zip = zipfile.ZipFile(io.BytesIO(raw))
        members = self._zip.infolist()
        size = sum(member.file_size for member in members)
        self.check(entries=len(members), unpacked_bytes=size, ratio=size / len(raw))
        self._members = {member.filename.lower(): member for member in members}
        for member in members:
            steps = member.filename.replace("\\", "/").split("/")
            if (".." in steps or not steps[0] or ":" in steps[0] or member.flag_bits & 1
                    or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
                    or self._members[member.filename.lower()] is not member):  # fmt: skip
                raise refused("member", name=repr(member.filename[:80]))

    def check(self, **found: float) -> None:
        """Refuse what is beyond a limit."""
        for name, value in found.items():
            most = getattr(self.limits, name)
            if value > most:
                raise refused(name, found=value, most=most)

    def hurry(self) -> None:
        """Refuse to read on when the time is over."""
        if time.monotonic() > self._deadline:
            raise refused("seconds", most=self.limits.seconds)

    def elements(self, part: str) -> Iterator[Element]:
        """Starts and ends of the XML elements of a part; how texts are spoken is left out."""
        return _spoken_once(self._elements(part))

    def _elements(self, part: str) -> Iterator[Element]:
        self.part = part[:80]
        parser, events, pieces = expat.ParserCreate(), list[Element](), list[str]()
        fed = depth = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            pieces.clear()
            events.append((name.rpartition(":")[2], attributes, ""))

        def end(name: str) -> None:
            nonlocal depth
            depth -= 1
            events.append(("/" + name.rpartition(":")[2], {}, "".join(pieces)))
            pieces.clear()

        def doctype(*_: object) -> None:
            raise refused("doctype", part=self.part)

        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = pieces.append, doctype
        for chunk in self._chunks(part):
            parser.Parse(chunk, not chunk)
            fed += len(chunk)
            # the parser keeps a tag until it ends, and every element until it is closed
            if fed - parser.CurrentByteIndex > LONGEST_TAG or depth > DEEPEST:
                raise ValueError("a tag too long or too deep")
            yield from events
            events.clear()

    def _chunks(self, part: str) -> Iterator[bytes]:
        """Give a part piece by piece, the last one empty; zipfile stops at the declared size."""
        with self._zip.open(self._members[part.lower()]) as file:
            chunk = b"\0"
            while chunk:
                chunk = file.read(CHUNK)
                self._unpacked += len(chunk)
                self.check(unpacked_bytes=self._unpacked)  # a part may be named by many sheets
                self.hurry()
                yield chunk

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Kind and name of the parts that a part names, by identifier."""
        folder, name = posixpath.split(part)
        found = {}
        for tag, attributes, _ in self.elements(posixpath.join(folder, "_rels", f"{name}.rels")):
            if tag == "Relationship":
                target = posixpath.join("/", folder, attributes["Target"])
                kind = posixpath.basename(attributes["Type"])
                found[attributes["Id"]] = kind, posixpath.normpath(target).lstrip("/")
                self.check(cells=len(found))
        return found

    def main(self) -> str:
        """Name of the part that lists the sheets."""
        if "_rels/.rels" not in self._members:
            raise refused("foreign")
        parts = [part for kind, part in self.related("").values() if kind == "officeDocument"]
        if not parts:
            raise refused("foreign")
        return parts[0]


def _spoken_once(elements: Iterator[Element]) -> Iterator[Element]:
    """Leave out how a text is pronounced, which East Asian Excel writes beside it."""
    is_said = False
    for element in elements:
        if element[0] in {"rPh", "/rPh"}:
            is_said = element[0] == "rPh"
        elif not is_said:
            yield element


def opened(path: Path, limits: Limits) -> Package:
    """Look at the directory of the zip, and unpack nothing.

    Parameters
    ----------
    path
        An ordinary file, neither link nor device.
    limits
        How large it may be.

    Raises
    ------
    Refused
        If it is no zip, or one that no workbook is.
    """
    raw = _content(path, limits)
    try:
        return Package(raw, limits)
    except BROKEN as error:
        raise refused("damaged", part="zip") from error


def _content(path: Path, limits: Limits) -> bytes:
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise refused("link")
        with path.open("rb") as file:
            raw = file.read(limits.file_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise refused("unreadable", reason=getattr(error, "strerror", None) or error) from error
    size = max(found.st_size, len(raw))
    if size > limits.file_bytes:
        raise refused("file_bytes", found=size, most=limits.file_bytes)
    if not raw:
        raise refused("empty")
    if raw.startswith(OLE):
        raise refused("locked")
    if not raw.startswith(b"PK"):
        raise refused("foreign")
    return raw
