"""The book in print: what LaTeX is told, and how the book is put in order for paper.

The same pages as on the web, with the web's numbers. Solutions and answers go to the end, parts get their openings, and
each live figure, which paper shows as its twin, says where it moves.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import matplotlib as mpl
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.latex import LaTeXTranslator
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node

from booksite.book_index import add_terms, thin_out
from booksite.captions import drop_screen_instructions
from booksite.folded_code import shorten_folded_code
from booksite.page_breaks import KeepTogether

LATEX = Path(__file__).resolve().parents[2] / "book" / "_latex"
PAPERS = {
    # setting → page, type, margins
    "a4": ("210mm,297mm", "11pt", "inner=24mm,outer=26mm,top=24mm,bottom=28mm"),
    "7x10": ("7in,10in", "10pt", "inner=0.75in,outer=0.65in,top=0.75in,bottom=0.85in"),
}
CODE_FONT = [f"DejaVuSansMono{style}.ttf" for style in ("", "-Bold", "-Oblique", "-BoldOblique")]
SYMBOL_FONT = "DejaVuSans.ttf"
PART = re.compile(r"Part ([IVX]+) · (.+)")
COUNTERS = {"figure": "figure", "table": "table", "code-block": "literalblock", "displaymath": "equation"}
"""What the web numbers → LaTeX's counter."""
FRONT = "About this book"
BIBLIOGRAPHY, REFERENCE = "book/bibliography", "book/api"


def configure(app: Sphinx, config: Config) -> None:
    """Set what LaTeX needs: paper, type, fonts, and the book's own style files.

    Raises
    ------
    ConfigError
        If the paper is none that we know.
    """
    paper = os.environ.get("PAPER") or config.print_paper
    if paper not in PAPERS:
        raise ConfigError(f"print_paper must be one of {', '.join(map(repr, PAPERS))}, got {paper!r}")
    size, points, margins = PAPERS[paper]
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    config.latex_additional_files = [
        *(str(file) for file in sorted(LATEX.iterdir())),
        *(str(fonts / name) for name in (*CODE_FONT, SYMBOL_FONT)),
    ]
    config.latex_use_xindy = False
    config.latex_domain_indices = False
    config.latex_show_urls = "footnote"
    config.latex_show_pagerefs = True
    config.latex_table_style = ["booktabs"]
    config.latex_elements = {
        "papersize": "a4paper",
        "pointsize": points,
        "extraclassoptions": "openany,twoside",
        "fontpkg": r"\usepackage{cnnbook-fonts}",
        "fncychap": "",
        "releasename": "",
        "geometry": rf"\usepackage[papersize={{{size}}},{margins}]{{geometry}}",
        "fvset": r"\fvset{fontsize=\codesize}",
        "sphinxsetup": ", ".join(
            (
                "verbatimforcewraps=true, verbatimhintsturnover=false",
                "pre_border-width=0pt, pre_padding=4pt, pre_padding-top=1.5pt, pre_padding-bottom=1.5pt",
                "div.note_title-background-TeXcolor={HTML}{E9ECEF}, div.note_background-TeXcolor={HTML}{FAFAFA}",
                "div.note_border-TeXcolor={HTML}{CDD4DA}, TitleColor={HTML}{1F2830}",
                r"div.topic_border-width=0.4pt, div.topic_box-shadow=none, div.topic_padding=6pt",
                "div.topic_background-TeXcolor={HTML}{FAFAFA}, div.topic_border-TeXcolor={HTML}{CDD4DA}",
                r"pre_background-TeXcolor={HTML}{F3F4F6}, HeaderFamily=\rmfamily\bfseries",
            )
        ),
        "figure_align": "htbp",  # here, or with its caption on the next page, while the text goes on
        "maketitle": r"\booktitlepage",
        "preamble": "\n".join(
            [
                r"\usepackage{cnnbook}",
                rf"\booksubject{{{config.html_title}}}{{{config.author}}}",
                rf"\bookedition{{{version('cnnbook')}}}{{{config.copyright}}}{{{config.author}}}",
                rf"\AtBeginDocument{{{_macros(config)}}}",
            ]
        ),
    }


