"""Multiple-choice questions whose every answer is a fold with its reason: they need no script and no kernel.

In a chapter::

    :::{quiz} quiz-one-hot
    How many numbers does a one-hot code of 10 classes have?

    - ( ) 1

      That would be the class index.
    - (x) 10

      One number a class.
    :::

and once, at the end of the book, ``:::{quiz-answers}``, which lists the right answers with their reasons for those who
read on paper.
"""

from __future__ import annotations

from string import ascii_lowercase

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode
from sphinx.writers.html5 import HTML5Translator
from sphinx.writers.latex import LaTeXTranslator


class quiz(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes in lower case)
    """A question with its options."""


class quiz_option(nodes.General, nodes.Element):  # noqa: N801
    """One answer: ``letter``, ``right``, a short text and the reason."""


class quiz_answer(nodes.General, nodes.TextElement):  # noqa: N801
    """The text of an option, before its reason."""


class quiz_answers(nodes.General, nodes.Element):  # noqa: N801
    """Placeholder for the list of answers of the whole book."""


class QuizDirective(SphinxDirective):
    """A question; its last list holds the options, each beginning with ``(x)`` or ``( )``."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Parse the question and its options."""
        label = self.arguments[0]
        node = quiz("", docname=self.env.docname, names=[label], ids=[nodes.make_id(label)])
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        if not isinstance(node.children[-1] if node.children else None, nodes.bullet_list):
            raise self.error("a quiz must end with the list of its options")
        options = node.children[-1]
        node.remove(options)
        for letter, item in zip(ascii_lowercase, options.children, strict=False):
            node += self._option(letter, item)
        if sum(option["right"] for option in node.findall(quiz_option)) != 1:
            raise self.error(f"quiz {label} must have exactly one option marked (x)")
        self.state.document.note_explicit_target(node)
        return [node]

    def _option(self, letter: str, item: nodes.Element) -> quiz_option:
        """Turn ``(x) text`` and what follows it into an option."""
        first = item.children[0] if item.children else None
        mark = first.astext()[:3] if isinstance(first, nodes.paragraph) else ""
        if mark not in ("(x)", "( )"):
            raise self.error(f"option {letter} must begin with (x) or ( ), got {mark!r}")
        if len(item.children) < 2:
            raise self.error(f"option {letter} must give its reason in a paragraph of its own")
        assert isinstance(first, nodes.paragraph)
        text = next(first.findall(nodes.Text))
        text.parent.replace(text, nodes.Text(text.astext()[3:].lstrip()))
        answer = quiz_answer("", "", *first.children)
        return quiz_option("", answer, *item.children[1:], letter=letter, right=mark == "(x)")


class QuizAnswersDirective(SphinxDirective):
    """The answers to all quizzes of the book."""

    def run(self) -> list[nodes.Node]:
        """Leave a placeholder: the quizzes are known when all pages have been read."""
        self.env.quiz_answers_doc = self.env.docname  # type: ignore[attr-defined]
        return [quiz_answers("")]


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Keep a copy of each quiz of a page."""
    _store(app.env)[app.env.docname] = [node.deepcopy() for node in doctree.findall(quiz)]


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop the quizzes of a page that is read anew or gone."""
    _store(env).pop(docname, None)


