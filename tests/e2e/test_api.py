#!/usr/bin/python3
"""schema/openapi.yaml read strictly against a running program.

  run.py BUILD test_api            in front of the fake clinic (web_fake) of that build
  test_api.py --fake WEB_FAKE      the same, by hand
  test_api.py --socket PATH        a running infusiond

The user who runs it must be a viewer at a shared terminal, and people called nurse, prescriber, admin and engineer
must have those roles (--as ROLE=NAME for other names); what needs an account is left out; two beds at least must be free. Every route is asked with every
method, every act by every role, every body in every wrong form; every status that is documented is reached but for
503, which needs a broken disk."""

import argparse
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import api_all  # noqa: E402
from api_case import BOUND_S, Server, free_address  # noqa: E402

api_all.into(sys.modules[__name__])


class Chosen:
    """What is tested, and the fake that we started for it."""

    fake = os.path.join(os.environ.get("INFUSIOND_BUILD", "build"), "tests/e2e/web_fake")
    socket = None
    started = None


def setUpModule():
    if Chosen.socket is not None:
        Server.use(Chosen.socket)
        return
    Server.fake = Chosen.fake
    web = free_address()
    Chosen.started = Server.started(web)
    path, Chosen.process = Chosen.started.__enter__()
    Server.use(path, Chosen.fake, web, Chosen.process.first)


def tearDownModule():
    if Chosen.started is None:
        return
    Chosen.process.send_signal(signal.SIGTERM)
    _, err = Chosen.process.communicate(timeout=BOUND_S)
    Chosen.started.__exit__(None, None, None)
    if Chosen.process.returncode != 0 or err != "":
        raise AssertionError(f"the program ended with {Chosen.process.returncode}: {err}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fake", default=Chosen.fake)
    parser.add_argument("--socket")
    parser.add_argument("--as", dest="people", action="append", default=[], metavar="ROLE=NAME")
    arguments, rest = parser.parse_known_args()
    Chosen.fake, Chosen.socket = arguments.fake, arguments.socket
    Server.people.update(pair.split("=", 1) for pair in arguments.people)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
