"""What the milk run would save in each complex of a study: places and rates made into numbers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from site_select import demand, estimates, freight, geography, lanes, milkrun, parameters, screening
from site_select.demand import Demand
from site_select.fares import FITTED_ON
from site_select.freight import Lane
from site_select.milkrun import Comparison, Market
from site_select.study import Study

# What differs between complexes; all other parameters are common and move them together.
OWN_PARAMETERS = ("firms", "participation", "import_volume_per_firm", "part_price")
SIZES_TRIED = (*range(1, 21), 24, 32, 48, 64, 128)
SIZE_DRAWS = 32
OWN_DRAWS = 256
QUANTILES = (0.05, 0.5, 0.95)
TONNES_TRIED = tuple(0.4 * 1.25**step for step in range(15))  # from the low end of the range


@dataclass(frozen=True)
class Site:
    """One complex with everything that its comparison needs.

    Attributes
    ----------
    complex_id
        The complex.
    of
        Range of every parameter, with ``firms`` where no orders were surveyed.
    orders
        Surveyed orders; empty where nobody asked.
    items
        ``part, supplier`` of what is imported.
    lane, region, fares
        Where and how its goods travel.
    split_is_known
        Whether the weights of the orders are those of each firm.
    """

    complex_id: str
    of: pd.DataFrame
    orders: pd.DataFrame
    items: pd.DataFrame
    lane: Lane
    region: str
    fares: freight.TruckFares
    split_is_known: bool

    def demand(self, draws: pd.DataFrame, *, told_apart: int | None = None) -> Demand:
        """Imports of the firms by draw: as surveyed, else so many, or equal ones, as assumed."""
        if self.orders.empty:
            return demand.assumed(self.items, draws, firms=told_apart)
        firms = int(self.orders.drop_duplicates("firm")["firms"].sum())
        spread = np.asarray(draws["firm_size_variation"], dtype="float64")
        sizes = None if self.split_is_known else demand.firm_sizes(spread, firms)
        return demand.from_orders(self.orders, draws, sizes=sizes)

    @property
    def joining(self) -> int:
        """Firms that take part where none told of orders, every parameter at its value."""
        value = self.of["value"]
        return max(1, round(float(value["firms"] * value["participation"])))

    def market(self, draws: pd.DataFrame) -> Market:
        """Where and at what rates, by draw, it buys transport."""
        return Market(self.region, self.lane, freight.rates(draws, self.region), self.fares)

    def compare(
        self, draws: pd.DataFrame, *, is_planned: bool = True, told_apart: int | None = None
    ) -> Comparison:
        """Existing logistics against the milk run, at its planned runs where orders are known."""
        is_free = self.orders.empty or not is_planned
        planned = None if is_free else draws["milk_runs"].to_numpy(dtype="float64")
        imports = self.demand(draws, told_apart=told_apart)
        return milkrun.compare(imports, self.market(draws), runs_per_year=planned)

    def saving(self, draws: pd.DataFrame) -> np.ndarray:
        """What the milk run is credited with, by draw [KRW/year]."""
        return self.compare(draws).saving


class Compared(NamedTuple):
    """Draws of one or several sites, compared in one go.

    Attributes
    ----------
    labels
        Complex of each draw.
    site
        The site, its lane by draw.
    draws
        Parameters by draw.
    found
        Result of `Site.compare`.
    """

    labels: np.ndarray
    site: Site
    draws: pd.DataFrame
    found: Comparison


def ranges(study: Study, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Range of every parameter of logistics, or of a table, in KRW of the study's price year."""
    tables, price_year = study.survey, study.settings.logistics.price_year
    rows = tables.logistics_parameters if table is None else table
    return parameters.ranges(
        rows, tables.exchange_rates, tables.price_levels, price_year=price_year
    )


