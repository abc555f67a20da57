"""A small server for payments.yaml. It breaks the connection after the first charge, and the charge `ch_broken` is odd.

python examples/payments/server.py [PORT]
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TIME = "2026-03-02T08:15:30Z"
charges = [{"id": f"ch_{n}", "amount": n * 100, "created": TIME} for n in (5, 4, 3, 2, 1)]
by_key: dict[str, dict[str, Any]] = {}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.endswith("/ch_broken"):
            self.respond({"id": 7, "created": "yesterday"})
            return
        query = dict(parse_qsl(url.query))
        ids = [charge["id"] for charge in charges]
        first = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        last = first + int(query.get("limit", 10))
        self.respond({"data": charges[first:last], "has_more": last < len(charges)})

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        key = self.headers["Idempotency-Key"]
        is_new = key not in by_key
        charge = {"id": f"ch_{key[:8]}", "amount": int(form["amount"]), "created": TIME}
        by_key.setdefault(key, charge)
        if is_new:
            self.close_connection = True  # the charge is made, and its response is lost
        else:
            self.respond({**by_key[key], "metadata": {"charges": str(len(by_key))}})

    def respond(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Handler)
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
