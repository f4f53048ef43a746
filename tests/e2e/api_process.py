"""The program around the API: its socket, its lock, its stop, people that it does not know."""

import os
import signal
import socket
import stat
import subprocess
import tempfile

from api_case import BOUND_S, Case, Server
from api_client import Live, ask


class Process(Case):
    needs_fake = True

    def test_the_socket_is_for_owner_and_group(self):
        self.assertEqual(stat.S_IMODE(os.stat(Server.socket).st_mode), 0o660)

    def test_a_second_instance_is_refused(self):
        done = subprocess.run([Server.fake, Server.socket], capture_output=True, text=True, timeout=BOUND_S)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"another infusiond already serves {Server.socket}\n")
        self.assertEqual(self.ask("get", "/healthz").status, 200)

    def test_paths_that_cannot_be_served(self):
        with tempfile.TemporaryDirectory() as folder:
            plain = os.path.join(folder, "plain")
            with open(plain, "w", encoding="ascii"):
                pass
            for path, sentence in ((plain, f"{plain} is there and is no socket"),
                                   (folder + "/no/s", f"the lock file {folder}/no/s.lock cannot be opened: No such file or directory: make the folder of the "
                                    "socket first"),
                                   ("/tmp/" + "x" * 120, "the socket's path is longer than the 107 bytes")):
                done = subprocess.run([Server.fake, path], capture_output=True, text=True, timeout=BOUND_S)
                self.assertEqual(done.returncode, 1)
                self.assertIn(sentence, done.stderr)
            self.assertTrue(os.path.exists(plain))

    def test_a_dead_instance_leaves_nothing_in_the_way(self):
        with Server.started() as (path, process):
            process.kill()
            process.wait()
            self.assertTrue(os.path.exists(path))
            again = subprocess.Popen([Server.fake, path], stdout=subprocess.PIPE, text=True)
            try:
                self.assertEqual(again.stdout.readline(), "ready\n")
                self.assertEqual(ask(path, "GET", "/healthz").status, 200)
            finally:
                again.terminate()
                again.communicate()

    def test_a_stop_under_load_is_clean(self):
        with Server.started() as (path, process):
            clients = [Live(path) for _ in range(10)]
            waiting = socket.socket(socket.AF_UNIX)
            waiting.connect(path)
            waiting.sendall(b"GET /api/v1/verify HTTP/1.1\r\nHost: x\r\n\r\n")
            half = socket.socket(socket.AF_UNIX)
            half.connect(path)
            half.sendall(b"POST /api/v1/sessions/1/note HTTP/1.1\r\nContent-Length: 50\r\n")
            clients[0].receive()
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=BOUND_S)
            self.assertEqual((process.returncode, err), (0, ""))
            self.assertFalse(os.path.exists(path))
            for client in clients + [waiting, half]:
                client.close()

    def test_nobody_known(self):
        with Server.started("nobody") as (path, _):
            for url, method, operation in Server.api.operations():
                plain = url.replace("{session}", "1").replace("{bed}", "bed1").replace("{alarm}", "1")
                answer = ask(path, method.upper(), plain)
                # On the socket there is nothing to log in to, and this host may ask how the program is.
                if "401" in operation["responses"] and url not in ("/api/v1/login", "/healthz", "/metrics"):
                    self.assertEqual(answer.status, 401)
                    self.assertIn(f"user {os.getuid()} ", answer.error)
                Server.api.check(url, method, answer)
            live = Live(path)
            self.assertEqual(live.answer.status, 401)
            live.close()
