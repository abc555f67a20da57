"""A small server whose tasks have ended at the third lookup, in the four styles of the documents in this folder.

python examples/long_running/server.py [PORT]
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COUNT: dict[str, int] = {}
VIDEO, NAME = {"id": "7"}, {"name": "operations/7"}
DONE = {"done": True, "response": {"title": "Cats"}}
# Status, JSON and the URL in the headers of a response: of the first two, and of all later ones.
RESPONSES: dict[str, list[tuple[int, Any, str]]] = {
    "POST /videos": [(200, VIDEO | {"status": "queued"}, "")],
    "GET /videos/7": [(200, VIDEO | {"status": s}, "") for s in ("in_progress", "completed")],
    "PUT /disks/data": [(201, {}, "/states/7")],
    "GET /states/7": [(200, {"status": s}, "") for s in ("InProgress", "Succeeded")],
    "GET /disks/data": [(200, {"size": 4}, "")],
    "POST /datasets": [(200, NAME, "")],
    "GET /operations/7": [(200, NAME, ""), (200, NAME | DONE, "")],
    "POST /reports": [(202, {}, "/reports/7")],
    "GET /reports/7": [(202, {}, ""), (200, {"rows": 3}, "")],
}


class Handler(BaseHTTPRequestHandler):
    def respond(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        line = f"{self.command} {self.path}"
        COUNT[line] = COUNT.get(line, 0) + 1
        status, value, url = RESPONSES[line][-1 if COUNT[line] > 2 else 0]
        self.send_response(status)
        self.send_header("Azure-AsyncOperation" if self.command == "PUT" else "Location", url)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    do_GET = do_POST = do_PUT = respond


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Handler)
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
