"""The training loop: it learns, it repeats, and it says what is wrong. And the split before it."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnbook import training
from cnnbook.training import accuracy, predict, seeded, split, train


def two_clouds(n: int = 100) -> tuple[Tensor, Tensor]:
    """Make a toy problem: two clouds of points that a line separates."""
    labels = torch.arange(n) % 2
    return torch.randn(n, 2) * 0.3 + (2 * labels[:, None] - 1.0), labels


def trained(seed: int = 0, steps: int = 60, **options: object) -> tuple[nn.Linear, training.History]:
    with seeded(7):
        inputs, labels = two_clouds()
        model = nn.Linear(2, 2)
    return model, train(model, inputs, labels, steps=steps, batch_size=16, seed=seed, progress=False, **options)


def test_a_separable_problem_is_learnt() -> None:
    with seeded(7):
        inputs, labels = two_clouds()
    model, history = trained(learning_rate=0.1)
    assert accuracy(model, inputs, labels) == 1
    assert history.loss[-1] < 0.1 < history.loss[0]
    assert len(history.loss) == 60


def test_noise_is_not_learnt_beyond_chance() -> None:
    inputs, labels = torch.randn(2000, 2), torch.arange(2000) % 2
    model = nn.Linear(2, 2)
    train(model, inputs[:1000], labels[:1000], steps=100, progress=False)
    assert accuracy(model, inputs[1000:], labels[1000:]) == pytest.approx(0.5, abs=0.08)


def test_the_same_seed_gives_the_same_weights_and_another_others() -> None:
    one, again, other = trained(seed=0)[0], trained(seed=0)[0], trained(seed=1)[0]
    assert torch.equal(one.weight, again.weight)
    assert not torch.equal(one.weight, other.weight)


def test_training_does_not_touch_the_global_random_numbers() -> None:
    state = torch.get_rng_state()
    trained()
    with seeded(3):
        torch.rand(5)
    assert torch.equal(torch.get_rng_state(), state)


def test_seeded_repeats() -> None:
    draws = []
    for seed in (1, 1, 2):
        with seeded(seed):
            draws.append(torch.rand(4))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


class StepSizes:
    """Notes the learning rate of each step."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.noted: list[float] = []
        step, noted = torch.optim.AdamW.step, self.noted

        def note(optimizer: torch.optim.AdamW) -> None:
            noted.append(optimizer.param_groups[0]["lr"])
            step(optimizer)

        monkeypatch.setattr(torch.optim.AdamW, "step", note)


def test_the_step_size_falls_along_half_a_cosine(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = StepSizes(monkeypatch).noted
    trained(steps=20, learning_rate=0.1)
    expected = [0.05 * (1 + math.cos(math.pi * t / 20)) for t in range(20)]
    assert noted == pytest.approx(expected)


def test_the_step_size_stays_if_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = StepSizes(monkeypatch).noted
    trained(steps=5, learning_rate=0.1, schedule="constant")
    assert noted == [0.1] * 5


def test_weight_decay_makes_weights_smaller() -> None:
    free, pulled = trained()[0], trained(weight_decay=10.0)[0]
    assert pulled.weight.norm() < free.weight.norm()


@pytest.mark.parametrize(("n", "batch_size"), [(10, 3), (10, 5), (10, 10), (4, 9), (1, 1)])
def test_each_round_draws_without_replacement(n: int, batch_size: int) -> None:
    batches = training._shuffled_batches(n, batch_size, seed=0)
    a_round = max(1, n // batch_size)
    for _ in range(3):
        drawn = torch.cat([next(batches) for _ in range(a_round)])
        assert len(drawn.unique()) == len(drawn) == min(n, a_round * batch_size)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32])
def test_labels_of_any_integer_kind_will_do(dtype: torch.dtype) -> None:
    inputs, labels = two_clouds(20)
    assert len(train(nn.Linear(2, 2), inputs, labels.to(dtype), steps=2, batch_size=8, progress=False).loss) == 2


def test_a_model_with_batch_statistics_can_be_trained_and_ends_in_evaluation() -> None:
    inputs, labels = two_clouds(20)
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    train(model, inputs, labels, steps=3, batch_size=8, progress=False)
    assert model[1].num_batches_tracked == 3  # training steps, and nothing else, entered the statistics
    assert not model.training


def test_without_a_progress_bar_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    trained()
    assert capfd.readouterr() == ("", "")


