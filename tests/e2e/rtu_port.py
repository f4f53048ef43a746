"""A serial port as a test's own Modbus RTU master sees it: bytes with the instants at which they were there. Its checksum is of
its own making, by table and not bit by bit."""

import os
import select
import termios
import time
import tty

SPEEDS = {1200: termios.B1200, 9600: termios.B9600, 19200: termios.B19200, 115200: termios.B115200}


def _table():
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ 0xA001 if byte & 1 else byte >> 1
        rows.append(byte)
    return rows


TABLE = _table()


def checksum(data):
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    return bytes((value & 0xFF, value >> 8))


def frame(unit, *pdu):
    data = bytes((unit, *pdu))
    return data + checksum(data)


def read_of(unit, address=0, count=3):
    return frame(unit, 3, address >> 8, address & 0xFF, 0, count)


def is_right(data):
    return len(data) >= 4 and checksum(data[:-2]) == data[-2:]


def words(answer):
    """The registers of an answer to read_of."""
    assert is_right(answer) and answer[1] == 3 and answer[2] == len(answer) - 5, answer.hex(" ")
    return [answer[at] << 8 | answer[at + 1] for at in range(3, len(answer) - 2, 2)]


class Port:
    def __init__(self, path, baud=9600):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd, termios.TCSANOW)
        self.set_baud(baud)

    def set_baud(self, baud):
        form = termios.tcgetattr(self.fd)
        form[4] = form[5] = SPEEDS[baud]
        termios.tcsetattr(self.fd, termios.TCSANOW, form)

    def send(self, data):
        os.write(self.fd, data)

    def take(self, wanted, within=30.0):
        """Bytes until there are so many, nothing came for so long, or the port has gone."""
        got = b""
        while len(got) < wanted:
            if not select.select([self.fd], [], [], within)[0]:
                break
            try:
                more = os.read(self.fd, wanted - len(got))
            except OSError:
                break
            if not more:
                break
            got += more
        return got

    def ask(self, request, wanted=11, within=30.0):
        """The answer, T3.5 after whatever was before."""
        time.sleep(0.005)
        self.send(request)
        return self.take(wanted, within)

    def is_gone(self):
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        return any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0))

    def close(self):
        os.close(self.fd)
