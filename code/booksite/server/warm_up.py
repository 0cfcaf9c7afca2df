"""What each kernel of the book's server does before its first cell: load what chapters need, so that nobody waits.

Imported by the kernel itself (see :class:`booksite.server.kernels.BookKernelSpecs`), and only for its side effects. It
defines nothing in the reader's namespace: a cell that forgets an import must fail in the page as it fails in the build.
"""

import contextlib
import gc
import io
import sys

with contextlib.suppress(ImportError):  # a page without torch should still run where torch is not installed
    import torch

    # The first convolution of a process sets up threads and picks an implementation, the first step of an optimizer
    # imports a compiler. Nothing random is drawn.
    _weight = torch.nn.Parameter(torch.ones(1, 1, 3, 3))
    torch.nn.functional.conv2d(torch.ones(1, 1, 8, 8), _weight).sum().backward()
    torch.optim.AdamW([_weight], fused=True).step()

# What the book's package imports.
with contextlib.suppress(ImportError):
    import PIL.Image
    import scipy.ndimage  # noqa: F401
    import skimage.data
    import skimage.draw
    import skimage.io
    import skimage.restoration  # noqa: F401
    import sklearn.datasets  # noqa: F401
    import tqdm  # noqa: F401

    PIL.Image.init()  # the readers and writers of all picture formats

with contextlib.suppress(ImportError):
    import matplotlib as mpl
    import matplotlib.pyplot
    import matplotlib_inline.backend_inline  # noqa: F401
    from matplotlib.figure import Figure

    try:
        from cnnbook.plotting.style import style_settings

        _settings = style_settings() | {"image.cmap": "gray"}  # the book's own maps come with its style
    except ImportError:
        _settings = {}

    # Finding fonts, reading the grammar of formulas and loading the renderers costs as much as the import. A bare
    # Figure leaves pyplot's state alone.
    with mpl.rc_context(_settings):
        _figure = Figure(figsize=(4, 2), layout="constrained")
        _axes = _figure.subplots(1, 2)
        _axes[0].set(title="image $x$", xlabel=r"$\frac{1}{2}$", ylabel="b")
        _axes[0].bar([0], [1], label="x")
        _axes[0].legend()
        _axes[1].imshow([[0, 1]])
        _axes[1].text(0, 0, "c", weight="bold", style="italic")
        for _format in ("png", "svg"):
            _figure.savefig(io.BytesIO(), format=_format)

# The package's authors edit it while this kernel waits: its first cell shall import what is there by then.
for _name in [name for name in sys.modules if name.partition(".")[0] == "cnnbook"]:
    del sys.modules[_name]

# A full garbage collection would look at all of this again, a quarter of a second in the middle of somebody's cell.
gc.collect()
gc.freeze()
