"""Rank and weigh anyone's table from the shell: published numbers, valid JSON, all faults."""

import json
import os
import subprocess
import sys

import pytest

from site_select import cli

PLANES = """\
plane,speed,range,payload,cost,reliability,manoeuvre
A1,2,1500,20000,5.5,5,9
A2,2.5,2700,18000,6.5,3,5
007,1.8,2000,21000,4.5,7,7
A4,2.2,1800,20000,5,5,5
"""
CRITERIA = """\
criterion,direction,weight
speed,max,0.2
range,max,0.1
payload,max,0.1
cost,min,0.1
reliability,max,0.2
manoeuvre,max,0.3
"""
# Saaty (2008), Decision making with the analytic hierarchy process, IJSSCI 1(1): drinks.
DRINKS = ("coffee", "wine", "tea", "beer", "soda", "milk", "water")
RATIOS = (
    "9 5 2 1 1 1/2", "1/3 1/9 1/9 1/9 1/9", "1/3 1/4 1/3 1/9", "1/2 1 1/3", "2 1/2", "1/3",
)  # fmt: skip


@pytest.fixture
def said(capsys):
    """Run the command line and read what it printed as JSON."""

    def run(*words):
        assert cli.main(list(map(str, words))) == cli.DONE
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def table(tmp_path):
    paths = tmp_path / "planes.csv", tmp_path / "criteria.csv"
    for path, text in zip(paths, (PLANES, CRITERIA), strict=True):
        path.write_text(text, "utf-8")
    return paths


def drinks(folder):
    rows = [
        f"{first},{second},{ratio}"
        for number, (first, line) in enumerate(zip(DRINKS, RATIOS, strict=False))
        for second, ratio in zip(DRINKS[number + 1 :], line.split(), strict=True)
    ]
    path = folder / "drinks.csv"
    path.write_text("\n".join(["first,second,ratio", *rows]), "utf-8")
    return path


def test_rank_of_hwang_and_yoon_fighter_aircraft(said, table):
    """Hwang & Yoon (1981): closeness .643 .268 .613 .312."""
    found = said("rank", table[0], "--criteria", table[1], "--method", "topsis", "--json")
    assert found["method"] == "topsis"
    assert found["notes"] == []
    rows = found["alternatives"]
    assert [(row["rank"], row["alternative"]) for row in rows] == [
        (1, "A1"), (2, "007"), (3, "A4"), (4, "A2"),
    ]  # fmt: skip
    assert [row["score"] for row in rows] == pytest.approx([0.643, 0.613, 0.312, 0.268], abs=1e-3)


@pytest.mark.parametrize("method", ["additive", "geometric", "topsis", "vikor", "promethee"])
def test_every_method_ranks_the_same_table(said, table, method):
    found = said("rank", table[0], "--criteria", table[1], "--method", method, "--json")
    ranks = [row["rank"] for row in found["alternatives"]]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    assert {row["alternative"] for row in found["alternatives"]} == {"A1", "A2", "007", "A4"}


def test_rank_by_value_uses_the_anchors_where_there_are_any(said, tmp_path):
    """20 of 0 to 100 is worth 0.8 where less is better; 0.5 · 0.8 + 0.5 · 0.3 = 0.55."""
    (tmp_path / "t.csv").write_text("site,km,firms\na,20,30\nb,50,90\n", "utf-8")
    (tmp_path / "c.csv").write_text(
        "criterion,direction,weight,worst,best\nkm,min,0.5,100,0\nfirms,max,0.5,0,100\n", "utf-8"
    )
    found = said("rank", tmp_path / "t.csv", "--criteria", tmp_path / "c.csv", "--json")
    assert [row["score"] for row in found["alternatives"]] == pytest.approx([0.7, 0.55])


def test_weights_of_another_sum_are_divided_and_it_is_said(said, table):
    table[1].write_text(CRITERIA.replace("manoeuvre,max,0.3", "manoeuvre,max,0.3154"), "utf-8")
    found = said("rank", table[0], "--criteria", table[1], "--method", "topsis", "--json")
    assert found["notes"] == ["weights sum to 1.0154, not 1: each was divided by it"]


def test_constant_column_has_no_say_and_no_number_is_missing(said, table):
    table[0].write_text(PLANES.replace("2700", "1500").replace("2000,", "1500,", 1)
                        .replace("1800", "1500"), "utf-8")  # fmt: skip
    for method in ("additive", "topsis", "vikor", "promethee"):
        rows = said("rank", table[0], "--criteria", table[1], "--method", method, "--json")
        assert all(row["score"] == row["score"] for row in rows["alternatives"])


def test_every_fault_of_both_files_is_said_and_the_code_is_that_of_wrong_input(table, capsys):
    table[0].write_text(PLANES.replace("1500,20000", "n/a,20000"), "utf-8")
    table[1].write_text(CRITERIA.replace("min", "Min").replace("0.3", "-0.3"), "utf-8")
    words = ["rank", str(table[0]), "--criteria", str(table[1])]
    assert cli.main(words) == cli.WRONG_INPUT
    told = capsys.readouterr().err
    assert "planes.csv, row 2, column range: found 'n/a'" in told
    assert "criteria.csv, row 5, column direction: found 'Min'" in told
    assert "criteria.csv, row 7, column weight: found -0.3" in told


