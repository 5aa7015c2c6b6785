"""What a meeting reads of exposure and disruption: tables and names, in both languages."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from site_select import (
    benefits,
    confidentiality,
    costings,
    disruption,
    listings,
    messages,
    networks,
    resilience,
    stability,
)
from site_select.costings import named
from site_select.economics import QUANTILES, Site
from site_select.flow_maps import Flows
from site_select.messages import Text
from site_select.networks import Chain
from site_select.report import source_link
from site_select.study import Study
from site_select.tables import texts

Outcomes = Mapping[str, disruption.Outcome]
SHOWN = ("existing", "milk_run", "second_origin")
GROUPS = ("complex_id", "part", "firm")  # from the whole to its parts
GATES = {"departure_port": "departure_port", "arrival_port": "port", "arrival_airport": "air",
         "departure_airport": "air"}  # fmt: skip
UNTOLD = pd.DataFrame({"place_id": ["another"], "country": ["*"]})
CRITICAL_FORMATS = dict.fromkeys(
    ("weight_share", "weight_share_after", "firms_share", "firms_share_after"), "percent"
)
BY_KIND_FORMATS = dict.fromkeys(SHOWN, ",.2f")
SCENARIO_FORMATS = {"share": "percent"}


class Survival(NamedTuple):
    """Curves of one kind of node, and what their caption names."""

    curves: pd.DataFrame
    said: Mapping[str, Any]


def node_name(study: Study, site: Site, kind: str, name: str) -> Text:
    """Name of a node as a meeting reads it."""
    places = study.survey.overseas_places.set_index("place_id")["name"]
    if kind == "complex":
        own: Text = study.names[site.complex_id]
        return own
    if kind == "origin":
        return messages.text_or(f"exposures.country.{name}", name)
    if name in places.index:  # assumed parts carry their supplier's number
        seller = listings.place_name(places[name])
        return messages.text("exposures.part", name=seller) if kind == "part" else seller
    return Text(name, name) if name else messages.text(f"exposures.kind.{kind}")


def orders_text(study: Study) -> Text:
    """Say whether anybody has told of orders, and whose are not used since too few firms told."""
    count, least = len(study.survey.orders), study.settings.limits.minimum_firms
    said = messages.text(f"exposures.orders.{'some' if count else 'none'}", count=count)
    told = confidentiality.firms(study.everything.orders)
    few = told[told.index.isin(study.complexes.index) & (told < least)]
    if few.empty:
        return said
    complexes = listings.listed([listings.name_of(study, str(label)) for label in few.index])
    left_out = messages.text("confidentiality.left_out", complexes=complexes, least=least)
    return Text(f"{said.ko} {left_out.ko}", f"{said.en} {left_out.en}")


def basis(site: Site) -> Text:
    """Whether the imports of a site were surveyed or are assumed."""
    return messages.text(f"exposures.basis.{'assumed' if site.orders.empty else 'surveyed'}")


def network(study: Study, site: Site, chain: Chain) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes and links of a chain with their names; none where a way is that of too few firms."""
    nodes, links = networks.flows(chain)
    if benefits.hidden(study, site, ["part", "supplier", "mode"]).any():
        return nodes.iloc[:0], links.iloc[:0]
    only = _is_critical(study, site, networks.critical_nodes(chain)["firms_share"])
    only.index = only.index.map("/".join)
    nodes["critical"] &= only.reindex(nodes.index, fill_value=False)
    names = [node_name(study, site, kind, name) for kind, name in zip(
        nodes["kind"], nodes["name"], strict=True)]  # fmt: skip
    return nodes.assign(name=pd.Series(names, nodes.index, dtype=object)), links


def critical(study: Study, site: Site, every: Mapping[str, Chain]) -> pd.DataFrame:
    """What stops if one node stops, as it is and with the milk run, the heaviest first.

    Nodes of too few firms are left out, and counts of firms too small to be told.
    """
    before, after = (networks.critical_nodes(every[name]) for name in ("existing", "milk_run"))
    rows, few = before.join(after.add_suffix("_after")), benefits.few_nodes(study, site)
    rows = rows[[key not in few for key in rows.index]]
    rows = rows[(rows["weight_share"] > 0) | (rows["weight_share_after"] > 0)].sort_values(
        ["firms_share_after", "weight_share_after"], ascending=False, kind="stable"
    )
    names = [node_name(study, site, kind, name) for kind, name in rows.index]
    kinds = [messages.text(f"exposures.kind.{kind}") for kind, _ in rows.index]
    shares = rows[list(CRITICAL_FORMATS)].reset_index(drop=True)
    table = pd.DataFrame({"kind": kinds, "name": names}).join(shares)
    for name in ("firms_share", "firms_share_after"):
        if (is_rare := _is_rare(study, site, table[name])).any():
            hidden = messages.text("confidentiality.hidden")
            table[name] = table[name].astype(object).mask(is_rare, hidden)
    return table


