"""Guards at the public edge: each names the argument, the rule and the value that broke it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def check_tensor(
    name: str, value: object, shape: str, *, floating: bool = True
) -> Tensor:
    """Return ``value`` if it is a tensor of the right rank and kind.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        What was passed.
    shape : str
        The shape in the book's notation, such as ``"(C, H, W)"``; its length is the rank.
    floating : bool, default True
        Whether the numbers must be floating point (else integer).

    Raises
    ------
    TypeError
        If ``value`` is no tensor, or of the wrong dtype.
    ValueError
        If the rank is wrong or a dimension is empty.

    Examples
    --------
    >>> check_tensor("image", torch.zeros(2, 4), "(C, H, W)")
    Traceback (most recent call last):
        ...
    ValueError: image must have shape (C, H, W), got (2, 4)
    """
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name} must be a torch.Tensor of shape {shape}, got {type(value).__name__}"
        )
    right_kind = value.is_floating_point() if floating else _is_integer(value)
    if not right_kind:
        kind = "a floating-point" if floating else "an integer"
        raise TypeError(
            f"{name} must be {kind} tensor, got dtype {value.dtype}"
        )
    if value.ndim != shape.count(",") + 1 - shape.count(",)"):
        raise ValueError(
            f"{name} must have shape {shape}, got {tuple(value.shape)}"
        )
    if value.numel() == 0:
        raise ValueError(
            f"{name} must not be empty, got shape {tuple(value.shape)}"
        )
    return value


def _is_integer(value: Tensor) -> bool:
    return not (
        value.is_floating_point()
        or value.is_complex()
        or value.dtype == torch.bool
    )


def check_positive(name: str, value: object) -> int:
    """Return ``value`` if it is an integer ≥ 1.

    Raises
    ------
    TypeError
        If it is no integer.
    ValueError
        If it is below 1.

    Examples
    --------
    >>> check_positive("stride", 0)
    Traceback (most recent call last):
        ...
    ValueError: stride must be at least 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, got {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
    return value


def check_odd(name: str, value: object) -> int:
    """Return ``value`` if it is an odd positive integer: a window of odd size has a centre pixel.

    Raises
    ------
    TypeError
        If it is no integer.
    ValueError
        If it is even or below 1.

    Examples
    --------
    >>> check_odd("patch_size", 4)
    Traceback (most recent call last):
        ...
    ValueError: patch_size must be odd, so that a patch has a centre pixel, got 4
    """
    number = check_positive(name, value)
    if number % 2 == 0:
        raise ValueError(
            f"{name} must be odd, so that a patch has a centre pixel, got {number}"
        )
    return number


def check_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Raise ``ValueError`` if ``value`` is none of ``choices``.

    Examples
    --------
    >>> check_choice("mode", "mirror", ["zeros", "reflect"])
    Traceback (most recent call last):
        ...
    ValueError: mode must be one of 'zeros', 'reflect', got 'mirror'
    """
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}"
        )


def check_labels(name: str, labels: object, n_classes: int) -> Tensor:
    """Return ``labels`` if it is an integer tensor with values in [0, n_classes).

    Raises
    ------
    TypeError
        If it is no integer tensor.
    ValueError
        If a label is out of range.

    Examples
    --------
    >>> check_labels("labels", torch.tensor([0, 3]), n_classes=3)
    Traceback (most recent call last):
        ...
    ValueError: labels must lie in [0, 3), got 3
    """
    if not isinstance(labels, Tensor):
        raise TypeError(
            f"{name} must be a torch.Tensor, got {type(labels).__name__}"
        )
    if not _is_integer(labels):
        raise TypeError(
            f"{name} must be an integer tensor, got dtype {labels.dtype}"
        )
    outside = labels[(labels < 0) | (labels >= n_classes)]
    if outside.numel():
        raise ValueError(
            f"{name} must lie in [0, {n_classes}), got {int(outside[0])}"
        )
    return labels
