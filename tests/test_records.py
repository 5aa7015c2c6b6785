"""The record of a run lets anyone add up the scores again."""

import json

import made_up
import pytest

from site_select import assessment, origins, records, report, scoring, study
from site_select.errors import InputError


@pytest.fixture(scope="module")
def run():
    return made_up.desk(), made_up.desk_result()


@pytest.fixture(scope="module")
def record(run):
    return records.record(*run)


def test_record_is_plain_json_without_a_number_that_is_none(record):
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_scores_added_up_from_the_record_are_those_of_the_run(run, record):
    result = run[1]
    weights = [row["weight"] for row in record["indicators"]]
    assert sum(weights) == pytest.approx(1, abs=1e-12)
    assert sum(row["weight"] for row in record["criteria"]) == pytest.approx(1, abs=1e-12)
    assert set(record["values"]) == set(result.scores.index)
    for row in record["alternatives"]:
        values = record["values"][row["complex_id"]]
        added = sum(weight * value for weight, value in zip(weights, values, strict=True))
        assert added == pytest.approx(result.scores[row["complex_id"]], abs=1e-12)
        assert row["score"] == result.scores[row["complex_id"]]


def test_record_holds_what_was_weighed_and_found_best_first(run, record):
    read, result = run
    assert [row["indicator"] for row in record["indicators"]] == list(result.weights.index)
    parents = {row["indicator"]: row["criterion"] for row in record["indicators"]}
    assert parents["port_haulage_fare"] == "geographic_conditions"
    assert {row["criterion"] for row in record["criteria"]} == set(parents.values())
    scores = [row["score"] for row in record["alternatives"]]
    assert scores == sorted(scores, reverse=True)
    ranks = scoring.ranks(result.scores)
    for row in record["alternatives"]:
        label = row["complex_id"]
        assert row["rank"] == ranks[label]
        assert row["first"] == result.smaa.first[label]
        assert row["expected_rank"] == result.smaa.expected_rank[label]
        assert row["coverage"] == result.coverage[label]
        assert (row["name_ko"], row["name_en"]) == (read.names[label].ko, read.names[label].en)
    assert record["verdict"] == result.verdict._asdict()
    assert record["study"] == {
        "name": "desk", "name_ko": "공개 자료 조사", "name_en": "Desk study on public facts",
        "as_of": "2026-11-23", "synthetic": False, "changes": {"n_samples": "2000"},
    }  # fmt: skip


def test_a_number_that_is_none_is_recorded_as_nothing():
    assert records._plain({"a": [float("nan"), float("inf"), 0.5, 3, "x"]}) == {
        "a": [None, None, 0.5, 3, "x"]
    }


def test_manifest_id_is_that_of_the_study_and_changes_with_each_part(run, record):
    assert record["manifest"] == origins.manifest_id(study.origin(run[0]))
    assert records.manifest_id(record) == record["manifest"]
    changed = [
        {"inputs": record["inputs"] | {"wages.csv": "0" * 64}},
        {"settings": record["settings"] | {"seed": "7"}},
        {"study": record["study"] | {"changes": {}}},
        {"code": "site-select 0.0.0 000000000000"},
        {"libraries": record["libraries"] | {"numpy": "0"}},
        {"seed": 7},
    ]
    ids = {records.manifest_id(record | part) for part in changed} | {record["manifest"]}
    assert len(ids) == len(changed) + 1
    assert records.manifest_id(record | {"alternatives": []}) == record["manifest"]
    backwards = dict(reversed(record.items()))
    assert records.manifest_id(backwards) == record["manifest"]


def test_manifest_id_is_sha256_of_json_with_sorted_names_and_no_spaces():
    """Written out by hand and hashed with ``sha256sum``."""
    parts = {"seed": 1, "inputs": {}, "settings": {"b": "나", "a": "1"}, "changes": {},
             "code": "c", "libraries": {}}  # fmt: skip
    assert origins.manifest_id(parts) == (
        "e5661324cdee20781ee8603647f4626869d16b1478ae9020d1a8e431a7c15021"
    )


def test_record_comes_back_from_a_page_as_it_went_in():
    told = {"format": 1, "said": "</script><script>alert(1)</script>&amp; <b>", "none": None}
    carried = report.Page().record(told).body.en
    assert records.of_page(f"<html><body><p>text</p>{carried}<p>more</p></body>") == told


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<p>no record</p>", "found 0 records"),
        ('<script type="application/json">{"format": 1}</script>', "found 0 records"),
        ('<script id="record">{"format": 1}</script>' * 2, "found 2 records"),
        ('<script id="record">{"format": 1</script>', "found a record that cannot be read"),
        ('<script id="record">[1]</script>', "found a record that cannot be read"),
        ('<script id="record">{"format": 2}</script>', "found a record that cannot be read"),
        (
            '<script id="record">' + "[" * 100_000 + "</script>",
            "found a record that cannot be read",
        ),
    ],
)
def test_page_without_exactly_one_readable_record_is_refused(page, said):
    with pytest.raises(InputError, match=said):
        records.of_page(page)


def test_changed_settings_are_named_in_record_and_id():
    read = study.changed(made_up.desk(), {"points.geographic_conditions": 3})
    told = records.record(read, assessment.assess(read))
    assert told["study"]["changes"]["points.geographic_conditions"] == "3"
    weights = {row["criterion"]: row["weight"] for row in told["criteria"]}
    assert weights["geographic_conditions"] == pytest.approx(0.5)
    assert told["manifest"] != origins.manifest_id(study.origin(made_up.desk()))
