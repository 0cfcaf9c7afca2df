"""Requests and messages that no page sends: they are refused, cost nobody else anything, and leave no word."""

from __future__ import annotations

import json
import struct

import pytest
import websocket
from tests.browser.live_support import BookServerProcess, Client, wait_for


@pytest.fixture
def reader(server: BookServerProcess) -> Client:
    return server.client()


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"\xff", b"[" * 100_000, b'{"path": "\\ud800"}', b'{"path": "a\\u0000"}',
        b'{"path": "a", "name": "\\ud800"}', b'{"path": "../../c", "type": "file"}', b'{"path": 1}',
    ],
)  # fmt: skip
def test_a_request_for_a_session_that_is_none_is_refused_and_leaves_no_kernel(reader: Client, body: bytes) -> None:
    headers = {"X-XSRFToken": reader.cookies["_xsrf"], "Content-Type": "application/json"}
    assert reader.request("POST", "/api/sessions", body, headers).status == 400
    assert reader.get("/api/kernels").json == []


def test_output_that_a_page_does_not_read_costs_it_the_connection(server: BookServerProcess, reader: Client) -> None:
    kernel = reader.start_kernel("page")
    channel = reader.connect(kernel)
    channel.send(
        json.dumps(
            {
                "header": {"msg_id": "flood", "msg_type": "execute_request", "session": "s", "username": ""},
                "parent_header": {}, "metadata": {}, "channel": "shell", "buffers": [],
                "content": {"code": "for _ in range(300): print('x' * 1_000_000)", "silent": False},
            }
        )
    )  # fmt: skip

    def connected() -> int:
        return reader.get("/api/kernels").json[0]["connections"]

    wait_for(lambda: connected() == 0, "the server to close the connection")
    channel.shutdown()
    assert reader.delete(f"/api/sessions/{reader.get('/api/sessions').json[0]['id']}").status == 204


def test_a_page_with_a_zero_in_its_name_is_not_there(reader: Client) -> None:
    for method in ("GET", "HEAD"):
        assert reader.request(method, "/site/%00").status == 404


@pytest.mark.parametrize("count", [2, 60_000_000, 2**60])
def test_a_message_that_claims_more_parts_than_it_has_closes_its_socket(reader: Client, count: int) -> None:
    channel = reader.connect(reader.start_kernel("page"), protocol="v1.kernel.websocket.jupyter.org")
    channel.send_binary(struct.pack("<Q", count) + b"\0" * 8)
    kind, data = channel.recv_data(control_frame=True)
    while kind != websocket.ABNF.OPCODE_CLOSE:  # what the kernel says of itself comes before
        kind, data = channel.recv_data(control_frame=True)
    channel.shutdown()
    assert int.from_bytes(data[:2], "big") == 1007
    assert reader.get("/site/_static/live.json").status == 200
