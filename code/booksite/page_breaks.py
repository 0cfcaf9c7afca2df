"""Where the printed book's pages may end: not within a few lines of code, nor between a cell and what it prints."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from booksite.quiz import quiz

FEW = 3  # lines of a block that stay together on either side of a page's end
SHORT = 12  # lines of an output that is not split
OPENERS = ("@", "def ", "class ", "for ", "while ", "if ", "with ", "try:", "else:", "elif ")
CODE = (nodes.literal_block, nodes.doctest_block)
WHOLE = (nodes.Admonition, *CODE, nodes.section, quiz)
"""What is not parted from the heading right above it."""
SKIPPED = (nodes.Invisible, nodes.raw, addnodes.index)
HEADING_AND_BLOCK = r"\bookneed{12}"


def joined_lines(lines: list[str], short: int = 2 * FEW - 1) -> list[int]:
    """Return the numbers of the lines, from 1, before which no page may end.

    These are the first and last of the block, those after a blank line (the page ends before it), and those that
    would part a decorator, the head of a block or an opening bracket from what follows, or begin a page with a closing
    bracket.

    Parameters
    ----------
    lines : list of str
        The block.
    short : int
        A block of so many lines stays in one piece.

    Examples
    --------
    >>> joined_lines(["a = 1", "b = 2", "c = 3", "@cache", "def f(x):", "    y = x", "    return y"])
    [2, 3, 5, 6, 7]
    """
    count = len(lines)
    if count <= short:
        return list(range(2, count + 1))
    found = []
    for number in range(2, count + 1):
        above = lines[number - 2]
        few = number <= FEW or number > count - FEW + 1
        opens = above.lstrip().startswith(OPENERS) or above.rstrip().endswith((":", "(", "[", "{"))
        closes = lines[number - 1].lstrip().startswith((")", "]", "}"))
        if few or opens or closes or not above.strip():
            found.append(number)
    return found


def blank_lines(lines: list[str]) -> list[int]:
    """Return the numbers of the blank lines at which a page may end, from 1: enough lines stand before and after them.

    Examples
    --------
    >>> blank_lines(["a", "b", "c", "", "d", "", "e", "f"])
    [4]
    """
    full = [bool(line.strip()) for line in lines]
    return [
        number
        for number, line in enumerate(full, 1)
        if not line and sum(full[:number]) >= FEW and sum(full[number:]) >= FEW
    ]


class KeepTogether(SphinxPostTransform):
    """Tell LaTeX, before each block of code, where it may be split, and how much of its output it must keep with it."""

    default_priority = 770  # when outputs are chosen and references resolved
    formats = ("latex",)

    def run(self, **kwargs: object) -> None:
        """Work on the whole book."""
        for block in list(self.document.findall(lambda node: isinstance(node, CODE))):
            _mark(block)
        for rubric in list(self.document.findall(nodes.rubric)):
            _keep_with_next(rubric)
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code":
                _reserve(cell)
        for section in list(self.document.findall(nodes.section)):
            first = next((child for child in section.children[1:] if not isinstance(child, SKIPPED)), None)
            if isinstance(first, WHOLE) or (isinstance(first, nodes.container) and _is_block(first)):
                section.parent.insert(section.parent.index(section), nodes.raw("", HEADING_AND_BLOCK, format="latex"))
            _drop_repeated_title(section, first)


def _keep_with_next(rubric: nodes.rubric) -> None:
    """Keep a rubric, such as "Examples", with the code below it."""
    following = next(iter(rubric.parent.children[rubric.parent.index(rubric) + 1 :]), None)
    code = (
        next((node for node in following.findall(nodes.Element) if isinstance(node, CODE)), None) if following else None
    )
    if code is not None:
        lines = min(code.astext().count("\n") + 1, SHORT) + 4
        rubric.parent.insert(rubric.parent.index(rubric), nodes.raw("", rf"\bookneed{{{lines}}}", format="latex"))


def _mark(block: nodes.literal_block) -> None:
    """Say before a block which of its lines hold together."""
    lines = block.astext().rstrip("\n").split("\n")
    output = _inside(block, "cell_code_output")
    joined = joined_lines(lines, SHORT) if output else joined_lines(lines)
    blank = [] if output and len(lines) <= SHORT else blank_lines(lines)
    marks = "".join(f"{{,{','.join(map(str, numbers))},}}" for numbers in (joined, blank))
    place = block.parent if block.parent.get("literal_block") else block
    place.parent.insert(place.parent.index(place), nodes.raw("", rf"\bookbreaks{marks}", format="latex"))


def _reserve(cell: nodes.container) -> None:
    """Keep room for the beginning of a cell's output on the page on which its code ends."""
    if not _has_code(cell) or len(cell) < 2:
        return
    wanted = _lines_to_keep(cell[1])
    if wanted:
        cell.insert(0, nodes.raw("", rf"\bookreserve{{{wanted}}}", format="latex"))
        cell.insert(2, nodes.raw("", r"\bookrelease", format="latex"))


def _lines_to_keep(output: nodes.Element) -> int:
    """Return how many lines of an output are to be on the page of its code; none of a picture."""
    first = next((node for node in output.findall() if isinstance(node, nodes.literal_block | nodes.table)), None)
    if first is None or next(output.findall(nodes.image), None) is not None:
        return 0
    if isinstance(first, nodes.table):
        count = sum(1 for _ in first.findall(nodes.row)) + 1
    else:
        count = first.astext().rstrip("\n").count("\n") + 1
    return (count if count <= SHORT else FEW) + 2  # with the space around it


def _is_block(node: nodes.container) -> bool:
    """Say whether a container is a listing or a cell whose code is shown."""
    return bool(node.get("literal_block")) or _has_code(node)


def _has_code(node: nodes.Node | None) -> bool:
    """Say whether a node is a cell whose code is shown."""
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "cell_code"
        and bool(node.children)
        and isinstance(node[0], nodes.container)
        and node[0].get("nb_element") == "cell_code_source"
    )


def _inside(node: nodes.Node, element: str) -> bool:
    """Say whether a node is in such a part of a cell."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, nodes.Element) and node.get("nb_element") == element:
            return True
    return False


def _drop_repeated_title(section: nodes.section, first: nodes.Node | None) -> None:
    """Empty the title of a box that says again what the heading right above it says."""
    if (
        isinstance(first, nodes.admonition)
        and isinstance(first[0], nodes.title)
        and first[0].astext() == section[0].astext()
    ):
        first[0].clear()
