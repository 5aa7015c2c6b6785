"""What is installed: tables and notebooks that come with the program, and libraries it needs."""

from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

NAME = "site-select"
PINS = Path(__file__).parents[1] / "constraints.txt"  # beside the package in a checkout


class Finding(NamedTuple):
    """What was found of one thing that the program uses.

    Attributes
    ----------
    state
        ``ok``, ``missing``, ``old`` or ``new``.
    what
        The thing.
    found
        What is there.
    cost
        What it costs not to have it.
    remedy
        How to mend it.
    is_needed
        Whether no report can be made without it.
    """

    state: str
    what: str
    found: str
    cost: str = ""
    remedy: str = ""
    is_needed: bool = True

    def __str__(self) -> str:
        """Say it in one line."""
        line = f"{self.state:8}{self.what}: {self.found}"
        return line if self.state == "ok" else f"{line}; {self.cost}; to mend: {self.remedy}"


def folder(name: str) -> Path:
    """Find a folder that comes with the program: beside it in a checkout, inside it once installed.

    Parameters
    ----------
    name
        ``data`` or ``notebooks``.

    Examples
    --------
    >>> (folder("data") / "reference" / "complexes.csv").is_file()
    True
    """
    here = Path(__file__).parent
    return here / name if (here / name).is_dir() else here.parent / name


def state(required: Requirement, version: str) -> str:
    """Hold the version of a library against the range it should be in.

    Parameters
    ----------
    required
        Name and range.
    version
        Its version, empty where it is not installed.

    Examples
    --------
    >>> [state(Requirement("numpy>=1.26,<3"), version) for version in ("2.4.6", "1.25", "3.0", "")]
    ['ok', 'old', 'new', 'missing']
    """
    if not version:
        return "missing"
    if required.specifier.contains(version, prereleases=True):
        return "ok"
    limits = [Version(one.version) for one in required.specifier if one.operator != "<"]
    return "old" if any(Version(version) < limit for limit in limits) else "new"


def libraries() -> list[Finding]:
    """Hold every library against the range that the program needs; only faults, if there are any.

    Returns
    -------
    list of Finding
        One for each library that is missing or out of its range, else one for all.
    """
    every = [Requirement(line) for line in metadata.requires(NAME) or []]
    needed = [one for one in every if one.marker is None or one.marker.evaluate({"extra": ""})]
    versions = _versions()
    found = [
        Finding(
            state(one, version := versions.get(canonicalize_name(one.name), "")), one.name,
            version or "not installed", f"the program needs {one.specifier}",
            f"pip install '{one.name}{one.specifier}'",
        )
        for one in needed
    ]  # fmt: skip
    faulty = [one for one in found if one.state != "ok"]
    return faulty or [Finding("ok", "libraries", f"all {len(needed)} in their ranges")]


def pins(file: Path = PINS) -> list[Finding]:
    """Hold what is installed against the exact versions that were tested together.

    Parameters
    ----------
    file
        Lines ``name==version``, with markers.

    Returns
    -------
    list of Finding
        One, or none where there is no such file.
    """
    if not file.is_file():
        return []
    every = [Requirement(line) for line in file.read_text("utf-8").splitlines()]
    versions = _versions()
    states = {
        f"{one.name} {version}": state(one, version)
        for one in every
        if (one.marker is None or one.marker.evaluate())
        and (version := versions.get(canonicalize_name(one.name)))
    }
    other = [name for name, found in states.items() if found != "ok"]
    if not other:
        return [Finding("ok", file.name, f"all {len(states)} installed versions as listed")]
    return [
        Finding(
            "old" if "old" in states.values() else "new", file.name,
            f"{len(other)} of {len(states)} at another version ({', '.join(other)})",
            "nobody tested these together", f"pip install -c {file.name} -e .", is_needed=False,
        )
    ]  # fmt: skip


def _versions() -> dict[str, str]:
    return {canonicalize_name(one.name): one.version for one in metadata.distributions()}
