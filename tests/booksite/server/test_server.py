"""The server of running cells: who may talk to it, what it serves, what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import websocket
from tests.browser.live_support import REPOSITORY, BookServerProcess, Client, wait_for

SECRET = "nobody may read this"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a built book, as far as the server is concerned, with secrets around it."""
    base = tmp_path_factory.mktemp("checkout")
    html = base / "_build" / "html"
    (html / "_static").mkdir(parents=True)
    (html / "index.html").write_text("<!DOCTYPE html><title>Book</title><h1>Book</h1>")
    (html / "_static" / "live.json").write_text('{"kernel": false}')
    (html / "_static" / "live.js").write_text("// script")
    for secret in (base / "secret.txt", base / "_build" / "secret.txt", base / "_build" / "html-secret.txt"):
        secret.write_text(SECRET)
    (html / "link.txt").symlink_to(base / "secret.txt")
    (html / "linked").symlink_to(base)
    (base / "book").mkdir()
    return html


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[BookServerProcess]:
    """One server for all tests that leave it as it was."""
    process = BookServerProcess(site, site.parents[1] / "book")
    wait_for(process.kernels, "the spare kernel")
    yield process
    process.stop()


@pytest.fixture(scope="module")
def reader(server: BookServerProcess) -> Client:
    return server.client()


@pytest.fixture
def stranger(server: BookServerProcess) -> Client:
    return Client(server.port)


@pytest.fixture(scope="module")
def kernel(reader: Client) -> str:
    """Start a kernel of the reader's, to be attacked."""
    return reader.start_kernel("attacked")


def connection_file(kernel: str) -> Path:
    """Return the file that says how a kernel is reached."""
    (file,) = Path("/tmp").glob(f"book-*/kernel-{kernel}.json")
    return file


# --- what is bound ---


def test_only_loopback_is_bound_and_kernels_have_no_ports(server: BookServerProcess, kernel: str) -> None:
    process = psutil.Process(server.process.pid)

    def listening(of: psutil.Process) -> list[tuple[str, int]]:
        return [tuple(c.laddr) for c in of.net_connections("inet") if c.status == psutil.CONN_LISTEN]

    assert listening(process) == [("127.0.0.1", server.port)]
    for child in server.kernels():
        assert all(host == "127.0.0.1" for host, _ in listening(child))
    assert json.loads(connection_file(kernel).read_text())["transport"] == "ipc"


def test_the_kernels_sockets_are_in_a_private_folder(server: BookServerProcess, kernel: str) -> None:
    folder = connection_file(kernel).parent
    assert stat.S_IMODE(folder.stat().st_mode) & 0o777 == 0o700
    assert len(str(folder)) + len("/kernel-") + 36 + len("-ipc-1") < 104


# --- no token, no kernel ---


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong"])
@pytest.mark.parametrize("path", ["/site/index.html", "/site/_static/live.json", "/site/_static/live.js", "/"])
def test_without_the_token_nothing_of_the_book_is_served(stranger: Client, path: str, query: str) -> None:
    answer = stranger.get(path + query)
    while answer.status == 302:  # to the page that says where the key is
        answer = stranger.get(answer.headers["Location"])
    assert answer.status == 403
    assert "script" not in answer.text
    assert "kernel" not in answer.text


def test_a_stranger_is_told_where_to_find_the_key(stranger: Client) -> None:
    answer = stranger.get("/login?next=%2Fsite%2Findex.html")
    assert "Open the address that the server printed" in answer.text


def test_the_key_can_be_typed_in(server: BookServerProcess, stranger: Client) -> None:
    stranger.get("/login")
    form = f"_xsrf={stranger.cookies['_xsrf']}&password="
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    def send(token: str) -> int:
        body = form + token
        connection_headers = headers | {"Content-Length": str(len(body))}
        return _send_form(stranger, body, connection_headers)

    assert send("wrong") == 403  # and said so: see the tests of readers
    assert stranger.get("/api/kernels").status == 403
    assert send(server.token) == 302
    assert stranger.get("/api/kernels").status == 200


def _send_form(client: Client, body: str, headers: dict[str, str]) -> int:
    import http.client
    from http.cookies import SimpleCookie

    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=30)
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    connection.request("POST", "/login", body, headers | {"Host": client.host, "Cookie": cookie})
    response = connection.getresponse()
    response.read()
    for line in response.headers.get_all("Set-Cookie", []):
        for name, morsel in SimpleCookie(line).items():
            client.cookies[name] = morsel.coded_value
    connection.close()
    return response.status


