"""Ballots out and in: what an evaluator judged comes back as it was judged."""

import itertools
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from site_select import ahp, ballot_box, ballots, layouts, tables, workbooks
from site_select.errors import SettingsError
from site_select.messages import Text

STAMP = {"kind": "evaluator", "study": "made up", "form_id": "E1-1", "about": "E1",
         "version": "v", "round": "1"}  # fmt: skip
COMPLEXES = pd.Series({"A": Text("가", "a"), "B": Text("나", "b")})
# Saaty (1990), European Journal of Operational Research 48(1), 9-26: buying a house; CR 0.17.
HOUSE = {
    ("size", "transport"): 5, ("size", "neighbourhood"): 3, ("size", "age"): 7,
    ("size", "yard"): 6, ("size", "facilities"): 6, ("size", "condition"): 1 / 3,
    ("size", "financing"): 1 / 4, ("transport", "neighbourhood"): 1 / 3, ("transport", "age"): 5,
    ("transport", "yard"): 3, ("transport", "facilities"): 3, ("transport", "condition"): 1 / 5,
    ("transport", "financing"): 1 / 7, ("neighbourhood", "age"): 6, ("neighbourhood", "yard"): 3,
    ("neighbourhood", "facilities"): 4, ("neighbourhood", "condition"): 6,
    ("neighbourhood", "financing"): 1 / 5, ("age", "yard"): 1 / 3, ("age", "facilities"): 1 / 4,
    ("age", "condition"): 1 / 7, ("age", "financing"): 1 / 8, ("yard", "facilities"): 1 / 2,
    ("yard", "condition"): 1 / 5, ("yard", "financing"): 1 / 6, ("facilities", "condition"): 1 / 5,
    ("facilities", "financing"): 1 / 6, ("condition", "financing"): 1 / 2,
}  # fmt: skip
ROOMS = ["size", "transport", "neighbourhood", "age", "yard", "facilities", "condition",
         "financing"]  # fmt: skip


def tree(children, parent="goal", name="집", **changes):
    row = {"parent": parent, "name_ko": name, "name_en": "house", "unit": "days", "worst": 0.0,
           "best": 60.0, **changes}  # fmt: skip
    return pd.DataFrame(dict.fromkeys(children, row)).T


def said(ratio):
    return min(ballots.SCALE, key=lambda word: abs(ballots.SCALE[word] - ratio))


class Filled:
    """A ballot that is filled in as a person would."""

    def __init__(self, folder, criteria, **more):
        self.criteria, self.path = criteria, folder / "E1-1.xlsx"
        book = ballots.form(STAMP, criteria=criteria, complexes=COMPLEXES, **more)
        workbooks.save(book, self.path)
        self.book = openpyxl.load_workbook(self.path)
        self.put(ballots.INTERESTS, ballots.EVERYONE, 3, "예 / yes")

    def put(self, title, name, column, value, *, key=1):
        sheet = self.book[title]
        for row in sheet.iter_rows(min_row=layouts.FIRST_ROW):
            if row[key - 1].value == name:
                row[column - 1].value = value
                return
        raise AssertionError(name)

    def judge(self, judgements):
        for node in ballots.nodes(self.criteria):
            for row in self.book[node.title].iter_rows(min_row=layouts.FIRST_ROW):
                pair = (row[0].value, row[1].value)
                if pair in judgements:
                    row[3].value = said(judgements[pair])

    def points(self, method, **points):
        self.put(ballots.POINTS, "goal", 5, method)
        for child, value in points.items():
            self.put(ballots.POINTS, child, 5, value, key=2)

    def read(self, ratio_limit=0.10):
        self.book.save(self.path)
        return ballot_box.read(
            workbooks.opened(self.path), STAMP, criteria=self.criteria, complexes=COMPLEXES,
            ratio_limit=ratio_limit,
        )  # fmt: skip


def keys(found):
    return [(flaw.allowed.en, flaw.is_query) for flaw in found.flaws]


def test_published_judgements_come_back_with_their_published_ratio(tmp_path):
    filled = Filled(tmp_path, tree(ROOMS))
    filled.judge(HOUSE)
    found = filled.read()
    given = {(row["first"], row["second"]): row["ratio"] for _, row in found.judgements.iterrows()}
    assert given == pytest.approx(HOUSE)
    assert found.rounds.iloc[0].tolist() == [
        "E1",
        1,
        "goal",
        "pairs",
        pytest.approx(0.169, abs=2e-3),
    ]
    (query,) = found.flaws
    assert query.is_query
    assert "0.17" in query.found.en


@pytest.fixture(scope="module")
def soffice():
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    return program


