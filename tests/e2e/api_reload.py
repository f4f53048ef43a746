"""The configuration read anew through the API: by whom, and once. What it takes up, test_reload.py shows."""

import uuid

from api_case import Case, Server

PATH = "/api/v1/reload"


class Reload(Case):
    def test_engineers_and_admins(self):
        for role in ("engineer", "admin"):
            done = self.act(PATH, role=role, body={"reason": "looked over"})
            self.assertEqual((done["repeated"], done["changes"] is None), (False, False))
        for role in ("nurse", "prescriber", None):
            refused = self.act(PATH, role=role, status=403, body={})
            self.assertRegex(refused["error"], "^the wiring is taken up by an engineer or an admin, not by a ")

    def test_once(self):
        body = {"act_id": str(uuid.uuid4())}
        first, again = (self.act(PATH, role="engineer", body=body) for _ in range(2))
        self.assertEqual((first["repeated"], again["repeated"], again["changes"]), (False, True, None))
        if Server.fake is None:
            self.assertEqual(again["text"], first["text"])
        refused = self.act(PATH, role="admin", status=409, body=body)
        self.assertEqual(refused, {"error": "act_id: this id was used for another act"})

    def test_fields(self):
        for wrong in ({"rason": "x"}, {"as": 5}, {"act_id": "a b"}, {"reason": "x" * 240}, {"reason": ["x"]}):
            answer = self.ask("post", PATH, {"as": Server.people["engineer"], **wrong})
            self.assertEqual(answer.status, 422, wrong)
            self.assertIn(list(wrong)[0], answer.error)
