"""The first convolution of a network, found whatever the network is, with kernels whose spectra are known."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnbook import layers
from cnnbook.filters import frequency_response, laplacian, sobel_x, sobel_y
from cnnbook.first_layer import look_at_first_layer
from cnnbook.models import LinearClassifier, LineClassifier


def sobel_network(convolution: type[nn.Module]) -> nn.Module:
    conv = convolution(1, 2, 3)
    with torch.no_grad():
        conv.weight.copy_(torch.stack([sobel_x(), sobel_y()])[:, None])
        conv.bias.zero_()
    return nn.Sequential(nn.Sequential(nn.Identity(), conv), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.mark.parametrize("convolution", [nn.Conv2d, layers.Conv2d])
def test_known_kernels(convolution: type[nn.Module]) -> None:
    images = torch.rand(3, 1, 10, 12)
    found = look_at_first_layer(sobel_network(convolution), images, spectrum_size=16)
    assert found.name == "0.1"
    assert torch.equal(found.kernels[:, 0], torch.stack([sobel_x(), sobel_y()]))
    for kernel, spectrum in zip(found.kernels[:, 0], found.spectra[:, 0], strict=True):
        torch.testing.assert_close(spectrum, frequency_response(kernel, 16).abs())
    assert found.directions.shape == (2, 1, 4)
    assert found.directions[:, 0].argmax(1).tolist() == [0, 2]  # waves to the right, and downwards
    torch.testing.assert_close(found.separability, torch.ones(2, 1))  # Sobel's are products,
    expected = nn.functional.conv2d(images, found.kernels)
    torch.testing.assert_close(found.maps, expected)
    assert not found.maps.requires_grad


def test_a_kernel_that_is_no_product() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten())
    with torch.no_grad():
        network[0].weight.copy_(laplacian()[None, None])
    assert look_at_first_layer(network, torch.rand(1, 1, 5, 5)).separability < 0.99


def test_kernels_are_those_that_are_used() -> None:
    model = LineClassifier(zero_sum=True)
    model.conv.weight = torch.rand(2, 1, 9, 9)
    found = look_at_first_layer(model, torch.rand(2, 1, 20, 20))
    torch.testing.assert_close(found.kernels.mean((1, 2, 3)), torch.zeros(2), rtol=0, atol=1e-7)
    torch.testing.assert_close(found.maps, model.steps(found.images).maps)


def test_the_first_that_runs_is_taken_and_the_network_is_left_as_it_was() -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.second, self.first = nn.Conv2d(4, 2, 3), nn.Conv2d(3, 4, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.second(self.first(x)).mean((2, 3))

    model = Backwards().train()
    found = look_at_first_layer(model, torch.rand(2, 3, 12, 12))
    assert found.name == "first"
    assert found.kernels.shape == (4, 3, 5, 5)
    assert found.spectra.shape == (4, 3, 64, 64)
    assert model.training
    assert not any(part._forward_hooks for part in model.modules())


def test_a_kernel_larger_than_the_spectrum() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, (1, 9)), nn.Flatten())
    assert look_at_first_layer(network, torch.rand(1, 1, 9, 9), spectrum_size=4).spectra.shape == (1, 1, 9, 9)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_network_of_smaller_floats(dtype: torch.dtype) -> None:
    model, images = sobel_network(nn.Conv2d).to(dtype), torch.rand(2, 1, 10, 12, dtype=dtype)
    found, exact = look_at_first_layer(model, images), look_at_first_layer(model.float(), images.float())
    assert found.kernels.dtype == found.maps.dtype == dtype
    for name in ("spectra", "directions", "separability"):
        torch.testing.assert_close(getattr(found, name), getattr(exact, name))


def test_a_constant_part_of_a_kernel_has_no_direction() -> None:
    network = sobel_network(nn.Conv2d)
    zero_sum = look_at_first_layer(network, torch.rand(1, 1, 8, 8)).directions
    with torch.no_grad():
        network[0][1].weight += 1
    torch.testing.assert_close(look_at_first_layer(network, torch.rand(1, 1, 8, 8)).directions, zero_sum)


def test_without_a_convolution_there_is_nothing_to_see() -> None:
    assert look_at_first_layer(LinearClassifier(1, 8, 8, 2), torch.rand(2, 1, 8, 8)) is None


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^images must have shape \(N, C, H, W\), got \(8, 8\)$"):
        look_at_first_layer(LinearClassifier(1, 8, 8, 2), torch.rand(8, 8))
    with pytest.raises(ValueError, match=r"^spectrum_size must be at least 1, got 0$"):
        look_at_first_layer(LinearClassifier(1, 8, 8, 2), torch.rand(1, 1, 8, 8), 0)
    for size in ("a", 6.5):
        with pytest.raises(TypeError, match=rf"^spectrum_size must be an int, got {type(size).__name__}$"):
            look_at_first_layer(LinearClassifier(1, 8, 8, 2), torch.rand(1, 1, 8, 8), size)
