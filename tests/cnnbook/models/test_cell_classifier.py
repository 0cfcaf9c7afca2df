"""The cell classifier: its formula, and that it sees one cell at a time."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnbook.models import CellClassifier


def test_scores_are_those_of_two_layers_on_centred_pixels() -> None:
    model = CellClassifier(3, 4, in_channels=2, hidden=5).double()
    cells = torch.rand(6, 2, 3, 3, dtype=torch.float64)
    model.requires_grad_(False)
    for cell, scores in zip(cells, model(cells), strict=True):
        hidden = [
            max(0.0, float(sum(w * (x - 0.5) for w, x in zip(row, cell.flatten(), strict=True)) + b))
            for row, b in zip(model.fc1.weight, model.fc1.bias, strict=True)
        ]
        expected = model.fc2.weight @ torch.tensor(hidden, dtype=torch.float64) + model.fc2.bias
        assert torch.allclose(scores, expected)


@given(rows=st.integers(1, 3), columns=st.integers(1, 3))
def test_each_cell_of_an_image_gets_its_class(rows: int, columns: int) -> None:
    model = CellClassifier(4, 3)
    image = torch.rand(3, 4 * rows, 4 * columns)
    labels = model.label_cells(image)
    assert labels.shape == (rows, columns)
    for r in range(rows):
        for c in range(columns):
            cell = image[:, 4 * r : 4 * r + 4, 4 * c : 4 * c + 4]
            assert labels[r, c] == model(cell[None]).argmax()


def test_a_cell_known_by_hand() -> None:
    model = CellClassifier(2, 2, in_channels=1, hidden=1)
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        model.fc1.weight.fill_(1)  # brighter than grey: class 1
        model.fc2.weight[1] = 1
        model.fc2.bias[0] = 0.5
    image = torch.cat([torch.zeros(1, 2, 2), torch.ones(1, 2, 2)], dim=2)
    assert model.label_cells(image).tolist() == [[0, 1]]


def test_bad_input_is_refused() -> None:
    model = CellClassifier(4, 3)
    with pytest.raises(ValueError, match=r"^cells must have shape \(N, 3, 4, 4\), got \(2, 1, 4, 4\)$"):
        model(torch.zeros(2, 1, 4, 4))
    with pytest.raises(ValueError, match=r"^cells must have shape \(N, C, M, M\), got \(3, 4, 4\)$"):
        model(torch.zeros(3, 4, 4))
    with pytest.raises(ValueError, match=r"^cell_size must divide height and width, got 4 for an image of 8 × 9$"):
        model.label_cells(torch.zeros(3, 8, 9))
    for name in ("cell_size", "n_classes", "in_channels", "hidden"):
        sizes = {"cell_size": 4, "n_classes": 3, name: 0}
        with pytest.raises(ValueError, match=rf"^{name} must be at least 1, got 0$"):
            CellClassifier(**sizes)