def test_rank_is_printed_for_people_without_json(table, capsys):
    assert cli.main(["rank", str(table[0]), "--criteria", str(table[1])]) == cli.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["rank", "alternative", "score"]
    assert len(lines) == 5


def test_weigh_reproduces_saaty_2008_drinks(said, tmp_path):
    """Published: .177 .019 .042 .116 .190 .129 .327, ratio .022."""
    found = said("weigh", drinks(tmp_path), "--json")
    expected = [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    assert [found["weights"][name] for name in DRINKS] == pytest.approx(expected, abs=5e-4)
    (row,) = found["consistency"]
    assert (row["evaluator"], row["parent"], row["is_over"]) == ("everyone", "goal", False)
    assert row["ratio"] == pytest.approx(0.022, abs=5e-4)
    assert found["notes"] == []


GROUP = """\
evaluator,parent,first,second,ratio
Kim,goal,cost,time,3
Kim,goal,cost,place,5
Kim,goal,time,place,1/3
Lee,goal,cost,time,1/2
Lee,goal,cost,place,2
Lee,goal,time,place,3
"""


def test_weigh_names_the_judgement_to_ask_again_and_leaves_nobody_out_unasked(said, tmp_path):
    path = tmp_path / "group.csv"
    path.write_text(GROUP, "utf-8")
    found = said("weigh", path, "--json")
    assert found["left_out"] == {}
    kim = found["consistency"][0]
    assert kim["is_over"]
    assert (kim["first"], kim["second"], kim["found"]) == ("cost", "place", 5)
    assert found["notes"] == [
        "Kim contradicts itself on goal (ratio 0.254, usual limit 0.10): ask again"
    ]
    limited = said("weigh", path, "--ratio-limit", "0.1", "--json")
    assert list(limited["left_out"]) == ["Kim"]
    assert limited["weights"]["time"] == pytest.approx(0.5396, abs=1e-4)


def test_missing_numbers_are_null_in_json(said, tmp_path):
    """Nobody of two judged both parents, so there is no consensus to speak of."""
    path = tmp_path / "parted.csv"
    path.write_text("evaluator,parent,first,second,ratio\nKim,goal,a,b,3\nLee,a,x,y,2\n", "utf-8")
    found = said("weigh", path, "--aggregate", "AIJ", "--json")
    assert found["consensus"] is None
    assert found["weights"] == pytest.approx({"x": 0.5, "y": 0.25, "b": 0.25})


@pytest.mark.parametrize("ratio", ["0", "11", "-2", "many", ""])
def test_judgement_that_is_none_is_refused(tmp_path, capsys, ratio):
    path = tmp_path / "one.csv"
    path.write_text(f"first,second,ratio\ncost,time,{ratio}\n", "utf-8")
    assert cli.main(["weigh", str(path)]) == cli.WRONG_INPUT
    assert capsys.readouterr().err.startswith("site-select: ")


def test_alternative_beyond_a_veto_is_not_ranked_and_it_is_said(said, tmp_path):
    (tmp_path / "t.csv").write_text("site,km\na,20\nb,50\nc,30\n", "utf-8")
    (tmp_path / "c.csv").write_text("criterion,direction,weight,veto\nkm,min,1,40\n", "utf-8")
    found = said("rank", tmp_path / "t.csv", "--criteria", tmp_path / "c.csv", "--json")
    assert [row["alternative"] for row in found["alternatives"]] == ["a", "c"]
    assert found["notes"] == ["b is ruled out by the veto on km"]


def test_no_eligible_alternative_is_an_error(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("site,km\na,20\nb,50\n", "utf-8")
    (tmp_path / "c.csv").write_text("criterion,direction,weight,veto\nkm,min,1,10\n", "utf-8")
    words = ["rank", str(tmp_path / "t.csv"), "--criteria", str(tmp_path / "c.csv")]
    assert cli.main(words) == cli.WRONG_INPUT
    assert "no eligible alternative" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--json"], []])
def test_name_that_the_terminal_cannot_write_stops_nothing(tmp_path, options):
    (tmp_path / "t.csv").write_text("site,km\nZürich,20\n광주,50\n", "utf-8")
    (tmp_path / "c.csv").write_text("criterion,direction,weight\nkm,min,1\n", "utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "site_select.cli", "rank", tmp_path / "t.csv", "--criteria",
         tmp_path / "c.csv", *options],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=True,
    )  # fmt: skip
    told = run.stdout.decode("ascii")
    assert "rich" in told
    if options:
        assert json.loads(told)["alternatives"][0]["alternative"] == "Zürich"


@pytest.mark.parametrize("command", ["report", "collect", "run", "sweep"])
@pytest.mark.parametrize("workers", ["0", "-1", "257", "two"])
def test_workers_that_cannot_be_are_refused_in_one_short_line(command, workers, capsys):
    words = [command, "x", *(["y.toml"] if command == "sweep" else []), f"--workers={workers}"]
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == cli.WRONG_INPUT
    said = capsys.readouterr().err.splitlines()[-1]
    assert "--workers" in said
    assert len(said) < 100
