"""Photographs that come inside scikit-image's and scikit-learn's wheels: nothing is downloaded.

Who took each and under which licence it may be used stands in :data:`PHOTOS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from skimage.io import imread
from torch import Tensor
from torch.nn import functional as F

from cnnbook.checks import check_choice, check_positive, check_tensor


@dataclass(frozen=True)
class Photo:
    """A photograph and its credit."""

    title: str
    package: str
    file: str
    photographer: str
    licence: str
    source: str


PHOTOS = {
    "summer-palace": Photo(
        "The Summer Palace, Beijing",
        "sklearn.datasets.images",
        "china.jpg",
        "Daniel Büchele (danielbuechele on Flickr)",
        "CC BY 2.0",
        "scikit-learn, china.jpg",
    ),
    "dahlia": Photo(
        "A dahlia",
        "sklearn.datasets.images",
        "flower.jpg",
        "vultilion on Flickr",
        "CC BY 2.0",
        "scikit-learn, flower.jpg",
    ),
    "rocket": Photo(
        "Falcon 9 with DSCOVR before its launch, Cape Canaveral",
        "skimage.data",
        "rocket.jpg",
        "SpaceX",
        "public domain",
        "scikit-image, rocket.jpg",
    ),
    "coffee": Photo(
        "A cup of coffee",
        "skimage.data",
        "coffee.png",
        "Rachel Michetti (Pikolo Espresso Bar)",
        "CC0",
        "scikit-image, coffee.png",
    ),
    "cat": Photo(
        "Chelsea the cat",
        "skimage.data",
        "chelsea.png",
        "Stéfan van der Walt",
        "CC0",
        "scikit-image, chelsea.png",
    ),
}
"""The photographs by name."""


def photo(name: str) -> Tensor:
    """Load a photograph.

    Parameters
    ----------
    name : str
        A key of :data:`PHOTOS`.

    Returns
    -------
    Tensor
        float32, (3, H, W), red, green, blue in [0, 1].

    Raises
    ------
    ValueError
        If there is no such photograph.

    Examples
    --------
    >>> photo("summer-palace").shape
    torch.Size([3, 427, 640])
    """
    check_choice("name", name, list(PHOTOS))
    entry = PHOTOS[name]
    pixels = imread(
        Path(str(resources.files(entry.package).joinpath(entry.file)))
    )
    return (
        torch.from_numpy(np.ascontiguousarray(pixels[..., :3]))
        .permute(2, 0, 1)
        .float()
        / 255
    )


def shrink(image: Tensor, factor: int) -> Tensor:
    """Make an image smaller by averaging blocks of pixels; rows and columns that fill no block are dropped.

    Parameters
    ----------
    image : Tensor
        An image.
    factor : int
        Side of a block.

    Shape:
        (C, H, W) → (C, ⌊H/factor⌋, ⌊W/factor⌋)

    Raises
    ------
    ValueError
        If a block is larger than the image.

    Examples
    --------
    >>> shrink(torch.tensor([[[1.0, 3.0, 9.0], [5.0, 7.0, 9.0]]]), 2)
    tensor([[[4.]]])
    """
    check_tensor("image", image, "(C, H, W)")
    check_positive("factor", factor)
    if factor > min(image.shape[1:]):
        raise ValueError(
            f"factor must be at most the image's size {tuple(image.shape[1:])}, got {factor}"
        )
    return F.avg_pool2d(image[None], factor)[0]
