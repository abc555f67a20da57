"""A shop in FastAPI: `python fastapi_shop.py PORT`. The document is at /openapi.json."""

import datetime as dt
import sys
from typing import Annotated
from uuid import UUID, uuid4

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, File, Form, HTTPException, Response, UploadFile
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field

app = FastAPI(title="Shop")
items = APIRouter(prefix="/items", tags=["items"])
ITEMS: dict[UUID, "Item"] = {}
PHOTOS: dict[UUID, bytes] = {}


class NewItem(BaseModel):
    name: str
    price: float = Field(gt=0)
    tags: set[str] = set()
    comment: str | None = None


class Item(NewItem):
    id: UUID
    created: dt.datetime


class User(BaseModel):
    name: str


def find(item_id: UUID) -> Item:
    if item_id not in ITEMS:
        raise HTTPException(404, "no such item")
    return ITEMS[item_id]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/me")
def me(token: Annotated[object, Depends(HTTPBearer())]) -> User:
    return User(name=token.credentials)


@app.post("/login")
def login(username: Annotated[str, Form()], password: Annotated[str, Form()]) -> User:
    return User(name=f"{username}:{password}")


@items.get("")
def list_items(limit: int = 10) -> list[Item]:
    return list(ITEMS.values())[:limit]


@items.post("", status_code=201)
def create_item(item: NewItem) -> Item:
    made = Item(**item.model_dump(), id=uuid4(), created=dt.datetime.now(dt.UTC))
    ITEMS[made.id] = made
    return made


@items.get("/{item_id}")
def read_item(item: Annotated[Item, Depends(find)]) -> Item:
    return item


@items.put("/{item_id}")
def update_item(item: Annotated[Item, Depends(find)], new: NewItem) -> Item:
    ITEMS[item.id] = item.model_copy(update=new.model_dump())
    return ITEMS[item.id]


@items.delete("/{item_id}", status_code=204)
def delete_item(item: Annotated[Item, Depends(find)]) -> None:
    del ITEMS[item.id]


@items.put("/{item_id}/photo")
def upload_photo(item: Annotated[Item, Depends(find)], photo: Annotated[UploadFile, File()]) -> int:
    PHOTOS[item.id] = photo.file.read()
    return len(PHOTOS[item.id])


@items.get(
    "/{item_id}/photo", response_class=Response, responses={200: {"content": {"image/png": {}}}}
)
def download_photo(item: Annotated[Item, Depends(find)]) -> Response:
    return Response(PHOTOS[item.id], media_type="image/png")


app.include_router(items)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
