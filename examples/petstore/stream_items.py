"""Stream a response as typed items, here JSON Lines; server-sent events work in the same way.

orcagen generate examples/petstore/petstore.yaml --output build --package petstore
python examples/petstore/server.py 8765 &
PYTHONPATH=build python examples/petstore/stream_items.py http://127.0.0.1:8765
"""

import sys

from petstore import Client


def main(base_url: str) -> None:
    # The body is read while it arrives; leaving the block closes the connection.
    with Client(base_url, token="secret") as client, client.pets.export_pets() as stream:
        for pet in stream:
            print(f"{pet.id}: {pet.name}")


if __name__ == "__main__":
    main(sys.argv[1])
