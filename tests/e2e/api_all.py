"""Every test of the API, for a module that starts the program that they test."""

import api_access
import api_acts
import api_live
import api_pages
import api_process
import api_reads
import api_reload
import api_wrong
from api_case import Case, Server

CASES = (api_access.Access, api_access.Accounts, api_access.Guessing, api_access.LiveLogIn, api_acts.Session, api_acts.AnyAlarm, api_acts.Alarms, api_live.LiveSocket, api_live.Load, api_pages.Pages,
         api_process.Process, api_reads.Shapes, api_reload.Reload, api_wrong.Roles, api_wrong.Wrong)


class ZLast(Case):
    """Runs last: what the others have seen covers what is documented."""

    def test_every_documented_status_was_reached(self):
        never = {item for item in Server.api.documented() - Server.api.seen if item[2] != 503}
        # A gap to confirm takes a restart.
        never.discard(("/api/v1/sessions/{session}/confirm-gap", "post", 200))
        # From another computer only, which loopback is not; test_access.py has the host's own address.
        never -= {(path, "get", 401) for path in ("/healthz", "/metrics")}
        if Server.web is None:
            never = {item for item in never if Server.api.spec["paths"][item[0]][item[1]]["tags"] != ["accounts"]}
        if Server.fake is None:
            never = {item for item in never if item[2] != 401}
            # Nothing there that could be turned off: every monitor is its bed's only one.
            never.discard(("/api/v1/alarms/{alarm}/off", "post", 200))
            # Nor one whose cuff may be started: test_cuff_start.py has that.
            never -= {("/api/v1/sessions/{session}/" + act, "post", 200) for act in ("cuff-start", "cuff-cancel")}
        self.assertEqual(never, set())


def into(module):
    """The cases as classes of `module`, so that its own set-up comes before them."""
    for case in CASES + (ZLast,):
        setattr(module, case.__name__, type(case.__name__, (case,), {"__module__": module.__name__}))
