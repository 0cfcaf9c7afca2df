"""The report as pictures: every number of it is drawn, and nothing that is not there."""

from __future__ import annotations

import pytest
import torch
from matplotlib.figure import Figure

from cnnbook.classifier_report import ClassifierReport, report
from cnnbook.models import LinearClassifier, LineClassifier
from cnnbook.plotting.report import draw_evaluation, draw_families, draw_first_layer, draw_report, draw_vulnerability
from cnnbook.training import seeded


@pytest.fixture(scope="module")
def found() -> ClassifierReport:
    with seeded(0):
        model, images = LineClassifier(), torch.rand(20, 1, 16, 16)
    labels = torch.arange(20) % 2
    families = {"early": (images[:4], labels[:4]), "late": (images[4:], labels[4:])}
    return report(
        model,
        images,
        labels,
        classes=["even", "odd"],
        families=families,
        frequencies=[1 / 8, 0.3],
        directions=[0.0, 1.5707963],
    )


def texts(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text")) if text.get_text()]


def test_all_four_parts_are_drawn(found: ClassifierReport) -> None:
    figure = draw_report(found)
    assert len(figure.subfigs) == 4
    words = texts(figure)
    assert f"{found.testing.errors} of 20 wrong" in words
    for name in (
        "even",
        "odd",
        "kernel",
        "spectrum",
        "early",
        "late",
        "even: percent misclassified",
        "1/8",
        "0.3",
        "90°",
    ):
        assert name in words


def test_the_confusion_matrix_and_the_mistakes_are_shown(found: ClassifierReport) -> None:
    figure = Figure()
    draw_evaluation(figure, found)
    table, *others = figure.axes
    assert [text.get_text() for text in table.texts] == [str(n) for n in found.testing.confusion.flatten().tolist()]
    shown = [ax for ax in others if ax.images]
    assert len(shown) == len(found.mistakes) > 0
    assert torch.equal(torch.from_numpy(shown[0].images[0].get_array().data), found.mistakes[0, 0])
    truth, answer = found.mistaken_for[0].tolist()
    assert shown[0].get_title() == found.classes[truth]
    assert shown[0].get_xlabel() == f"taken for\n{found.classes[answer]}"


def test_kernels_spectra_and_maps_are_shown(found: ClassifierReport) -> None:
    figure = Figure()
    draw_first_layer(figure, found.first_layer)
    assert len(figure.axes) == 2 * 6  # kernel, spectrum, and two images with their maps; two kernels
    kernels = [figure.axes[k * 6].images[0] for k in range(2)]
    for kernel, shown in zip(found.first_layer.kernels[:, 0], kernels, strict=True):
        torch.testing.assert_close(torch.from_numpy(shown.get_array().data), kernel)
    assert kernels[0].get_clim() == kernels[1].get_clim()
    assert figure.axes[3].images[0].get_array().shape == found.first_layer.maps.shape[2:]


def test_bars_are_as_long_as_the_percentages(found: ClassifierReport) -> None:
    ax = Figure().subplots()
    draw_families(ax, found.out_of_domain)
    assert [bar.get_width() for bar in ax.patches] == [100 * result.accuracy for result in found.out_of_domain.values()]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["early", "late"]


def test_percentages_of_the_attack_are_written(found: ClassifierReport) -> None:
    figure = Figure()
    draw_vulnerability(figure, found.vulnerability, found.classes)
    for ax, percent in zip(figure.axes, found.vulnerability.percent, strict=True):
        assert [text.get_text() for text in ax.texts] == [f"{value:.0f}" for value in percent.T.flatten().tolist()]


def test_parts_without_contents_are_left_out() -> None:
    images, labels = torch.rand(4, 3, 8, 8), torch.zeros(4, dtype=torch.int64)
    model = LinearClassifier(3, 8, 8, 2).requires_grad_(False)
    model.bias[0] = 100  # always right,
    plain = report(model, images, labels, classes=["a", "b"], frequencies=[0.1], directions=[0.0])
    figure = draw_report(plain)
    assert len(figure.subfigs) == 2
    assert "0 of 4 wrong" in texts(figure)
    assert not figure.subfigs[1].axes[1].texts  # and there is no image of class b
