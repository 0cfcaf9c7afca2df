"""The recipe of the line case study: its data, its settings, and a function that trains the network from a seed."""

from __future__ import annotations

from torch import Tensor
from tqdm import tqdm

from cnnbook.checks import check_positive
from cnnbook.datasets import line_images
from cnnbook.models import LineClassifier
from cnnbook.training import History, seeded, train

TRAINING_IMAGES, TRAINING_SEED = 4000, 1000
TEST_IMAGES, TEST_SEED = 10_000, 2000


def training_lines(n: int = TRAINING_IMAGES) -> tuple[Tensor, Tensor]:
    """Return the first n of the 4,000 images that the network is trained on.

    Parameters
    ----------
    n : int
        1 … 4,000.

    Returns
    -------
    images : Tensor
        float32, (n, 1, 64, 64)
    labels : Tensor
        int64, (n,): 0 vertical, 1 horizontal.

    Raises
    ------
    TypeError, ValueError
        If ``n`` is no int or out of range.

    Examples
    --------
    >>> images, labels = training_lines(100)
    >>> images.shape, labels.shape
    (torch.Size([100, 1, 64, 64]), torch.Size([100]))
    """
    if check_positive("n", n) > TRAINING_IMAGES:
        raise ValueError(f"n must lie in [1, {TRAINING_IMAGES}], got {n}")
    images, labels = line_images(TRAINING_IMAGES, seed=TRAINING_SEED)
    return images[:n], labels[:n]


def held_out_lines() -> tuple[Tensor, Tensor]:
    """Return 10,000 images of the same kind that no network was trained on.

    Returns
    -------
    images : Tensor
        float32, (10000, 1, 64, 64)
    labels : Tensor
        int64, (10000,)

    Examples
    --------
    >>> images, labels = held_out_lines()
    >>> images.shape, labels.bincount()
    (torch.Size([10000, 1, 64, 64]), tensor([5000, 5000]))
    """
    return line_images(TEST_IMAGES, seed=TEST_SEED)


def train_line_classifier(
    seed: int,
    *,
    images: Tensor | None = None,
    labels: Tensor | None = None,
    tau: float = 1.0,
    zero_sum: bool = True,
    padding: str = "valid",
    init: str = "recommended",
    pooling: str = "mean",
    steps: int = 400,
    progress: bool = True,
) -> tuple[LineClassifier, History]:
    """Train the line classifier from a seed, with settings that work for every seed we tried.

    Adam with a step size of 0.01 that falls to zero along half a cosine, 32 images an update, cross-entropy, no weight decay.

    Parameters
    ----------
    seed : int
        Of the initialisation and of the order of the examples.
    images, labels : Tensor, optional
        Examples to train on, (N, 1, H, W) and (N,); default: :func:`training_lines`.
    tau, zero_sum, padding, init, pooling
        As in :class:`~cnnbook.models.line_classifier.LineClassifier`.
    steps : int
        Number of updates; 400 are 3.2 passes over the 4,000 images.
    progress : bool
        Say what is being done on stderr, with a progress bar, unless the environment says ``TQDM_DISABLE=1``.

    Returns
    -------
    model : LineClassifier
        The trained network.
    history : History
        Its loss at each step.

    Raises
    ------
    TypeError, ValueError
        If a setting is of the wrong kind or out of range, or only one of ``images`` and ``labels`` is given.

    Examples
    --------
    >>> images, labels = line_images(100, seed=0, size=32)
    >>> model, history = train_line_classifier(1, images=images, labels=labels, steps=50, progress=False)
    >>> history.loss[-1] < history.loss[0]
    True
    """
    if (images is None) != (labels is None):
        raise ValueError(
            "images and labels must be given together, got only one of them"
        )
    if images is None or labels is None:
        quiet = {} if progress else {"disable": True}
        with tqdm(
            desc="drawing the training images",
            bar_format="{desc} …",
            leave=False,
            **quiet,
        ):
            images, labels = training_lines()
    with seeded(seed):
        model = LineClassifier(
            tau=tau,
            zero_sum=zero_sum,
            padding=padding,
            init=init,
            pooling=pooling,
        )
    history = train(
        model,
        images,
        labels,
        steps=steps,
        batch_size=32,
        learning_rate=1e-2,
        seed=seed,
        progress=progress,
    )
    return model, history
