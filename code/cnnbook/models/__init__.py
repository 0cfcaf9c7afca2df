"""The networks of the book, one a module."""

from cnnbook.models.cell_classifier import CellClassifier
from cnnbook.models.line_classifier import LineClassifier, LineSteps
from cnnbook.models.linear_classifier import LinearClassifier, one_hot
from cnnbook.models.patch_segmenter import PatchSegmenter

__all__ = [
    "CellClassifier",
    "LineClassifier",
    "LineSteps",
    "LinearClassifier",
    "PatchSegmenter",
    "one_hot",
]
