"""Korean and English catalogue, number formats, particles, escaping.

A sentence that a meeting sees is written once, in ``catalogue/*.toml``, in both languages, and
is asked for by its key. A placeholder is ``{name}``, ``{name:format}``, ``{name:format:particle}``
or, for English nouns that follow a number, ``{name:format|singular|plural}``.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from numbers import Integral, Real
from string import Formatter
from types import MappingProxyType
from typing import Literal

from markupsafe import Markup, escape

Language = Literal["ko", "en"]

LANGUAGES: tuple[Language, ...] = ("ko", "en")


class MissingMessage(KeyError):  # noqa: N818 - says what is missing
    """The catalogue has no such message, or a message was not given what it names."""

    def __str__(self) -> str:
        """Say it without the quotes that a KeyError adds."""
        return str(self.args[0])


@dataclass(frozen=True)
class Text:
    """The same words in Korean and in English.

    Examples
    --------
    >>> Text(ko="광주", en="Gwangju").in_("en")
    'Gwangju'
    """

    ko: str
    en: str

    def in_(self, language: Language) -> str:
        """Take one of the two languages."""
        return self.ko if language == "ko" else self.en


UNKNOWN = Text(ko="알 수 없음", en="unknown")

_PARTICLES = {
    "은는": ("은", "는"),
    "이가": ("이", "가"),
    "을를": ("을", "를"),
    "과와": ("과", "와"),
    "으로로": ("으로", "로"),
    "이나나": ("이나", "나"),
    "이라라": ("이라", "라"),
}

_HANGUL_FIRST, _HANGUL_LAST, _FINALS = ord("가"), ord("힣"), 28
_FINAL_RIEUL = 8
_READ_WITH_FINAL = set("013678lmnr")  # 영 일 삼 육 칠 팔 엘 엠 엔 알
_READ_WITH_RIEUL = set("178lr")
_UNITS_READ_OUT = {"km": "터", "m": "터", "%": "트", "kg": "램", "t": "톤", "nm": "일"}


def text(key: str, /, **values: object) -> Text:
    """Fill a message of the catalogue with values, as plain text.

    Parameters
    ----------
    key
        Name of the message; its first part is the name of the catalogue file.
    **values
        What the placeholders of the message name; a `Text` gives each language its own words.

    Returns
    -------
    Text
        The message in both languages, not escaped.

    Raises
    ------
    MissingMessage
        If there is no such message, or a value it names is not given.

    Examples
    --------
    >>> text("common.figure", number=3)
    Text(ko='그림 3', en='Figure 3')
    """
    return _filled(key, values, str)


def text_or(key: str, otherwise: Text | str, /) -> Text:
    """Take a message, or the words given where the catalogue has none.

    For names that a study brings along: its own facts, units and indicators.

    Examples
    --------
    >>> text_or("units.pallets", "pallets").ko
    'pallets'
    """
    if key in catalogue():
        return text(key)
    return otherwise if isinstance(otherwise, Text) else Text(ko=otherwise, en=otherwise)


def translated(group: str, words: str, /) -> Text:
    """Find the message of a group that reads so in English; the words alone where there is none.

    For words that tables carry as text, such as the sources of what was computed; digits fill
    placeholders.

    Examples
    --------
    >>> translated("common", "Figure 3").ko, translated("common", "press, 2020").ko
    ('그림 3', 'press, 2020')
    """
    for key, entry in catalogue().items():
        if key.startswith(f"{group}."):
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>\\d+)", re.escape(entry["en"]))
            if found := re.fullmatch(pattern, words):
                return text(key, **found.groupdict())
    return Text(ko=words, en=words)


def markup(key: str, /, **values: object) -> Text:
    """Fill a message that may hold inline tags; every value is escaped.

    Only the catalogue is trusted: a value that holds a tag is shown as the characters it is made
    of.

    Examples
    --------
    >>> markup("common.figure", number="<b>").en
    Markup('Figure &lt;b&gt;')
    """
    filled = _filled(key, values, lambda value: str(escape(value)))
    return Text(ko=Markup(filled.ko), en=Markup(filled.en))  # noqa: S704 - values are escaped


def formatted(value: object, style: str = "") -> Text:
    """Write one value as the catalogue would, in both languages.

    Parameters
    ----------
    value
        Text, words, a number, a list, or nothing.
    style
        A format of the placeholders, such as ``percent``, ``count``, ``won``, ``km``, ``score``,
        ``rank``, ``list``, or a Python format such as ``,.1f``.

    Examples
    --------
    >>> formatted(492_700, "won")
    Text(ko='492,700원', en='KRW 492,700')
    >>> formatted(None, "km").en
    'unknown'
    """
    return Text(ko=_written(value, style, "ko"), en=_written(value, style, "en"))


def with_particle(word: str, particle: str) -> str:
    """Join a Korean particle to a word by the last sound of the word.

    A remark in brackets at the end is not read. Digits and Latin letters are read as Korean
    reads them.

    Examples
    --------
    >>> with_particle("광주", "은는"), with_particle("반월(RC01)", "이가")
    ('광주는', '반월(RC01)이')
    """
    closed, opened = _PARTICLES[particle]
    spoken = re.sub(r"\s*[(\[][^()\[\]]*[)\]]$", "", word.rstrip(" .'\"’”」』"))
    unit = re.search(r"\d ?(km|kg|nm|m|t|%)$", spoken)
    has_final, is_rieul = _final_sound(_UNITS_READ_OUT[unit[1]] if unit else spoken[-1:])
    takes_closed = has_final and not (particle == "으로로" and is_rieul)
    return word + (closed if takes_closed else opened)


def is_unknown(value: object) -> bool:
    """Tell whether a value is nothing: None, not a number, or missing in a table."""
    if value is None:
        return True
    try:
        return bool(value != value)  # noqa: PLR0124 - only a missing number differs from itself
    except TypeError:  # a missing cell of pandas has no truth value
        return True


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Give every message by its key, each a mapping from language to template."""
    folder = resources.files(__package__ or "site_select") / "catalogue"
    entries: dict[str, dict[str, str]] = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            entries.update(_flat(tomllib.loads(file.read_text(encoding="utf-8")), ""))
    return MappingProxyType(entries)


