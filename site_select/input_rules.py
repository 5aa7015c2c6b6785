"""What a cell of a form takes while it is filled, and what the form says of it."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from openpyxl.worksheet.datavalidation import DataValidation

from site_select import layouts, messages, tables
from site_select.live_checks import Listed
from site_select.messages import Text

DATE_YEARS = (2020, 2035)
SUGGESTED = ("origin", "part")  # what is not on the list may be written too
PRESENCE = ("yes", "no", "planned")
LONGEST_PROMPT, LONGEST_ERROR = 255, 225  # characters that Excel takes


class Column(NamedTuple):
    """What a cell may hold.

    Attributes
    ----------
    kind
        ``text``, ``number``, ``integer``, ``year`` or ``date``.
    words
        Its heading.
    low, high
        Bounds, both allowed.
    source
        Range of the drop-down, empty where there is none.
    is_open
        Whether the drop-down only suggests.
    takes_codes
        Whether *unknown*, *refused* and *not asked* are answers.
    is_personal
        Whether it stays in the identified table.
    """

    kind: str
    words: Text
    low: float = math.nan
    high: float = math.nan
    source: str = ""
    is_open: bool = False
    takes_codes: bool = True
    is_personal: bool = False


def of_schema(table: str, name: str, source: str, listed: Listed) -> Column:
    """What the cells of a column of a table may hold.

    Parameters
    ----------
    table, name
        The column.
    source
        Range of the drop-down where the schema lists none.
    listed
        Places texts on a hidden sheet and gives their range.
    """
    row, takes_codes = tables.schema(table).loc[name].to_dict(), name not in layouts.NEVER_CODES
    if row["allowed"]:
        source = _choices(row["allowed"].split(";"), listed, takes_codes=takes_codes)
    return Column(
        "year" if row["unit"] == "year" else row["dtype"], layouts.heading(table, name),
        float(row["minimum"] or "nan"), float(row["maximum"] or "nan"), source,
        bool(source) and name in SUGGESTED, takes_codes, row["personal"] == "yes",
    )  # fmt: skip


def of_question(kind: str, words: Text, low: float, high: float, listed: Listed) -> Column:
    """What the answer to a question may be.

    Parameters
    ----------
    kind, words, low, high
        What table ``questions`` says of it.
    listed
        Places texts on a hidden sheet and gives their range.
    """
    if kind == "presence":
        return Column("text", words, source=_choices(PRESENCE, listed, takes_codes=True))
    return Column(kind, words, low, high)


def _choices(values: Iterable[str], listed: Listed, *, takes_codes: bool) -> str:
    """Range of a drop-down: the values, then the codes where they are answers."""
    return listed(*map(layouts.shown, (*values, *(layouts.CODES if takes_codes else ()))))


def allowed(column: Column, cell: str, listed: Listed) -> str:
    """Formula that holds where a cell may stand as it is.

    Parameters
    ----------
    column
        What it may hold.
    cell
        Its address.
    listed
        Places texts on a hidden sheet and gives their range.

    Examples
    --------
    >>> allowed(Column("year", Text("", ""), 2015, 2035, takes_codes=False), "I6", str)
    'AND(ISNUMBER(I6),I6>=2015,I6<=2035,I6=INT(N(I6)))'
    """
    if column.kind == "text" and not column.source:
        return f"LEN({cell})<={layouts.MOST_CHARACTERS}"
    limits = [f"{cell}{sign}{_plain(end)}"
              for sign, end in ((">=", column.low), ("<=", column.high))
              if not math.isnan(end)]  # fmt: skip
    if column.kind == "date":
        first, last = DATE_YEARS
        limits = [f"{cell}>=DATE({first},1,1)", f"{cell}<DATE({last + 1},1,1)"]
    elif column.kind in {"integer", "year"}:
        limits.append(f"{cell}=INT(N({cell}))")  # N, as a code is no number
    test = f"AND({','.join([f'ISNUMBER({cell})', *limits])})"
    if column.source:
        test = f"COUNTIF({column.source},{cell})>0"
    codes = [text for code in layouts.CODES for words in (layouts.choice(code),)
             for text in (layouts.shown(code), code, words.ko, words.en)]  # fmt: skip
    return f"OR({test},COUNTIF({listed(*codes)},{cell})>0)" if column.takes_codes else test


def validation(column: Column, cell: str, listed: Listed) -> DataValidation:
    """Rule of the spreadsheet for cells of a column, with its prompt and its error message.

    Parameters
    ----------
    column
        What they may hold.
    cell
        Address of the first.
    listed
        Places texts on a hidden sheet and gives their range.
    """
    prompt = _prompt(column)
    wrong = messages.text("forms.prompt.wrong")
    return DataValidation(
        type="list" if column.source else "custom",
        formula1=column.source or allowed(column, cell, listed),
        allow_blank=True, showInputMessage=True, prompt=_cut(prompt, LONGEST_PROMPT),
        showErrorMessage=True, error=_cut(prompt, LONGEST_ERROR),
        errorTitle=f"{wrong.ko} / {wrong.en}",
        errorStyle="warning" if column.is_open else "stop",
    )  # fmt: skip


def _prompt(column: Column) -> str:
    what = "suggestion" if column.is_open else "choice" if column.source else column.kind
    said, style = [messages.text(f"forms.prompt.{what}")], "" if column.kind == "year" else ","
    ends = {key: _plain(end, style) for key, end in (("low", column.low), ("high", column.high))
            if not math.isnan(end)}  # fmt: skip
    if ends:
        key = {"low": "least", "high": "most"}.get("".join(ends), "between")
        said.append(messages.text(f"forms.span.{key}", **ends))
    if column.takes_codes and not column.source:
        said.append(messages.text("forms.prompt.codes"))
    if column.is_personal:
        said.append(messages.text("forms.prompt.personal"))
    return "\n".join(
        f"{column.words.in_(language)}: {', '.join(words.in_(language) for words in said)}"
        for language in messages.LANGUAGES
    )


def _plain(number: float, style: str = "") -> str:
    """Write a number in full, as formulas and people read it."""
    return format(number, f"{style}.6f").rstrip("0").rstrip(".")


def _cut(text: str, most: int) -> str:
    """Shorten a text, and leave out what XML forbids."""
    plain = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"