def answers_page(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the page of answers, which depends on all others, and tell Sphinx whether it will hold formulas."""
    if not hasattr(env, "quiz_answers_doc"):
        return []
    formulas = any(next(node.findall(nodes.math), None) for page in _store(env).values() for node in page)
    env.get_domain("math").data["has_equations"][env.quiz_answers_doc] = formulas
    return [env.quiz_answers_doc]


class FillAnswers(SphinxPostTransform):
    """Put the answers in place of the placeholder, in the order of the book."""

    default_priority = 1  # before references are resolved, so that those in the reasons are, too

    def run(self, **kwargs: object) -> None:
        """Replace the placeholder, if this is the page of answers."""
        for placeholder in list(self.document.findall(quiz_answers)):
            content: list[nodes.Node] = []
            for page in [self.config.root_doc, *_reading_order(self.env)]:
                for node in _store(self.env).get(page, []):
                    content += _answer(self.app, node, page, self.env.docname)
            placeholder.replace_self(content)


def _answer(app: Sphinx, node: quiz, page: str, docname: str) -> list[nodes.Node]:
    """Return the right answer to one quiz, with a link to it."""
    number = ".".join(map(str, app.env.toc_fignumbers.get(page, {}).get("quiz", {}).get(node["ids"][0], ())))
    reference = make_refnode(app.builder, docname, page, node["ids"][0], nodes.Text(f"Quiz {number}"))
    option = next(option for option in node.findall(quiz_option) if option["right"])
    answer, *reason = [child.deepcopy() for child in option.children]
    line = nodes.paragraph("", "", reference, nodes.Text(f": ({option['letter']}) "), *answer.children)
    for pending in [found for part in reason for found in part.findall(addnodes.pending_xref)]:
        pending["refdoc"] = docname
    content = [line, nodes.block_quote("", *reason)]
    if app.builder.format == "latex":
        begin, end = (nodes.raw("", rf"\{word}{{bookanswer}}", format="latex") for word in ("begin", "end"))
        return [begin, *content, end]
    return content


def _reading_order(env: BuildEnvironment) -> list[str]:
    """Return all pages in the order of the table of contents."""
    found: list[str] = []

    def walk(page: str) -> None:
        for child in env.toctree_includes.get(page, []):
            found.append(child)
            walk(child)

    walk(env.config.root_doc)
    return found


def _store(env: BuildEnvironment) -> dict[str, list[quiz]]:
    if not hasattr(env, "quizzes"):
        env.quizzes = {}  # type: ignore[attr-defined]
    return env.quizzes  # type: ignore[attr-defined]


# --- HTML: each option is a <details>, so it opens by mouse, touch and keyboard without a script


def visit_quiz_html(self: HTML5Translator, node: quiz) -> None:  # noqa: D103
    label = node["ids"][0]
    self.body.append(f'<section class="quiz" id="{label}" aria-label="Quiz">\n<p class="quiz-title">')
    self.add_fignumber(node)
    self.body.append("</p>\n")


def depart_quiz_html(self: HTML5Translator, node: quiz) -> None:  # noqa: D103
    self.body.append("</section>\n")


def visit_option_html(self: HTML5Translator, node: quiz_option) -> None:  # noqa: D103
    kind = "right" if node["right"] else "wrong"
    self.body.append(f'<details class="quiz-option {kind}">')


def depart_option_html(self: HTML5Translator, node: quiz_option) -> None:  # noqa: D103
    self.body.append("</div></details>\n")


def visit_answer_html(self: HTML5Translator, node: quiz_answer) -> None:  # noqa: D103
    self.body.append(f'<summary><span class="quiz-letter">{node.parent["letter"]}</span> <span class="quiz-text">')


def depart_answer_html(self: HTML5Translator, node: quiz_answer) -> None:  # noqa: D103
    verdict = "Right." if node.parent["right"] else "Not this one."
    self.body.append(f'</span></summary><div class="quiz-reason"><p class="quiz-verdict">{verdict}</p>')


# --- LaTeX: the question and its options; the reasons stand at the end of the book


def visit_quiz_latex(self: LaTeXTranslator, node: quiz) -> None:  # noqa: D103
    number = ".".join(map(str, self.builder.env.toc_fignumbers.get(node["docname"], {})
                          .get("quiz", {}).get(node["ids"][0], ())))  # fmt: skip
    label = self.hypertarget_to(node, anchor=True)
    self.body.append(f"\n\\begin{{bookquiz}}\\noindent{label}\\textbf{{Quiz {number}}}\\par\\nobreak\n")


def depart_quiz_latex(self: LaTeXTranslator, node: quiz) -> None:  # noqa: D103
    self.body.append("\\end{bookoptions}\\end{bookquiz}\n")


def visit_option_latex(self: LaTeXTranslator, node: quiz_option) -> None:  # noqa: D103
    begin = "\n\\begin{bookoptions}" if node["letter"] == "a" else ""
    self.body.append(f"{begin}\n\\item[({node['letter']})] ")
    for reason in list(node.children[1:]):
        node.remove(reason)


def pass_by(self: HTML5Translator | LaTeXTranslator, node: nodes.Node) -> None:
    """Write nothing of its own."""


def quiz_title(node: nodes.Element) -> str:
    """Return the title by which Sphinx numbers a quiz."""
    return "Quiz"


def setup(app: Sphinx) -> dict:
    """Register the directives and their nodes."""
    app.add_enumerable_node(
        quiz, "quiz", quiz_title,
        html=(visit_quiz_html, depart_quiz_html), latex=(visit_quiz_latex, depart_quiz_latex),
    )  # fmt: skip
    app.add_node(quiz_option, html=(visit_option_html, depart_option_html), latex=(visit_option_latex, pass_by))
    app.add_node(quiz_answer, html=(visit_answer_html, depart_answer_html), latex=(pass_by, pass_by))
    app.add_node(quiz_answers)
    app.add_directive("quiz", QuizDirective)
    app.add_directive("quiz-answers", QuizAnswersDirective)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-updated", answers_page)
    app.add_post_transform(FillAnswers)
    return {"parallel_read_safe": False, "parallel_write_safe": True, "env_version": 1}
