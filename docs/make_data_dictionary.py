"""Write ``docs/data_dictionary.md`` from the schema; a test fails when the two differ."""

from pathlib import Path

from site_select import tables

Path(__file__).with_name("data_dictionary.md").write_text(tables.data_dictionary(), "utf-8")
