"""What a decision table must be, and that all its faults are said at once."""

import numpy as np
import pandas as pd
import pytest

from site_select import decision_tables
from site_select.errors import SettingsError

TABLE = pd.DataFrame({"fare": [5.0, 7.0], "firms": [20, 30]}, index=["A", "B"])
WEIGHTS = pd.Series({"firms": 0.4, "fare": 0.6})
CRITERIA = pd.DataFrame({"direction": ["min", "max"]}, index=["fare", "firms"])


def changed(frame, row, column, cell):
    """Copy of a table with another cell."""
    other = frame.astype(object)
    other.loc[row, column] = cell
    return other


def refused(performance=TABLE, weights=WEIGHTS, criteria=CRITERIA, **more):
    with pytest.raises(SettingsError) as refusal:
        decision_tables.checked(performance, weights, criteria, **more)
    return str(refusal.value)


def test_sound_table_is_returned_as_numbers_in_the_order_of_its_columns():
    performance, weights, direction = decision_tables.checked(TABLE, WEIGHTS, CRITERIA.loc[::-1])
    assert performance.dtypes.tolist() == [np.dtype("float64")] * 2
    assert list(weights.items()) == [("fare", 0.6), ("firms", 0.4)]
    assert list(direction.items()) == [("fare", "min"), ("firms", "max")]


def test_table_is_not_changed_in_place():
    performance, weights = TABLE.copy(), WEIGHTS * 2
    with pytest.warns(UserWarning, match="sum to 2"):
        checked, _, _ = decision_tables.checked(performance, weights, CRITERIA)
    checked.loc["A", "fare"] = 99.0
    pd.testing.assert_frame_equal(performance, TABLE)
    pd.testing.assert_series_equal(weights, WEIGHTS * 2)


@pytest.mark.parametrize(
    ("cell", "found"),
    [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf"), (None, "none"), ("12", "'12'"),
     (pd.NA, "<NA>"), (1j, "1j")],
)  # fmt: skip
def test_cell_that_is_no_finite_number_is_refused(cell, found):
    said = refused(changed(TABLE, "B", "fare", cell))
    assert f"alternative B, criterion fare: found {found}; allowed: a finite number" in said


def test_numbers_in_columns_of_any_kind_are_numbers():
    performance = changed(TABLE, "B", "fare", np.float32(7.5)).assign(firms=[True, False])
    checked, _, _ = decision_tables.checked(performance, WEIGHTS, CRITERIA)
    assert checked.to_numpy().tolist() == [[5.0, 1.0], [7.5, 0.0]]


def test_alternative_or_criterion_that_stands_twice_is_refused():
    assert "alternative A: found the name again" in refused(TABLE.set_axis(["A", "A"]))
    said = refused(TABLE.set_axis(["fare", "fare"], axis=1), WEIGHTS.drop("firms"))
    assert "criterion fare: found the name again" in said


def test_criterion_without_weight_and_weight_without_criterion_are_refused():
    said = refused(weights=WEIGHTS.rename({"fare": "fair"}))
    assert "criterion fare, weight: found none; allowed: a weight of 0 or more" in said
    assert "criterion fair, weight: found one without a column" in said


@pytest.mark.parametrize(
    ("weight", "found"), [(-0.1, "-0.1"), (np.nan, "nan"), (np.inf, "inf"), ("0.6", "'0.6'")]
)
def test_weight_that_is_no_number_from_0_is_refused(weight, found):
    said = refused(weights=pd.Series({"fare": weight, "firms": 0.4}, dtype=object))
    assert said.startswith(f"criterion fare, weight: found {found}; allowed: a finite number, 0")


def test_weight_that_stands_twice_is_refused():
    twice = pd.concat([WEIGHTS, WEIGHTS[["fare"]]])
    assert "weight of fare: found the name again" in refused(weights=twice)


def test_weights_that_are_all_0_are_refused():
    assert refused(weights=WEIGHTS * 0).startswith("all weights are 0")


def test_weights_of_another_sum_are_divided_by_it_with_a_warning_that_says_both():
    with pytest.warns(UserWarning, match="weights sum to 1.0154, not 1: each was divided by it"):
        _, weights, _ = decision_tables.checked(TABLE, WEIGHTS * 1.0154, CRITERIA)
    assert weights.to_dict() == pytest.approx({"fare": 0.6, "firms": 0.4})


