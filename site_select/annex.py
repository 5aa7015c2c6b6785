"""Annex for the agreement: what the study knows filled in with its source, the rest left blank.

Written as a Word document (Office Open XML) from a template of its own: the parties edit it, and
every office suite opens it offline.
"""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from site_select import benefits, costings, economics, listings, messages, milkrun
from site_select.economics import QUANTILES, Site
from site_select.messages import LANGUAGES, Language, Text
from site_select.milkrun import Comparison
from site_select.study import Study

MILLION = 1e6
PARTS = (
    "[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels", "docProps/core.xml",
    "word/styles.xml", "word/footer.xml", "word/document.xml",
)  # fmt: skip
PUBLISHED = {  # of the pilot: what stands beside the baseline
    "plan_2020": ("orders_before", "orders_after", "logistics_saving_rate"),
    "result_2021": ("orders_before", "orders_after", "logistics_saving_rate"),
}
_NOTHING = Text("", "")
FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # by XML


@dataclass(frozen=True)
class Line:
    """One line of the annex.

    Attributes
    ----------
    item
        What is agreed on.
    found
        What the study says of it; ``None`` where it says nothing.
    basis
        How far that can be trusted, and where it comes from.
    is_open
        Whether the parties have to write something.
    """

    item: Text
    found: Text | None = None
    basis: Text = _NOTHING
    is_open: bool = True


@dataclass(frozen=True)
class Section:
    """One part of the annex, with a sentence on what it is for; a form is only signed."""

    heading: Text
    remark: Text
    lines: tuple[Line, ...]
    is_form: bool = False


@dataclass(frozen=True)
class Annex:
    """The whole annex: its opening paragraphs and its parts; whether the data were made up."""

    name: Text
    opening: tuple[Text, ...]
    sections: tuple[Section, ...]
    manifest: str
    is_synthetic: bool


def site_of(study: Study, record: Mapping[str, Any] | None) -> Site:
    """Complex that the annex is filled for: the first by rank whose logistics can be compared.

    Parameters
    ----------
    study
        The study.
    record
        Record of its run; none where the study ranks nothing.
    """
    if record:
        order = [
            record["verdict"]["leader"],
            *(one["complex_id"] for one in record["alternatives"]),
        ]
        known = economics.sites(study, dict.fromkeys(order))
        if known:
            return next(iter(known.values()))
    return costings.detailed(study, economics.saving_per_firm(study)["value"])


def filled(study: Study, record: Mapping[str, Any] | None) -> Annex:
    """Fill the annex from the results of a study.

    Parameters
    ----------
    study
        The study.
    record
        Record of its run; none where the study ranks nothing.
    """
    site = site_of(study, record)
    draws = economics.drawn(
        site, n_samples=study.settings.logistics.n_draws, seed=study.settings.seed
    )
    found = site.compare(draws)
    basis = _basis(site)
    name = listings.name_of(study, site.complex_id)
    sections = {
        "parties": _parties(study, site, basis),
        "roles": _roles(found, basis),
        "parts": _parts(study, site),
        "volumes": _volumes(found, basis),
        "sharing": _sharing(study, site, found, draws, basis),
        "stock": _stock(site, draws, found, basis),
        "unsold": _unsold(found, basis),
        "baseline": _baseline(study, found, basis),
        "exit": _exit(found, basis),
    }
    signed = _blanks("signatures", "complex", "firms", "operator", "authority")
    return Annex(
        name, tuple(_opening(study, record, site)),
        (*(_section(key, lines) for key, lines in sections.items()),
         _section("signatures", signed, is_form=True)),
        record["manifest"] if record else "", study.settings.synthetic,
    )  # fmt: skip


def _section(key: str, lines: list[Line], *, is_form: bool = False) -> Section:
    return Section(_said(f"{key}.heading"), _said(f"{key}.remark"), tuple(lines), is_form)


def _said(key: str, **values: object) -> Text:
    return messages.text(f"annex.{key}", **values)


def _blanks(section: str, *keys: str) -> list[Line]:
    """Lines that the study knows nothing of."""
    return [Line(_said(f"{section}.{key}")) for key in keys]


def _basis(site: Site, of: str = "") -> Text:
    """What the computed figures rest on; or, ``of="told."``, where parts and suppliers are from."""
    return _said(f"basis.{of}{'assumed' if site.orders.empty else 'surveyed'}")


