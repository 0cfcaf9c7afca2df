"""What the fork server imports once, for all kernels that are forked from it: see :mod:`booksite.server.forked`."""

import os

# What a kernel sets for itself before it imports matplotlib.
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")

import ipykernel.kernelapp
import ipykernel.zmqshell  # noqa: F401

import booksite.server.warm_up  # noqa: F401
