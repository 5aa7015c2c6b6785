"""What each figure of the choice draws: places, labels, order, and how marks differ in grey."""

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

from site_select import decision_figures, figures, messages, report
from site_select.messages import Text

HOSTILE = Text("<script>alert(7)</script> $x_1$", '"><img onerror=alert(7)> $x_1$')
LONG = Text(
    "지방자치단체의 지원 사업 유무와 그 규모와 기간을 함께 본 정책 지원의 정도 " * 2,
    "Support by the local authority, its size and its duration taken together " * 2,
)
LABELS = {"fare": Text("운임", "fare"), "firms": Text("기업 수", "firms"), "port": LONG}
KEYS = list(LABELS)
WEIGHTS = pd.DataFrame({"weight": [0.5, 0.3, 0.2], "say": [0.9, 0.12, -0.02]}, index=KEYS)
BY_EVALUATOR = pd.DataFrame(
    [[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]], index=["E1", "E4"], columns=["firms", "port", "fare"]
)
GROUP = pd.Series([0.25, 0.4, 0.35], index=KEYS)
INTERVALS = pd.DataFrame(
    [[0.1, 0.5, 0.8, 0.3, 0.9], [0.0, 0.3, 1.0, 0.25, 0.35], [0.2, 0.2, 0.4, 0.1, 0.2]],
    index=KEYS, columns=["low", "weight", "high", "low_top", "high_top"],
)  # fmt: skip
WORLDS = pd.DataFrame(list(product(["known", "drawn"], ["sum", "product", "ideal"])),
                      columns=["gaps", "method"])  # fmt: skip
LEADERS = pd.Series(["B", "A", "C", "A", "A", "A, B"])
CHOICES = {"gaps": Text("빈칸 처리", "treatment of gaps"), "method": Text("집계", "aggregation")}
OPTIONS = {(choice, option): Text(f"{option} 방법", f"{choice}: {option}")
           for choice in WORLDS for option in WORLDS[choice].unique()}  # fmt: skip
NAMES = {key: Text(f"{key} 단지", f"Complex {key}") for key in "ABCD"}
SHARES = pd.DataFrame({"first": [0.2, 0.5], "total": [0.5, 0.8]}, index=["method", "gaps"])
LEADS = pd.DataFrame({"low": [-0.02, 0.01, 0.06], "high": [0.1, 0.03, 0.07]}, index=KEYS)
GAINS = pd.DataFrame(
    {"label": pd.Series(LABELS), "gain": [0.021, 0.008, 0.0], "changes": [0.314, 0.05, 0]}
)
RATES = pd.DataFrame({"studies": [4, 1234], "wrong": [0.75, 0.12], "low": [0.3, 0.1],
                      "high": [0.95, 0.14], "regret": [0.0823, 0.001]},
                     index=pd.Index([0.3, 0.9], name="share"))  # fmt: skip

pytestmark = pytest.mark.usefixtures("style")


def words(key, language, **values):
    return messages.text(f"decision_figures.{key}", **values).in_(language)


def multiverse(language, **given):
    asked = {"worlds": WORLDS, "leaders": LEADERS, "choices": CHOICES, "names": NAMES,
             "labels": OPTIONS, "shown": ["B", "D", "A"]} | given  # fmt: skip
    return decision_figures.multiverse(**asked, language=language)


def drawn(language):
    """Every figure, with what it is to be seen by."""
    return {
        "effective_weights": decision_figures.effective_weights(WEIGHTS, LABELS, language=language),
        "evaluators": decision_figures.evaluators(BY_EVALUATOR, GROUP, LABELS, language=language),
        "stability": decision_figures.stability(INTERVALS, LABELS, language=language),
        "multiverse": multiverse(language),
        "choice_shares": decision_figures.choice_shares(SHARES, CHOICES, language=language),
        "tornado": decision_figures.tornado(LEADS, LABELS, 0.05, ends="weights", language=language),
        "information": decision_figures.information(GAINS, language=language),
        "error_rates": decision_figures.error_rates(RATES, 0.88, 0.62, language=language),
    }


