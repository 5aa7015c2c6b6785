"""The supply network of a complex: which nodes its goods pass, and what stops with one of them."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

SEA_NODES = ("departure_port", "canal", "port", "road")
LEFT_FOR_ANOTHER = ("origin", "supplier")  # what a firm can leave for another source
HOME = "KR"
STAGES = {"origin": 0, "supplier": 1, "part": 2, "departure_port": 3, "air": 3, "canal": 4,
          "port": 5, "complex": 6}  # fmt: skip


class Chain(NamedTuple):
    """How goods reach the firms of one complex.

    Attributes
    ----------
    sources
        ``part, supplier, origin, mode`` by source.
    passes
        Whether goods of a source pass a node, by ``kind`` and ``name``; result of `passes`.
    weight_t
        Weight a year from each source ``[draw, firm, source]``.
    count
        Firms that each row stands for ``[draw, firm]``.
    stock_days, deviation_days
        Days of use on hand when an arrival is due, mean and standard deviation ``[draw, firm]``.
    interval_days, lead_days, transit_days
        Between two arrivals; from order to receipt; on the way ``[draw, firm]``.
    is_gathered
        Whether all parts of a firm come in one shipment ``[draw, firm]``.
    is_pooled
        Whether all firms wait for the same shipment and meet the same stock.
    spare_share
        Share of a part that a further origin could deliver while one stops ``[draw]``.
    """

    sources: pd.DataFrame
    passes: pd.DataFrame
    weight_t: np.ndarray
    count: np.ndarray  # type: ignore[assignment]
    stock_days: np.ndarray
    deviation_days: np.ndarray
    interval_days: np.ndarray
    lead_days: np.ndarray
    transit_days: np.ndarray
    is_gathered: np.ndarray
    is_pooled: bool
    spare_share: np.ndarray

    @property
    def need_t(self) -> np.ndarray:
        """Weight a year of each part ``[draw, firm, part]``."""
        return np.asarray(self.weight_t @ self._is_part)

    @property
    def firm_shares(self) -> np.ndarray:
        """Share of the firms that each row stands for ``[draw, firm]``."""
        return np.asarray(self.count / self.count.sum(axis=1, keepdims=True))

    @property
    def has_ships(self) -> bool:
        """Whether some goods come by sea; single ships are the last node then."""
        return bool(self.passes.index[-1][0] == "ship")

    @property
    def _is_part(self) -> np.ndarray:
        return pd.get_dummies(self.sources["part"]).to_numpy(float)

    def held(self) -> np.ndarray:
        """Share of each part that a stop of each node holds back ``[draw, firm, part, node]``."""
        flows = self.weight_t[..., None] * self.passes.to_numpy(float).T  # source, node
        through = np.einsum("dfsn,sp->dfpn", flows, self._is_part)
        need = self.need_t[..., None]
        share = np.divide(through, need, out=np.zeros_like(through), where=need > 0)
        can_leave = self.passes.index.get_level_values("kind").isin(LEFT_FOR_ANOTHER)
        return np.asarray(share * (1 - self.spare_share[:, None, None, None] * can_leave))


def passes(sources: pd.DataFrame, *, by_canal: bool) -> pd.DataFrame:
    """Nodes that the goods of each source pass.

    Parameters
    ----------
    sources
        ``part, supplier, origin, mode`` by source.
    by_canal
        Whether ships come through the canal.

    Examples
    --------
    >>> sources = pd.DataFrame({"part": ["spring"], "supplier": ["S"], "origin": ["SE"],
    ...                         "mode": ["air"]})
    >>> passes(sources, by_canal=True).index.tolist()
    [('origin', 'SE'), ('supplier', 'S'), ('air', '')]
    """
    is_sea, is_air = sources["mode"].str.startswith("sea"), sources["mode"] == "air"
    every = {("origin", str(name)): sources["origin"] == name
             for name in sources["origin"].unique() if name != HOME}  # fmt: skip
    every |= {("supplier", str(name)): sources["supplier"] == name
              for name in sources["supplier"].unique()}  # fmt: skip
    every |= {(kind, ""): is_sea & (by_canal or kind != "canal")
              for kind in SEA_NODES}  # fmt: skip
    every |= {("air", ""): is_air, ("ship", ""): is_sea}  # single ships come last
    table = pd.DataFrame(every).T
    return table[table.any(axis=1)].rename_axis(["kind", "name"])


def critical_nodes(chain: Chain) -> pd.DataFrame:
    """What stops if one node stops, in the mean of the draws.

    Parameters
    ----------
    chain
        The chain.

    Returns
    -------
    pandas.DataFrame
        By ``kind, name``: ``weight_share`` that passes the node, ``parts`` and ``firms_share`` that
        have no way around it.
    """
    held, need = chain.held(), chain.need_t * chain.count[..., None]
    weight = np.einsum("dfpn,dfp->dn", held, need) / need.sum(axis=(1, 2))[:, None]
    is_only = held > 1 - 1e-9
    return pd.DataFrame({
        "weight_share": weight.mean(axis=0), "parts": is_only.any(axis=1).sum(axis=1).mean(axis=0),
        "firms_share": np.einsum("dfn,df->dn", is_only.any(axis=2), chain.firm_shares).mean(axis=0),
    }, index=chain.passes.index)  # fmt: skip


def flows(chain: Chain) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Weight a year along every way from the origins to the firms, means of the draws.

    Parameters
    ----------
    chain
        The chain.

    Returns
    -------
    tuple of pandas.DataFrame
        Nodes by ``kind/name``: ``kind``, ``name``, ``stage`` from left to right, ``weight``
        [t/year], ``critical`` where all of some part passes; links ``start, end, weight``.
    """
    weight = (chain.weight_t * chain.count[..., None]).sum(axis=1).mean(axis=0)
    passed = chain.passes.loc[~chain.passes.index.isin(["road", "ship"], level="kind")]
    links: dict[tuple[str, str], float] = {}
    for place, (_, source) in enumerate(chain.sources.iterrows()):
        way = [f"{kind}/{name}" for kind, name in passed.index[passed[place]]]
        way.insert(sum(step.startswith(LEFT_FOR_ANOTHER) for step in way), f"part/{source['part']}")
        for pair in pairwise([*way, "complex/"]):
            links[pair] = links.get(pair, 0.0) + float(weight[place])
    table = pd.DataFrame([(*pair, of) for pair, of in links.items() if of > 0],
                         columns=["start", "end", "weight"])  # fmt: skip
    out, into = (table.groupby(end)["weight"].sum() for end in ("start", "end"))
    nodes = pd.DataFrame({"weight": pd.concat([out, into], axis=1).max(axis=1)})
    nodes[["kind", "name"]] = nodes.index.to_series().str.split("/", n=1, expand=True)
    only = critical_nodes(chain)["parts"] > 0
    only.index = only.index.map("/".join)
    return nodes.assign(
        stage=nodes["kind"].map(STAGES), critical=only.reindex(nodes.index, fill_value=False)
    ), table
