"""What a browser gets of the style sheets, scripts and pictures, and that they are what they should be."""

import gzip
import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api.assets import BUNDLES, FOLDER, Assets, UnknownAssetError, read_assets

TEMPLATES = FOLDER.parent / "templates"
STYLE_LIMIT = 11_000  # bytes, compressed: what a phone receives, of the 60 kB of a first view


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets()


@pytest.fixture(scope="module")
def browser(assets: Assets) -> TestClient:
    return TestClient(Starlette(routes=[assets.route]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "css" / "one.css").write_text("a{background:url(../pictures/dot.svg)}")
    (tmp_path / "css" / "two.css").write_text('b{background:url("data:x")}')
    (tmp_path / "pictures" / "dot.svg").write_text("<svg/>")
    return tmp_path


def test_a_browser_keeps_a_file_for_ever(assets: Assets, browser: TestClient) -> None:
    answer = browser.get(assets("css/app.css"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("icons.svg", "image/svg+xml"),
        ("js/app.js", "text/javascript; charset=utf-8"),
        ("vendor/htmx/htmx.min.js", "text/javascript; charset=utf-8"),
        ("vendor/htmx/LICENSE", "application/octet-stream"),
    ],
)
def test_each_file_says_its_type(assets: Assets, browser: TestClient, path: str, media_type: str) -> None:
    answer = browser.get(assets(path))
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.content == (FOLDER / path).read_bytes()


def test_a_browser_that_accepts_gzip_gets_fewer_bytes_of_the_same_file(assets: Assets, browser: TestClient) -> None:
    with browser.stream("GET", assets("js/app.js"), headers={"Accept-Encoding": "br, gzip;q=0.8"}) as answer:
        raw = b"".join(answer.iter_raw())
    plain = browser.get(assets("js/app.js"), headers={"Accept-Encoding": "gzip;q=0"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert len(raw) < len(plain.content)
    assert gzip.decompress(raw) == plain.content
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/static/0000000000000000/css/none.css",
        "/static/0000000000000000/css/tokens.css",
        "/static/0000000000000000/../../assets.py",
        "/static/0000000000000000/..%2f..%2fassets.py",
        "/static/0000000000000000/%2e%2e/%2e%2e/settings.py",
        "/static/0000000000000000//etc/passwd",
        "/static/icons.svg",
    ],
)
@pytest.mark.asvs("13.4.1", "13.4.3")
def test_nothing_is_served_but_the_files_that_were_read(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_a_page_of_the_last_version_still_finds_its_files(assets: Assets, browser: TestClient) -> None:
    answer = browser.get("/static/0000000000000000/css/app.css", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, assets("css/app.css"))
    assert answer.headers["cache-control"] == "no-store"


def test_an_address_changes_with_the_content_and_only_then(folder: Path) -> None:
    bundles = {"css/all.css": ("css/one.css", "css/two.css")}
    before = {path: asset.address for path, asset in read_assets(folder, bundles=bundles).items()}
    assert {path: asset.address for path, asset in read_assets(folder, bundles=bundles).items()} == before
    (folder / "pictures" / "dot.svg").write_text("<svg></svg>")
    after = {path: asset.address for path, asset in read_assets(folder, bundles=bundles).items()}
    assert after["pictures/dot.svg"] != before["pictures/dot.svg"]
    assert after["css/all.css"] != before["css/all.css"], "a style sheet changes with the pictures that it names"


def test_a_bundle_joins_its_parts_in_order_and_its_references_are_addresses(folder: Path) -> None:
    read = read_assets(folder, bundles={"css/all.css": ("css/one.css", "css/two.css")})
    assert sorted(read) == ["css/all.css", "pictures/dot.svg"]
    dot = read["pictures/dot.svg"].address
    assert read["css/all.css"].body.decode() == f'a{{background:url("{dot}")}}\nb{{background:url("data:x")}}'


def test_a_name_that_is_no_file_is_refused_to_templates_and_style_sheets(assets: Assets, folder: Path) -> None:
    with pytest.raises(UnknownAssetError):
        assets("css/none.css")
    (folder / "css" / "two.css").write_text("b{background:url(none.svg)}")
    with pytest.raises(UnknownAssetError, match=r"none\.svg"):
        read_assets(folder, bundles={})


def test_every_style_sheet_is_in_the_bundle_and_the_bundle_is_small() -> None:
    sheets = {path.relative_to(FOLDER).as_posix() for path in (FOLDER / "css").iterdir()}
    assert sheets == set(BUNDLES["css/app.css"])
    compressed = read_assets()["css/app.css"].compressed
    assert compressed is not None
    assert len(compressed) < STYLE_LIMIT


def test_what_is_said_second_is_not_drawn_bold_by_a_face_of_two_weights() -> None:
    """A face with 400 and 700 alone draws 500 as 400, and whatever is above as 700: names would stand no higher than what is beside them."""
    weights = {int(found) for found in re.findall(r"font-weight:(\d+)", read_assets()["css/app.css"].body.decode())}
    assert {500, 620} <= weights
    assert not [weight for weight in weights if 500 < weight < 600]


@pytest.mark.asvs("14.2.3")
def test_the_style_sheet_asks_nothing_of_others() -> None:
    style = read_assets()["css/app.css"].body.decode()
    assert not re.search(r"@import|https?:|url\(", style)
    assert style.count("{") == style.count("}")


def test_vendored_files_are_those_that_their_list_describes() -> None:
    vendor = FOLDER / "vendor"
    rows = re.findall(r"^\| (\S+\.\w+) \|.*\| ([0-9a-f]{64}) \|$", (vendor / "README.md").read_text(), re.MULTILINE)
    listed = dict(rows)
    files = {path.relative_to(vendor).as_posix() for path in vendor.rglob("*") if path.is_file()}
    assert set(listed) == {name for name in files if Path(name).name not in {"README.md", "LICENSE"}}
    assert listed == {name: hashlib.sha256((vendor / name).read_bytes()).hexdigest() for name in listed}
    assert all((vendor / name).with_name("LICENSE").exists() for name in listed)


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    symbols = {symbol.get("id") for symbol in ElementTree.parse(FOLDER / "icons.svg").getroot()}
    named = set()
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        named |= set(re.findall(r'\bicon\("([\w-]+)"', text)) | set(re.findall(r'\bicon_name="([\w-]+)"', text))
        named |= set(re.findall(r'icons\.svg"\) }}#([\w-]+)', text)) | set(re.findall(r'"icon": "([\w-]+)"', text))
    assert {"phone", "lock", "logo", "right"} <= named
    assert named <= symbols


def test_icons_take_their_colours_from_the_page() -> None:
    sprite = (FOLDER / "icons.svg").read_text()
    assert not re.search(r"\sstyle=|\sclass=|<script|#[0-9a-f]{3,6}\b", sprite)


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", block))


def _contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


GROUNDS = ("paper", "surface", "sunken")
KINDS = ("late", "today", "soon", "ok")
STAGES = tuple(f"s{position}" for position in range(1, 8))
TEXTS = (
    [(text, ground) for text in ("ink", "ink-2", "ink-3", "accent", *KINDS, *STAGES) for ground in GROUNDS]
    + [(text, f"{kind}-soft") for kind in KINDS for text in (kind, "ink", "ink-2")]
    + [(text, "accent-soft") for text in ("accent", "ink", "ink-2")]
    + [("on-stage", stage) for stage in STAGES]
    + [("ink", f"h{level}") for level in (1, 2, 3)]
    + [("ink-3", "h0"), ("on-heat", "h4"), ("on-heat", "h5"), ("on-go", "go"), ("on-go", "go-2")]
)
CONTROLS = [(mark, ground) for mark in ("edge", "focus", "go", "chart", "chart-2") for ground in GROUNDS]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_controls_can_be_told_from_what_is_behind_them(theme: str) -> None:
    light, dark = (FOLDER / "css" / "tokens.css").read_text().split("prefers-color-scheme:dark")
    colours = _colours(light) | (_colours(dark) if theme == "dark" else {})
    floors = [(pair, 4.5) for pair in TEXTS] + [(pair, 3.0) for pair in CONTROLS]
    faint = {pair: round(_contrast(*(colours[name] for name in pair)), 2) for pair, floor in floors}
    assert not {pair: faint[pair] for pair, floor in floors if faint[pair] < floor}
    assert _contrast("#ffffff", "#000000") == pytest.approx(21)
