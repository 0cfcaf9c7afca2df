"""The patch product made fast: the same as :func:`~cnnbook.layers.convolution_methods.by_patches`, one block at a time.

The whole patch matrix is M·N times as large as the image and would travel to memory and back. Four habits avoid that: channels
lie side by side in memory, so that a patch is M runs of N·C numbers; only as many output rows are unfolded at a time as stay in
the processor's cache; the gradient unfolds again instead of keeping what the forward pass unfolded; and few filters are applied
at several neighbouring places at once, since a product with a narrow matrix leaves the processor idle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from cnnbook.layers.arguments import output_size
from cnnbook.layers.padding import Amounts, Pair, pad

BLOCK = 1 << 18
"""Numbers in a block of the patch matrix, a megabyte in float32 (about what a level-2 cache holds)."""
FEWEST_ROWS = 192
"""Rows of a block at least; with fewer, a matrix product waits for the filters to come from memory."""
NARROW = 32
"""Columns of the filter matrix below which filters are applied at several places at once."""


def by_blocked_patches(
    x: Tensor, weight: Tensor, stride: Pair, padding: Amounts, dilation: Pair
) -> Tensor:
    """Compute a convolution (one group, padded with zeros) as blocks of patches times all filters.

    Shape:
        (N, C_in, H, W), (C_out, C_in, M, N) → (N, C_out, H', W'), in memory channels last, except for 1 × 1 without padding
    """
    if tuple(weight.shape[2:]) == (1, 1) and padding == ((0, 0), (0, 0)):
        # Every patch is a pixel: nothing to unfold.
        pixels = x[..., :: stride[0], :: stride[1]]
        filters = weight.flatten(1).expand(len(x), -1, -1)
        z = torch.bmm(filters, pixels.flatten(2))
        return z.unflatten(2, pixels.shape[2:])
    return _BlockedPatches.apply(x, weight, stride, padding, dilation)


class _BlockedPatches(torch.autograd.Function):
    """A convolution whose gradients are computed in blocks too."""

    @staticmethod
    def forward(
        x: Tensor,
        weight: Tensor,
        stride: Pair,
        padding: Amounts,
        dilation: Pair,
    ) -> Tensor:
        return _correlate(x, weight, stride, padding, dilation)

    @staticmethod
    def setup_context(
        ctx: Any, inputs: tuple[Any, ...], output: Tensor
    ) -> None:
        x, weight, *ctx.settings = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        grad_x = grad_weight = None
        if ctx.needs_input_grad[0]:
            grad_x = _gradient_of_input(grad, x, weight, *ctx.settings)
        if ctx.needs_input_grad[1]:
            grad_weight = _gradient_of_weight(grad, x, weight, *ctx.settings)
        return grad_x, grad_weight, None, None, None


def _correlate(
    x: Tensor, weight: Tensor, stride: Pair, padding: Amounts, dilation: Pair
) -> Tensor:
    """Multiply all patches by all filters."""
    (rows, (left, right)), (s, t), (d, e) = padding, stride, dilation
    out_channels, n = len(weight), weight.shape[3]
    columns = output_size(x.shape[3] + left + right, n, t, e)
    together = min(NARROW // out_channels, columns)
    if together > 1 and x.sum().isfinite():  # since 0 · ∞ is no number
        # One wide patch for several places; zeros around each filter.
        reach = t * (together - 1) + e * (n - 1) + 1
        wide = weight.new_zeros(together, *weight.shape[:3], reach)
        for place, filters in enumerate(wide):
            filters[..., place * t :: e][..., :n] = weight
        # The last wide patch may reach beyond the edge.
        padding = rows, (left, right + -columns % together * t)
        weight, t, e = wide.flatten(0, 1), t * together, 1
    canvas = _channels_last(x, padding)
    patches = _patches(canvas, weight, (s, t), (d, e))
    filters = weight.permute(0, 2, 3, 1).reshape(len(weight), -1)
    z = x.new_empty(*patches.shape[:3], len(weight))
    for block, matrix in _unfold(patches):
        places = z[block].view(-1, len(weight))
        torch.mm(matrix, filters.T, out=places)
    z = z.view(*z.shape[:2], -1, out_channels)[:, :, :columns]
    return z.permute(0, 3, 1, 2)


def _gradient_of_weight(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    stride: Pair,
    padding: Amounts,
    dilation: Pair,
) -> Tensor:
    """Add up, over the blocks, the gradient at the places of the patches times the patches."""
    out_channels, in_channels, m, n = weight.shape
    canvas = _channels_last(x, padding)
    patches = _patches(canvas, weight, stride, dilation)
    total = weight.new_zeros(out_channels, m * n * in_channels)
    for block, matrix in _unfold(patches):
        total.addmm_(_at_places(grad, block), matrix)
    return total.view(out_channels, m, n, in_channels).permute(0, 3, 1, 2)


def _gradient_of_input(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    stride: Pair,
    padding: Amounts,
    dilation: Pair,
) -> Tensor:
    """Send each gradient back to its patch: with stride 1, a correlation with the filters turned by half a turn."""
    out_channels, in_channels, m, n = weight.shape
    # What the window reached beyond the edge, the turned window need not; it reaches the rest from the other side.
    (top, bottom), (left, right) = padding
    down, across = dilation[0] * (m - 1), dilation[1] * (n - 1)
    turned = (down - top, down - bottom), (across - left, across - right)
    fits = min(map(min, turned)) >= 0
    # The gradient's patches hold M·N·C_out numbers a place, those that are
    # folded M·N·C_in: from about four times as many on, folding is faster.
    if stride == (1, 1) and fits and out_channels <= 4 * in_channels:
        filters = weight.flip(2, 3).transpose(0, 1)
        return _BlockedPatches.apply(grad, filters, (1, 1), turned, dilation)
    return _fold(grad, x, weight, stride, padding, dilation)


def _fold(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    stride: Pair,
    padding: Amounts,
    dilation: Pair,
) -> Tensor:
    """Multiply the gradient by the filters, which gives that of each patch, and add the patches at their places."""
    (top, bottom), (left, right) = padding
    n, channels, height, width = x.shape
    canvas = x.new_zeros(
        n, top + height + bottom, left + width + right, channels
    )
    patches = _patches(canvas, weight, stride, dilation)
    filters = weight.permute(0, 2, 3, 1).reshape(len(weight), -1)
    # Windows that overlap must not be written in one step: so far apart, they do not.
    apart = dilation[1] * (weight.shape[3] - 1) // stride[1] + 1
    for block in _blocks(patches):
        places = patches[block]
        found = _at_places(grad, block).T @ filters
        found = found.view(places.shape)
        for row in range(weight.shape[2]):
            for first in range(apart):
                place = slice(None), slice(None), slice(first, None, apart)
                places[*place, row] += found[*place, row]
    inner = canvas[:, top : top + height, left : left + width]
    return inner.permute(0, 3, 1, 2)


def _channels_last(x: Tensor, padding: Amounts) -> Tensor:
    """Turn (N, C, H, W) into (N, H, W, C) with zeros around."""
    return pad(x, padding).permute(0, 2, 3, 1).contiguous()


def _patches(
    canvas: Tensor, weight: Tensor, stride: Pair, dilation: Pair
) -> Tensor:
    """See the canvas as its patches, (N, H', W', M, N, C), without a copy."""
    (m, n), (s, t), (d, e) = weight.shape[2:], stride, dilation
    batch, height, width, channels = canvas.shape
    image, row, pixel, channel = canvas.stride()
    rows, columns = output_size(height, m, s, d), output_size(width, n, t, e)
    return canvas.as_strided(
        (batch, rows, columns, m, n, channels),
        (image, s * row, t * pixel, d * row, e * pixel, channel),
    )


def _blocks(patches: Tensor) -> Iterator[tuple[slice, slice]]:
    """Cut the places into blocks: some rows of one image, or some whole images."""
    images, rows, columns = patches.shape[:3]
    wanted = max(FEWEST_ROWS, BLOCK // patches.shape[3:].numel())
    together = max(1, min(images, wanted // (rows * columns)))
    step = rows if together > 1 else max(1, min(rows, wanted // columns))
    for image in range(0, images, together):
        for row in range(0, rows, step):
            yield slice(image, image + together), slice(row, row + step)


def _unfold(
    patches: Tensor,
) -> Iterator[tuple[tuple[slice, slice], Tensor]]:
    """Copy the patches of each block into a matrix, one patch a row; all blocks take the same memory."""
    memory = None
    for block in _blocks(patches):
        part = patches[block]
        if torch.is_grad_enabled():  # autograd may need all of them later
            matrix = part.clone()
        else:
            if memory is None:  # the first block is the largest
                memory = part.new_empty(part.numel())
            matrix = memory[: part.numel()].view(part.shape).copy_(part)
        yield block, matrix.flatten(3).flatten(0, 2)


def _at_places(grad: Tensor, block: tuple[slice, slice]) -> Tensor:
    """Return the gradient at the places of a block as a matrix, (C_out, places)."""
    images, rows = block
    return grad[images, :, rows].transpose(0, 1).flatten(1)