def recalculated(soffice, path, folder):
    subprocess.run(
        [soffice, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",
         "xlsx", "--outdir", str(folder / "out"), str(path)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return openpyxl.load_workbook(folder / "out" / path.name, data_only=True)


def test_sheet_computes_ratio_weights_and_worst_pair_live(soffice, tmp_path):
    three = {("a", "b"): 2.0, ("b", "c"): 2.0, ("a", "c"): 1 / 9}  # should be 4
    criteria = pd.concat([tree(ROOMS), tree("abc", "size", "크기")])
    filled = Filled(tmp_path, criteria)
    filled.judge(HOUSE | three)
    filled.book.save(filled.path)
    book = recalculated(soffice, filled.path, tmp_path)
    goal, size = (book[node.title] for node in ballots.nodes(criteria))
    assert goal["D35"].value == pytest.approx(0.169, abs=2e-3)
    matrix = ahp.matrices(pd.DataFrame(
        [("E", "P", *pair, ratio) for pair, ratio in three.items()],
        columns=["evaluator", "parent", "first", "second", "ratio"],
    ))["E", "P"]  # fmt: skip
    exact = ahp.priorities(matrix)
    assert size["D10"].value == pytest.approx(exact.consistency_ratio, abs=5e-4)
    repair = ahp.worst_judgement(matrix)
    # all three of a circle contradict each other equally; the sheet names one of them
    assert repair is not None
    assert "→" in size["D11"].value
    assert [size[f"D{row}"].value for row in (14, 15, 16)] == pytest.approx(
        exact.weights[["a", "b", "c"]].tolist(), abs=5e-4
    )


def test_sheet_names_the_planted_pair_with_the_value_that_mends_it(soffice, tmp_path):
    weights = {"a": 8, "b": 4, "c": 2, "d": 1}
    judged = {(i, j): weights[i] / weights[j] for i, j in itertools.combinations("abcd", 2)}
    judged["a", "d"] = 1 / 8  # turned round
    filled = Filled(tmp_path, tree("abcd"))
    filled.judge(judged)
    (query,) = filled.read().flaws
    assert "◀ 8" in query.remedy.en
    sheet = recalculated(soffice, filled.path, tmp_path)["평가기준 전체"]
    assert sheet["D14"].value.endswith("◀ 8")
    assert sheet["D13"].value > 0.10


def test_sheet_says_how_many_pairs_are_left(soffice, tmp_path):
    filled = Filled(tmp_path, tree("abc"))
    filled.judge({("a", "b"): 3})
    filled.book.save(filled.path)
    assert "2쌍 남음" in recalculated(soffice, filled.path, tmp_path)["평가기준 전체"]["D10"].value


def test_points_are_the_ratios_they_mean(tmp_path):
    filled = Filled(tmp_path, tree("abc"))
    filled.points("직접 배점 / direct", a=60, b=30, c=20)
    found = filled.read()
    assert found.flaws == []
    assert found.judgements["ratio"].tolist() == pytest.approx([2.0, 3.0, 1.5])
    assert found.rounds[["method", "consistency_ratio"]].iloc[0].tolist() == [
        "direct", pytest.approx(0.0, abs=1e-9)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "points", "allowed"),
    [
        ("direct", {"a": 60, "b": 0, "c": 20}, "points above 0"),
        ("direct", {"a": 60, "b": "많이", "c": 20}, "points above 0"),
        ("direct", {"a": 60, "b": 20}, "points above 0"),
        ("direct", {"a": 101, "b": 20, "c": 20}, "points above 0"),
        ("direct", {"a": 100, "b": 10, "c": 20}, "up to nine times"),
        ("swing", {"a": 90, "b": 30, "c": 20}, "100 for the most valuable"),
        ("guess", {}, "쌍대비교 / pairs |"),
    ],
)
def test_points_that_mean_no_weights_are_flaws(tmp_path, method, points, allowed):
    filled = Filled(tmp_path, tree("abc"))
    filled.judge({("a", "b"): 1, ("b", "c"): 1, ("a", "c"): 1})
    filled.points(method, **points)
    (told,) = [told for told, is_query in keys(filled.read()) if not is_query]
    assert allowed in told


def test_word_of_the_scale_may_have_blanks_around_it(tmp_path):
    filled = Filled(tmp_path, tree("ab"))
    filled.put("평가기준 전체", "a", 4, " ◀ 3 ")
    assert filled.read().judgements["ratio"].tolist() == [3.0]


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("매우", "one of"), ("3", "one of"), ("=1+2", "a value"), ("1/0", "one of")],
)
def test_judgement_that_is_none_is_a_flaw_of_its_cell(tmp_path, value, allowed):
    filled = Filled(tmp_path, tree("abc"))
    filled.judge({("a", "b"): 1, ("b", "c"): 1, ("a", "c"): 1})
    filled.put("평가기준 전체", "a", 4, value)
    flaw = next(flaw for flaw in filled.read().flaws if not flaw.is_query)
    assert flaw.cell == "D6"
    assert allowed in flaw.allowed.en


