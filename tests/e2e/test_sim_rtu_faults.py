"""Every fault that a unit, a wire and an adapter of the simulator's serial line can have, as a master sees it."""

import os
import re
import subprocess
import time
import unittest

from rtu_case import CHARACTER_S, GATEWAY, NOTHING_S, PATIENCE_S, SIM, Case, wait_for
from rtu_port import Port, frame, is_right, read_of, words


class Faults(Case):
    def test_answers_of_a_unit(self):
        self.start()
        self.stand_still()
        port = self.port()
        right = port.ask(read_of(1))
        self.assertEqual(len(words(right)), 3)
        self.say("exception 6")
        self.assertEqual(port.ask(read_of(1), 5), frame(1, 0x83, 6))
        self.say("clear exception")
        self.say("wrong-unit")
        answer = port.ask(read_of(1))
        self.assertTrue(is_right(answer))
        self.assertEqual(answer[0], 2)
        self.say("clear wrong-unit")
        self.say("truncated")
        answer = port.ask(read_of(1), within=NOTHING_S)
        self.assertEqual(answer, right[:5])
        self.say("clear truncated")
        self.say("garbage")
        self.assertEqual(port.ask(read_of(1), 21), b"\xff\x00garbage, no Modbus\n")
        self.say("clear garbage")
        self.say("mute")
        self.assertEqual(port.ask(read_of(1), within=NOTHING_S), b"")
        self.say("clear mute")
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)
        self.stop()
        # Only what could be read is in the log.
        self.assertEqual(len(self.truth(1, "served")), 2)

    def test_slow_and_dribbling_units(self):
        self.start("--fault", "slow 100", "--fault", "dribble 10")
        port = self.port()
        began = time.monotonic()
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)
        self.assertGreaterEqual(time.monotonic() - began, 0.1 + 10 * 0.010 + 11 * CHARACTER_S)

    def test_a_reboot_and_a_lost_memory(self):
        self.start(units="1,2")
        port = self.port()
        self.say("monitor-1 cuff 150 110 80")
        self.assertEqual(words(port.ask(read_of(1, 3))), [150, 110, 80])
        self.say("monitor-1 reboot 86400")
        self.assertEqual(port.ask(read_of(1, 3), within=NOTHING_S), b"")
        self.assertEqual(len(words(port.ask(read_of(2)))), 3)
        self.say("monitor-1 reboot 0")
        self.assertEqual(words(port.ask(read_of(1, 3))), [0, 0, 0])
        self.say("monitor-1 counter-wrap")
        self.say("monitor-1 cuff 140 100 70")
        self.assertEqual(words(port.ask(read_of(1, 7, 1), 7)), [65535])
        self.say("monitor-1 cuff-failure 2")
        self.say("monitor-1 cuff 140 100 70")
        self.assertEqual(words(port.ask(read_of(1, 7, 1), 7)), [0])
        self.assertEqual(words(port.ask(read_of(1, 10, 1), 7)), [2])
        self.say("monitor-1 sensor-off")
        self.assertEqual(words(port.ask(read_of(1, 9, 1), 7))[0] & 1, 0)

    def test_a_number_given_twice(self):
        self.start(units="1,2")
        port = self.port()
        self.say("monitor-1 set rate 61")
        self.say("monitor-2 set rate 122")
        self.say("monitor-1 answers-for 2")
        self.assertEqual(words(port.ask(read_of(1)))[0], 61)
        spoiled = port.ask(read_of(2))
        self.assertEqual(len(spoiled), 11)
        self.assertFalse(is_right(spoiled))
        self.assertEqual(spoiled[4], 61 & 122)
        # Alone it is believed: nothing on the wire says that it is another.
        self.say("monitor-2 mute")
        answer = port.ask(read_of(2))
        self.assertEqual((answer[0], words(answer)[0]), (2, 61))

    def test_an_echo(self):
        self.start()
        port = self.port()
        self.say("echo")
        both = port.ask(read_of(1), 19)
        self.assertEqual(both[:8], read_of(1))
        self.assertEqual(len(words(both[8:])), 3)
        self.say("clear echo")
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)

    def test_a_wrong_parity(self):
        self.start()
        self.stand_still()
        port = self.port()
        right = port.ask(read_of(1))
        self.say("wrong-parity")
        # Of these bytes those with an even number of ones read as NUL.
        spoiled = port.ask(read_of(1))
        expected = bytes(byte if bin(byte).count("1") % 2 else 0 for byte in right)
        self.assertEqual(spoiled[:3], expected[:3])
        self.assertFalse(is_right(spoiled))
        self.assertTrue(all(bin(byte).count("1") % 2 or byte == 0 for byte in spoiled))
        self.say("wrong-parity high-bits")
        spoiled = port.ask(read_of(1))
        self.assertEqual(spoiled[:3], b"\x81\x03\x06")
        self.assertTrue(all(bin(byte).count("1") % 2 == 0 for byte in spoiled))

    def test_noise_lets_nothing_wrong_through(self):
        self.start("--fault", "noise 0.02", "--seed", "3", baud=115200)
        port = self.port(115200)
        read, failed = [], 0
        for number in range(150):
            self.say("set rate %d" % (40 + number))
            answer = port.ask(read_of(1), within=0.1)
            if is_right(answer) and len(answer) == 11:
                read.append(words(answer)[0])
            else:
                failed += 1
            port.take(20, 0.01)
        counts = self.stop()
        served = [int(re.match(r"rate=(\d+) ", row).group(1)) for row in self.truth(1, "served")]
        self.assertEqual([rate for rate in read if rate not in served], [])
        self.assertGreaterEqual(failed, 10)
        self.assertGreaterEqual(len(read), 60)
        self.assertGreater(counts["flipped"], 0)
        self.assertGreater(counts["dropped"], 0)
        self.assertGreater(counts["damaged"], 0)

    def test_a_second_master(self):
        self.start(units="1,2")
        port = self.port()
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)
        self.say("second-master 100")
        # Its question and the answer to it, which nobody here asked for.
        got = port.take(15)
        self.assertEqual(got[:8], read_of(2, 0, 1))
        self.assertEqual(len(words(got[8:])), 1)
        self.say("clear second-master")
        port.take(100, NOTHING_S)
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)


