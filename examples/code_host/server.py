"""A small server for code_host.yaml. Its second page of issues is out of order twice before it works.

python examples/code_host/server.py [PORT]
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

outages = [503, 503]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        page = int(parse_qs(url.query).get("page", ["1"])[0])
        if page == 2 and outages:
            self.respond(outages.pop(), {"message": "try again"}, {"Retry-After": "0"})
            return
        first = page * 2 - 1
        issues = [{"number": n, "title": f"Issue {n}"} for n in (first, first + 1)]
        link = f'<http://{self.headers["Host"]}{url.path}?page={page + 1}>; rel="next"'
        self.respond(200, issues, {"Link": link} if page < 3 else {})

    def do_POST(self) -> None:
        name = parse_qs(urlsplit(self.path).query)["name"][0]
        size = len(self.rfile.read(int(self.headers["Content-Length"])))
        self.respond(201, {"name": name, "size": size}, {})

    def respond(self, status: int, value: object, headers: dict[str, str]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Handler)
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
