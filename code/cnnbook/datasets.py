"""The book's data: photographs that come inside scikit-image's and scikit-learn's wheels, hand-drawn regions, small digits.

Nothing is downloaded. Who took each photograph and under which licence it may be used stands in :data:`PHOTOS`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from skimage.draw import polygon2mask
from skimage.io import imread
from skimage.restoration import inpaint_biharmonic
from sklearn.datasets import load_digits
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


def region_classes(name: str) -> list[str]:
    """Return the names of the classes that are labelled in a photograph, in the order of their numbers.

    Raises
    ------
    ValueError
        If no regions have been drawn for that photograph.

    Examples
    --------
    >>> region_classes("summer-palace")
    ['sky', 'water', 'tower', 'trees']
    """
    return _regions(name)["classes"]


def region_labels(name: str) -> Tensor:
    """Return the hand-drawn regions of a photograph as one label a pixel.

    Parameters
    ----------
    name : str
        A photograph with a file in ``regions/``.

    Returns
    -------
    Tensor
        int64, (H, W): 0 … K−1, the place of the pixel's class in :func:`region_classes`; −1 where nothing was drawn.

    Raises
    ------
    ValueError
        If no regions have been drawn for that photograph.

    Examples
    --------
    >>> labels = region_labels("summer-palace")
    >>> labels.shape, labels.unique().tolist()
    (torch.Size([427, 640]), [-1, 0, 1, 2, 3])
    """
    regions = _regions(name)
    labels = np.full(regions["size"], -1, dtype=np.int64)
    for class_name, corners in regions["polygons"]:
        inside = polygon2mask(
            labels.shape, np.array(corners)[:, ::-1]
        )  # (x, y) → (row, column)
        labels[inside] = regions["classes"].index(class_name)
    return torch.from_numpy(labels)


def without_regions(name: str, shrink_by: int) -> Tensor:
    """Return a photograph, made smaller, with its labelled regions filled in from around them.

    Parameters
    ----------
    name : str
        A photograph with a file in ``regions/``.
    shrink_by : int
        Factor by which it is shrunk first; filling large holes takes long.

    Returns
    -------
    Tensor
        (3, ⌊H/shrink_by⌋, ⌊W/shrink_by⌋), biharmonic continuation inside the regions.

    References
    ----------
    S. B. Damelin and N. S. Hoang, On surface completion and image inpainting by biharmonic functions, 2018
    (as implemented in scikit-image).

    Examples
    --------
    >>> without_regions("dahlia", shrink_by=8).shape
    torch.Size([3, 53, 80])
    """
    image = shrink(photo(name), shrink_by)
    labelled = (region_labels(name) >= 0).float()[None]
    hole = (
        F.max_pool2d(shrink(labelled, shrink_by), 5, stride=1, padding=2)[0]
        > 0
    )  # a little wider than the regions
    filled = inpaint_biharmonic(
        image.permute(1, 2, 0).numpy(), hole.numpy(), channel_axis=-1
    )
    return torch.from_numpy(filled).permute(2, 0, 1).float().clamp(0, 1)


def _regions(name: str) -> dict:
    folder = Path(__file__).parent / "regions"
    check_choice(
        "name", name, sorted(file.stem for file in folder.glob("*.json"))
    )
    return json.loads((folder / f"{name}.json").read_text(encoding="utf8"))


def digits() -> tuple[Tensor, Tensor]:
    """Load 1,797 handwritten digits of 8 × 8 pixels.

    Returns
    -------
    images : Tensor
        float32, (1797, 1, 8, 8), ink in [0, 1].
    labels : Tensor
        int64, (1797,), 0 … 9.

    References
    ----------
    E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998 (CC BY 4.0).

    Examples
    --------
    >>> images, labels = digits()
    >>> images.shape, labels[:5]
    (torch.Size([1797, 1, 8, 8]), tensor([0, 1, 2, 3, 4]))
    """
    pixels, labels = load_digits(return_X_y=True)
    return torch.from_numpy(pixels).float().reshape(
        -1, 1, 8, 8
    ) / 16, torch.from_numpy(labels).long()


def split(n: int, n_train: int, seed: int) -> tuple[Tensor, Tensor]:
    """Split 0 … n−1 at random into indices for training and for testing.

    Parameters
    ----------
    n : int
        How many examples there are.
    n_train : int
        How many of them are for training: 1 … n−1.
    seed : int
        Seed of the shuffle.

    Raises
    ------
    ValueError
        If one side would be empty.

    Examples
    --------
    >>> train, test = split(10, 7, seed=0)
    >>> len(train), len(test)
    (7, 3)
    """
    if not 1 <= check_positive("n_train", n_train) < n:
        raise ValueError(f"n_train must lie in [1, {n}), got {n_train}")
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return order[:n_train], order[n_train:]


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
