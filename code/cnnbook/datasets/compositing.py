"""Putting small pictures into larger ones, at a place of our choice: then the right answer is known."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnbook.checks import check_positive, check_tensor


def place_on_canvas(
    images: Tensor, canvas_size: int, offsets: Tensor
) -> Tensor:
    """Put each small image onto an empty square canvas, its top left corner at its offset.

    Parameters
    ----------
    images : Tensor
        Small images.
    canvas_size : int
        Side S of the canvas.
    offsets : Tensor
        int64, (N, 2): row and column of the corner; the image must fit.

    Shape:
        (N, C, H, W), (N, 2) → (N, C, S, S)

    Raises
    ------
    ValueError
        If the offsets do not match the images or push one over the edge.

    Examples
    --------
    >>> place_on_canvas(torch.ones(1, 1, 1, 2), 3, torch.tensor([[2, 1]]))[0, 0]
    tensor([[0., 0., 0.],
            [0., 0., 0.],
            [0., 1., 1.]])
    """
    check_tensor("images", images, "(N, C, H, W)")
    check_tensor("offsets", offsets, "(N, 2)", floating=False)
    check_positive("canvas_size", canvas_size)
    n, channels, height, width = images.shape
    if offsets.shape != (n, 2):
        raise ValueError(
            f"offsets must have shape ({n}, 2), one for each image, got {tuple(offsets.shape)}"
        )
    room = torch.tensor([canvas_size - height, canvas_size - width])
    if (offsets < 0).any() or (offsets > room).any():
        raise ValueError(
            f"offsets must lie in [0, {room.tolist()}], so that the image fits on the canvas, got {offsets.tolist()}"
        )
    canvas = images.new_zeros(n, channels, canvas_size, canvas_size)
    rows = offsets[:, 0, None] + torch.arange(height)  # (N, H)
    columns = offsets[:, 1, None] + torch.arange(width)  # (N, W)
    index = torch.arange(n)[:, None, None]
    canvas[index, :, rows[:, :, None], columns[:, None, :]] = images.permute(
        0, 2, 3, 1
    )
    return canvas


def paste(
    background: Tensor,
    sprite: Tensor,
    mask: Tensor,
    centre: tuple[float, float],
    scale: float,
) -> tuple[Tensor, Tensor]:
    """Paste a cut-out object, scaled, onto a background.

    Parameters
    ----------
    background : Tensor
        (C, H, W)
    sprite : Tensor
        (C, h, w): the object and what surrounds it.
    mask : Tensor
        (h, w) in [0, 1]: how much of each pixel is object.
    centre : tuple of float
        Row and column of the object's centre on the background.
    scale : float
        Size of the object: 1 leaves it as it is. Sampling is bilinear; shrinking averages first.

    Returns
    -------
    image : Tensor
        (C, H, W)
    cover : Tensor
        (H, W) in [0, 1]: how much of each pixel the object covers.

    Raises
    ------
    ValueError
        If ``scale`` is not positive or leaves no pixel, or if the sizes or channels do not match.

    Examples
    --------
    >>> image, cover = paste(torch.zeros(3, 8, 8), torch.ones(3, 4, 4), torch.ones(4, 4), (4, 4), scale=0.5)
    >>> float(cover.sum())
    4.0
    """
    check_tensor("background", background, "(C, H, W)")
    check_tensor("sprite", sprite, "(C, H, W)")
    check_tensor("mask", mask, "(H, W)")
    if mask.shape != sprite.shape[1:]:
        raise ValueError(
            f"mask must have the sprite's size {tuple(sprite.shape[1:])}, got {tuple(mask.shape)}"
        )
    if len(sprite) != len(background):
        raise ValueError(
            f"sprite must have the background's {len(background)} channels, got {len(sprite)}"
        )
    if not scale > 0:
        raise ValueError(f"scale must be positive, got {scale}")
    if min(mask.shape) * scale < 1:
        raise ValueError(
            f"scale must leave at least a pixel of the sprite's {tuple(mask.shape)}, got {scale}"
        )
    cut_out = torch.cat([sprite * mask, mask[None]])[
        None
    ]  # colours weighted by the mask, so that edges do not bleed
    resized = F.interpolate(
        cut_out,
        scale_factor=scale,
        mode="bilinear",
        antialias=True,
        align_corners=False,
    )[0]
    height, width = resized.shape[1:]
    top, left = round(centre[0] - height / 2), round(centre[1] - width / 2)
    layer = torch.zeros(resized.shape[0], *background.shape[1:])
    rows, columns = (
        _overlap(top, height, background.shape[1]),
        _overlap(left, width, background.shape[2]),
    )
    layer[:, rows, columns] = resized[
        :,
        rows.start - top : rows.stop - top,
        columns.start - left : columns.stop - left,
    ]
    cover = layer[-1]
    return background * (1 - cover) + layer[:-1], cover


def _overlap(start: int, length: int, room: int) -> slice:
    """Return the part of [start, start + length) that lies in [0, room); empty if there is none."""
    first = max(start, 0)
    return slice(first, max(min(start + length, room), first))
