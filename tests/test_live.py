"""The live part of the brief: worlds, shares, and what is put into the page."""

import base64
import itertools
import json
import tomllib
from html.parser import HTMLParser
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from site_select import live, offline, scoring
from site_select.errors import SettingsError
from site_select.messages import Text

HOSTILE = [
    "</script><script>alert(1)</script>", "<!--<script>", "]]>", "`${alert(1)}`", "{{ 7 * 7 }}",
    "{% raw %}", "{signal}", '{"signal": "alert(1)"}', "datum.name", "'+alert(1)+'",
    '" onmouseover="alert(1)', "' autofocus onfocus='alert(1)", "\\u003c/script\\u003e",
    "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "javascript:alert(1)", "&lt;b&gt;",
    "$& $1 $`", "\u2028\u2029\ufeff", "</style></textarea></title>",
]  # fmt: skip

PARENTS = pd.DataFrame(
    {"parent": ["north", "north", "south", "east", "east", "east"]}, index=list("abcdef")
)


def made_up(count=12, seed=1, names=None):
    """Complexes with six indicators, half of whose cells are uncertain."""
    generator = np.random.default_rng(seed)
    ids = [f"RC{number:02d}" for number in range(1, count + 1)]
    cells = pd.MultiIndex.from_product([ids, list("abcdef")], names=["complex_id", "indicator"])
    levels = pd.DataFrame(generator.random((len(cells), 10)), index=cells)
    known = generator.random(len(cells)) < 0.5
    levels[known] = levels.loc[known, [0]].to_numpy()
    weights = pd.Series(generator.dirichlet(np.ones(6)), index=list("abcdef"))
    land = shapely.MultiPolygon(
        [shapely.box(126.5, 34.5, 129.3, 38.0), shapely.box(126.2, 33.2, 126.9, 33.6)]
    )
    complexes = pd.DataFrame(
        {
            "latitude": generator.uniform(35, 37.5, count),
            "longitude": generator.uniform(126.8, 129, count),
        },
        index=ids,
    )
    complexes.loc[ids[-1]] = np.nan  # nobody knows where the last one is
    names = names or [f"Complex {label}" for label in ids]
    labels = [*"abcdef", "north", "south", "east"]
    return SimpleNamespace(
        levels=levels,
        values=levels.mean(axis=1).unstack("indicator"),
        weights=weights,
        criteria=PARENTS,
        worlds=live.worlds(levels, count=40, seed=3),
        places=SimpleNamespace(
            complexes=complexes, provinces=gpd.GeoDataFrame(geometry=[land], crs=4326)
        ),
        names=pd.Series([Text(f"{name} 단지", name) for name in names], index=ids),
        labels=pd.Series([Text(f"지표 {name}", f"Label {name}") for name in labels], index=labels),
    )


def board_of(case, *, language="en", study="made-up", marked="RC02"):
    return live.board(
        case.values, case.weights, case.criteria, case.worlds, case.places, case.names,
        case.labels, study=study, marked=marked, language=language,
    )  # fmt: skip


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.words, self.scripts = [], [], []
        self.inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.inside = tag

    def handle_endtag(self, tag):  # noqa: ARG002
        self.inside = ""

    def handle_data(self, data):
        (self.scripts if self.inside == "script" else self.words).append(data)


def carried(board):
    return json.loads(Elements(board).scripts[0])


# worlds


def test_every_level_occurs_equally_often_and_only_uncertain_cells_are_drawn():
    levels = pd.DataFrame(
        [[0.0, 0.2, 1.0], [0.4, 0.4, 0.4], [0.0, 1.0, 1.0]],
        index=pd.MultiIndex.from_tuples([("A", "x"), ("A", "y"), ("B", "x")]),
    )
    worlds = live.worlds(levels, count=12, seed=5)
    assert list(worlds.index) == [("A", "x"), ("B", "x")]
    assert sorted(worlds.loc[("A", "x")]) == [0.0] * 4 + [0.2] * 4 + [1.0] * 4
    assert sorted(worlds.loc[("B", "x")]) == [0.0] * 4 + [1.0] * 8


def test_a_world_is_within_half_a_step_of_a_level_and_the_mean_of_all_is_the_mean_of_the_cell():
    case = made_up()
    worlds = live.worlds(case.levels, count=500, seed=2)
    steps = worlds.to_numpy() * 255
    assert np.abs(steps - np.round(steps)).max() < 1e-9
    own = case.levels.loc[worlds.index].to_numpy()
    nearest = np.abs(worlds.to_numpy()[:, :, None] - own[:, None, :]).min(axis=2)
    assert nearest.max() <= 0.5 / 255 + 1e-12
    assert np.abs(worlds.mean(axis=1) - own.mean(axis=1)).max() <= 0.5 / 255


