"""What each kernel of the book's server does before its first cell: load what chapters need, so that nobody waits.

Imported by the kernel itself (see :class:`booksite.warm_kernels.BookKernelSpecs`), and only for its side effects. It
defines nothing in the reader's namespace: a cell that forgets an import must fail in the page as it fails in the build.
"""

import contextlib
import io

with contextlib.suppress(ImportError):  # a page without torch should still run where torch is not installed
    import torch

    # The first convolution of a process sets up threads and picks an implementation, the first step of an optimizer
    # imports a compiler. Nothing random is drawn.
    _weight = torch.nn.Parameter(torch.ones(1, 1, 3, 3))
    torch.nn.functional.conv2d(torch.ones(1, 1, 8, 8), _weight).sum().backward()
    torch.optim.Adam([_weight]).step()

with contextlib.suppress(ImportError):
    import matplotlib.pyplot  # noqa: F401
    import matplotlib_inline.backend_inline  # noqa: F401
    from matplotlib.figure import Figure

    # Finding fonts and loading the renderers costs as much as the import. A bare Figure leaves pyplot's state alone.
    _figure = Figure(figsize=(1, 1))
    _figure.subplots().set_title("x")
    for _format in ("png", "svg"):
        _figure.savefig(io.BytesIO(), format=_format)

# What the book's package imports; not the package itself, which its authors edit while a kernel waits.
with contextlib.suppress(ImportError):
    import PIL.Image
    import skimage.data
    import skimage.draw
    import skimage.io
    import skimage.restoration  # noqa: F401
    import sklearn.datasets  # noqa: F401
    import tqdm  # noqa: F401

    PIL.Image.init()  # the readers and writers of all picture formats
