"""Constructed scales: what stands counts, what is planned may come to nothing."""

import made_up
import pandas as pd
import pytest

from site_select import assessment, infrastructure

LABELS = pd.Index(["A", "B"], name="complex_id")


def facts(*rows):
    """Facts of complex A: indicator and status."""
    frame = pd.DataFrame(rows, columns=["indicator", "status"])
    return frame.assign(
        complex_id="A", value=1.0, year=2020, published="2020", quality="press", source="s"
    )


def level(measure, *rows):
    found = measure(facts(*rows), LABELS)
    assert found.loc["B", "quality"] == "unknown"
    return found.loc["A", ["low", "value", "high"]].tolist()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shared_logistics_own", 4),
        ("shared_logistics_parent", 3),
        ("shared_logistics_neighbour", 2),
    ],
)
def test_facility_that_stands_has_the_level_of_its_place(name, value):
    assert level(infrastructure.shared_logistics, (name, "existing")) == [value] * 3


def test_planned_facility_may_never_have_been_built_or_stand_by_now():
    found = level(infrastructure.shared_logistics, ("shared_logistics_own", "planned"))
    assert found == [0, 1, 4]


def test_existing_neighbour_is_not_worse_for_a_plan_of_ones_own():
    found = level(
        infrastructure.shared_logistics,
        ("shared_logistics_own", "planned"), ("shared_logistics_neighbour", "existing"),
    )  # fmt: skip
    assert found == [2, 2, 4]


def test_nearest_of_several_facilities_counts():
    found = level(
        infrastructure.shared_logistics,
        ("shared_logistics_own", "existing"), ("shared_logistics_parent", "existing"),
    )  # fmt: skip
    assert found == [4, 4, 4]


def test_body_that_buys_jointly_counts_twice_one_that_exists():
    assert level(infrastructure.ordering_body, ("ordering_body", "existing")) == [1, 1, 1]
    assert level(infrastructure.ordering_body, ("joint_purchasing", "existing")) == [2, 2, 2]
    assert level(infrastructure.ordering_body, ("joint_purchasing", "planned")) == [0, 0.5, 2]


def test_other_facilities_are_there_or_planned():
    name = "other_shared_facilities"
    assert level(infrastructure.other_shared_facilities, (name, "existing")) == [1, 1, 1]
    assert level(infrastructure.other_shared_facilities, (name, "planned")) == [0, 0.5, 1]


def test_silence_is_unknown_and_never_absence():
    found = infrastructure.shared_logistics(facts(("ordering_body", "existing")), LABELS)
    assert found["value"].isna().all()
    assert (found["quality"] == "unknown").all()


def test_unsold_land_of_several_parents_is_added_and_no_parent_is_unknown():
    complexes = pd.DataFrame(
        {"parent_ids": ["X;Y", "", "Z"]}, pd.Index(["A", "B", "C"], name="complex_id")
    )
    statistics = pd.DataFrame({
        "ic_id": ["X", "Y", "Z"], "unsold_1000m2": [5.0, 7.5, 0.0], "as_of": "2025-12-31",
        "source": "s",
    })  # fmt: skip
    found = infrastructure.warehouse_land(complexes, statistics)
    assert found["value"].tolist() == pytest.approx([12.5, float("nan"), 0], nan_ok=True)
    assert found.loc["A", ["quality", "published", "year"]].tolist() == [
        "official", "2025-12-31", 2025,
    ]  # fmt: skip


def test_pilot_complex_has_a_facility_of_its_own_on_public_evidence():
    """firennews, undated: the association's own joint logistics centre."""
    cells = assessment.performance(made_up.desk()).loc["RC15"]
    assert cells.loc["shared_logistics", "value"] == 4
    assert cells.loc["warehouse_land", "value"] == 0
