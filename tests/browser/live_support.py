"""What tests of running cells share: the server as a reader starts it, and a client that can misbehave."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import psutil
import websocket

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = Path(__file__).parent / "live_sample"


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 150) -> Any:
    """Return the condition's value as soon as it is true; fail with a sentence if it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


def build_sample(target: Path) -> Path:
    """Build the sample book in a folder of its own, as `jb build` does; return its HTML."""
    shutil.copytree(SAMPLE, target, dirs_exist_ok=True)
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "code")}
    command = [str(Path(sys.executable).with_name("jb")), "build", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    html = target / "_build" / "html"
    assert done.returncode == 0, done.stdout + done.stderr
    assert (html / "book" / "cells.html").is_file(), done.stdout + done.stderr
    # Not in the sample's _static: Jupyter Book sends every script that it finds there with every page.
    shutil.copy(SAMPLE / "square.js", html / "_static" / "figures")
    return html


class Answer:
    """An HTTP answer, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode("utf8", "replace")


class BookServerProcess:
    """`python -m booksite.server`, started as a reader does."""

    def __init__(
        self, html: Path, root: Path, *arguments: str, port: int = 0, environment: dict[str, str] | None = None
    ) -> None:
        command = [sys.executable, "-m", "booksite.server", "--html", str(html), "--root", str(root)]
        command += ["--no-browser", "--port", str(port), *arguments]
        self.html, self.root, self.arguments = html, root, arguments
        environment = {"PYTHONPATH": str(REPOSITORY / "code")} | (environment or {})
        inherited = {
            name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"
        }  # ipykernel looks
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=inherited | environment
        )
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if match := re.search(r"http://(?P<host>127\.0\.0\.1:(?P<port>\d+))/\S*\?token=(?P<token>\w+)", line):
                break
        else:
            raise AssertionError(f"the server stopped: {said}{self.process.communicate()[1]}")
        self.host, self.port, self.token = match["host"], int(match["port"]), match["token"]
        self.origin = f"http://{self.host}"
        self.address = match[0]

    def page(self, name: str) -> str:
        """Return the address of a page, with the token."""
        return f"{self.origin}/site/{name}?token={self.token}"

    def kernels(self) -> list[psutil.Process]:
        """Return the kernels' processes, the spare among them."""
        try:
            children = psutil.Process(self.process.pid).children()
            forks = [child for child in children if "multiprocessing.forkserver" in " ".join(child.cmdline())]
            return (
                forks[0].children()
                if forks
                else [one for one in children if "booksite.server.kernel_app" in one.cmdline()]
            )
        except psutil.NoSuchProcess:
            return []

    def stop(self) -> str:
        """Stop the server as Ctrl-C does; return what it wrote to stderr."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.communicate(timeout=30)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise

    def client(self) -> Client:
        """Return a client that has logged in."""
        client = Client(self.port)
        assert client.get(f"/site/index.html?token={self.token}").status == 302
        client.get("/site/_static/live.json")  # brings the XSRF cookie
        return client


class Client:
    """A browser's side of HTTP and WebSocket, without a browser's restraint."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.port, self.host = port, f"127.0.0.1:{port}"
        self.origin = f"http://{self.host}"
        self.cookies: dict[str, str] = cookies or {}

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request as it is given: no path is tidied up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            payload = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            given = {"Host": self.host, "Content-Length": str(len(payload))} | (headers or {})
            if self.cookies:
                given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            for name, value in given.items():
                connection.putheader(name, value)
            connection.endheaders(payload)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.coded_value
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Post JSON with the header that shows the XSRF cookie."""
        shown = {"X-XSRFToken": self.cookies.get("_xsrf", ""), "Content-Type": "application/json"}
        return self.request("POST", path, body or {}, shown | headers)

    def delete(self, path: str) -> Answer:
        return self.request("DELETE", path, headers={"X-XSRFToken": self.cookies.get("_xsrf", "")})

    def start_kernel(self, page: str = "book/cells") -> str:
        """Start (or find) the kernel of a page; return its id."""
        answer = self.post(
            "/api/sessions", {"path": page, "name": page, "type": "notebook", "kernel": {"name": "python3"}}
        )
        assert answer.status == 201, answer.text
        return answer.json["kernel"]["id"]

    def connect(
        self,
        kernel: str,
        *,
        origin: str | None = None,
        host: str | None = None,
        query: str = "",
        protocol: str | None = None,
    ) -> websocket.WebSocket:
        """Open a kernel's channels; raises WebSocketBadStatusException if the server refuses."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return websocket.create_connection(
            f"ws://{self.host}/api/kernels/{kernel}/channels?session_id={uuid.uuid4()}{query}",
            cookie=cookie or None,
            origin=origin or self.origin,
            host=host,
            timeout=30,
            subprotocols=[protocol] if protocol else None,
        )

    def execute(self, kernel: str, code: str) -> dict[str, Any]:
        """Run code; return the reply's content, with what was printed under "text"."""
        channel = self.connect(kernel)
        try:
            header = {
                "msg_id": uuid.uuid4().hex,
                "msg_type": "execute_request",
                "session": "test",
                "username": "",
                "version": "5.3",
            }
            content = {
                "code": code,
                "silent": False,
                "store_history": True,
                "allow_stdin": False,
                "user_expressions": {},
            }
            message = {
                "header": header,
                "parent_header": {},
                "metadata": {},
                "content": content,
                "channel": "shell",
                "buffers": [],
            }
            channel.send(json.dumps(message))
            text, reply, idle = "", None, False
            while reply is None or not idle:
                answer = json.loads(channel.recv())
                if answer["parent_header"].get("msg_id") != header["msg_id"]:
                    continue
                kind = answer["header"]["msg_type"]
                if kind == "stream":
                    text += answer["content"]["text"]
                elif kind == "execute_reply":
                    reply = answer["content"]
                elif kind == "status":
                    idle = answer["content"]["execution_state"] == "idle"
            return reply | {"text": text}
        finally:
            channel.close()
