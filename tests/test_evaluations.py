"""The pilot held to the model, as a meeting reads it."""

import re
from dataclasses import replace

import made_up
import pandas as pd
import pytest

from site_select import economics, evaluations, listings, messages, pilot, report, study
from site_select.messages import Text

HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def read():
    return study.read(made_up.ROOT / "data" / "studies" / "gwangju-2020")


@pytest.fixture(scope="module")
def evaluation(read):
    site = economics.sites(read, ["RC15"])["RC15"]
    return pilot.evaluation(read.survey.pilot_gwangju, site, n_samples=32, seed=1)


def told(read, stage, quantity, **values):
    """The study with other published figures in one row."""
    rows = read.survey.pilot_gwangju.copy()
    is_meant = (rows["stage"] == stage) & (rows["quantity"] == quantity)
    assert is_meant.sum() == 1
    rows.loc[is_meant, list(values)] = list(values.values())
    return replace(read, survey=replace(read.survey, pilot_gwangju=rows))


def test_every_table_has_headings_and_words_in_both_languages(read, evaluation):
    page = report.Page()
    for name, frame in (
        ("evaluation", evaluations.evaluation_table(evaluation)),
        ("calibration", evaluations.calibration_table(evaluation)),
        ("contradictions", evaluations.contradictions(read)),
        ("stages", evaluations.stages(evaluation, read.survey.pilot_gwangju)),
        ("reach", evaluations.reach_table(evaluation)),
    ):
        headers = listings.headers(name)
        assert set(frame) <= set(headers), name
        words = frame[[column for column in ("case", "scope", "quantity", "what", "says")
                       if column in frame]]  # fmt: skip
        assert all(isinstance(cell, Text) for cell in words.to_numpy().ravel()), name
        body = page.table(f"evaluation.{'table' if name == 'evaluation' else name}", frame,
                          headers=headers).body  # fmt: skip
        assert not HANGUL.search(body.en), name
        assert HANGUL.search(body.ko), name


def said(read):
    return [cell.en for cell in evaluations.contradictions(read)["says"]]


def test_contradictions_are_recomputed_from_the_table(read):
    """700 = 5 x 140; at 4.5% five years of 130 or 140 M are worth 570.7 or 614.6 M.

    Cost before: 140 / 0.4 = 350 M and 13 / 0.71 = 18.3 M, 19 times apart.
    """
    amount, five_years, _, base, parts, orders = said(read)
    assert amount == "130 M KRW in two sources, 140 M in others"
    assert five_years == (
        "700 M KRW is five times 140 M undiscounted; discounted, 570.7 or 614.6 M"
    )
    assert "19 times apart" in base
    assert parts == "2 in the plan of 2020, 1 in the plan of 2021"
    assert orders.startswith("about 30 a year in the plan, 12 in the result")


def test_contradictions_follow_the_table(read):
    """Five years of 650 M are five times 130 M; 100 M a year are worth 439.0 M."""
    other = told(read, "plan_2020", "saving_five_years", value=650.0)
    other = told(other, "plan_2020", "saving_per_year", low=100.0, value=100.0)
    assert said(other)[1] == (
        "650 M KRW is five times 130 M undiscounted; discounted, 439.0 or 439.0 M"
    )
    assert "5 in the plan of 2020" in said(told(read, "plan_2020", "imported_parts", value=5))[4]


def made(**row):
    ways = {f"{way}{end}": float("nan") for way in ("independent", "calibrated", "predicted")
            for end in ("_low", "", "_high")}  # fmt: skip
    table = pd.DataFrame([{"stage": "plan", "variant": "complex", "scope": "paid"} | ways | row])
    return pilot.Evaluation(table, {}, {}, 0, pd.DataFrame(), pd.DataFrame())


@pytest.mark.parametrize(
    ("quantity", "numbers", "printed"),
    [
        ("rate", {"published": 0.4, "predicted_low": 0.2, "predicted": 0.523,
                  "predicted_high": 0.6, "miss": 0.123},
         {"published": "40.0%", "predicted": "52.3% (20.0% … 60.0%)", "miss": "12.3%",
          "independent": "–"}),
        ("saving", {"published": 140e6, "predicted_low": 1e6, "predicted": 84.4e6,
                    "predicted_high": 1.2e9, "miss": -55.6e6},
         {"published": "140.0", "predicted": "84.4 (1.0 … 1,200.0)", "miss": "-55.6",
          "calibrated": "–"}),
        ("runs", {"published": 6.0, "independent_low": 4.0, "independent": 12.0,
                  "independent_high": 24.0, "miss": 6.0},
         {"published": "6", "independent": "12 (4 … 24)", "miss": "6", "predicted": "–"}),
    ],
)  # fmt: skip
def test_figure_range_and_miss_are_printed_in_the_unit_of_the_quantity(quantity, numbers, printed):
    row = evaluations.evaluation_table(made(quantity=quantity, **numbers)).iloc[0]
    for column, text in printed.items():
        assert re.sub(r" ?M$", "", row[column]) == text, column


def test_every_row_of_the_evaluation_is_printed_with_its_miss(evaluation):
    table = evaluations.evaluation_table(evaluation)
    assert len(table) == len(evaluation.table) == 26
    assert "–" not in set(table["miss"])
    rate = evaluation.table["quantity"] == "rate"
    expected = [f"{miss:.1%}" for miss in evaluation.table.loc[rate, "miss"]]
    assert table.loc[rate, "miss"].tolist() == expected


def test_calibrations_are_listed_with_what_was_tried(evaluation):
    table = evaluations.calibration_table(evaluation)
    assert len(table) == 8
    assert table["tried"].eq(32).all()
    assert (table["fitting"] <= 32).all()
    fit = evaluation.calibrations["plan", "complex", "paid"]
    assert table["worst_miss"].iloc[0] == fit.worst_miss
    assert table["case"].iloc[0] == messages.text("costings.case.plan_complex")


