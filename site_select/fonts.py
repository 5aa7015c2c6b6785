"""The Korean font that figures name and pages carry inside."""

import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from fontTools import subset
from fontTools.ttLib import TTFont

from site_select.errors import WriteError

FAMILY = "NanumGothic"
PACKAGE = "koreanize-matplotlib"

WEIGHTS: Mapping[int, str] = MappingProxyType(
    {400: "NanumGothic.ttf", 700: "NanumGothicBold.ttf"},
)


# Signature, layout of Latin ligatures, the designer's notes, vertical writing.
_NOT_KEPT = ["DSIG", "GPOS", "GSUB", "TSI0", "TSI1", "TSI2", "TSI3", "TSI5", "vhea", "vmtx"]


def path(weight: int) -> Path:
    """Find the file of a weight.

    The package that carries the files is not imported: it would change matplotlib for everyone.

    Parameters
    ----------
    weight
        Weight as style sheets name it, 400 or 700.

    Raises
    ------
    WriteError
        If it is not on this machine.
    """
    name, files = WEIGHTS[weight], []
    with suppress(metadata.PackageNotFoundError):
        files = metadata.files(PACKAGE) or []
    found = [Path(str(file.locate())) for file in files if file.name == name]
    if not (found and found[0].is_file()):
        raise WriteError(
            f"the font {name} is missing, without which no page is written; it comes with the "
            f"package {PACKAGE}: pip install --force-reinstall {PACKAGE}"
        )
    return found[0]


def faces(html: str) -> str:
    r"""Write the style rules that carry the glyphs a page uses, and no others.

    Parameters
    ----------
    html
        The page; characters written as ``\uXXXX`` in its scripts are counted too.

    Returns
    -------
    str
        One ``@font-face`` rule per weight, the font inside as a data address.
    """
    # halves of a pair, which programs name too, are no characters
    whole = r"\\u(?![dD][89a-fA-F])([0-9a-fA-F]{4})"
    escaped = {chr(int(code, 16)) for code in re.findall(whole, html)}
    characters = "".join(sorted(set(html) | escaped))
    return "\n".join(
        f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};'
        f"src:url(data:font/woff;base64,{_subset(path(weight), characters)})"
        'format("woff")}'
        for weight in WEIGHTS
    )


def _subset(file: Path, characters: str) -> str:
    options = subset.Options(
        flavor="woff",
        hinting=False,
        layout_features=[],
        legacy_kern=False,
        notdef_outline=True,
        recalc_timestamp=False,
        drop_tables=_NOT_KEPT,
    )
    with TTFont(file, lazy=True, recalcTimestamp=False) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=characters)
        subsetter.subset(font)
        font.flavor = "woff"
        written = BytesIO()
        font.save(written, reorderTables=None)
    return base64.b64encode(written.getvalue()).decode("ascii")