@pytest.mark.parametrize("path", ["/api/kernels", "/api/sessions"])
def test_without_the_token_there_is_no_kernel_over_http(server: BookServerProcess, stranger: Client, path: str) -> None:
    before = len(server.kernels())
    stranger.cookies["_xsrf"] = "a"  # what a program would make up
    assert stranger.get(path).status == 403
    assert stranger.post(path, {"path": "x", "name": "x", "type": "notebook"}).status == 403
    assert len(server.kernels()) <= before + 1  # a spare may come


def test_without_the_token_there_is_no_kernel_over_websocket(stranger: Client, kernel: str) -> None:
    for query in ("", "&token=wrong"):
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            stranger.connect(kernel, query=query)


def test_with_the_token_there_is_one(reader: Client, kernel: str) -> None:
    """The refusals above are refusals of the stranger, not of everybody."""
    assert reader.execute(kernel, "print(6 * 7)")["text"] == "42\n"


# --- the token ---


def test_the_token_leaves_the_address_bar(server: BookServerProcess, stranger: Client) -> None:
    answer = stranger.get(f"/site/index.html?token={server.token}&highlight=cell")
    assert answer.status == 302
    assert answer.headers["Location"] == "/site/index.html?highlight=cell"
    login = next(line for line in answer.headers.get_all("Set-Cookie") if line.startswith("username-"))
    assert "HttpOnly" in login
    assert "SameSite=Lax" in login
    assert server.token not in str(answer.headers)
    assert stranger.get("/site/index.html").status == 200


@pytest.mark.parametrize("path", ["/", "/site", "/site/"])
def test_who_asks_for_no_more_than_the_way_is_led_to_the_first_page(reader: Client, path: str) -> None:
    answer = reader.request("HEAD", path)
    assert answer.status == 302
    assert answer.headers["Location"].endswith(".html")


def test_the_token_is_in_nothing_that_is_served(server: BookServerProcess, reader: Client) -> None:
    for path in (
        "/site/index.html",
        "/site/_static/live.json",
        "/site/_static/live.js",
        "/site/missing.html",
        "/login",
    ):
        assert server.token not in reader.get(path).text, path


def test_the_token_gives_a_request_no_privilege(server: BookServerProcess, stranger: Client, kernel: str) -> None:
    """An attacker's page that got hold of the token still comes from another origin."""
    evil = {"Origin": "http://evil.example"}
    answer = stranger.get(f"/api/kernels?token={server.token}", **evil)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.status == 403
    headers = evil | {"Authorization": f"token {server.token}"}
    stranger.cookies.clear()
    assert stranger.request("POST", "/api/kernels", {}, headers).status in {403, 404}
    stranger.cookies.clear()
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        stranger.connect(kernel, origin="http://evil.example", query=f"&token={server.token}")


# --- other origins, other hosts, frames ---


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:1", "null", "http://127.0.0.1"])
def test_requests_from_another_origin_are_refused(reader: Client, origin: str, kernel: str) -> None:
    before = len(reader.get("/api/kernels").json)
    for answer in (reader.post("/api/kernels", Origin=origin), reader.get("/api/kernels", Origin=origin)):
        assert answer.status == 404
        assert "Access-Control-Allow-Origin" not in answer.headers
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        reader.connect(kernel, origin=origin)
    assert len(reader.get("/api/kernels").json) == before


def test_a_request_must_show_the_xsrf_cookie(reader: Client) -> None:
    assert reader.request("POST", "/api/kernels", {}).status == 403
    assert reader.post("/api/kernels", **{"X-XSRFToken": "2|00000000|00|1"}).status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8888", "192.0.2.1"])
def test_a_foreign_host_header_is_refused(server: BookServerProcess, reader: Client, host: str, kernel: str) -> None:
    """A name that an attacker let point to 127.0.0.1 (DNS rebinding)."""
    for path in ("/site/index.html", "/api/kernels", f"/site/index.html?token={server.token}", "/login"):
        assert reader.get(path, Host=host).status == 403
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        reader.connect(kernel, origin=f"http://{host}", host=host)


@pytest.mark.parametrize("path", ["/site/index.html", "/site/missing.html", "/api/kernels", "/login", "/nothing"])
def test_nothing_may_be_framed_or_read_from_outside(reader: Client, path: str) -> None:
    headers = reader.get(path).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_pages_policy_allows_nothing_from_outside(server: BookServerProcess, reader: Client) -> None:
    policy = reader.get("/site/index.html").headers["Content-Security-Policy"]
    assert "'unsafe-eval'" not in policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["connect-src"] == f"'self' ws://{server.host}"
    assert not [word for rule in rules.values() for word in rule.split() if "//" in word and server.host not in word]


# --- what is served ---


