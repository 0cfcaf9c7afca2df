"""Every setting of Jupyter Server and of its kernels that the book's server depends on."""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from jupyter_server.log import log_request
from tornado import web
from traitlets.config import Config

from booksite.server.kernels import BookKernelSpecs, WarmKernelManager
from booksite.server.pages import START_PAGE, BookIdentity
from booksite.server.readers import ReadersAuthorizer, ReaderSessions

HOST = "127.0.0.1"
COOKIE_DAYS = 1
HEADERS = {
    # For answers that are not pages; a page's own policy is in SiteHandler.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


def _has_desktop() -> bool:
    """Tell whether there is a screen that a browser could open on."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _private_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def set_environment(html_folder: Path, runtime: Path) -> None:
    """Tell kernels what the build told its own, so that a run draws the figures that the page shows.

    To be called before the process that is forked into kernels is started: it inherits this.

    Parameters
    ----------
    html_folder : Path
        The built book.
    runtime : Path
        A folder of this server alone: the user's own IPython, with its start-up files, is not for readers.
    """
    os.environ["IPYTHONDIR"] = str(runtime / "ipython")
    os.environ.setdefault("CNNBOOK_FONTS", str(html_folder.resolve().parent / "assets" / "fonts"))
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _log_failure(handler: web.RequestHandler) -> None:
    """Report requests that the server failed to answer; to be asked to wait for a kernel (503) is an answer."""
    if handler.get_status() >= 500 and handler.get_status() != 503:
        log_request(handler)


def configure(options: argparse.Namespace) -> Config:
    """Build the server's whole configuration from the command line; the user's own files are not read."""
    html_folder = options.html.resolve()
    config = Config()
    config.BookServer.update(
        site=str(html_folder),
        ip=HOST,
        port=options.port,
        root_dir=str(options.root.resolve()),
        # Beside the site, not in it: readers of a checkout stay logged in when its server is started again.
        cookie_secret_file=str(_private_folder(html_folder.parent / "live") / "cookie_secret"),
        default_url=START_PAGE,
        open_browser=not options.no_browser and _has_desktop(),
        allow_root=True,  # containers; nothing that is served depends on the user
        allow_remote_access=False,
        allow_unauthenticated_access=False,
        identity_provider_class=BookIdentity,
        kernel_manager_class=WarmKernelManager,
        kernel_spec_manager_class=BookKernelSpecs,
        session_manager_class=ReaderSessions,
        authorizer_class=ReadersAuthorizer,
        tornado_settings={"headers": HEADERS, "ws_ping_interval": 20_000, "log_function": _log_failure},
        log_level="ERROR",
    )
    config.BookIdentity.update(
        cookie_options={"expires_days": COOKIE_DAYS, "samesite": "Lax"},
        get_secure_cookie_kwargs={"max_age_days": COOKIE_DAYS},
    )
    config.BookKernelSpecs.memory_mb = options.kernel_memory
    config.WarmKernelManager.update(
        most=options.kernels,
        cull_idle_timeout=options.cull_after,
        cull_interval=min(60, max(1, options.cull_after // 2)),
    )
    # Sockets in the private folder instead of TCP ports that every program on the computer could talk to.
    config.ContentsManager.files_handler_class = None  # its files are nobody's business here
    config.KernelManager.transport = "ipc" if os.name == "posix" else "tcp"
    config.KernelManager.shutdown_wait_time = 2.0
    # A page that hears of its kernel's death takes a fresh one, which is warm; the old one is not started again.
    config.KernelRestarter.restart_limit = 0
    config.KernelRestarter.time_to_dead = 0.3  # how often to look whether a kernel still lives
    config.ZMQChannelsWebsocketConnection.limit_rate = False  # the page decides what it shows of much output
    config.WarmKernelManager.buffer_offline_messages = False  # see run_outputs
    return config
