"""What a meeting reads of the economics: tables, sentences and places, in both languages."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from shapely import LineString

from site_select import benefits, freight, lanes, listings, messages, milkrun, parameters, sharing
from site_select.chains import stretches as every_stretch
from site_select.confidentiality import told
from site_select.economics import QUANTILES, Site, sites
from site_select.flow_maps import Flows
from site_select.messages import Text
from site_select.milkrun import Comparison
from site_select.replenishment import DAYS_PER_YEAR
from site_select.report import source_link
from site_select.study import Study
from site_select.tables import texts

MILLION = 1e6
CHAINS = ("surveyed", "own_best", "milk_run")
SPREAD = {"low": ",.1f", "middle": ",.1f", "high": ",.1f"}
SHARING_FORMATS = {"least": ",.2f", "most": ",.2f", "worse": ",.0f", "nobody_worse": "percent"}
SENSITIVE = 12  # parameters shown in a figure
SOBOL_SAMPLES = 256
COMPONENT_FORMATS = dict.fromkeys(CHAINS, ",.1f")
SAVING_FORMATS = {"per_firm": ",.1f", "share": "percent1", "total": ",.0f", "positive": "percent",
                  "joining": "", "firms": "", "tonnes": ""}  # fmt: skip


def detailed(study: Study, gain: "pd.Series[float]") -> Site:
    """Complex that is shown in detail: the one chosen in 2020, else that of the largest gain.

    Parameters
    ----------
    study
        The study.
    gain
        What the milk run does for each complex that can be compared; missing for the others.
    """
    label, known = study.settings.limits.chosen_in_2020, gain.dropna()
    if label not in known.index:
        label = str(known.idxmax())
    return sites(study, [label])[label]


def node_names(places: pd.DataFrame) -> "pd.Series[Any]":
    """Names of the gates and the complex for the drawn chains; suppliers stay suppliers."""
    return places.loc[~places.index.str.startswith("supplier"), "name"]


def basis(site: Site) -> Text:
    """Whether the imports of a site were surveyed or are assumed."""
    return messages.text(f"economics.basis.{'assumed' if site.orders.empty else 'surveyed'}")


def stretches(study: Study, site: Site) -> pd.DataFrame:
    """Every stretch of both chains; none where a mode is that of too few firms."""
    found = every_stretch(site)
    return found.iloc[:0] if benefits.hidden(study, site, ["mode"]).any() else found


def known_terms(study: Study, site: Site) -> Text:
    """Terms of delivery of the orders, as far as they are known and of enough firms."""
    is_hidden = benefits.hidden(study, site, ["incoterm"])
    known = sorted(set(is_hidden.index[~is_hidden]) - {"unknown"})
    if not known:
        return messages.text("economics.terms.unknown")
    return messages.text("economics.terms.known", terms=", ".join(known))


def _by_chain(found: Comparison) -> dict[str, milkrun.Costs]:
    every = dict(zip(CHAINS, (found.surveyed, found.own_best, found.milk_run), strict=True))
    return {name: costs for name, costs in every.items() if costs is not None}


def mean_components(found: Comparison) -> pd.DataFrame:
    """Mean cost a year by chain and component [KRW]; means add up, medians do not."""
    return pd.DataFrame({
        name: {part: costs.total(part).mean() for part in milkrun.COMPONENTS}
        for name, costs in _by_chain(found).items()
    }).T  # fmt: skip


def components(found: Comparison) -> pd.DataFrame:
    """Cost by component and the measures of each chain, means of all draws."""
    weight = (found.weight_t * found.own_best.count).sum(axis=-1)
    columns = {}
    for name, costs in _by_chain(found).items():
        money = {part: costs.total(part).mean() / MILLION for part in milkrun.COMPONENTS}
        columns[name] = {
            **money, "paid": costs.total(*milkrun.PAID).mean() / MILLION,
            "total": costs.total().mean() / MILLION,
            "shipments": costs.total("shipments").mean(), "co2e_t": costs.total("co2e_t").mean(),
            "lead_days": (costs.total("tonne_days") / weight).mean(),
            "stock_days": (costs.total("stock_t") / weight).mean() * 365,
        }  # fmt: skip
    table = pd.DataFrame(columns)
    names = [
        messages.text_or(
            f"cost_figures.component.{part}", messages.text_or(f"costings.measure.{part}", part)
        )
        for part in table.index
    ]
    return table.set_index(pd.Index(names, dtype=object, name="quantity"))


def named(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Write the words ``KEY.ROW`` of the catalogue before each row."""
    words = [messages.text(f"{key}.{row}") for row in table.index]
    return table.set_index(pd.Index(words, dtype=object, name=key.rpartition(".")[2]))


