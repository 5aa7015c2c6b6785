"""What passes which node, and what stops with one of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from site_select import networks
from site_select.networks import Chain

FEW = settings(max_examples=40, derandomize=True)
SOURCES = pd.DataFrame(
    [("spring", "A", "SE", "air"), ("spring", "A", "SE", "sea_lcl"),
     ("spring", "B", "DE", "sea_lcl"), ("plate", "A", "SE", "air")],
    columns=["part", "supplier", "origin", "mode"],
)  # fmt: skip
BOTH = [20.0, 40, 40, 100]  # a firm with both parts
ONE = [0.0, 0, 10, 0]  # a firm that has only springs of B
WEIGHTS = hnp.arrays(float, (3, 4), elements=st.floats(1, 100))


def network(weight_t, *, count=None, spare_share=0.0, sources=SOURCES, by_canal=True):
    """A chain of one draw, a row of weights per firm; times do not matter here."""
    weight = np.array(weight_t, float)[None]
    days = np.ones(weight.shape[:2])
    return Chain(
        sources, networks.passes(sources, by_canal=by_canal), weight,
        days if count is None else np.array([count], float), days, days, days, days, days,
        is_gathered=days > 0, is_pooled=False, spare_share=np.array([spare_share]),
    )  # fmt: skip


def held(chain):
    """Share held back by node, of the first firm's springs."""
    parts = sorted(chain.sources["part"].unique())
    shares = chain.held()[0, 0, parts.index("spring")]
    return pd.Series(shares, ["/".join(node) for node in chain.passes.index]).to_dict()


def test_air_passes_no_port_and_sea_no_airport():
    by_canal, round_africa = (
        networks.passes(SOURCES, by_canal=by_canal) for by_canal in (True, False)
    )
    sea = [False, True, True, False]
    for kind in ("departure_port", "canal", "port", "road", "ship"):
        assert by_canal.loc[(kind, "")].tolist() == sea
    assert by_canal.loc[("air", "")].tolist() == [True, False, False, True]
    assert by_canal.index[-1] == ("ship", "")
    assert by_canal.drop(index=("canal", "")).equals(round_africa)


def test_goods_by_truck_from_korea_pass_only_their_supplier():
    home = SOURCES.assign(origin="KR", mode="truck")
    passed = networks.passes(home, by_canal=True)
    assert passed.index.tolist() == [("supplier", "A"), ("supplier", "B")]
    assert not network([BOTH], sources=home).has_ships
    assert network([BOTH]).has_ships


def test_held_shares_of_a_part_from_two_suppliers_by_air_and_sea():
    """100 t of springs: 20 of A by air, 40 of A and 40 of B by sea."""
    sea = dict.fromkeys(["departure_port/", "canal/", "port/", "road/", "ship/"], 0.8)
    assert held(network([BOTH])) == pytest.approx({
        "origin/SE": 0.6, "origin/DE": 0.4, "supplier/A": 0.6, "supplier/B": 0.4, "air/": 0.2, **sea
    })  # fmt: skip


def test_half_of_it_from_elsewhere_halves_what_origins_and_suppliers_hold_back_and_nothing_else():
    full, spared = held(network([BOTH])), held(network([BOTH], spare_share=0.5))
    ratio = {node: spared[node] / full[node] for node in full}
    halved = {"origin/SE", "origin/DE", "supplier/A", "supplier/B"}
    assert ratio == pytest.approx({node: 0.5 if node in halved else 1.0 for node in full})


def test_a_part_that_a_firm_does_not_buy_is_not_held_back():
    assert network([ONE]).held()[0, 0, 0].tolist() == [0.0] * 10


