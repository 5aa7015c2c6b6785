"""Uncertain parameters: price years and currencies, draws, and what drives a result."""

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_select import parameters, tables
from site_select.errors import SettingsError

FEW = settings(max_examples=30)
PRICES = pd.DataFrame({"year": [2018, 2020, 2025], "index": [80.0, 100.0, 120.0]})
EXCHANGE = pd.DataFrame({
    "currency": ["EUR", "EUR", "USD"], "year": [2020, 2025, 2020], "krw": [1_300.0, 1_600.0, 1_200],
})  # fmt: skip


def rows(*cells):
    names = ["parameter", "year", "low", "value", "high", "currency", "unit"]
    return pd.DataFrame(cells, columns=names)


def ranges(*cells, price_year=2020):
    return parameters.ranges(rows(*cells), EXCHANGE, PRICES, price_year=price_year)


def triangles(**bounds):
    table = pd.DataFrame.from_dict(bounds, orient="index", columns=parameters.BOUNDS)
    return table.astype("float64")


def variance(low, value, high):
    """Of a triangular distribution: (a² + b² + c² - ab - ac - bc) / 18."""
    cross = low * value + low * high + value * high
    return (low**2 + value**2 + high**2 - cross) / 18


# price year and currency


def test_euros_of_2025_are_exchanged_in_2025_and_brought_to_2020():
    """2 EUR · 1,600 KRW · 100 / 120 = 2,666.67 KRW."""
    found = ranges(("pick_up", 2025, 1, 2, 3, "EUR", "kg")).loc["pick_up"]
    np.testing.assert_allclose(found[["low", "value", "high"]].astype(float),
                               [1333.333333, 2666.666667, 4000.0])  # fmt: skip
    assert found["unit"] == "KRW/kg"


def test_won_are_not_exchanged_and_what_is_no_money_stays_as_it_is():
    found = ranges(("rent", 2018, 8, 8, 8, "KRW", "m2/month"), ("speed", 2018, 1, 2, 3, "", "nm"))
    assert found.loc["rent", parameters.BOUNDS].tolist() == [10, 10, 10]  # 8 · 100 / 80
    assert found.loc["speed", parameters.BOUNDS].tolist() == [1, 2, 3]
    assert found["unit"].tolist() == ["KRW/m2/month", "nm"]


def test_no_money_needs_no_price_level_in_its_year():
    assert ranges(("speed", 1990, 1, 2, 3, "", "nm")).loc["speed", "value"] == 2


@pytest.mark.parametrize(("price_year", "year"), [(2018, 2020), (2020, 2020), (2024, 2020),
                                                  (2025, 2025), (2030, 2025)])  # fmt: skip
def test_latest_row_not_after_the_price_year_holds_else_the_earliest(price_year, year):
    either = [("share", 2025, 5, 5, 5, "", "share"), ("share", 2020, 0, 0, 0, "", "share")]
    for cells in (either, either[::-1]):
        assert ranges(*cells, price_year=price_year)["year"].tolist() == [year]


def test_unknown_currency_and_year_without_a_rate_are_named_together():
    with pytest.raises(SettingsError) as caught:
        ranges(("a", 2020, 1, 1, 1, "GBP", "t"), ("b", 2025, 1, 1, 1, "USD", "t"),
               ("c", 2020, 1, 1, 1, "EUR", "t"))  # fmt: skip
    assert str(caught.value) == (
        "a: no exchange rate for 'GBP' in 2020: allowed KRW and the currencies and years of "
        "exchange_rates.csv; b: no exchange rate for 'USD' in 2025: allowed KRW and the currencies "
        "and years of exchange_rates.csv"
    )


def test_level_is_the_ratio_of_price_levels_and_names_years_it_does_not_know():
    assert parameters.level(PRICES, 2025, 2018) == pytest.approx(80 / 120)
    with pytest.raises(SettingsError, match=r"no price level for 2011, 2019: .*\(2018 to 2025\)"):
        parameters.level(PRICES, 2019, 2011)


@pytest.mark.parametrize("price_year", [2018, 2020, 2025])
def test_every_reference_parameter_has_an_ordered_range_in_every_price_year(price_year):
    names = ("logistics_parameters", "exchange_rates", "price_levels")
    read = [tables.read(made_up.REFERENCE / f"{name}.csv", name).table for name in names]
    found = parameters.ranges(*read, price_year=price_year)
    assert sorted(found.index) == sorted(set(read[0]["parameter"]))
    assert (found["low"] <= found["value"]).all()
    assert (found["value"] <= found["high"]).all()


# draws


def test_same_seed_draws_the_same_and_another_seed_another():
    of = triangles(a=(0, 1, 4), b=(2, 2, 3))
    drawn = parameters.draws(of, n_samples=100, seed=7)
    pd.testing.assert_frame_equal(drawn, parameters.draws(of, n_samples=100, seed=7))
    assert (drawn != parameters.draws(of, n_samples=100, seed=8)).any(axis=None)
    assert drawn.shape == (100, 2)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sobol_points_keep_mean_variance_and_independence_better_than_random_ones(seed):
    """Triangular: mean (a + b + c) / 3 = 2; (0 + 1 + 25 - 0 - 0 - 5) / 18 = 7 / 6."""
    of = triangles(a=(0, 1, 5), b=(0, 1, 5))
    drawn = parameters.draws(of, n_samples=1_024, seed=seed)
    np.testing.assert_allclose(drawn.mean(), 2.0, atol=0.002)  # random: 0.034
    np.testing.assert_allclose(drawn.var(), 7 / 6, rtol=0.01)
    assert abs(drawn.corr().iloc[0, 1]) < 0.01


