"""What the model says of single firms: restricted tables in a file of their own, on no page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Font

from site_select import (
    assessment,
    benefits,
    challenges,
    economics,
    messages,
    stability,
    workbooks,
)
from site_select.errors import SettingsError
from site_select.study import Study

OWNER_ONLY = 0o600


def results(study: Study) -> dict[str, pd.DataFrame]:
    """Everything the model says of single firms, those of too few for any page among them.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    dict
        ``exposure``, indices by firm; ``costs``, what each firm pays alone and under each rule of
        sharing [KRW/year], medians; ``answers``, the smallest change of one answer that makes each
        rival first; ``left_out``, who is first without one firm.

    Raises
    ------
    SettingsError
        If no firm has told of its orders.
    """
    orders = study.everything.orders
    orders = orders[orders["complex_id"].isin(study.complexes.index)]
    if orders.empty:
        raise SettingsError(
            f"{study.name} has no orders of firms: add orders.csv to the study, or collect forms"
        )
    whole = replace(study, survey=replace(study.survey, orders=orders))
    exposure = stability.exposure(
        orders, study.survey.overseas_places, by=["complex_id", "firm"],
        split_is_known=study.settings.logistics.split_is_known,
    )  # fmt: skip
    result = assessment.assess(study)
    return {
        "exposure": exposure.reset_index(), "costs": costs(whole),
        "answers": challenges.answer_flips(study, result),
        "left_out": challenges.left_out_firms(study, result),
    }  # fmt: skip


def costs(study: Study) -> pd.DataFrame:
    """What each surveyed firm pays alone and under each rule of sharing, medians [KRW/year].

    Parameters
    ----------
    study
        The study.
    """
    settings, found = study.settings, []
    for label, site in economics.sites(study).items():
        if not site.orders.empty:
            draws = economics.drawn(site, n_samples=settings.logistics.n_draws, seed=settings.seed)
            shares = benefits.shares(site.compare(draws))
            paid = {rule: np.median(of_firm, axis=0) for rule, of_firm in shares.items()}
            firms = {"complex_id": label, "firm": site.demand(draws).firms}
            found.append(pd.DataFrame(firms | paid))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["complex_id"])


def write(study: Study, path: Path) -> Path:
    """Write the restricted tables, a sheet each, for the eyes of the owner of the file alone.

    Parameters
    ----------
    study
        The study.
    path
        Workbook; a file that is there is replaced.

    Raises
    ------
    SettingsError
        If no firm has told of its orders.
    WriteError
        If it cannot be written.
    """
    book = Workbook()
    book.remove(book.active)
    said = messages.text("confidentiality.restricted")
    for name, table in results(study).items():
        title = messages.text(f"confidentiality.sheet.{name}")
        sheet = book.create_sheet(f"{title.ko} {title.en}")
        mark = messages.text("forms.synthetic").ko if study.settings.synthetic else ""
        warning = workbooks.put(sheet, 1, 1, f"{said.ko} / {said.en} {mark}".rstrip())
        warning.font = Font(bold=True, color="C00000")
        for column, (heading, cells) in enumerate(table.items(), start=1):
            for row, value in enumerate([heading, *cells], start=2):
                workbooks.put(sheet, row, column, value)
        sheet.freeze_panes = "A3"
    workbooks.save(book, path, mode=OWNER_ONLY)
    return path