def _is_critical(study: Study, site: Site, shares: "pd.Series[float]") -> "pd.Series[bool]":
    """Whether some firms have no way around a node; it is not said where too few have none."""
    counts, least = (
        shares.mul(benefits.firms_told(site)).round(6),
        study.settings.limits.minimum_firms,
    )
    return shares.gt(0) & ~counts.between(0, least, inclusive="neither")


def _is_rare(study: Study, site: Site, shares: ArrayLike) -> np.ndarray:
    """Whether each share of the firms that told is that of too few, or of all but too few."""
    of, least = benefits.firms_told(site), study.settings.limits.minimum_firms
    counts = (np.asarray(shares, dtype="float64") * of).round(6)
    return np.array([confidentiality.is_rare(count, of, minimum_firms=least) for count in counts])


def places(study: Study, site: Site, chain: Chain) -> Flows:
    """Map of both flows, its places ringed by the share of existing logistics that passes them."""
    shown, found = costings.flows(study, site), networks.critical_nodes(chain)
    few = benefits.few_nodes(study, site)
    found = found[[key not in few for key in found.index]]
    keys = [_node_of(site, str(key)) for key in shown.points.index]
    known = found.reindex(pd.MultiIndex.from_tuples(keys))
    return shown._replace(points=shown.points.assign(
        share=known["weight_share"].to_numpy(),
        critical=_is_critical(study, site, known["firms_share"]).to_numpy(),
    ))  # fmt: skip


def _node_of(site: Site, place: str) -> tuple[str, str]:
    if place.startswith("supplier"):
        number = int(place.removeprefix("supplier") or 0)
        return "supplier", list(dict.fromkeys(site.items["supplier"]))[number]
    return GATES.get(place, place), ""


def survival(study: Study, site: Site, every: Mapping[str, Chain], kind: str) -> Survival:
    """Share of firms that run on when the heaviest node of a kind, else of any, stops for good.

    Without curves where firms told their stock: each step would be one of them.
    """
    node = resilience.heaviest(every["existing"], kind)
    curves = resilience.survival(study, {name: every[name] for name in SHOWN}, node)
    rows = curves[curves["middle"] >= 0.5].groupby("chain")["days"].max()  # noqa: PLR2004 - half
    return Survival(curves.iloc[:0] if benefits.firms_told(site) else curves, {
        "name": node_name(study, site, *node), "before": int(rows.get("existing", 0)),
        "after": int(rows.get("milk_run", 0)),
    })  # fmt: skip


def size(draws: pd.DataFrame) -> dict[str, int]:
    """Draws and simulated years, for captions."""
    return {"draws": len(draws), "years": resilience.YEARS}


