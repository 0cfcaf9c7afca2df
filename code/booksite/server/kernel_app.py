"""The process that runs cells: IPython's kernel, made to wait for its listeners instead of dropping what it has to say.

Jupyter's kernels publish what cells show through a socket that drops messages when a thousand of them wait. A cell that
prints more lines than the server takes in would lose its last ones, and with them the message that it has ended.
"""

from __future__ import annotations

import zmq
from ipykernel.kernelapp import IPKernelApp


class BookKernelApp(IPKernelApp):
    """IPython's kernel."""

    def init_iopub(self, context: zmq.Context) -> None:
        """Set up the channel to all who listen; whoever sends on it waits until there is room."""
        context.setsockopt(zmq.XPUB_NODROP, 1)  # of the sockets that it makes from now on; others have no such option
        super().init_iopub(context)


if __name__ == "__main__":
    BookKernelApp.launch_instance()
