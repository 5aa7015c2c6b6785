"""Formulas that look at a form while it is filled; valid in Excel and in LibreOffice."""

import re
from collections.abc import Callable, Mapping, Sequence

from site_select import layouts, messages

LAST_ROW = 1_005  # how far down drop-downs and checks look
NEEDED = "*"  # ends the heading of a column that a row must answer
FINE, OPEN = "✓", "▶"  # what a check shows, or begins with
Listed = Callable[..., str]  # places texts on a hidden sheet and gives their range

# Live checks: what is said, when, and a number to add; the first that holds is shown. [column] is
# the cell of the row, [table.column] the column of a sheet, [=value] the words of a choice.
_DIGITS = 'SUBSTITUTE(SUBSTITUTE([business_number],"-","")," ","")'
_IS_DIGIT = f'ISNUMBER(FIND(MID({_DIGITS},{{1,2,3,4,5,6,7,8,9,10}},1),"0123456789"))'
_SUM = (f"SUMPRODUCT(MID({_DIGITS},{{1,2,3,4,5,6,7,8,9}},1)*{{1,3,7,1,3,7,1,3,5}})"
        f"+INT(MID({_DIGITS},9,1)*5/10)")  # fmt: skip
_OTHERS = _DIGITS.replace("[", "[form_firms.")
# Names are compared, not counted by COUNTIFS, to which a part named M6*20 is a pattern.
_SAME_PART = "([form_parts.firm]=[firm])*([form_parts.part]=[part])"
_ORDERED = "([form_orders.firm]=[firm])*([form_orders.part]=[part])"
_IMPORTS = f"SUMPRODUCT({_ORDERED}*([form_orders.mode]<>[=truck]),[form_orders.weight_t])"
_USE = "N([weight_t])*(1-N([domestic_share_percent])/100)"
_SHARES = "[air_share_percent]:[domestic_share_percent]"  # beside each other
_RATIO = "1/([weight_t]/[orders_per_year]/[lot_t])"  # an error where one of them is not given
_OFF, _SPARE = layouts.LOT_TOLERANCE, layouts.SHARE_TOLERANCE
_NO_FIRM = ("firm", 'COUNTIFS([form_firms.firm],[firm],[form_firms.name],"?*")=0', "")
_HEAVY = ("heavy", f'COUNTIF([weight_t],">{layouts.LARGEST_USUAL_T:.0f}")', "")
_CHECKS: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "form_firms": (
        ("business_number", (f"IF(LEN({_DIGITS})<>10,TRUE,IF(SUMPRODUCT(--{_IS_DIGIT})<10,TRUE,"
         f"MOD(10-MOD({_SUM},10),10)<>VALUE(RIGHT({_DIGITS},1))))"), ""),
        ("business_number_twice", f"SUMPRODUCT(--({_OTHERS}={_DIGITS}))>1", ""),
        ("consent", ("AND(COUNTIF([form_orders.firm],[firm])>0,COUNTIFS([form_consents.firm],"
         '[firm],[form_consents.consent],"?*")=0)'), ""),
    ),
    "form_parts": (
        _NO_FIRM,
        ("twice", f"SUMPRODUCT({_SAME_PART})>1", ""),
        ("shares", (f"OR(SUM({_SHARES})>{100 + _SPARE},"
         f"AND(COUNT({_SHARES})=3,SUM({_SHARES})<{100 - _SPARE}))"), f"ROUND(SUM({_SHARES}),1)"),
        _HEAVY,
        ("imports", (f"AND(ISNUMBER([weight_t]),COUNTIF([form_orders.firm],[firm])>0,"
         f"SUMPRODUCT({_ORDERED}*ISTEXT([form_orders.weight_t]))=0,"
         f"OR({_IMPORTS}>{1 + _OFF}*{_USE},AND(ISNUMBER([domestic_share_percent]),"
         f"{_IMPORTS}<{1 - _OFF}*{_USE})))"), f"ROUND({_IMPORTS},3)"),
    ),
    "form_orders": (
        ("part", f"SUMPRODUCT({_SAME_PART})=0", ""),
        ("twice", (f"SUMPRODUCT({_ORDERED}*([form_orders.supplier]=[supplier])"
         "*([form_orders.mode]=[mode]))>1"), ""),
        ("truck", '([mode]=[=truck])<>([origin]="KR")', ""),
        ("lot_kg", f"IFERROR(ABS({_RATIO}/1000-1)<={_OFF},FALSE)", ""),
        ("weight_kg", f"IFERROR(ABS({_RATIO}*1000-1)<={_OFF},FALSE)", ""),
        ("lot", f"IFERROR(ABS({_RATIO}-1)>{_OFF + 1e-9},FALSE)",
         "ROUND([orders_per_year]*[lot_t],6)"),
        _HEAVY,
        ("cheap", f'COUNTIF([price_krw_per_kg],"<{layouts.USUAL_PRICE[0]:.0f}")', ""),
        ("dear", f'COUNTIF([price_krw_per_kg],">{layouts.USUAL_PRICE[1]:.0f}")', ""),
    ),
    "form_consents": (_NO_FIRM, ("twice", "COUNTIF([form_consents.firm],[firm])>1", "")),
    "form_visits": (
        ("reason", 'AND(COUNT([before],[after])=2,[before]<>[after],[reason]="")', ""),
    ),
}  # fmt: skip
_TITLES = {sheet.table: sheet.title for sheet in (*layouts.TABLE_SHEETS, layouts.VISIT_SHEET)}
PRINTED = (("form_firms", "firm"), ("form_visits", "item"))  # stand there before anybody answers