class Adapter(Case):
    def test_pulled_and_plugged_in_again(self):
        self.start(units="1,2")
        for _ in range(3):
            port = Port(self.path("port"))
            self.assertEqual(len(words(port.ask(read_of(2)))), 3)
            self.say("refuse")
            self.assertFalse(os.path.lexists(self.path("port")))
            self.assertTrue(port.is_gone())
            self.assertEqual(port.take(1), b"")
            port.close()
            self.say("clear refuse")
            self.assertTrue(os.path.lexists(self.path("port")))
        port = self.port()
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)
        self.assertEqual(self.stop()["pulled"], 3)

    def test_pulled_in_the_middle_of_an_answer(self):
        self.start(units="1,2")
        self.stand_still()
        port = self.port()
        right = port.ask(read_of(1, 0, 12), 29)
        # What the port has and nobody has read is gone with it: half of the answer takes long enough to be read in part.
        self.say("monitor-1 dribble 100")
        self.say("monitor-1 reset")
        self.assertEqual(len(words(port.ask(read_of(2)))), 3)
        got = port.ask(read_of(1, 0, 12), 29)
        self.assertEqual(got, right[:len(got)])
        self.assertIn(len(got), range(1, 29))
        wait_for("pulled adapter", lambda: not os.path.lexists(self.path("port")))
        self.assertTrue(port.is_gone())
        self.say("monitor-1 clear reset")
        self.say("monitor-1 clear dribble")
        again = self.port()
        self.assertEqual(len(words(again.ask(read_of(1)))), 3)
        self.stop()
        self.assertEqual(len(self.truth(1, "served")), 2)

    def test_pulled_for_some_seconds(self):
        self.start()
        self.say("drop-for 1.5")
        self.assertFalse(os.path.lexists(self.path("port")))
        wait_for("port", lambda: os.path.lexists(self.path("port")))
        self.assertEqual(len(words(self.port().ask(read_of(1)))), 3)

    def test_links_of_others(self):
        os.symlink("/dev/pts/999", self.path("port"))
        self.start()
        self.assertEqual(len(words(self.port().ask(read_of(1)))), 3)
        self.stop()
        with open(self.path("port"), "w", encoding="ascii") as file:
            file.write("mine")
        done = subprocess.run([SIM, "--profile", GATEWAY, "--serial", self.path("port")], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, "", "infusion-sim: %s is there already, and is no link\n" % self.path("port")))
        with open(self.path("port"), encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")

    def test_faults_that_cannot_be(self):
        for fault, why in (("mutte", "'mutte' is no command (did you mean 'mute'?)"),
                           ("never-accept", "'never-accept' is nothing that a serial line can do")):
            done = subprocess.run([SIM, "--profile", GATEWAY, "--serial", self.path("port"), "--fault", fault],
                                  capture_output=True, text=True, timeout=PATIENCE_S, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (1, "", "infusion-sim: --fault: '%s': %s\n" % (fault, why)))
            self.assertFalse(os.path.lexists(self.path("port")))


if __name__ == "__main__":
    unittest.main()