def test_weights_that_sum_to_1_but_for_a_millionth_are_left_as_they_are():
    _, weights, _ = decision_tables.checked(TABLE, WEIGHTS * (1 + 5e-7), CRITERIA)
    assert weights["fare"] == 0.6 * (1 + 5e-7)


def test_without_weights_each_criterion_weighs_the_same():
    assert decision_tables.checked(TABLE, None, CRITERIA)[1].to_dict() == {
        "fare": 0.5, "firms": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("direction", "remedy"),
    [("Max", "write max"), ("MIN ", "write min"), ("minimize", "write min"),
     ("cost", "write max or min"), (1, "write max or min")],
)  # fmt: skip
def test_unknown_direction_is_refused_with_what_to_write(direction, remedy):
    said = refused(criteria=changed(CRITERIA, "fare", "direction", direction))
    assert said == (
        f"criterion fare, direction: found {direction!r}; allowed: max (more is better) or min "
        f"(less is better); to mend: {remedy}"
    )


@pytest.mark.parametrize("cell", [None, np.nan, ""])
def test_missing_direction_is_refused(cell):
    said = refused(criteria=changed(CRITERIA, "fare", "direction", cell))
    assert said.startswith("criterion fare, direction: found none; allowed: max")
    missing = refused(criteria=CRITERIA.drop("fare"))
    assert missing.startswith("criterion fare, direction: found none")


def test_direction_is_derived_from_the_anchors_where_it_is_not_written():
    anchors = pd.DataFrame({"worst": [9.0, 0.0], "best": [0.0, 9.0]}, index=["fare", "firms"])
    assert decision_tables.checked(TABLE, WEIGHTS, anchors)[2].tolist() == ["min", "max"]
    partly = anchors.assign(direction=["", "max"])
    assert decision_tables.checked(TABLE, WEIGHTS, partly)[2].tolist() == ["min", "max"]


def test_anchors_that_are_the_same_or_contradict_the_direction_are_refused():
    anchors = pd.DataFrame({"worst": [3.0, 9.0], "best": [3.0, 0.0]}, index=["fare", "firms"])
    assert "criterion fare, direction: found none" in refused(criteria=anchors)
    said = refused(criteria=anchors.assign(direction="max"))
    assert said.startswith("criterion firms, direction: found max with anchors that say min")


def test_criterion_described_twice_is_refused():
    twice = pd.concat([CRITERIA, CRITERIA.loc[["fare"]]])
    assert "row of criterion fare: found the name again" in refused(criteria=twice)


def test_criteria_that_are_not_in_the_table_are_not_looked_at():
    more = changed(CRITERIA, "land", "direction", "whatever")
    assert decision_tables.checked(TABLE, WEIGHTS, more)[2].tolist() == ["min", "max"]


def test_no_alternative_and_no_criterion_are_refused():
    assert refused(TABLE.iloc[:0]).startswith("no eligible alternative")
    assert "no criterion" in refused(TABLE[[]], WEIGHTS.iloc[:0])


def test_one_alternative_and_a_constant_column_are_no_faults():
    decision_tables.checked(TABLE.iloc[:1], WEIGHTS, CRITERIA)
    decision_tables.checked(TABLE.assign(firms=0), WEIGHTS, CRITERIA)


def test_numbers_below_the_minimum_are_refused():
    said = refused(TABLE - 6, minimum=0.0)
    assert said.startswith("alternative A, criterion fare: found -1.0; allowed: a finite number")
    assert said.count("found") == 1


def test_all_faults_are_said_at_once():
    said = refused(
        changed(TABLE, "B", "fare", np.nan), WEIGHTS * -1,
        changed(CRITERIA, "firms", "direction", "Max"),
    )  # fmt: skip
    assert said.count("found") == 4


def test_preference_functions_are_read_in_their_common_spellings():
    spellings = [
        "usual", "", np.nan, "U-shape", "ushape", "V_Shape", "vshape", "level", "Linear",
        "gaussian",
    ]  # fmt: skip
    names = [f"c{number}" for number in range(len(spellings))]
    criteria = pd.DataFrame(
        {"preference_function": spellings, "q": 1, "p": 2.0, "s": 3.0}, index=names
    )
    found = decision_tables.preferences(criteria, names)
    assert [function for function, *_ in found] == [
        "usual", "usual", "usual", "u", "u", "v", "v", "level", "linear", "gaussian",
    ]  # fmt: skip
    assert found[0][1:] == (1.0, 2.0, 3.0)


