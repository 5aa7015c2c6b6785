"""Anyone's table from files: read whole, or every fault of both files said with its row."""

import pytest

from site_select import decision_files, decision_tables
from site_select.errors import InputError

BODY = 'site,fare,firms\n007,5,"1,200"\nB,△7,1.2억\n'
HEADS = """criterion,direction,weight,preference_function,q,p
fare,min,0.6,linear,1,2
firms,max,0.4,,,
"""


def written(folder, body=BODY, heads=HEADS, encoding="utf-8"):
    paths = folder / "table.csv", folder / "criteria.csv"
    for path, text in zip(paths, (body, heads), strict=True):
        path.write_text(text, encoding)
    return paths


def faults(folder, *texts):
    with pytest.raises(InputError) as refusal:
        decision_files.read(*written(folder, *texts))
    return [(fault.file, fault.row, fault.column, fault.found) for fault in refusal.value.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_two_files_are_read_as_the_methods_take_them(tmp_path, encoding):
    paths = written(tmp_path, BODY.replace("fare", "운임"), HEADS.replace("fare", "운임"), encoding)
    performance, weights, criteria = decision_files.read(*paths)
    assert performance.to_dict("index") == {
        "007": {"운임": 5.0, "firms": 1200.0}, "B": {"운임": -7.0, "firms": 1.2e8},
    }  # fmt: skip
    assert performance.index.name == "site"
    assert weights.to_dict() == {"운임": 0.6, "firms": 0.4}
    assert criteria["direction"].to_dict() == {"운임": "min", "firms": "max"}
    assert decision_tables.preferences(criteria, performance.columns)[0][:3] == ("linear", 1.0, 2.0)
    decision_tables.checked(performance, weights, criteria, with_preferences=True)


def test_anchors_may_stand_for_the_direction_in_a_file(tmp_path):
    heads = "weight,criterion,worst,best,veto\n0.6,fare,9,0,8\n0.4,firms,0,9,\n"
    performance, weights, criteria = decision_files.read(*written(tmp_path, BODY, heads))
    assert decision_tables.checked(performance, weights, criteria)[2].tolist() == ["min", "max"]
    assert decision_tables.veto_limits(criteria, ["fare"]).tolist() == [8.0]


def test_every_fault_of_both_files_is_said_with_its_place(tmp_path):
    body = "site,fare,firms\nA,cheap,\nA,1,nan\n,1,2\n"
    heads = "criterion,direction,weight,bests\nfare,min,heavy,1\nfare,max,,\n"
    assert faults(tmp_path, body, heads) == [
        ("criteria.csv", 1, "bests", "the extra column 'bests'"),
        ("criteria.csv", 2, "weight", "'heavy'"),
        ("criteria.csv", 3, "criterion", "'fare' again"),
        ("table.csv", 2, "fare", "'cheap'"),
        ("table.csv", 2, "firms", "an empty cell"),
        ("table.csv", 3, "firms", "'nan'"),
        ("table.csv", 3, "site", "'A' again"),
        ("table.csv", 4, "site", "an empty cell"),
    ]


def test_faults_of_meaning_are_said_with_their_place(tmp_path):
    heads = (
        "criterion,direction,weight,preference_function,q,p\n"
        "fare,Max,-1,linear,2,1\nfirms,max,,cubic,,\nland,min,1,,,\n"
    )
    assert faults(tmp_path, BODY.replace("firms", "firm"), heads) == [
        ("criteria.csv", 2, "direction", "'Max'"),
        ("criteria.csv", 2, "p", "1"),
        ("criteria.csv", 2, "weight", "-1.0"),
        ("criteria.csv", 3, "criterion", "'firms'"),
        ("criteria.csv", 3, "preference_function", "'cubic'"),
        ("criteria.csv", 3, "weight", "nan"),
        ("criteria.csv", 4, "criterion", "'land'"),
        ("table.csv", 1, "firm", "a column without criterion"),
    ]


def test_faults_of_shape_are_said_with_their_place(tmp_path):
    body = "site,fare,fare,\nA,1,2,3\nB,1,2\n"
    assert faults(tmp_path, body, "name,worst\nx,1\n") == [
        ("criteria.csv", 1, "criterion", "no such column"),
        ("criteria.csv", 1, "direction", "no such column"),
        ("criteria.csv", 1, "weight", "no such column"),
        ("table.csv", 1, "", "an empty heading"),
        ("table.csv", 1, "fare", "this heading twice"),
        ("table.csv", 3, "", "3 cells"),
        ("table.csv", 3, "", "an empty cell"),
    ]


def test_files_that_are_empty_or_not_there_are_said(tmp_path):
    assert faults(tmp_path, "site,fare\n", "") == [
        ("criteria.csv", 0, "", "no rows"), ("table.csv", 0, "", "no rows"),
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"nowhere.csv: found No such file or directory"):
        decision_files.read(tmp_path / "nowhere.csv", tmp_path / "criteria.csv")


# judgements


def judged(folder, text):
    path = folder / "judgements.csv"
    path.write_text(text, "utf-8")
    return decision_files.read_judgements(path)


def test_judgements_may_be_fractions_and_need_no_names(tmp_path):
    found = judged(tmp_path, "first,second,ratio,why\ncost,time,3,near\ntime,place,1/4,far\n")
    assert found[["evaluator", "parent"]].to_numpy().tolist() == [["everyone", "goal"]] * 2
    assert found["ratio"].tolist() == [3, 0.25]


def test_names_of_evaluators_stay_text(tmp_path):
    found = judged(tmp_path, "evaluator,parent,first,second,ratio\n007,goal,a,b,2\n")
    assert found["evaluator"].tolist() == ["007"]


def test_all_faults_of_judgements_are_said_with_their_rows(tmp_path):
    with pytest.raises(InputError) as refusal:
        judged(tmp_path, "first,second,ratio\na,b,much\na,c,1/0\nb,c,\n")
    assert [(fault.row, fault.found) for fault in refusal.value.faults] == [
        (2, "'much'"), (3, "'1/0'"), (4, "an empty cell"),
    ]  # fmt: skip


def test_missing_columns_of_judgements_are_named(tmp_path):
    with pytest.raises(InputError) as refusal:
        judged(tmp_path, "first,other\na,b\n")
    assert [fault.column for fault in refusal.value.faults] == ["ratio", "second"]
