"""Sweeps: as one scenario at a time, the same bytes however computed, redone only where needed."""

import json
import pickle
import sys
import threading
import time
from collections import Counter
from dataclasses import replace

import loopback
import made_up
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from site_select import assessment, cli, economics, national, parameters, scenarios, sweeps
from site_select.errors import SettingsError, WriteError

EVERY = [
    {},
    {"rates.fcl20_freight_eu": 2.0, "points.economic_effect": 3.0},
    {"rules_day": "2020-07-01"},
]
PANEL = made_up.ROOT / "data" / "studies" / "panel"
FIRST = 40  # industrial complexes
FEW = ["RC02", "RC05", "RC10", "RC12", "RC13", "RC14"]


def cut(study, industrial):
    """The study with only the first industrial complexes and those around its candidates."""
    table = study.survey.industrial_complexes
    around = study.complexes["parent_ids"].str.split(";").explode()
    rows = table[table["ic_id"].isin(around) | (np.arange(len(table)) < industrial)]
    return replace(study, survey=replace(study.survey, industrial_complexes=rows))


@pytest.fixture(scope="module")
def small():
    """The desk study with a few complexes and some industrial ones."""
    desk = made_up.desk()
    return cut(replace(desk, complexes=desk.complexes.loc[FEW]), FIRST)


@pytest.fixture(scope="module")
def first(small, tmp_path_factory):
    """Folder of the cache and the results, computed in one process."""
    folder = tmp_path_factory.mktemp("sweep")
    return folder, sweeps.run(small, EVERY, out=folder / "out", cache=folder / "cache")


@pytest.fixture
def computed(monkeypatch):
    """Count which parts are computed; may stop the run at one of them."""
    found, table = Counter(), sweeps._table

    def counted(unit):
        found[unit.part] += 1
        return table(unit)

    monkeypatch.setattr(sweeps, "_table", counted)
    return found


def rows_of(results, number):
    table = pd.read_parquet(results)
    return table[table["scenario"] == number].set_index("complex_id")


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_a_scenario_is_the_study_with_these_settings(small, first, number):
    study = scenarios.applied(small, EVERY[number] | {"n_samples": 1})
    found, assessed = rows_of(first[1], number), assessment.assess(study)
    assert found["score"].dropna().to_dict() == pytest.approx(assessed.scores.to_dict(), rel=1e-12)
    assert found["rank"].idxmin() == assessed.scores.idxmax()
    alone = economics.outcomes(economics.sites(study), lambda site: parameters.central(site.of))
    saving = {label: one["saving"].item() for label, one in alone.items()}
    own = found.loc[small.complexes.index, "saving_krw"].dropna().to_dict()
    assert own == pytest.approx(saving, rel=1e-12)
    standing = national.screened(study)["standing"]
    assert found.loc[standing.index, "standing"].tolist() == standing.tolist()


def test_rows_stand_by_scenario_and_complex(small, first):
    table = pd.read_parquet(first[1])
    labels = sorted([*small.complexes.index, *small.survey.industrial_complexes["ic_id"]])
    assert table["scenario"].tolist() == np.repeat(range(len(EVERY)), len(labels)).tolist()
    assert table["complex_id"].tolist() == labels * len(EVERY)
    settings = pd.read_csv(first[1].with_name("scenarios.csv"), index_col="scenario")
    assert settings["points.economic_effect"].fillna(0).tolist() == [0, 3, 0]


def test_the_results_say_what_they_were_made_from(first):
    said = json.loads(pq.read_schema(first[1]).metadata[b"site_select"])
    assert said["study"] == "desk"
    assert said["synthetic"] is False
    assert said["seed"] == 2020
    assert said["code"].startswith("site-select ")
    assert len(said["inputs"]["logistics_parameters.csv"]) == len(said["scenarios"]) == 64


def test_two_processes_give_the_same_bytes_as_one(small, first, tmp_path):
    results = sweeps.run(small, EVERY, out=tmp_path / "out", cache=tmp_path / "cache", workers=2)
    assert results.read_bytes() == first[1].read_bytes()


def test_a_cluster_that_loses_a_worker_in_the_middle_gives_the_same_bytes(small, first, tmp_path):
    cache, killed = tmp_path / "cache", threading.Event()
    with loopback.cluster(tmp_path) as (address, everyone):

        def kill():
            while not any(cache.glob("*/*")):
                time.sleep(0.01)
            everyone[1].kill()
            killed.set()

        threading.Thread(target=kill, daemon=True).start()
        results = sweeps.run(small, EVERY, out=tmp_path / "out", cache=cache, cluster=address)
    assert killed.is_set()
    assert results.read_bytes() == first[1].read_bytes()


REDONE = [
    (EVERY[1], {}),
    ({"points.economic_effect": 4.0}, {"scores": 1}),
    ({"unknowns.presence_prior": 0.3}, {"scores": 1}),
    ({"rules_day": "2015-01-01"}, {"standing": 1, "scores": 1}),
    ({"rates.tour_truck": 1.1}, {"cells": 1, "costs": 1, "scores": 1}),
    ({"limits.catchment_km": 49.0}, {"cells": 1}),  # nobody lies there: the cells stay the same
    ({"limits.airport": "A02"}, {"cells": 1, "places": 1, "costs": 1, "scores": 1}),
    ({"limits.firm_share": 0.95}, {}),
    ({"name_en": "Another"}, {}),
]