@pytest.mark.parametrize(
    "path",
    [
        "/site/../secret.txt",
        "/site/../../secret.txt",
        "/site/%2e%2e/secret.txt",
        "/site/..%2fsecret.txt",
        "/site/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/site/_static/../../secret.txt",
        "/site/..%5csecret.txt",
        "/site/../html-secret.txt",
        "/site/%2e%2e/html-secret.txt",
        "/site/..%00/secret.txt",
        "/site/link.txt",
        "/site/linked/secret.txt",
        "/site/{absolute}",
        "/site/%2f{absolute}",
        "/{absolute}",
    ],
)
def test_nothing_outside_of_the_site_is_served(reader: Client, site: Path, path: str) -> None:
    answer = reader.get(path.replace("{absolute}", str(site.parents[1] / "secret.txt")))
    assert answer.status in {400, 403, 404}
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/api/contents",
        "/api/contents/secret.txt",
        "/files/secret.txt",
        "/view/secret.txt",
        "/nbconvert/html/x.ipynb",
        "/api/terminals",
        "/api/config/x",
        "/api/kernelspecs",
        "/api/events/subscribe",
        "/lab",
        "/tree",
    ],
)
def test_jupyters_other_services_are_not_there(reader: Client, path: str) -> None:
    assert reader.get(path).status == 404


def test_the_server_cannot_be_shut_down_from_a_page(server: BookServerProcess, reader: Client) -> None:
    assert reader.post("/api/shutdown").status == 404
    assert server.process.poll() is None