def _sourced(row: "pd.Series[Any] | pd.DataFrame") -> Text:
    """Quality and source of a row of a table."""
    quality = messages.text(f"figures.quality.{row['quality']}")
    source = messages.translated("sources", str(row["source"]))
    return _said("basis.row", quality=quality, source=source)


def _range(values: np.ndarray, key: str, *, scale: float = 1.0) -> Text:
    """Median of draws with their 5% and 95%, in the unit of message ``annex.unit.KEY``."""
    low, middle, high = np.quantile(values, QUANTILES) / scale
    return _said(f"unit.{key}", low=low, middle=middle, high=high)


def _opening(study: Study, record: Mapping[str, Any] | None, site: Site) -> list[Text]:
    """What the reader has to know before the first line."""
    settings, name = study.settings, listings.name_of(study, site.complex_id)
    said = [
        _said("opening.draft", name=name,
              study=settings.name, day=settings.as_of),
        _said("opening.figures", **costings.counted_kinds(site.of)),
    ]  # fmt: skip
    if record is None:
        return said
    verdict = record["verdict"]
    leader, word = listings.name_of(study, verdict["leader"]), verdict["word"]
    said.append(_said(f"opening.{word}", leader=leader, share=verdict["share"],
                      coverage=verdict["coverage"]))  # fmt: skip
    if leader != name:
        said.append(_said("opening.other", leader=leader, name=name))
    return said


def _parties(study: Study, site: Site, basis: Text) -> list[Line]:
    """Who agrees: the complex, its firms and body, suppliers, and who is not yet known."""
    label = site.complex_id
    home = study.complexes.loc[label]
    place = Text(f"{home['province_ko']} {home['county_ko']}",
                 f"{home['county_ko']}, {home['province_en']}")  # fmt: skip
    facts = study.survey.complex_facts
    told = facts[(facts["complex_id"] == label) & (facts["indicator"] == "ordering_body")
                 & (facts["text"] != "")]  # fmt: skip
    bodies = [Line(_said("parties.body"), words, _sourced(row)) for words, (_, row) in
              zip(listings.worded(told, "text"), told.iterrows(), strict=True)]  # fmt: skip
    bodies = bodies or [Line(_said("parties.body"), messages.UNKNOWN)]
    return [
        Line(_said("parties.complex"), listings.name_of(study, label), _sourced(home),
             is_open=False),
        Line(_said("parties.place"), place, _sourced(home), is_open=False),
        _firms(study, site, basis),
        *bodies,
        Line(_said("parties.suppliers"), _sellers(study, site, site.items["supplier"]),
             _basis(site, "told.")),
        *_blanks("parties", "operator", "forwarder", "authority"),
    ]  # fmt: skip


def _sellers(study: Study, site: Site, suppliers: "pd.Series[Any]") -> Text:
    """Names of suppliers; not of those that too few firms told of."""
    names = study.survey.overseas_places.set_index("place_id")["name"]
    few = set() if site.orders.empty else benefits.few_nodes(study, site)
    said = [messages.text("confidentiality.hidden") if ("supplier", one) in few
            else listings.place_name(names[one]) for one in dict.fromkeys(suppliers)]  # fmt: skip
    return listings.listed(list(dict.fromkeys(said)))


def _firms(study: Study, site: Site, basis: Text) -> Line:
    """How many firms take part, as far as anyone told."""
    if not site.orders.empty:
        count = int(site.orders.drop_duplicates("firm")["firms"].sum())
        return Line(_said("parties.firms"), _said("unit.firms", count=count), basis)
    row = economics.root_firms(study).loc[site.complex_id]
    known = _said("unit.firms_range", low=row["low"], middle=row["value"], high=row["high"])
    return Line(_said("parties.firms"), known, _sourced(row))


def _roles(found: Comparison, basis: Text) -> list[Line]:
    """Who does what, with what it would cost a year."""
    run = found.milk_run
    work = {"tour": ("freight",), "handling": ("handling",), "customs": ("customs",),
            "warehouse": ("warehouse",), "coordination": ("coordination", "ordering"),
            "distribution": ("distribution",)}  # fmt: skip
    lines = [Line(_said(f"roles.{key}"), _range(run.total(*names), "money", scale=MILLION), basis)
             for key, names in work.items()]  # fmt: skip
    return [*lines, *_blanks("roles", "accounts", "measuring")]


