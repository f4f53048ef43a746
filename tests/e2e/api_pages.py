"""The console's files: served as they are, under a strict policy, and nothing else beside them."""

import os
import re

from api_case import ROOT, Case, Server
from api_client import ask, ask_raw, parse_raw

FOLDER = os.path.join(ROOT, "daemon", "web", "page")
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml"}
POLICY = {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "font-src": "'self'", "img-src": "'self'",
          "connect-src": "'self'", "worker-src": "'self'", "base-uri": "'none'", "form-action": "'none'",
          "frame-ancestors": "'none'"}


def files():
    for name in sorted(os.listdir(FOLDER)):
        if os.path.splitext(name)[1] in TYPES:
            yield name, "/" if name == "index.html" else "/page/" + name


class Pages(Case):
    def test_every_file_as_it_is(self):
        for name, url in files():
            with self.subTest(url=url), open(os.path.join(FOLDER, name), "rb") as file:
                content = file.read()
                answer = ask(Server.socket, "GET", url)
                self.assertEqual((answer.status, answer.body), (200, content))
                self.assertEqual(answer.headers["content-type"], TYPES[os.path.splitext(name)[1]])
                self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
                self.assertEqual(answer.headers["cache-control"], "no-cache")
                policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
                self.assertEqual(policy, POLICY)
                head = ask(Server.socket, "HEAD", url)
                self.assertEqual((head.status, head.body, head.headers["content-length"]), (200, b"", str(len(content))))

    def test_what_a_browser_has_is_not_sent_again(self):
        for _, url in files():
            tag = ask(Server.socket, "GET", url).headers["etag"]
            self.assertRegex(tag, '^"[0-9a-f]{20}"$')
            for known, status in ((tag, 304), ('"0", ' + tag, 304), ("*", 304), ('"0"', 200)):
                answer = ask(Server.socket, "GET", url, headers={"If-None-Match": known})
                self.assertEqual(answer.status, status, (url, known))
                self.assertEqual(answer.headers["etag"], tag)
                self.assertEqual(len(answer.body) > 0, status == 200)

    def test_only_asked_for(self):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            for url in ("/", "/page/main.js"):
                answer = ask(Server.socket, method, url)
                self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, HEAD"))
                Server.api.validate("Error", answer.json())
        self.assertEqual(parse_raw(ask_raw(Server.socket, b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")).status, 400)

    def test_nothing_beside_them(self):
        for url in ("/page", "/page/", "/index.html", "/page/index.html", "/page/embed.py", "/page/meson.build", "/page/../main.js",
                    "/main.js", "/favicon.ico", "/page/main.js/", "/page/main.js.map"):
            answer = ask(Server.socket, "GET", url)
            self.assertEqual(answer.status, 404, url)
            Server.api.validate("Error", answer.json())

    def test_what_they_name_is_there(self):
        """No page asks for what is not served, and none has a script or style of its own in it."""
        served = {url for _, url in files()}
        for name, _ in files():
            with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
                text = file.read()
            for url in re.findall(r'["(](/page/[^")]+)[")]', text):
                self.assertEqual(ask(Server.socket, "HEAD", url).status, 200, (name, url))
            for url in re.findall(r'from "\./([^"]+)"', text):
                self.assertIn("/page/" + url, served, name)
            if name.endswith(".html"):
                self.assertIsNone(re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", text))
