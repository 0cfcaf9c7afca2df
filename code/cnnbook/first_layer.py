"""What the first convolution of a network does: its kernels, their spectra, and its maps of a few images."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnbook import layers
from cnnbook.checks import check_positive, check_tensor
from cnnbook.filters import frequency_response
from cnnbook.spectra import energy_by_direction, separability
from cnnbook.training import predict


@dataclass(frozen=True)
class FirstLayer:
    """What the first convolution of a network does.

    Attributes
    ----------
    name : str
        Of the layer, in the network.
    kernels : Tensor
        (C_out, C_in, M, N), as they are used.
    spectra : Tensor
        (C_out, C_in, S, S), real: by how much each frequency is multiplied, frequency 0 in the middle.
    directions : Tensor
        (C_out, C_in, 4): share of a kernel's energy at 0°, 45°, 90°, 135°, as
        :func:`cnnbook.spectra.energy_by_direction`.
    separability : Tensor
        (C_out, C_in), as :func:`cnnbook.spectra.separability`.
    images : Tensor
        (E, C_in, H, W): the examples.
    maps : Tensor
        (E, C_out, H', W'): what the layer makes of them, before any ReLU.
    """

    name: str
    kernels: Tensor
    spectra: Tensor
    directions: Tensor
    separability: Tensor
    images: Tensor
    maps: Tensor


@torch.no_grad()
def look_at_first_layer(
    model: nn.Module, images: Tensor, spectrum_size: int = 64
) -> FirstLayer | None:
    """Look at the first convolution of a network: its kernels, their spectra and its maps of a few images.

    Parameters
    ----------
    model : nn.Module
        Any network; the first :class:`~cnnbook.layers.convolution.Conv2d` or :class:`torch.nn.Conv2d` that runs is taken.
    images : Tensor
        (E, C, H, W), a few examples.
    spectrum_size : int
        Number of frequencies in each direction, raised to the kernels' sides if it is smaller.

    Returns
    -------
    FirstLayer or None
        None if no such layer runs.

    Raises
    ------
    TypeError, ValueError
        If ``images`` is no batch of images, or ``spectrum_size`` no int or below 1; and what the network raises.

    Examples
    --------
    >>> found = look_at_first_layer(nn.Sequential(layers.Conv2d(1, 2, 9), layers.GlobalAvgPool()), torch.rand(3, 1, 20, 30))
    >>> found.name, found.maps.shape
    ('0', torch.Size([3, 2, 12, 22]))
    """
    check_tensor("images", images, "(N, C, H, W)")
    check_positive("spectrum_size", spectrum_size)
    seen: list[tuple[str, nn.Module, Tensor]] = []
    hooks = [
        part.register_forward_hook(
            lambda part, _, maps, name=name: seen.append((name, part, maps))
        )
        for name, part in model.named_modules()
        if isinstance(part, layers.Conv2d | nn.Conv2d)
    ]
    try:
        predict(model, images, len(images))
    finally:
        for hook in hooks:
            hook.remove()
    if not seen:
        return None
    name, part, maps = seen[0]
    kernels = part.weight
    assert isinstance(kernels, Tensor)  # every convolution has one
    kernels = kernels.detach().clone()
    size = max(spectrum_size, *kernels.shape[2:])
    spectra = [
        frequency_response(kernel, size).abs()
        for kernel in kernels.flatten(0, 1)
    ]
    return FirstLayer(
        name=name,
        kernels=kernels,
        spectra=torch.stack(spectra).unflatten(0, kernels.shape[:2]),
        directions=energy_by_direction(kernels, 4, size),
        separability=separability(kernels),
        images=images,
        maps=maps,
    )
