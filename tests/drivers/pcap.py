"""Modbus/TCP in a capture: what went each way of every connection, its frames, and which answer belongs to which request. Small
and independent of the daemon: only what the captures in ../shared/data need (classic pcap, Ethernet, IPv4, TCP)."""

import struct

PORT = 502


def packets(path):
    """The TCP segments of a capture: (source, destination, sequence number, flags, payload)."""
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        captured = struct.unpack_from(order + "I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        kind, start = struct.unpack_from(">H", frame, 12)[0] if len(frame) >= 14 else 0, 14
        while kind == 0x8100 and len(frame) >= start + 4:
            kind, start = struct.unpack_from(">H", frame, start + 2)[0], start + 4
        if kind != 0x0800 or len(frame) < start + 20 or frame[start + 9] != 6:
            continue
        ip_length = (frame[start] & 15) * 4
        end = start + struct.unpack_from(">H", frame, start + 2)[0]
        tcp = start + ip_length
        if len(frame) < tcp + 20:
            continue
        source, destination, sequence = struct.unpack_from(">HHI", frame, tcp)
        payload = frame[tcp + (frame[tcp + 12] >> 4) * 4:min(end, len(frame))]
        addresses = frame[start + 12:start + 16], frame[start + 16:start + 20]
        yield (addresses[0], source), (addresses[1], destination), sequence, frame[tcp + 13], payload


def streams(path):
    """{(client, server): (bytes to the server, bytes back)}; what was sent again counts once, what is missing is left out."""
    found, expected = {}, {}
    for source, destination, sequence, flags, payload in packets(path):
        if PORT not in (source[1], destination[1]):
            continue
        to_server = destination[1] == PORT
        key = (source, destination) if to_server else (destination, source)
        ways = found.setdefault(key, (bytearray(), bytearray()))
        way = (key, to_server)
        if flags & 2:  # SYN
            expected[way] = (sequence + 1) & 0xffffffff
            continue
        if not payload:
            continue
        ahead = (sequence - expected.get(way, sequence)) & 0xffffffff
        if ahead >= 0x80000000:
            payload = payload[0x100000000 - ahead:]
        if payload:
            ways[0 if to_server else 1].extend(payload)
            expected[way] = (sequence + (0x100000000 - ahead if ahead >= 0x80000000 else 0) + len(payload)) & 0xffffffff
    return found


def frames(stream):
    """MBAP frames as (transaction, unit and PDU); ends where the stream is out of step."""
    at = 0
    while at + 8 <= len(stream):
        transaction, protocol, length = struct.unpack_from(">HHH", stream, at)
        if protocol != 0 or not 2 <= length <= 254 or at + 6 + length > len(stream):
            return
        yield transaction, bytes(stream[at + 6:at + 6 + length])
        at += 6 + length


def exchanges(path):
    """(request, answer) as unit and PDU, for every request that was answered, in the order of the requests."""
    found = []
    for there, back in streams(path).values():
        answers = list(frames(back))
        used = 0
        for transaction, request in frames(there):
            for i in range(used, len(answers)):
                if answers[i][0] == transaction:
                    found.append((request, answers[i][1]))
                    used = i + 1
                    break
    return found