def _macros(config: Config) -> str:
    r"""Return the formulas' macros, which MathJax gets from the same place; LaTeX has a ``\b`` of its own."""
    macros = (config.mathjax3_config or {}).get("tex", {}).get("macros", {}).items()
    return "".join(rf"\providecommand{{\{name}}}{{}}\renewcommand{{\{name}}}{{{value}}}" for name, value in macros)


class ArrangeForPrint(SphinxPostTransform):
    """Put the assembled book in order: a chapter of its own for the landing page, parts, solutions at the end."""

    default_priority = 2  # before outputs are chosen and references resolved
    formats = ("latex",)

    def run(self, **kwargs: object) -> None:
        """Work on the whole book, which LaTeX's builder has put into one document."""
        root = next(self.document.findall(nodes.section))
        self._number()
        self._point_to_live_figures()
        thin_out(self.document)
        add_terms(self.env, (page for page in self._pages() if page[0] in self.env.toc_secnumbers))
        for page in self.document.findall(addnodes.start_of_file):
            shorten_folded_code(page)
        self._open_front(root)
        files = {file["docname"]: file for file in self.document.findall(addnodes.start_of_file)}
        for tree in self.app.config.external_site_map.root.subtrees:
            first = files[str(tree.items[0])]
            opening = part_opening(tree.caption or "")
            first.parent.insert(first.parent.index(first), nodes.raw("", opening, format="latex"))
        self._collect_solutions(files)
        reference = files[REFERENCE]
        reference.parent.insert(reference.parent.index(reference), nodes.raw("", r"\bookreference", format="latex"))

    def _open_front(self, root: nodes.section) -> None:
        """Gather what the landing page says into a chapter before the first part."""
        front = nodes.section("", nodes.title("", FRONT), ids=["about-this-book"])
        for child in list(root.children[1:]):
            if "toctree-wrapper" not in child.get("classes", []):
                root.remove(child)
                front += child
        root.insert(1, [nodes.raw("", r"\bookfront", format="latex"), front])

    def _collect_solutions(self, files: dict[str, addnodes.start_of_file]) -> None:
        """Move the solutions into a chapter before the answers to the quizzes, under the names of their chapters."""
        chapter = nodes.section("", nodes.title("", "Solutions to the exercises"), ids=["solutions"])
        for docname, file in files.items():
            found = list(file.findall(solution_node))
            if not found:
                continue
            title = next(file.findall(nodes.title)).astext()
            number = ".".join(map(str, self.env.toc_secnumbers[docname].get("", ())))
            section = nodes.section("", nodes.title("", f"Chapter {number} · {title}"), ids=[f"solutions-{number}"])
            page = addnodes.start_of_file("", docname=docname)  # so that labels keep the name of their page
            for solution in found:
                solution.parent.remove(solution)
                page += solution
            section += page
            chapter += section
        answers = files[self.env.quiz_answers_doc]  # type: ignore[attr-defined]
        answers.parent.insert(answers.parent.index(answers), chapter)  # not into it: its label is the answers' page

    def _number(self) -> None:
        """Give figures, tables, listings and equations the numbers that they have on the web."""
        for docname, part in self._pages():
            for kind, ids in self.env.toc_fignumbers.get(docname, {}).items():
                if kind not in COUNTERS:
                    continue
                for node in part:
                    number = next((ids[name] for name in node.get("ids", []) if name in ids), None)
                    if number and self._kind(node) == kind:
                        text = ".".join(map(str, number))
                        mark = nodes.raw("", rf"\booknumber{{{COUNTERS[kind]}}}{{{text}}}", format="latex")
                        node.parent.insert(node.parent.index(node), mark)

    def _pages(self) -> Iterator[tuple[str, list[nodes.Element]]]:
        """Yield each page's name with its nodes."""
        files = list(self.document.findall(addnodes.start_of_file))
        inside = {id(node) for file in files for node in file.findall(nodes.Element)}
        for file in files:
            yield file["docname"], list(file.findall(nodes.Element))
        yield (
            self.config.root_doc,
            [node for node in self.document.findall(nodes.Element) if id(node) not in inside],
        )

    def _kind(self, node: nodes.Element) -> str | None:
        if isinstance(node, nodes.math_block):
            return "displaymath"
        return self.env.get_domain("std").get_enumerable_node_type(node)

    def _point_to_live_figures(self) -> None:
        """Say below the printed twin of a live figure that it moves, and where, instead of how."""
        site = self.config.html_baseurl.rstrip("/")
        for docname, part in self._pages():
            for figure in (node for node in part if isinstance(node, nodes.figure)):
                if not any(self._is_live(image) for image in figure.findall(nodes.image)):
                    continue
                caption = next(figure.findall(nodes.caption), None)
                if caption is None:
                    continue
                drop_screen_instructions(caption)
                caption += nodes.Text(" ")
                if site:
                    uri = f"{site}/{docname}.html#{figure['ids'][0]}"
                    caption += nodes.reference("", "Live online", refuri=uri)  # its footnote gives the address
                else:
                    caption += nodes.emphasis("", "Live in the online book.")

    def _is_live(self, image: nodes.image) -> bool:
        file = Path(image.get("uri", ""))
        file = file if file.is_absolute() else Path(self.app.srcdir) / file
        return file.suffix == ".svg" and file.is_file() and "data-live-figure=" in file.read_text(encoding="utf8")


