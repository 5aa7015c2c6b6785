"""Every notebook runs by hand: fresh kernel, own folder, settings as they stand, top to bottom."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS_A_CELL = 300


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
        "10_evaluation",
    ]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_runs_from_a_fresh_kernel(notebook, monkeypatch):
    # Kernels run side by side: more threads than cores would only slow them down.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    document = nbformat.read(notebook, as_version=4)
    NotebookClient(
        document,
        allow_errors=True,  # so that the first error is said in one line, without its traceback
        timeout=SECONDS_A_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
    ).execute()
    outputs = [output for cell in document.cells for output in cell.get("outputs", [])]
    errors = [f"{error.ename}: {error.evalue}" for error in outputs if error.output_type == "error"]
    assert errors[:1] == []
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
