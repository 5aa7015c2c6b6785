"""What may be said, in both directions, and how often it was wrong where the truth was known."""

from functools import partial

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import estimates, robustness, verdicts, weighting


def result(first, n_samples=100_000):
    """A result of which only the first-rank shares matter."""
    share = pd.DataFrame({1: list(first.values())}, index=list(first))
    return robustness.Smaa(share, None, None, None, None, n_samples)


SURE, LIKELY, OPEN = {"A": 0.95, "B": 0.05}, {"A": 0.7, "B": 0.3}, {"A": 0.5, "B": 0.45}
TURNED = {"A": 0.1, "B": 0.9}


@pytest.mark.parametrize(
    ("shares", "known", "word", "rivals"),
    [
        ([SURE, SURE], 0.65, "firm", []),
        ([SURE, SURE], 0.64, "no_recommendation", []),
        ([SURE, TURNED], 0.90, "conditional", ["B"]),
        ([LIKELY, LIKELY], 0.90, "conditional", []),
        ([LIKELY, TURNED], 0.10, "no_recommendation", ["B"]),
        ([OPEN, OPEN], 0.90, "too_close", []),
        ([OPEN, SURE], 1.00, "too_close", []),
    ],
)
def test_word_needs_coverage_then_share_then_every_treatment(shares, known, word, rivals):
    treatments = {f"t{number}": result(share) for number, share in enumerate(shares)}
    said = verdicts.verdict(
        treatments, pd.Series({"A": known, "B": 1.0}), coverage_needed=0.65, firm_share=0.9,
        conditional_share=0.6,
    )  # fmt: skip
    assert (said.word, said.leader, said.rivals) == (word, "A", rivals)
    assert said.complex_id == ("A" if word in {"firm", "conditional"} else None)
    assert (said.share, said.coverage) == (shares[0]["A"], known)


@pytest.mark.parametrize(("second", "word"), [(0.46, "too_close"), (0.44, "conditional")])
def test_lead_within_the_sampling_error_is_no_lead(second, word):
    """Of 1,000 draws 1.96 · √((0.5 + 0.46 − 0.04²) / 1000) = 0.061 hides a lead of 0.04.

    Of 10,000 draws, 0.019 does not hide one of 0.06.
    """
    draws = 1_000 if word == "too_close" else 10_000
    said = verdicts.verdict(
        {"prior": result({"A": 0.5, "B": second}, draws)}, pd.Series({"A": 1.0, "B": 1.0}),
        coverage_needed=0.65, firm_share=0.9, conditional_share=0.4,
    )  # fmt: skip
    assert said.word == word


def table(rows, columns):
    index = pd.MultiIndex.from_product(
        [range(rows), [f"c{n}" for n in range(columns)]], names=["complex_id", "indicator"]
    )
    return pd.DataFrame(np.random.default_rng(3).random((len(index), 4)), index)


def test_nothing_is_wrong_where_nothing_is_hidden_and_one_criterion_decides():
    levels = table(8, 1)
    known = pd.DataFrame(data=True, index=range(8), columns=["c0"])
    made = verdicts.simulated(levels, known, partial(weighting.uniform, 1), n_studies=50, seed=1)
    assert (made["share"] == 1).all()
    assert (made["hidden"] == 0).all()
    assert not made["is_wrong"].any()
    assert (made["regret"] == 0).all()


def test_hidden_table_is_guessed_at_chance():
    """All cells hidden at times: of two complexes the leader is then a coin."""
    levels = table(2, 1)
    known = pd.DataFrame(data=False, index=range(2), columns=["c0"])
    made = verdicts.simulated(levels, known, partial(weighting.uniform, 1), n_studies=3_000, seed=1)
    blind = made[(made["hidden"] == 1) & (made["share"] < 0.6)]
    assert len(blind) > 300
    assert blind["is_wrong"].mean() == pytest.approx(0.5, abs=0.1)


def test_same_seed_makes_the_same_studies():
    known = pd.DataFrame(data=False, index=range(8), columns=["c0", "c1"])
    made = [
        verdicts.simulated(table(8, 2), known, partial(weighting.uniform, 2), n_studies=20, seed=s)
        for s in (4, 4, 5)
    ]
    pd.testing.assert_frame_equal(made[0], made[1])
    assert not made[0].equals(made[2])


def test_rates_are_counted_by_the_share_claimed():
    """0.55 wrong by 0.2 and 0.58 right lie in one class, 1.0 right in the last."""
    made = pd.DataFrame({
        "share": [0.55, 0.58, 1.0], "is_wrong": [True, False, False], "regret": [0.2, 0.0, 0.0],
        "hidden": [0.1, 0.3, 0.0],
    })  # fmt: skip
    rates = verdicts.error_rates(made)
    assert rates.index.tolist() == [0.5, 0.9]
    assert rates["studies"].tolist() == [2, 1]
    assert rates["wrong"].tolist() == [0.5, 0]
    assert rates["regret"].tolist() == [0.1, 0]
    assert rates["hidden"].tolist() == pytest.approx([0.2, 0])
    # (1 + 2) / (2 + 4) = 0.5 ± 1.96 √(0.25 / 6) = 0.4
    assert rates.loc[0.5, ["low", "high"]].tolist() == pytest.approx([0.1, 0.9], abs=0.001)


def test_no_threshold_where_even_the_surest_are_wrong_too_often():
    rates = pd.DataFrame({"wrong": [0.1, 0.3]}, index=[0.8, 0.9])
    assert verdicts.threshold(rates, wrong=0.2) == float("inf")


def test_thresholds_of_the_studies_keep_their_promise_where_the_truth_is_known():
    """Gaps like those of the desk study, another seed than the one the thresholds were read from.

    At *firm* at most one leader in ten is the wrong one, at *conditional* one in four, and wrong
    leaders of *firm* cost less than a hundredth of the score.
    """
    read, found = made_up.desk(), made_up.desk_result()
    known = estimates.is_known(found.performance).loc[found.values.index, found.weights.index]
    made = verdicts.simulated(found.levels, known, found.draw, n_studies=4_000, seed=99)
    limits = read.settings.limits
    is_firm = made["share"] >= limits.firm_share
    is_conditional = made["share"].between(limits.conditional_share, limits.firm_share)
    assert is_firm.sum() > 100
    assert made["is_wrong"][is_firm].mean() <= 0.10
    assert made["is_wrong"][is_conditional].mean() <= 0.25
    assert made["regret"][is_firm].mean() <= 0.01
