"""The modules ``Conv1d`` and ``Conv2d``: torch's own arguments, weights and behaviour."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
import re
import warnings
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnbook.layers import METHODS, PADDING_MODES, Conv1d, Conv2d, conv2d
from cnnbook.training import seeded

MODULES: dict[int, type[Conv1d] | type[Conv2d]] = {1: Conv1d, 2: Conv2d}
TORCH_MODULES: dict[int, type[nn.Conv1d] | type[nn.Conv2d]] = {1: nn.Conv1d, 2: nn.Conv2d}
Case = dict[str, Any]


@st.composite
def layer_arguments(draw: st.DrawFn) -> tuple[int, tuple[Any, ...], Case]:
    dims = draw(st.sampled_from([1, 2]))
    groups = draw(st.sampled_from([1, 2]))
    size = st.one_of(st.integers(1, 4), st.tuples(*[st.integers(1, 4)] * dims))
    padding = draw(
        st.one_of(st.sampled_from(["same", "valid"]), st.integers(0, 3), st.tuples(*[st.integers(0, 3)] * dims))
    )
    keywords = {
        "stride": 1 if padding == "same" else draw(size),
        "padding": padding,
        "dilation": draw(st.integers(1, 2)),
        "groups": groups,
        "bias": draw(st.booleans()),
        "padding_mode": draw(st.sampled_from(PADDING_MODES)),
        "dtype": draw(st.sampled_from([torch.float32, torch.float64])),
    }
    return dims, (2 * groups, 4, draw(size)), keywords


@given(arguments=layer_arguments(), seed=st.integers(0, 1000))
def test_a_module_is_torchs_module(arguments: tuple[int, tuple[Any, ...], Case], seed: int) -> None:
    dims, positional, keywords = arguments
    with seeded(seed):
        layer = MODULES[dims](*positional, **keywords)
    with seeded(seed):
        theirs = TORCH_MODULES[dims](*positional, **keywords)
    assert repr(layer) == repr(theirs)
    weights = layer.state_dict(), theirs.state_dict()
    assert list(weights[0]) == list(weights[1])
    for one, other in zip(weights[0].values(), weights[1].values(), strict=True):
        torch.testing.assert_close(one, other, rtol=2 * torch.finfo(one.dtype).eps, atol=0)  # initial values
    x = torch.randn(2, positional[0], *[16] * dims, dtype=keywords["dtype"])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Using padding='same' with even kernel")
        torch.testing.assert_close(layer(x), theirs(x), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(layer(x[0]), theirs(x[0]), rtol=1e-4, atol=1e-5)
    for name in (
        "in_channels",
        "out_channels",
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "groups",
        "padding_mode",
    ):
        assert getattr(layer, name) == getattr(theirs, name)


@pytest.mark.parametrize("dims", [1, 2])
def test_weights_go_to_torch_and_come_back(dims: int) -> None:
    one, other = MODULES[dims](2, 3, 3), TORCH_MODULES[dims](2, 3, 3)
    third = MODULES[dims](2, 3, 3)
    x = torch.randn(1, 2, *[6] * dims)
    assert not torch.allclose(one(x), other(x), atol=1e-3)
    assert str(other.load_state_dict(one.state_dict())) == "<All keys matched successfully>"
    torch.testing.assert_close(one(x), other(x))
    assert str(third.load_state_dict(other.state_dict())) == "<All keys matched successfully>"
    assert torch.equal(third(x), one(x))


@pytest.mark.parametrize("dims", [1, 2])
def test_a_module_takes_torchs_arguments(dims: int) -> None:
    own = list(inspect.signature(MODULES[dims]).parameters.values())
    theirs = list(inspect.signature(TORCH_MODULES[dims]).parameters.values())
    assert [(p.name, p.default, p.kind) for p in own[:-1]] == [(p.name, p.default, p.kind) for p in theirs]
    assert (own[-1].name, own[-1].default, own[-1].kind) == ("method", "patches", inspect.Parameter.KEYWORD_ONLY)


def test_a_module_says_how_it_computes_unless_it_is_the_default() -> None:
    assert repr(Conv2d(1, 2, 3, method="fft")) == "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), method=fft)"


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("method", METHODS)
def test_a_module_uses_its_method(dims: int, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    module = inspect.getmodule(conv2d)
    assert module is not None
    monkeypatch.setattr(module, "_convolve", lambda *a: called.append(a[-1]) or torch.zeros(1, 1, 1, 1))
    MODULES[dims](1, 1, 1, method=method)(torch.zeros(1, 1, *[1] * dims))
    assert called == [method]


@pytest.mark.parametrize("bias", [True, False])
def test_a_module_can_be_copied_and_kept(bias: bool) -> None:
    layer = Conv2d(2, 4, (3, 2), padding="same", padding_mode="circular", groups=2, bias=bias, method="filter")
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        x = torch.randn(1, 2, 5, 5)
        assert repr(other) == repr(layer)
        assert torch.equal(other(x), layer(x))
        with torch.no_grad():
            other.weight.add_(1)
        assert not torch.equal(other(x), layer(x))


def test_layers_can_be_replaced_in_a_network_of_torch() -> None:
    def network(conv: type[nn.Module]) -> nn.Sequential:
        with seeded(3):
            return nn.Sequential(
                conv(1, 4, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
                conv(4, 4, 3, 2, groups=2),
                nn.Flatten(),
                nn.Linear(16, 3),
            )

    def train(net: nn.Sequential) -> list[Tensor]:
        x = torch.randn(8, 1, 12, 12, generator=torch.Generator().manual_seed(0))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), torch.arange(8) % 3).backward()
            optimizer.step()
        return [p.detach() for p in net.parameters()]

    own, theirs, before = train(network(Conv2d)), train(network(nn.Conv2d)), list(network(nn.Conv2d).parameters())
    torch.testing.assert_close(own, theirs, rtol=1e-5, atol=1e-5)
    assert all((a - b).abs().max() > 1e-4 for a, b in zip(own, before, strict=True))  # it did learn


def test_initial_values_are_uniform_in_the_range_that_torch_uses() -> None:
    layer = Conv2d(8, 64, 5)
    bound = 1 / math.sqrt(8 * 25)
    for parameter in layer.parameters():
        assert parameter.abs().max() <= bound
    assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"in_channels": 0}, ValueError, "in_channels must be at least 1, got 0"),
        ({"out_channels": 2.0}, TypeError, "out_channels must be an int, got float"),
        ({"groups": 3}, ValueError, "groups must divide in_channels 4, got 3"),
        ({"groups": 4}, ValueError, "groups must divide out_channels 6, got 4"),
        ({"groups": 0}, ValueError, "groups must be at least 1, got 0"),
        ({"kernel_size": 0}, ValueError, "kernel_size must be at least 1, got 0"),
        ({"kernel_size": (3, 3, 3)}, ValueError, "kernel_size must be an int or a pair of ints, got (3, 3, 3)"),
        ({"kernel_size": "3"}, TypeError, "kernel_size must be an int or a pair of ints, got '3'"),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0"),
        ({"dilation": None}, TypeError, "dilation must be an int or a pair of ints, got None"),
        ({"padding": -1}, ValueError, "padding must be at least 0, got -1"),
        ({"padding": "half"}, ValueError, "padding must be one of 'same', 'valid', got 'half'"),
        (
            {"padding": "same", "stride": 2},
            ValueError,
            "padding='same' needs stride 1, since a strided output is smaller, got stride (2, 2)",
        ),
        (
            {"padding_mode": "zero"},
            ValueError,
            "padding_mode must be one of 'zeros', 'circular', 'reflect', 'replicate', got 'zero'",
        ),
        (
            {"method": "im2col"},
            ValueError,
            "method must be one of 'loops', 'patches', 'filter', 'fft', 'toeplitz', 'native', got 'im2col'",
        ),
        ({"dtype": torch.int64}, TypeError, "dtype must be floating point with 16 bits or more, got torch.int64"),
    ],
)
def test_bad_settings_are_refused_when_a_layer_is_made(change: Case, error: type[Exception], message: str) -> None:
    arguments = {"in_channels": 4, "out_channels": 6, "kernel_size": 3}
    Conv2d(**arguments)  # type: ignore[arg-type]
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        Conv2d(**arguments | change)
