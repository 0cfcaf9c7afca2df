"""One reader, one kernel: who gets one, whose it is, what a guest who breaks the rules can do."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import websocket
from tests.browser.live_support import REPOSITORY, BookServerProcess, Client, wait_for

from booksite.server import forked
from booksite.server.policy import script_hashes

PAGE = (
    "<!DOCTYPE html><title>Book</title><script>let a = '<b>';</script><script src='x.js'></script>"
    "<script type='application/json'>{}</script><script type=module>\n1 && 2\n</script><p>&amp;</p>"
)
SCRIPTS = ("let a = '<b>';", "\n1 && 2\n")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    html = tmp_path_factory.mktemp("checkout") / "_build" / "html"
    (html / "_static").mkdir(parents=True)
    (html / "index.html").write_text(PAGE)
    (html / "_static" / "live.json").write_text('{"kernel": false}')
    (html.parents[1] / "book").mkdir()
    return html


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[BookServerProcess]:
    process = BookServerProcess(site, site.parents[1] / "book", "--kernels", "4", "--kernel-memory", "1500")
    wait_for(process.kernels, "the spare kernel")
    yield process
    assert process.stop() == "", "nothing that a guest sends leaves a word on the server's terminal"


@pytest.fixture
def reader(server: BookServerProcess) -> Iterator[Client]:
    client = server.client()
    yield client
    for session in client.get("/api/sessions").json:
        client.delete(f"/api/sessions/{session['id']}")


@pytest.fixture
def other(server: BookServerProcess) -> Iterator[Client]:
    client = server.client()
    yield client
    for session in client.get("/api/sessions").json:
        client.delete(f"/api/sessions/{session['id']}")


def execute_request(code: str) -> dict[str, object]:
    """Write what a page sends to have code run."""
    header = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "username": "", "version": "5.3"}
    content = {"code": code, "silent": False}
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}


# --- whose a kernel is


def test_another_browser_gets_another_kernel_for_the_same_page(reader: Client, other: Client) -> None:
    mine, theirs = reader.start_kernel("book/cells"), other.start_kernel("book/cells")
    assert mine != theirs
    reader.execute(mine, "secret = 1")
    assert other.execute(theirs, "print('secret' in globals())")["text"] == "False\n"
    assert reader.start_kernel("book/cells") == mine


def test_a_reader_sees_and_touches_only_what_is_theirs(reader: Client, other: Client) -> None:
    kernel = reader.start_kernel("mine")
    (session,) = reader.get("/api/sessions").json
    other.start_kernel("theirs")
    assert kernel not in other.get("/api/kernels").text
    assert session["id"] not in other.get("/api/sessions").text
    assert other.get(f"/api/kernels/{kernel}").status == 403
    assert other.post(f"/api/kernels/{kernel}/interrupt").status == 403
    assert other.delete(f"/api/kernels/{kernel}").status == 403
    assert other.get(f"/api/sessions/{session['id']}").status == 403
    assert other.delete(f"/api/sessions/{session['id']}").status == 403
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        other.connect(kernel)
    assert reader.execute(kernel, "print('still mine')")["text"] == "still mine\n"


def test_requests_at_once_for_one_page_get_one_kernel(server: BookServerProcess) -> None:
    client = server.client()
    wait_for(server.kernels, "the spare kernel")
    first = client.start_kernel("another")  # takes the spare
    with ThreadPoolExecutor(4) as pool:
        kernels = set(pool.map(lambda _: Client(server.port, client.cookies).start_kernel("page"), range(4)))
    assert len(kernels) == 1
    assert first not in kernels
    assert len(client.get("/api/sessions").json) == 2
    for session in client.get("/api/sessions").json:
        client.delete(f"/api/sessions/{session['id']}")


def test_a_kernel_comes_by_a_page_alone(reader: Client, other: Client) -> None:
    """By other addresses of Jupyter's, a reader could go round the limit, or put another's kernel into a session."""
    theirs = other.start_kernel("theirs")
    mine = reader.start_kernel("mine")
    (session,) = reader.get("/api/sessions").json
    (foreign,) = other.get("/api/sessions").json
    assert reader.post("/api/kernels").status == 405
    for change in ({"kernel": {"id": theirs}}, {"path": foreign["path"]}, {"kernel": {"name": "python3"}}):
        headers = {"X-XSRFToken": reader.cookies["_xsrf"], "Content-Type": "application/json"}
        assert reader.request("PATCH", f"/api/sessions/{session['id']}", change, headers).status == 405
    assert [model["id"] for model in reader.get("/api/kernels").json] == [mine]
    assert [model["id"] for model in other.get("/api/kernels").json] == [theirs]


def test_the_printed_address_opened_again_makes_nobody_else_of_a_reader(
    server: BookServerProcess, reader: Client
) -> None:
    kernel = reader.start_kernel("kept")
    assert reader.get(f"/site/index.html?token={server.token}").status == 302
    assert reader.start_kernel("kept") == kernel


# --- the token


@pytest.mark.parametrize("path", ["/", "/site", "/site/"])
def test_every_way_in_takes_the_token_out_of_the_address(server: BookServerProcess, path: str) -> None:
    stranger = Client(server.port)
    answer = stranger.get(f"{path}?token={server.token}")
    while answer.status in {301, 302}:
        assert server.token not in answer.headers["Location"]
        answer = stranger.get(answer.headers["Location"])
    assert answer.status == 200
    assert "<title>Book</title>" in answer.text


def test_a_wrong_token_is_said_to_be_wrong(server: BookServerProcess) -> None:
    stranger = Client(server.port)
    answer = stranger.get("/site/index.html?token=wrong")
    assert "This is not the token of this server." in stranger.get(answer.headers["Location"]).text
    answer = stranger.get("/site/index.html")
    assert "This is not the token" not in stranger.get(answer.headers["Location"]).text


def test_a_token_opens_no_kernels_address(server: BookServerProcess, reader: Client) -> None:
    kernel = reader.start_kernel("mine")
    for path in ("/api/kernels", "/api/sessions", f"/api/kernels/{kernel}"):
        stranger = Client(server.port)
        assert stranger.get(f"{path}?token={server.token}").status == 403
        assert stranger.get(path, Authorization=f"token {server.token}").status == 403
        assert not [name for name in stranger.cookies if name.startswith("username")]
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        Client(server.port).connect(kernel, query=f"&token={server.token}")


def test_there_are_no_metrics(server: BookServerProcess, reader: Client) -> None:
    assert reader.get("/metrics").status == 404
    assert Client(server.port).get("/metrics").status in {302, 403}


# --- what a page may run


def test_a_page_may_run_the_scripts_that_it_brings_and_no_others(reader: Client, site: Path) -> None:
    policy = reader.get("/site/index.html").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in SCRIPTS]
    assert rules["script-src"].split() == ["'self'", *(f"'sha256-{one}'" for one in hashes)]
    assert rules["media-src"] == "'self' data: blob:"
    assert script_hashes(site / "index.html", 0) == tuple(hashes)


def test_a_page_that_is_built_anew_is_read_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<script>1</script>")
    before = script_hashes(page, 1)
    page.write_text("<script>2</script>")
    assert script_hashes(page, 2) != before


# --- guests who break the rules


@pytest.mark.parametrize(
    "message",
    ["no JSON", "[]", "{}", '{"channel": "nowhere", "header": {}}', '{"header": 5, "channel": "shell"}', "\x00", "null",
     '{"channel": ["shell"], "header": {"msg_type": 1}, "content": null}', b"\x00\x00\x00\x09binary", b""],
)  # fmt: skip
def test_a_message_that_is_none_costs_its_sender_the_socket_and_nobody_else_anything(
    reader: Client, message: str | bytes
) -> None:
    kernel = reader.start_kernel("attacked")
    channel = reader.connect(kernel)
    if isinstance(message, bytes):
        channel.send_binary(message)
    else:
        channel.send(message)
    channel.close()
    assert reader.execute(kernel, "print('alive')")["text"] == "alive\n"


def test_a_socket_that_closes_while_it_opens_leaves_no_word(reader: Client) -> None:
    kernel = reader.start_kernel("left")
    for _ in range(5):
        reader.connect(kernel).sock.close()
    assert reader.execute(kernel, "print('alive')")["text"] == "alive\n"


@pytest.mark.parametrize(
    "body", [[], 5, None, {"path": 5}, {"path": "x", "kernel": "python3"}, {"path": "x", "kernel": {"name": 1}},
             {"path": "x", "kernel": {"id": "7"}}, {"path": "x", "name": [], "type": {}}],
)  # fmt: skip
def test_a_request_that_makes_no_sense_is_refused_as_such(reader: Client, body: object) -> None:
    answer = reader.request(
        "POST", "/api/sessions", body, {"X-XSRFToken": reader.cookies["_xsrf"], "Content-Type": "application/json"}
    )
    assert answer.status == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a browser that was told https
        b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 999999999999\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data\r\nContent-Length: 2\r\n\r\n{{",
        b"POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{{",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n", b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
        b"\xff\xfe /\xff HTTP/1.1\r\nHost: {host}\r\n\r\n", b"BREW /site/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
        b"GET /api/kernels/0/channels HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n\r\n",
        b"GET /site/index.html HTTP/1.1\r\nHost: {host}\r\nCookie: \xff=\xff; username=2|1:0|\r\n\r\n",
        b"GET /site/index.html HTTP/1.1\r\nHost: {host}\r\n",  # and leaves
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_and_leaves_no_word(server: BookServerProcess, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(sent.replace(b"{host}", server.host.encode()))
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(999)
    assert not answer or 300 <= int(answer.split()[1]) < 500, answer
    assert Client(server.port).get("/login").status == 403


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/site/" + "a" * 5000, {}), ("/site/" + "a/" * 3000, {}), ("/site/%ff%fe.html", {}), ("/site/%00", {}),
        ("/site/%ed%a0%80", {}), ("/site/index.html/x", {}), ("/site/_static", {}), ("/site/_static/", {}),
        ("/site/index.html?token=%ff", {}), ("/site/index.html?token=a&token=b", {}), ("/login?next=%ff", {}),
        ("/login?next=http://evil.example", {}), ("/site/index.html?%ff=1&token=x", {}), ("/site/.html", {}),
        ("/site/index.html", {"Range": "bytes=9-1"}), ("/site/index.html", {"Range": "bytes=x"}),
        ("/site/index.html", {"If-Modified-Since": "yesterday"}), ("/site/index.html", {"If-None-Match": '"'}),
        ("/site/index.html", {"If-Modified-Since": "Fri, 31 Feb 99999999 25:61:61 GMT"}),
        ("/site/index.html", {"Accept": "\xff"}), ("/api/sessions/%ff", {}), ("/api/kernels/..%2f", {}),
        ("/site/index.html", {"Origin": "http://[::1"}), ("/api/kernels", {"Referer": "http://[::1", "Origin": "null"}),
    ],
)  # fmt: skip
def test_a_strange_request_is_no_failure_of_the_server(reader: Client, path: str, headers: dict[str, str]) -> None:
    assert reader.get(path, **headers).status < 500


def test_much_output_arrives_whole(reader: Client) -> None:
    kernel = reader.start_kernel("fast")
    text = reader.execute(kernel, "for k in range(300):\n    print('x' * 29_999)")["text"]
    assert len(text) == 9_000_000


# --- when kernels are few


def test_whoever_comes_when_all_kernels_are_in_use_waits_in_line(server: BookServerProcess) -> None:
    readers = [server.client() for _ in range(6)]
    ask = {"path": "book/page", "name": "page", "type": "notebook", "kernel": {"name": "python3"}}
    for client in readers[:4]:
        assert client.post("/api/sessions", ask).status == 201
    first, second = readers[4:]
    answer = first.post("/api/sessions", ask)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json == {
        "message": "All 4 places of this server are in use. You are next; this page asks again by itself.",
        "place": 1,
    }
    assert second.post("/api/sessions", ask).json["place"] == 2
    assert first.post("/api/sessions", ask).json["place"] == 1
    (session,) = readers[0].get("/api/sessions").json
    readers[0].delete(f"/api/sessions/{session['id']}")
    assert second.post("/api/sessions", ask).json["place"] == 2, "who came first is served first"
    assert first.post("/api/sessions", ask).status == 201
    assert second.post("/api/sessions", ask).json["place"] == 1
    # Nobody is connected with these kernels: after a while one is shut down for whoever waits.
    wait_for(lambda: second.post("/api/sessions", ask).status == 201, "an idle kernel to be given up")
    for client in readers:
        for session in client.get("/api/sessions").json:
            client.delete(f"/api/sessions/{session['id']}")


# --- kernels that are forks

LINUX = pytest.mark.skipif(not forked.AVAILABLE, reason="kernels are forked on Linux alone")

TRAIN = """
import multiprocessing, torch
from torch import nn
print(multiprocessing.get_start_method())
torch.set_num_threads(2)
torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(196, 2))
x, y = torch.randn(16, 1, 9, 9), torch.arange(16) % 2
optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
for _ in range(60):
    loss = nn.functional.cross_entropy(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
loader = torch.utils.data.DataLoader(list(range(4)), num_workers=2)
print(loss.item() < 0.1, [int(batch) for batch in loader])
"""


@LINUX
def test_a_fork_trains_loads_data_and_draws(reader: Client) -> None:
    kernel = reader.start_kernel("train")
    assert reader.execute(kernel, TRAIN)["text"] == "fork\nTrue [0, 1, 2, 3]\n"
    draw = "import io\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nbuffer = io.BytesIO()\nplt.savefig(buffer)"
    assert (
        reader.execute(kernel, draw + "\nprint(plt.get_backend(), len(buffer.getvalue()) > 999)\nplt.close()")["text"]
        .lower()
        .endswith("inline true\n")
    )


@LINUX
@pytest.mark.parametrize(("given", "threads"), [("", 1), ("1", 1), ("3", 3), ("many", 1)])
def test_no_fork_waits_for_threads_that_were_left_behind(
    site: Path, given: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenMP waits for ever for a pool that was made before the fork: whatever the environment says, none may be."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    process = BookServerProcess(site, site, environment={"OMP_NUM_THREADS": given} if given else {})
    try:
        client = process.client()
        kernel = client.start_kernel("threads")
        assert _base(process).num_threads() == 1
        code = "import torch\nprint(torch.get_num_threads())\ntorch.set_num_threads(4)\n"
        code += "print(torch.nn.functional.conv2d(torch.ones(64, 8, 64, 64), torch.ones(8, 8, 3, 3)).mean().item())"
        assert client.execute(kernel, code)["text"] == f"{threads}\n72.0\n"
    finally:
        process.stop()


@LINUX
def test_two_forks_draw_different_numbers_but_torch_its_own(reader: Client) -> None:
    code = "import random, numpy as np, torch\nprint(random.random(), np.random.rand())\nprint(torch.initial_seed())"
    first, second = (reader.execute(reader.start_kernel(name), code)["text"].splitlines() for name in ("a", "b"))
    assert first[0] != second[0]
    assert first[1] == second[1]


@LINUX
def test_a_kernel_that_wants_more_memory_than_it_may_have_is_told(reader: Client) -> None:
    kernel = reader.start_kernel("large")
    reply = reader.execute(kernel, "import torch\nx = torch.ones(600_000_000)")
    assert reply["status"] == "error"
    assert re.search("allocate|memory", reply["evalue"])
    assert reader.execute(kernel, "print('alive')")["text"] == "alive\n"


INTERRUPT = """
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted")
"""


@LINUX
def test_no_fork_is_interrupted_before_it_has_begun_but_its_cells_are(reader: Client) -> None:
    """A kernel that was shut down as it began wrote its traceback on the server's terminal."""
    look = "import booksite.server.fork_base, signal\nprint(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "code")}
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "True\n"
    assert reader.execute(reader.start_kernel("interrupted"), INTERRUPT)["text"] == "interrupted\n"


@LINUX
@pytest.mark.parametrize("state", ["idle", "computing", "stopped"])
def test_nothing_is_left_when_the_server_is_killed(site: Path, tmp_path: Path, state: str) -> None:
    process = BookServerProcess(site, site)
    client = process.client()
    kernel = client.start_kernel("orphan")
    pid = int(client.execute(kernel, "import os\nprint(os.getpid())")["text"])
    family = psutil.Process(process.process.pid).children(recursive=True)
    if state == "computing":  # something that lets no other thread of the kernel run
        began = tmp_path / "began"
        channel = client.connect(kernel)
        code = f"import re\nopen({str(began)!r}, 'w').close()\nre.match('(a+)+b', 'a' * 99)"
        channel.send(json.dumps(execute_request(code)))
        wait_for(began.exists, "the cell to begin")
        channel.shutdown()
    if state == "stopped":
        os.kill(pid, signal.SIGSTOP)
    process.process.kill()
    process.process.communicate()
    assert pid in {one.pid for one in family}
    assert not psutil.wait_procs(family, timeout=30)[1]


@LINUX
def test_the_process_that_is_forked_has_no_threads(server: BookServerProcess) -> None:
    assert _base(server).num_threads() == 1


def _base(server: BookServerProcess) -> psutil.Process:
    """Return the process that kernels are forked from."""
    (base,) = [
        child
        for child in psutil.Process(server.process.pid).children()
        if "multiprocessing.forkserver" in " ".join(child.cmdline())
    ]
    return base


def test_a_dead_kernel_is_told_as_dead_and_not_started_again(reader: Client) -> None:
    kernel = reader.start_kernel("mortal")
    channel = reader.connect(kernel)
    channel.send(json.dumps(execute_request("import os; os._exit(3)")))
    end = time.monotonic() + 30
    states: list[str] = []
    while "dead" not in states and time.monotonic() < end:
        message = json.loads(channel.recv())
        if message["header"]["msg_type"] == "status":
            states.append(message["content"]["execution_state"])
    assert states[-1] == "dead"
    assert "restarting" not in states
    channel.close()
