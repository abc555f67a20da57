"""The same shop in Litestar: `python litestar_shop.py PORT`. The document is at /schema/openapi.json."""

import datetime as dt
import sys
from dataclasses import dataclass, field, replace
from typing import Annotated
from uuid import UUID, uuid4

import uvicorn
from litestar import Controller, Litestar, Request, Response, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Body

ITEMS: dict[UUID, "Item"] = {}
PHOTOS: dict[UUID, bytes] = {}


@dataclass
class NewItem:
    name: str
    price: float
    tags: set[str] = field(default_factory=set)
    comment: str | None = None


@dataclass
class Item:
    id: UUID
    created: dt.datetime
    name: str
    price: float
    tags: set[str]
    comment: str | None


@dataclass
class User:
    name: str


@dataclass
class Login:
    username: str
    password: str


@dataclass
class Photo:
    photo: UploadFile


def find(item_id: UUID) -> Item:
    if item_id not in ITEMS:
        raise NotFoundException("no such item")
    return ITEMS[item_id]


@get("/health", sync_to_thread=False)
def health() -> dict[str, str]:
    return {"status": "ok"}


@get("/me", security=[{"bearer": []}], sync_to_thread=False)
def me(request: Request) -> User:
    return User(request.headers["authorization"].removeprefix("Bearer "))


@post("/login", status_code=200, sync_to_thread=False)
def login(data: Annotated[Login, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> User:
    return User(f"{data.username}:{data.password}")


class Items(Controller):
    path = "/items"
    tags = ("items",)

    @get(sync_to_thread=False)
    def list_items(self, limit: int = 10) -> list[Item]:
        return list(ITEMS.values())[:limit]

    @post(sync_to_thread=False)
    def create_item(self, data: NewItem) -> Item:
        made = Item(
            uuid4(), dt.datetime.now(dt.UTC), data.name, data.price, data.tags, data.comment
        )
        ITEMS[made.id] = made
        return made

    @get("/{item_id:uuid}", sync_to_thread=False)
    def read_item(self, item_id: UUID) -> Item:
        return find(item_id)

    @put("/{item_id:uuid}", sync_to_thread=False)
    def update_item(self, item_id: UUID, data: NewItem) -> Item:
        ITEMS[item_id] = replace(find(item_id), **vars(data))
        return ITEMS[item_id]

    @delete("/{item_id:uuid}", sync_to_thread=False)
    def delete_item(self, item_id: UUID) -> None:
        del ITEMS[find(item_id).id]

    @put("/{item_id:uuid}/photo")
    async def upload_photo(
        self, item_id: UUID, data: Annotated[Photo, Body(media_type=RequestEncodingType.MULTI_PART)]
    ) -> int:
        PHOTOS[find(item_id).id] = await data.photo.read()
        return len(PHOTOS[item_id])

    @get("/{item_id:uuid}/photo", media_type="image/png", sync_to_thread=False)
    def download_photo(self, item_id: UUID) -> Response[bytes]:
        return Response(PHOTOS[find(item_id).id])


schemes = {"bearer": SecurityScheme(type="http", scheme="bearer")}
app = Litestar(
    [health, me, login, Items],
    openapi_config=OpenAPIConfig("Shop", "1", components=Components(security_schemes=schemes)),
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