def steps(short: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Days short of the mean firm from existing logistics to the milk run, step by step."""
    return costings.intervals(short).rename({"milk_run": "shared_stock"})


def results(
    every: Mapping[str, Chain], found: Outcomes, short: Mapping[str, np.ndarray],
    draws: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """Shortage, service and recovery of each chain: middle of the draws and 5 to 95%."""
    columns = {}
    for name in SHOWN:
        chain, own = every[name], found[name]
        mean = partial(resilience.of_complex, chain)
        measures = {
            "short_days": short[name], "failures": mean(own.failures),
            "half_days": own.half_days, "half_years": own.half_years * 100,
            "fill_rate": mean(own.fill_rate(chain)) * 100,
            "recovery_days": mean(own.failure_days) / np.where(
                mean(own.failures) > 0, mean(own.failures), np.nan),
            "stock_days": mean(chain.stock_days), "interval_days": mean(chain.interval_days),
            "lead_days": mean(chain.lead_days),
            "cost": resilience.shortage_cost(chain, own, draws) / costings.MILLION,
        }  # fmt: skip
        columns[name] = {key: _interval(values) for key, values in measures.items()}
    return named(pd.DataFrame(columns), "exposures.measure")


def _interval(values: np.ndarray) -> Text | str:
    """Middle and spread; unknown where no draw has a figure."""
    if np.isnan(values).all():
        return messages.UNKNOWN
    low, middle, high = map(_figure, np.nanquantile(values, QUANTILES))
    return f"{middle} ({low} … {high})"


def _figure(value: float) -> str:
    return f"{value:,.1f}" if abs(value) >= 1 else f"{value:.2g}"


def by_kind(study: Study, site: Site, every: Mapping[str, Chain], found: Outcomes) -> pd.DataFrame:
    """Mean days short of the mean firm by the kind of node that stops; none of too few firms."""
    ways = {kind for kind, name in benefits.few_nodes(study, site) if not name}
    columns = {
        name: pd.Series(found[name].by_node.mean(axis=0), every[name].passes.index)
        .groupby(level="kind", sort=False).sum() for name in SHOWN
    }  # fmt: skip
    table = pd.DataFrame(columns).sort_values("existing", ascending=False)
    return named(table[(table > 0).any(axis=1) & ~table.index.isin(ways)], "exposures.kind")


def scenarios(
    study: Study, site: Site, every: Mapping[str, Chain], draws: pd.DataFrame
) -> pd.DataFrame:
    """Days short of the mean firm in each named scenario, as it is and with the milk run.

    Missing where nothing passes what stops; left out where that tells of too few firms.
    """
    chains = {name: every[name] for name in ("existing", "milk_run")}
    rows, few = {}, benefits.few_nodes(study, site)
    columns = ["scenario", "kind", "target"]
    for name, kind, target in study.survey.scenarios[columns].itertuples(index=False):
        if resilience.main_node(every["existing"], kind, target) in few:
            continue
        found = resilience.scenario(study, chains, draws, name)
        days = {key: resilience.of_complex(chains[key], own.short_days)
                for key, own in found.items()}  # fmt: skip
        rows[name] = np.ravel([np.quantile(days.get(key, [np.nan]), QUANTILES) for key in chains])
    columns = [f"{key}{end}" for key in chains for end in ("_low", "", "_high")]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def scenario_names(study: Study) -> "pd.Series[Any]":
    """Name of each scenario."""
    return texts(study.survey.scenarios.set_index("scenario"))


def scenario_table(study: Study, found: pd.DataFrame) -> pd.DataFrame:
    """Each scenario with what stops, for how long, by what source, and what it does."""
    rows = study.survey.scenarios.set_index("scenario").loc[found.index]
    days = zip(rows["days_low"], rows["days"], rows["days_high"], strict=True)
    return pd.DataFrame({
        "name": scenario_names(study)[found.index],
        "kind": [messages.text(f"exposures.kind.{kind}") for kind in rows["kind"]],
        "start": rows["start"].replace("", "–"),
        "days": [f"{low:g} / {middle:g} / {high:g}" for low, middle, high in days],
        "share": rows["share"],
        **{name: [messages.text("exposures.not_passed") if np.isnan(days) else f"{days:,.2f}"
                  for days in found[name]] for name in ("existing", "milk_run")},
        "quality": listings.grades_in_words(rows["quality"]),
        "source": rows["source"].map(source_link),
    }).reset_index(drop=True)  # fmt: skip


def simulated(
    study: Study, site: Site, every: Mapping[str, Chain], found: Outcomes
) -> pd.DataFrame:
    """Indices of exposure of the orders that were simulated, with and without stops."""
    known = pd.concat([study.survey.overseas_places, UNTOLD])
    columns = {}
    for name in ("existing", "milk_run"):
        chain, own = every[name], found[name]
        calm = own._replace(node_days=np.zeros_like(own.node_days))
        firms = [str(number + 1) for number in range(chain.count.shape[1])]
        for key, outcome in ((f"{name}_calm", calm), (name, own)):
            orders = disruption.orders(
                chain, outcome, firms, complex_id=site.complex_id, year=study.settings.as_of.year
            )
            columns[key] = stability.exposure(orders, known).iloc[0]
    return _exposure_rows(pd.DataFrame(columns))


def surveyed(
    study: Study, *, by: Sequence[str] = ("complex_id",), weight: str = "weight_t"
) -> pd.DataFrame:
    """Indices of exposure of the orders that were surveyed, a column per group.

    Where no complex has any, one column says of every index that it is unknown. Groups of too few
    firms, and those that would give them away, share one column that shows nothing.

    Parameters
    ----------
    study
        The study.
    by, weight
        As for `stability.exposure`: one or more of ``complex_id, part, firm``; ``weight_t`` or
        ``value_krw``.
    """
    if study.survey.orders.empty:
        return _exposure_rows(pd.DataFrame({"nobody": []}))
    orders, least = study.survey.orders, study.settings.limits.minimum_firms
    whole_first = [name for name in GROUPS if name in by]
    found = stability.exposure(
        confidentiality.answered(orders, by=whole_first, minimum_firms=least)
        if len(whole_first) > 1 else orders,
        study.survey.overseas_places, by=by, weight=weight,
        split_is_known=study.settings.logistics.split_is_known,
    )  # fmt: skip
    hidden = confidentiality.hidden(orders, by=whole_first, minimum_firms=least)
    hidden = hidden.rename("is").reset_index().set_index(list(by))["is"].reindex(found.index)
    keys, is_hidden = found.index.to_frame().astype("str"), hidden.to_numpy()
    keys[whole_first[-1]] = keys[whole_first[-1]].mask(is_hidden, f"n < {least}")
    names = keys.agg(" · ".join, axis=1)
    table = _exposure_rows(found.set_axis(names).T)
    table = table.loc[:, ~table.columns.duplicated()]
    nothing = pd.Series(messages.text("confidentiality.hidden"), table.index)
    return table.assign(**dict.fromkeys(names[is_hidden], nothing))


def _exposure_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Write low, value and high of each index into one cell."""
    ends = {name: (f"{name}_low", f"{name}_high") for name in stability.INTERVALS}
    ends["route_hhi"] = ("route_hhi", "route_hhi")
    rows = {
        name: [_bounds(*pair) for pair in found.reindex(list(some)).T.to_numpy(float)]
        for name, some in ends.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(found.columns))
    return named(table, "exposures.index")


def _bounds(low: float, high: float) -> Text | str:
    if pd.isna(low):
        return messages.UNKNOWN
    written = f"{low:,.3g}", f"{high:,.3g}"
    return " … ".join(dict.fromkeys(written))


def endurance(study: Study, site: Site, every: Mapping[str, Chain]) -> pd.DataFrame:
    """How long firms would run on, by the model and by what small firms told, side by side."""
    told, chain = resilience.hazards(study)["value"], every["existing"]
    node = resilience.heaviest(chain, "origin")
    days = disruption.time_to_survive(chain, node, samples=16, seed=study.settings.seed)
    held = resilience.of_complex(chain, chain.stock_days + chain.interval_days / 2)
    rows = {"stock": (_interval(held), told["raw_material_stock_days"])}
    for limit in (90, 180, 365):
        share = resilience.of_complex(chain, (days < limit).mean(axis=1))
        is_rare = _is_rare(study, site, np.quantile(share, QUANTILES)).any()
        modelled = messages.text("confidentiality.hidden") if is_rare else _interval(share * 100)
        rows[f"under_{limit}"] = modelled, told[f"endured_under_{limit}_days"] * 100
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["modelled", "told"])
    return named(table, "exposures.endurance")


