"""Two runs taken apart: what changed, why, and the page that tells it."""

import copy
import json
import re

import made_up
import numpy as np
import pytest

from site_select import assessment, cli, comparison, messages, records, runs, scoring, study
from site_select.errors import InputError, WriteError

HOSTILE = '</script><img src=x onerror=alert(1)>"{}$a_1$'
VALUES = {"S1": [1.0, 0.0], "S2": [0.5, 1.0], "S3": [0.0, 0.5]}
WEIGHTS = {"near": 0.6, "large": 0.4}


def record(values=None, weights=None, word="conditional", leader="", **study_fields):
    """Write a record by hand: scores .6, .7, .2, so S2 leads, unless told otherwise."""
    values, weights = copy.deepcopy(values or VALUES), weights or WEIGHTS
    scores = {
        label: sum(v * w for v, w in zip(row, weights.values(), strict=True))
        for label, row in values.items()
    }
    named = {"name_ko": "이름", "name_en": "Name"}
    return {
        "format": 1,
        "study": {"name": "s", **named, "as_of": "2026-01-01", "synthetic": False, "changes": {},
                  **study_fields},
        "seed": 1, "settings": {"seed": "1", "limits.firm_share": "0.9"},
        "inputs": {"facts.csv": "a" * 64}, "code": "site-select 0", "libraries": {"numpy": "2"},
        "criteria": [{"criterion": "place", **named, "weight": 1.0}],
        "indicators": [{"indicator": name, "criterion": "place", **named, "unit": "", "weight": w}
                       for name, w in weights.items()],
        "alternatives": [
            {"complex_id": label, **named, "rank": 1, "score": score, "expected_rank": 1.0,
             "first": 0.5, "coverage": 0.7} for label, score in scores.items()
        ],
        "values": values,
        "verdict": {"word": word, "leader": leader or max(scores, key=scores.get), "share": 0.5,
                    "coverage": 0.7, "rivals": []},
        "manifest": "0" * 64,
    }  # fmt: skip


def run(**changes):
    return runs.of_record(record(**changes), "test")


def why(before, after):
    return runs.cause(before, after, runs.mixed(before, after))


TILTED = {"near": 0.8, "large": 0.2}  # scores .8, .6, .1: S1 leads
RAISED = {**VALUES, "S1": [1.0, 0.5]}  # scores .8, .7, .2: S1 leads


# causes, worked by hand


def test_change_of_weights_is_blamed_on_weights_to_the_last_part():
    before, after = run(), run(weights=TILTED)
    found = runs.mixed(before, after)
    assert found.first == {"before": "S2", "weights": "S1", "values": "S2", "after": "S1"}
    assert found.moved == {"before": 0, "weights": 2, "values": 0, "after": 2}
    assert found.parts["by_weights"].to_dict() == pytest.approx({"S1": 0.2, "S2": -0.1, "S3": -0.1})
    assert found.parts["by_values"].to_dict() == {"S1": 0, "S2": 0, "S3": 0}
    assert why(before, after) == "weights"
    assert runs.differing(before, after) == ["weights"]


def test_change_of_values_is_blamed_on_values():
    before, after = run(), run(values=RAISED)
    found = runs.mixed(before, after)
    assert found.first == {"before": "S2", "weights": "S2", "values": "S1", "after": "S1"}
    assert found.parts["by_values"].to_dict() == pytest.approx({"S1": 0.2, "S2": 0, "S3": 0})
    assert why(before, after) == "values"
    assert runs.differing(before, after) == ["values"]


def test_either_is_enough():
    # A's values, B's weights: .8 .6; B's values, A's weights: .8 .7
    assert why(run(), run(values=RAISED, weights=TILTED)) == "either"


def test_neither_alone_is_enough():
    # before .6 .7; weights alone .65 .65 would tie, so .64/.36: .64 .68; values alone .64 .7
    weights, values = {"near": 0.64, "large": 0.36}, {**VALUES, "S1": [1.0, 0.12]}
    before, after = run(), run(values=values, weights=weights)
    found = runs.mixed(before, after)
    assert [before.leader, after.leader] == ["S2", "S1"]
    assert found.first == {"before": "S2", "weights": "S2", "values": "S2", "after": "S1"}
    assert why(before, after) == "together"
    # means: S1 v = (1, .06), dw = (.04, -.04) -> .0376; w = (.62, .38), dv = (0, .12) -> .0456
    assert found.parts.loc["S1", ["by_weights", "by_values"]].to_list() == pytest.approx(
        [0.0376, 0.0456]
    )


