"""The line classifier: two kernels, whose mean answers are weighed against each other. 170 numbers in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from cnnbook.checks import check_choice, check_number, check_tensor
from cnnbook.layers import (
    Conv2d,
    GlobalAvgPool,
    GlobalMaxPool,
    Linear,
    relu,
    softmax,
)


class ZeroSum(nn.Module):
    """Take the mean away from each kernel, so that it is blind to a constant background.

    Examples
    --------
    >>> ZeroSum()(torch.tensor([[[[1.0, 3.0]]]]))
    tensor([[[[-1.,  1.]]]])
    """

    def forward(self, weight: Tensor) -> Tensor:
        """Return the kernels as they are used."""
        return weight - weight.mean(dim=(1, 2, 3), keepdim=True)

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return what to store when somebody sets the kernels."""
        return weight


@dataclass(frozen=True)
class LineSteps:
    """What the line classifier computes on the way to its answer, for N images.

    Attributes
    ----------
    maps : Tensor
        z1, (N, 2, H', W'): how each kernel answers at each place.
    rectified : Tensor
        (N, 2, H', W'): what of it is positive.
    pooled : Tensor
        z2, (N, 2): its mean over all places.
    scores : Tensor
        z3 = W z2 + c, (N, 2): one score a class.
    probabilities : Tensor
        softmax(τ z3), (N, 2).
    """

    maps: Tensor
    rectified: Tensor
    pooled: Tensor
    scores: Tensor
    probabilities: Tensor