def ticks(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def segments(lines, side=0):
    return np.array([segment[:, side] for segment in lines.get_segments()])


def bars(container):
    """Left, right, and middle height of bars, left being the start of the bar."""
    return [(bar.get_x(), bar.get_x() + bar.get_width(), bar.get_y() + bar.get_height() / 2)
            for bar in container]  # fmt: skip


def strokes(axes):
    """By row, which worlds have a dark stroke, from left to right."""
    image = axes.images[0].get_array()
    rows, columns = len(axes.get_yticks()), len(WORLDS)
    parts = image.reshape(rows, image.shape[0] // rows, columns, image.shape[1] // columns)
    assert (parts == parts[:, :, :, :1]).all()
    assert (parts[:, [0, -1]] == 0).all()
    assert (parts[:, 1:-1] == parts[:, 1:2]).all()
    return parts[:, 1, :, 0].astype(int).tolist()


def assert_rows_are_named(axes, language, labels=LABELS):
    for written, label in zip(ticks(axes), labels.values(), strict=True):
        whole = label.in_(language).split()
        assert written.removesuffix("…").split() == whole[: len(written.split())]
    assert axes.yaxis_inverted()


def test_stated_weight_and_say_are_joined_and_told_apart_by_marker_and_filling(language):
    axes = decision_figures.effective_weights(WEIGHTS, LABELS, language=language)
    joined, stated, say = axes.collections
    assert segments(joined).tolist() == [[0.5, 0.9], [0.3, 0.12], [0.2, -0.02]]
    assert stated.get_offsets().tolist() == [[0.5, 0], [0.3, 1], [0.2, 2]]
    assert say.get_offsets().tolist() == [[0.9, 0], [0.12, 1], [-0.02, 2]]
    assert len(stated.get_paths()[0].vertices) != len(say.get_paths()[0].vertices)
    assert stated.get_facecolor().tolist() != say.get_facecolor().tolist()
    assert legend(axes) == [words(f"weights.{kind}", language) for kind in ("weight", "say")]
    assert axes.get_xlabel() == words("axis.weights", language)
    assert_rows_are_named(axes, language)


def test_a_line_marks_zero_only_where_a_say_is_negative():
    axes = decision_figures.effective_weights(WEIGHTS, LABELS, language="en")
    (zero,) = axes.lines
    assert list(zero.get_xdata()) == [0, 0]
    assert axes.get_xlim()[0] < -0.02
    axes = decision_figures.effective_weights(WEIGHTS.abs(), LABELS, language="en")
    assert not axes.lines
    assert axes.get_xlim()[0] == 0


def test_every_evaluator_has_a_mark_in_every_row_and_the_group_a_thick_tick(language):
    """The table names its criteria in another order than the group."""
    axes = decision_figures.evaluators(BY_EVALUATOR, GROUP, LABELS, language=language)
    group, first, second, _ = axes.collections
    assert segments(group)[:, 0].tolist() == [0.25, 0.4, 0.35]
    assert segments(group, 1).mean(axis=1) == pytest.approx([0, 1, 2])
    assert group.get_linewidth()[0] >= 3
    assert first.get_offsets()[:, 0].tolist() == [0.1, 0.6, 0.3]
    assert second.get_offsets()[:, 0].tolist() == [0.5, 0.2, 0.3]
    assert (first.get_offsets()[:, 1] < second.get_offsets()[:, 1]).all()
    assert legend(axes) == [words("evaluators.group", language), "E1", "E4"]
    assert axes.get_xlabel() == words("axis.evaluators", language)
    assert axes.get_xlim()[0] == 0
    assert not first.get_clip_on()  # a weight of 0 stands on the edge
    assert_rows_are_named(axes, language)


def test_fourteen_evaluators_stay_in_their_row_and_no_two_look_alike():
    many = pd.DataFrame([[0.2, 0.3, 0.5]] * 14, [f"E{n}" for n in range(14)], KEYS)
    axes = decision_figures.evaluators(many, GROUP, LABELS, language="ko")
    marks = axes.collections[1:-1]
    looks = {(mark.get_paths()[0].vertices.tobytes(), tuple(mark.get_facecolor()[0]))
             for mark in marks}  # fmt: skip
    assert len(looks) == len(marks) == 14
    heights = np.array([mark.get_offsets()[:, 1] for mark in marks])
    assert (np.diff(heights, axis=0) > 0).all()
    assert np.abs(heights - [0, 1, 2]).max() < 0.4


def test_one_evaluator_stands_on_the_middle_of_the_row():
    axes = decision_figures.evaluators(BY_EVALUATOR.iloc[:1], GROUP, LABELS, language="en")
    assert axes.collections[1].get_offsets()[:, 1].tolist() == [0, 1, 2]


def test_stability_draws_a_thin_bar_of_the_first_three_on_a_thick_one_of_the_leader(language):
    axes = decision_figures.stability(INTERVALS, LABELS, language=language)
    leader, top = axes.containers
    np.testing.assert_allclose(bars(leader), [(0.1, 0.8, 0), (0, 1, 1), (0.2, 0.4, 2)])
    np.testing.assert_allclose(bars(top), [(0.3, 0.9, 0), (0.25, 0.35, 1), (0.1, 0.2, 2)])
    assert leader[0].get_height() > 2 * top[0].get_height()
    assert sum(leader[0].get_facecolor()[:3]) > sum(top[0].get_facecolor()[:3]) + 0.5
    (now,) = axes.collections
    assert segments(now)[:, 0].tolist() == [0.5, 0.3, 0.2]
    assert segments(now, 1).mean(axis=1) == pytest.approx([0, 1, 2])
    assert set(legend(axes)) == {
        words(f"stability.{kind}", language) for kind in ("first", "first_top", "weight")
    }
    assert leader.get_label() == words("stability.first", language)
    assert axes.get_xlim() == (0, 1)
    assert axes.get_xlabel() == words("axis.stability", language)
    assert_rows_are_named(axes, language)


def test_worlds_stand_by_leader_most_frequent_first_and_the_rest_last(language):
    """A leads in 3 of 6 worlds, B in 1; C is not shown, A and B tie once, D is never first."""
    axes = multiverse(language)
    np.testing.assert_allclose(
        [box for block in axes.containers for box in bars(block)], [(0, 3, 0), (3, 4, 0), (4, 6, 0)]
    )
    assert legend(axes) == [
        f"A  {NAMES['A'].in_(language)} A", f"B  {NAMES['B'].in_(language)} B",
        words("multiverse.other", language),
    ]  # fmt: skip
    assert [text.get_text() for text in axes.texts] == ["A", "B"]
    assert segments(axes.collections[0])[:, 0].tolist() == [3, 4]
    assert axes.get_xlim() == (0, 6)
    assert axes.get_xlabel() == words("axis.worlds", language, count=6)


def test_each_option_has_a_row_of_strokes_where_a_world_uses_it(language):
    """In order A: known product, drawn sum, drawn product; B: known sum; rest: ideal twice."""
    axes = multiverse(language)
    assert ticks(axes) == [
        words("multiverse.leader", language), CHOICES["gaps"].in_(language),
        *(OPTIONS["gaps", option].in_(language) for option in ("known", "drawn")),
        CHOICES["method"].in_(language),
        *(OPTIONS["method", option].in_(language) for option in ("sum", "product", "ideal")),
    ]  # fmt: skip
    assert strokes(axes) == [
        [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 0, 0, 1, 1, 0], [0, 1, 1, 0, 0, 1],
        [0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 0], [1, 0, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1],
    ]  # fmt: skip
    bold = [label.get_fontweight() == "bold" for label in axes.get_yticklabels()]
    assert bold == [True, True, False, False, True, False, False, False]
    assert axes.images[0].get_extent() == [0, 6, 7.5, -0.5]
    assert not any(line.get_visible() for line in axes.get_xgridlines())


def test_options_of_the_same_name_in_two_choices_keep_their_own_rows():
    worlds = pd.DataFrame({"gaps": ["x", "y"], "method": ["y", "y"]})
    labels = {("gaps", "x"): NAMES["A"], ("gaps", "y"): NAMES["B"], ("method", "y"): NAMES["C"]}
    axes = multiverse("en", worlds=worlds, leaders=pd.Series(["A", "A"]), labels=labels)
    assert ticks(axes)[2:] == ["Complex A", "Complex B", "aggregation", "Complex C"]
    assert legend(axes) == ["A  Complex A A"]


def test_leaders_are_told_apart_by_letter_or_hatching_and_the_marked_one_by_its_colour():
    leaders = pd.Series(list("ABCD") + ["A"] * 2)
    axes = multiverse("en", leaders=leaders, shown=list("DCBA"), marked="C")
    assert [label[0] for label in legend(axes)] == ["A", "B", "C", "D"]
    assert [label[-1] for label in legend(axes)] == ["A", "D", "C", "B"]
    looks = [(block[0].get_facecolor(), block[0].get_hatch()) for block in axes.containers]
    assert looks[2][0] == to_rgba(figures.MARKED)
    assert figures.MARKED not in {colour for colour, _ in decision_figures.LEADERS}
    assert len({hatch for _, hatch in decision_figures.LEADERS}) == len(decision_figures.LEADERS)
    assert len(set(looks)) == 4


@pytest.mark.parametrize(("repeats", "across"), [(1, 2004), (17, 2040), (400, 2400)])
def test_thousands_of_worlds_are_one_picture_and_few_strokes_are_sharp(repeats, across):
    """Each world is as many pixels wide as make 2000 or more."""
    worlds = pd.concat([WORLDS] * repeats, ignore_index=True)
    leaders = pd.concat([LEADERS] * repeats, ignore_index=True)
    axes = multiverse("en", worlds=worlds, leaders=leaders)
    assert axes.images[0].get_array().shape == (8 * 8, across)
    assert axes.images[0].get_rasterized()
    assert len(axes.patches) == 3
    np.testing.assert_allclose(bars(axes.containers[0])[0][:2], [0, 3 * repeats])


def test_a_block_too_narrow_for_a_letter_has_none_but_is_in_the_legend():
    worlds = pd.concat([WORLDS] * 20, ignore_index=True)
    axes = multiverse("en", worlds=worlds, leaders=pd.Series(["A"] * 118 + ["B"] * 2))
    assert [text.get_text() for text in axes.texts] == ["A"]
    assert [label[0] for label in legend(axes)] == ["A", "B"]


def test_choices_have_a_bar_alone_and_one_with_interactions(language):
    axes = decision_figures.choice_shares(SHARES, CHOICES, language=language)
    first, total = axes.containers
    assert [right for _, right, _ in bars(first)] == [0.2, 0.5]
    assert [right for _, right, _ in bars(total)] == [0.5, 0.8]
    assert first[0].get_hatch() != total[0].get_hatch()
    assert ticks(axes) == [CHOICES[key].in_(language) for key in ("method", "gaps")]
    assert axes.get_xlabel() == words("axis.choices", language)
    assert axes.xaxis.get_major_formatter()(0.5) == "50%"


@pytest.mark.parametrize("ends", ["weights", "cells"])
def test_tornado_bars_go_from_the_lead_as_it_stands_to_its_ends(ends, language):
    """At both ends of firms the lead is smaller; neither bar hides the other."""
    axes = decision_figures.tornado(LEADS, LABELS, 0.05, ends=ends, language=language)
    low, high = axes.containers
    np.testing.assert_allclose([bar[:2] for bar in bars(low)],
                               [(0.05, -0.02), (0.05, 0.01), (0.05, 0.06)])  # fmt: skip
    np.testing.assert_allclose([bar[:2] for bar in bars(high)],
                               [(0.05, 0.1), (0.05, 0.03), (0.05, 0.07)])  # fmt: skip
    for one, other in zip(low, high, strict=True):
        assert one.get_y() + one.get_height() <= other.get_y() + 1e-9
        assert one.get_hatch() != other.get_hatch()
    base, zero = axes.lines
    assert [set(line.get_xdata()) for line in (base, zero)] == [{0.05}, {0}]
    assert base.get_linestyle() != zero.get_linestyle()
    said = {low: f"{ends}_low", high: f"{ends}_high", zero: "zero"}
    for artist, key in said.items():
        assert artist.get_label() == words(f"tornado.{key}", language)
    assert base.get_label() == words("tornado.base", language, lead=0.05)
    assert len(legend(axes)) == 4
    assert axes.get_xlabel() == words("axis.lead", language)
    assert_rows_are_named(axes, language)


def test_the_line_of_no_lead_is_in_sight_even_where_no_bar_comes_near():
    axes = decision_figures.tornado(LEADS.abs() + 5, LABELS, 5.0, ends="cells", language="en")
    left, right = axes.get_xlim()
    assert left < 0 < right


def test_information_writes_the_chance_of_a_change_at_the_end_of_the_bar(language):
    axes = decision_figures.information(GAINS, language=language)
    np.testing.assert_allclose(bars(axes.containers[0]), [(0, 0.021, 0), (0, 0.008, 1), (0, 0, 2)])
    assert [text.get_text() for text in axes.texts] == ["31%", "5%", "0%"]
    assert [text.xy for text in axes.texts] == [(0.021, 0), (0.008, 1), (0, 2)]
    assert axes.get_xlabel() == words("axis.changes", language)
    assert axes.get_xlim()[0] == 0
    assert_rows_are_named(axes, language)


def test_information_without_chances_writes_none_and_does_not_speak_of_them(language):
    axes = decision_figures.information(GAINS.drop(columns="changes"), language=language)
    assert not axes.texts
    assert axes.get_xlabel() == words("axis.gain", language)


def test_rates_stand_over_their_class_of_claimed_share(language):
    axes = decision_figures.error_rates(RATES, 0.88, 0.62, language=language)
    wrong, whiskers = axes.containers
    assert [list(line[:, 1]) for line in whiskers[2][0].get_segments()] == [
        [0.3, 0.95],
        [0.1, 0.14],
    ]
    np.testing.assert_allclose([bar.get_x() + bar.get_width() / 2 for bar in wrong], [0.35, 0.95])
    assert [bar.get_height() for bar in wrong] == [0.75, 0.12]
    assert wrong[0].get_width() < 0.1
    dash = "~" if language == "ko" else "–"
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        f"30%{dash}40%\n4\n0.082", f"90%{dash}100%\n1,234\n0.001"
    ]  # fmt: skip
    np.testing.assert_allclose(axes.get_xticks(), [0.35, 0.95])
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 1), (0, 1))
    assert axes.get_xlabel() == words("axis.claimed", language)
    assert axes.get_ylabel() == words("axis.wrong", language)
    assert wrong.get_label() == words("errors.wrong", language)


