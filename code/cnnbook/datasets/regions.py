"""Hand-drawn regions of photographs: which pixels are sky, tower, flower."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from skimage.draw import polygon2mask
from skimage.restoration import inpaint_biharmonic
from torch import Tensor
from torch.nn import functional as F

from cnnbook.checks import check_choice
from cnnbook.datasets.photographs import photo, shrink


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
        A photograph with a file in ``region_files/``.

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
        A photograph with a file in ``region_files/``.
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
    folder = Path(__file__).parent / "region_files"
    check_choice(
        "name", name, sorted(file.stem for file in folder.glob("*.json"))
    )
    return json.loads((folder / f"{name}.json").read_text(encoding="utf8"))
