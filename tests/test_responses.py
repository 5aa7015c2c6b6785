"""Answers, meetings and rounds of the example of a survey, as a meeting reads them."""

import made_up
import pytest

from site_select import responses, study


@pytest.fixture(scope="module")
def example():
    return study.read(made_up.ROOT / "data" / "studies" / "example")


def test_a_round_that_an_evaluator_was_not_asked_in_is_a_dash_and_not_unknown(example):
    table = responses.rounds(example)[["round_1", "round_2"]]
    told = example.survey.rounds.groupby("evaluator")["round"].max()
    assert set(table.index[table["round_2"] == "–"]) == set(told.index[told == 1])
    assert table["round_1"].map(type).eq(float).all()
    assert table.loc["E4"].tolist() == pytest.approx([0.382095, 0.022462], abs=1e-6)


def test_a_year_that_is_not_known_is_a_dash(example):
    met = responses.meetings(example)
    texts = [text.in_(language) for name in ("public", "answer") for text in met[name]
             for language in ("ko", "en")]  # fmt: skip
    assert not [text for text in texts if "nan" in text or "<NA>" in text]
    assert "있음 (–)" in texts


def test_a_count_and_its_unit_are_joined_as_each_language_joins_them(example):
    met = responses.meetings(example)
    texts = [(text.ko, text.en) for text in met.loc[["RC01"], "public"]]
    assert ("18개사 (2017)", "18 firms (2017)") in texts