def test_rates_are_seen_against_the_claim_and_the_two_thresholds(language):
    axes = decision_figures.error_rates(RATES, 0.88, 0.62, language=language)
    claimed, firm, conditional = [line for line in axes.lines if "_" not in line.get_label()[:1]]
    assert claimed.get_xydata().tolist() == [[0, 1], [1, 0]]
    assert claimed.get_label() == words("errors.claimed", language)
    assert set(firm.get_xdata()) == {0.88}
    assert set(conditional.get_xdata()) == {0.62}
    assert len({line.get_linestyle() for line in (claimed, firm, conditional)}) == 3
    assert firm.get_label() == words("errors.firm.at", language, share=0.88)
    assert conditional.get_label() == words("errors.conditional.at", language, share=0.62)
    assert "62%" in conditional.get_label()
    assert len(legend(axes)) == 4


def test_a_threshold_that_no_share_reaches_is_said(language):
    axes = decision_figures.error_rates(RATES, np.inf, np.inf, language=language)
    said = {words(f"errors.{word}.never", language) for word in ("firm", "conditional")}
    assert len(said) == 2
    assert said <= set(legend(axes))
    axes.figure.canvas.draw()
    assert axes.get_xlim() == (0, 1)


@pytest.mark.parametrize("draw", [
    lambda: decision_figures.effective_weights(WEIGHTS, LABELS, marked="firms", language="ko"),
    lambda: decision_figures.evaluators(
        BY_EVALUATOR, GROUP, LABELS, marked="firms", language="ko"
    ),
    lambda: decision_figures.stability(INTERVALS, LABELS, marked="firms", language="ko"),
    lambda: decision_figures.tornado(
        LEADS, LABELS, 0, ends="cells", marked="firms", language="ko"
    ),
    lambda: decision_figures.information(GAINS, marked="firms", language="ko"),
    lambda: decision_figures.choice_shares(SHARES, CHOICES, marked="gaps", language="ko"),
], ids=["effective_weights", "evaluators", "stability", "tornado", "information",
        "choice_shares"])  # fmt: skip
