"""A classifier swept over an image is a convolution: loops = patches = conv2d, in values and gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from cnnbook.equivariance import equivariance_error
from cnnbook.models import PatchSegmenter
from cnnbook.patches import PADDING_MODES, pad_image

CLOSE = {"rtol": 0, "atol": 1e-10}
MODELS = st.builds(
    lambda size, classes, channels, hidden, mode: PatchSegmenter(size, classes, channels, hidden, mode).double(),
    st.sampled_from([1, 3, 5]), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.sampled_from(PADDING_MODES),
)  # fmt: skip
SIDES = st.integers(3, 8)


def scores_by_loops(model: PatchSegmenter, image: Tensor) -> Tensor:
    """Oracle: visit each pixel, weigh what lies around it."""
    size, (_, height, width) = model.patch_size, image.shape
    padded = pad_image(image, size // 2, model.padding_mode)
    pixels = []
    for r in range(height):
        for c in range(width):
            window = padded[:, r : r + size, c : c + size]
            sums = torch.stack([(w * window).sum() + b for w, b in zip(model.weight, model.bias, strict=True)])
            if model.head is not None:
                sums = model.head.weight @ sums.clamp(min=0) + model.head.bias
            pixels.append(sums)
    return torch.stack(pixels).T.reshape(-1, height, width)


def scores_by_torch(model: PatchSegmenter, image: Tensor) -> Tensor:
    """Oracle: torch's own modules with the same weights."""
    x = functional.conv2d(pad_image(image, model.patch_size // 2, model.padding_mode)[None], model.weight, model.bias)
    return (
        x
        if model.head is None
        else torch.einsum("nchw,kc->nkhw", x.relu(), model.head.weight) + model.head.bias[:, None, None]
    )[0]


@given(model=MODELS, height=SIDES, width=SIDES)
def test_all_routes_give_the_same_scores(model: PatchSegmenter, height: int, width: int) -> None:
    image = torch.randn(model.weight.shape[1], height, width, dtype=torch.float64)
    expected = scores_by_loops(model, image)
    for route in (model.scores_by_patches, model.scores_by_convolution, lambda x: scores_by_torch(model, x)):
        assert torch.allclose(route(image), expected, **CLOSE)
    assert torch.equal(model.segment(image), model.scores_by_convolution(image).argmax(0))


@given(model=MODELS, height=SIDES, width=SIDES)
def test_all_routes_give_the_same_gradients(model: PatchSegmenter, height: int, width: int) -> None:
    image = torch.randn(model.weight.shape[1], height, width, dtype=torch.float64, requires_grad=True)
    weights = [image, *model.parameters()]
    pull = torch.randn(scores_by_loops(model, image).shape, dtype=torch.float64)
    expected = torch.autograd.grad((scores_by_loops(model, image) * pull).sum(), weights)
    for route in (model.scores_by_patches, model.scores_by_convolution):
        found = torch.autograd.grad((route(image) * pull).sum(), weights)
        for one, other in zip(found, expected, strict=True):
            assert torch.allclose(one, other, **CLOSE)


def test_linear_convolution_is_a_conv2d_layer_with_its_weights() -> None:
    model = PatchSegmenter(5, 4, padding_mode="zeros")
    layer = torch.nn.Conv2d(3, 4, 5, padding=2)
    layer.load_state_dict({"weight": model.weight, "bias": model.bias})
    image = torch.rand(3, 9, 11)
    assert torch.allclose(model.scores_by_convolution(image), layer(image[None])[0], atol=1e-6)


@given(shift=st.tuples(st.integers(-8, 8), st.integers(-8, 8)))
def test_scores_move_along_on_a_torus_and_not_at_an_edge(shift: tuple[int, int]) -> None:
    x = torch.rand(3, 7, 8, dtype=torch.float64)
    around = PatchSegmenter(3, 2, hidden=4, padding_mode="circular").double()
    assert equivariance_error(around.scores_by_convolution, x, shift) < 1e-12
    edged = PatchSegmenter(3, 2, hidden=4, padding_mode="zeros").double()
    if shift[0] % 7 or shift[1] % 8:
        assert equivariance_error(edged.scores_by_convolution, x, shift) > 1e-6


def test_patches_of_another_shape_are_refused() -> None:
    model = PatchSegmenter(3, 2)
    with pytest.raises(ValueError, match=r"^patches must have shape \(N, 3, 3, 3\), got \(4, 1, 3, 3\)$"):
        model(torch.zeros(4, 1, 3, 3))
    with pytest.raises(ValueError, match=r"^patches must have shape \(N, C, M, M\), got \(3, 3, 3\)$"):
        model(torch.zeros(3, 3, 3))


@pytest.mark.parametrize("route", ["scores_by_patches", "scores_by_convolution", "segment"])
def test_images_of_other_channels_are_refused(route: str) -> None:
    sweep = getattr(PatchSegmenter(3, 2), route)
    with pytest.raises(ValueError, match=r"^image must have 3 channels, got 1$"):
        sweep(torch.zeros(1, 8, 8))
    with pytest.raises(ValueError, match=r"^image must have shape \(C, H, W\), got \(8, 8\)$"):
        sweep(torch.zeros(8, 8))


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^patch_size must be odd, so that it has a centre, got 4$"):
        PatchSegmenter(4, 2)
    with pytest.raises(ValueError, match=r"^n_classes must be at least 1, got 0$"):
        PatchSegmenter(3, 0)
    with pytest.raises(ValueError, match=r"^in_channels must be at least 1, got 0$"):
        PatchSegmenter(3, 2, in_channels=0)
    with pytest.raises(ValueError, match=r"^hidden must be at least 1, got -1$"):
        PatchSegmenter(3, 2, hidden=-1)
    with pytest.raises(ValueError, match=r"^padding_mode must be one of 'zeros', .*, got 'mirror'$"):
        PatchSegmenter(3, 2, padding_mode="mirror")
