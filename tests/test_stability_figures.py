"""What each figure of stops draws: positions, labels, widths, and what is told apart in grey."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from site_select import messages, report, stability_figures
from site_select.messages import LANGUAGES, Text

HOSTILE = Text("<script>alert(7)</script> $x_1$", '"><img onerror=alert(7)> $x_1$')
CURVES = pd.DataFrame({
    "chain": ["existing"] * 3 + ["milk_run"] * 3, "days": [0, 10, 40] * 2,
    "low": [0.9, 0.2, 0.0, 1.0, 0.7, 0.3], "middle": [1.0, 0.5, 0.1, 1.0, 0.8, 0.5],
    "high": [1.0, 0.7, 0.2, 1.0, 1.0, 0.6],
})  # fmt: skip
STEPS = pd.DataFrame(
    {"low": [4.0, 5.0, 2.0, 0.0], "middle": [9.31, 11.2, 5.0, 1.4], "high": [17.0, 20.0, 9.5, 3.1]},
    index=["existing", "pooled_shipments", "shared_stock", "second_origin"],
)
SCENARIOS = pd.DataFrame(
    [[20.0, 45.0, 80.0, 12.0, 30.0, 60.0], [1.0, 3.0, 4.0, 0.0, 0.0, 0.0]],
    index=["strike", "canal"],
    columns=["existing_low", "existing", "existing_high",
             "milk_run_low", "milk_run", "milk_run_high"],
)  # fmt: skip
NAMES = {"strike": Text("파업", "strike"), "canal": Text("운하 봉쇄", "canal blocked")}
NODES = pd.DataFrame(
    [("germany", 0, 60.0, True), ("korea", 0, 40.0, False), ("a", 1, 60.0, False),
     ("b", 1, 40.0, False), ("sea", 2, 60.0, True), ("big", 3, 75.0, False),
     ("small", 3, 25.0, False)],
    columns=["key", "stage", "weight", "critical"],
).set_index("key")  # fmt: skip
NODES["name"] = [Text(f"{key} 이름", f"{key} name") for key in NODES.index]
LINKS = pd.DataFrame(
    [("germany", "a", 50.0), ("germany", "b", 10.0), ("korea", "a", 10.0), ("korea", "b", 30.0),
     ("a", "sea", 60.0), ("b", "big", 25.0), ("b", "small", 15.0), ("sea", "big", 50.0),
     ("sea", "small", 10.0)],
    columns=["start", "end", "weight"],
)  # fmt: skip


pytestmark = pytest.mark.usefixtures("style")


def words(key, language, **values):
    return messages.text(f"stability_figures.{key}", **values).in_(language)


def ticks(axis):
    return [label.get_text().replace("\n", " ") for label in axis.get_ticklabels()]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def segments(lines):
    return [segment[:, 0].tolist() for segment in lines.get_segments()]


def boxes(axes):
    return [box for bars in axes.containers for box in bars]


def bands(axes):
    """Left, right, upper edge on the left and on the right, height there, of every band."""
    found = []
    for band in axes.patches:
        if isinstance(band, PathPatch):
            corners = band.get_path().vertices
            back = len(corners) // 2
            (x0, y0), (x1, y1) = corners[0], corners[back - 1]
            assert corners[back][0] == x1
            assert corners[-2][0] == x0
            found.append((x0, x1, y0, y1, corners[-2][1] - y0, corners[back][1] - y1))
    return np.array(found)


def named(axes, nodes):
    """Key of the box at each height and stage, by the label beside it."""
    keys = {f"{name.en}": key for key, name in nodes["name"].items()}
    found = {}
    for text in axes.texts:
        key = keys[text.get_text().rsplit("\n", 1)[0].replace("\n", " ")]
        middle = text.get_position()[1]
        (found[key],) = [box for box in boxes(axes)
                         if box.get_y() + box.get_height() / 2 == pytest.approx(middle)
                         and 0 < text.get_position()[0] - box.get_x() < 0.3]  # fmt: skip
    return found


def test_survival_is_a_step_line_that_falls_on_its_day(language):
    axes = stability_figures.survival(CURVES, language=language)
    existing, milk_run = axes.lines
    assert existing.get_drawstyle() == milk_run.get_drawstyle() == "steps-post"
    assert existing.get_xydata().tolist() == [[0, 1], [10, 0.5], [40, 0.1]]
    assert milk_run.get_ydata().tolist() == [1, 0.8, 0.5]
    assert legend(axes) == [words(f"chain.{chain}", language) for chain in ("existing", "milk_run")]
    assert axes.get_xlabel() == words("axis.days", language)
    assert axes.get_ylabel() == words("axis.running", language)
    axes.figure.canvas.draw()
    assert ticks(axes.yaxis)[:2] == ["0%", "20%"]


def test_band_of_survival_goes_from_low_to_high_and_stays_within_all_and_none():
    """From day 0 to 10 existing firms are at 0.9 to 1, from day 10 to 40 at 0.2 to 0.7."""
    axes = stability_figures.survival(CURVES, language="en")
    corners = axes.collections[0].get_paths()[0].vertices
    assert {tuple(corner) for corner in corners} >= {
        (0, 0.9), (10, 0.9), (10, 0.2), (40, 0.2), (40, 0), (0, 1), (10, 1), (10, 0.7), (40, 0.7),
    }  # fmt: skip
    assert corners[:, 1].min() >= 0
    assert corners[:, 1].max() <= 1
    assert axes.get_ylim()[0] == 0


def test_chains_differ_in_colour_dashes_and_hatching():
    colours, dashes, hatches = zip(*stability_figures.CHAINS.values(), strict=True)
    assert len(set(colours)) == len(set(dashes)) == len(set(hatches)) == 3
    curves = pd.concat([CURVES, CURVES.iloc[:3].assign(chain="second_origin")])
    axes = stability_figures.survival(curves, language="en")
    assert len({line.get_linestyle() for line in axes.lines}) == 3
    assert len({band.get_hatch() for band in axes.collections}) == 3


def test_steps_are_intervals_with_the_middle_written_and_the_what_if_open(language):
    axes = stability_figures.steps(STEPS, language=language)
    lines, dots = axes.collections
    assert segments(lines) == [[4, 17], [5, 20], [2, 9.5], [0, 3.1]]
    assert dots.get_offsets().tolist() == [[9.31, 0], [11.2, 1], [5, 2], [1.4, 3]]
    faces = [face.tolist() == [1, 1, 1, 1] for face in dots.get_facecolors()]
    assert faces == [False, False, False, True]
    assert [text.get_text() for text in axes.texts] == ["9.3", "11.2", "5.0", "1.4"]
    assert ticks(axes.yaxis) == [words(f"step.{step}", language) for step in STEPS.index]
    assert axes.get_xlabel() == words("axis.steps", language)
    assert axes.yaxis_inverted()


def test_long_names_of_steps_are_wrapped(language):
    axes = stability_figures.steps(STEPS, language=language)
    written = [label.get_text() for label in axes.get_yticklabels()]
    assert max(len(line) for label in written for line in label.split("\n")) <= 22


def test_scenarios_have_a_row_for_each_chain_told_apart_by_marker_and_place(language):
    axes = stability_figures.scenarios(SCENARIOS, NAMES, language=language)
    existing, circles, milk_run, squares = axes.collections
    assert segments(existing) == [[20, 80], [1, 4]]
    assert segments(milk_run) == [[12, 60], [0, 0]]
    assert circles.get_offsets()[:, 0].tolist() == [45, 3]
    assert squares.get_offsets()[:, 0].tolist() == [30, 0]
    assert (circles.get_offsets()[:, 1] < squares.get_offsets()[:, 1]).all()
    assert len(circles.get_paths()[0].vertices) != len(squares.get_paths()[0].vertices)
    assert ticks(axes.yaxis) == [NAMES[key].in_(language) for key in SCENARIOS.index]
    assert legend(axes) == [words(f"chain.{chain}", language) for chain in ("existing", "milk_run")]
    assert axes.get_xlim()[0] == 0
    assert not squares.get_clip_on()


def test_boxes_and_bands_are_as_thick_as_their_weight():
    axes = stability_figures.network(NODES, LINKS, language="en")
    scale = stability_figures.WHOLE_INCHES / 100
    heights = sorted(box.get_height() for box in boxes(axes))
    np.testing.assert_allclose(heights, np.array([25, 40, 40, 60, 60, 60, 75]) * scale)
    drawn = bands(axes)
    np.testing.assert_allclose(drawn[:, 4], drawn[:, 5])
    np.testing.assert_allclose(np.sort(drawn[:, 4]), np.sort(LINKS["weight"]) * scale)


def test_height_of_a_box_is_the_larger_of_what_flows_in_and_out():
    axes = stability_figures.network(NODES, LINKS, language="en")
    found, drawn = named(axes, NODES), bands(axes)
    for key, box in found.items():
        top, bottom = box.get_y(), box.get_y() + box.get_height()
        sides = []
        for edge, x, y in ((box.get_x() + box.get_width(), 0, 2), (box.get_x(), 1, 3)):
            at = drawn[np.isclose(drawn[:, x], edge)]
            own = at[(at[:, y] > top - 1e-9) & (at[:, y] + at[:, 4] < bottom + 1e-9)]
            sides.append(own[:, 4].sum())
        assert max(sides) == pytest.approx(box.get_height()), key


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=12, max_size=12), st.sampled_from(LANGUAGES))
def test_neither_boxes_nor_bands_of_one_side_overlap(weights, language):
    """Four boxes a stage, each joined to two of the next, whatever weighs how much."""
    keys = [f"{stage}{number}" for stage in range(3) for number in range(4)]
    links = pd.DataFrame(
        [(f"{stage}{n}", f"{stage + 1}{(n + step) % 4}", weights[4 * stage + n] * (1 + step))
         for stage in range(2) for n in range(4) for step in range(2)],
        columns=["start", "end", "weight"],
    )  # fmt: skip
    sums = [links.groupby(side)["weight"].sum().reindex(keys, fill_value=0) for side in LINKS][:2]
    nodes = pd.DataFrame({
        "stage": [int(key[0]) for key in keys], "name": [Text(key, key) for key in keys],
        "weight": np.maximum(*sums), "critical": False,
    }, index=keys)  # fmt: skip
    with report.drawing_style():
        axes = stability_figures.network(nodes, links, language=language)
    for x in {box.get_x() for box in boxes(axes)}:
        stack = sorted((box.get_y(), box.get_height()) for box in boxes(axes) if box.get_x() == x)
        assert all(y + height < after for (y, height), (after, _) in pairwise(stack))
    drawn = bands(axes)
    for x, y in ((0, 2), (1, 3)):
        for place in np.unique(drawn[:, x]):
            own = drawn[drawn[:, x] == place]
            own = own[np.argsort(own[:, y])]
            assert (own[:-1, y] + own[:-1, 4] <= own[1:, y] + 1e-9).all()
    plt.close(axes.figure)


def test_labels_say_name_and_share_of_the_whole_beside_the_box(language):
    axes = stability_figures.network(NODES, LINKS, language=language)
    said = {text.get_text().replace("\n", " ") for text in axes.texts}
    shares = ("60%", "40%", "60%", "40%", "60%", "75%", "25%")
    assert said == {f"{name.in_(language)} {share}"
                    for name, share in zip(NODES["name"], shares, strict=True)}  # fmt: skip
    tiny = pd.concat([NODES, NODES.loc[["korea"]].assign(weight=0.2).set_axis(["other"])])
    axes = stability_figures.network(tiny, LINKS, language=language)
    assert any(text.get_text().endswith("\n<1%") for text in axes.texts)


def test_critical_boxes_are_hatched_with_a_heavy_edge_and_in_bold(language):
    axes = stability_figures.network(NODES, LINKS, language=language)
    plain, critical = axes.containers
    assert len(plain) == 5
    assert len(critical) == 2
    assert {box.get_hatch() for box in critical} == {"/////"}
    assert {box.get_hatch() for box in plain} == {None}
    assert critical[0].get_linewidth() > 3 * plain[0].get_linewidth()
    bold = {text.get_text().split("\n")[0] for text in axes.texts
            if text.get_fontweight() == "bold"}  # fmt: skip
    assert bold == {NODES["name"][key].in_(language) for key in ("germany", "sea")}
    assert legend(axes) == [words(f"network.{kind}", language) for kind in ("other", "critical")]


def test_network_without_critical_places_or_left_out_stages_is_drawn(language):
    nodes = NODES.iloc[:4].assign(critical=False)
    axes = stability_figures.network(nodes, LINKS.iloc[:4], language=language)
    axes.figure.canvas.draw()
    assert len(boxes(axes)) == len(bands(axes)) == 4


def test_band_that_leaves_out_a_stage_passes_beside_its_boxes():
    """Goods of b go to firms by road and meet no box at the stage of the sea."""
    axes = stability_figures.network(NODES, LINKS, language="en")
    sea = named(axes, NODES)["sea"]
    paths = [band.get_path() for band in axes.patches if isinstance(band, PathPatch)]
    long = [path for path in paths
            if np.ptp(path.vertices[:, 0]) > stability_figures.NETWORK_INCHES / 3]  # fmt: skip
    assert len(long) == 2
    for path in long:
        assert list(path.codes).count(Path.CURVE4) == 12
        at = path.vertices[np.isclose(path.vertices[:, 0], sea.get_x())][:, 1]
        assert at.min() > sea.get_y() + sea.get_height() or at.max() < sea.get_y()


def crowded(name):
    """25 boxes in eight stages, as many as a figure has to hold."""
    stages = [0] * 4 + [1] * 5 + [2] * 4 + [3] * 4 + [4] * 2 + [5] + [6] * 2 + [7] * 3
    keys = [f"{stage}-{number}" for number, stage in enumerate(stages)]
    nodes = pd.DataFrame({
        "stage": stages, "weight": [100 / stages.count(stage) for stage in stages],
        "critical": [number % 3 == 0 for number in range(25)], "name": [name] * 25,
    }, index=keys)  # fmt: skip
    ends = [(one, other, 100 / stages.count(here) / stages.count(here + 1))
            for one, here in zip(keys, stages, strict=True)
            for other, there in zip(keys, stages, strict=True) if there == here + 1]  # fmt: skip
    return nodes, pd.DataFrame(ends, columns=["start", "end", "weight"])


@pytest.mark.parametrize(("name", "smallest"), [
    (Text("부산신항 제2부두와 배후단지", "Busan New Port, second terminal and hinterland"), 7),
    (Text("영어 이름이 없는 곳", "영어 이름이 없는 곳"), 7), (Text("가" * 200, "W" * 200), 3),
    (Text("이름 " * 60, "Many words " * 60), 6), (HOSTILE, 5),
], ids=["long", "untranslated", "one_word", "many_words", "hostile"])  # fmt: skip
def test_no_label_of_25_boxes_reaches_the_next_stage_or_another_label(name, smallest, language):
    axes = stability_figures.network(*crowded(name), language=language)
    axes.figure.canvas.draw()
    column = stability_figures.NETWORK_INCHES / 8
    extents = [text.get_window_extent() for text in axes.texts]
    inverse = axes.transData.inverted()
    for text, extent in zip(axes.texts, extents, strict=True):
        left, right = (inverse.transform((x, 0))[0] for x in (extent.x0, extent.x1))
        assert right < (left // column + 1) * column
        assert text.get_text().count("\n") <= 3
        assert text.get_fontsize() >= smallest
    for number, one in enumerate(extents):
        assert not any(one.overlaps(other) for other in extents[number + 1 :])


def test_narrow_axes_make_the_labels_smaller_instead_of_longer():
    figure, given_axes = plt.subplots(figsize=(4.5, 4))
    axes = stability_figures.network(NODES, LINKS, ax=given_axes, language="en")
    figure.canvas.draw()
    edges = sorted({box.get_x() for box in boxes(axes)})
    for text in axes.texts:
        right = axes.transData.inverted().transform((text.get_window_extent().x1, 0))[0]
        assert all(right < edge for edge in edges if edge > text.get_position()[0])


def test_no_name_becomes_markup_or_mathematics(language):
    nodes = NODES.assign(name=[Text(f"{HOSTILE.ko}", f"{HOSTILE.en}")] * len(NODES))
    drawn = [
        stability_figures.network(nodes, LINKS, language=language),
        stability_figures.scenarios(SCENARIOS, dict.fromkeys(NAMES, HOSTILE), language=language),
    ]
    for axes in drawn:
        svg = report._svg(axes, "figure", "figure")
        assert "<script" not in svg
        assert "<img" not in svg
        assert "&lt;" in svg or "&gt;" in svg
        assert "$x_1$" in svg


def test_figures_are_drawn_on_the_axes_given_and_the_tables_stay_as_they_were():
    for draw, *tables in (
        (stability_figures.survival, CURVES), (stability_figures.steps, STEPS),
        (stability_figures.network, NODES, LINKS),
    ):  # fmt: skip
        before, given_axes = [table.copy() for table in tables], plt.subplots()[1]
        assert draw(*tables, ax=given_axes, language="en") is given_axes
        for one, other in zip(before, tables, strict=True):
            pd.testing.assert_frame_equal(one, other)
    given_axes, before = plt.subplots()[1], SCENARIOS.copy()
    drawn = stability_figures.scenarios(SCENARIOS, NAMES, ax=given_axes, language="ko")
    assert drawn is given_axes
    pd.testing.assert_frame_equal(before, SCENARIOS)
