"""Questions to the record that take long keep nobody out: a few are answered at a time, and the others wait."""

import os
import re
import select
import time
import unittest

from api_case import free_address, until
from api_client import ask, connect, parse_raw
from test_access import PASSWORD, placed

QUESTION = b"GET /api/v1/verify HTTP/1.1\r\nHost: x\r\n\r\n"


class Held:
    """The record's path leads to a pipe: whoever opens it waits until it is let go."""

    def __init__(self, place):
        self.path = place.path("record.sqlite")
        os.rename(self.path, place.path("aside"))
        os.mkfifo(self.path)

    def let_go(self):
        """Those that wait now find no record; false when nobody does."""
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True


class Questions(unittest.TestCase):
    def ask_many(self, place, count):
        asked = []
        for _ in range(count):
            sock = connect(place.socket)
            self.addCleanup(sock.close)
            sock.sendall(QUESTION)
            asked.append(sock)
        # Every turn of the loop takes what is there: after two more answers all of these have been taken.
        for _ in range(2):
            self.assertEqual(ask(place.socket, "GET", "/api/v1/regimens").status, 200)
        return asked

    def answers(self, held, asked):
        """Lets questions go until every one is answered."""
        waiting, answers = list(asked), []
        until_s = time.monotonic() + 30
        while waiting and time.monotonic() < until_s:
            held.let_go()
            for sock in select.select(waiting, [], [], 0.01)[0]:
                answers.append(parse_raw(sock.recv(65536)).status)
                waiting.remove(sock)
        self.assertEqual(len(answers), len(asked))
        return answers

    def test_a_log_in_passes_them(self):
        address = free_address()
        with placed(f"web: {{listen: [\"{address}\"]}}") as place:
            place.start()
            place.add("nurse2", "nurse")
            held = Held(place)
            asked = self.ask_many(place, 8)
            answer = ask(address, "POST", "/api/v1/login", {"name": "nurse2", "password": PASSWORD},
                         {"Origin": f"http://{address}"})
            self.assertEqual(answer.status, 200)
            self.assertEqual(select.select(asked, [], [], 0)[0], [])
            self.assertEqual(set(self.answers(held, asked)), {503})

    def connections(self, place):
        metrics = ask(place.socket, "GET", "/metrics").body.decode()
        return int(re.search("^infusiond_web_connections ([0-9]+)$", metrics, re.M).group(1))

    def test_a_stop_does_not_wait_for_them(self):
        """Until the program has ended the next one does not start, and nobody watches."""
        with placed("") as place:
            place.start()
            Held(place)
            self.ask_many(place, 5)
            os.rename(place.path("aside"), place.path("record.sqlite"))  # Who waits at the pipe goes on waiting.
            place.stop()
            self.assertIn("stopped; 3 questions to the record were given up", place.log())
            place.start()
            self.assertTrue(ask(place.socket, "GET", "/api/v1/verify").json()["sound"])

    def test_who_has_gone_holds_no_connection(self):
        """They wait for a record that gives no answer, and leave; others must still be able to come in."""
        with placed("") as place:
            place.start()
            held = Held(place)
            asked = self.ask_many(place, 150)
            self.assertGreater(self.connections(place), 150)
            for sock in asked[10:]:
                sock.close()
            until(lambda: self.connections(place) <= 11, "end of the connections")
            self.assertEqual(self.answers(held, asked[:10]), [503] * 10)


if __name__ == "__main__":
    unittest.main()