def test_cells_are_drawn_apart_from_each_other():
    cells = pd.MultiIndex.from_product([range(30), ["x"]])
    levels = pd.DataFrame(np.tile(np.linspace(0, 1, 100), (30, 1)), index=cells)
    related = np.corrcoef(live.worlds(levels, count=500, seed=4).to_numpy())
    off = related[~np.eye(30, dtype=bool)]
    assert abs(off.mean()) < 0.01
    assert np.abs(off).max() < 0.2  # 4.5 standard errors of 1/sqrt(500)


def test_the_seed_decides_the_worlds():
    levels = made_up().levels
    one, same, other = (live.worlds(levels, count=50, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


def test_a_count_that_is_no_multiple_of_the_levels_is_cut():
    assert live.worlds(made_up().levels, count=7, seed=1).shape[1] == 7


def test_no_world_is_refused():
    with pytest.raises(SettingsError, match="count = 0: allowed 1 world or more"):
        live.worlds(made_up().levels, count=0, seed=1)


# shares


def test_shares_equal_those_counted_world_by_world():
    case = made_up()
    hits = pd.Series(0.0, index=case.values.index)
    for world in case.worlds:
        drawn = case.values.copy()
        for (label, indicator), value in case.worlds[world].items():
            drawn.loc[label, indicator] = value
        hits[scoring.additive_value(drawn, case.weights).idxmax()] += 1
    found = live.first_shares(case.values, case.weights, case.worlds)
    assert found.to_dict() == pytest.approx((hits / 40).to_dict())
    assert (hits > 0).sum() >= 3


def test_shares_of_two_uniform_cells_are_those_of_the_triangle():
    """A has w u, B 1 - w times v, uniform: A wins with chance 1 - (1 - w)/(2 w) at w = 0.75."""
    grid = (np.arange(200) + 0.5) / 200
    pairs = np.array(list(itertools.product(grid, grid))).T
    cells = pd.MultiIndex.from_tuples([("A", "x"), ("B", "y")])
    worlds = pd.DataFrame(pairs, index=cells)
    values = pd.DataFrame({"x": [0.5, 0.0], "y": [0.0, 0.5]}, index=["A", "B"])
    shares = live.first_shares(values, pd.Series({"x": 0.75, "y": 0.25}), worlds)
    assert shares["A"] == pytest.approx(5 / 6, abs=2e-3)
    assert shares.sum() == pytest.approx(1)


def test_without_an_uncertain_cell_the_first_is_always_first_and_ties_are_shared_out():
    values = pd.DataFrame({"x": [0.9, 0.9, 0.1]}, index=list("ABC"))
    cells = pd.MultiIndex.from_product([list("ABC"), ["x"]])
    none = live.worlds(pd.DataFrame({0: [0.9, 0.9, 0.1]}, index=cells), count=5, seed=1)
    shares = live.first_shares(values, pd.Series({"x": 1.0}), none)
    assert shares.tolist() == [0.5, 0.5, 0.0]


# the board


def test_the_page_carries_the_worlds_to_the_last_digit():
    case = made_up()
    sent = carried(board_of(case))["worlds"]
    steps = np.frombuffer(base64.b64decode(sent["steps"]), dtype=np.uint8)
    got = pd.DataFrame(
        steps.reshape(-1, sent["count"]) / 255,
        index=pd.MultiIndex.from_arrays(
            [case.values.index[sent["rows"]], case.weights.index[sent["columns"]]]
        ),
    )
    np.testing.assert_allclose(got.to_numpy(), case.worlds.to_numpy(), atol=1e-15)
    assert list(got.index) == list(case.worlds.index)


def test_the_page_carries_the_values_in_full():
    case = made_up()
    rows = carried(board_of(case))["spec"]["data"][0]["values"]
    assert [row["v"] for row in rows] == case.values[list("abcdef")].to_numpy().tolist()
    assert [row["id"] for row in rows] == list(case.values.index)
    assert rows[-1]["at"] is None


def test_a_place_is_where_it_is_on_the_map():
    """Seoul and Busan are 325 km apart; Busan lies east and south."""
    case = made_up()
    case.places.complexes.loc["RC01", ["latitude", "longitude"]] = 37.5665, 126.978
    case.places.complexes.loc["RC02", ["latitude", "longitude"]] = 35.1796, 129.0756
    (x1, y1), (x2, y2) = (
        row["at"] for row in carried(board_of(case))["spec"]["data"][0]["values"][:2]
    )
    assert np.hypot(x2 - x1, y2 - y1) == pytest.approx(325, abs=1.5)
    assert x2 - x1 == pytest.approx(187, abs=3)
    assert y2 - y1 == pytest.approx(266, abs=3)


def test_sliders_begin_at_the_weights_of_the_study():
    case = made_up()
    html = board_of(case)
    start = {}
    for piece in html.split("<input ")[1:]:
        tag = dict(part.split("=", 1) for part in piece.split(">")[0].split() if "=" in part)
        start[tag["name"].strip('"')] = float(tag["value"].strip('"'))
    weights = case.weights
    assert start["c0"] == pytest.approx(100 * (weights["a"] + weights["b"]))
    assert start["c1"] == pytest.approx(100 * weights["c"])
    assert start["i4"] == pytest.approx(100 * weights["e"] / weights[["d", "e", "f"]].sum())
    assert set(start) == {"c0", "c1", "c2", "i0", "i1", "i3", "i4", "i5"}  # c stands alone


def test_a_criterion_without_weight_has_sliders_at_nothing():
    case = made_up()
    case.weights = pd.Series([0.5, 0.5, 0, 0, 0, 0], index=list("abcdef"))
    html = board_of(case)
    assert "nan" not in html.split("<dl")[0].split("</script>")[1]
    assert 'name="c2" min="0" max="100" step="any" value="0.0"' in html


def test_without_scripts_the_page_shows_the_ranking_of_the_study():
    case = made_up()
    words = [word.strip() for word in Elements(board_of(case)).words if word.strip()]
    first = scoring.additive_value(case.values, case.weights).idxmax()
    share = live.first_shares(case.values, case.weights, case.worlds)[first]
    at = words.index("First at these weights")
    assert words[at + 1] == case.names[first].en
    assert f"{share:.0%}" in words[at + 2 : at + 5]
    assert "needs a browser that runs scripts" in " ".join(words)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_change_nothing_but_text(words):
    plain, names = made_up(), [words] * 12
    case = made_up(names=names)
    case.labels = case.labels.map(lambda text: Text(f"{words} {text.ko}", f"{words} {text.en}"))
    board = board_of(case, study=words)
    offline.assert_self_contained(board)
    found, usual = Elements(board), Elements(board_of(plain))
    assert found.tags == usual.tags
    assert len(found.scripts) == len(usual.scripts) == 2
    assert found.scripts[1] == usual.scripts[1]
    sent, normal = carried(board), carried(board_of(plain))
    assert [row["name"] for row in sent["spec"]["data"][0]["values"]] == names
    for one in (sent, normal):
        for row in one["spec"]["data"][0]["values"]:
            del row["name"]
        del one["head"]
    assert sent == normal
    text = f"{carried(board)['head']}\n[weights]\na = 1.0\n"
    assert tomllib.loads(text) == {"weights": {"a": 1.0}}
    assert words.strip("\u2028\u2029\ufeff") in " ".join(found.words)


@pytest.mark.parametrize(
    "study",
    ["desk\nseed = 1", "tab\tand\x00nothing\x7f", "a\r\n[weights]\nx = 1", "한글 \x85 이름"],
)
def test_a_study_name_stays_in_its_comment(study):
    head = carried(board_of(made_up(), study=study))["head"]
    assert tomllib.loads(f"{head}\n[weights]\n") == {"weights": {}}


@pytest.mark.parametrize(
    "key", ["plain_name", "with-dash", "1st", "two words", 'a"b', "한글", "x.y", "", "\x7f", "😀\n"]
)
def test_toml_reads_an_indicator_under_its_own_name(key):
    assert tomllib.loads(f"[weights]\n{live._toml_key(key)} = 0.25\n") == {"weights": {key: 0.25}}
    assert live._toml_key("port_km") == "port_km"


@pytest.mark.parametrize(("language", "words"), [("ko", "이 가중치에서 1위"), ("en", "First at")])
def test_words_are_of_the_language_of_the_page(language, words):
    board = board_of(made_up(), language=language)
    assert words in board
    assert ("지표 north" in board) == (language == "ko")
    assert ("Label north" in board) == (language == "en")


def test_the_same_input_gives_the_same_bytes():
    assert board_of(made_up()) == board_of(made_up())


def test_every_fault_is_told_at_once():
    case = made_up()
    case.values = case.values.copy()
    case.values.iloc[0, 0] = np.nan
    case.weights = case.weights.rename({"f": "g"}) * 2
    case.worlds = case.worlds.rename({"RC01": "RC99"}, level=0)
    with pytest.raises(SettingsError) as caught:
        board_of(case)
    for told in (
        "weights: allowed exactly one for each indicator of the values",
        "weights sum to 2: allowed 0 or more each, 1 together",
        "criteria have no g: add a row with its parent",
        "values: allowed numbers from 0 to 1, none missing",
        "worlds have ('RC99', 'b'): allowed cells of the values",
    ):
        assert told in str(caught.value)


def test_programs_of_vega_ask_for_nothing_and_fit_into_a_page():
    programs = offline.vega_programs()
    assert len(programs.encode()) < 600_000
    assert "</script" not in programs.lower()
    assert "<!--" not in programs
    offline.assert_self_contained(f"<script>{programs}</script>")


def test_sixty_complexes_with_five_hundred_worlds_fit_into_a_third_of_a_megabyte():
    case = made_up(count=58)
    case.worlds = live.worlds(case.levels, count=500, seed=1)
    assert len(board_of(case).encode()) < 333_000
