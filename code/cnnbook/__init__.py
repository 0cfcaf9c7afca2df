"""Code of the book *CNNs and Spatial Processing*: one textbook idea a module.

Imports run one way: :mod:`~cnnbook.checks` → :mod:`~cnnbook.patches` → :mod:`cnnbook.models`. :mod:`~cnnbook.plotting` alone
imports matplotlib; analysis modules such as :mod:`~cnnbook.equivariance` take any function or ``nn.Module`` and know no model.

Tensors of images are (N, C, H, W), as in torch; a single image is (C, H, W) with values in [0, 1].
"""
