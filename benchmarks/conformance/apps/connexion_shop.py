"""The same shop in connexion, from connexion_shop.yaml beside it: `python connexion_shop.py PORT`. The document is at /openapi.json."""

import datetime as dt
import pathlib
import sys
from uuid import uuid4

import connexion
from werkzeug.exceptions import NotFound

ITEMS: dict = {}
PHOTOS: dict = {}


def verify(token):
    return {"sub": token}


def health():
    return {"status": "ok"}


def me(user):
    return {"name": user}


def login(body):
    return {"name": f"{body['username']}:{body['password']}"}


def find(item_id):
    if item_id not in ITEMS:
        raise NotFound("no such item")
    return ITEMS[item_id]


def list_items(limit=10):
    return list(ITEMS.values())[:limit]


def create_item(body):
    made = {"id": str(uuid4()), "created": dt.datetime.now(dt.UTC).isoformat(), **body}
    ITEMS[made["id"]] = made
    return made, 201


def read_item(item_id):
    return find(item_id)


def update_item(item_id, body):
    ITEMS[item_id] = {**find(item_id), **body}
    return ITEMS[item_id]


def delete_item(item_id):
    del ITEMS[find(item_id)["id"]]
    return "", 204


def upload_photo(item_id, photo):
    PHOTOS[find(item_id)["id"]] = photo.read()
    return len(PHOTOS[item_id])


def download_photo(item_id):
    find(item_id)
    return connexion.lifecycle.ConnexionResponse(body=PHOTOS[item_id], content_type="image/png")


if __name__ == "__main__":
    sys.modules["shop"] = sys.modules["__main__"]
    app = connexion.FlaskApp("shop", specification_dir=pathlib.Path(__file__).parent)
    app.add_api("connexion_shop.yaml")
    app.run(port=int(sys.argv[1]))