def _parts(study: Study, site: Site) -> list[Line]:
    """What is bought together; nothing of parts that too few firms buy."""
    is_told, basis = not site.orders.empty, _basis(site, "told.")
    is_hidden = benefits.hidden(study, site, ["part"]) if is_told else pd.Series(dtype=bool)
    lines = []
    for part, own in site.items.groupby("part", sort=False):
        sellers = _sellers(study, site, own["supplier"])
        if is_told and is_hidden.get(part, True):
            continue
        said = _said("parts.of", part=part, suppliers=sellers)
        lines.append(Line(_said("parts.part") if is_told else _said("parts.assumed"),
                          said if is_told else sellers, basis))  # fmt: skip
    if is_told and is_hidden.any():
        lines.append(Line(_said("parts.part"), messages.text("confidentiality.hidden"), basis))
    known = costings.known_terms(study, site)
    return [*lines, Line(_said("parts.terms"), known, basis),
            *_blanks("parts", "customs_code", "specification", "substitute")]  # fmt: skip


def _volumes(found: Comparison, basis: Text) -> list[Line]:
    """How much moves a year, in how many shipments."""
    count, run = found.own_best.count, found.milk_run
    weight = (found.weight_t * count).sum(axis=-1)
    purchase = (found.purchase_krw * count).sum(axis=-1)
    shipments = run.total("shipments")
    figures = {
        "tonnes": _range(weight, "tonnes"),
        "purchase": _range(purchase, "money", scale=MILLION),
        "runs": _range(shipments, "times"),
        "lot": _range(weight / shipments, "t"),
    }
    return [
        *(Line(_said(f"volumes.{key}"), value, basis) for key, value in figures.items()),
        *_blanks("volumes", "least", "forecast", "change"),
    ]


def _sharing(
    study: Study, site: Site, found: Comparison, draws: pd.DataFrame, basis: Text
) -> list[Line]:
    """What there is to share, under which rule a firm pays how much, and the outlay."""
    npv = benefits.npv_of(study, np.subtract(*benefits.yearly_benefit(found)),
                          draws["investment"].to_numpy())  # fmt: skip
    money = {"cost": found.milk_run.total(), "bill": found.milk_run.total(*milkrun.PAID),
             "saving": found.saving, "npv": npv}  # fmt: skip
    lines = [Line(_said(f"sharing.{key}"), _range(values, "money" if key != "npv" else "money_once",
                                                  scale=MILLION), basis, is_open=False)
             for key, values in money.items()]  # fmt: skip
    share = float((found.saving > 0).mean())
    lines.append(Line(_said("sharing.positive"), _said("unit.share", share=share), basis,
                      is_open=False))  # fmt: skip
    table = costings.sharing_table(study, site, benefits.told_apart(site, draws))
    for rule, row in table.iterrows():
        least, most = (messages.formatted(row[end], "number") for end in ("least", "most"))
        said = _said("sharing.firm", least=least, most=most, nobody=row["nobody_worse"])
        lines.append(Line(_said("sharing.rule", rule=rule), said, basis, is_open=False))
    outlay = site.of.loc["investment"]
    bounds = {end: outlay[end] / MILLION for end in ("low", "high")}
    lines.append(Line(_said("sharing.investment"),
                      _said("unit.money_once", middle=outlay["value"] / MILLION, **bounds),
                      _sourced(outlay)))  # fmt: skip
    return [*lines, *_blanks("sharing", "agreed", "settlement", "loss", "subsidy")]


def _stock(site: Site, draws: pd.DataFrame, found: Comparison, basis: Text) -> list[Line]:
    """How much stock stands in the shared warehouse, what it binds and costs."""
    run, price = found.milk_run, draws["part_price"].to_numpy() * 1000
    rate = site.of.loc["holding_rate"]
    figures = {
        "peak": _range(run.total("peak_t"), "t"),
        "mean": _range(run.total("stock_t"), "t"),
        "bound": _range(run.total("stock_t") * price, "money_once", scale=MILLION),
        "cost": _range(run.total(*milkrun.STOCK), "money", scale=MILLION),
    }
    held = _said("unit.share_range", low=rate["low"], middle=rate["value"], high=rate["high"])
    return [
        *(Line(_said(f"stock.{key}"), value, basis, is_open=False)
          for key, value in figures.items()),
        Line(_said("stock.rate"), held, _sourced(rate)),
        *_blanks("stock", "owner", "financing", "passing", "insurance", "keeper"),
    ]  # fmt: skip