def test_leader_that_stands_in_one_run_only():
    rest = {label: VALUES[label] for label in ("S1", "S3")}
    before, after = run(), run(values=rest)
    assert why(before, after) == "field"
    assert why(after, before) == "field"
    table = runs.ranks(before, after, runs.mixed(before, after).parts)
    assert table["rank_before"].to_dict() == {"S1": 2, "S3": 3, "S2": 1}
    assert table.loc["S1", "rank_after"] == 1
    assert np.isnan(table.loc["S2", "rank_after"])


def test_ranks_count_among_the_complexes_of_both_runs():
    """S1 was second behind S2, which is left out: that alone moves nobody."""
    rest = {label: VALUES[label] for label in ("S1", "S3")}
    assert runs.mixed(run(), run(values=rest)).moved["after"] == 0


def test_other_indicators_that_change_the_leader():
    values = {"S1": [1.0, 0.0, 1.0], "S2": [0.5, 1.0, 0.0], "S3": [0.0, 0.5, 0.0]}
    after = run(values=values, weights={"near": 0.3, "large": 0.2, "new": 0.5})
    found = runs.mixed(run(), after)
    assert found.first == {"before": "S2", "weights": "S2", "values": "S2", "after": "S1"}
    assert why(run(), after) == "indicators"
    assert "indicators" in runs.differing(run(), after)
    # S1: .8 - .6; weights (1)(.3 - .6) = -.3; values none; the rest .5
    assert found.parts.loc["S1"].to_list() == pytest.approx([-0.3, 0.0, 0.5])


def test_runs_without_a_shared_indicator():
    after = run(weights={"far": 0.6, "small": 0.4})
    found = runs.mixed(run(), after)
    assert (found.first, found.moved) == ({}, {})
    assert found.parts["by_indicators"].to_list() == pytest.approx([0, 0, 0])
    assert "answer.same" in comparison.page(run(), after)[1].key


def test_leader_of_the_draws_alone_changed():
    after = run(leader="S1")
    assert why(run(), after) == "draws"


def test_only_the_verdict_changed():
    after = run(word="firm")
    assert why(run(), after) == "word"
    assert why(run(), run()) == "none"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda one: one.update(seed=2), "draws"),
        (lambda one: one["settings"].update({"limits.firm_share": "0.8"}), "limits"),
        (lambda one: one["settings"].update({"weights.near": "0.6"}), "stated"),
        (lambda one: one.update(code="site-select 1"), "code"),
        (lambda one: one["libraries"].update(numpy="3"), "code"),
    ],
)
def test_what_differs_is_named(change, kind):
    other = record()
    change(other)
    assert runs.differing(run(), runs.of_record(other, "b")) == [kind]


@pytest.mark.parametrize("seed", range(40))
def test_parts_add_up_to_the_change_and_the_reverse_is_its_negative(seed):
    generator = np.random.default_rng(seed)
    names, labels = list("abcde"), [f"C{number}" for number in range(7)]
    pair = []
    for _ in range(2):
        own = sorted(generator.choice(names, generator.integers(1, 6), replace=False))
        weights = dict(zip(own, generator.dirichlet(np.ones(len(own))).tolist(), strict=True))
        field = sorted(generator.choice(labels, generator.integers(1, 8), replace=False))
        values = {label: generator.random(len(own)).tolist() for label in field}
        pair.append(run(values=values, weights=weights))
    before, after = pair
    there, back = runs.mixed(before, after).parts, runs.mixed(after, before).parts
    change = (after.scores - before.scores).dropna()
    assert there.sum(axis=1).loc[change.index].to_list() == pytest.approx(change.to_list())
    assert there.loc[change.index].to_numpy() == pytest.approx(-back.loc[change.index].to_numpy())
    shared = runs.cells(before, after)
    total = shared.groupby("complex_id")["effect"].sum()
    assert total.to_dict() == pytest.approx(there["by_values"].loc[total.index].to_dict())
    if seed < 4:  # any two runs make a page
        assert list(comparison.page(before, after))