def of_row(table: str, listed: Listed) -> str:
    """Give the formula that checks a row of a table, with ``#`` for the number of the row.

    An untouched row shows nothing, a sound one `FINE`, any other `OPEN` and what to look at.

    Parameters
    ----------
    table
        Name of the schema of the sheet.
    listed
        Places texts on a hidden sheet and gives their range; a formula holds no words itself.
    """
    letters = layouts.columns(table)
    checked = f'"{FINE}"'
    for key, test, number in reversed(_CHECKS[table]):
        shown = f'{words(key, listed)}&": "&{number}' if number else words(key, listed)
        checked = f"IF({test},{shown},{checked})"

    def cells(found: re.Match[str]) -> str:
        is_value, sheet, name = found.groups()
        if is_value:
            return listed(layouts.shown(name))
        return area(sheet, name) if sheet else f"{letters[name]}#"

    checked = re.sub(r"\[(=?)(?:(\w+)\.)?(\w+)\]", cells, checked)
    first, last = ends(table)
    row, head = f"{first}#:{last}#", f"${first}${layouts.HEAD_ROW}:${last}${layouts.HEAD_ROW}"
    empty = f'SUMPRODUCT(({row}="")*(RIGHT({head},1)="{NEEDED}"))>0'
    return f'=IF(COUNTA({row})=0,"",IF({empty},{words("required", listed)},{checked}))'


def ends(table: str) -> tuple[str, str]:
    """Letters of the first and the last column that is answered.

    Examples
    --------
    >>> ends("form_firms")
    ('B', 'I')
    """
    asked = [letter for name, letter in layouts.columns(table).items()
             if (table, name) not in PRINTED]  # fmt: skip
    return asked[0], asked[-1]


def of_answer(cell: str, beside: str, fits: str, listed: Listed) -> str:
    """Give the formula that checks the answer to a question.

    Parameters
    ----------
    cell, beside
        The answer, and what stands beside it.
    fits
        Formula that holds where the answer is one of those allowed.
    listed
        Places texts on a hidden sheet and gives their range.
    """
    lonely, wrong = words("answer", listed), words("fits", listed)
    return f'=IF({cell}="",IF(COUNTA({beside})>0,{lonely},""),IF({fits},"{FINE}",{wrong}))'


def words(key: str, listed: Listed) -> str:
    """Cell with what a check says when it is open.

    Parameters
    ----------
    key
        The message ``forms.check.KEY``.
    listed
        Places texts on a hidden sheet and gives their range.
    """
    said = messages.text(f"forms.check.{key}")
    return listed(f"{OPEN} {said.ko} / {said.en}")


def area(table: str, column: str) -> str:
    """Cells of a column on the sheet of a table, as far down as checks look.

    Examples
    --------
    >>> area("form_parts", "part")
    "'품목'!$B$6:$B$1005"
    """
    letter = layouts.columns(table)[column]
    return f"'{_TITLES[table]}'!${letter}${layouts.FIRST_ROW}:${letter}${LAST_ROW}"


def filled(table: str, column: str) -> str:
    """Cells of a column down to the last that is filled, for a drop-down without blanks."""
    cells = area(table, column)
    return f"OFFSET({cells.partition(':')[0]},0,0,MAX(1,COUNTA({cells})),1)"