def sites(study: Study, labels: Iterable[str] | None = None) -> dict[str, Site]:
    """Every complex that can be compared: its firms and its place are known, or its orders.

    Parameters
    ----------
    study
        The study.
    labels
        Complexes wanted; all when left out.

    Raises
    ------
    SettingsError
        If a supplier has no place or route, or every port is closed.
    """
    settings, tables = study.settings.logistics, study.survey
    of, firms = ranges(study), root_firms(study)
    shared = milkrun.firms_sharing_one_order(study.complexes, firms)
    by_truck = trucks(study)
    gate = study.settings.limits.airport
    airport = geography.airport_km(study.complexes, tables.facilities, gate)
    measured = set(tables.port_distances["complex_id"])
    found = {}
    for label in map(str, study.complexes.index if labels is None else labels):
        own = tables.orders[tables.orders["complex_id"] == label]
        own = lanes.gathered(tables, own, settings.departure_port)
        count = shared.loc[label, parameters.BOUNDS].astype("float64")
        is_placed = label in measured and not airport["value"].isna()[label]
        if not is_placed or (own.empty and count.isna().any()):
            continue
        items, wide = own[["part", "supplier"]].drop_duplicates().reset_index(drop=True), of
        if own.empty:
            suppliers = settings.suppliers.split(";")
            items, wide = pd.DataFrame({"part": suppliers, "supplier": suppliers}), of.copy()
            wide.loc["firms", parameters.BOUNDS] = count.to_numpy()
        region = lanes.region(tables, *items["supplier"])
        lane = lanes.lane(study, label, items, float(airport["value"][label]))
        found[label] = Site(
            label, wide, own, items, lane, region, by_truck, settings.split_is_known
        )
    return found


def trucks(study: Study) -> freight.TruckFares:
    """Fares of trucks in KRW of the study's price year."""
    table = study.survey.truck_fares
    level = parameters.level(
        study.survey.price_levels, int(table["year"].iloc[0]), study.settings.logistics.price_year
    )
    return freight.truck_fares(table, level)


def root_firms(study: Study, *, drift_per_year: float | None = None) -> pd.DataFrame:
    """Estimates of root firms by complex, widened by age and bounded by who is there.

    A complex cannot hold more root firms than firms operate in its parent complex, whatever was
    planned; in-yard partners are not tenants, so no bound holds for them.

    Parameters
    ----------
    study
        The study.
    drift_per_year
        Relative widening per year; the study's own when left out.
    """
    limits, facts = study.settings.limits, study.survey.complex_facts
    firms = estimates.latest_number(
        facts, "root_firms", study.complexes.index, year=study.settings.as_of.year,
        drift_per_year=limits.count_drift_per_year if drift_per_year is None else drift_per_year,
    )  # fmt: skip
    tenants = screening.operating_firms(study.complexes, study.survey.industrial_complexes)
    tenants = tenants.mask(study.complexes["in_yard"].astype(bool))
    most = tenants.fillna(float("inf"))
    return firms.assign(**firms[parameters.BOUNDS].clip(upper=most, axis=0))


def drawn(site: Site, *, n_samples: int, seed: int) -> pd.DataFrame:
    """Draws of all parameters of a site."""
    return parameters.draws(site.of, n_samples=n_samples, seed=seed)