def intervals(values: Mapping[str, np.ndarray], *, scale: float = 1.0) -> pd.DataFrame:
    """5%, 50% and 95% of several results."""
    rows = {name: np.quantile(of, QUANTILES) / scale for name, of in values.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["low", "middle", "high"])


def results(study: Study, found: Comparison, draws: pd.DataFrame) -> pd.DataFrame:
    """Headline results of one complex with their spread [M KRW a year; NPV M KRW]."""
    count = found.own_best.count
    benefit, running = benefits.yearly_benefit(found)
    money = {
        "existing": found.existing.total(), "own_best": found.own_best.total(),
        "milk_run": found.milk_run.total(), "credited": found.saving,
        "paid": found.own_best.total(*milkrun.PAID) - found.milk_run.total(*milkrun.PAID),
        "price_effect": (found.price_effect_krw * count).sum(axis=-1),
        "npv": benefits.npv_of(study, benefit - running, draws["investment"].to_numpy()),
    }  # fmt: skip
    return named(intervals(money, scale=MILLION), "costings.result")


def drivers(site: Site) -> tuple[pd.DataFrame, float]:
    """Swings of the credited saving, one parameter at a time, and its value [KRW]."""
    table = parameters.tornado(site.saving, site.of)
    return table[table["swing"] > 0], float(site.saving(parameters.central(site.of))[0])


