"""A figure shows what it was given: the lengths, the counts and the words, and nothing else."""

from itertools import pairwise

import made_up
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

from site_select import figures, messages
from site_select.messages import Text

NAMES = pd.Series({
    "A": Text("광주 금형", "Gwangju"), "B": Text("부천", "Bucheon"),
    "C": Text("아주 긴 이름을 가진 어느 뿌리산업 특화단지의 전체 공식 명칭이라서 잘린다", "C" * 60),
})  # fmt: skip
LABELS = pd.Series({name: Text(f"{name} 지표", f"{name} indicator") for name in "xyz"})
ESTIMATE = pd.DataFrame(
    {"low": [1.0, 4.0, np.nan], "value": [2.0, 5.0, np.nan], "high": [3.0, 9.0, np.nan]},
    index=list("ABC"),
)


pytestmark = pytest.mark.usefixtures("style")


def ticks(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def words(key, language, **values):
    return messages.text(f"figures.{key}", **values).in_(language)


def widths(axes):
    return [[patch.get_width() for patch in bars] for bars in axes.containers]


def test_funnel_has_a_bar_for_every_step_as_long_as_its_count(language):
    steps = pd.DataFrame(
        {"standing": [58, 56], "excluded": [0, 2], "cannot_tell": [1, 24]}, index=["x", "y"]
    )
    axes = figures.funnel(steps, LABELS, language=language)
    assert widths(axes) == [[57, 32], [1, 24], [0, 2]]
    assert [[patch.get_x() for patch in bars] for bars in axes.containers] == [
        [0, 0], [57, 32], [58, 56],
    ]  # fmt: skip
    assert ticks(axes.yaxis) == [LABELS[name].in_(language) for name in "xy"]
    assert [text.get_text() for text in axes.texts] == ["58", "56 (−2)"]
    assert legend(axes) == [
        words(f"funnel.{name}", language) for name in ("met", "cannot_tell", "excluded")
    ]
    assert axes.get_xlabel() == words("axis.complexes", language)


def test_quality_has_a_letter_in_every_cell_and_a_legend_of_those_that_occur(language):
    grades = pd.DataFrame({"x": ["press", "unknown"], "y": ["proxy", "official"]}, index=["A", "B"])
    axes = figures.quality(
        grades, pd.Series({"A": 0.7, "B": 0.3}), NAMES, LABELS,
        needed=0.65, marked="A", language=language,
    )  # fmt: skip
    assert [text.get_text() for text in axes.texts] == ["P", "N", "", "O", "70%", "30%"]
    assert [entry.split()[-1] for entry in legend(axes)] == [
        words(f"quality.{name}", language).split()[-1]
        for name in ("official", "press", "proxy", "unknown")
    ]
    assert ticks(axes.yaxis) == [f"{NAMES[label].in_(language)} {label}" for label in "AB"]
    assert ticks(axes.xaxis) == [LABELS[name].in_(language) for name in "xy"]


def test_colours_of_qualities_differ_and_so_do_their_letters():
    colours, letters = zip(*figures.QUALITIES.values(), strict=True)
    assert len(set(colours)) == len(set(letters)) == len(figures.QUALITIES)


def test_intervals_go_from_low_to_high_and_unknown_ones_are_counted(language):
    axes = figures.intervals(ESTIMATE, NAMES, axis="axis.firms", marked="A", language=language)
    lines, dots = axes.collections
    assert [segment[:, 0].tolist() for segment in lines.get_segments()] == [[4, 9], [1, 3]]
    assert dots.get_offsets()[:, 0].tolist() == [5, 2]
    assert ticks(axes.yaxis) == [f"{NAMES[label].in_(language)} {label}" for label in "BA"]
    assert axes.get_xlabel().endswith(words("intervals.unknown", language, count=1))


def test_intervals_without_unknowns_say_nothing_of_them():
    axes = figures.intervals(ESTIMATE.dropna(), NAMES, axis="axis.firms", language="en")
    assert "\n" not in axes.get_xlabel()


def test_long_names_are_cut_and_keep_their_number(language):
    estimate = ESTIMATE.fillna(1.0)
    axes = figures.intervals(estimate, NAMES, axis="axis.firms", language=language)
    last = ticks(axes.yaxis)[-1]
    assert last.endswith("… C")
    assert len(last) == figures.MANY_NAMES + 2


def test_marked_complex_is_set_off_and_no_other():
    axes = figures.intervals(ESTIMATE, NAMES, axis="axis.firms", marked="A", language="en")
    weights = {tick.get_text(): tick.get_fontweight() for tick in axes.get_yticklabels()}
    assert weights == {"Bucheon B": "normal", "Gwangju A": "bold"}


def test_items_are_drawn_by_branch_with_the_most_concentrated_one_named(language):
    table = pd.DataFrame({
        "branches": ["x;y", "x", "z"], "low": [0.1, 0.4, 0.9], "value": [0.2, 0.5, 0.9],
        "high": [0.3, 0.6, 0.9], "item": ["valve", "sand", "other"],
        "origin": ["Japan", "Viet Nam", "China"],
    })  # fmt: skip
    axes = figures.items(table, LABELS[["x", "y"]], language=language)
    assert ticks(axes.yaxis) == [LABELS[name].in_(language) for name in "xy"]
    dots = [dots.get_offsets()[:, 0].tolist() for dots in axes.collections[1::2]]
    assert dots == [[0.5, 0.2], [0.2]]
    named = {"en": ["sand (Viet Nam)", "valve (Japan)"], "ko": ["sand (베트남)", "valve (일본)"]}
    assert [text.get_text() for text in axes.texts] == named[language]
    assert axes.get_xlim() == (0, 1.02)


def test_values_are_shown_as_given_with_a_ring_around_each_unknown(language):
    partial = pd.DataFrame({"x": [0.2, 0.9], "y": [1.0, 0.0]}, index=["A", "B"])
    known = pd.DataFrame({"x": [True, False], "y": [True, True]}, index=["B", "A"])
    axes = figures.values(partial, known, NAMES, LABELS, language=language)
    np.testing.assert_array_equal(axes.images[0].get_array(), partial.to_numpy())
    assert axes.images[0].get_clim() == (0, 1)
    assert axes.collections[0].get_offsets().tolist() == [[0, 0]]


def test_contributions_stack_to_the_score_which_is_written_beside(language):
    parts = pd.DataFrame({"x": [0.1, 0.2], "y": [0.25, 0.05]}, index=["A", "B"])
    axes = figures.contributions(parts, NAMES, LABELS, marked="A", language=language)
    np.testing.assert_allclose(widths(axes), parts.T)
    np.testing.assert_allclose([patch.get_x() for patch in axes.containers[1]], parts["x"])
    assert [text.get_text() for text in axes.texts] == ["0.35", "0.25"]
    assert legend(axes) == [LABELS[name].in_(language) for name in "xy"]


def test_rank_acceptability_shows_every_share_by_its_root(language):
    share = pd.DataFrame([[0.81, 0.19], [0.19, 0.81]], index=["A", "B"], columns=[1, 2])
    axes = figures.rank_acceptability(share, NAMES, marked="B", language=language)
    np.testing.assert_allclose(axes.images[0].get_array() ** 2, share.to_numpy())
    assert ticks(axes.xaxis) == ["1", "2"]
    bar = axes.figure.axes[-1]
    assert ticks(bar.yaxis)[-1] == "50%"
    assert bar.get_ylabel() == words("axis.share", language)


def test_first_rank_shares_have_a_mark_for_every_complex_and_treatment(language):
    first = pd.DataFrame({"x": [0.3, 0.1], "y": [0.2, 0.4]}, index=["A", "B"])
    axes = figures.first_by_treatment(first, NAMES, LABELS, marked="A", language=language)
    lines, *marks = axes.collections
    assert [segment[:, 0].tolist() for segment in lines.get_segments()] == [[0.2, 0.3], [0.1, 0.4]]
    assert [mark.get_offsets()[:, 0].tolist() for mark in marks] == [[0.3, 0.1], [0.2, 0.4]]
    assert legend(axes) == [LABELS[name].in_(language) for name in "xy"]


@pytest.mark.parametrize("most", [0.02, 0.13, 0.78, 1.0])
def test_labels_of_first_rank_shares_have_room(most):
    first = pd.DataFrame({"x": [most, 0.0], "y": [most, 0.0]}, index=["A", "B"])
    axes = figures.first_by_treatment(first, NAMES, LABELS, marked="A", language="en")
    axes.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert len(boxes) > 3
    assert not any(one.overlaps(other) for one, other in pairwise(boxes))
    assert len(set(ticks(axes.xaxis))) == len(boxes)


def test_figure_is_drawn_on_the_axes_it_is_given():
    given = plt.subplots()[1]
    assert figures.intervals(ESTIMATE, NAMES, axis="axis.airport", ax=given, language="en") is given


def test_given_tables_are_left_as_they_were():
    first = ESTIMATE.copy()
    figures.intervals(ESTIMATE, NAMES, axis="axis.airport", language="en")
    pd.testing.assert_frame_equal(ESTIMATE, first)


def test_four_criteria_have_colours_that_differ_in_lightness():
    """Luminance of the sRGB colours, so that a black-and-white print tells neighbours apart."""
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b
             for r, g, b, _ in map(to_rgba, figures.CRITERION_COLOURS)]  # fmt: skip
    styles = set(zip(figures.CRITERION_COLOURS, figures.CRITERION_HATCHES, strict=True))
    assert len(styles) == 4
    apart = [abs(one - other) for one, other in pairwise(light)]
    hatched = [one != other for one, other in pairwise(figures.CRITERION_HATCHES)]
    assert all(gap > 0.1 or differs for gap, differs in zip(apart, hatched, strict=True))


def test_figures_of_the_desk_study_are_drawn_in_korean_without_a_missing_glyph(language):
    """A glyph that the font lacks would warn, and warnings are errors."""
    desk, result = made_up.desk(), made_up.desk_result()
    order = result.smaa.expected_rank.sort_values().index
    share = result.smaa.rank_acceptability.loc[order]
    axes = figures.rank_acceptability(share, desk.names, marked="RC15", language=language)
    axes.figure.canvas.draw()
    assert len(ticks(axes.yaxis)) == 56
