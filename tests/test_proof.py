"""A page is verified by making it anew; whatever was changed by hand is found and named."""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import made_up
import nbformat
import pytest

from site_select import cli, differences, messages, origins, pages, proof, publish, study
from site_select.errors import InputError, WriteError

pytestmark = pytest.mark.filterwarnings(
    # joblib's workers are told apart by forking, which Python 3.12 warns of under threads
    "ignore:.*use of fork.*:DeprecationWarning",
)


# what differs


@pytest.fixture(scope="module")
def page(example_notebook):
    return pages.render(example_notebook, language="en", name="00_overview")


TABLE = "Table 1 (Table of 광주 <script>alert(1)</script>)"
FIGURE = "Figure 1 (Scores of 광주 <script>alert(1)</script>)"
MAP = "Figure 2 (Map of 광주 <script>alert(1)</script>)"
FORGERIES = {
    "a digit of a table": (
        "42%", "43%", [f"{TABLE}: row 1, share: printed 43%, recomputed 42%"]
    ),
    "a word": (
        "paragraph on", "paragraph off",
        ["Text 'A first paragraph on 광주 <script>alert(1)…': "
         "printed 'paragraph off 광주 <script>alert(1)</script>.', "
         "recomputed 'paragraph on 광주 <script>alert(1)</script>.'"],
    ),
    "a caption": (
        "Scores of", "Ranks of",
        [f"{FIGURE}: at example-ranking-caption: printed 'Ranks of", "recomputed 'Scores of"],
    ),
    "the record": ("[0.5,null]", "[0.6,null]", ["Record: scores.1: printed 0.6, recomputed 0.5"]),
    "the record, broken": (
        "[0.5,null]", "[0.6,null", ["Record: study.name: printed", "[0.6,"]
    ),
    "the script": ("const button", "evil(); const button", ["Script: printed 'evil(); const bu"]),
    "the style": ("</style>", "main{display:none}</style>", ["Style: printed main{display:none}"]),
    "the arithmetic mark": (
        "not checked", "checked", ["Text 'The arithmetic was not checked: this nee…'"]
    ),
    "an input": (
        "complexes.csv</dt><dd>", "complexes.csv</dt><dd>x",
        ["Provenance: complexes.csv: printed x<script>alert(1)</script>, recomputed <script>"],
    ),
    "where a source leads": (
        'href="https://example.org/a', 'href="https://example.com/a',
        ["List: at source-2: printed", "recomputed"],
    ),
    "an added paragraph": (
        "</main>", "<p>Build here!</p></main>",
        ["Text 'Build here!' is in the page, but not in the recomputed one: 'Build here!'"],
    ),
    "an added element": (
        "</main>", "<div>Build <b>here</b>!</div></main>",
        ["Page: after Record: printed 'Build here !', recomputed nothing"],
    ),
    "a hidden comment": ("</main>", "<!-- x --></main>", ["after Record: printed '<!-- x -->'"]),
    "an added attribute": ('<main id="text"', '<main hidden id="text"', ["printed '<main hidden"]),
    "a missing notice": (
        re.compile(r'<p class="notice.*?</p>'), "", ["Text 'Variant: <script>alert(1)</script>'"]
    ),
    "a missing figure": (
        re.compile(r'<figure class="figure".*?</figure>', re.DOTALL), "", [f"{FIGURE} is missing"]
    ),
    "a missing row": (
        re.compile(r'<tr><th scope="row"[^>]*>광주.*?</tr>', re.DOTALL), "", [f"{TABLE}: row 2"]
    ),
    "the place of a bar": (
        re.compile(r'(?<=<path d="M )\d+(?=[^"]{20,80}" clip-path)'), "9",
        [f"{FIGURE}: at example-ranking-patch_", "printed", "recomputed"],
    ),
    "the place of a mark on the map": ("[36.0, 127.5]", "[35.0, 127.5]", [MAP, "[35.0, 127.5]"]),
    "what nobody sees": ("\n</main>", "\n\n</main>", ["signs that are not shown, first in line"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_whatever_was_changed_is_found_and_named(name, page):
    old, new, said = FORGERIES[name]
    pattern = old if isinstance(old, re.Pattern) else re.compile(re.escape(old))
    forged = pattern.sub(lambda _: new, page, count=1)
    assert forged != page
    found = differences.differences(forged, page)
    assert len(found) == 1, found
    for part in said:
        assert part in found[0]


def test_same_page_differs_in_nothing(page):
    assert differences.differences(page, page) == []


def test_inputs_that_differ_are_said_before_figures(page):
    forged = page.replace("42%", "43%").replace("complexes.csv</dt><dd>", "complexes.csv</dt><dd>x")
    first, second = differences.differences(forged, page)
    assert first.startswith("Provenance: complexes.csv")
    assert second.startswith("Table 1")


def test_what_is_quoted_cannot_steer_a_terminal(page):
    forged = page.replace("</main>", "<p>\x1b[31mred\u202e\x07</p></main>")
    (line,) = differences.differences(forged, page)
    assert line.isprintable()
    assert "�[31mred��" in line


def test_many_differences_of_one_figure_are_counted(page):
    forged = page.replace("<g ", '<g hidden="" ')
    found = [line for line in differences.differences(forged, page) if line.startswith(FIGURE)]
    assert len(found) == differences.MOST_LINES + 1
    assert re.fullmatch(re.escape(FIGURE) + r": \d+ more differences", found[-1])


@pytest.mark.parametrize(
    "html", ["", "<p", "<table><tr><td>", "</p></p>", "<script id=record>", "<figure><figure>",
             "<script id=record>" + "[" * 100_000 + "</script>", "<td>x</td>", "<![CDATA[x]]>"],
)  # fmt: skip
def test_any_text_can_be_compared(html, page):
    assert differences.differences(html, page)
    assert differences.differences(page, html)
    assert differences.differences(html, html) == []


# made anew

NOTEBOOK = """
import pandas as pd
import site_select as ss
study = ss.study.read(study_folder, changes)
page = ss.summaries.opening(study, "{key}", "en")
page.section("{key}.title")
count = pd.Series(study.complexes["branch_set"].map(len).to_numpy(), study.complexes.index)
table = pd.DataFrame({{"score": count.head(3) * study.settings.unknowns.presence_prior}})
page.table("scores.ranking", table.rename_axis("complex_id"))
page.provenance(ss.study.provenance(study))
"""


def write_notebook(folder, name, key):
    v4 = nbformat.v4
    cells = [
        v4.new_code_cell('study_folder = ""; changes = {}', metadata={"tags": ["parameters"]}),
        v4.new_code_cell(NOTEBOOK.format(key=key)),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), folder / f"{name}.ipynb")


def report(folder, out, **environment):
    """Write a report in a process of its own, on the first day of 2020 unless said otherwise."""
    words = ["report", folder / "mine", "--out", out, "--notebooks", folder / "notebooks",
             "--workers", "1"]  # fmt: skip
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1577836800", **environment}
    subprocess.run(
        [sys.executable, "-m", "site_select.cli", *words],
        env=environment, check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study, two notebooks and the report of the study."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "mine").mkdir()
    (folder / "notebooks").mkdir()
    made_up.desk_copy(folder / "mine")
    settings = folder / "mine" / "study.toml"
    written = re.sub(r"(?m)^notebooks = .*\n", "", settings.read_text("utf-8"))
    settings.write_text(written, "utf-8")
    write_notebook(folder / "notebooks", "00_overview", "overview")
    write_notebook(folder / "notebooks", "06_scores", "scores")
    report(folder, folder / "report", PYTHONHASHSEED="1")
    return folder


def verified(made, page, *options, study="mine"):
    return cli.main(["verify", str(made / page), "--study", str(made / study),
                     "--notebooks", str(made / "notebooks"), *map(str, options)])  # fmt: skip


@pytest.mark.parametrize("name", ["00_overview.ko.html", "06_scores.en.html", "index.html"])
def test_page_as_it_was_made_is_verified(name, made, capsys):
    code = verified(made, f"report/{name}", "--manifest", made / "report" / "manifest.json")
    assert capsys.readouterr().out.endswith(f"{name}: as recomputed, to the last character\n")
    assert code == cli.DONE


def test_two_runs_on_two_days_differ_in_the_day_alone(made):
    """And on the same day in nothing, as `test_faults` shows of every run after a killed one."""
    report(made, made / "later", PYTHONHASHSEED="77", SOURCE_DATE_EPOCH="1700000000")
    files = sorted(path.name for path in (made / "report").iterdir())
    assert len(files) == 6
    for name in files:
        former, later = (
            (made / folder / name).read_text("utf-8") for folder in ("report", "later")
        )
        assert former != later
        if name == "manifest.json":  # lists the pages by hash
            former, later = ({**json.loads(text), "files": 0} for text in (former, later))
            assert former == later
        else:
            assert former == later.replace("2023-11-14", "2020-01-01")


def test_forged_page_is_named_figure_by_figure_and_missing_in_the_manifest(made, capsys):
    page = (made / "report" / "06_scores.en.html").read_text("utf-8")
    forged = re.sub(r"(?<=RC02</th><td class=\"number\">)[\d.]+", "9.75", page)
    assert forged != page
    (made / "sent.html").write_text(forged, "utf-8", newline="\r\n")
    code = verified(made, "sent.html", "--manifest", made / "report" / "manifest.json")
    manifest, score = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Manifest: SHA-256 printed [0-9a-f]{64}, listed nowhere", manifest)
    assert re.fullmatch(r"Table 1 \(.*\): row 2, score: printed 9\.75, recomputed [\d.]+", score)
    assert code == cli.DIFFERENT


def test_page_of_other_data_says_first_which_inputs_differ(made, capsys):
    shutil.copytree(made / "mine", made / "changed")
    settings = made / "changed" / "study.toml"
    written = settings.read_text("utf-8")
    settings.write_text(written.replace("presence_prior = 0.5", "presence_prior = 0.4"), "utf-8")
    assert verified(made, "report/06_scores.ko.html", study="changed") == cli.DIFFERENT
    lines = capsys.readouterr().out.splitlines()
    names = [line.split(": ")[1] for line in lines if line.startswith("Provenance: ")]
    assert names == ["이름", "명세 번호", "unknowns.presence_prior", "study.toml"]
    assert lines[2] == "Provenance: unknowns.presence_prior: printed 0.5, recomputed 0.4"
    assert lines[4].startswith("표 1 (")
    assert lines[-1].startswith("Text '명세 번호")


def test_variant_is_made_anew_with_the_changes_it_names(made, capsys):
    weights = made / "weights.toml"
    weights.write_text("[weights]\norigin_concentration = 2\n", "utf-8")
    asked = ["--out", made / "variant", "--notebooks", made / "notebooks", "--weights", weights,
             "--workers", 1]  # fmt: skip
    assert cli.main(["report", str(made / "mine"), *map(str, asked)]) == cli.DONE
    page = (made / "variant" / "06_scores.en.html").read_text("utf-8")
    assert proof.claim(page).changes == {"weights.origin_concentration": 2.0}
    assert verified(made, "variant/06_scores.en.html") == cli.DONE
    forged = page.replace("weights.origin_concentration = 2", "weights.origin_concentration = 3")
    (made / "forged.html").write_text(forged, "utf-8")
    capsys.readouterr()
    assert verified(made, "forged.html") == cli.DIFFERENT
    assert "Provenance: manifest id: printed" in capsys.readouterr().out


def test_page_says_what_it_is(made):
    said = proof.claim((made / "report" / "06_scores.ko.html").read_text("utf-8"))
    titles = {"prev": messages.text("overview.title").ko}
    day = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    assert said == proof.Claim("06_scores", ("ko",), "mine", {}, day, titles, (True, True))


def test_only_true_titles_of_other_pages_are_taken_over(made):
    said = proof.claim((made / "report" / "06_scores.ko.html").read_text("utf-8"))
    names = ["00_overview", "06_scores", "07_robustness"]
    links = proof._links(replace(said, titles={"prev": "06_scores", "next": "Build here"}), names)
    assert (links.previous.href, links.previous.title) == ("00_overview.ko.html", "?")
    assert (links.next.href, links.next.title) == ("07_robustness.ko.html", "?")
    assert links.index == "index.html#ko"
    assert links.other_language == "06_scores.en.html"


def test_manifest_lists_what_a_report_was_made_from_and_every_file(made):
    folder = made / "report"
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    pages_ = {path.name for path in folder.glob("*.html")}
    assert set(told["files"]) == pages_
    for name in pages_:
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert told["files"][name] == digest
    notebook = (made / "notebooks" / "06_scores.ipynb").read_bytes()
    assert told["notebooks"]["06_scores"] == hashlib.sha256(notebook).hexdigest()
    read = study.read(made / "mine")
    assert told["manifest"] == origins.manifest_id(study.origin(read))
    for name in sorted(pages_ - {"index.html"}):
        page = (folder / name).read_text("utf-8")
        assert f'<code class="manifest">{told["manifest"]}</code>' in page


def test_other_files_are_held_against_the_manifest_alone(tmp_path):
    manifest = tmp_path / "manifest.json"
    digest = hashlib.sha256(b"rows").hexdigest()
    manifest.write_text(json.dumps({"files": {"files/results.csv": digest}}), "utf-8")
    (tmp_path / "results.csv").write_bytes(b"rows")
    assert proof.verify(tmp_path / "results.csv", manifest=manifest) == []
    (tmp_path / "results.csv").write_bytes(b"others")
    (line,) = proof.verify(tmp_path / "results.csv", manifest=manifest)
    assert line.startswith("Manifest: SHA-256 printed ")


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("", "found notebook '', language none"),
        ('<html lang="ko"><meta name="notebook" content="../x">', "found notebook '../x'"),
        ('<html lang="de"><meta name="notebook" content="06_scores">', "language none"),
        ('<html lang="en"><meta name="notebook" content="06_scores">', "no name of a study"),
        (
            '<html lang="en"><meta name="notebook" content="06_scores">'
            "<dl><dt>name</dt><dd>../../etc</dd></dl>",
            "no folder data/studies/../../etc",
        ),
        (
            '<html lang="en"><meta name="notebook" content="06_scores">'
            "<dl><dt>name</dt><dd>nowhere</dd></dl>",
            "name its folder with --study",
        ),
    ],
)
def test_page_that_does_not_say_what_it_is_is_refused(html, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path, "06_scores", "scores")
    (tmp_path / "page.html").write_text(html, "utf-8")
    with pytest.raises(InputError, match=re.escape(said)):
        proof.verify(tmp_path / "page.html", notebooks=tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_file_that_is_no_page_is_refused(content, tmp_path, capsys):
    if content:
        (tmp_path / "page.html").write_bytes(content)
    assert cli.main(["verify", str(tmp_path / "page.html")]) == cli.WRONG_INPUT
    assert "a page of a report in UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"files": []}', "x", None])
def test_file_that_is_no_manifest_is_refused(written, tmp_path):
    (tmp_path / "page.html").write_text("<html>", "utf-8")
    if written is not None:
        (tmp_path / "manifest.json").write_text(written, "utf-8")
    with pytest.raises(InputError, match=r"allowed: manifest\.json of a report"):
        proof.verify(tmp_path / "page.html", manifest=tmp_path / "manifest.json")


def test_claimed_settings_are_read_as_they_were_written():
    assert proof._changes("seed = 7; limits.airport = A02; as_of = 2020-07-01; a = True") == {
        "seed": 7, "limits.airport": "A02", "as_of": "2020-07-01", "a": True,
    }  # fmt: skip
    assert proof._changes("") == {}


def test_folder_of_a_report_is_replaced_with_its_files_but_not_with_others(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "results.csv").write_text("rows", "utf-8")
    (tmp_path / "index.html").write_text("index", "utf-8")
    with pytest.raises(WriteError, match=r"not of a report \(files/results\.csv\)"):
        publish._check_replaceable(tmp_path)
    listed = {"files": {"index.html": "0", "files/results.csv": "0"}}
    (tmp_path / "manifest.json").write_text(json.dumps(listed), "utf-8")
    publish._check_replaceable(tmp_path)
    (tmp_path / "files" / "thesis.docx").write_text("precious", "utf-8")
    with pytest.raises(WriteError, match=r"not of a report \(files/thesis\.docx\)"):
        publish._check_replaceable(tmp_path)
