"""Tables kept in a folder under the hash of all that they were made from."""

import hashlib
import io
import os
from collections import OrderedDict
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from site_select.errors import WriteError

DIGEST_BYTES = hashlib.sha256().digest_size
MOST_HELD = 64


def packed(table: pd.DataFrame) -> bytes:
    """Parquet of a table.

    Examples
    --------
    >>> unpacked(packed(pd.DataFrame({"a": [1.5]}, index=["x"]))).loc["x", "a"].item()
    1.5
    """
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table), sink)
    return sink.getvalue()


def unpacked(whole: bytes) -> pd.DataFrame:
    """Table of its Parquet."""
    table: pd.DataFrame = pq.read_table(pa.BufferReader(whole)).to_pandas()
    return table


class Cache:
    """A folder of tables. A file is its SHA-256, then Parquet; nothing in it is ever executed.

    Parameters
    ----------
    folder
        Where the tables are kept; made when the first is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: OrderedDict[str, pd.DataFrame] = OrderedDict()

    def read(self, key: str) -> pd.DataFrame | None:
        """Table of a key; ``None`` where there is none, or its file is not as it was written."""
        if key not in self._held:
            try:
                whole = self._place(key).read_bytes()
            except OSError:
                return None
            if hashlib.sha256(whole[DIGEST_BYTES:]).digest() != whole[:DIGEST_BYTES]:
                return None
            self._held[key] = unpacked(whole[DIGEST_BYTES:])
            if len(self._held) > MOST_HELD:
                self._held.popitem(last=False)
        return self._held[key]

    def write(self, key: str, whole: bytes) -> None:
        """Keep the Parquet of a table, whole or not at all.

        Raises
        ------
        WriteError
            If it cannot be written.
        """
        place = self._place(key)
        beside = place.with_name(f".{key}.{os.getpid()}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(hashlib.sha256(whole).digest() + whole)
            beside.replace(place)
        except OSError as error:
            raise WriteError(f"{place} cannot be written: {error}") from error

    def _place(self, key: str) -> Path:
        return self.folder / key[:2] / key