@pytest.mark.parametrize(("quantity", "scale"), [("rate", 0.01), ("saving", 1e6)])
def test_figure_beside_the_published_one_has_a_bar_for_each_case_and_scope(
    evaluation, quantity, scale
):
    table = evaluations.against_published(evaluation, quantity)
    rows = evaluation.table[evaluation.table["quantity"] == quantity]
    assert len(table) == 8
    assert (table["value"] * scale).tolist() == pytest.approx(rows["independent"].tolist())
    assert (table["published"] * scale).tolist() == pytest.approx(rows["published"].tolist())
    assert all(isinstance(label, Text) for label in table["label"])
    assert table["label"].map(str).is_unique


def test_cost_after_follows_from_the_published_result(read, evaluation):
    """13 M saved at 71% leave 13 x (1 / 0.71 - 1) = 5.31 M."""
    found = evaluations.conclusions(read, evaluation)
    assert found["after"] == pytest.approx(5.309859e6, rel=1e-6)
    miss = evaluation.calibrations["plan", "complex", "paid"].worst_miss
    assert f"{miss:.0%}" in found["fit"].en
    # 40 m2 at 6,000 KRW a month for 12 months, and 6 M KRW of staff
    assert found["warehouse"] == pytest.approx(40 * 6_000 * 12 + 6e6)
    half = told(read, "result_2021", "logistics_saving_rate", value=0.5)
    assert evaluations.conclusions(half, evaluation)["after"] == pytest.approx(13e6)


def test_independent_medians_are_those_of_the_run_calibrated_to_nothing(evaluation):
    found = evaluations.independent(evaluation)
    drawn = evaluation.independent["plan", "complex"]["all"]
    assert found["all_rate"] == drawn["rate"].median()
    assert found["credited"] == pytest.approx(drawn["credited"].median() / 1e6)
    assert found["co2e"] == drawn["co2e_rate"].median()


def test_conclusion_turns_when_a_setting_fits(read, evaluation):
    key = ("plan", "complex", "paid")
    fits = evaluation.calibrations | {key: evaluation.calibrations[key]._replace(fitting=3)}
    said = evaluations.conclusions(read, evaluation._replace(calibrations=fits))["fit"]
    assert said.en.startswith("Under the first reading 3 of")
    assert "3개가" in said.ko


# plan, restated plan and result side by side


def test_stages_stand_side_by_side_with_the_model(read, evaluation):
    """Result with the purchase: 13 + 52 = 65 M; what was not published is a dash."""
    table = evaluations.stages(evaluation, read.survey.pilot_gwangju)
    rows = table.set_index(pd.Index(evaluations.STAGED))
    assert rows["plan"].tolist() == ["2", "30", "6", "40.0%", "140.0 (130.0 … 140.0)", "–"]
    assert rows["restated"].tolist() == ["1", "–", "–", "–", "–", "150.0 (100.0 … 200.0)"]
    assert rows["result"].tolist() == ["–", "12", "3", "71.0%", "13.0", "65.0"]
    drawn = evaluation.independent["result", "air"]["paid"]["rate"].quantile([0.05, 0.5, 0.95])
    low, middle, high = (f"{value:.1%}" for value in drawn)
    assert rows.loc["rate", "result_air"] == f"{middle} ({low} … {high})"
    assert rows.loc[["parts", "orders"], "plan_model"].tolist() == ["–", "–"]
    runs = evaluation.table.query("variant == 'complex' and quantity == 'runs'").iloc[0]
    assert rows.loc["runs", "plan_model"] == (
        f"{runs['independent']:.0f} ({runs['independent_low']:.0f} … "
        f"{runs['independent_high']:.0f})"
    )
    assert rows.loc["runs", "restated_model"] == "–"


def test_study_as_piloted_compares_the_site_of_the_pilots_own_study(read):
    """Whatever prices a study has, the pilot is run on its own orders in prices of 2020."""
    own = economics.sites(read, ["RC15"])["RC15"]
    for one in (read, made_up.desk()):
        piloted = evaluations.as_piloted(one)
        site = economics.sites(piloted, ["RC15"])["RC15"]
        pd.testing.assert_frame_equal(site.of, own.of)
        draws = economics.drawn(own, n_samples=8, seed=1)
        assert site.saving(draws).tolist() == pytest.approx(own.saving(draws).tolist())
    other = evaluations.as_piloted(study.changed(made_up.desk(), {"logistics.price_year": 2024}))
    assert other.settings.logistics.price_year == 2024


def test_nearest_case_has_the_smallest_miss_of_its_stage(evaluation):
    for stage in ("plan", "result"):
        key = evaluations.nearest_case(evaluation, stage)
        misses = [fit.worst_miss for of, fit in evaluation.calibrations.items() if of[0] == stage]
        assert key[0] == stage
        assert evaluation.calibrations[key].worst_miss == min(misses)


def test_sentence_on_what_has_to_move_names_what_the_table_marks(evaluation):
    names = pd.Series({name: Text(f"가정 {name}", f"name {name}") for name in evaluation.prior})
    said = evaluations.moved(evaluation, names)
    for stage in ("plan", "result"):
        table = pilot.prior_posterior(evaluation, evaluations.nearest_case(evaluation, stage))
        marked = list(table.index[table["is_moved"]])
        assert all(f"name {name}" in said[stage].en for name in marked)
        if not marked:
            assert said[stage].en == "none"
    reach = pilot.reach(evaluation)
    logistics = reach[reach["quantity"].isin(["rate", "saving"])]
    assert (said["never"], said["compared"]) == ((logistics["within"] == 0).sum(), 16)