def test_pair_left_out_is_a_query_unless_nothing_joins_the_items(tmp_path):
    filled = Filled(tmp_path, tree("abcd"))
    filled.judge({("a", "b"): 2, ("b", "c"): 2, ("c", "d"): 2})
    assert [is_query for _, is_query in keys(filled.read())] == [True]
    filled.judge({})
    filled.put("평가기준 전체", "b", 4, None)
    assert [is_query for _, is_query in keys(filled.read())] == [False]


def test_interests_are_declared_by_complex_and_none_must_be_said(tmp_path):
    filled = Filled(tmp_path, tree("ab"))
    filled.judge({("a", "b"): 1})
    assert filled.read().interests["complex_id"].tolist() == ["none"]
    filled.put(ballots.INTERESTS, ballots.EVERYONE, 3, None)
    assert "2 complexes without" in filled.read().flaws[0].found.en
    for label, word in (("A", "아니오"), ("B", "예")):
        filled.put(ballots.INTERESTS, label, 3, word)
    found = filled.read()
    assert found.interests.to_numpy().tolist() == [["E1", 1, "B"]]
    filled.put(ballots.INTERESTS, ballots.EVERYONE, 3, "yes")
    assert "no interest at all" in filled.read().flaws[0].found.en


def test_second_round_shows_what_was_judged_and_changes_nothing_by_itself(tmp_path):
    filled = Filled(tmp_path, tree(ROOMS))
    filled.judge(HOUSE)
    first = filled.read().judgements
    again = Filled(tmp_path, tree(ROOMS), earlier=first).read().judgements
    pd.testing.assert_frame_equal(again, first)


def test_titles_are_ones_that_excel_takes_and_differ(tmp_path):
    name = "이름[이] 아주: 길어서 / 서른한 글자를 * 넘는다? 정말로"
    criteria = pd.concat([
        tree(["x", "y"], name=name), tree("ab", "x", name), tree("cd", "y", name),
    ])  # fmt: skip
    titles = [node.title for node in ballots.nodes(criteria)]
    assert len(set(titles)) == 3
    Filled(tmp_path, criteria).read()


def test_criterion_name_is_never_a_formula(tmp_path):
    criteria = tree("ab", name='=HYPERLINK("http://x")')
    cells = workbooks.opened(Filled(tmp_path, criteria).path)["평가기준 전체"].cells
    kinds = {cell.kind for (row, column), cell in cells.items() if row == 6 and column in {3, 5}}
    assert kinds == {"text"}


def test_ballot_of_the_desk_study_reads_back_without_a_row(tmp_path):
    path = Path(__file__).parent.parent / "data" / "studies" / "desk" / "criteria.csv"
    criteria = tables.read(path, "criteria").table.set_index("criterion")
    found = Filled(tmp_path, criteria).read()
    assert found.judgements.empty
    assert {flaw.sheet for flaw in found.flaws} == {node.title for node in ballots.nodes(criteria)}


GOAL = "평가기준 전체"
EQUAL = {("a", "b"): 1, ("b", "c"): 1, ("a", "c"): 1}


def faults(found):
    return [(flaw.sheet, flaw.cell, flaw.found.en) for flaw in found.flaws if not flaw.is_query]


def test_query_names_the_cell_of_the_judgement_to_look_at(tmp_path):
    filled = Filled(tmp_path, tree(ROOMS))
    filled.judge(HOUSE)
    (query,) = filled.read().flaws
    assert (query.sheet, query.cell) == (GOAL, "D22")  # neighbourhood against condition
    assert [filled.book[GOAL][f"{letter}22"].value for letter in "AB"] == [
        "neighbourhood", "condition"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "area"), [(GOAL, "D6:D7"), ("점수", "E7:E8"), ("이해관계", "C6:D6")]
)
def test_merged_cells_are_a_flaw_as_they_swallow_an_answer(tmp_path, title, area):
    filled = Filled(tmp_path, tree("abc"))
    filled.judge(EQUAL)
    filled.book[title].merge_cells(area)
    assert (title, f"merged cells {area}") in [(s, f) for s, _, f in faults(filled.read())]


