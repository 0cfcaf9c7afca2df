"""Guards at the public edge: each names the argument, the rule and the value that broke it. And a dtype to transform in."""

from __future__ import annotations

import math
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


def check_alike(bias: object = None, **tensors: object) -> None:
    """Raise unless all are dense floating-point tensors of one dtype on one device, as arithmetic among them needs.

    Parameters
    ----------
    bias : object, optional
        The one that may be missing.
    **tensors : object
        What was passed, by the names of the arguments. The first sets dtype and device.

    Raises
    ------
    TypeError
        If one is no tensor, not dense, not floating point (16 bits or more), or of another dtype than the first.
    ValueError
        If one lies on another device than the first.

    Examples
    --------
    >>> check_alike(x=torch.zeros(2), weight=torch.zeros(3, dtype=torch.float64))
    Traceback (most recent call last):
        ...
    TypeError: weight must have the dtype of x, torch.float32, got torch.float64
    """
    if bias is not None:
        tensors["bias"] = bias
    first: Tensor | None = None
    for name, value in tensors.items():
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name} must be a torch.Tensor, got {type(value).__name__}"
            )
        check_floating(name, value.dtype)
        if value.layout != torch.strided:
            raise TypeError(
                f"{name} must be a dense tensor, got layout {value.layout}"
            )
        if first is None:
            first = value
        if value.dtype != first.dtype:
            raise TypeError(
                f"{name} must have the dtype of {next(iter(tensors))}, {first.dtype}, got {value.dtype}"
            )
        if value.device != first.device:
            raise ValueError(
                f"{name} must lie on the device of {next(iter(tensors))}, {first.device}, got {value.device}"
            )


def check_floating(name: str, dtype: object) -> None:
    """Raise ``TypeError`` unless numbers of this type can be computed with: floating point, 16 bits or more.

    Examples
    --------
    >>> check_floating("x", torch.int64)
    Traceback (most recent call last):
        ...
    TypeError: x must be floating point with 16 bits or more, got torch.int64
    """
    if (
        not isinstance(dtype, torch.dtype)
        or not dtype.is_floating_point
        or dtype.itemsize < 2
    ):
        raise TypeError(
            f"{name} must be floating point with 16 bits or more, got {dtype}"
        )


def floating(dtype: torch.dtype) -> torch.dtype:
    """Return a dtype in which FFT, SVD and sparse products are defined: at least float32.

    Examples
    --------
    >>> floating(torch.bfloat16), floating(torch.float64)
    (torch.float32, torch.float64)
    """
    return torch.promote_types(dtype, torch.float32)


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
    """Return ``value`` if it is an odd positive integer: a window of odd size has a centre.

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
    ValueError: patch_size must be odd, so that it has a centre, got 4
    """
    number = check_positive(name, value)
    if number % 2 == 0:
        raise ValueError(
            f"{name} must be odd, so that it has a centre, got {number}"
        )
    return number


def check_seed(seed: object) -> int:
    """Return ``seed`` if torch can start from it: an integer of 64 bits, with or without a sign.

    Raises
    ------
    TypeError
        If it is no integer.
    ValueError
        If it has more than 64 bits.

    Examples
    --------
    >>> check_seed(2**64)
    Traceback (most recent call last):
        ...
    ValueError: seed must lie in [-2**63, 2**64), got 18446744073709551616
    """
    if type(seed) is not int:
        raise TypeError(f"seed must be an int, got {seed!r}")
    if not -(1 << 63) <= seed < 1 << 64:
        raise ValueError(f"seed must lie in [-2**63, 2**64), got {seed}")
    return seed


def check_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Raise ``ValueError`` if ``value`` is none of ``choices``.

    Examples
    --------
    >>> check_choice("mode", "mirror", ["zeros", "reflect"])
    Traceback (most recent call last):
        ...
    ValueError: mode must be one of 'zeros', 'reflect', got 'mirror'
    """
    if not any(isinstance(value, type(c)) and value == c for c in choices):
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


def check_number(
    name: str, value: object, low: float = -math.inf, high: float = math.inf
) -> float:
    """Return ``value`` if it is a finite number in [low, high].

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is not finite or out of range.

    Examples
    --------
    >>> check_number("noise", -1, low=0)
    Traceback (most recent call last):
        ...
    ValueError: noise must be a finite number in [0, inf], got -1
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(
            f"{name} must be a finite number in [{low}, {high}], got {value}"
        )
    return value