def test_criteria_without_preference_functions_have_the_usual_one():
    (found,) = decision_tables.preferences(CRITERIA, ["fare"])
    assert found[0] == "usual"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("cubic", 1, 2, 3), "preference_function: found 'cubic'; allowed: usual, u, v, level,"),
        (("u", np.nan, 2, 3), "q: found nan; allowed: a finite number 0 or more"),
        (("u", -1, 2, 3), "q: found -1"),
        (("v", 1, 0, 3), "p: found 0; allowed: a finite number above 0"),
        (("v", 1, None, 3), "p: found none"),
        (("level", 3, 2, 3), "p: found 2; allowed: q = 3 or more"),
        (("linear", 3, 2, 3), "p: found 2; allowed: q = 3 or more"),
        (("linear", "1", 2, 3), "q: found '1'"),
        (("gaussian", 1, 2, 0), "s: found 0; allowed: a finite number above 0"),
        (("gaussian", 1, 2, np.inf), "s: found inf"),
    ],
)
def test_wrong_preference_is_refused_at_both_doors(row, said):
    criteria = CRITERIA.assign(
        **dict(zip(("preference_function", "q", "p", "s"), row, strict=True))
    ).astype(object)
    with pytest.raises(SettingsError) as refusal:
        decision_tables.preferences(criteria, ["fare", "firms"])
    assert str(refusal.value).count(said) == 2
    assert refused(criteria=criteria, with_preferences=True) == str(refusal.value)
    decision_tables.checked(TABLE, WEIGHTS, criteria)  # nobody asked


def test_lead_that_does_not_count_may_be_0():
    criteria = CRITERIA.assign(preference_function=["u", "linear"], q=0, p=1)
    found = decision_tables.preferences(criteria, ["fare", "firms"])
    assert [preference[:3] for preference in found] == [("u", 0.0, 1.0), ("linear", 0.0, 1.0)]


def test_veto_limits_are_numbers_or_nothing():
    criteria = CRITERIA.assign(veto=[200, np.nan])
    limits = decision_tables.veto_limits(criteria, ["firms", "fare"])
    assert limits.isna().tolist() == [True, False]
    assert decision_tables.veto_limits(CRITERIA, ["fare"]).isna().all()
    with pytest.raises(SettingsError, match="criterion fare, veto: found 'far'"):
        decision_tables.veto_limits(CRITERIA.assign(veto=["far", ""]), ["fare", "firms"])


@pytest.mark.parametrize(
    ("written", "function"),
    [
        (1, "usual"), ("2", "u"), ("Type 3", "v"), ("4.0", "level"), ("t5", "linear"),
        ("V-shape with indifference", "linear"), ("Gauss", "gaussian"), ("u-shape", "u"),
    ],
)  # fmt: skip
def test_functions_are_known_by_their_number_and_other_programs_words(written, function):
    criteria = CRITERIA.assign(preference_function=written, q=1.0, p=2.0, s=1.0)
    assert decision_tables.preferences(criteria, ["fare"])[0][0] == function


def test_weights_may_be_a_dict_and_what_is_no_table_is_refused_by_its_kind():
    _, weights, _ = decision_tables.checked(TABLE, WEIGHTS.to_dict(), CRITERIA)
    assert weights.to_dict() == {"fare": 0.6, "firms": 0.4}
    for wrong in ([0.6, 0.4], 3):
        with pytest.raises(SettingsError, match=f"weights: found a {type(wrong).__name__}"):
            decision_tables.checked(TABLE, wrong, CRITERIA)


def test_doubled_column_of_criteria_is_refused():
    twice = pd.concat([CRITERIA, CRITERIA], axis=1)
    with pytest.raises(SettingsError, match="direction"):
        decision_tables.checked(TABLE, WEIGHTS, twice)


def test_weights_near_the_largest_number_are_still_divided():
    with pytest.warns(UserWarning, match="each was divided by it"):
        _, weights, _ = decision_tables.checked(
            TABLE, pd.Series({"fare": 1e308, "firms": 1e308}), CRITERIA
        )
    assert weights.tolist() == pytest.approx([0.5, 0.5])