def test_each_formula_is_told_once(tmp_path):
    filled = Filled(tmp_path, tree("abc"))
    filled.judge(EQUAL)
    filled.points("=A1", a="=1+1")
    assert [(cell, found) for _, cell, found in faults(filled.read())] == [
        ("E6", "the formula =A1"), ("E7", "the formula =1+1"),
    ]  # fmt: skip


def test_pairs_and_points_of_one_node_are_asked_about_and_the_method_counts(tmp_path):
    filled = Filled(tmp_path, tree("abc"))
    filled.judge(EQUAL)
    filled.points("direct", a=60, b=30, c=20)
    found = filled.read()
    assert found.judgements["ratio"].tolist() == pytest.approx([2.0, 3.0, 1.5])
    (query,) = found.flaws
    assert query.is_query
    assert "only 직접 배점 / direct counts" in query.allowed.en
    filled.points("pairs")
    found = filled.read()
    assert found.judgements["ratio"].tolist() == [1, 1, 1]
    assert "only 쌍대비교 / pairs counts" in found.flaws[0].allowed.en


def test_lost_row_of_an_interest_is_a_flaw_and_one_that_is_there_twice_counts_once(tmp_path):
    filled = Filled(tmp_path, tree("ab"))
    filled.judge({("a", "b"): 1})
    filled.put(ballots.INTERESTS, ballots.EVERYONE, 3, None)
    for label in "AB":
        filled.put(ballots.INTERESTS, label, 3, "예")
    filled.put(ballots.INTERESTS, "B", 1, "A")
    found = filled.read()
    assert faults(found) == [("이해관계", "", "no 'b'")]
    assert found.interests["complex_id"].tolist() == ["A"]


@pytest.mark.parametrize("title", [GOAL, "점수", "이해관계"])
def test_lost_sheet_is_a_flaw(tmp_path, title):
    filled = Filled(tmp_path, tree("abc"))
    filled.judge(EQUAL)
    del filled.book[title]
    ((sheet, _, found),) = faults(filled.read())
    assert sheet == title
    assert "no such sheet" in found


def test_ratio_of_points_never_leaves_the_scale_by_the_last_digit(tmp_path):
    filled = Filled(tmp_path, tree("ab"))
    filled.points("direct", a=2.7, b=0.3)  # 9.000000000000002 in a computer
    assert filled.read().judgements["ratio"].tolist() == [9.0]


def test_second_round_keeps_points_that_the_scale_has_no_word_for(tmp_path):
    filled = Filled(tmp_path, tree("abc"))
    filled.points("swing", a=100, b=55, c=20)
    first = filled.read().judgements
    again = Filled(tmp_path, tree("abc"), earlier=first).read()
    assert again.judgements["ratio"].tolist() == pytest.approx(first["ratio"].tolist(), rel=1e-6)
    assert again.rounds["method"].tolist() == ["direct"]
    assert again.flaws == []


def test_second_round_leaves_pairs_empty_that_were_not_judged(tmp_path):
    filled = Filled(tmp_path, tree("abcd"))
    filled.judge({("a", "b"): 2, ("b", "c"): 2, ("c", "d"): 1 / 9})
    first = filled.read().judgements
    again = Filled(tmp_path, tree("abcd"), earlier=first).read().judgements
    pd.testing.assert_frame_equal(again, first)


def test_more_children_than_can_be_compared_are_refused():
    with pytest.raises(SettingsError, match="goal has 16 children: allowed 15"):
        ballots.form(STAMP, criteria=tree([f"c{n}" for n in range(16)]), complexes=COMPLEXES)


def test_titles_differ_though_excel_takes_no_notice_of_case_and_hold_no_control_character():
    criteria = pd.concat([
        tree(["x", "y", "z"]), tree("ab", "x"), tree("cd", "y"), tree("ef", "z"),
    ])  # fmt: skip
    criteria.loc[["x", "y", "z"], "name_ko"] = ["Abc", "aBC", "History\x01"]
    titles = [node.title for node in ballots.nodes(criteria)]
    assert titles == [GOAL, "Abc", "aBC 2", "History 2"]


def test_drop_down_offers_seventeen_steps_from_left_to_right():
    sheet = ballots.form(STAMP, criteria=tree("ab"), complexes=COMPLEXES)[GOAL]
    (rule,) = [rule for rule in sheet.data_validations.dataValidation if "D6" in rule.cells]
    steps = rule.formula1.strip('"').split(",")
    assert steps == [*(f"◀ {n}" for n in range(9, 1, -1)), "● 1", *(f"▶ {n}" for n in range(2, 10))]
    assert len(rule.formula1) <= 255  # characters that Excel takes