def test_the_marked_row_alone_is_set_off_in_bold_and_colour(draw):
    ticks = draw().get_yticklabels()
    bold = [tick.get_fontweight() == "bold" for tick in ticks]
    assert bold == [number == 1 for number in range(len(ticks))]
    assert [tick.get_color() == figures.MARKED for tick in ticks] == bold


def test_no_labels_of_rows_or_classes_overlap_and_long_ones_leave_room_for_the_figure(language):
    for key, axes in drawn(language).items():
        axes.figure.canvas.draw()
        for labels in (axes.get_yticklabels(), axes.get_xticklabels()):
            boxes = [label.get_window_extent() for label in labels]
            assert not any(one.overlaps(other) for one, other in pairwise(boxes)), key
        width, height = axes.figure.get_size_inches()
        assert axes.get_position().width > 0.5, key
        assert width <= 8, key
        assert height < 4.5, key
        assert axes.get_legend() is None or axes.get_legend().get_window_extent().x0 > 0, key


def test_long_names_take_two_lines_and_say_that_they_are_cut(language):
    axes = decision_figures.stability(INTERVALS, LABELS, language=language)
    lines = ticks(axes)[2].split("\n")
    assert len(lines) == 2
    assert max(map(len, lines)) <= decision_figures.LINE_LETTERS[language]
    assert lines[1].endswith("…")