def test_the_page_learns_that_there_is_a_kernel(reader: Client, site: Path) -> None:
    assert json.loads((site / "_static" / "live.json").read_text()) == {"kernel": False}
    answer = reader.get("/site/_static/live.json")
    assert answer.json == {"kernel": True, "base": "/"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_missing_page_says_so(reader: Client) -> None:
    answer = reader.get("/site/missing.html")
    assert answer.status == 404
    assert "To the book's first page" in answer.text


# --- kernels ---


def test_the_kernel_handed_out_is_warm_and_its_namespace_is_empty(server: BookServerProcess, reader: Client) -> None:
    kernel = reader.start_kernel("warm")
    code = (
        "import os, sys\n"
        "print({'torch', 'numpy', 'matplotlib.pyplot'} <= set(sys.modules), "
        "[n for n in dir() if n in ('torch', 'np', 'plt', '_figure')],"
        " os.getcwd())"
    )
    reply = reader.execute(kernel, code)
    assert reply["text"] == f"True [] {server.root}\n"
    assert reply["execution_count"] == 1


def test_the_spare_is_nobodys_kernel(server: BookServerProcess, reader: Client) -> None:
    ids = {model["id"] for model in reader.get("/api/kernels").json}
    files = {file.stem.partition("-")[2] for file in connection_file(next(iter(ids))).parent.glob("kernel-*.json")}
    for spare in files - ids:
        assert reader.get(f"/api/kernels/{spare}").status in {403, 404}
    assert {model["id"] for model in reader.get("/api/kernels").json} == ids


def test_a_page_gets_its_own_kernel_again(reader: Client) -> None:
    first = reader.start_kernel("mine")
    reader.execute(first, "kept = 1")
    assert reader.start_kernel("mine") == first
    assert reader.start_kernel("another") != first


def test_another_kernel_than_the_books_cannot_be_started(reader: Client) -> None:
    assert (
        reader.post("/api/sessions", {"path": "x", "name": "x", "type": "notebook", "kernel": {"name": "bash"}}).status
        == 501
    )


def test_idle_kernels_are_culled_but_not_the_spare(site: Path) -> None:
    server = BookServerProcess(site, site, "--cull-after", "1")
    try:
        reader = server.client()
        kernel = reader.start_kernel()
        wait_for(lambda: not reader.get("/api/kernels").json, "the kernel to be culled")
        spare = wait_for(lambda: [child.pid for child in server.kernels()], "the spare")
        # The spare has been idle for at least as long by the time that a second kernel is culled.
        other = reader.start_kernel("second")
        assert other != kernel
        assert [child.pid for child in server.kernels()][: len(spare)] == spare, (
            "the spare was handed out, not started anew"
        )
    finally:
        server.stop()


# --- the end ---


@pytest.mark.parametrize("when", ["at once", "with kernels"])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_leaves_nothing_behind(site: Path, when: str, how: signal.Signals) -> None:
    server = BookServerProcess(site, site)
    if when == "with kernels":
        server.client().start_kernel()
        wait_for(server.kernels, "a kernel")
    processes = psutil.Process(server.process.pid).children(recursive=True)
    folders = list(Path("/tmp").glob("book-*"))
    group = [server.process.pid]
    if how == signal.SIGINT:  # a terminal sends it to every process of the server's group
        group += [process.pid for process in processes if os.getpgid(process.pid) == os.getpgid(server.process.pid)]
    for pid in group:
        os.kill(pid, how)
    errors = server.process.communicate(timeout=30)[1]
    assert server.process.returncode == 0
    assert errors == ""
    assert not psutil.wait_procs(processes, timeout=30)[1]
    assert len([folder for folder in folders if folder.exists()]) < len(folders)


def test_a_reader_stays_logged_in_when_the_server_is_started_again(site: Path) -> None:
    first = BookServerProcess(site, site)
    reader = first.client()
    first.stop()
    second = BookServerProcess(site, site, port=first.port)
    assert second.token != first.token
    assert reader.get("/api/kernels").status == 200
    second.stop()

    secret = site.parent / "live" / "cookie_secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    secret.unlink()  # as `make clean` does
    third = BookServerProcess(site, site, port=first.port)
    assert reader.get("/api/kernels").status == 403
    third.stop()


def test_the_users_jupyter_configuration_is_not_read(site: Path, tmp_path: Path) -> None:
    (tmp_path / "jupyter_server_config.py").write_text(
        "c.ServerApp.ip = '0.0.0.0'\nc.ServerApp.allow_origin = '*'\n"
        "c.IdentityProvider.token = ''\nc.ServerApp.disable_check_xsrf = True\n"
    )
    environment = {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_CONFIG_PATH": str(tmp_path)}
    server = BookServerProcess(site, site, environment=environment)
    try:
        assert Client(server.port).get("/api/kernels").status == 403
        assert "Access-Control-Allow-Origin" not in server.client().get("/api/kernels").headers
        assert {c.laddr.ip for c in psutil.Process(server.process.pid).net_connections("inet")} == {"127.0.0.1"}
    finally:
        server.stop()


def test_the_users_ipython_is_neither_read_nor_written(site: Path, tmp_path: Path) -> None:
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-mine.py").write_text("from_startup = 1\n")
    server = BookServerProcess(site, site, environment={"IPYTHONDIR": str(tmp_path)})
    try:
        reader = server.client()
        kernel = reader.start_kernel()
        assert reader.execute(kernel, "print('from_startup' in globals())")["text"] == "False\n"
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["00-mine.py"]
    finally:
        server.stop()


# --- bad use ---


def _refusal(*arguments: str) -> tuple[int, str]:
    """Start a server that cannot start; return its exit code and what it says."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "code")}
    command = [sys.executable, "-m", "booksite.server", "--no-browser", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_port_in_use(site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = _refusal("--html", str(site), "--root", str(site), "--port", str(port))
    assert code == 1
    reason = f"port {port} cannot be used (Address already in use): choose another one with --port"
    assert said == f"python -m booksite.server: {reason}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--html", "{tmp}/nothing"], "no built book in {tmp}/nothing (it has no index.html): run `make book` first"),
        (["--html", "{tmp}"], "no built book in {tmp} (it has no index.html): run `make book` first"),
        (["--html", "{site}", "--root", "{tmp}/nothing"], "--root must be a folder, got {tmp}/nothing"),
        (["--html", "{site}", "--root", "{site}/index.html"], "--root must be a folder, got {site}/index.html"),
        (["--html", "{site}", "--root", "{site}", "--port", "70000"], "--port must be from 0 to 65535, got 70000"),
        (["--html", "{site}", "--root", "{site}", "--port", "http"], "argument --port: invalid int value: 'http'"),
        (
            ["--html", "{site}", "--root", "{site}", "--cull-after", "0"],
            "--cull-after must be at least 1 second, got 0",
        ),
        (["--host", "0.0.0.0"], "unrecognized arguments: --host 0.0.0.0"),
    ],
)
def test_bad_arguments_get_one_line(site: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    def fill(text: str) -> str:
        return text.replace("{tmp}", str(tmp_path)).replace("{site}", str(site))

    code, stderr = _refusal(*map(fill, arguments))
    assert code == 2
    assert stderr == f"python -m booksite.server: {fill(said)}\n"


def test_a_file_that_was_built_anew_is_not_said_to_be_the_old_one(server: BookServerProcess) -> None:
    page = server.html / "changing.html"
    page.write_text("<!DOCTYPE html><title>one</title>")
    client = server.client()
    first = client.get("/site/changing.html")
    same = client.get("/site/changing.html", **{"If-None-Match": first.headers["ETag"]})
    page.write_text("<!DOCTYPE html><title>two</title>")
    other = client.get("/site/changing.html", **{"If-None-Match": first.headers["ETag"]})
    assert (first.status, same.status, other.status) == (200, 304, 200)
    assert "two" in other.text