def under(prefix: str) -> dict[str, Text]:
    """Messages whose keys begin with a prefix, by the rest of the key, such as headings by column.

    Parameters
    ----------
    prefix
        Begin of the keys, with its dot.

    Examples
    --------
    >>> under("headers.rules.")["source"].en
    'Source'
    """
    keys = [key for key in catalogue() if key.startswith(prefix)]
    return {key.removeprefix(prefix): text(key) for key in keys}


def catalogue_faults(entries: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Name every message that lacks a language or whose two languages do not match.

    Parameters
    ----------
    entries
        Templates by language, by key.

    Examples
    --------
    >>> catalogue_faults({"a.b": {"en": "{name} leads", "ko": "선두"}})
    ['a.b: placeholders differ: en name, ko none']
    """
    faults = []
    for key, entry in entries.items():
        if set(entry) != set(LANGUAGES):
            faults.append(f"{key}: languages are {', '.join(sorted(entry))}")
            continue
        named = {language: _names(entry[language]) for language in LANGUAGES}
        if named["ko"] != named["en"]:
            shown = {k: ", ".join(sorted(v)) or "none" for k, v in named.items()}
            faults.append(f"{key}: placeholders differ: en {shown['en']}, ko {shown['ko']}")
        literal = "".join(part for part, *_ in Formatter().parse(entry["ko"]))
        literal = re.sub(r"<[^<>]+>", "", literal)
        # Symbols of units and indices are written alike in both.
        if re.search(r"[a-z]{3}", literal) and not re.search(r"[가-힣]", literal):
            faults.append(f"{key}: ko has no Hangul")
    return faults


def _filled(key: str, values: Mapping[str, object], finish: Callable[[object], str]) -> Text:
    entry = catalogue().get(key)
    if entry is None:
        raise MissingMessage(f"the catalogue has no message {key!r}")
    for name in _names(entry["ko"]) | _names(entry["en"]):
        if name not in values:
            raise MissingMessage(f"message {key!r} names {name!r}, which was not given")
    return Text(
        ko="".join(_pieces(entry["ko"], values, "ko", finish)),
        en="".join(_pieces(entry["en"], values, "en", finish)),
    )


def _pieces(
    template: str,
    values: Mapping[str, object],
    language: Language,
    finish: Callable[[object], str],
) -> Iterator[str]:
    for literal, name, written_as, _ in Formatter().parse(template):
        yield literal
        if name is None:
            continue
        value = values[name]
        own = value.in_(language) if isinstance(value, Text) else value
        form, *nouns = (written_as or "").split("|")
        style, particle = _parted(form)
        written = own if isinstance(own, str) else _written(own, style, language)
        yield finish(written)
        if particle and language == "ko":
            yield with_particle(written, particle).removeprefix(written)
        if nouns and language == "en":
            yield " " + nouns[0 if own == 1 else -1]


def _parted(style: str) -> tuple[str, str]:
    head, _, tail = style.rpartition(":")
    return (head, tail) if tail in _PARTICLES else (style, "")


def _written(value: object, style: str, language: Language) -> str:
    if isinstance(value, Text | str):
        return value if isinstance(value, str) else value.in_(language)
    if is_unknown(value):
        return UNKNOWN.in_(language)
    if style == "list" and isinstance(value, Iterable):
        return _listed([_written(item, "", language) for item in value], language)
    if not isinstance(value, Real):
        return str(value)
    return _number(value, style, language)


def _number(value: Real, style: str, language: Language) -> str:
    if style in _NUMBERS:
        return _NUMBERS[style].in_(language).format(_Number(value), rank=_ordinal(value))
    if not style and not isinstance(value, Integral):
        raise MissingMessage(f"the number {value!r} needs a format, such as score or km")
    return format(int(value) if isinstance(value, Integral) else float(value), style)


class _Number:
    """A number that `str.format` writes in either language, never as minus nothing."""

    def __init__(self, value: Real) -> None:
        self._value = float(value)

    def __format__(self, style: str) -> str:
        """Write the number, `z` keeping -0.4 from becoming -0."""
        return format(self._value, f"z{style}")


_NUMBERS = {
    "percent": Text(ko="{:.0%}", en="{:.0%}"),
    "percent1": Text(ko="{:.1%}", en="{:.1%}"),
    "count": Text(ko="{:,.0f}", en="{:,.0f}"),
    "plain": Text(ko="{:.0f}", en="{:.0f}"),
    "number": Text(ko="{:,.1f}", en="{:,.1f}"),
    "score": Text(ko="{:.2f}", en="{:.2f}"),
    "score3": Text(ko="{:.3f}", en="{:.3f}"),
    "won": Text(ko="{:,.0f}원", en="KRW {:,.0f}"),
    "km": Text(ko="{:,.0f} km", en="{:,.0f} km"),
    "rank": Text(ko="{:,.0f}위", en="{rank}"),
}


def _ordinal(value: Real) -> str:
    number = round(float(value))
    tens, ones = number // 10 % 10, number % 10
    ending = "th" if tens == 1 else {1: "st", 2: "nd", 3: "rd"}.get(ones, "th")
    return f"{number:,}{ending}"


def _listed(words: list[str], language: Language) -> str:
    if language == "ko" or len(words) < 2:  # noqa: PLR2004 - a list of one needs no 'and'
        return ", ".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _final_sound(character: str) -> tuple[bool, bool]:
    """Whether a character is read with a final consonant, and whether that is rieul."""
    if not character:
        return False, False
    code = ord(character)
    if _HANGUL_FIRST <= code <= _HANGUL_LAST:
        final = (code - _HANGUL_FIRST) % _FINALS
        return final > 0, final == _FINAL_RIEUL
    lower = character.lower()
    return lower in _READ_WITH_FINAL, lower in _READ_WITH_RIEUL


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def _flat(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, dict[str, str]]]:
    here = {name: words for name, words in table.items() if isinstance(words, str)}
    if here:
        yield prefix, here
    for name, inner in table.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}.{name}" if prefix else name)