def test_no_name_becomes_markup_or_mathematics(language):
    labels, names = dict.fromkeys(LABELS, HOSTILE), dict.fromkeys(NAMES, HOSTILE)
    choices, options = dict.fromkeys(CHOICES, HOSTILE), dict.fromkeys(OPTIONS, HOSTILE)
    for axes in (
        decision_figures.effective_weights(WEIGHTS, labels, language=language),
        multiverse(language, names=names, choices=choices, labels=options),
    ):
        svg = report._svg(axes, "figure", "figure")
        assert "<script" not in svg
        assert "<img" not in svg
        assert "&lt;" in svg or "&gt;" in svg
        assert "$x_1$" in svg


def test_figures_are_drawn_on_the_axes_given_and_the_tables_stay_as_they_were():
    for draw, *given, options in (
        (decision_figures.effective_weights, WEIGHTS, LABELS, {}),
        (decision_figures.evaluators, BY_EVALUATOR, GROUP, LABELS, {}),
        (decision_figures.stability, INTERVALS, LABELS, {}),
        (decision_figures.multiverse, WORLDS, LEADERS, CHOICES, NAMES, OPTIONS, {"shown": ["A"]}),
        (decision_figures.choice_shares, SHARES, CHOICES, {}),
        (decision_figures.tornado, LEADS, LABELS, 0.05, {"ends": "cells"}),
        (decision_figures.information, GAINS, {}),
        (decision_figures.error_rates, RATES, 0.88, 0.62, {}),
    ):
        tables = [table for table in given if isinstance(table, pd.DataFrame | pd.Series)]
        before, axes = [table.copy() for table in tables], plt.subplots()[1]
        assert draw(*given, **options, ax=axes, language="en") is axes
        for one, other in zip(before, tables, strict=True):
            assert one.equals(other)


def test_every_word_of_the_catalogue_is_seen_in_some_figure(language):
    """All but the two ends of cells and the thresholds that are never reached."""
    found = drawn(language)
    found["gain"] = decision_figures.information(GAINS[["label", "gain"]], language=language)
    said = {axes.get_xlabel() for axes in found.values()} | {found["error_rates"].get_ylabel()}
    for axes in found.values():
        said |= set(ticks(axes)) | (set(legend(axes)) if axes.get_legend() else set())
    unseen = {
        key for key, entry in messages.catalogue().items()
        if key.startswith("decision_figures.") and "{" not in entry["en"]
        and entry[language] not in said
    }  # fmt: skip
    assert unseen == {f"decision_figures.{key}" for key in (
        "tornado.cells_low", "tornado.cells_high", "errors.firm.never",
        "errors.conditional.never")}  # fmt: skip