def evidence(study: Study) -> pd.DataFrame:
    """What speaks for and against the criterion, and what it does to its weight of evidence."""
    rows = study.survey.evidence
    return pd.DataFrame({
        "side": [messages.text(f"exposures.side.{side}") for side in rows["side"]],
        "text": texts(rows, "text"), "effect": texts(rows, "effect"),
        "year": rows["year"].astype("str"), "quality": listings.grades_in_words(rows["quality"]),
        "source": rows["source"].map(source_link),
    }).reset_index(drop=True)  # fmt: skip


def flip(study: Study, site: Site, safer: float) -> Text:
    """Stock at which the answer turns, or that none does."""
    days = resilience.break_even_days(study, site)
    if np.isnan(days):
        kind = "milk_run" if safer > 0.5 else "existing"  # noqa: PLR2004 - the greater part
        return messages.text(f"exposures.flip.{kind}")
    return messages.text("exposures.flip.at", days=days)


def findings(
    every: Mapping[str, Chain], found: Outcomes, short: Mapping[str, np.ndarray],
    change: pd.DataFrame,
) -> dict[str, Any]:  # fmt: skip
    """Numbers of the last paragraphs of the page."""
    known = change.dropna(subset="value")
    sure = int((known["low"] > 0).sum() + (known["high"] < 0).sum())
    fill = {
        name: float(np.median(resilience.of_complex(chain, found[name].fill_rate(chain))))
        for name, chain in every.items()
    }
    return {
        **{name: float(np.median(days)) for name, days in short.items()},
        "safer": float((short["milk_run"] < short["existing"]).mean()),
        "half_before": float(found["existing"].half_years.mean()),
        "half_after": float(found["milk_run"].half_years.mean()),
        "fill_before": fill["existing"], "fill_after": fill["milk_run"],
        "known": len(known), "gain": int((known["value"] > 0).sum()), "open": len(known) - sure,
    }  # fmt: skip