class LineClassifier(nn.Module):
    """Tell vertical lines (class 0) from horizontal ones (class 1): convolution, ReLU, mean over all places, 2 × 2 weights.

    ``z1 = kernels ∘ x + bias,  z2 = mean(relu(z1)),  z3 = W z2 + c,  p = softmax(τ z3)``

    The source prints ``softmax(−τ z)``, but with its own W the class *vertical* then gets the smaller probability for vertical
    lines; with the plus sign, as here and in the cross-entropy, the printed W is right.

    Parameters
    ----------
    tau : float, default 1
        Factor τ of the scores, above 0.
    zero_sum : bool, default True
        Whether each kernel is used minus its mean. Then a background changes nothing (with ``"valid"``; ``"same"`` sees the
        step to the zeros), and x and −x give nearly the same z2.
    padding : {"valid", "same"}
        Whether kernels stay inside the image, or see zeros around it.
    init : {"recommended", "default"}
        How the weights begin. ``"recommended"``: kernels from N(0, 1/9²) minus their mean, W = [[1, −1], [−1, 1]] (each channel
        votes for its class), bias = c = 0. ``"default"``: all weights as in torch; about half of such networks collapse.
    pooling : {"mean", "max"}
        What is taken over all places.
    method : str, default "fft"
        How the convolution is computed, as in :func:`~cnnbook.layers.convolution.conv2d`. For large kernels on few channels
        the spectra are fastest.

    Attributes
    ----------
    conv : Conv2d
        ``conv.weight`` holds the two kernels as they are used, (2, 1, 9, 9); ``conv.bias`` is (2,).
    fc : Linear
        ``fc.weight`` is W, (2, 2): row k holds the votes for class k. ``fc.bias`` is c, (2,).

    Shape:
        (N, 1, H, W) → (N, 2), the values τ z3; H and W are at least 9 (with ``"same"``, 1) and free otherwise

    Raises
    ------
    TypeError, ValueError
        If a setting is of the wrong kind or out of range, or an image has several channels or is smaller than a kernel.

    References
    ----------
    A. Torralba, P. Isola and W. T. Freeman, Foundations of Computer Vision, MIT Press 2024, Convolutional Neural Nets.

    Examples
    --------
    >>> model = LineClassifier()
    >>> model(torch.zeros(5, 1, 64, 64)).shape
    torch.Size([5, 2])
    >>> sum(p.numel() for p in model.parameters())
    170
    """

    kernel_size = 9

    def __init__(
        self,
        *,
        tau: float = 1.0,
        zero_sum: bool = True,
        padding: str = "valid",
        init: str = "recommended",
        pooling: str = "mean",
        method: str = "fft",
    ) -> None:
        super().__init__()
        if not check_number("tau", tau) > 0:
            raise ValueError(f"tau must be above 0, got {tau}")
        if not isinstance(zero_sum, bool):
            raise TypeError(f"zero_sum must be a bool, got {zero_sum!r}")
        check_choice("padding", padding, ["valid", "same"])
        check_choice("init", init, ["recommended", "default"])
        check_choice("pooling", pooling, ["mean", "max"])
        self.tau, self.zero_sum, self.padding = tau, zero_sum, padding
        self.conv = Conv2d(1, 2, self.kernel_size, padding=padding, method=method)  # fmt: skip
        self.pool = GlobalAvgPool() if pooling == "mean" else GlobalMaxPool()
        self.fc = Linear(2, 2)
        if init == "recommended":
            self._initialize()
        if zero_sum:
            # From here on conv.weight is computed: what is stored, minus its mean.
            parametrize.register_parametrization(
                self.conv, "weight", ZeroSum()
            )

    @torch.no_grad()
    def _initialize(self) -> None:
        nn.init.normal_(self.conv.weight, std=1 / self.kernel_size)
        self.conv.weight.copy_(ZeroSum()(self.conv.weight))
        self.conv.bias.zero_()
        self.fc.weight.copy_(torch.tensor([[1.0, -1.0], [-1.0, 1.0]]))
        self.fc.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """Return τ z3, of which the cross-entropy takes the softmax."""
        return self.tau * self.fc(self.pool(relu(self._maps(x))))

    def _maps(self, x: Tensor) -> Tensor:
        check_tensor("x", x, "(N, C, H, W)")
        if x.shape[1] != 1:
            raise ValueError(
                f"x must have shape (N, 1, H, W), got {tuple(x.shape)}"
            )
        if self.padding == "valid" and min(x.shape[2:]) < self.kernel_size:
            raise ValueError(
                f"x must be at least as large as a kernel, {self.kernel_size} × {self.kernel_size}, got {tuple(x.shape)}"
            )
        return self.conv(x)

    @torch.no_grad()
    def steps(self, x: Tensor) -> LineSteps:
        """Return everything that is computed on the way, without gradients.

        Shape:
            (N, 1, H, W) → as in :class:`LineSteps`
        """
        maps = self._maps(x)
        rectified = relu(maps)
        pooled = self.pool(rectified)
        scores = self.fc(pooled)
        probabilities = softmax(self.tau * scores)
        return LineSteps(maps, rectified, pooled, scores, probabilities)

    @torch.no_grad()
    def votes(self) -> Tensor:
        """Return by how much each channel speaks for class 0 and against class 1: W[0] − W[1], (2,)."""
        return self.fc.weight[0] - self.fc.weight[1]

    def collapsed(self) -> bool:
        """Tell whether both channels vote for the same class.

        Such a network has learned one orientation only and must tell the other by the lack of energy, with a threshold c; dim or
        few lines then look like the other class.

        Examples
        --------
        >>> LineClassifier().collapsed()  # W = [[1, −1], [−1, 1]]: one vote for each class
        False
        """
        return bool(self.votes().prod() >= 0)

    @torch.no_grad()
    def export(self, *, seed: int, size: int = 64) -> dict[str, Any]:
        """Return the network as plain numbers, for JSON: what a live figure needs to run it.

        Parameters
        ----------
        seed : int
            The seed it was trained from, to be shown.
        size : int
            Side of the images it was trained on.

        Returns
        -------
        dict
            ``size``, ``seed``, ``tau``, ``zero_sum``, ``padding``, ``pooling``; ``kernels`` (2, 9, 9) as they are used,
            ``bias`` (2,), ``W`` (2, 2) and ``c`` (2,) as nested lists.

        Examples
        --------
        >>> LineClassifier().export(seed=0)["W"]
        [[1.0, -1.0], [-1.0, 1.0]]
        """
        return {
            "size": size,
            "seed": seed,
            "tau": self.tau,
            "zero_sum": self.zero_sum,
            "padding": self.padding,
            "pooling": "mean" if isinstance(self.pool, GlobalAvgPool) else "max",
            "kernels": self.conv.weight[:, 0].tolist(),
            "bias": self.conv.bias.tolist(),
            "W": self.fc.weight.tolist(),
            "c": self.fc.bias.tolist(),
        }  # fmt: skip
