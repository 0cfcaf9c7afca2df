"""Cell-based classification: cut the image into cells and say of each what it shows, without looking beyond its edge."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnbook.checks import check_positive, check_tensor
from cnnbook.patches import cut_into_cells


class CellClassifier(nn.Module):
    """A small fully connected network that sees one cell: pixels → hidden units → scores.

    Pixels in [0, 1] are centred by subtracting ½: were all inputs positive, one large step could push a hidden unit below zero
    for every cell at once, and it would never learn again.

    Parameters
    ----------
    cell_size : int
        Side M of a cell in pixels.
    n_classes : int
        Number of classes K.
    in_channels : int, default 3
        Channels C of the image.
    hidden : int, default 16
        Number of hidden units.

    Shape:
        (N, C, M, M) → (N, K)

    Raises
    ------
    ValueError
        If a size is not positive, or a cell of another size comes in.

    Examples
    --------
    >>> model = CellClassifier(cell_size=16, n_classes=2)
    >>> model(torch.zeros(5, 3, 16, 16)).shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        cell_size: int,
        n_classes: int,
        in_channels: int = 3,
        hidden: int = 16,
    ) -> None:
        super().__init__()
        self.cell_size = check_positive("cell_size", cell_size)
        self.in_channels = check_positive("in_channels", in_channels)
        self.fc1 = nn.Linear(
            in_channels * cell_size**2, check_positive("hidden", hidden)
        )
        self.fc2 = nn.Linear(hidden, check_positive("n_classes", n_classes))

    def forward(self, cells: Tensor) -> Tensor:
        """Return the scores of each cell."""
        check_tensor("cells", cells, "(N, C, M, M)")
        expected = (self.in_channels, self.cell_size, self.cell_size)
        if tuple(cells.shape[1:]) != expected:
            raise ValueError(
                f"cells must have shape (N, {', '.join(map(str, expected))}), "
                f"got {tuple(cells.shape)}"
            )
        return self.fc2(self.fc1(cells.flatten(1) - 0.5).relu())

    @torch.no_grad()
    def label_cells(self, image: Tensor) -> Tensor:
        """Cut an image into cells and return the class of each.

        Parameters
        ----------
        image : Tensor
            (C, H, W), with H and W multiples of the cell's side.

        Shape:
            (C, H, W) → (H/M, W/M)
        """
        cells = cut_into_cells(image, self.cell_size)
        return self(cells.flatten(0, 1)).argmax(dim=1).reshape(cells.shape[:2])
