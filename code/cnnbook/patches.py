"""Patches: an image cut into cells, or seen through a window that slides over it.

Notation: an image is (C, H, W); a patch or cell is (C, M, N), here mostly square, (C, M, M).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnbook.checks import (
    check_choice,
    check_odd,
    check_positive,
    check_tensor,
)

PADDING_MODES = ("zeros", "circular", "reflect", "replicate")
"""What can lie beyond the edge of an image (in this order) is zero, its other side, the image mirrored, or its edge repeated."""


def cut_into_cells(image: Tensor, cell_size: int) -> Tensor:
    """Cut an image into square cells that do not overlap.

    Parameters
    ----------
    image : Tensor
        An image.
    cell_size : int
        Side M of a cell in pixels; must divide height and width.

    Returns
    -------
    Tensor
        The cells, row by row (a view, nothing is copied).

    Shape:
        (C, H, W) → (H/M, W/M, C, M, M)

    Raises
    ------
    TypeError
        If ``image`` is no floating-point tensor or ``cell_size`` no int.
    ValueError
        If the image does not have three dimensions, or the cell size does not divide it.

    Examples
    --------
    >>> cut_into_cells(torch.zeros(3, 64, 96), cell_size=32).shape
    torch.Size([2, 3, 3, 32, 32])
    """
    check_tensor("image", image, "(C, H, W)")
    check_positive("cell_size", cell_size)
    _, height, width = image.shape
    if height % cell_size or width % cell_size:
        raise ValueError(
            f"cell_size must divide height and width, got {cell_size} "
            f"for an image of {height} × {width}"
        )
    rows = image.unfold(1, cell_size, cell_size)  # (C, H/M, W, M)
    cells = rows.unfold(2, cell_size, cell_size)  # (C, H/M, W/M, M, M)
    return cells.permute(1, 2, 0, 3, 4)


def join_cells(cells: Tensor) -> Tensor:
    """Put cells back together: the inverse of :func:`cut_into_cells`.

    Parameters
    ----------
    cells : Tensor
        A grid of cells.

    Shape:
        (R, S, C, M, M) → (C, R·M, S·M)

    Raises
    ------
    ValueError
        If ``cells`` does not have five dimensions.

    Examples
    --------
    >>> image = torch.rand(3, 64, 96)
    >>> bool((join_cells(cut_into_cells(image, 16)) == image).all())
    True
    """
    check_tensor("cells", cells, "(R, S, C, M, M)")
    rows, columns, channels, height, width = cells.shape
    return cells.permute(2, 0, 3, 1, 4).reshape(
        channels, rows * height, columns * width
    )


def pad_image(image: Tensor, border: int, mode: str = "reflect") -> Tensor:
    """Put a border around an image, so that pixels at its edge can stand at the centre of a patch.

    Parameters
    ----------
    image : Tensor
        An image.
    border : int
        Width of the border in pixels; 0 adds none.
    mode : {"reflect", "zeros", "replicate", "circular"}
        What the border holds: the image mirrored at its edge, zeros, its edge repeated, or its other side.

    Shape:
        (C, H, W) → (C, H + 2·border, W + 2·border)

    Raises
    ------
    ValueError
        If ``border`` is negative or, for ``"reflect"`` and ``"circular"``, too wide for the image; if ``mode`` is unknown.

    Examples
    --------
    >>> pad_image(torch.tensor([[[1.0, 2.0, 3.0]]]), 1, mode="replicate")[0, 0]
    tensor([1., 1., 2., 3., 3.])
    """
    check_tensor("image", image, "(C, H, W)")
    check_choice("mode", mode, PADDING_MODES)
    if isinstance(border, bool) or not isinstance(border, int):
        raise TypeError(f"border must be an int, got {type(border).__name__}")
    if border < 0:
        raise ValueError(f"border must not be negative, got {border}")
    smallest = min(image.shape[1:])
    widest = {"reflect": smallest - 1, "circular": smallest}.get(mode)
    if widest is not None and border > widest:
        raise ValueError(
            f"border must be at most {widest} for mode {mode!r} and an image "
            f"of {tuple(image.shape[1:])}, got {border}"
        )
    torch_mode = "constant" if mode == "zeros" else mode
    return F.pad(image[None], (border,) * 4, mode=torch_mode)[0]


def sliding_patches(image: Tensor, patch_size: int, stride: int = 1) -> Tensor:
    """See an image through a square window that slides over it.

    Parameters
    ----------
    image : Tensor
        An image.
    patch_size : int
        Side M of the window in pixels.
    stride : int, default 1
        How many pixels S the window moves at a time.

    Returns
    -------
    Tensor
        The patch at each position (a view: overlapping patches share memory).

    Shape:
        (C, H, W) → (H', W', C, M, M) with H' = ⌊(H − M)/S⌋ + 1 and W' = ⌊(W − M)/S⌋ + 1

    Raises
    ------
    ValueError
        If the window is larger than the image, or a size is not positive.

    Examples
    --------
    >>> sliding_patches(torch.zeros(3, 10, 12), patch_size=5).shape
    torch.Size([6, 8, 3, 5, 5])
    """
    check_tensor("image", image, "(C, H, W)")
    check_positive("patch_size", patch_size)
    check_positive("stride", stride)
    if patch_size > min(image.shape[1:]):
        raise ValueError(
            f"patch_size must be at most the image's size "
            f"{tuple(image.shape[1:])}, got {patch_size}"
        )
    patches = image.unfold(1, patch_size, stride).unfold(2, patch_size, stride)
    return patches.permute(1, 2, 0, 3, 4)


def sample_patches(
    image: Tensor,
    labels: Tensor,
    patch_size: int,
    n_per_class: int,
    *,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Draw patches at random, the same number for each class, each with the label of its centre pixel.

    Parameters
    ----------
    image : Tensor
        An image.
    labels : Tensor
        Class of each pixel, 0 … K−1; −1 where it is not known. Only known pixels become centres.
    patch_size : int
        Odd side M of a patch, so that it has a centre pixel.
    n_per_class : int
        How many patches to draw of each class (with replacement, if there are fewer pixels).
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    patches : Tensor
        (n, C, M, M)
    centre_labels : Tensor
        (n,), int64

    Shape:
        (C, H, W), (H, W) → (n, C, M, M), (n,) with n = K · n_per_class

    Raises
    ------
    TypeError
        If ``labels`` is not an integer tensor.
    ValueError
        If the patch size is even, the shapes do not match, or a class has no pixel.

    Examples
    --------
    >>> image, labels = torch.rand(3, 20, 20), torch.arange(400).reshape(20, 20) % 2
    >>> patches, y = sample_patches(image, labels, 5, 10, generator=torch.Generator().manual_seed(0))
    >>> patches.shape, y.bincount()
    (torch.Size([20, 3, 5, 5]), tensor([10, 10]))
    """
    check_tensor("image", image, "(C, H, W)")
    check_tensor("labels", labels, "(H, W)", floating=False)
    check_odd("patch_size", patch_size)
    check_positive("n_per_class", n_per_class)
    if labels.shape != image.shape[1:]:
        raise ValueError(
            f"labels must have the image's size {tuple(image.shape[1:])}, "
            f"got {tuple(labels.shape)}"
        )
    patches = sliding_patches(pad_image(image, patch_size // 2), patch_size)
    n_classes = int(labels.max()) + 1
    if n_classes < 1:
        raise ValueError(
            "labels must name at least one class, got −1 everywhere"
        )
    chosen = []
    for k in range(n_classes):
        places = (labels == k).nonzero()
        if not len(places):
            raise ValueError(
                f"labels must have a pixel of each class below {n_classes}, got none of class {k}"
            )
        chosen.append(
            places[
                torch.randint(len(places), (n_per_class,), generator=generator)
            ]
        )
    rows, columns = torch.cat(chosen).T
    return patches[rows, columns], labels[rows, columns].long()
