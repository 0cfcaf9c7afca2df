"""What the fork server imports once, for all kernels that are forked from it: see :mod:`booksite.server.forked`."""

import os
import signal

# A pool of threads does not live on in a fork, and OpenMP would wait for it for ever: none may come to be here,
# whatever the environment says. A kernel sets its own number of threads (``forked.run_kernel``).
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

# What a kernel sets for itself before it imports matplotlib.
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")

import ipykernel.zmqshell  # noqa: F401

import booksite.server.kernel_app
import booksite.server.warm_up  # noqa: F401

# Ctrl-C in the terminal goes to this process and its forks, too. They leave when the server has stopped them; a kernel
# listens to interrupts while it runs a cell. Inherited, so that no fork is interrupted before it has begun.
signal.signal(signal.SIGINT, signal.SIG_IGN)