def every_complex(study: Study, *, n_samples: int) -> pd.DataFrame:
    """What the milk run would save in every complex that can be compared.

    Saving is own best less milk run at its cheapest number of runs (the planned one where orders
    were surveyed), at 5%, 50% and 95% of the draws.

    Parameters
    ----------
    study
        The study.
    n_samples
        Draws of each complex.

    Returns
    -------
    pandas.DataFrame
        By complex: ``per_firm_low, per_firm, per_firm_high`` [KRW/year]; ``share_low, share,
        share_high`` of the import value; ``total_low, total, total_high`` [KRW/year]; ``positive``,
        share of draws; ``own_low, own, own_high`` [KRW/year and firm], the spread of what differs
        between complexes alone; ``is_surveyed``.
    """
    every, seed = sites(study), study.settings.seed
    found = outcomes(every, lambda site: drawn(site, n_samples=n_samples, seed=seed))
    rows = {
        label: {
            **_bounds("per_firm", own["saving"] / own["firms"]), **_bounds("total", own["saving"]),
            **_bounds("share", own["saving"] / own["purchase"]),
            "positive": float((own["saving"] > 0).mean()),
        }
        for label, own in found.items()
    }  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("complex_id")
    own = saving_per_firm(study)
    named = own.rename(columns={"low": "own_low", "value": "own", "high": "own_high"})
    return table.join(named[["own_low", "own", "own_high"]]).assign(
        is_surveyed=own["basis"] == "own"
    )


def own_comparisons(study: Study, every: Mapping[str, Site] | None = None) -> list[Compared]:
    """Comparisons of every complex over what differs between them, the rest at its value.

    Rates move all complexes together; in a ranking only what differs between them may count.

    Parameters
    ----------
    study
        The study.
    every
        Result of `sites`; made anew when left out.
    """

    def own_draws(site: Site) -> pd.DataFrame:
        common = site.of.index.difference(list(OWN_PARAMETERS))
        draws = drawn(site, n_samples=OWN_DRAWS, seed=study.settings.seed)
        return _held(draws, site, common)

    return list(compared(sites(study) if every is None else every, own_draws))


