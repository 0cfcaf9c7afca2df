"""The recipe of the line case study: one short run, a collapse that was measured, and an attack on a known image."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from cnnbook.datasets import line_images
from cnnbook.datasets.lines import LineSettings, draw_lines
from cnnbook.line_study import TEST_SEED, held_out_lines, train_line_classifier, training_lines
from cnnbook.models import LineClassifier
from cnnbook.modulation import modulate
from cnnbook.training import accuracy, predict
from cnnbook.vulnerability import attack


@pytest.fixture(scope="module")
def examples() -> tuple[Tensor, Tensor]:
    return line_images(600, seed=7)


@pytest.fixture(scope="module")
def trained(examples: tuple[Tensor, Tensor]) -> LineClassifier:
    images, labels = examples
    return train_line_classifier(1, images=images, labels=labels, steps=150, progress=False)[0]


def test_a_short_run_learns_lines(trained: LineClassifier) -> None:
    assert accuracy(trained, *line_images(1000, seed=8)) > 0.99
    assert not trained.collapsed()
    assert accuracy(trained, *line_images(200, seed=9, background=1.0, polarity="dark")) > 0.98
    assert accuracy(trained, *line_images(50, seed=9, size=(70, 130))) > 0.95


def test_row_sums_of_w_and_c_are_conserved(trained: LineClassifier) -> None:
    # dL/dW_0 = −dL/dW_1 for two classes under cross-entropy, and Adam keeps the symmetry.
    torch.testing.assert_close(trained.fc.weight.sum(0), torch.zeros(2), rtol=0, atol=1e-4)
    torch.testing.assert_close(trained.fc.bias.sum(), torch.tensor(0.0), rtol=0, atol=1e-4)


def test_a_seed_fixes_the_run(examples: tuple[Tensor, Tensor]) -> None:
    images, labels = examples
    runs = [train_line_classifier(s, images=images, labels=labels, steps=5, progress=False) for s in (3, 3, 4)]
    (one, first), (same, again), (other, _) = runs
    assert first.loss == again.loss
    assert torch.equal(one.fc.weight, same.fc.weight)
    assert not torch.equal(one.conv.weight, other.conv.weight)


def test_torchs_start_collapses_where_we_measured_it(examples: tuple[Tensor, Tensor]) -> None:
    model, history = train_line_classifier(
        3, images=examples[0], labels=examples[1], init="default", steps=250, progress=False
    )
    assert model.collapsed()
    assert min(history.loss[-20:]) > 0.01
    assert accuracy(model, *line_images(1000, seed=8)) < 0.99


def test_a_line_times_a_wave_along_it_is_taken_for_the_other_class(trained: LineClassifier) -> None:
    image = torch.zeros(1, 1, 64, 64)
    image[..., 30:33, 8:56] = 1.0  # horizontal
    both = torch.cat([image, image.transpose(2, 3)])
    assert predict(trained, both).tolist() == [1, 0]
    along_x, along_y = modulate(both, 1 / 8, 0.0), modulate(both, 1 / 8, math.pi / 2)
    assert predict(trained, along_x).tolist() == [0, 0]  # only the horizontal line changes its class,
    assert predict(trained, along_y).tolist() == [1, 1]  # only the vertical one
    assert predict(trained, modulate(both, 1 / 64)).tolist() == [1, 0]  # slow waves are harmless
    assert predict(trained, modulate(both, 1 / 8, amplitude=0.9)).tolist() == [1, 0]  # the carrier saves it
    assert predict(trained, modulate(both, 1 / 8, displayable=True)).tolist() == [0, 0]


def test_nearly_all_lines_are_taken_for_the_other_class(trained: LineClassifier) -> None:
    images, labels = line_images(200, seed=10)
    found = attack(trained, images, labels, 2, frequencies=[1 / 8], directions=[0, math.pi / 2]).percent[:, 0]
    assert found[1, 0] > 95  # horizontal lines, wave to the right
    assert found[0, 1] > 95
    assert found[0, 0] < 2
    assert found[1, 1] < 2


def test_the_data_of_the_study() -> None:
    images, labels = training_lines(20)
    assert images.shape == (20, 1, 64, 64)
    assert labels.shape == (20,)
    assert torch.equal(images[:5], training_lines(5)[0])
    with pytest.raises(ValueError, match=r"^n must lie in \[1, 4000\], got 4001$"):
        training_lines(4001)
    with pytest.raises(ValueError, match=r"^n must be at least 1, got 0$"):
        training_lines(0)
    for n in ("a", 2.5):
        with pytest.raises(TypeError, match=rf"^n must be an int, got {type(n).__name__}$"):
            training_lines(n)


def test_test_images_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnbook.line_study.TEST_IMAGES", 30)
    monkeypatch.setattr("cnnbook.line_study.TRAINING_IMAGES", 30)
    images, _ = held_out_lines()
    assert torch.equal(images, draw_lines(30, TEST_SEED, LineSettings())[0])
    assert not any(torch.equal(image, other) for image in images for other in training_lines(30)[0])


def test_images_and_labels_come_together(examples: tuple[Tensor, Tensor]) -> None:
    for name, value in zip(("images", "labels"), examples, strict=True):
        with pytest.raises(ValueError, match=r"^images and labels must be given together, got only one of them$"):
            train_line_classifier(0, **{name: value})
    with pytest.raises(ValueError, match=r"^labels must lie in \[0, 2\), got 2$"):
        train_line_classifier(0, images=examples[0][:2], labels=torch.tensor([0, 2]))


def test_it_says_that_it_draws_before_it_trains(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cnnbook.line_study.training_lines", lambda: line_images(40, seed=0))
    train_line_classifier(0, steps=1, progress=False)
    assert capsys.readouterr().err == ""
    train_line_classifier(0, steps=1)
    said = capsys.readouterr().err
    assert said.index("drawing the training images …") < said.index("training:")
