"""The live part of the brief: a reader moves weights, the ranking and the map follow.

Vega does the sums and draws; a few lines of our own (``templates/live.js``) start it, count the
worlds, restore the weights and write them out as text.
"""

import base64
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from site_select import maps, messages, scoring
from site_select.errors import SettingsError
from site_select.exhibits import as_json
from site_select.figures import CRITERION_COLOURS
from site_select.maps import Places
from site_select.messages import Language, Text

STEPS = 255  # to which a value in a world is rounded: one byte each
ROUNDING = 1e-9
ON_COLOURS = ("#ffffff", "#1c2733", "#1c2733", "#1c2733")  # numbers on the criterion colours
BARS = 15
KOREA_GRID = 5179  # Korea 2000 / Unified CS, in metres
COARSE_KM = 1.5

Spec = dict[str, Any]


def worlds(levels: pd.DataFrame, *, count: int, seed: int) -> pd.DataFrame:
    """Draw worlds: one possible value of every cell that is not known exactly.

    A Latin hypercube: each of the equally likely levels of a cell occurs equally often, in an
    order of its own. Values are rounded to 1/255, so that a page can carry many worlds.

    Parameters
    ----------
    levels
        Equally likely partial values, index complex and indicator, one column each.
    count
        Number of worlds, best a multiple of the number of levels.
    seed
        Seed; the same seed gives the same worlds.

    Returns
    -------
    pandas.DataFrame
        A row per cell that varies, a column per world.

    Raises
    ------
    SettingsError
        If there is to be no world.

    Examples
    --------
    >>> cells = pd.MultiIndex.from_tuples([("A", "near"), ("B", "near")])
    >>> levels = pd.DataFrame([[0.0, 1.0], [0.4, 0.4]], index=cells)
    >>> sorted(worlds(levels, count=4, seed=1).loc[("A", "near")])
    [0.0, 0.0, 1.0, 1.0]
    """
    if count < 1:
        raise SettingsError(f"count = {count}: allowed 1 world or more")
    cells = levels.to_numpy(dtype="float64")
    is_varying = (cells != cells[:, :1]).any(axis=1)
    repeats = -(-count // cells.shape[1])
    generator = np.random.default_rng(seed)
    drawn = generator.permuted(np.tile(cells[is_varying], repeats), axis=1)[:, :count]
    return pd.DataFrame(np.round(drawn * STEPS) / STEPS, index=levels.index[is_varying])


def first_shares(values: pd.DataFrame, weights: pd.Series, worlds: pd.DataFrame) -> pd.Series:
    """Share of worlds in which each complex is first; a tie is shared out.

    Parameters
    ----------
    values
        Complex by indicator, of the cells that do not vary.
    weights
        Weight by indicator.
    worlds
        Values of the cells that vary, index complex and indicator, a column per world.

    Examples
    --------
    >>> values = pd.DataFrame({"near": [0.0, 0.4]}, index=["A", "B"])
    >>> cells = pd.MultiIndex.from_tuples([("A", "near")])
    >>> worlds = pd.DataFrame([[0.0, 0.4, 1.0, 1.0]], index=cells)
    >>> first_shares(values, pd.Series({"near": 1.0}), worlds).to_dict()
    {'A': 0.625, 'B': 0.375}
    """
    exact = values[weights.index].to_numpy(dtype="float64").copy()
    rows, columns = _places_of(worlds, values, weights)
    exact[rows, columns] = 0.0
    weight = weights.to_numpy(dtype="float64")
    scores = np.repeat((exact @ weight)[:, None], worlds.shape[1], axis=1)
    np.add.at(scores, rows, weight[columns][:, None] * worlds.to_numpy())
    is_first = scores >= scores.max(axis=0) - scoring.TIE
    return pd.Series((is_first / is_first.sum(axis=0)).mean(axis=1), values.index, name="first")


def board(  # noqa: PLR0917 - tables, then names, as every drawing
    values: pd.DataFrame, weights: pd.Series, criteria: pd.DataFrame, worlds: pd.DataFrame,
    places: Places, names: Mapping[Any, Text], labels: Mapping[Any, Text], *,
    study: str, marked: str = "", language: Language,
) -> Markup:  # fmt: skip
    """Sliders for weights, with bars of the ranking and a map that follow them.

    A criterion has its points' share of all points, an indicator its points' share within its
    criterion; where all points are taken away, all count alike.

    Parameters
    ----------
    values
        Partial value in [0, 1], complex by indicator.
    weights
        Weights of the study by indicator, which sum to 1; the sliders begin there.
    criteria
        ``parent`` by indicator.
    worlds
        Result of the function of that name.
    places
        Where the complexes are, and the boundaries of provinces.
    names, labels
        Names of complexes; of criteria and indicators.
    study
        Name of the study, written above the weights that are copied out.
    marked
        Complex that is named on the map wherever it stands.
    language
        Language of all words.

    Raises
    ------
    SettingsError
        If the tables do not fit each other.
    """
    _check(values, weights, criteria, worlds)
    parents = criteria.loc[weights.index, "parent"]
    groups = list(dict.fromkeys(parents))
    scores = scoring.additive_value(values, weights)
    rows = pd.DataFrame({
        "rank": scoring.ranks(scores), "score": scores,
        "first": first_shares(values, weights, worlds),
        "name": [names[label].in_(language) for label in values.index],
    }, index=values.index)  # fmt: skip
    carried = {
        "spec": _spec(values, weights, parents, places, rows, marked=marked, language=language),
        "worlds": _carried(values, weights, worlds),
        "keys": [_toml_key(name) for name in weights.index],
        "head": f"# weights set in the decision brief of {_plain(study)}",
    }
    return Markup(_template().render(  # noqa: S704 - the template escapes what it is given
        carried=as_json(carried), rows=rows.sort_values("rank", kind="stable"),
        sliders=_sliders(weights, parents, groups, labels, language),
        classes=[(maps.rank_colour(low), low, high - 1) for low, high in maps.RANK_CLASSES],
        count=worlds.shape[1], said=lambda key, **given: messages.text(
            f"live.{key}", **given).in_(language),
    ))  # fmt: skip


def _check(
    values: pd.DataFrame, weights: pd.Series, criteria: pd.DataFrame, worlds: pd.DataFrame
) -> None:
    wrong = []
    if set(weights.index) != set(values.columns) or weights.index.has_duplicates:
        wrong.append("weights: allowed exactly one for each indicator of the values")
    if not ((weights >= 0).all() and abs(weights.sum() - 1) <= ROUNDING):
        wrong.append(f"weights sum to {weights.sum():g}: allowed 0 or more each, 1 together")
    missing = weights.index.difference(criteria.index)
    if len(missing):
        wrong.append(f"criteria have no {', '.join(map(str, missing))}: add a row with its parent")
    for name, table in {"values": values, "worlds": worlds}.items():
        if not ((table >= -ROUNDING) & (table <= 1 + ROUNDING)).all(axis=None):
            wrong.append(f"{name}: allowed numbers from 0 to 1, none missing")
    strange = [cell for cell in worlds.index
               if cell[0] not in values.index or cell[1] not in values.columns]  # fmt: skip
    if strange:
        wrong.append(f"worlds have {strange[0]}: allowed cells of the values")
    if wrong:
        raise SettingsError("; ".join(wrong))


def _places_of(
    worlds: pd.DataFrame, values: pd.DataFrame, weights: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of each cell that varies."""
    return (
        values.index.get_indexer(worlds.index.get_level_values(0)),
        weights.index.get_indexer(worlds.index.get_level_values(1)),
    )


def _carried(values: pd.DataFrame, weights: pd.Series, worlds: pd.DataFrame) -> Spec:
    """Worlds as a page carries them: a byte per cell that varies and world."""
    rows, columns = _places_of(worlds, values, weights)
    steps = np.round(worlds.to_numpy(dtype="float64") * STEPS).astype(np.uint8)
    return {
        "count": worlds.shape[1], "rows": rows.tolist(), "columns": columns.tolist(),
        "steps": base64.b64encode(steps.tobytes()).decode("ascii"),
    }  # fmt: skip


def _sliders(
    weights: pd.Series, parents: pd.Series, groups: list[Any], labels: Mapping[Any, Text],
    language: Language,
) -> list[Spec]:  # fmt: skip
    """A slider for each criterion, with those of its indicators where it has several."""

    def slider(name: str, label: object, share: float) -> Spec:
        return {"name": name, "label": labels[label].in_(language), "points": 100 * float(share)}

    found = []
    for number, group in enumerate(groups):
        own = weights[parents == group]
        inner = [
            slider(f"i{weights.index.get_loc(name)}", name, own[name] / (own.sum() or 1))
            for name in own.index
        ] if len(own) > 1 else []  # fmt: skip
        colour, ink = _colours(number)
        look = {"number": number + 1, "colour": colour, "ink": ink, "inner": inner}
        found.append(slider(f"c{number}", group, own.sum()) | look)
    return found


# The chart as Vega reads it; what every board has in common stands in templates/live.json.


def _spec(
    values: pd.DataFrame, weights: pd.Series, parents: pd.Series, places: Places,
    rows: pd.DataFrame, *, marked: str, language: Language,
) -> Spec:  # fmt: skip
    spec: Spec = json.loads(
        (resources.files("site_select") / "templates/live.json").read_text("utf-8")
    )
    bars = min(BARS, len(values))
    located, outline, size = _drawn(places, values.index)
    given = {
        "bars": bars, "outline": outline, "size": size, "edges": maps.RANK_EDGES[1:-1],
        "classes": [maps.rank_colour(low) for low, _ in maps.RANK_CLASSES],
        "colours": [_colours(number)[0] for number in range(parents.nunique())],
        "inks": [_colours(number)[1] for number in range(parents.nunique())],
        "heads": [messages.text(f"live.{key}").in_(language) for key in ("score", "first")],
    }  # fmt: skip
    spec["description"] = messages.text("live.alt", count=bars).in_(language)
    spec["signals"] = [
        *({"name": name, "value": value} for name, value in given.items()),
        *_weights(weights, parents), *spec["signals"],
    ]  # fmt: skip
    whole = values[weights.index].to_numpy(dtype="float64").tolist()
    complexes = [
        {
            "index": index,
            "id": str(label),
            "name": name,
            "marked": label == marked,
            "at": at,
            "v": v,
        }
        for index, (label, name, at, v) in enumerate(
            zip(rows.index, rows["name"], located, whole, strict=True)
        )
    ]
    first = {"name": "complexes", "values": complexes, "transform": _ranking(parents)}
    spec["data"] = [first, *spec["data"]]
    return spec


def _colours(number: int) -> tuple[str, str]:
    """Colour of a criterion, and of what is written on it."""
    place = number % len(CRITERION_COLOURS)
    return CRITERION_COLOURS[place], ON_COLOURS[place]


def _drawn(places: Places, index: pd.Index) -> tuple[list[Any], str, list[float]]:
    """Points [km east and south of a corner] and outlines on one plane, and its size [km]."""
    flat = places.provinces.to_crs(KOREA_GRID)
    west, south, east, north = flat.total_bounds

    def from_corner(metres: np.ndarray) -> np.ndarray:
        return np.asarray((metres - [west, north]) * [1, -1] / 1000)

    parts = flat.geometry.simplify(1000 * COARSE_KM).explode()
    rings = [
        from_corner(np.asarray(part.exterior.coords))
        for part in parts
        if part.geom_type == "Polygon"
    ]
    outline = "".join(f"M{'L'.join(f'{x:.0f} {y:.0f}' for x, y in ring[:-1])}Z" for ring in rings)
    spread = maps.apart(places.complexes.dropna(subset=["latitude", "longitude"]))
    points = gpd.points_from_xy(spread["longitude"], spread["latitude"], crs=4326).to_crs(
        KOREA_GRID
    )
    at = from_corner(np.column_stack([points.x, points.y])).round(1)
    located = dict(zip(spread.index, at.tolist(), strict=True))
    return [located.get(label) for label in index], outline, from_corner(
        np.array([east, south])).round(1).tolist()  # fmt: skip


def _weights(weights: pd.Series, parents: pd.Series) -> list[Spec]:
    """Points from the sliders to shares that sum to 1, per criterion, within it, and together."""
    groups = list(dict.fromkeys(parents))
    members = {group: [weights.index.get_loc(name) for name in parents.index[parents == group]]
               for group in groups}  # fmt: skip
    several = [name for own in members.values() if len(own) > 1 for name in own]
    points = [f"c{number}" for number in range(len(groups))] + [f"i{name}" for name in several]
    within = {
        name: _share(f"i{name}", [f"i{other}" for other in own]) if len(own) > 1 else "1"
        for own in members.values() for name in own
    }  # fmt: skip
    order = range(len(weights))
    place = [groups.index(parent) for parent in parents]
    given = {
        "byCriterion": [_share(name, points[:len(groups)]) for name in points[:len(groups)]],
        "within": [within[name] for name in order],
        "weights": [f"byCriterion[{place[name]}] * within[{name}]" for name in order],
    }  # fmt: skip
    return [
        *({"name": name, "bind": {"element": ""}} for name in points),
        *({"name": name, "update": f"[{', '.join(each)}]"} for name, each in given.items()),
        {"name": "first"},  # the page's own sum over the worlds
    ]  # fmt: skip


def _share(own: str, every: list[str]) -> str:
    total = " + ".join(f"+{name}" for name in every)
    return f"({total} > 0 ? {own} / ({total}) : 1 / {len(every)})"


def _ranking(parents: pd.Series) -> list[Spec]:
    """What each criterion adds, their sum, and the rank, equal where only rounding differs."""
    groups = list(dict.fromkeys(parents))
    parts = [
        " + ".join(f"weights[{index}] * datum.v[{index}]"
                   for index, parent in enumerate(parents) if parent == group)
        for group in groups
    ]  # fmt: skip
    total = " + ".join(f"datum.parts[{number}]" for number in range(len(groups)))
    formulas = {
        "parts": f"[{', '.join(parts)}]", "score": total, "key": "round(datum.score * 1e12)",
        "first": "first[datum.index]",
    }  # fmt: skip
    order = {"field": ["key", "index"], "order": ["descending", "ascending"]}
    return [
        *({"type": "formula", "as": name, "expr": expr} for name, expr in formulas.items()),
        {"type": "window", "sort": order, "ops": ["row_number"], "as": ["place"]},
        {"type": "window", "sort": {"field": "key", "order": "descending"},
         "ops": ["rank"], "as": ["rank"]},
    ]  # fmt: skip


def _toml_key(name: object) -> str:
    """Name of an indicator as TOML writes it, quoted where it must be."""
    text = str(name)
    is_bare = text.isascii() and text.replace("-", "_").isidentifier()
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return text if is_bare else quoted


def _plain(name: str) -> str:
    """Words on one line, which a comment of TOML may hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())


@cache
def _template() -> Any:  # noqa: ANN401 - a template of jinja2
    loader = PackageLoader("site_select")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    return environment.get_template("live.html")
