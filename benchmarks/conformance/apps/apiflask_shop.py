"""The same shop in APIFlask: `python apiflask_shop.py PORT`. The document is at /openapi.json."""

import datetime as dt
import sys
from uuid import uuid4

from apiflask import APIBlueprint, APIFlask, FileSchema, HTTPTokenAuth, Schema, abort
from apiflask.fields import UUID, DateTime, File, Float, Integer, List, String
from flask import Response

app = APIFlask(__name__, title="Shop")
items = APIBlueprint("items", __name__, url_prefix="/items")
auth = HTTPTokenAuth()
ITEMS: dict = {}
PHOTOS: dict = {}


class NewItem(Schema):
    name = String(required=True)
    price = Float(required=True)
    tags = List(String())
    comment = String(allow_none=True)


class Item(NewItem):
    id = UUID(required=True)
    created = DateTime(required=True)


class User(Schema):
    name = String(required=True)


class Login(Schema):
    username = String(required=True)
    password = String(required=True)


class Photo(Schema):
    photo = File(required=True)


class Page(Schema):
    limit = Integer(load_default=10)


class Status(Schema):
    status = String()


@auth.verify_token
def verify(token):
    return token


@app.get("/health")
@app.output(Status)
def health():
    return {"status": "ok"}


@app.get("/me")
@app.output(User)
@app.auth_required(auth)
def me():
    return {"name": auth.current_user}


@app.post("/login")
@app.input(Login, location="form")
@app.output(User)
def login(form_data):
    return {"name": f"{form_data['username']}:{form_data['password']}"}


def find(item_id):
    return ITEMS.get(item_id) or abort(404, "no such item")


@items.get("")
@items.input(Page, location="query")
@items.output(Item(many=True))
def list_items(query_data):
    return list(ITEMS.values())[: query_data["limit"]]


@items.post("")
@items.input(NewItem)
@items.output(Item, status_code=201)
def create_item(json_data):
    made = {"id": uuid4(), "created": dt.datetime.now(dt.UTC), **json_data}
    ITEMS[made["id"]] = made
    return made


@items.get("/<uuid:item_id>")
@items.output(Item)
def read_item(item_id):
    return find(item_id)


@items.put("/<uuid:item_id>")
@items.input(NewItem)
@items.output(Item)
def update_item(item_id, json_data):
    ITEMS[item_id] = {**find(item_id), **json_data}
    return ITEMS[item_id]


@items.delete("/<uuid:item_id>")
@items.output({}, status_code=204)
def delete_item(item_id):
    del ITEMS[find(item_id)["id"]]
    return ""


@items.put("/<uuid:item_id>/photo")
@items.input(Photo, location="files")
@items.output({"size": Integer()})
def upload_photo(item_id, files_data):
    PHOTOS[item_id] = files_data["photo"].read()
    return {"size": len(PHOTOS[item_id])}


@items.get("/<uuid:item_id>/photo")
@items.output(FileSchema, content_type="image/png")
def download_photo(item_id):
    return Response(PHOTOS[item_id], content_type="image/png")


app.register_blueprint(items)

if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