class OneBibliography(SphinxPostTransform):
    """Leave the bibliography to LaTeX's own list: the web's page of it would be a chapter without text."""

    default_priority = 760  # when Sphinx has gathered the citations
    formats = ("latex",)

    def run(self, **kwargs: object) -> None:
        """Take out the pages that held nothing but citations."""
        for file in list(self.document.findall(addnodes.start_of_file)):
            if file["docname"] == BIBLIOGRAPHY:
                file.parent.remove(file)


def part_opening(caption: str) -> str:
    r"""Return the LaTeX that opens a part.

    Parameters
    ----------
    caption : str
        A part's caption in ``_toc.yml``: ``Part IV · A complete case study``; words alone for one without a number.

    Examples
    --------
    >>> part_opening("Part II · Five views of one convolution")
    '\\bookpart{II}{Five views of one convolution}'
    >>> part_opening("Back matter")
    '\\bookback'
    """
    numbered = PART.fullmatch(caption)
    return rf"\bookpart{{{numbered[1]}}}{{{numbered[2]}}}" if numbered else r"\bookback"


def visit_exercise(self: LaTeXTranslator, node: nodes.Element) -> None:
    """Open an exercise, under both labels by which it is referred to; the title's visitor adds the argument."""
    names = (f"exercise:{node['label']}", f"{self.curfilestack[-1]}:{node['label']}")
    labels = "".join(f"\\label{{{name}}}" for name in names)
    self.body.append(f"\n\\phantomsection{labels}\n\\begin{{bookexercise}}")


def depart_exercise(self: LaTeXTranslator, node: nodes.Element) -> None:  # noqa: D103
    self.body.append("\\end{bookexercise}\n")


def visit_solution(self: LaTeXTranslator, node: nodes.Element) -> None:
    """Open a solution."""
    self.body.append(f"\n\\phantomsection\\label{{{self.curfilestack[-1]}:{node['label']}}}\n\\begin{{booksolution}}")


def depart_solution(self: LaTeXTranslator, node: nodes.Element) -> None:  # noqa: D103
    self.body.append("\\end{booksolution}\n")


def setup(app: Sphinx) -> dict:
    """Register the setting and the transform."""
    app.setup_extension("sphinx_exercise")
    app.add_node(exercise_enumerable_node, override=True, latex=(visit_exercise, depart_exercise))
    app.add_node(solution_node, override=True, latex=(visit_solution, depart_solution))
    app.add_config_value("print_paper", "a4", "", str)
    app.connect("config-inited", configure, priority=900)
    app.add_post_transform(ArrangeForPrint)
    app.add_post_transform(OneBibliography)
    app.add_post_transform(KeepTogether)
    app.setup_extension("sphinxcontrib.rsvgconverter")  # drawings by hand become PDF
    return {"parallel_read_safe": True, "parallel_write_safe": True}