def test_critical_nodes_by_hand():
    """One firm with both parts, 200 t, and three that have only 10 t of springs of B each: 230 t.

    Without SE or A no plate (one firm of four), without DE or B or the sea no springs for the
    three; the air carries all plates.
    """
    found = networks.critical_nodes(network([BOTH, ONE], count=[1, 3]))
    rows = {"/".join(node): row.tolist() for node, row in found.iterrows()}
    sea = [110 / 230, 1, 0.75]
    expected = {
        "origin/SE": [160 / 230, 1, 0.25], "supplier/A": [160 / 230, 1, 0.25],
        "origin/DE": [70 / 230, 1, 0.75], "supplier/B": [70 / 230, 1, 0.75],
        "air/": [120 / 230, 1, 0.25],
        **dict.fromkeys(["departure_port/", "canal/", "port/", "road/", "ship/"], sea),
    }  # fmt: skip
    assert rows.keys() == expected.keys()
    for node, row in expected.items():
        assert rows[node] == pytest.approx(row), node


@FEW
@given(WEIGHTS, st.integers(2, 9))
def test_a_group_counts_as_so_many_firms(weights, size):
    grouped = networks.critical_nodes(network(weights, count=[1, size, 1]))
    rows = [weights[0], *[weights[1]] * size, weights[2]]
    pd.testing.assert_frame_equal(grouped, networks.critical_nodes(network(rows)))


@FEW
@given(WEIGHTS)
def test_splitting_an_origin_in_two_raises_the_share_of_no_node(weights):
    whole = networks.critical_nodes(network(weights))
    apart = SOURCES.assign(origin=["SE", "FI", "DE", "SE"])
    split = networks.critical_nodes(network(weights, sources=apart))
    before = whole.reindex(split.index).fillna(whole.loc[("origin", "SE")])
    assert (split <= before + 1e-12).all().all()
    both = split.loc[[("origin", "SE"), ("origin", "FI")], "weight_share"].sum()
    assert both == pytest.approx(whole.loc[("origin", "SE"), "weight_share"])


@FEW
@given(WEIGHTS, st.floats(0.001, 1000))
def test_unit_of_weight_changes_no_share(weights, factor):
    one, other = (network(weights * times) for times in (1, factor))
    np.testing.assert_allclose(other.held(), one.held())
    pd.testing.assert_frame_equal(networks.critical_nodes(other), networks.critical_nodes(one))


def test_flows_by_hand():
    """The 160 t of A split: 120 by air, 40 to the port of departure with the 70 t of B."""
    nodes, links = networks.flows(network([BOTH, ONE], count=[1, 3]))
    weight = links.set_index(["start", "end"])["weight"].to_dict()
    assert weight == pytest.approx({
        ("origin/SE", "supplier/A"): 160, ("origin/DE", "supplier/B"): 70,
        ("supplier/A", "part/spring"): 60, ("supplier/A", "part/plate"): 100,
        ("supplier/B", "part/spring"): 70, ("part/spring", "air/"): 20, ("part/plate", "air/"): 100,
        ("part/spring", "departure_port/"): 110, ("departure_port/", "canal/"): 110,
        ("canal/", "port/"): 110, ("port/", "complex/"): 110, ("air/", "complex/"): 120,
    })  # fmt: skip
    assert nodes.loc["complex/", "weight"] == pytest.approx(230)
    assert nodes.loc["part/spring", "weight"] == pytest.approx(130)
    uncritical = {"part/spring", "part/plate", "complex/"}
    assert set(nodes.index[~nodes["critical"]]) == uncritical
    stage = nodes["stage"]
    assert all(stage[start] < stage[end] for start, end in weight)


@FEW
@given(WEIGHTS)
def test_what_comes_into_a_node_of_the_flow_goes_out(weights):
    nodes, links = networks.flows(network(weights))
    into, out = (links.groupby(end)["weight"].sum() for end in ("end", "start"))
    between = nodes.index[~nodes["kind"].isin(["origin", "complex"])]
    pd.testing.assert_series_equal(into[between], out[between], check_names=False)
    assert into["complex/"] == pytest.approx(weights.sum())
