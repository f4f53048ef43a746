"""The API from the outside: HTTP and WebSocket by hand, over a UNIX socket or TCP, and openapi.yaml read strictly."""

import base64
import http.client
import json
import os
import re
import socket
import struct

import jsonschema
import yaml

PATIENCE_S = 60


def connect(place, timeout=PATIENCE_S, source=None, receive_buffer=None):
    """A connection to the path of a socket, or to "ADDRESS:PORT", from `source` where it is given."""
    if place.startswith("/"):
        sock = socket.socket(socket.AF_UNIX)
        address = place
    else:
        host, port = place.rsplit(":", 1)
        sock = socket.socket(socket.AF_INET6 if host.startswith("[") else socket.AF_INET)
        address = (host.strip("[]"), int(port))
        if source is not None:
            sock.bind((source, 0))
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(timeout)
    try:
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


class Connection(http.client.HTTPConnection):
    def __init__(self, place, timeout=PATIENCE_S, source=None):
        super().__init__("localhost" if place.startswith("/") else place, timeout=timeout)
        self.place, self.source = place, source

    def connect(self):
        self.sock = connect(self.place, self.timeout, self.source)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json()["error"]


def ask(path, method, url, body=None, headers=None, source=None):
    """One question on a connection of its own. `body`: an object for JSON, bytes for anything else."""
    connection = Connection(path, source=source)
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    try:
        connection.request(method, url, body, headers)
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def ask_raw(path, data, timeout=PATIENCE_S):
    """Bytes as they are; everything that comes back until the other side closes or answers whole."""
    with connect(path, timeout) as s:
        got = b""
        try:
            s.sendall(data)
        except OSError:
            pass
        try:
            while not whole(got):
                piece = s.recv(65536)
                if not piece:
                    break
                got += piece
        except OSError:
            pass
        return got


def whole(got):
    head, gap, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.I)
    return bool(gap) and length is not None and len(body) >= int(length.group(1))


def parse_raw(got):
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode("latin1").split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    return Answer(int(lines[0].split()[1]), headers, body)


class Closed(Exception):
    def __init__(self, code):
        super().__init__(f"closed with {code}")
        self.code = code


class Live:
    """A WebSocket client that does what RFC 6455 asks of one and no more."""

    def __init__(self, path, url="/api/v1/live", subprotocol="infusiond.v1", origin=None, timeout=PATIENCE_S, receive_buffer=None,
                 headers=(), sock=None):
        self.sock = sock if sock is not None else connect(path, timeout, receive_buffer=receive_buffer)
        host = "localhost" if path.startswith("/") else path
        lines = [f"GET {url} HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket", *headers,
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        if subprotocol is not None:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        if origin is not None:
            lines.append(f"Origin: {origin}")
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.buffer = b""
        self.answer = self.read_answer()

    def read_answer(self):
        while b"\r\n\r\n" not in self.buffer:
            piece = self.sock.recv(65536)
            if not piece:
                break
            self.buffer += piece
        if self.buffer.startswith(b"HTTP/1.1 101"):
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            return parse_raw(head + b"\r\n\r\n")
        while not whole(self.buffer):
            piece = self.sock.recv(65536)
            if not piece:
                break
            self.buffer += piece
        return parse_raw(self.buffer)

    def take(self, count):
        while len(self.buffer) < count:
            piece = self.sock.recv(65536)
            if not piece:
                raise Closed(None)
            self.buffer += piece
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def receive(self):
        """The next text message as an object; pings are answered."""
        while True:
            first, second = self.take(2)
            length = second & 0x7F
            if length == 126:
                length = struct.unpack("!H", self.take(2))[0]
            elif length == 127:
                length = struct.unpack("!Q", self.take(8))[0]
            payload = self.take(length)
            opcode = first & 0x0F
            if opcode == 1:
                return json.loads(payload)
            if opcode == 8:
                raise Closed(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None)
            if opcode == 9:
                self.send(10, payload)

    def send(self, opcode, payload):
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        length = struct.pack("!B", 0x80 | len(payload)) if len(payload) < 126 else struct.pack("!BH", 0xFE, len(payload))
        self.sock.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def close(self):
        self.sock.close()


METHODS = ("get", "post", "put", "patch", "delete", "options")


class Api:
    """openapi.yaml, read strictly: what is not written there is a fault."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.spec = yaml.safe_load(f)
        self.schemas = {"components": {"schemas": {name: self.convert(schema) for name, schema in
                                                   self.spec["components"]["schemas"].items()}}}
        self.seen = set()

    def convert(self, schema):
        """OpenAPI 3.0's nullable in JSON Schema's words."""
        if isinstance(schema, list):
            return [self.convert(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        result = {key: self.convert(value) for key, value in schema.items() if key not in ("nullable", "description")}
        if schema.get("properties") is not None:
            result["properties"] = {name: self.convert(value) for name, value in schema["properties"].items()}
        if schema.get("nullable"):
            result = {"anyOf": [{"type": "null"}, result]}
        return result

    def resolve(self, item):
        while "$ref" in item:
            target = self.spec
            for part in item["$ref"][2:].split("/"):
                target = target[part]
            item = target
        return item

    def operations(self, but=()):
        """Every path, method and operation but those of some tags."""
        for path, item in self.spec["paths"].items():
            for method in METHODS:
                if method in item and set(but).isdisjoint(item[method]["tags"]):
                    yield path, method, item[method]

    def validate(self, name, value):
        schema = {"$ref": f"#/components/schemas/{name}", **self.schemas}
        jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(value)

    def check(self, path, method, answer):
        """The answer's status is documented for this route, and its type and shape are as written."""
        responses = self.spec["paths"][path][method]["responses"]
        if str(answer.status) not in responses:
            raise AssertionError(f"{method} {path}: {answer.status} is not documented: {answer.body[:200]!r}")
        self.seen.add((path, method, answer.status))
        content = self.resolve(responses[str(answer.status)]).get("content")
        if content is None:
            return
        (wanted, media), = content.items()
        if answer.headers.get("content-type") != wanted:
            raise AssertionError(f"{method} {path}: {answer.headers.get('content-type')} is not {wanted}")
        if wanted == "application/json":
            self.validate(media["schema"]["$ref"].rsplit("/", 1)[1], answer.json())

    def documented(self):
        return {(path, method, int(status)) for path, method, operation in self.operations()
                for status in operation["responses"]}
