"""The layers of the book, one family a file: first the operation, a pure function, then a thin module that holds the weights."""

from cnnbook.layers.activation import ReLU, Softmax, relu, softmax
from cnnbook.layers.arguments import output_size
from cnnbook.layers.convolution import Conv1d, Conv2d, conv1d, conv2d
from cnnbook.layers.convolution_gradient import conv2d_backward
from cnnbook.layers.convolution_methods import patch_matrix
from cnnbook.layers.convolution_module import METHODS
from cnnbook.layers.linear import Linear, linear
from cnnbook.layers.locally_connected import (
    LocallyConnected1d,
    LocallyConnected2d,
    locally_connected1d,
    locally_connected2d,
)
from cnnbook.layers.pooling import (
    AvgPool2d,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool2d,
    avg_pool2d,
    global_avg_pool,
    global_max_pool,
    max_pool2d,
)
from cnnbook.layers.toeplitz import toeplitz_matrix1d, toeplitz_matrix2d
from cnnbook.layers.transposed_convolution import (
    conv_transpose1d,
    conv_transpose2d,
)
from cnnbook.patches import PADDING_MODES

__all__ = [
    "METHODS",
    "PADDING_MODES",
    "AvgPool2d",
    "Conv1d",
    "Conv2d",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "Linear",
    "LocallyConnected1d",
    "LocallyConnected2d",
    "MaxPool2d",
    "ReLU",
    "Softmax",
    "avg_pool2d",
    "conv1d",
    "conv2d",
    "conv2d_backward",
    "conv_transpose1d",
    "conv_transpose2d",
    "global_avg_pool",
    "global_max_pool",
    "linear",
    "locally_connected1d",
    "locally_connected2d",
    "max_pool2d",
    "output_size",
    "patch_matrix",
    "relu",
    "softmax",
    "toeplitz_matrix1d",
    "toeplitz_matrix2d",
]
