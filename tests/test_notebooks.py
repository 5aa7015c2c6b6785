"""The notebooks of the survey: which there are, and that a report runs each of them."""

from pathlib import Path

from site_select import study

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_the_survey_has_its_notebooks_in_order():
    assert [notebook.stem for notebook in NOTEBOOKS] == [
        "00_overview",
        "01_long_list",
        "02_supply_chain_stability",
        "03_economic_effect",
        "04_infrastructure",
        "05_geography",
        "06_scores",
        "07_robustness",
        "08_decision_brief",
        "09_rollout",
        "10_evaluation",
    ]


def test_the_desk_report_runs_every_notebook():
    """Each in a kernel of its own: `test_desk_report` sees that none fails or complains."""
    named = study.read(FOLDER.parent / "data/studies/desk").settings.notebooks
    assert named.split(";") == [notebook.stem for notebook in NOTEBOOKS]
