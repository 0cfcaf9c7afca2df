"""What each kernel of the book's server does before its first cell: load what chapters need, so that nobody waits.

Imported by the kernel itself (see :class:`booksite.server.kernels.BookKernelSpecs`), and for its side effects. It
defines nothing in the reader's namespace: a cell that forgets an import must fail in the page as it fails in the build.
"""

import contextlib
import gc
import importlib.util
import io
import pkgutil
import sys
from pathlib import Path

PACKAGE = "cnnbook"


def load_package() -> dict[str, int]:
    """Import every module of the book's package; return when each of its files was written, before that."""
    written = written_files()
    with contextlib.suppress(ImportError):
        package = importlib.import_module(PACKAGE)
        for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
            importlib.import_module(module.name)
    return written


def written_files() -> dict[str, int]:
    """Return when each file of the package was written, in nanoseconds; empty where there is no package."""
    found = importlib.util.find_spec(PACKAGE)
    folders = found.submodule_search_locations if found else []
    written = {}
    for path in (path for folder in folders or [] for path in Path(folder).rglob("*.*") if path.suffix != ".pyc"):
        with contextlib.suppress(OSError):  # what an editor keeps beside a file comes, goes, and need not be a file
            written[str(path)] = path.stat().st_mtime_ns
    return written


def forget_package_if_changed() -> None:
    """Have the next import read the package anew if its authors have edited it: they do that while a kernel waits."""
    if written_files() != _written:
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


def draw_figure() -> None:
    """Draw a figure for nobody.

    Finding fonts, reading the grammar of formulas and loading the renderers costs as much as matplotlib's import. A
    bare Figure leaves pyplot's state alone.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    try:
        from cnnbook.plotting.style import style_settings

        settings = style_settings() | {"image.cmap": "gray"}  # the book's own maps come with its style
    except ImportError:
        settings = {}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(4, 2), layout="constrained")
        axes = figure.subplots(1, 2)
        axes[0].set(title="image $x$", xlabel=r"$\frac{1}{2}$", ylabel="b")
        axes[0].bar([0], [1], label="x")
        axes[0].legend()
        axes[1].imshow([[0, 1]])
        axes[1].text(0, 0, "c", weight="bold", style="italic")
        for format_ in ("png", "svg"):
            figure.savefig(io.BytesIO(), format=format_)


with contextlib.suppress(ImportError):  # a page without torch should still run where torch is not installed
    import torch

    # The first convolution of a process sets up threads and picks an implementation, the first step of an optimizer
    # imports a compiler. Nothing random is drawn.
    _weight = torch.nn.Parameter(torch.ones(1, 1, 3, 3))
    torch.nn.functional.conv2d(torch.ones(1, 1, 8, 8), _weight).sum().backward()
    torch.optim.AdamW([_weight], fused=True).step()

_written = load_package()

with contextlib.suppress(ImportError):
    import PIL.Image
    import skimage.data  # noqa: F401

    PIL.Image.init()  # the readers and writers of all picture formats

with contextlib.suppress(ImportError):
    import matplotlib.pyplot  # noqa: F401
    import matplotlib_inline.backend_inline  # noqa: F401

    draw_figure()

# A full garbage collection would look at all of this again, a quarter of a second in the middle of somebody's cell.
gc.collect()
gc.freeze()
