"""The book's data, one source a file; nothing is downloaded: what is not computed comes inside well-known packages."""

from cnnbook.datasets.compositing import paste, place_on_canvas
from cnnbook.datasets.handwritten_digits import digits
from cnnbook.datasets.line_families import (
    LINE_FAMILIES,
    LineFamily,
    all_family_images,
    family_images,
)
from cnnbook.datasets.lines import LINE_CLASSES, LineSettings, line_images
from cnnbook.datasets.photographs import PHOTOS, Photo, photo, shrink
from cnnbook.datasets.regions import (
    region_classes,
    region_labels,
    without_regions,
)

__all__ = [
    "LINE_CLASSES",
    "LINE_FAMILIES",
    "PHOTOS",
    "LineFamily",
    "LineSettings",
    "Photo",
    "all_family_images",
    "digits",
    "family_images",
    "line_images",
    "paste",
    "photo",
    "place_on_canvas",
    "region_classes",
    "region_labels",
    "shrink",
    "without_regions",
]
