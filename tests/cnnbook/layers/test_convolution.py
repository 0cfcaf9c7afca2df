"""One convolution, all its methods: against torch, in every setting, and in what it refuses."""

from __future__ import annotations

import inspect
import math
import re
import warnings
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cnnbook.layers.gradients import values_and_gradients
from torch import Tensor, nn

from cnnbook.layers import METHODS, PADDING_MODES, blocked_patches, conv1d, conv2d

FAST = [method for method in METHODS if method != "loops"]
OPERATIONS = {1: conv1d, 2: conv2d}
TORCH_MODULES: dict[int, type[nn.Conv1d] | type[nn.Conv2d]] = {1: nn.Conv1d, 2: nn.Conv2d}
Case = dict[str, Any]


@st.composite
def cases(draw: st.DrawFn, largest: int = 4) -> Case:
    """Draw every argument of a convolution in one or two dimensions, such that they go together."""
    dims = draw(st.sampled_from([1, 2]))

    def number_or_one_each(numbers: st.SearchStrategy[int]) -> Any:
        each = [numbers] * dims
        return draw(st.one_of(numbers, st.tuples(*each), st.tuples(*each).map(list)))

    def each(value: Any) -> list[int]:
        return [value] * dims if isinstance(value, int) else list(value)

    kernel = [draw(st.integers(1, largest)) for _ in range(dims)]
    dilation = number_or_one_each(st.integers(1, 3))
    padding = draw(st.sampled_from(["same", "valid", None, None, None]))
    if padding is None:
        padding = number_or_one_each(st.integers(0, largest))
    stride = 1 if padding == "same" else number_or_one_each(st.integers(1, 3))
    mode = draw(st.sampled_from(PADDING_MODES))
    reach = [d * (m - 1) for d, m in zip(each(dilation), kernel, strict=True)]
    added = {"same": [(r + 1) // 2 for r in reach], "valid": [0] * dims}.get(str(padding)) or each(padding)
    smallest = [max(1, r + 1 - 2 * p) for r, p in zip(reach, added, strict=True)]
    room = {"reflect": 1, "circular": 0}.get(mode, -largest * 4)
    size = [max(s, p + room, 1) + draw(st.integers(0, largest)) for s, p in zip(smallest, added, strict=True)]
    groups = draw(st.integers(1, 3))
    in_channels, out_channels = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    batch = draw(st.sampled_from([(), (0,), (1,), (2,), (3,)]))
    torch.manual_seed(draw(st.integers(0, 10)))
    return {
        "dims": dims,
        "x": torch.randn(*batch, in_channels, *size, dtype=torch.float64),
        "weight": torch.randn(out_channels, in_channels // groups, *kernel, dtype=torch.float64),
        "bias": torch.randn(out_channels, dtype=torch.float64) if draw(st.booleans()) else None,
        "settings": {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups},
        "padding_mode": mode,
    }


def ours(case: Case, method: str, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    operation = OPERATIONS[case["dims"]]
    return operation(x, weight, bias, **case["settings"], padding_mode=case["padding_mode"], method=method)


def torchs(case: Case, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Oracle: torch's own module, with these weights."""
    in_channels = weight.shape[1] * case["settings"]["groups"]
    arguments = {"bias": bias is not None, "padding_mode": case["padding_mode"], **case["settings"]}
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}
    layer = TORCH_MODULES[case["dims"]](in_channels, len(weight), tuple(weight.shape[2:]), **arguments)
    parameters = {"weight": weight} | ({} if bias is None else {"bias": bias})
    with warnings.catch_warnings():  # even kernels with padding="same": torch says that it copies
        warnings.filterwarnings("ignore", message="Using padding='same' with even kernel")
        return torch.func.functional_call(layer, parameters, x)


def assert_same(one: list[Tensor], other: list[Tensor], tolerance: float = 1e-10) -> None:
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def tensors(case: Case) -> tuple[Tensor, Tensor, Tensor | None]:
    return case["x"], case["weight"], case["bias"]


@pytest.mark.parametrize("method", FAST)
@settings(max_examples=80)
@given(case=cases())
def test_every_method_gives_torchs_values_and_gradients(method: str, case: Case) -> None:
    expected = values_and_gradients(lambda *t: torchs(case, *t), *tensors(case))
    assert_same(values_and_gradients(lambda *t: ours(case, method, *t), *tensors(case)), expected)


@settings(max_examples=40)
@given(case=cases(largest=2))
def test_the_definition_gives_torchs_values_and_gradients(case: Case) -> None:
    expected = values_and_gradients(lambda *t: torchs(case, *t), *tensors(case))
    assert_same(values_and_gradients(lambda *t: ours(case, "loops", *t), *tensors(case)), expected)


def test_the_loops_are_the_formula_of_the_docstring() -> None:
    x, weight, bias = torch.randn(2, 5, 6), torch.randn(3, 2, 2, 3), torch.randn(3)
    z = conv2d(x, weight, bias, stride=(1, 2), padding=1, dilation=(2, 1), method="loops")
    k, n, m = 1, 2, 2
    total = bias[k]
    for c in range(2):
        for i in range(2):
            for j in range(3):
                row, column = n + 2 * i - 1, 2 * m + j - 1
                if 0 <= row < 5 and 0 <= column < 6:
                    total = total + weight[k, c, i, j] * x[c, row, column]
    torch.testing.assert_close(z[k, n, m], total)


SMALL = [
    {"stride": 1, "padding": "same", "padding_mode": "reflect"},
    {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2},
    {"padding": (1, 2), "padding_mode": "circular", "stride": 2},
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("arguments", SMALL)
def test_gradients_are_those_of_finite_differences(method: str, arguments: Case) -> None:
    x = torch.randn(2, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 2 // arguments.get("groups", 1), 2, 2, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(2, dtype=torch.float64, requires_grad=True)
    if method == "loops":
        x = x[:1].detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda *t: conv2d(*t, **arguments, method=method), (x, weight, bias))


@pytest.mark.parametrize("method", FAST)
@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_have_gradients(method: str, stride: int) -> None:
    x = torch.randn(2, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 2, 2, 2, dtype=torch.float64, requires_grad=True)

    def penalty(x: Tensor, weight: Tensor) -> Tensor:
        z = conv2d(x, weight, stride=stride, padding=1, method=method)
        # The gradient that arrives is constant: a gradient that forgot its own history would be taken for constant too.
        (gradient,) = torch.autograd.grad(z.sum(), x, create_graph=True)
        return (gradient**2).sum()

    assert torch.autograd.gradcheck(penalty, (x, weight))
    assert torch.autograd.gradgradcheck(lambda *t: conv2d(*t, stride=stride, padding=1, method=method), (x, weight))
    by_transform = torch.func.grad(lambda w: conv2d(x.detach(), w, stride=stride, method=method).sum())(weight.detach())
    (by_autograd,) = torch.autograd.grad(conv2d(x, weight, stride=stride, method="native").sum(), weight)
    torch.testing.assert_close(by_transform, by_autograd)


@pytest.mark.parametrize(("wanted", "unwanted"), [("input", "weight"), ("weight", "input")])
def test_only_the_gradient_that_is_wanted_is_computed(
    wanted: str, unwanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Tensor:
        raise AssertionError(f"nobody wants the gradient of the {unwanted}")

    monkeypatch.setattr(blocked_patches, f"_gradient_of_{unwanted}", refuse)
    leaves = {"input": torch.randn(1, 2, 4, 4), "weight": torch.randn(3, 2, 3, 3)}
    leaves[wanted].requires_grad_()
    conv2d(leaves["input"], leaves["weight"], method="patches").sum().backward()
    assert leaves[wanted].grad is not None
    leaves[unwanted].requires_grad_()
    with pytest.raises(AssertionError, match=f"the gradient of the {unwanted}$"):  # that way it would go
        conv2d(leaves["input"], leaves["weight"], method="patches").sum().backward()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_smaller_floats_give_the_same_within_their_precision(method: str, dtype: torch.dtype) -> None:
    x, weight, bias = torch.randn(2, 2, 4, 5).to(dtype), torch.randn(3, 2, 2, 3).to(dtype), torch.randn(3).to(dtype)

    def run(*t: Tensor) -> Tensor:
        return conv2d(*t, stride=(1, 2), padding=1, method=method)

    found = values_and_gradients(run, x, weight, bias)
    exact = values_and_gradients(run, x.double(), weight.double(), bias.double())
    assert {t.dtype for t in found} == {dtype}
    assert_same([t.double() for t in found], exact, tolerance=20 * torch.finfo(dtype).eps)


LAYOUTS = {
    "transposed": lambda x: x.transpose(2, 3).contiguous().transpose(2, 3),
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "every second column": lambda x: x.repeat_interleave(2, 3)[..., ::2],
    "flipped": lambda x: x.flip(2, 3).contiguous().flip(2, 3),
    "an offset into something larger": lambda x: nn.functional.pad(x, (2, 1, 1, 3))[:, :, 1:-3, 2:-1],
    "a negative that is only noted": lambda x: torch._neg_view(-x),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_in_memory_does_not_matter(method: str, layout: str) -> None:
    x, weight = torch.randn(2, 3, 4, 5, dtype=torch.float64), torch.randn(4, 3, 2, 2, dtype=torch.float64)

    def run(x: Tensor, weight: Tensor) -> Tensor:
        return conv2d(x, weight, padding=1, method=method)

    def run_in_layout(x: Tensor, weight: Tensor) -> Tensor:
        x, weight = LAYOUTS[layout](x), LAYOUTS[layout](weight)
        assert layout in ("flipped", "a negative that is only noted") or not x.is_contiguous()
        return run(x, weight)

    assert_same(values_and_gradients(run_in_layout, x, weight), values_and_gradients(run, x, weight))


@pytest.mark.parametrize("method", METHODS)
def test_expanded_tensors_and_gradients(method: str) -> None:
    one = torch.randn(1, 1, 4, 4, dtype=torch.float64)
    filters = torch.randn(1, 1, 2, 2, dtype=torch.float64)

    def run(one: Tensor, filters: Tensor) -> Tensor:
        return conv2d(one.expand(3, 2, 4, 4), filters.expand(4, 2, 2, 2), method=method)

    def copied(one: Tensor, filters: Tensor) -> Tensor:
        return conv2d(one.repeat(3, 2, 1, 1), filters.repeat(4, 2, 1, 1), method="native")

    assert_same(values_and_gradients(run, one, filters), values_and_gradients(copied, one, filters))
    one.requires_grad_()
    run(one, filters).sum().backward()  # a gradient that is one number, expanded
    assert one.grad is not None
    (expected,) = torch.autograd.grad(copied(one, filters).sum(), one)
    torch.testing.assert_close(one.grad, expected)


@pytest.mark.parametrize("method", METHODS)
def test_no_images_give_no_maps_and_gradients_of_zero(method: str) -> None:
    x, weight, bias = torch.randn(0, 2, 5, 6), torch.randn(4, 2, 3, 2), torch.randn(4)
    found = values_and_gradients(lambda *t: conv2d(*t, stride=2, padding=1, method=method), x, weight, bias)
    assert [tuple(t.shape) for t in found] == [(0, 4, 3, 4), (0, 2, 5, 6), (4, 2, 3, 2), (4,)]
    assert not any(t.any() for t in found)


@pytest.mark.parametrize("method", METHODS)
def test_shapes_can_be_computed_without_values(method: str) -> None:
    z = conv2d(torch.zeros(2, 3, 8, 9, device="meta"), torch.zeros(4, 3, 3, 3, device="meta"), stride=2, method=method)
    assert z.device.type == "meta"
    assert z.shape == (2, 4, 3, 4)


@given(case=cases())
def test_inputs_are_left_as_they_are(case: Case) -> None:
    before = [None if t is None else t.clone() for t in tensors(case)]
    for method in FAST:
        ours(case, method, *tensors(case))
    for old, new in zip(before, tensors(case), strict=True):
        assert old is new or torch.equal(old, new)


def test_a_value_that_is_no_number_reaches_only_its_neighbours() -> None:
    x, weight = torch.zeros(1, 1, 5, 5), torch.ones(1, 1, 3, 3)
    x[0, 0, 0, 0] = math.nan
    expected = torch.zeros(3, 3, dtype=torch.bool)
    expected[0, 0] = True
    for method in set(METHODS) - {"fft"}:  # a spectrum mixes all places
        assert torch.equal(conv2d(x, weight, method=method)[0, 0].isnan(), expected), method


@pytest.mark.parametrize("dims", [1, 2])
def test_an_operation_takes_torchs_arguments(dims: int) -> None:
    names = list(inspect.signature(OPERATIONS[dims]).parameters)
    described = torch.nn.functional.conv2d.__doc__ or ""
    signature = described[described.index("(") + 1 : described.index(")")]
    assert names[1:7] == [argument.split("=")[0] for argument in signature.split(", ")][1:]
    assert names[7:] == ["padding_mode", "method"]


# --- what is refused

X, W, B = torch.zeros(2, 4, 5, 6), torch.zeros(6, 4, 3, 3), torch.zeros(6)
META = torch.device("meta")
REFUSED: list[tuple[Case, type[Exception], str]] = [
    ({"x": None}, TypeError, "x must be a torch.Tensor, got NoneType"),
    ({"x": [[1.0]]}, TypeError, "x must be a torch.Tensor, got list"),
    ({"weight": "w"}, TypeError, "weight must be a torch.Tensor, got str"),
    ({"bias": 0.5}, TypeError, "bias must be a torch.Tensor, got float"),
    ({"x": X.long()}, TypeError, "x must be floating point with 16 bits or more, got torch.int64"),
    ({"x": X.bool()}, TypeError, "x must be floating point with 16 bits or more, got torch.bool"),
    ({"x": X.to(torch.complex64)}, TypeError, "x must be floating point with 16 bits or more, got torch.complex64"),
    ({"x": X.to(torch.float8_e5m2)}, TypeError, "x must be floating point with 16 bits or more, got torch.float8_e5m2"),
    ({"weight": W.int()}, TypeError, "weight must be floating point with 16 bits or more, got torch.int32"),
    ({"bias": B.int()}, TypeError, "bias must be floating point with 16 bits or more, got torch.int32"),
    ({"weight": W.double()}, TypeError, "weight must have the dtype of x, torch.float32, got torch.float64"),
    ({"bias": B.half()}, TypeError, "bias must have the dtype of x, torch.float32, got torch.float16"),
    ({"x": X.to_sparse()}, TypeError, "x must be a dense tensor, got layout torch.sparse_coo"),
    ({"weight": W.to(META)}, ValueError, "weight must lie on the device of x, cpu, got meta"),
    ({"bias": B.to(META)}, ValueError, "bias must lie on the device of x, cpu, got meta"),
    ({"x": X.to(META)}, ValueError, "weight must lie on the device of x, meta, got cpu"),
    ({"x": X[0, 0]}, ValueError, "x must have shape (N, C, H, W) or (C, H, W), got (5, 6)"),
    ({"x": X[None]}, ValueError, "x must have shape (N, C, H, W) or (C, H, W), got (1, 2, 4, 5, 6)"),
    ({"x": X[:, :, :0]}, ValueError, "x must not be empty in (C, H, W), got shape (2, 4, 0, 6)"),
    ({"x": X[:, :, :0], "padding": 2}, ValueError, "x must not be empty in (C, H, W), got shape (2, 4, 0, 6)"),
    ({"x": X[:, :0]}, ValueError, "x must not be empty in (C, H, W), got shape (2, 0, 5, 6)"),
    ({"x": X[0, :, :, :0]}, ValueError, "x must not be empty in (C, H, W), got shape (4, 5, 0)"),
    ({"x": X[:, :3]}, ValueError, "weight must have 3 input channels, those of x (3) divided by groups (1), got 4"),
    (
        {"weight": W[0]},
        ValueError,
        "weight must have shape (C_out, C_in/groups, M, N) without empty dimensions, got (4, 3, 3)",
    ),
    (
        {"weight": W[:0]},
        ValueError,
        "weight must have shape (C_out, C_in/groups, M, N) without empty dimensions, got (0, 4, 3, 3)",
    ),
    (
        {"weight": W[..., :0]},
        ValueError,
        "weight must have shape (C_out, C_in/groups, M, N) without empty dimensions, got (6, 4, 3, 0)",
    ),
    ({"bias": B[:5]}, ValueError, "bias must have shape (6,), one value for each output channel, got (5,)"),
    ({"bias": B[:1]}, ValueError, "bias must have shape (6,), one value for each output channel, got (1,)"),
    ({"bias": B[None]}, ValueError, "bias must have shape (6,), one value for each output channel, got (1, 6)"),
    ({"groups": 0}, ValueError, "groups must be at least 1, got 0"),
    ({"groups": 4}, ValueError, "groups must divide the number of filters 6, got 4"),
    ({"groups": 3}, ValueError, "groups must divide the number of input channels 4, got 3"),
    ({"groups": 2}, ValueError, "weight must have 2 input channels, those of x (4) divided by groups (2), got 4"),
    ({"groups": 1.0}, TypeError, "groups must be an int, got float"),
    ({"groups": True}, TypeError, "groups must be an int, got bool"),
    ({"groups": None}, TypeError, "groups must be an int, got NoneType"),
    ({"padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ({"padding": (1, -2)}, ValueError, "padding must be at least 0, got (1, -2)"),
    ({"padding": "full"}, ValueError, "padding must be one of 'same', 'valid', got 'full'"),
    ({"padding": ((1, 1), (1, 1))}, TypeError, "padding must be an int or a pair of ints, got ((1, 1), (1, 1))"),
    (
        {"padding": "same", "stride": (1, 2)},
        ValueError,
        "padding='same' needs stride 1, since a strided output is smaller, got stride (1, 2)",
    ),
    (
        {"weight": torch.zeros(6, 4, 6, 3)},
        ValueError,
        "the window must fit into the input of size (5, 6), got kernel_size (6, 3)",
    ),
    (
        {"weight": torch.zeros(6, 4, 6, 9), "padding": (0, 1)},
        ValueError,
        "the window must fit into the padded input of size (5, 8), got kernel_size (6, 9)",
    ),
    (
        {"dilation": (1, 5), "padding": 2},
        ValueError,
        "the window must fit into the padded input of size (9, 10), got kernel_size (3, 3) with dilation (1, 5)",
    ),
    (
        {"padding": (5, 0), "padding_mode": "reflect"},
        ValueError,
        "padding must be at most 4 with padding_mode='reflect' and an input of size (5, 6), got 5",
    ),
    (
        {"padding": 6, "padding_mode": "circular"},
        ValueError,
        "padding must be at most 5 with padding_mode='circular' and an input of size (5, 6), got 6",
    ),
    (
        {"padding_mode": "mirror"},
        ValueError,
        "padding_mode must be one of 'zeros', 'circular', 'reflect', 'replicate', got 'mirror'",
    ),
    (
        {"padding_mode": None},
        ValueError,
        "padding_mode must be one of 'zeros', 'circular', 'reflect', 'replicate', got None",
    ),
    (
        {"method": "magic"},
        ValueError,
        "method must be one of 'loops', 'patches', 'filter', 'fft', 'toeplitz', 'native', got 'magic'",
    ),
    (
        {"method": 3},
        ValueError,
        "method must be one of 'loops', 'patches', 'filter', 'fft', 'toeplitz', 'native', got 3",
    ),
    *(
        ({name: value}, error, f"{name} must be {rule}, got {value!r}")
        for name, least in (("stride", 1), ("dilation", 1), ("padding", 0))
        for value, error, rule in (
            (least - 1, ValueError, f"at least {least}"),
            ((2, least - 1), ValueError, f"at least {least}"),
            (1 << 31, ValueError, "below 2**31"),
            ((1,), ValueError, "an int or a pair of ints"),
            ([2, 1, 1], ValueError, "an int or a pair of ints"),
            ([], ValueError, "an int or a pair of ints"),
            (True, TypeError, "an int or a pair of ints"),
            (1.0, TypeError, "an int or a pair of ints"),
            ((1.0, 1), TypeError, "an int or a pair of ints"),
            ((True, 1), TypeError, "an int or a pair of ints"),
            (None, TypeError, "an int or a pair of ints"),
            (b"\x01\x01", TypeError, "an int or a pair of ints"),
        )
    ),
    ({"stride": "1"}, TypeError, "stride must be an int or a pair of ints, got '1'"),
    ({"dilation": "12"}, TypeError, "dilation must be an int or a pair of ints, got '12'"),
]


def exactly(message: str) -> str:
    return f"^{re.escape(message)}$"


@pytest.mark.parametrize(("change", "error", "message"), REFUSED)
def test_bad_arguments_are_refused(change: Case, error: type[Exception], message: str) -> None:
    arguments: Case = {"x": X, "weight": W, "bias": B}
    conv2d(**arguments)  # nothing else is wrong
    with pytest.raises(error, match=exactly(message)):
        conv2d(**arguments | change)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": torch.zeros(5)}, ValueError, "x must have shape (N, C, L) or (C, L), got (5,)"),
        ({"x": torch.zeros(1, 1, 1, 5)}, ValueError, "x must have shape (N, C, L) or (C, L), got (1, 1, 1, 5)"),
        ({"x": torch.zeros(1, 1, 0)}, ValueError, "x must not be empty in (C, L), got shape (1, 1, 0)"),
        (
            {"weight": torch.zeros(1, 1, 1, 3)},
            ValueError,
            "weight must have shape (C_out, C_in/groups, M) without empty dimensions, got (1, 1, 1, 3)",
        ),
        ({"stride": (1, 1)}, ValueError, "stride must be an int, got (1, 1)"),
        ({"dilation": 2.0}, TypeError, "dilation must be an int, got 2.0"),
        ({"padding": [1, 2]}, ValueError, "padding must be an int, got [1, 2]"),
        (
            {"dilation": 3},
            ValueError,
            "the window must fit into the input of size (5,), got kernel_size (3,) with dilation (3,)",
        ),
        (
            {"method": "conv"},
            ValueError,
            "method must be one of 'loops', 'patches', 'filter', 'fft', 'toeplitz', 'native', got 'conv'",
        ),
    ],
)
def test_bad_arguments_are_refused_in_one_dimension(change: Case, error: type[Exception], message: str) -> None:
    arguments: Case = {"x": torch.zeros(1, 1, 5), "weight": torch.zeros(1, 1, 3)}
    conv1d(**arguments)
    with pytest.raises(error, match=exactly(message)):
        conv1d(**arguments | change)


ODD_SETTINGS = st.sampled_from(
    [
        0,
        1,
        2,
        3,
        -1,
        True,
        1.0,
        None,
        "same",
        "valid",
        "1",
        (1,),
        (2, 1),
        [1, 2],
        (1, 0),
        (1, 1, 1),
        (0.5, 1),
        [],
        1 << 40,
        {},
    ]
)
ODD_SHAPES = st.lists(st.sampled_from([0, 1, 2, 4, 5]), min_size=2, max_size=5)
USUAL_SHAPES = st.tuples(st.integers(0, 2), st.sampled_from([2, 4]), st.integers(0, 5), st.integers(1, 5))


@settings(max_examples=600)
@given(
    shape=st.one_of(USUAL_SHAPES, USUAL_SHAPES, ODD_SHAPES),
    weight_shape=st.one_of(st.tuples(*[st.sampled_from([2, 4, 1, 3])] * 4), ODD_SHAPES),
    bias_shape=st.sampled_from([None, None, (4,), (2,), (1,), ()]),
    changes=st.dictionaries(
        st.sampled_from(["stride", "padding", "dilation", "groups", "padding_mode"]), ODD_SETTINGS, max_size=3
    ),
    mode=st.sampled_from(PADDING_MODES),
    dtypes=st.sampled_from(
        [(torch.float64, torch.float64)] * 4 + [(torch.float64, torch.float32), (torch.int64, torch.int64)]
    ),
    method=st.sampled_from(FAST),
)
def test_anything_is_either_refused_by_name_or_computed_as_torch_does(
    shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    bias_shape: tuple[int, ...] | None,
    changes: Case,
    mode: str,
    dtypes: tuple[torch.dtype, torch.dtype],
    method: str,
) -> None:
    x, weight = torch.randn(shape).to(dtypes[0]), torch.randn(weight_shape).to(dtypes[1])
    bias = None if bias_shape is None else torch.randn(bias_shape).to(dtypes[1])
    chosen: Case = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "padding_mode": mode} | changes
    z, said = None, ""
    try:
        z = conv2d(x, weight, bias, **chosen, method=method)
    except (TypeError, ValueError) as refusal:
        said = str(refusal)
    if z is None:
        names = "x|weight|bias|stride|padding|dilation|groups|padding_mode|the window"
        assert re.match(rf"({names})(='same')? (must|needs) .*, got ", said), said
    else:
        case = {"dims": 2, "padding_mode": chosen.pop("padding_mode"), "settings": chosen}
        torch.testing.assert_close(z, torchs(case, x, weight, bias))
