"""Scenarios from a file, and a study under many of them: right, resumable, the same bytes."""

import json
import pickle
import shutil

import made_up
import pandas as pd
import pyarrow.parquet as pq
import pytest
import test_parallel

from site_select import (
    assessment,
    economics,
    national,
    parameters,
    scenarios,
    screening,
    study,
    sweeps,
)
from site_select.errors import InputError, SettingsError, WriteError

CHANGES = [{}, {"points.gates": 2.0}, {"rates.lcl_freight_eu": 1.5, "rates.warehouse_rent": 2.0}]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Six complexes; S1 has a warehouse of its own."""
    facts = [*made_up.MIDDLING, *made_up.facts_of("S1", firms=20, lead=30, hall=0, logistics="own")]
    folder = made_up.write_study(tmp_path_factory.mktemp("small"), facts, fares=made_up.FAR)
    return study.read(folder)


@pytest.fixture(scope="module")
def swept(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    return sweeps.run(small, CHANGES, out=folder / "out", cache=folder / "cache")


@pytest.fixture
def counted(monkeypatch):
    """Names of the parts that are computed."""
    names, compute = [], sweeps._table

    def table(unit):
        names.append(unit.part)
        return compute(unit)

    monkeypatch.setattr(sweeps, "_table", table)
    return names


def test_first_scenario_is_the_study_as_it_is_assessed(small, swept):
    rows = pd.read_parquet(swept).query("scenario == 0").set_index("complex_id")
    scores = assessment.assess(small).scores
    assert rows["score"].dropna().to_dict() == pytest.approx(scores.to_dict())
    assert rows["rank"].dropna().loc["S1"] == 1.0
    standing = pd.concat([screening.status(assessment.screen(small)),
                          screening.status(national.judge(small))])  # fmt: skip
    assert rows["standing"].to_dict() == standing.to_dict()
    site = economics.sites(small)["S1"]
    alone = site.compare(parameters.central(site.of))
    assert rows.loc["S1", "saving_krw"] == pytest.approx(float(alone.saving[0]))
    assert rows.loc["S1", "milk_run_krw"] == pytest.approx(float(alone.milk_run.total()[0]))


def test_every_scenario_is_what_a_study_changed_by_hand_gives(small, swept):
    rows = pd.read_parquet(swept).set_index(["scenario", "complex_id"])
    weighted = assessment.assess(study.changed(small, {"points.gates": 2.0})).scores
    assert rows.loc[1]["score"].dropna().to_dict() == pytest.approx(weighted.to_dict())
    assert rows.loc[1]["saving_krw"].equals(rows.loc[0]["saving_krw"])
    dear = scenarios.applied(small, CHANGES[2])
    site = economics.sites(dear)["S1"]
    alone = float(site.compare(parameters.central(site.of)).saving[0])
    assert rows.loc[(2, "S1"), "saving_krw"] == pytest.approx(alone)
    assert rows.loc[(2, "S1"), "saving_krw"] != rows.loc[(0, "S1"), "saving_krw"]


def test_what_is_unknown_stays_missing_and_other_complexes_are_never_ranked(swept):
    rows = pd.read_parquet(swept).query("scenario == 0").set_index("complex_id")
    country = rows[rows.index.str.startswith("IC")]
    assert len(country) == 1363
    assert country[["score", "rank"]].isna().all(axis=None)
    assert set(country["basis"].dropna()) == {"upper bound"}
    assert rows.loc["S6", ["firms", "saving_krw"]].isna().all()  # nobody knows its place
    assert country.loc[country["basis"].isna(), "saving_krw"].isna().all()


def test_two_runs_and_two_workers_write_the_same_bytes(small, swept, tmp_path):
    for name, workers in (("one", 1), ("two", 2)):
        again = sweeps.run(
            small, CHANGES, out=tmp_path / name, cache=tmp_path / f"cache {name}", workers=workers
        )
        assert again.read_bytes() == swept.read_bytes()
        told = again.with_name(sweeps.SCENARIOS).read_bytes()
        assert told == swept.with_name(sweeps.SCENARIOS).read_bytes()


@pytest.mark.filterwarnings("ignore")  # of dask
def test_a_cluster_writes_the_same_bytes(small, swept, tmp_path):
    with test_parallel.cluster(tmp_path) as (address, _):
        again = sweeps.run(
            small, CHANGES, out=tmp_path / "out", cache=tmp_path / "cache", cluster=address
        )
    assert again.read_bytes() == swept.read_bytes()


def test_a_changed_input_redoes_just_what_depends_on_it(small, counted, tmp_path):
    def run(changes):
        counted.clear()
        sweeps.run(small, changes, out=tmp_path / "out", cache=tmp_path / "cache")
        return sorted(set(counted))

    assert run([{}]) == ["cells", "costs", "places", "scores", "standing"]
    assert run([{}]) == []
    assert run([{"points.effect": 3.0}]) == ["scores"]
    assert run([{"rates.warehouse_rent": 2.0}]) == ["cells", "costs"]  # cells come out the same
    assert run([{"rules_day": "2013-01-01"}]) in (["scores", "standing"], ["standing"])


def test_a_damaged_or_foreign_file_of_the_cache_is_computed_anew(
    small, swept, counted, tmp_path, capsys
):
    cache = tmp_path / "cache"
    shutil.copytree(swept.parents[1] / "cache", cache)
    files = sorted(path for path in cache.rglob("*") if path.is_file())
    for file in files:
        assert file.read_bytes()[32:36] == b"PAR1"  # no pickle
    files[0].write_bytes(files[0].read_bytes()[:-9])
    files[1].write_bytes(pickle.dumps(_Shout()))
    again = sweeps.run(small, CHANGES, out=tmp_path / "out", cache=cache)
    assert again.read_bytes() == swept.read_bytes()
    assert 1 <= len(counted) <= 2
    assert "executed" not in capsys.readouterr().out


class _Shout:
    def __reduce__(self):
        return print, ("executed",)


def test_a_run_that_was_stopped_goes_on_where_it_was(small, swept, counted, monkeypatch, tmp_path):
    whole, compute = len(list((swept.parents[1] / "cache").rglob("*"))), sweeps._table

    def stopped(unit):
        if unit.part == "costs":
            raise KeyboardInterrupt
        return compute(unit)

    monkeypatch.setattr(sweeps, "_table", stopped)
    with pytest.raises(KeyboardInterrupt):
        sweeps.run(small, CHANGES, out=tmp_path / "out", cache=tmp_path / "cache")
    assert not (tmp_path / "out").exists()
    assert counted
    counted.clear()
    monkeypatch.setattr(sweeps, "_table", compute)
    again = sweeps.run(small, CHANGES, out=tmp_path / "out", cache=tmp_path / "cache")
    assert "cells" not in counted
    assert again.read_bytes() == swept.read_bytes()
    assert len(list((tmp_path / "cache").rglob("*"))) == whole


def test_results_say_what_they_are_made_from_and_that_it_is_made_up(small, swept):
    told = json.loads(pq.read_schema(swept).metadata[b"site_select"])
    assert told["study"] == small.name
    assert told["synthetic"] is small.settings.synthetic is True
    assert len(told["manifest"]) == len(told["scenarios"]) == 64
    assert told["inputs"]


def test_a_folder_with_other_things_is_left_alone(small, tmp_path):
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(WriteError, match="holds other things"):
        sweeps.run(small, [{}], out=tmp_path, cache=tmp_path / "cache")
    assert (tmp_path / "mine.txt").read_text("utf-8") == "mine"


def test_scenarios_that_cannot_be_are_named_before_any_work(small, counted, tmp_path):
    wrong = [{}, {"logistics.closed_ports": small.settings.logistics.ports}, {"points.gates": -1}]
    with pytest.raises(SettingsError, match=r"scenario 1: every port .*scenario 2: points\.gates"):
        sweeps.run(small, wrong, out=tmp_path / "out", cache=tmp_path / "cache")
    assert counted == []


def _read(small, tmp_path, text):
    file = tmp_path / "scenarios.toml"
    file.write_text(text, "utf-8")
    return scenarios.read(file, small)


def test_grid_is_every_combination_after_the_study_as_set(small, tmp_path):
    text = '[grid]\n"points.gates" = [1, 2]\nrates.air_freight_eu = [0.8, 1.25, 1.5]\n'
    every = _read(small, tmp_path, text)
    assert every[0] == {}
    assert every[1] == {"points.gates": 1, "rates.air_freight_eu": 0.8}
    assert len(every) == 1 + 2 * 3


def test_sample_is_one_point_in_every_stratum_and_repeats_with_its_seed(small, tmp_path):
    text = '[sample]\ncount = 20\nseed = 3\n"rates.air_freight_eu" = [0.5, 1.5]\n'
    every = _read(small, tmp_path, text)
    assert every == _read(small, tmp_path, text)
    drawn = sorted(point["rates.air_freight_eu"] for point in every[1:])
    assert [int((value - 0.5) * 20) for value in drawn] == list(range(20))


def test_every_fault_of_a_scenarios_file_is_told_at_once(small, tmp_path):
    text = (
        '[grid]\n"points.gates" = 2\nseed = [1]\n"points.nowhere" = [1]\n'
        '[sample]\ncount = 0\n"rates.air_freight_eu" = [2, 1]\n[more]\n'
    )
    with pytest.raises(InputError) as error:
        _read(small, tmp_path, text)
    for said in ("points.gates", "seed", "count, seed", "rates.air_freight_eu", "more"):
        assert said in str(error.value)
    with pytest.raises(InputError) as error:
        _read(small, tmp_path, '[grid]\n"points.nowhere" = [1]\n"rates.tea" = [1]\n')
    assert "points.nowhere" in str(error.value)
    assert "no such parameter" in str(error.value)
    with pytest.raises(InputError, match="100,001 scenarios"):
        _read(small, tmp_path, '[sample]\ncount = 100_001\n"rates.warehouse_rent" = [1, 2]\n')
    with pytest.raises(InputError, match="TOML"):
        _read(small, tmp_path, "[grid")


def test_a_rate_is_a_factor_on_its_whole_range_and_no_share_exceeds_one(small):
    table = small.survey.logistics_parameters.set_index("parameter")
    new = scenarios.applied(small, {"rates.warehouse_rent": 2.0}).survey.logistics_parameters
    new = new.set_index("parameter")
    for bound in ("low", "value", "high"):
        assert new.loc["warehouse_rent", bound] == 2 * table.loc["warehouse_rent", bound]
    others = table.index.drop("warehouse_rent")
    assert new.loc[others].equals(table.loc[others])
    with pytest.raises(SettingsError, match="share of more than 1"):
        scenarios.applied(small, {"rates.participation": 3.0})
