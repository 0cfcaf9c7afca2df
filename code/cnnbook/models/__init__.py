"""The networks of the book, one a module."""

from cnnbook.models.cell_classifier import CellClassifier
from cnnbook.models.linear_classifier import LinearClassifier, one_hot
from cnnbook.models.patch_segmenter import PatchSegmenter

__all__ = ["CellClassifier", "LinearClassifier", "PatchSegmenter", "one_hot"]
