import math
import re
import tomllib
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from site_select import messages
from site_select.messages import MissingMessage, Text, formatted, with_particle

LONG = 20  # letters of a sentence
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def entry(monkeypatch):
    def written(en, ko):
        monkeypatch.setattr(messages, "catalogue", lambda: {"a.b": {"en": en, "ko": ko}})

    return written


def test_every_message_of_the_catalogue_has_both_languages_that_match():
    assert messages.catalogue_faults(messages.catalogue()) == []


def test_every_message_is_filed_under_the_name_of_its_file():
    folder = resources.files("site_select") / "catalogue"
    for file in folder.iterdir():
        assert list(tomllib.loads(file.read_text(encoding="utf-8"))) == [file.name[:-5]]


def test_no_message_says_the_same_twice():
    for name, entry in messages.catalogue().items():
        for text in entry.values():
            said = [part for part in re.split(r"(?<=[.;])\s+", text) if len(part) > LONG]
            assert len(said) == len(set(said)), name


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"en": "a"}, "languages are en"),
        ({"en": "{a}", "ko": "{b} 나"}, "placeholders differ"),
        ({"en": "leads", "ko": "leads"}, "no Hangul"),
    ],
)
def test_faults_of_a_catalogue_are_named(entries, said):
    (fault,) = messages.catalogue_faults({"a.b": entries})
    assert said in fault


@pytest.mark.parametrize(
    ("word", "particle", "expected"),
    [
        ("광주", "은는", "광주는"),
        ("부산", "은는", "부산은"),
        ("광주", "이가", "광주가"),
        ("안산", "을를", "안산을"),
        ("대구", "과와", "대구와"),
        ("부산", "으로로", "부산으로"),
        ("서울", "으로로", "서울로"),
        ("광주", "으로로", "광주로"),
        ("RC10", "은는", "RC10은"),
        ("RC12", "은는", "RC12는"),
        ("1", "으로로", "1로"),
        ("3", "으로로", "3으로"),
        ("HTML", "으로로", "HTML로"),
        ("117 km", "이가", "117 km가"),
        ("42%", "이가", "42%가"),
        ("8 kg", "이가", "8 kg이"),
        ("반월 (안산)", "은는", "반월 (안산)은"),
        ("492,700원", "이가", "492,700원이"),
        ("", "은는", "는"),
    ],
)
def test_korean_particles_follow_the_last_sound(word, particle, expected):
    assert with_particle(word, particle) == expected


@pytest.mark.parametrize(
    ("value", "style", "english", "korean"),
    [
        (0.421, "percent", "42%", "42%"),
        (0.421, "percent1", "42.1%", "42.1%"),
        (1234, "count", "1,234", "1,234"),
        (492_700, "won", "KRW 492,700", "492,700원"),
        (117.4, "km", "117 km", "117 km"),
        (0.4249, "score", "0.42", "0.42"),
        (-0.001, "score", "0.00", "0.00"),
        (2020, "plain", "2020", "2020"),
        (1, "rank", "1st", "1위"),
        (12, "rank", "12th", "12위"),
        (23, "rank", "23rd", "23위"),
        (0.5, ",.3f", "0.500", "0.500"),
        (7, "", "7", "7"),
        (np.int64(7), "count", "7", "7"),
        (None, "km", "unknown", "알 수 없음"),
        (math.nan, "count", "unknown", "알 수 없음"),
        (pd.NA, "count", "unknown", "알 수 없음"),
        (pd.NaT, "", "unknown", "알 수 없음"),
        (["a", "b", Text(ko="다", en="c")], "list", "a, b and c", "a, b, 다"),
        (["a"], "list", "a", "a"),
    ],
)
def test_values_are_written_in_both_languages(value, style, english, korean):
    assert formatted(value, style) == Text(ko=korean, en=english)


def test_each_language_takes_its_own_words_of_a_text(entry):
    entry("{name} leads with {share:percent}", "{name:이가} {share:percent:으로로} 앞선다")
    said = messages.text("a.b", name=Text(ko="부산", en="Busan"), share=0.4)
    assert said == Text(ko="부산이 40%로 앞선다", en="Busan leads with 40%")


@pytest.mark.parametrize(("count", "said"), [(1, "1 complex"), (1234, "1,234 complexes")])
def test_english_nouns_follow_the_number(entry, count, said):
    entry("{n:count|complex|complexes}", "단지 {n:count}곳")
    assert messages.text("a.b", n=count).en == said
    assert messages.text("a.b", n=count).ko.endswith("곳")


def test_plain_text_is_not_escaped_and_markup_is(entry):
    entry("<em>{name}</em>", "<em>{name:은는}</em> 가")
    assert messages.text("a.b", name=HOSTILE).en == f"<em>{HOSTILE}</em>"
    escaped = "&lt;script&gt;alert(1)&lt;/script&gt;"
    assert messages.markup("a.b", name=HOSTILE) == Text(
        ko=f"<em>{escaped}는</em> 가", en=f"<em>{escaped}</em>"
    )


def test_braces_in_a_value_stay_braces(entry):
    entry("{name}", "{name} 가")
    assert messages.text("a.b", name="{other}").en == "{other}"


def test_a_missing_message_or_value_is_named(entry):
    entry("{name}", "{name} 가")
    with pytest.raises(MissingMessage, match=r"no message 'a\.c'"):
        messages.text("a.c")
    with pytest.raises(MissingMessage, match="names 'name', which was not given"):
        messages.text("a.b")


def test_a_fraction_needs_a_format(entry):
    entry("{share}", "{share} 가")
    with pytest.raises(MissingMessage, match="needs a format"):
        messages.text("a.b", share=0.42)
