"""One training loop for the whole book, with a progress bar and a seed, and what goes before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import trange

from cnnbook.checks import (
    check_choice,
    check_labels,
    check_positive,
    check_seed,
)


@dataclass
class History:
    """What a training run recorded: the loss of each step, on that step's batch."""

    loss: list[float] = field(default_factory=list)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make torch's random numbers repeatable inside the block and leave those outside as they were.

    Parameters
    ----------
    seed : int
        Of 64 bits at most.

    Raises
    ------
    TypeError, ValueError
        If ``seed`` is no int or has more bits.

    Examples
    --------
    >>> with seeded(0):
    ...     a = torch.rand(1)
    >>> with seeded(0):
    ...     b = torch.rand(1)
    >>> bool(a == b)
    True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(check_seed(seed))
        yield


def split(n: int, n_train: int, seed: int) -> tuple[Tensor, Tensor]:
    """Split 0 … n−1 at random into indices for training and for testing.

    Parameters
    ----------
    n : int
        How many examples there are.
    n_train : int
        How many of them are for training: 1 … n−1.
    seed : int
        Seed of the shuffle.

    Returns
    -------
    train, test : Tensor
        int64, (n_train,) and (n − n_train,)

    Raises
    ------
    TypeError, ValueError
        If a number is no int, one side would be empty, or ``seed`` has more than 64 bits.

    Examples
    --------
    >>> train, test = split(10, 7, seed=0)
    >>> len(train), len(test)
    (7, 3)
    """
    if check_positive("n_train", n_train) >= check_positive("n", n):
        raise ValueError(f"n_train must lie in [1, {n}), got {n_train}")
    order = torch.randperm(
        n, generator=torch.Generator().manual_seed(check_seed(seed))
    )
    return order[:n_train], order[n_train:]


def train(
    model: nn.Module,
    inputs: Tensor,
    labels: Tensor,
    *,
    steps: int = 400,
    batch_size: int = 64,
    learning_rate: float = 1e-2,
    schedule: str = "cosine",
    weight_decay: float = 0.0,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Train a classifier with Adam on the cross-entropy of its scores.

    Parameters
    ----------
    model : nn.Module
        Maps a batch of inputs to scores (B, K). Its parameters are changed in place.
    inputs : Tensor
        (N, …), all examples.
    labels : Tensor
        int64, (N,), the class of each.
    steps : int
        Number of parameter updates.
    batch_size : int
        Examples an update, drawn without replacement from a shuffled order that starts anew when it runs out.
    learning_rate : float
        Step size of Adam at the start.
    schedule : {"cosine", "constant"}
        Whether the step size falls to zero along half a cosine.
    weight_decay : float
        Pull of the weights towards zero (decoupled, as in AdamW).
    seed : int
        Order of the examples. Seed the model's initialisation with :func:`seeded`.
    progress : bool
        Show a progress bar on stderr, unless the environment says ``TQDM_DISABLE=1``.

    Returns
    -------
    History
        The loss of each step.

    Raises
    ------
    TypeError, ValueError
        If labels are no integers or out of range, numbers of inputs and labels differ, or a setting is out of range.
    FloatingPointError
        If the loss is no longer a number; the message names the step.

    Examples
    --------
    >>> x = torch.tensor([[-1.0], [1.0]])
    >>> with seeded(0):
    ...     model = nn.Linear(1, 2)
    >>> history = train(model, x, torch.tensor([0, 1]), steps=50, batch_size=2, progress=False)
    >>> history.loss[-1] < history.loss[0]
    True
    """
    check_positive("steps", steps)
    check_positive("batch_size", batch_size)
    check_seed(seed)
    check_choice("schedule", schedule, ["cosine", "constant"])
    if not learning_rate > 0:
        raise ValueError(
            f"learning_rate must be positive, got {learning_rate}"
        )
    if len(inputs) != len(labels) or len(inputs) == 0:
        raise ValueError(
            f"inputs and labels must have the same length of at least 1, got {len(inputs)} and {len(labels)}"
        )
    model.eval()  # so that the first look leaves no trace in a model that keeps statistics of its batches
    with torch.no_grad():
        n_classes = model(inputs[:1]).shape[-1]
    labels = check_labels("labels", labels, n_classes).long()

    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=learning_rate,
        weight_decay=weight_decay,
        fused=True,  # one pass over each parameter: a third less time a step in networks as small as ours
    )
    decay = (
        torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        if schedule == "cosine"
        else None
    )
    batches = _shuffled_batches(len(inputs), batch_size, seed)
    history = History()
    model.train()
    # Not `disable=not progress`: what is said here counts for more than TQDM_DISABLE, by which the book's build asks for quiet.
    quiet = {} if progress else {"disable": True}
    for step in (bar := trange(steps, desc="training", leave=False, **quiet)):
        batch = next(batches)
        loss = F.cross_entropy(model(inputs[batch]), labels[batch])
        if not torch.isfinite(loss):
            raise FloatingPointError(
                f"the loss is {loss.item()} at step {step}: lower learning_rate (it was {learning_rate})"
            )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if decay:
            decay.step()
        history.loss.append(loss.item())
        if step % 20 == 0:
            bar.set_postfix(loss=f"{history.loss[-1]:.3f}")
    model.eval()
    return history


def _shuffled_batches(n: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Yield index batches for ever: all examples in a random order, then all in another."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(n, generator=generator)
        full = n - n % batch_size if n >= batch_size else n
        yield from order[:full].split(batch_size)


@torch.no_grad()
def predict(model: nn.Module, inputs: Tensor, batch_size: int = 512) -> Tensor:
    """Return the class with the highest score for each input.

    Parameters
    ----------
    model : nn.Module
        Maps (B, …) to scores (B, K).
    inputs : Tensor
        (N, …)
    batch_size : int
        How many inputs go through the model at once.

    Shape:
        (N, …) → (N,)

    Raises
    ------
    TypeError, ValueError
        If ``batch_size`` is no int or below 1, or the model's scores have no dimension of classes.

    Examples
    --------
    >>> predict(nn.Identity(), torch.eye(3))
    tensor([0, 1, 2])
    """
    check_positive("batch_size", batch_size)
    was_training = model.training
    model.eval()
    classes = torch.cat(
        [_best(model(batch)) for batch in inputs.split(batch_size)]
    )
    model.train(was_training)
    return classes


def _best(scores: Tensor) -> Tensor:
    if scores.ndim < 2:
        raise ValueError(
            f"model must give scores of shape (B, K), got {tuple(scores.shape)}"
        )
    return scores.argmax(dim=1)


def accuracy(model: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Return the share of inputs whose highest score is at the right class, in [0, 1].

    Raises
    ------
    ValueError
        If there are no inputs, or not as many as labels.

    Examples
    --------
    >>> accuracy(nn.Identity(), torch.eye(2), torch.tensor([0, 0]))
    0.5
    """
    if len(inputs) != len(labels) or len(inputs) == 0:
        raise ValueError(
            f"inputs and labels must have the same length of at least 1, got {len(inputs)} and {len(labels)}"
        )
    return (predict(model, inputs) == labels).double().mean().item()
