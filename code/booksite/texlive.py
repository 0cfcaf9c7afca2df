"""Find what the printed book needs beyond Python, or install it: ``python -m booksite.texlive --install``."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys

from booksite.debian import install

PROGRAMS = {
    # program → Debian's package
    "xelatex": "texlive-xetex",
    "latexmk": "latexmk",
    "kpsewhich": "texlive-binaries",
    "rsvg-convert": "librsvg2-bin",
    "pdfinfo": "poppler-utils",
}
FILES = {
    # file that XeLaTeX reads → Debian's package
    "fncychap.sty": "texlive-latex-extra",
    "texgyrepagella-regular.otf": "fonts-texgyre",
    "texgyrepagella-math.otf": "fonts-texgyre-math",
    "psfonts.map": "texlive-fonts-recommended",
}

ADVICE = (
    "The printed book needs XeLaTeX, but this machine lacks {missing}. Install it (Debian, Ubuntu: "
    "`sudo apt-get install --no-install-recommends {packages}`; macOS: MacTeX and `brew install librsvg poppler`; "
    "elsewhere: TeX Live with the collections latexextra, fontsrecommended and xetex, librsvg, poppler)."
)


def packages() -> list[str]:
    """Return Debian's packages, about 380 MB on a system without TeX."""
    return sorted({*PROGRAMS.values(), *FILES.values()})


def missing() -> list[str]:
    """Return the programs and TeX files that are not here."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if "kpsewhich" in lacking:
        return [*lacking, *FILES]
    found = {file for file in FILES if subprocess.run(["kpsewhich", file], capture_output=True, check=False).stdout}
    return [*lacking, *(file for file in FILES if file not in found)]


def main() -> int:
    """Check what is here; with ``--install`` install what is missing. Return 1 if something is missing at the end."""
    parser = argparse.ArgumentParser(description="Find what the printed book needs beyond Python.")
    parser.add_argument("--install", action="store_true", help="install it (Debian, Ubuntu) if it is missing")
    options = parser.parse_args()
    lacking = missing()
    if lacking and options.install and install(packages()):
        lacking = missing()
    if lacking:
        print(ADVICE.format(missing=", ".join(lacking), packages=" ".join(packages())), file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
