"""Semantic segmentation by patches: the class of each pixel from the patch around it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnbook.checks import (
    check_choice,
    check_odd,
    check_positive,
    check_tensor,
)
from cnnbook.patches import PADDING_MODES, pad_image, sliding_patches


class PatchSegmenter(nn.Module):
    """Classify the centre pixel of a patch; swept over an image, label every pixel.

    Parameters
    ----------
    patch_size : int
        Odd side M of the patch in pixels.
    n_classes : int
        Number of classes K.
    in_channels : int, default 3
        Channels C of the image.
    hidden : int, default 0
        Hidden units; 0 makes the classifier linear.
    padding_mode : {"reflect", "zeros", "replicate", "circular"}
        What a patch sees beyond the edge of the image.

    Attributes
    ----------
    weight : Parameter
        (D, C, M, M), D = hidden or K: the weighted sums of a patch that the classifier computes first.
    bias : Parameter
        (D,)
    head : nn.Linear or None
        From the hidden units to the scores.

    Shape:
        (N, C, M, M) → (N, K)

    Raises
    ------
    ValueError
        If the patch size is even, a size is not positive, or a patch of another size comes in.

    Examples
    --------
    >>> model = PatchSegmenter(patch_size=9, n_classes=4)
    >>> model(torch.zeros(5, 3, 9, 9)).shape
    torch.Size([5, 4])
    >>> model.segment(torch.zeros(3, 20, 30)).shape
    torch.Size([20, 30])
    """

    def __init__(
        self,
        patch_size: int,
        n_classes: int,
        in_channels: int = 3,
        hidden: int = 0,
        padding_mode: str = "reflect",
    ) -> None:
        super().__init__()
        self.patch_size = check_odd("patch_size", patch_size)
        check_positive("n_classes", n_classes)
        check_choice("padding_mode", padding_mode, PADDING_MODES)
        self.padding_mode = padding_mode
        first = check_positive("hidden", hidden) if hidden else n_classes
        n_inputs = check_positive("in_channels", in_channels) * patch_size**2
        layer = nn.Linear(n_inputs, first)  # for its initialisation
        self.weight = nn.Parameter(
            layer.weight.detach().reshape(
                first, in_channels, patch_size, patch_size
            )
        )
        self.bias = nn.Parameter(layer.bias.detach())
        self.head = nn.Linear(first, n_classes) if hidden else None

    def forward(self, patches: Tensor) -> Tensor:
        """Return the scores of the centre pixel of each patch."""
        check_tensor("patches", patches, "(N, C, M, M)")
        if patches.shape[1:] != self.weight.shape[1:]:
            raise ValueError(
                f"patches must have shape (N, "
                f"{', '.join(map(str, self.weight.shape[1:]))}), "
                f"got {tuple(patches.shape)}"
            )
        sums = torch.einsum("ncij,dcij->nd", patches, self.weight) + self.bias
        return sums if self.head is None else self.head(sums.relu())

    def scores_by_patches(self, image: Tensor) -> Tensor:
        """Score every pixel: cut out the patch around it and classify it.

        Shape:
            (C, H, W) → (K, H, W)
        """
        patches = sliding_patches(self._pad(image), self.patch_size)
        # A row of patches at a time, to spare memory.
        rows = [self(row) for row in patches]
        return torch.stack(rows).permute(2, 0, 1)

    def scores_by_convolution(self, image: Tensor) -> Tensor:
        """Score every pixel by sliding the weights over the image.

        Shape:
            (C, H, W) → (K, H, W)
        """
        sums = F.conv2d(self._pad(image)[None], self.weight, self.bias)
        if self.head is not None:
            # A linear map of the units at each pixel: 1 × 1 kernels.
            kernels = self.head.weight[:, :, None, None]
            sums = F.conv2d(sums.relu(), kernels, self.head.bias)
        return sums[0]

    def _pad(self, image: Tensor) -> Tensor:
        """Give every pixel, also at the edge, a patch around it."""
        check_tensor("image", image, "(C, H, W)")
        in_channels = self.weight.shape[1]
        if len(image) != in_channels:
            raise ValueError(
                f"image must have {in_channels} channels, got {len(image)}"
            )
        return pad_image(image, self.patch_size // 2, self.padding_mode)

    @torch.no_grad()
    def segment(self, image: Tensor) -> Tensor:
        """Return the class of every pixel.

        Parameters
        ----------
        image : Tensor
            (C, H, W)

        Shape:
            (C, H, W) → (H, W)
        """
        return self.scores_by_convolution(image).argmax(dim=0)
