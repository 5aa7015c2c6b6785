"""What an analyst may change about a study, in parts, checked when it is made."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from site_select.errors import SettingsError
from site_select.estimates import Unknowns
from site_select.messages import Text

MOST_POINTS = 1e12


@dataclass(frozen=True)
class Limits:
    """Thresholds of a study, each stated in its ``study.toml`` with its reason.

    Attributes
    ----------
    minimum_firms
        Least number of firms behind a figure; of complexes with fewer no answers are used.
    """

    coverage_needed: float = 0.65
    redundant_correlation: float = 0.9
    catchment_km: float = 50.0
    minimum_port_teu: float = 500_000.0
    count_drift_per_year: float = 0.03
    airport: str = "A01"
    compared_day: dt.date | None = None
    chosen_in_2020: str = ""
    firm_share: float = 0.9
    conditional_share: float = 0.8
    minimum_firms: int = 3


@dataclass(frozen=True)
class Judging:
    """Whose judgements count.

    Attributes
    ----------
    ratio_limit
        Largest consistency ratio of an evaluator who counts.
    """

    ratio_limit: float = 0.10


@dataclass(frozen=True)
class Logistics:
    """How the comparison of existing logistics and milk run is set up; lists are parted by ``;``.

    Attributes
    ----------
    price_year
        Year whose prices and rates are used.
    n_draws
        Draws of the parameters for one complex.
    suppliers
        Suppliers of the imports that are assumed where no orders were surveyed.
    departure_port, departure_airport
        Places of ``overseas_places`` where shipments are gathered and leave.
    ports, closed_ports
        Fare bases where ships from the region call, and those that are closed.
    forwarder_depot
        Fare base that part loads pass today; empty where they come straight from the port.
    sea_route
        Route of ``sea_routes``.
    split_is_known
        Whether the weights of the orders are those of each firm; else sizes are drawn.
    """

    price_year: int = 2025
    n_draws: int = 1_000
    suppliers: str = "O05;O06"
    departure_port: str = "O01"
    departure_airport: str = "O14"
    ports: str = "busan_new"
    closed_ports: str = ""
    forwarder_depot: str = ""
    sea_route: str = "shortest"
    split_is_known: bool = True


@dataclass(frozen=True)
class Expansion:
    """The programme after the choice. Nobody has published one: every number of it is ours.

    Attributes
    ----------
    first_year, years
        First year with a budget, and number of years.
    budget_krw
        Budget of each year [KRW].
    starts_per_year
        Most starts a year that one operating body can look after.
    most_per_province, most_per_branch
        Most starts in one province and of one branch, over all years.
    learning, learning_after
        Share by which a start is cheaper once so many complexes have started.
    consolidation_krw, warehouse_krw
        Cost of opening the consolidation point abroad, and each joint warehouse [KRW].
    warehouses
        Number of places where a joint warehouse may open.
    """

    first_year: int = 2027
    years: int = 5
    budget_krw: float = 300e6
    starts_per_year: int = 3
    most_per_province: int = 4
    most_per_branch: int = 4
    learning: float = 0.1
    learning_after: int = 3
    consolidation_krw: float = 50e6
    warehouse_krw: float = 150e6
    warehouses: int = 3


EXPANSION_RANGES = {  # least and most
    "learning": (0, 0.9), "years": (1, 10), "warehouses": (1, 3),
    **dict.fromkeys(("budget_krw", "consolidation_krw", "warehouse_krw"), (0, 10**13)),
    **dict.fromkeys(("starts_per_year", "most_per_province", "most_per_branch", "learning_after"),
                    (1, 1_000)),
}  # fmt: skip
PARTS: Mapping[str, type[Any]] = {
    "unknowns": Unknowns, "limits": Limits, "logistics": Logistics, "judging": Judging,
    "expansion": Expansion,
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """Everything an analyst may change about a study, checked when it is made.

    Attributes
    ----------
    reference
        Folder of the reference tables, seen from the study; the program's when left out.
    begins
        First day of the plan, from which the days of its gates are counted.
    rules_day
        Day whose rules hold, so that the effect of the rules alone can be seen; that of the
        decision when left out.
    contact
        Whom respondents may ask, printed on forms and letters.
    weights
        Weights of indicators, on any scale; stated ones take the place of panel and points.

    Raises
    ------
    SettingsError
        If a share lies outside 0 to 1 or a number that must be positive is not.
    """

    name_ko: str
    name_en: str
    as_of: dt.date
    gathered: dt.date
    reference: str = ""
    begins: dt.date | None = None
    rules_day: dt.date | None = None
    contact: str = ""
    synthetic: bool = False
    with_outcomes: bool = False
    with_undated: bool = False
    without_later: bool = False
    seed: int = 2020
    n_samples: int = 100_000
    unknowns: Unknowns = field(default_factory=Unknowns)
    limits: Limits = field(default_factory=Limits)
    logistics: Logistics = field(default_factory=Logistics)
    judging: Judging = field(default_factory=Judging)
    expansion: Expansion = field(default_factory=Expansion)
    notebooks: str = ""
    points: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> Text:
        """Name of the study in both languages."""
        return Text(self.name_ko, self.name_en)

    def __post_init__(self) -> None:
        """Check the ranges of all numbers at once."""
        shares = {
            "unknowns.presence_prior": self.unknowns.presence_prior,
            "limits.coverage_needed": self.limits.coverage_needed,
            "limits.redundant_correlation": self.limits.redundant_correlation,
            "limits.firm_share": self.limits.firm_share,
            "limits.conditional_share": self.limits.conditional_share,
            "judging.ratio_limit": self.judging.ratio_limit,
        }
        wrong = [f"{name} = {share}: allowed 0 to 1" for name, share in shares.items()
                 if not 0 <= share <= 1]  # fmt: skip
        least_zero = {
            "limits.count_drift_per_year": self.limits.count_drift_per_year,
            "limits.minimum_port_teu": self.limits.minimum_port_teu,
            "unknowns.minimum_same_branch": self.unknowns.minimum_same_branch,
            "unknowns.minimum_all": self.unknowns.minimum_all,
            "seed": self.seed,
        }
        wrong += [f"{name} = {value}: allowed 0 or more" for name, value in least_zero.items()
                  if value < 0]  # fmt: skip
        positive = {
            "limits.minimum_firms": self.limits.minimum_firms,
            "n_samples": self.n_samples, "limits.catchment_km": self.limits.catchment_km,
            "logistics.n_draws": self.logistics.n_draws,
        }  # fmt: skip
        wrong += [f"{name} = {value}: allowed above 0" for name, value in positive.items()
                  if not 0 < value < math.inf]  # fmt: skip
        wrong += [f"expansion.{name} = {number}: allowed {least} to {most}"
                  for name, (least, most) in EXPANSION_RANGES.items()
                  if not least <= (number := getattr(self.expansion, name)) <= most]  # fmt: skip
        wrong += [f"{name}.{node} = {value!r}: allowed 0 or more, up to {MOST_POINTS:g}"
                  for name in ("points", "weights") for node, value in getattr(self, name).items()
                  if not isinstance(value, int | float) or isinstance(value, bool)
                  or not 0 <= value <= MOST_POINTS]  # fmt: skip
        if self.weights and not any(self.weights.values()):
            wrong.append("weights are all 0: give at least one of them more")
        if wrong:
            raise SettingsError("; ".join(wrong))