def variance_shares(site: Site, swings: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """First and total Sobol indices of the parameters that move the credited saving at all."""
    still = ~site.of.index.isin(swings.index)
    of = site.of.copy()
    of.loc[still, ["low", "high"]] = of.loc[still, ["value", "value"]].to_numpy()
    return parameters.sobol(site.saving, of, n_samples=SOBOL_SAMPLES, seed=seed)


def parameter_names(of: pd.DataFrame) -> "pd.Series[Any]":
    """Name of every parameter in both languages; firms is the count of the complex itself."""
    names = texts(of.fillna({"name_ko": "", "name_en": ""}))
    if "firms" in names.index:
        names["firms"] = messages.text("costings.firms")
    return names


def figure(value: float) -> str:
    """Write a number of any size without powers of ten.

    Examples
    --------
    >>> figure(80_000_000.0), figure(0.743)
    ('80,000,000', '0.743')
    """
    small = np.format_float_positional(value, precision=4, fractional=False, trim="-")
    return f"{value:,.0f}" if abs(value) >= 999.95 else small  # noqa: PLR2004


def parameter_table(of: pd.DataFrame) -> pd.DataFrame:
    """Every parameter with its range, whether it is public or assumed, and its source."""
    rows = of.drop(index="firms", errors="ignore")
    bounds = {bound: rows[bound].map(figure) for bound in parameters.BOUNDS}
    return pd.DataFrame({
        "name": texts(rows), **bounds, "unit": rows["unit"].map(listings.unit_name),
        "year": rows["year"].astype("str"),
        "kind": [messages.text(f"costings.kind.{kind}") for kind in rows["kind"]],
        "spread": [messages.text(f"costings.kind.{kind}") for kind in rows["spread"]],
        "quality": listings.grades_in_words(rows["quality"]),
        "source": rows["source"].map(source_link),
    }).reset_index(drop=True)  # fmt: skip


def counted_kinds(of: pd.DataFrame) -> dict[str, int]:
    """Number of parameters that are published, derived and assumed."""
    counts = of["kind"].value_counts()
    return {kind: int(counts.get(kind, 0)) for kind in ("published", "derived", "assumed")}


def savings_table(study: Study, savings: pd.DataFrame, least: pd.DataFrame) -> pd.DataFrame:
    """Saving per firm and per won of imports by complex, largest first, and least sizes."""
    rows = savings.join(least).sort_values("own", ascending=False)
    low, high = (rows[f"per_firm_{end}"] / MILLION for end in ("low", "high"))
    between = [f"{a:,.1f} … {b:,.1f}" for a, b in zip(low, high, strict=True)]
    return pd.DataFrame({
        "name": study.names[rows.index], "per_firm": rows["per_firm"] / MILLION,
        "between": between, "share": rows["share"], "positive": rows["positive"],
        **{name: _least(rows, name) for name in ("joining", "firms", "tonnes")},
        "total": rows["total"] / MILLION,
    }, index=rows.index)  # fmt: skip


def _least(rows: pd.DataFrame, name: str) -> "pd.Series[Any]":
    """Sizes as text: not asked where orders were surveyed, none where no size tried suffices."""
    said = [
        messages.text("costings.surveyed") if is_surveyed
        else messages.text("costings.none_tried") if pd.isna(value) else f"{value:,.0f}"
        for is_surveyed, value in zip(rows["is_surveyed"], rows[name], strict=True)
    ]  # fmt: skip
    return pd.Series(said, rows.index, dtype=object)


def warehouse(site: Site, draws: pd.DataFrame, found: Comparison) -> pd.DataFrame:
    """Peak stock against area, floor and handler of the shared warehouse."""
    of = {name: rate[:, 0, 0] for name, rate in site.market(draws).rates.items()}
    peak, area, pallet = found.milk_run.total("peak_t"), of["warehouse_area"], of["pallet_weight"]
    needed = milkrun.storage_area_m2(peak, of)
    load = peak / (np.maximum(area, needed) * of["usable_floor"])
    checks = {
        "peak_t": (peak, None), "area_m2": (needed, needed <= area),
        "floor_t_m2": (load, load <= of["floor_limit"]),
        "pallet_t": (pallet, pallet <= of["handler_limit"]),
    }  # fmt: skip
    rows = intervals({name: values for name, (values, _) in checks.items()})
    table = named(rows, "costings.result")
    table["held"] = ["–" if fits is None else f"{fits.mean():.0%}" for _, fits in checks.values()]
    return table


def sharing_table(study: Study, site: Site, found: Comparison) -> pd.DataFrame:
    """Each rule of sharing the cost: least and most a firm pays, and how many more than alone.

    Where firms told their orders, what one of them pays is not shown, nor a count of too few.
    """
    shares = benefits.shares(found)
    alone = shares.pop("alone")
    more = {rule: sharing.pays_more(paid, alone) for rule, paid in shares.items()}
    table = pd.DataFrame({
        "rule": [messages.text(f"cost_figures.rule.{rule}") for rule in shares],
        "least": [np.median(paid.min(axis=1)) / MILLION for paid in shares.values()],
        "most": [np.median(paid.max(axis=1)) / MILLION for paid in shares.values()],
        "worse": [float(np.median(is_more.sum(axis=1))) for is_more in more.values()],
        "nobody_worse": [float((~is_more.any(axis=1)).mean()) for is_more in more.values()],
    }).set_index("rule")  # fmt: skip
    if not benefits.firms_told(site):
        return table
    least, nothing = study.settings.limits.minimum_firms, messages.text("confidentiality.hidden")
    worse = [told(round(count), alone.shape[1], minimum_firms=least) for count in table["worse"]]
    words = {"least": [nothing] * len(worse), "most": [nothing] * len(worse), "worse": worse}
    return pd.DataFrame(words, table.index).join(table["nobody_worse"])


def median_shares(site: Site, found: Comparison) -> "dict[str, np.ndarray] | pd.DataFrame":
    """What each firm pays under each rule, medians [KRW a year]; nothing where firms told it."""
    if benefits.firms_told(site):
        return pd.DataFrame()
    return {rule: np.median(paid, axis=0)
            for rule, paid in benefits.shares(found).items()}  # fmt: skip


def terms(site: Site) -> pd.DataFrame:
    """Part of today's bill for the way that the firm itself pays under each term of delivery."""
    draws = parameters.central(site.of)
    of, demand = site.market(draws).rates, site.demand(draws)
    modes = freight.modes(site.region, of)
    ways = demand.surveyed or {modes[0]: (demand.weight_t, np.ones_like(demand.weight_t))}
    lane = site.lane._replace(port_km=site.lane.via_km)  # part loads pass the forwarder's depot
    paid: dict[str, float] = {}
    for mode, (weight, times) in ways.items():
        lot = np.divide(weight, times, out=np.zeros_like(weight), where=times > 0)
        for leg in freight.chain(mode, freight.load(lot, of), lane, of, site.fares):
            if leg.component != "duty":
                cost = float(np.sum(leg.krw * np.where(weight > 0, times, 0)))
                paid[leg.stage] = paid.get(leg.stage, 0.0) + cost
    whole = sum(paid.values())
    return pd.DataFrame({
        "term": list(freight.PAID_BY_BUYER),
        "share": [sum(paid.get(stage, 0.0) for stage in stages) / whole
                  for stages in freight.PAID_BY_BUYER.values()],
    }).set_index("term")  # fmt: skip


def appraisal_table(study: Study, site: Site) -> pd.DataFrame:
    """Net present value, benefit-cost ratio, internal rates and payback, with and without price."""
    found = benefits.appraise(study, site)
    rows = []
    for name in ("logistics", "with_price_effect"):
        measures = getattr(found, name)
        rates = [f"{rate:,.1%}" for rate in measures.internal_rates]
        rows.append({
            "view": messages.text(f"costings.view.{name}"), "npv": measures.npv_krw / MILLION,
            "ratio": measures.benefit_cost_ratio,
            "rates": ", ".join(rates) if rates else messages.text("costings.no_rate"),
            "payback": measures.payback_years,
        })  # fmt: skip
    members = {"view": messages.text("costings.view.members"),
               "npv": found.npv_to_members_krw / MILLION, "ratio": "–", "rates": "–",
               "payback": "–"}  # fmt: skip
    return pd.DataFrame([*rows, members]).set_index("view")


def switching_table(study: Study, site: Site, names: list[str]) -> pd.DataFrame:
    """Value of each parameter at which the net present value is zero, within its range."""
    turns = benefits.switching_values(study, site, names)
    of = site.of.loc[names]
    return pd.DataFrame({
        "name": parameter_names(site.of)[names],
        **{bound: of[bound].map(figure) for bound in parameters.BOUNDS},
        "unit": of["unit"].fillna("").map(listings.unit_name),
        "turns": [messages.text("costings.never") if np.isnan(at) else figure(at)
                  for at in turns],
    }).reset_index(drop=True)  # fmt: skip


def joint_plan(site: Site) -> dict[str, object]:
    """Cheapest common cycle of all firms and items, as the numbers of one sentence."""
    draws = parameters.central(site.of)
    plan, alone = benefits.joint_plan(site, draws)
    return {
        "days": plan.cycle_years * DAYS_PER_YEAR, "runs": 1 / plan.cycle_years,
        "cost": plan.cost / MILLION, "alone": alone / MILLION, "gap": plan.gap,
    }  # fmt: skip


def places_of(study: Study, site: Site) -> pd.DataFrame:
    """Places of the two chains with name and point, by their part in them."""
    logistics, survey = study.settings.logistics, study.survey
    abroad = survey.overseas_places.set_index("place_id")
    here = survey.facilities.set_index("facility_id").loc[study.settings.limits.airport]
    gate = survey.fare_bases.set_index("base").loc[lanes.gate(study, site.complex_id)["base"]]
    home = study.complexes.loc[site.complex_id]
    suppliers = dict.fromkeys(site.items["supplier"])
    rows: dict[str, Any] = {
        f"supplier{number or ''}": abroad.loc[place] for number, place in enumerate(suppliers)
    }
    rows |= {"departure_port": abroad.loc[logistics.departure_port],
             "departure_airport": abroad.loc[logistics.departure_airport],
             "arrival_airport": here, "arrival_port": gate, "complex": home}  # fmt: skip
    table = pd.DataFrame(rows).T
    table["name"] = texts(table).where(
        table["name_ko"].notna(), table["name"].dropna().map(listings.place_name)
    )
    return table[["name", "latitude", "longitude"]]


def flows(study: Study, site: Site) -> Flows:
    """Everything the map of both flows shows."""
    places = places_of(study, site)
    kinds = places.index.str.replace(r"\d|departure_|arrival_", "", regex=True)
    sellers = list(places.index[kinds == "supplier"])
    stretches = [("milk_run", "road", seller, "departure_port") for seller in sellers]
    stretches += [("existing", "road", seller, f"departure_{gate}")
                  for seller in sellers for gate in ("airport", "port")]  # fmt: skip
    stretches += [
        ("existing", "air", "departure_airport", "arrival_airport"),
        ("existing", "road", "arrival_airport", "complex"),
        *((chain, *way) for chain in ("existing", "milk_run")
          for way in (("ship", "departure_port", "arrival_port"),
                      ("road", "arrival_port", "complex"))),
    ]  # fmt: skip
    if site.region == freight.KOREA:
        stretches = [(chain, "road", seller, "complex") for chain in ("existing", "milk_run")
                     for seller in sellers]  # fmt: skip
    legs = pd.DataFrame(stretches, columns=["chain", "way", "start", "end"])
    used = places.loc[[place for place in places.index if legs.isin([place]).any(axis=None)]]
    return Flows(study.survey.land, _course(study, site, places),
                 used.assign(kind=kinds[places.index.isin(used.index)]), legs)  # fmt: skip


def _course(study: Study, site: Site, places: pd.DataFrame) -> LineString:
    """Course of the ships where one is drawn in the tables, else a straight line."""
    logistics, courses = study.settings.logistics, study.survey.sea_lanes
    origin = study.survey.overseas_places.set_index("place_id")["sea_route"]
    base = lanes.gate(study, site.complex_id)["base"]
    own = courses[(courses["route"] == logistics.sea_route) & (courses["destination"] == base)
                & (courses["origin"] == origin[logistics.departure_port])]  # fmt: skip
    if len(own):
        return own.geometry.iloc[0]
    ends = places.loc[["departure_port", "arrival_port"], ["longitude", "latitude"]]
    return LineString(ends.to_numpy(float))


def spillover(study: Study, site: Site) -> dict[str, float]:
    """What spending the outlay and a year's running cost goes with, by national coefficients."""
    draws = parameters.central(site.of)
    spending = float(draws["investment"].iloc[0])
    spending += float(benefits.yearly_benefit(site.compare(draws))[1][0])
    effects = benefits.spillover(study, spending)
    return {"spending": spending / MILLION, "output": effects.output_krw / MILLION,
            "jobs": effects.jobs}  # fmt: skip


def findings(found: Comparison, savings: pd.DataFrame) -> dict[str, float]:
    """Numbers of the last paragraph of the page."""
    return {
        "saving": float(np.median(found.saving)) / MILLION,
        "paid": float(np.median(found.own_best.total(*milkrun.PAID)
                                - found.milk_run.total(*milkrun.PAID))) / MILLION,
        "share": float((found.saving > 0).mean()), "known": len(savings),
        "positive": int((savings["per_firm"] > 0).sum()),
    }  # fmt: skip


def comparators(study: Study) -> pd.DataFrame:
    """Published benchmarks of other shared logistics, to stand beside ours."""
    rows = study.survey.comparators
    return pd.DataFrame({
        "who": texts(rows, "comparator"), "what": texts(rows, "measure"),
        **{bound: rows[bound] for bound in parameters.BOUNDS}, "unit": rows["unit"],
        "year": rows["year"].astype("str").replace("<NA>", "–"),
        "note": texts(rows, "note"), "quality": listings.grades_in_words(rows["quality"]),
        "source": rows["source"].map(source_link),
    }).reset_index(drop=True)  # fmt: skip
