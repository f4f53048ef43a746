#!/usr/bin/python3
"""schema/openapi.yaml read strictly against a running program.

  test_api.py --fake WEB_FAKE                the API in front of tests/e2e/web_fake
  test_api.py --socket PATH                  the API of a running infusiond

The user who runs it must be a viewer at a shared terminal, and people called nurse, prescriber, admin and engineer
must have those roles (--as ROLE=NAME for other names); two beds at least must be free. Every route is asked with every
method, every act by every role, every body in every wrong form; every status that is documented is reached but for
503, which needs a broken disk."""

import argparse
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from api_acts import Alarms, Session  # noqa: E402,F401
from api_case import BOUND_S, Case, Server  # noqa: E402
from api_client import Api  # noqa: E402
from api_live import LiveSocket, Load  # noqa: E402,F401
from api_process import Process  # noqa: E402,F401
from api_reads import Shapes  # noqa: E402,F401
from api_wrong import Roles, Wrong  # noqa: E402,F401

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class ZLast(Case):
    """Runs last: what the others have seen covers what is documented."""

    def test_every_documented_status_was_reached(self):
        never = {item for item in Server.api.documented() - Server.api.seen if item[2] != 503}
        # A gap to confirm takes a restart.
        never.discard(("/api/v1/sessions/{session}/confirm-gap", "post", 200))
        if Server.fake is None:
            never = {item for item in never if item[2] != 401 and not item[0].startswith("/api/v1/alarms/{alarm}/")}
        self.assertEqual(never, set())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fake")
    parser.add_argument("--socket")
    parser.add_argument("--openapi", default=os.path.join(ROOT, "schema", "openapi.yaml"))
    parser.add_argument("--as", dest="people", action="append", default=[], metavar="ROLE=NAME")
    arguments, rest = parser.parse_known_args()
    Server.api = Api(arguments.openapi)
    Server.people = {role: role for role in ("nurse", "prescriber", "admin", "engineer")}
    Server.people.update(pair.split("=", 1) for pair in arguments.people)
    Server.fake = arguments.fake
    run = lambda: unittest.main(argv=[sys.argv[0], *rest], exit=False).result.wasSuccessful()  # noqa: E731
    if arguments.fake is None:
        Server.socket = arguments.socket
        sys.exit(0 if run() else 1)
    with Server.started() as (path, process):
        Server.socket = path
        ok = run()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=BOUND_S)
        if process.returncode != 0 or err != "":
            print(f"the program ended with {process.returncode}: {err}", file=sys.stderr)
            ok = False
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