def test_the_progress_bar_counts_steps_though_a_page_is_no_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, labels = two_clouds()
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    train(nn.Linear(2, 2), inputs, labels, steps=30)
    assert "training:" in (written := capfd.readouterr().err)
    assert "/30" in written


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, r"^steps must be at least 1, got 0$"),
        ({"batch_size": 0}, r"^batch_size must be at least 1, got 0$"),
        ({"learning_rate": 0.0}, r"^learning_rate must be positive, got 0.0$"),
        ({"learning_rate": float("nan")}, r"^learning_rate must be positive, got nan$"),
        ({"schedule": "linear"}, r"^schedule must be one of 'cosine', 'constant', got 'linear'$"),
    ],
)
def test_bad_settings_are_refused(options: dict, message: str) -> None:
    inputs, labels = two_clouds()
    with pytest.raises(ValueError, match=message):
        train(nn.Linear(2, 2), inputs, labels, **options)


def test_bad_labels_are_refused() -> None:
    inputs, labels = two_clouds(10)
    with pytest.raises(ValueError, match=r"^labels must lie in \[0, 2\), got 2$"):
        train(nn.Linear(2, 2), inputs, labels + 1)
    with pytest.raises(TypeError, match=r"^labels must be an integer tensor, got dtype torch.float32$"):
        train(nn.Linear(2, 2), inputs, labels.float())
    for wrong, n in ((labels[:9], 9), (labels[:0], 0)):
        with pytest.raises(
            ValueError, match=rf"^inputs and labels must have the same length of at least 1, got 10 and {n}$"
        ):
            train(nn.Linear(2, 2), inputs, wrong)
    with pytest.raises(ValueError, match=r"^inputs and labels must have the same length of at least 1, got 0 and 0$"):
        train(nn.Linear(2, 2), inputs[:0], labels[:0])


def test_a_loss_that_is_no_number_names_the_step() -> None:
    class BreaksAtFour(nn.Linear):
        steps = 0

        def forward(self, x: Tensor) -> Tensor:
            self.steps += self.training
            return super().forward(x) * (math.nan if self.steps == 4 else 1)

    inputs, labels = two_clouds()
    message = r"^the loss is nan at step 3: lower learning_rate \(it was 0.01\)$"
    with pytest.raises(FloatingPointError, match=message):
        train(BreaksAtFour(2, 2), inputs, labels, steps=10, progress=False)


def test_predictions_do_not_depend_on_the_batches_and_leave_the_mode() -> None:
    inputs, _ = two_clouds()
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5))
    expected = model[0](inputs).argmax(1)
    assert torch.equal(predict(model, inputs, batch_size=7), expected)
    assert torch.equal(predict(model, inputs), expected)
    assert model.training
    with pytest.raises(ValueError, match=r"^batch_size must be at least 1, got 0$"):
        predict(model, inputs, batch_size=0)
    with pytest.raises(ValueError, match=r"^model must give scores of shape \(B, K\), got \(4,\)$"):
        predict(nn.Flatten(0), inputs[:2])


def test_accuracy_is_the_share_of_right_answers() -> None:
    scores = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    assert accuracy(nn.Identity(), scores, torch.tensor([0, 1, 1, 1])) == 0.75
    with pytest.raises(ValueError, match=r"^inputs and labels must have the same length of at least 1, got 4 and 3$"):
        accuracy(nn.Identity(), scores, torch.tensor([0, 1, 1]))
    with pytest.raises(ValueError, match=r"^inputs and labels must have the same length of at least 1, got 0 and 0$"):
        accuracy(nn.Identity(), scores[:0], torch.tensor([]))


@given(n=st.integers(2, 50), seed=st.integers(0, 9), data=st.data())
def test_a_split_uses_each_example_once(n: int, seed: int, data: st.DataObject) -> None:
    n_train = data.draw(st.integers(1, n - 1))
    train, test = split(n, n_train, seed)
    assert len(train) == n_train
    assert sorted([*train.tolist(), *test.tolist()]) == list(range(n))
    assert torch.equal(train, split(n, n_train, seed)[0])


def test_the_seed_decides_the_split() -> None:
    assert not torch.equal(split(100, 50, 0)[0], split(100, 50, 1)[0])


def test_a_split_has_two_sides() -> None:
    with pytest.raises(ValueError, match=r"^n_train must lie in \[1, 10\), got 10$"):
        split(10, 10, 0)
    with pytest.raises(ValueError, match=r"^n_train must be at least 1, got 0$"):
        split(10, 0, 0)
    with pytest.raises(TypeError, match=r"^n must be an int, got float$"):
        split(10.0, 5, 0)


def test_a_seed_is_an_int_of_64_bits() -> None:
    inputs, labels = two_clouds(10)
    for call in (
        lambda seed: split(10, 5, seed),
        lambda seed: seeded(seed).__enter__(),
        lambda seed: train(nn.Linear(2, 2), inputs, labels, seed=seed),
    ):
        with pytest.raises(TypeError, match=r"^seed must be an int, got 1.5$"):
            call(1.5)
        with pytest.raises(ValueError, match=r"^seed must lie in \[-2\*\*63, 2\*\*64\), got 18446744073709551616$"):
            call(1 << 64)
