"""A small server for the document petstore.yaml, which the other programs here talk to.

python examples/petstore/server.py [PORT]
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PETS = {7: {"id": 7, "name": "Rex", "status": "available", "birthday": "2024-02-29", "legs": 4}}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        number = path.removeprefix("/pets/")
        if path == "/pets/export":
            lines = "".join(json.dumps(pet) + "\n" for pet in PETS.values())
            self.respond(200, lines, "application/jsonl")
        elif path == "/pets":
            self.respond(200, json.dumps(list(PETS.values())))
        elif number.isdecimal() and int(number) in PETS:
            self.respond(200, json.dumps(PETS[int(number)]))
        else:
            self.respond(404, json.dumps({"message": "no such pet"}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        pet = PETS[max(PETS) + 1] = {"id": max(PETS) + 1, **body}
        self.respond(201, json.dumps(pet))

    def respond(self, status: int, text: str, media_type: str = "application/json") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Handler)
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