def _unsold(found: Comparison, basis: Text) -> list[Line]:
    """How long the stock lasts, and what nobody has settled about what is left."""
    weight = (found.weight_t * found.milk_run.count).sum(axis=-1)
    days = found.milk_run.total("stock_t") / weight * 365
    return [
        Line(_said("unsold.days"), _range(days, "days"), basis, is_open=False),
        *_blanks("unsold", "when", "taker", "price", "obsolete", "fund"),
    ]


def _baseline(study: Study, found: Comparison, basis: Text) -> list[Line]:
    """Measures of existing logistics, beside those of the milk run, and of the pilot."""
    weight = (found.weight_t * found.own_best.count).sum(axis=-1)
    measures: dict[str, tuple[Callable[[milkrun.Costs], np.ndarray], str]] = {
        "bill": (lambda chain: chain.total(*milkrun.PAID) / MILLION, "money"),
        "total": (lambda chain: chain.total() / MILLION, "money"),
        "shipments": (lambda chain: chain.total("shipments"), "times"),
        "lead": (lambda chain: chain.total("tonne_days") / weight, "days"),
        "stock": (lambda chain: chain.total("stock_t") / weight * 365, "days"),
        "co2e": (lambda chain: chain.total("co2e_t"), "tonnes"),
    }
    lines = [
        Line(_said(f"baseline.{key}"),
             _said("baseline.both", now=_range(of(found.existing), unit),
                   then=_range(of(found.milk_run), unit)), basis)
        for key, (of, unit) in measures.items()
    ]  # fmt: skip
    return [*lines, *_pilot(study), *_blanks("baseline", "who", "how_often", "data")]


def _pilot(study: Study) -> list[Line]:
    """What was published of the pilot, to hold targets against."""
    rows, lines = study.survey.pilot_gwangju, []
    for stage, quantities in PUBLISHED.items():
        own = rows[(rows["stage"] == stage) & rows["quantity"].isin(quantities)]
        for _, row in own.iterrows():
            what = messages.text(f"economics.quantity.{row['quantity']}")
            item = _said("baseline.pilot", stage=messages.text(f"economics.stage.{stage}"),
                         quantity=what)  # fmt: skip
            said = listings.quantity(row["value"], row["unit"])
            if row["unit"] == "fraction":
                said = messages.formatted(row["value"], "percent")
            lines.append(Line(item, said, _sourced(row), is_open=False))
    return lines


def _exit(found: Comparison, basis: Text) -> list[Line]:
    """When the arrangement ends; how likely the study thinks the case for it."""
    loss = float((found.saving <= 0).mean())
    return [
        Line(_said("exit.no_saving"), _said("unit.share", share=loss), basis, is_open=False),
        Line(_said("exit.saving"), _range(found.saving, "money", scale=MILLION), basis),
        *_blanks("exit", "firms", "review", "notice", "stock", "assets", "data", "law"),
    ]


def document(annex: Annex, *, language: Language) -> bytes:
    """Write an annex as a Word document, with the same bytes each time.

    Parameters
    ----------
    annex
        The annex.
    language
        Language of the document.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        for part in PARTS:
            own = _environment().get_template("annex.xml").render(
                part=part, annex=annex, language=language,
                said=lambda key: _said(key).in_(language),
                mark=messages.text("common.notice.synthetic").in_(language),
            )  # fmt: skip
            entry = zipfile.ZipInfo(part)  # of 1980
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
            package.writestr(entry, FORBIDDEN.sub("\ufffd", own).encode())
    return written.getvalue()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("site_select"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def write(study: Study, record: Mapping[str, Any] | None, folder: Path) -> None:
    """Write the annex in both languages.

    Parameters
    ----------
    study
        The study.
    record
        Record of its run; none where the study ranks nothing.
    folder
        Where; ``annex.ko.docx`` and ``annex.en.docx``.
    """
    annex = filled(study, record)
    for language in LANGUAGES:
        (folder / f"annex.{language}.docx").write_bytes(document(annex, language=language))