def test_cells_in_the_order_of_their_effect():
    values = {**VALUES, "S1": [0.9, 0.5], "S3": [0.0, 0.6]}
    found = runs.cells(run(), run(values=values))
    rows = found[["complex_id", "indicator"]].itertuples(index=False, name=None)
    assert list(rows) == [("S1", "large"), ("S1", "near"), ("S3", "large")]
    assert found["effect"].to_list() == pytest.approx([0.2, -0.06, 0.04])


def test_origins_name_what_differs_only():
    other = record(changes={"points.near": "2"})
    other["inputs"] = {"facts.csv": "b" * 64, "orders.csv": "c" * 64}
    table = runs.origins(run(), runs.of_record(other, "b"))
    assert table.to_numpy().tolist() == [
        ["inputs", "facts.csv", "a" * 64, "b" * 64],
        ["inputs", "orders.csv", None, "c" * 64],
        ["changes", "points.near", None, "2"],
    ]


# records are not trusted

BROKEN = [
    (lambda one: one.pop("verdict"), "not whole"),
    (lambda one: one.update(values=[1, 2]), "not whole"),
    (lambda one: one.update(settings=None), "not whole"),
    (lambda one: one["values"].update(S1=[1.0]), "not whole"),
    (lambda one: one["values"].update(S1=[1.0, "x"]), "not whole"),
    (lambda one: one["values"].update(S1=[10**400, 0]), "not whole"),
    (lambda one: one["indicators"][0].update(weight={}), "not whole"),
    (lambda one: one["values"].update(S1=[None, 0.0]), "what is no number"),
    (lambda one: one["alternatives"][0].update(first=float("inf")), "what is no number"),
    (lambda one: one["alternatives"][0].update(complex_id="S2"), "a name that stands twice"),
    (lambda one: one.update(alternatives=[]), "no complex"),
    (lambda one: one["indicators"][0].update(weight=-0.6), "not 0 or more"),
    (lambda one: one["indicators"][0].update(weight=0.7), "with the sum 1"),
    (lambda one: one["verdict"].update(word="sure"), "a verdict on nobody"),
    (lambda one: one["verdict"].update(leader="S9"), "a verdict on nobody"),
    (lambda one: one["verdict"].update(rivals=["S9"]), "a verdict on nobody"),
    (lambda one: one["alternatives"][0].update(score=0.61), "not the sum of weight × value"),
]


@pytest.mark.parametrize(("spoil", "said"), BROKEN)
def test_broken_record_is_refused_by_name(spoil, said):
    other = record()
    spoil(other)
    with pytest.raises(InputError, match=said) as caught:
        runs.of_record(other, "brief.html")
    assert "brief.html" in str(caught.value)


def brief(folder, name="08_decision_brief.en.html", **changes):
    """Write a page that carries a record, as a brief does."""
    written = json.dumps(record(**changes)).replace("<", "\\u003c")
    page = folder / name
    page.write_text(
        f'<html><script type="application/json" id="record">{written}</script></html>', "utf-8"
    )
    return page


def test_a_report_is_read_by_its_page_with_a_record(tmp_path):
    (tmp_path / "00_overview.en.html").write_text("<p>nothing</p>", "utf-8")
    page = brief(tmp_path)
    for found in (runs.read(tmp_path), runs.read(page)):
        assert found.scores.to_dict() == pytest.approx({"S1": 0.6, "S2": 0.7, "S3": 0.2})
        assert found.alternatives["rank"].to_dict() == {"S1": 2, "S2": 1, "S3": 3}


