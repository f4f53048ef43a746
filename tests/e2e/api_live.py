"""The live WebSocket, and many clients at once."""

import random
import select
import socket
import struct
import time

from api_case import BOUND_S, CONNECTIONS, Case, Server, until
from api_client import Closed, Live, Connection, ask, ask_raw, connect, parse_raw
from machine import Lateness


def lateness():
    """What this machine keeps the program that is tested from, from now on: whose it is, its socket tells."""
    with connect(Server.socket) as s:
        return Lateness(struct.unpack("iII", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])


class LiveSocket(Case):
    def test_refusals(self):
        for words, status in (({"url": "/api/v1/beds"}, 404), ({"url": "/"}, 404), ({"subprotocol": None}, 400),
                              ({"subprotocol": "infusiond.v2"}, 400), ({"subprotocol": "http"}, 400),
                              ({"subprotocol": "misfit"}, 400), ({"origin": "https://example.com"}, 403),
                              ({"origin": "null"}, 403), ({"origin": "http://localhost.example.com"}, 403)):
            live = Live(Server.socket, **words)
            self.assertEqual(live.answer.status, status, words)
            if words.get("url") is None:
                Server.api.check("/api/v1/live", "get", live.answer)
            Server.api.validate("Error", live.answer.json())
            live.close()
        self.assertEqual(self.ask("get", "/api/v1/live").status, 426)

    def test_frames_are_as_written(self):
        live = Live(Server.socket, origin="http://localhost")
        Server.api.check("/api/v1/live", "get", live.answer)
        self.assertEqual(live.answer.headers["sec-websocket-protocol"], "infusiond.v1")
        beds = {bed["bed"] for bed in self.ask("get", "/api/v1/beds").json()["beds"]}
        seen = [live.receive() for _ in range(2 + 3 * len(beds))]
        self.assertEqual([seen[0]["type"], seen[1]["type"]], ["hello", "station"])
        for message in seen:
            Server.api.validate({"hello": "Hello", "station": "Station", "bed": "Bed"}[message["type"]], message)
        self.assertEqual({message["bed"] for message in seen if message["type"] == "bed"}, beds)
        live.close()

    def test_a_change_comes_at_once(self):
        live = Live(Server.socket)
        late = lateness()
        bed, session = self.start()
        asked = time.monotonic()
        try:
            while True:
                message = live.receive()
                if message["type"] == "bed" and message["bed"] == bed and message["session"] is not None:
                    break
                self.assertLess(time.monotonic() - asked - late.s(), 1)
        finally:
            live.close()
            self.end(session)

    def test_whoever_talks_to_it_is_let_go(self):
        for opcode, payload in ((1, b"hello"), (2, b"\0" * 100), (1, b"x" * 2000)):
            live = Live(Server.socket)
            live.send(opcode, payload)
            with self.assertRaises((Closed, ConnectionError)) as caught:
                for _ in range(1000):
                    live.receive()
            if isinstance(caught.exception, Closed) and caught.exception.code is not None:
                self.assertEqual(caught.exception.code, 1003)
            live.close()

    def test_a_hundred_idle_and_ten_stalled_clients(self):
        clients = [Live(Server.socket) for _ in range(100)]
        stalled = [Live(Server.socket, receive_buffer=2048) for _ in range(10)]
        try:
            began, late = time.monotonic(), lateness()
            frames = {client: 0 for client in clients}
            by_socket = {client.sock: client for client in clients}
            while min(frames.values()) < 4:
                for ready in select.select(list(by_socket), [], [], 0.5)[0]:
                    if by_socket[ready].receive()["type"] == "station":
                        frames[by_socket[ready]] += 1
                self.assertLess(time.monotonic() - began - late.s(), 6, "a client was starved")
            started, late = time.monotonic(), lateness()
            self.assertEqual(self.ask("get", "/healthz").status, 200)
            self.assertLess(time.monotonic() - started - late.s(), 0.5)
            # What a stalled one finds is old, and then the newest: never a queue of all that it missed.
            found = []
            stalled[0].sock.settimeout(BOUND_S)
            while not found or found[-1]["type"] != "station" or self.age(found[-1]) > 1.5:
                found.append(stalled[0].receive())
            self.assertLess(len([f for f in found if f["type"] == "station"]), 60)
        finally:
            for client in clients + stalled:
                client.close()
        until(lambda: "infusiond_web_live_clients 0\n" in self.ask("get", "/metrics").body.decode(), "the end of the clients")

    def age(self, station):
        now = self.ask("get", "/api/v1/status").json()
        return (now["uptime_ms"] - station["uptime_ms"]) / 1000


class Load(Case):
    def test_more_connections_than_are_served(self):
        held = []
        try:
            for _ in range(CONNECTIONS + 20):
                s = socket.socket(socket.AF_UNIX)
                held.append(s)
                s.connect(Server.socket)
                s.settimeout(BOUND_S)
            answer = parse_raw(held[-1].recv(65536))
            self.assertEqual(answer.status, 503)
            Server.api.validate("Error", answer.json())
        finally:
            for s in held:
                s.close()
        until(lambda: ask(Server.socket, "GET", "/healthz").status == 200, "the next answer")

    def test_pipelined_questions_are_answered_in_order(self):
        one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(BOUND_S)
            s.connect(Server.socket)
            s.sendall(one * 5)
            got = b""
            while got.count(b'{"status":"ok"}') < 5:
                piece = s.recv(65536)
                self.assertTrue(piece)
                got += piece

    def test_one_connection_for_many_acts(self):
        bed, session = self.start()
        connection = Connection(Server.socket)
        try:
            for i in range(20):
                connection.request("POST", f"/api/v1/sessions/{session}/note",
                                   b'{"text":"n","as":"%s"}' % Server.people["nurse"].encode(),
                                   {"Content-Type": "application/json"})
                response = connection.getresponse()
                response.read()
                self.assertEqual(response.status, 200)
        finally:
            connection.close()
            self.end(session)

    def test_clients_that_go_in_the_middle(self):
        bed, session = self.start()
        try:
            for cut in (10, 60, 120, 170, 400):
                text = (f"POST /api/v1/sessions/{session}/note HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        'Content-Length: 30\r\n\r\n{"text":"x","as":"%s"}          ' % Server.people["nurse"])[:cut]
                for _ in range(10):
                    with socket.socket(socket.AF_UNIX) as s:
                        s.connect(Server.socket)
                        s.sendall(text.encode())
            self.assertEqual(self.ask("get", "/healthz").status, 200)
        finally:
            self.end(session)

    def test_random_bytes(self):
        source = random.Random(20260101)
        words = [b"GET ", b"POST ", b"/api/v1/beds", b" HTTP/1.1\r\n", b"Host: x\r\n", b"\r\n", b"\r\n\r\n", b"Content-Length: ",
                 b"Upgrade: websocket\r\n", b"Connection: Upgrade\r\n", b"{", b"\0", b"\xff" * 10, b"9" * 30, b"%", b"?a=b&"]
        for _ in range(300):
            data = b"".join(source.choice(words) if source.random() < 0.8 else source.randbytes(source.randrange(40))
                            for _ in range(source.randrange(1, 25)))
            ask_raw(Server.socket, data, timeout=0.02)
        self.assertEqual(self.ask("get", "/healthz").status, 200)