def outcomes(
    every: Mapping[str, Site], draws_of: Callable[[Site], pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Saving [KRW/year], firms and purchase [KRW/year] by draw of many sites.

    Parameters
    ----------
    every
        Sites by label.
    draws_of
        Parameters by draw of a site.
    """
    found: dict[str, pd.DataFrame] = {}
    for whole in compared(every, draws_of):
        count = whole.found.own_best.count
        table = pd.DataFrame({
            "saving": whole.found.saving, "firms": count.sum(axis=-1),
            "purchase": (whole.found.purchase_krw * count).sum(axis=-1),
        })  # fmt: skip
        found |= {str(label): own for label, own in table.groupby(whole.labels)}
    return found


def compared(
    every: Mapping[str, Site], draws_of: Callable[[Site], pd.DataFrame]
) -> Iterator[Compared]:
    """Comparisons of many sites: those of surveyed orders one by one, all others in one go.

    Sites of assumed demand differ only in numbers.

    Parameters
    ----------
    every
        Sites by label.
    draws_of
        Parameters by draw of a site.
    """
    assumed = {label: site for label, site in every.items() if site.orders.empty}
    groups = [{label: site} for label, site in every.items() if label not in assumed]
    for group in [*groups, *([assumed] if assumed else [])]:
        own = [draws_of(site) for site in group.values()]
        whole = _stacked(list(group.values()), [len(draws) for draws in own])
        draws = pd.concat(own, ignore_index=True)
        labels = np.repeat(list(group), [len(draws) for draws in own])
        yield Compared(labels, whole, draws, whole.compare(draws))


def _stacked(group: list[Site], sizes: list[int]) -> Site:
    """One site for the draws of several, its lane by draw."""
    first = group[0]
    by_draw: dict[str, Any] = {
        name: np.repeat([getattr(site.lane, name) for site in group], sizes)[:, None, None]
        for name in ("airport_km", "port_km", "via_km", "fare_20ft_krw", "fare_40ft_krw")
    }
    return replace(first, lane=first.lane._replace(**by_draw)) if len(group) > 1 else first


def _held(draws: pd.DataFrame, site: Site, names: Iterable[str]) -> pd.DataFrame:
    """Draws with some parameters held at their value."""
    held, own = draws.copy(), list(names)
    held[own] = site.of.loc[own, "value"].to_numpy(float)
    return held


def _bounds(name: str, values: "np.ndarray | pd.Series[float]") -> dict[str, float]:
    low, middle, high = np.quantile(values, QUANTILES)
    return {f"{name}_low": low, name: middle, f"{name}_high": high}


def saving_per_firm(study: Study, own: Iterable[Compared] | None = None) -> pd.DataFrame:
    """Estimates of the saving per firm by complex [KRW/year].

    The spread is what differs between complexes: firms, participation, volume and price of their
    parts. It rests on assumed volumes, so it is a proxy unless orders were surveyed.

    Parameters
    ----------
    study
        The study.
    own
        Result of `own_comparisons`; made anew when left out.
    """
    return estimated(
        study, own, lambda whole: whole.found.saving / whole.found.own_best.count.sum(axis=-1),
        unit="KRW/year", source="own best less milk run, computed from firms, assumed volumes, "
        "rates and official port legs",
    )  # fmt: skip


def estimated(
    study: Study, own: Iterable[Compared] | None, values_of: Callable[[Compared], np.ndarray], *,
    unit: str, source: str,
) -> pd.DataFrame:  # fmt: skip
    """Estimates by complex of what its comparison says by draw: 5%, 50% and 95%.

    Parameters
    ----------
    study
        The study.
    own
        Result of `own_comparisons`; made anew when left out.
    values_of
        The measure by draw.
    unit, source
        What the estimates say of themselves.
    """
    rows = {}
    for whole in own_comparisons(study) if own is None else own:
        about = {
            "unit": unit, "year": study.settings.logistics.price_year, "published": FITTED_ON,
            "quality": "computed", "basis": "proxy" if whole.site.orders.empty else "own",
            "source": source,
        }  # fmt: skip
        for label, values in pd.Series(values_of(whole)).groupby(whole.labels):
            bounds = np.quantile(values, QUANTILES)
            rows[str(label)] = dict(zip(parameters.BOUNDS, bounds, strict=True)) | about
    return estimates.table(rows, study.complexes.index)


def least_size(study: Study) -> pd.DataFrame:
    """Least number of firms, and least tonnes, at which pooling beats each firm's own best.

    ``firms``: fewest firms of the central volume for which the milk run is cheaper in at least
    half of the draws of the rates. ``tonnes``: least imports a year of the complex's own number of
    firms for which it is. Missing where no size tried suffices.

    Parameters
    ----------
    study
        The study.
    """
    every = {label: site for label, site in sites(study).items() if site.orders.empty}
    joining = {label: float(site.joining) for label, site in every.items()}
    seed = study.settings.seed
    firms = _least(every, "firms", SIZES_TRIED, dict.fromkeys(every, 1.0), seed=seed)
    volume = _least(every, "import_volume_per_firm", TONNES_TRIED, joining, seed=seed)
    table = pd.DataFrame({"firms": firms, "joining": joining, "volume": volume})
    return table.assign(tonnes=table["volume"] * table["joining"]).rename_axis("complex_id")


def _least(
    every: Mapping[str, Site], name: str, tried: Sequence[float], firms: Mapping[str, float], *,
    seed: int,
) -> dict[str, float]:  # fmt: skip
    """Least of the values tried from which on the milk run wins in half of the draws."""

    def all_tried(site: Site) -> pd.DataFrame:
        draws = _held(drawn(site, n_samples=SIZE_DRAWS, seed=seed), site, OWN_PARAMETERS)
        draws = draws.assign(firms=firms[site.complex_id], participation=1.0)
        return pd.concat([draws.assign(**{name: value}) for value in tried], ignore_index=True)

    least = {}
    for label, found in outcomes(every, all_tried).items():
        wins = (found["saving"].to_numpy() > 0).reshape(len(tried), SIZE_DRAWS).mean(axis=1)
        short = np.flatnonzero(wins < 0.5)  # noqa: PLR2004 - half of the draws
        first = int(short[-1]) + 1 if len(short) else 0
        least[label] = float(tried[first]) if first < len(tried) else float("nan")
    return least
