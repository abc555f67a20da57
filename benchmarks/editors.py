"""What type checkers and editors show of a client's methods: `python -m benchmarks.editors` prints a table in Markdown.

Type checkers are asked with `reveal_type`, editors' language servers over their protocol (LSP). A tool that is not installed
is left out; `pip install ty jedi-language-server` brings the two that the project does not need itself.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from orcagen.output.write import write
from orcagen.pipeline import generate

DOCUMENT = """
openapi: 3.2.0
info: {title: Petstore, version: 1.0.0}
servers: [{url: https://petstore.example}]
paths:
  /pets/{petId}:
    get:
      operationId: getPet
      tags: [pets]
      summary: Get one pet
      parameters: [{name: petId, in: path, required: true, description: Its number., schema: {type: integer}}]
      responses: {'200': {description: ok, content: {application/json: {schema: &pet {$ref: '#/components/schemas/Pet'}}}}}
  /pets/{petId}/picture:
    get:
      operationId: getPicture
      tags: [pets]
      parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: ok, content: {application/json: {schema: *pet}, image/png: {}}}}
  /export:
    get:
      operationId: exportPets
      tags: [pets]
      responses: {'200': {description: ok, content: {application/jsonl: {itemSchema: *pet}}}}
components: {schemas: {Pet: {type: object, properties: {name: {type: string}}}}}
"""
EXPRESSIONS = (
    "client.pets.get_pet",
    "client.pets.get_pet(7)",
    "await other.pets.get_pet(7)",
    'client.pets.get_picture(7, accept="image/png")',
    "client.pets.export_pets()",
    'client.pets.get_pet("seven")',
    "client.pets.get_cat",
)
PROGRAM = "from petstore import AsyncClient, Client\n\nasync def use(client: Client, other: AsyncClient) -> None:\n"
FIRST_LINE = PROGRAM.count("\n") + 1
CHECKERS = {
    "mypy": (["mypy", "--strict", "--no-incremental", "use.py"], r'"(.*)"$'),
    "basedpyright": (["basedpyright", "--pythonpath", sys.executable, "use.py"], r' is "(.*)"$'),
    "ty": (
        ["ty", "check", "--output-format", "concise", "--python", sys.executable, "use.py"],
        r"`(.*)`$",
    ),
}
SERVERS = {
    "basedpyright": ["basedpyright-langserver", "--stdio"],
    "ty": ["ty", "server"],
    "jedi": ["jedi-language-server"],
}
EDITED = "from petstore import Client\n\nclient = Client()\nclient.pets.get_pet(7)\nclient.\nclient.pets.\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "petstore.yaml").write_text(yaml.safe_dump(yaml.safe_load(DOCUMENT)))
        write(generate(str(folder / "petstore.yaml"), "petstore").files, folder / "petstore")
        rows: dict[str, dict[str, str]] = {}
        for tool, (command, pattern) in CHECKERS.items():
            if find(command[0]):
                for expression, text in reveal(folder, command, pattern).items():
                    rows.setdefault(f"type of `{expression}`", {})[tool] = text
        for tool, command in SERVERS.items():
            if find(command[0]):
                for what, text in ask(folder, command).items():
                    rows.setdefault(what, {})[tool] = text
    tools = list(dict.fromkeys(tool for row in rows.values() for tool in row))
    print("| | " + " | ".join(tools) + " |\n|---" * 1 + "|---" * len(tools) + "|")
    for what, row in rows.items():
        print(f"| {what} | " + " | ".join(row.get(tool, "–") for tool in tools) + " |")


def find(tool: str) -> str | None:
    """The program beside Python, or else on the path."""
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return shutil.which(tool, path=places)


def reveal(folder: Path, command: list[str], pattern: str) -> dict[str, str]:
    """The type of each expression, or that it is an error."""
    lines = [f"    reveal_type({expression})\n" for expression in EXPRESSIONS]
    (folder / "use.py").write_text(PROGRAM + "".join(lines))
    output = subprocess.run(
        [str(find(command[0])), *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    types: dict[str, str] = {}
    for message in output.splitlines():
        place = re.search(r"use\.py:(\d+)", message)
        if place is None:
            continue
        expression = EXPRESSIONS[int(place[1]) - FIRST_LINE]
        if "error" in message:
            types[expression] = "an error"
        elif match := re.search(pattern, message):
            types.setdefault(expression, code(re.sub(r"\b(?:\w+\.)+(?=[A-Z])", "", match[1])))
    return types


def code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


# The language server protocol


def ask(folder: Path, command: list[str]) -> dict[str, str]:
    """What a language server shows of a method: hover, signature help and completion."""
    file = folder / "edit.py"
    file.write_text(EDITED)
    with subprocess.Popen(
        [str(find(command[0])), *command[1:]],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        server = Server(process)
        server.open(folder, file)
        at_method = server.request("hover", 3, len("client.pets.g"))
        in_call = server.request("signatureHelp", 3, len("client.pets.get_pet("))
        tags = server.request("completion", 4, len("client."))
        methods = server.request("completion", 5, len("client.pets."))
        process.kill()
    hover = json.dumps(at_method)
    signature = (in_call or {"signatures": []})["signatures"]
    return {
        "hover: parameters": yes("pet_id: int" in hover),
        "hover: docstring": yes("Get one pet" in hover),
        "signature help": code(signature[0]["label"]) if signature else "no",
        "signature help: docstring": yes("Get one pet" in json.dumps(signature)),
        "completion of `client.`: tags": yes("pets" in labels(tags)),
        "completion of `client.pets.`: operations": yes(
            labels(methods) >= {"get_pet", "get_picture", "export_pets"}
        ),
    }


def yes(is_shown: bool) -> str:
    return "yes" if is_shown else "no"


def labels(answer: Any) -> set[str]:
    items = answer.get("items", []) if isinstance(answer, dict) else answer or []
    return {item["label"] for item in items}


class Server:
    """A language server as a child process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process, self._number, self._uri = process, 0, ""

    def open(self, folder: Path, file: Path) -> None:
        self._uri = file.as_uri()
        plain = {"documentationFormat": ["plaintext"]}
        abilities = {
            "hover": {"contentFormat": ["plaintext"]},
            "signatureHelp": {"signatureInformation": plain},
        }
        root = {"uri": folder.as_uri(), "name": "folder"}
        self._ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root["uri"],
                "workspaceFolders": [root],
                "capabilities": {"textDocument": abilities},
            },
        )
        self._send({"method": "initialized", "params": {}})
        opened = {"uri": self._uri, "languageId": "python", "version": 1, "text": EDITED}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})

    def request(self, what: str, line: int, character: int) -> Any:
        position = {"line": line, "character": character}
        params = {"textDocument": {"uri": self._uri}, "position": position}
        return self._ask(f"textDocument/{what}", params)

    def _ask(self, method: str, params: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" in message and "id" in message:  # a question of the server's
                items = (message.get("params") or {}).get("items", ())
                self._send({"id": message["id"], "result": [{} for _ in items]})
            elif message.get("id") == self._number:
                return message.get("result")

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


if __name__ == "__main__":
    main()
