"""Use a generated client: call operations, handle errors, build requests as values.

orcagen generate examples/petstore/petstore.yaml --output build --package petstore
python examples/petstore/server.py 8765 &
PYTHONPATH=build python examples/petstore/use_client.py http://127.0.0.1:8765
"""

import datetime as dt
import sys

from petstore import UNSET, Client
from petstore.api import pets
from petstore.errors import NotFoundError
from petstore.models import NewPet


def main(base_url: str) -> None:
    with Client(base_url, token="secret") as client:
        rex = client.pets.get_pet(7)  # a Pet
        print(f"{rex.name}, born {rex.birthday}; not in the document: {rex.additional_properties}")
        added = client.pets.create_pet(body=NewPet(name="Mia", birthday=dt.date(2025, 5, 1)))
        print(f"{added.name} is number {added.id}; status absent: {added.status is UNSET}")
        try:
            client.pets.get_pet(404)
        except NotFoundError as error:
            print(f"{error} / {error.parsed.message}")
        # A function of `api` builds the call; `send_raw` returns its response, whatever the status.
        response = client.send_raw(pets.list_pets(status="available", limit=10))
        print(f"{response.status_code}, {len(response.parsed)} pets")
    print(pets.list_pets(limit=10).curl(base_url))


if __name__ == "__main__":
    main(sys.argv[1])