def test_what_is_no_run_is_told_by_its_name(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    plain = tmp_path / "plain.html"
    plain.write_text("<p>no record</p>", "utf-8")
    binary = tmp_path / "binary.html"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, said in (
        (empty, "no page that carries a record"), (tmp_path / "none.html", "No such file"),
        (plain, "plain.html: found 0 records"), (binary, "can't decode"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=re.escape(said)):
            runs.read(path)


def test_a_study_is_assessed_and_equals_its_record(tmp_path):
    folder = made_up.best_and_known(tmp_path)
    read = study.read(folder)
    result = assessment.assess(read)
    found = runs.read(folder)
    assert found.synthetic
    assert found.leader == result.verdict.leader == "S1"
    assert found.scores[result.scores.index].to_list() == result.scores.to_list()
    expected = scoring.ranks(result.scores)
    assert found.alternatives["rank"][expected.index].to_list() == expected.to_list()


# the page


def pages_of(tmp_path, before, after, languages=("ko", "en")):
    files = comparison.write(before, after, out=tmp_path / "out.html", languages=languages)
    return [file.read_text("utf-8") for file in files]


def said_in(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<main")[2]))


def test_page_says_first_whether_and_why(tmp_path):
    ko, en = map(said_in, pages_of(tmp_path, run(), run(weights=TILTED)))
    assert en.index("The recommendation is another one.") < en.index("The two runs")
    assert (
        "Most likely cause: the weights. The values of A under the weights of B put Name (S1) "
        "first too; the values of B under the weights of A put Name (S2) first"
    ) in en
    assert "2 have another rank" in en
    assert "S1 Name 2 1 ▲ 1" in en
    assert "S2 Name 1 2 ▼ 1" in en
    assert "추천이 달라졌다. 가장 유력한 원인: 가중치." in ko
    assert "A의 값에 B의 가중치를 적용해도 이름(S1)이 1위가 되고" in ko


def test_page_of_equal_runs_says_nothing_changed(tmp_path):
    en = said_in(pages_of(tmp_path, run(), run(), ["en"])[0])
    assert "Nothing changed." in en
    for key in ("slopes", "criteria", "indicators", "values", "origins"):
        assert messages.text(f"comparison.{key}.absent").en in en


def test_page_tells_new_and_lost_complexes(tmp_path):
    values = {"S1": [1.0, 0.0], "S3": [0.0, 0.5], "S4": [0.1, 0.1]}
    en = said_in(pages_of(tmp_path, run(), run(values=values), ["en"])[0])
    assert "● new" in en
    assert "● left out" in en
    assert "who stands for choice. Name (S2) stands in A only" in en
    assert "unknown" not in en


@pytest.mark.parametrize("which", [0, 1])
def test_a_made_up_run_marks_the_page_and_its_pictures(tmp_path, which):
    pair = [run(), run(weights=TILTED)]
    pair[which] = pair[which]._replace(synthetic=True)
    (html,) = pages_of(tmp_path, *pair, ["en"])
    mark = messages.text("common.notice.synthetic").en
    assert 'class="notice synthetic"' in html
    assert mark in re.search(r"<svg.*?</svg>", html, re.DOTALL)[0]
    (plain,) = pages_of(tmp_path, run(), run(weights=TILTED), ["en"])
    assert mark not in plain


def hostile(one):
    """Put hostile text into every text of a record."""
    if isinstance(one, dict):
        return {key: hostile(value) for key, value in one.items()}
    if isinstance(one, list):
        return [hostile(value) for value in one]
    return HOSTILE if one in {"이름", "Name", "2026-01-01", "a" * 64, "0" * 64, "site-select 0",
                              "0.9"} else one  # fmt: skip


def test_hostile_text_stays_text(tmp_path):
    other = hostile(copy.deepcopy(record(weights=TILTED)))
    other["settings"][HOSTILE] = HOSTILE
    other = json.loads(json.dumps(other).replace('"S1"', json.dumps(HOSTILE + "1")))
    (plain,) = pages_of(tmp_path, run(), run(), ["en"])
    for html in pages_of(tmp_path, runs.of_record(other, "b"), run()):
        assert "onerror" in html
        assert "<img" not in html
        assert html.count("</script>") == plain.count("</script>")


def test_every_cause_and_word_has_its_sentence():
    for name in ("none", "word", "field", "weights", "values", "either", "together", "indicators",
                 "draws"):  # fmt: skip
        assert f"comparison.cause.{name}" in messages.catalogue()
    for word in ("firm", "conditional", "too_close", "no_recommendation"):
        (exhibit,) = [e for e in comparison.page(run(word=word), run()) if "answer" in e.key]
        assert "S2" in exhibit.body.en


def test_korean_page_has_the_korean_name_and_the_other_language_is_linked(tmp_path):
    ko, en = pages_of(tmp_path, run(), run(weights=TILTED))
    assert 'href="out.en.html"' in ko
    assert 'href="out.html"' in en
    assert '<html lang="ko"' in ko
    assert "Name" not in said_in(ko)


def test_same_runs_give_the_same_bytes(tmp_path):
    pair = run(), run(weights=TILTED)
    assert pages_of(tmp_path, *pair) == pages_of(tmp_path, *pair)


def test_nothing_but_a_comparison_is_replaced(tmp_path):
    page = brief(tmp_path)
    before = page.read_bytes()
    with pytest.raises(WriteError, match="is no comparison"):
        comparison.write(run(), run(), out=page, languages=["en"])
    with pytest.raises(WriteError, match=r"ends in \.html"):
        comparison.write(run(), run(), out=tmp_path / "out.pdf", languages=["en"])
    with pytest.raises(WriteError, match="cannot be written"):
        comparison.write(run(), run(), out=tmp_path / "no" / "out.html", languages=["en"])
    assert page.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [page.name]


@pytest.mark.usefixtures("style")
def test_slopes_draw_a_line_for_each_complex_of_both_runs(language):
    values = {"S1": [1.0, 0.0], "S3": [0.0, 0.5], "S4": [0.1, 0.1]}
    before, after = run(), run(values=values)
    table = runs.ranks(before, after, runs.mixed(before, after).parts)
    axes = comparison.slopes(table, language=language)
    assert len(axes.lines) == 2
    words = [text.get_text() for text in axes.texts]
    name = {"ko": "이름", "en": "Name"}[language]
    assert words == [f"{name} S2  1 ●", f"{name} S1  2 ", f"{name} S3  3 ",
                     f" 1  {name} S1", f" 2  {name} S3", f"● 3  {name} S4"]  # fmt: skip


@pytest.mark.usefixtures("style")
def test_slopes_tell_up_from_down_without_colour():
    before, after = run(), run(weights=TILTED)
    table = runs.ranks(before, after, runs.mixed(before, after).parts)
    lines = comparison.slopes(table, language="en").lines
    # S2 falls from 1 to 2, S1 rises from 2 to 1, S3 stays
    drawn = {
        tuple(line.get_ydata()): (line.get_linestyle(), line.get_linewidth()) for line in lines
    }
    assert drawn == {(0, 1): ("--", 1.8), (1, 0): ("-", 1.8), (2, 2): ("-", 0.8)}


# the command


def test_compare_from_the_shell(tmp_path, capsys):
    first = brief(tmp_path, "first.html")
    second = brief(tmp_path, "second.html", weights=TILTED)
    out = tmp_path / "out.html"
    words = ["compare", str(first), str(second), "--out", str(out), "--language", "both"]
    assert cli.main(words) == cli.DONE
    printed = capsys.readouterr()
    assert printed.out.split() == [str(out), str(tmp_path / "out.en.html")]
    assert str(second) in printed.err
    assert cli.main(words) == cli.DONE  # its own page may be replaced
    words[1] = str(tmp_path / "nothing.html")
    assert cli.main(words) == cli.WRONG_INPUT
    assert cli.main(["compare", str(first), str(second), "--out", str(first)]) == cli.NOT_WRITTEN


def test_compare_a_study_with_its_own_record(tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    made_up.best_and_known(folder)
    read = study.read(folder)
    written = json.dumps(records.record(read, assessment.assess(read))).replace("<", "\\u003c")
    page = tmp_path / "brief.html"
    page.write_text(f'<script type="application/json" id="record">{written}</script>', "utf-8")
    out = tmp_path / "out.html"
    words = ["compare", str(folder), str(page), "--out", str(out), "--language", "en"]
    assert cli.main(words) == cli.DONE
    assert "Nothing changed." in said_in(out.read_text("utf-8"))
    capsys.readouterr()