@FEW
@given(st.lists(st.floats(0, 100), min_size=3, max_size=3).map(sorted), st.integers(1, 40))
def test_draws_stay_within_their_range_and_a_point_stays_a_point(bounds, n_samples):
    drawn = parameters.draws(triangles(a=bounds, b=[3, 3, 3]), n_samples=n_samples, seed=1)
    assert len(drawn) == n_samples
    assert drawn["a"].between(bounds[0] - 1e-9, bounds[2] + 1e-9).all()
    assert (drawn["b"] == 3).all()


def test_central_is_one_draw_of_every_value():
    assert parameters.central(triangles(a=(0, 1, 5), b=(2, 3, 4))).to_dict("list") == {
        "a": [1.0], "b": [3.0],
    }  # fmt: skip


# what drives a result


def test_tornado_moves_one_parameter_at_a_time_and_leaves_out_what_is_fixed():
    """a·b + c at a = 2, b = 3, c = 10: a gives 13 and 22, b gives 12 and 18."""
    of = triangles(b=(1, 3, 4), c=(10, 10, 10), a=(1, 2, 4))
    found = parameters.tornado(lambda d: (d["a"] * d["b"] + d["c"]).to_numpy(), of)
    expected = pd.DataFrame(
        {"at_low": [13.0, 12], "at_high": [22.0, 18], "swing": [9.0, 6]}, index=["a", "b"]
    )
    pd.testing.assert_frame_equal(found, expected)


def test_tornado_swing_has_no_sign_but_its_ends_have():
    found = parameters.tornado(lambda d: -d["a"].to_numpy(), triangles(a=(1, 2, 5)))
    assert found.loc["a"].tolist() == [-1, -5, 4]


def test_sobol_indices_of_ishigami_and_homma_1990():
    """sin x₁ + 7 sin² x₂ + 0.1 x₃⁴ sin x₁ over (-π, π)³, here through the triangle's own shares."""
    of = triangles(x1=(0, 0, 1), x2=(0, 0, 1), x3=(0, 0, 1))

    def model(draws):
        x1, x2, x3 = ((1 - (1 - draws) ** 2) * 2 - 1).to_numpy().T * np.pi
        return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)

    found = parameters.sobol(model, of, n_samples=4_096, seed=1)
    assert found.index.tolist() == ["x1", "x2", "x3"]
    np.testing.assert_allclose(found["first"], [0.3139, 0.4424, 0.0], atol=0.01)
    np.testing.assert_allclose(found["total"], [0.5576, 0.4424, 0.2437], atol=0.01)


def test_sobol_indices_of_a_sum_are_its_shares_of_variance():
    """First = total = cᵢ² Vᵢ / Σ: no interaction."""
    of = triangles(a=(0, 1, 5), b=(2, 2, 3), fixed=(9, 9, 9), c=(0, 4, 4))
    found = parameters.sobol(lambda d: (d["a"] + 5 * d["b"] - 2 * d["c"] + d["fixed"]).to_numpy(),
                             of, n_samples=2_048, seed=1)  # fmt: skip
    part = pd.Series({
        "a": variance(0, 1, 5), "b": 25 * variance(2, 2, 3), "c": 4 * variance(0, 4, 4),
    })  # fmt: skip
    share = (part / part.sum()).sort_values(ascending=False)
    assert found.index.tolist() == share.index.tolist() == ["c", "b", "a"]
    for column in ("first", "total"):
        np.testing.assert_allclose(found[column], share, atol=0.005)


def test_sobol_indices_of_a_product_split_off_its_interaction():
    """V = (μ₁² + V₁)(μ₂² + V₂) - μ₁² μ₂²; first = V₁ μ₂² / V, total = V₁ (μ₂² + V₂) / V."""
    of = triangles(a=(0, 1, 5), b=(0, 3, 3))
    found = parameters.sobol(lambda d: (d["a"] * d["b"]).to_numpy(), of, n_samples=4_096, seed=1)
    (mean_a, var_a), (mean_b, var_b) = (2, 7 / 6), (2, 0.5)
    var = (mean_a**2 + var_a) * (mean_b**2 + var_b) - mean_a**2 * mean_b**2
    first = np.array([var_a * mean_b**2, var_b * mean_a**2]) / var
    interaction = var_a * var_b / var
    np.testing.assert_allclose(found.loc[["a", "b"], "first"], first, atol=0.005)
    np.testing.assert_allclose(found.loc[["a", "b"], "total"], first + interaction, atol=0.005)


def test_sobol_indices_are_the_same_for_the_same_seed():
    of = triangles(a=(0, 1, 5), b=(0, 3, 3))
    again = [parameters.sobol(lambda d: (d["a"] ** d["b"]).to_numpy(), of, n_samples=64, seed=3)
             for _ in range(2)]  # fmt: skip
    pd.testing.assert_frame_equal(*again)


@pytest.mark.parametrize("varying", [["a"], []])
def test_only_parameter_that_varies_explains_everything(varying):
    of = triangles(a=(0, 1, 5), b=(2, 2, 2)).loc[[*varying, "b"]]
    found = parameters.sobol(lambda d: d["b"].to_numpy(), of, n_samples=8, seed=1)
    assert found.index.tolist() == varying
    assert (found == 1).all(axis=None)
