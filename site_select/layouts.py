"""What the forms of a survey look like: sheets, columns, codes; one place for writer and reader."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd
from openpyxl.utils import get_column_letter

from site_select import messages, tables
from site_select.errors import Fault
from site_select.messages import Text

HEAD_ROW, NAME_ROW, FIRST_ROW = 3, 5, 6  # Korean heads, our names (hidden), first answer
STAMP_SHEET, LISTS_SHEET = "_form", "_lists"  # hidden
CHECK = "~check"  # name of a column that holds a live check and no answer
QUESTION_COLUMNS = ("question", "text", "unit", "answer", "year", "remark", CHECK)
QUESTION_SHEETS = {"complex": "단지", "infrastructure": "기반시설", "visit": "방문"}
OTHER = "other"  # a supplier that is not on the list
CODES = ("unknown", "refused", "not_asked")
# Without these a row says nothing, so a code is no answer.
NEVER_CODES = ("firm", "part", "item", "consent", "year", "name", "business_number", "supplier",
               "mode", "origin", "before", "after", "visited_on")  # fmt: skip
ANSWER_YEARS = (2000, 2035)  # of an answer to a question
MOST_CHARACTERS = 1_000  # of a text
# What a live check and a cross-check call a slip.
LOT_TOLERANCE = 0.10  # orders times lot against the weight a year
SHARE_TOLERANCE = 0.5  # percentage points
LARGEST_USUAL_T = 500.0  # t/year of one part of one firm; above, kilograms may have been written
USUAL_PRICE = (500.0, 3_000_000.0)  # KRW/kg; below, thousands of won may have been written


class Sheet(NamedTuple):
    """A sheet of the form that holds a table.

    Attributes
    ----------
    title
        Title of the sheet in Korean.
    table
        Name of its schema.
    rows
        Rows that are offered; more may be added below.
    """

    title: str
    table: str
    rows: int


TABLE_SHEETS = (
    Sheet("기업", "form_firms", 40), Sheet("품목", "form_parts", 120),
    Sheet("주문", "form_orders", 200), Sheet("참여동의", "form_consents", 40),
)  # fmt: skip
VISIT_SHEET = Sheet("방문", "form_visits", 0)  # a row per question of sheet visit


class Flaw(NamedTuple):
    """One thing wrong with one place of a returned form, in both languages.

    Attributes
    ----------
    sheet, row, letter
        Where; row 0 and letter ``""`` where the flaw has none.
    name
        The column or question, as the form names it.
    found, allowed, remedy
        What stands there, what may, how to mend it; plain text, not escaped.
    is_query
        Whether it is a question to ask that does not keep the form from being accepted.
    """

    sheet: str
    row: int
    letter: str
    name: Text
    found: Text
    allowed: Text
    remedy: Text
    is_query: bool = False

    @property
    def cell(self) -> str:
        """Address of the cell, empty where there is none."""
        return f"{self.letter}{self.row}" if self.row and self.letter else ""

    def fault(self, file: str) -> Fault:
        """Say the flaw in English, as a fault of the file."""
        column = f"{self.letter} ({self.name.en})" if self.letter else self.name.en
        return Fault(
            file, self.row, column, self.found.en, self.allowed.en, self.remedy.en, self.sheet
        )


def flaw(
    key: str, place: tuple[str, int, str], name: Text, *, is_query: bool = False, **values: object
) -> Flaw:
    """Make a flaw from the catalogue's ``flaws.KEY.found``, ``.allowed`` and ``.remedy``.

    Parameters
    ----------
    key
        Kind of flaw.
    place
        Sheet, row and column letter.
    name
        The column or question.
    is_query
        Whether the form may be accepted all the same.
    **values
        What the messages name.
    """

    def said(part: str) -> Text:
        return messages.text(f"flaws.{key}.{part}", **values)

    return Flaw(*place, name, said("found"), said("allowed"), said("remedy"), is_query)


def columns(table: str) -> dict[str, str]:
    """Letter of each column of a table sheet, in the order of the schema.

    Examples
    --------
    >>> columns("form_parts")["part"]
    'B'
    """
    names = tables.schema(table).index
    return {name: get_column_letter(number) for number, name in enumerate(names, start=1)}


def heading(table: str, column: str) -> Text:
    """Name of a column with its unit, as the form prints it.

    Examples
    --------
    >>> heading("form_orders", "weight_t").en
    'Weight ordered a year [t/year]'
    """
    row = tables.schema(table).loc[column]
    unit = messages.text_or(f"units.{row['unit']}", str(row["unit"]))
    brackets = Text(ko=f" [{unit.ko}]", en=f" [{unit.en}]") if row["unit"] else Text("", "")
    return Text(ko=f"{row['name_ko']}{brackets.ko}", en=f"{row['name_en']}{brackets.en}")


def choice(value: str) -> Text:
    """Words of one allowed value; the value itself where the catalogue has none, such as EXW."""
    return messages.text_or(f"forms.choice.{value}", value)


def shown(value: str) -> str:
    """Write an allowed value or a code as the drop-down offers it: Korean, then English.

    Examples
    --------
    >>> shown("EXW"), shown("unknown")
    ('EXW', '모름 / unknown')
    """
    words = choice(value)
    return words.ko if words.ko == words.en else f"{words.ko} / {words.en}"


def understood(text: str, values: Iterable[str]) -> str | None:
    """Which of the values a text means: as offered, in one of the languages, or as the value.

    Examples
    --------
    >>> understood("모름", CODES), understood("UNKNOWN ", CODES), understood("maybe", CODES)
    ('unknown', 'unknown', None)
    """
    plain = _plain(text)
    for value in values:
        words = choice(value)
        if plain in map(_plain, (value, words.ko, words.en, shown(value))):
            return value
    return None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def version(*parts: pd.DataFrame) -> str:
    """First twelve digits of the SHA-256 of what a form asks; another version is another form.

    Parameters
    ----------
    *parts
        Tables of questions, beside the schemas of the table sheets.
    """
    named = [tables.schema(sheet.table) for sheet in (*TABLE_SHEETS, VISIT_SHEET)]
    text = "".join(part.to_csv(lineterminator="\n") for part in (*named, *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def supplier_names(places: pd.DataFrame) -> Mapping[str, str]:
    """What the drop-down of suppliers offers (as `shown` writes it), and the place it stands for.

    Parameters
    ----------
    places
        Table ``overseas_places``.
    """
    makers = places[places["kind"] == "supplier"]
    named = {
        f"{row['place_id']} {row['name']}": str(row["place_id"]) for _, row in makers.iterrows()
    }
    return named | {OTHER: OTHER}
