"""Everything third-party that a page needs, put into the site at build time: fonts, icons, MathJax, bundled scripts.

The packages come from npm, pinned in ``package.json``; nothing of them is committed, and no page asks another host for
anything.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

from booksite.pictures import SCALE

REPOSITORY = Path(__file__).resolve().parents[2]
NODE_MODULES = REPOSITORY / "node_modules"
SCRIPTS = REPOSITORY / "book" / "_js"
BUNDLER = SCRIPTS / "bundle.mjs"
LOOK_FILE = REPOSITORY / "code" / "cnnbook" / "look.json"

ICONS = {
    # name used by the theme's markup (fa-…) → file of FontAwesome's free set
    "bars": "bars",
    "outdent": "outdent",
    "list": "list",
    "magnifying-glass": "magnifying-glass",
    "sun": "sun",
    "moon": "moon",
    "circle-half-stroke": "circle-half-stroke",
    "angle-left": "angle-left",
    "angle-right": "angle-right",
    "arrow-up": "arrow-up",
    "chevron-right": "chevron-right",
    "chevron-down": "chevron-down",
    "home": "house",
    "file-lines": "file-lines",
    "pencil": "pencil",
}

FONTS = {
    # family in the CSS → (npm package, file stem)
    "Source Serif 4": ("@fontsource-variable/source-serif-4", "source-serif-4"),
    "Source Sans 3": ("@fontsource-variable/source-sans-3", "source-sans-3"),
    "Source Code Pro": ("@fontsource-variable/source-code-pro", "source-code-pro"),
}

SUBSETS = {
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,"
    "U+2212,U+2215",
    "greek": "U+0370-0377,U+037A-037F,U+0384-038A,U+038C,U+038E-03A1,U+03A3-03FF",
}


class AssetError(RuntimeError):
    """Something that the site needs could not be made; the message says what and what to do."""


def build_assets(static: Path, fonts: Path) -> None:
    """Write the site's static files.

    Parameters
    ----------
    static : Path
        Folder that becomes part of ``_static`` of the site.
    fonts : Path
        Folder for the fonts that matplotlib draws with.

    Raises
    ------
    AssetError
        If the npm packages are not installed or a script does not bundle.
    """
    if not (NODE_MODULES / "mathjax").is_dir():
        raise AssetError(f"{NODE_MODULES} lacks the npm packages of package.json: run `make setup`")
    static.mkdir(parents=True, exist_ok=True)
    _copy_mathjax(static / "mathjax")
    _copy_fonts(static)
    _write_icons(static / "icons.css")
    _write_look(static / "look.css")
    _bundle_scripts(static)
    _make_plot_fonts(fonts)


def _copy_mathjax(target: Path) -> None:
    """Copy the TeX-to-CHTML part of MathJax with its fonts and autoloaded TeX extensions."""
    source = NODE_MODULES / "mathjax" / "es5"
    if target.is_dir():
        return  # pinned: what was copied once stays right until `make clean`
    target.mkdir(parents=True)
    shutil.copy(source / "tex-mml-chtml.js", target)
    shutil.copytree(
        source / "output" / "chtml" / "fonts" / "woff-v2", target / "output" / "chtml" / "fonts" / "woff-v2"
    )
    shutil.copytree(source / "input" / "tex" / "extensions", target / "input" / "tex" / "extensions")


def _copy_fonts(static: Path) -> None:
    """Copy the variable fonts and write their ``@font-face`` rules."""
    folder = static / "fonts"
    folder.mkdir(exist_ok=True)
    rules = []
    for family, (package, stem) in FONTS.items():
        for subset, characters in SUBSETS.items():
            for style in ("normal", "italic"):
                file = NODE_MODULES / package / "files" / f"{stem}-{subset}-wght-{style}.woff2"
                shutil.copy(file, folder)
                rules.append(
                    f'@font-face{{font-family:"{family}";font-style:{style};font-weight:200 900;font-display:swap;'
                    f'src:url(fonts/{file.name}) format("woff2");unicode-range:{characters}}}'
                )
    (static / "fonts.css").write_text("\n".join(rules) + "\n", encoding="utf8")


def _write_icons(target: Path) -> None:
    """Write the theme's few icons as CSS masks, in place of FontAwesome's script of 1.5 MB."""
    rules = [
        '[class*="fa-solid"]{display:inline-block;width:1em;height:1em;vertical-align:-.125em;background:currentColor;'
        "mask:var(--icon) center/contain no-repeat;-webkit-mask:var(--icon) center/contain no-repeat}"
    ]
    for name, file in ICONS.items():
        svg = NODE_MODULES / "@fortawesome/fontawesome-free/svgs/solid" / f"{file}.svg"
        data = base64.b64encode(svg.read_bytes()).decode()
        rules.append(f".fa-{name}{{--icon:url(data:image/svg+xml;base64,{data})}}")
    target.write_text("\n".join(rules) + "\n", encoding="utf8")


def _write_look(target: Path) -> None:
    """Write the roles of colour and the scale of figures as CSS custom properties; colours follow the page's scheme."""
    table = json.loads(LOOK_FILE.read_text(encoding="utf8"))
    lines = [
        f"--look-{name}:light-dark({light},{dark});"
        for group in ("roles", "classes")
        for name, (light, dark) in table[group].items()
    ]
    lines.append(f"--figure-scale:{SCALE};")
    target.write_text(":root{" + "".join(lines) + "}\n", encoding="utf8")


def _bundle_scripts(static: Path) -> None:
    """Bundle our scripts with the packages they import, one file for each way they are loaded."""
    figures = {f"figures/{file.stem}": file for file in sorted((SCRIPTS / "figures").glob("*.js"))}
    loader = figures.pop("figures/figures", SCRIPTS / "figures" / "figures.js")
    # What a page loads itself is a classic script, which browsers also run in a page that was opened as a file …
    _bundle(static, "iife", {"live": SCRIPTS / "live" / "live.js", "figures": loader})
    # … and what those load when it is needed are modules.
    sessions = {
        "live-session": SCRIPTS / "live" / "session.js",
        "live-markdown": SCRIPTS / "live" / "outputs" / "markdown.js",
    }
    _bundle(static, "esm", {**sessions, **figures})


def _bundle(static: Path, form: str, entries: dict[str, Path]) -> None:
    """Run esbuild (``bundle.mjs``) on scripts that become ``static/NAME.js``."""
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}") or "node"
    named = [f"{name}={file}" for name, file in entries.items()]
    command = [node, str(BUNDLER), form, str(static), *named]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    if done.returncode:
        raise AssetError(f"esbuild could not bundle the page's scripts:\n{done.stderr}")


def _make_plot_fonts(target: Path) -> None:
    """Unpack the page's sans from woff into TrueType, which matplotlib reads."""
    target.mkdir(parents=True, exist_ok=True)
    for weight in (400, 700):
        file = target / f"source-sans-3-{weight}.ttf"
        if not file.is_file():
            font = TTFont(NODE_MODULES / f"@fontsource/source-sans-3/files/source-sans-3-latin-{weight}-normal.woff")
            font.flavor = None
            font.save(file)
