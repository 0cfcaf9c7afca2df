"""The third-party files that the site carries with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from matplotlib.font_manager import FontProperties

from booksite import assets
from booksite.assets import AssetError, build_assets


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All assets, made once."""
    folder = tmp_path_factory.mktemp("assets")
    build_assets(folder / "static", folder / "fonts")
    return folder


def test_without_the_npm_packages_it_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "NODE_MODULES", tmp_path / "node_modules")
    with pytest.raises(AssetError, match=r"node_modules lacks the npm packages of package.json: run `make setup`$"):
        build_assets(tmp_path / "static", tmp_path / "fonts")
    assert not (tmp_path / "static").exists()


def test_a_script_that_does_not_bundle_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("live/live.js", "live/session.js", "figures/figures.js"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("export {};")
    (tmp_path / "figures" / "broken.js").write_text("import { x } from './missing.js'; x(")
    monkeypatch.setattr(assets, "SCRIPTS", tmp_path)
    with pytest.raises(AssetError, match=r"(?s)^esbuild could not bundle the page's scripts:.*broken\.js"):
        assets._bundle_scripts(tmp_path / "static")


def test_every_font_face_has_its_file(made: Path) -> None:
    css = (made / "static" / "fonts.css").read_text()
    files = re.findall(r"url\((fonts/[^)]+)\)", css)
    assert len(files) == len(assets.FONTS) * len(assets.SUBSETS) * 2
    assert all((made / "static" / file).read_bytes().startswith(b"wOF2") for file in files)


def test_stylesheets_ask_no_other_host(made: Path) -> None:
    for file in made.rglob("*.css"):
        assert not re.findall(r"url\(['\"]?(?:https?:)?//", file.read_text()), file


def test_every_icon_of_the_table_is_there(made: Path) -> None:
    css = (made / "static" / "icons.css").read_text()
    assert {f".fa-{name}{{--icon:url(data:image/svg+xml;base64," in css for name in assets.ICONS} == {True}


def test_the_page_has_the_plots_colours(made: Path) -> None:
    css = (made / "static" / "look.css").read_text()
    table = json.loads(assets.LOOK_FILE.read_text())
    for group in ("roles", "classes"):
        for name, (light, dark) in table[group].items():
            assert f"--look-{name}:light-dark({light},{dark});" in css


def test_every_script_is_bundled_once_and_whole(made: Path) -> None:
    static = made / "static"
    names = {f"figures/{file.name}" for file in (assets.SCRIPTS / "figures").glob("*.js")} - {"figures/figures.js"}
    for name in ["live.js", "live-session.js", "figures.js", *names]:
        assert 'from"@' not in (text := (static / name).read_text())
        assert text


def test_matplotlib_can_draw_with_the_pages_sans(made: Path) -> None:
    fonts = sorted((made / "fonts").glob("*.ttf"))
    assert [FontProperties(fname=file).get_name() for file in fonts] == ["Source Sans 3"] * 2
    assert [TTFont(file)["OS/2"].usWeightClass for file in fonts] == [400, 700]


def test_mathjax_is_there_with_its_fonts(made: Path) -> None:
    mathjax = made / "static" / "mathjax"
    assert (mathjax / "tex-mml-chtml.js").is_file()
    assert list((mathjax / "output/chtml/fonts/woff-v2").glob("*.woff"))