@pytest.mark.parametrize("case", REDONE)
def test_a_change_redoes_just_what_depends_on_it(small, first, tmp_path, computed, case):
    changes, expected = case
    sweeps.run(small, [changes], out=tmp_path / "out", cache=first[0] / "cache")
    assert computed == expected


def test_a_changed_row_of_a_table_redoes_only_the_block_that_holds_it(
    small, tmp_path, computed, monkeypatch
):
    monkeypatch.setattr(sweeps, "COMPLEXES_AT_ONCE", 16)
    run = {"out": tmp_path / "out", "cache": tmp_path / "cache"}
    sweeps.run(small, [{}], **run)
    table = small.survey.industrial_complexes
    assert computed["costs"] == -(-(len(FEW) + len(table)) // 16) > 2
    computed.clear()
    firms = table["operating_firms"].where(table["ic_id"] != "IC0002", 150)
    survey = replace(small.survey, industrial_complexes=table.assign(operating_firms=firms))
    sweeps.run(replace(small, survey=survey), [{}], **run)
    assert computed["costs"] == 1


class Shout:
    """Ends the program when it is unpickled."""

    def __reduce__(self):
        return sys.exit, ("executed",)


@pytest.mark.parametrize("fault", ["damaged", "pickle"])
def test_a_damaged_or_foreign_file_of_the_cache_is_computed_again(
    small, first, tmp_path, computed, fault
):
    key = sweeps._Names().unit("standing", 0, small).key
    own = first[0] / "cache" / key[:2] / key
    whole = own.read_bytes()
    own.write_bytes(pickle.dumps(Shout()) if fault == "pickle" else whole[:-1] + b"x")
    results = sweeps.run(small, EVERY, out=tmp_path / "out", cache=first[0] / "cache")
    assert computed == {"standing": 1}
    assert results.read_bytes() == first[1].read_bytes()
    assert own.read_bytes() == whole


def test_a_run_that_was_stopped_leaves_no_results_and_goes_on_where_it_was(
    small, first, tmp_path, computed, monkeypatch
):
    counted = sweeps._table

    def stopping(unit):
        if unit.part == "scores":
            raise KeyboardInterrupt
        return counted(unit)

    run = {"out": tmp_path / "out", "cache": tmp_path / "cache"}
    with monkeypatch.context() as patch:
        patch.setattr(sweeps, "_table", stopping)
        with pytest.raises(KeyboardInterrupt):
            sweeps.run(small, EVERY, **run)
    assert not run["out"].exists()
    computed.clear()
    assert sweeps.run(small, EVERY, **run).read_bytes() == first[1].read_bytes()
    assert set(computed) == {"scores"}


@pytest.mark.parametrize("part", ["cells", "standing", "places", "costs", "scores"])
def test_a_part_sees_only_what_its_name_is_made_from(small, part):
    labels = small.complexes.index if part == "costs" else None
    seen = sweeps._seen(small, sweeps.PARTS[part], labels)
    shown = {name for name in vars(seen.survey) if getattr(seen.survey, name) is not None}
    assert shown == set(sweeps.PARTS[part].tables)
    assert (seen.criteria is None) == ("criteria" not in sweeps.PARTS[part].tables)
    assert seen.settings.name_en == ""
    assert seen.everything is seen.survey


def test_a_scenario_that_cannot_be_computed_is_named(small, tmp_path):
    run = {"out": tmp_path / "out", "cache": tmp_path / "cache"}
    with pytest.raises(SettingsError, match=r"scenario 1: .*scenario 2: every port"):
        sweeps.run(small, [{}, {"points.x": 1}, {"logistics.closed_ports": "busan_new"}], **run)
    with pytest.raises(SettingsError, match="scenario 0: no sea route 'nowhere'"):
        sweeps.run(small, [{"logistics.sea_route": "nowhere"}], **run)


def test_a_worker_of_another_version_is_refused():
    made_by = sweeps._made_by()
    with pytest.raises(SettingsError, match=f"a worker has numpy {np.__version__}, not 0.1: "):
        sweeps._done(made_by | {"numpy": "0.1"}, [])
    assert sweeps._done(made_by, []) == []


def test_a_folder_of_other_things_is_never_replaced(small, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WriteError, match="holds other things"):
        sweeps.run(small, [{}], out=tmp_path, cache=tmp_path / "cache")
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_the_command_runs_a_study_and_a_sweep_from_one_cache(tmp_path, computed, capsys):
    file = tmp_path / "weights.toml"
    file.write_text("[grid]\npoints.economic_effect = [2]\n")
    options = ["--cache", str(tmp_path / "cache"), "--workers", "1"]
    assert cli.main(["run", str(PANEL), "--out", str(tmp_path / "one"), *options]) == cli.DONE
    assert computed == {"cells": 1, "standing": 1, "places": 1, "costs": 2, "scores": 1}
    computed.clear()
    words = ["sweep", str(PANEL), str(file), "--out", str(tmp_path / "two"), *options]
    assert cli.main(words) == cli.DONE
    assert computed == {"scores": 1}
    results = capsys.readouterr().out.split()
    assert [len(pd.read_parquet(path)) for path in results] == [1_370, 2_740]
    said = json.loads(pq.read_schema(results[0]).metadata[b"site_select"])
    assert said["synthetic"] is True


def test_a_faulty_file_of_scenarios_is_wrong_input(tmp_path, capsys):
    file = tmp_path / "scenarios.toml"
    file.write_text("[grid]\npoints.nowhere = [2]\n")
    assert cli.main(["sweep", str(PANEL), str(file)]) == cli.WRONG_INPUT
    assert "points.nowhere" in capsys.readouterr().err
