"""A document of five operations, a response of 1.5 kB to one of them (six nested objects), and a list of records."""

from __future__ import annotations

import json
from typing import Any

TASK_ID = "task_01hzy8n3m4q5r6s7t8v9w0x1y2"
PATH = "/videos/{task_id}"

_STRING = {"type": "string"}
_INTEGER = {"type": "integer"}
_NUMBER = {"type": "number"}
_BOOLEAN = {"type": "boolean"}
_TIME = {"type": "string", "format": "date-time"}
_UUID = {"type": "string", "format": "uuid"}
_STATUS = {"anyOf": [{"enum": ["queued", "running", "succeeded", "failed"]}, _STRING]}


def document(times: bool = False) -> dict[str, Any]:
    """The document. With `times`, points in time are `format: date-time`, else Unix seconds, and there are records."""
    point = _TIME if times else _INTEGER
    schemas = {
        "VideoRequest": _object(
            ("model", "prompt"),
            model=_STRING,
            prompt=_STRING,
            negative_prompt=_STRING,
            duration={"type": "integer", "minimum": 1, "maximum": 60},
            aspect_ratio={"type": "string", "enum": ["16:9", "9:16", "1:1"]},
            seed={"type": ["integer", "null"]},
            camera=_ref("Camera"),
        ),
        "Camera": _object(("type",), type=_STRING, speed=_NUMBER, pan=_NUMBER, tilt=_NUMBER),
        "Task": _object(
            ("id", "status", "created_at"),
            id=_STRING,
            object={"const": "video.task"},
            model=_STRING,
            status=_ref("Status"),
            progress=_INTEGER,
            created_at=point,
            started_at=point,
            finished_at=point,
            request=_ref("VideoRequest"),
            output=_ref("Output"),
            usage=_ref("Usage"),
            metadata={"type": "object", "additionalProperties": _STRING},
            error=_ref("Failure"),
        ),
        "Status": _STATUS,
        "Output": _object((), video=_ref("File"), seed=_INTEGER, watermarked=_BOOLEAN),
        "File": _object(
            ("url",),
            url=_STRING,
            media_type=_STRING,
            bytes=_INTEGER,
            width=_INTEGER,
            height=_INTEGER,
            fps=_NUMBER,
            seconds=_NUMBER,
            sha256=_STRING,
        ),
        "Usage": _object((), credits=_NUMBER, currency=_STRING, queue_seconds=_NUMBER),
        "Failure": _object(("code", "message"), code=_STRING, message=_STRING),
        "Page": _object(
            ("data",), data={"type": "array", "items": _ref("Task")}, next_cursor=_STRING
        ),
    }
    if times:
        schemas["Records"] = _object(
            ("records",), records={"type": "array", "items": _ref("Record")}
        )
        schemas["Record"] = _object(
            ("id", "name", "created_at"),
            id=_UUID,
            name=_STRING,
            created_at=_TIME,
            owner=_STRING,
            tags={"type": "array", "items": _STRING},
            size=_INTEGER,
            seconds=_NUMBER,
            public=_BOOLEAN,
        )
    task_id = {"name": "task_id", "in": "path", "required": True, "schema": _STRING}
    paging = [
        {"name": "cursor", "in": "query", "schema": _STRING},
        {"name": "limit", "in": "query", "schema": _INTEGER},
        {"name": "status", "in": "query", "schema": {"type": "array", "items": _STRING}},
    ]
    body = {"required": True, "content": {"application/json": {"schema": _ref("VideoRequest")}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Video tasks", "version": "1.0.0"},
        "servers": [{"url": "https://video.example/v1"}],
        "security": [{"key": []}],
        "paths": {
            "/videos": {
                "post": _operation("submit_video", 202, "Task", requestBody=body),
                "get": _operation("list_videos", 200, "Page", parameters=paging),
            },
            PATH: {
                "parameters": [task_id],
                "get": _operation("get_video", 200, "Task"),
                "delete": _operation("cancel_video", 200, "Task"),
            },
            PATH + "/content": {
                "parameters": [task_id],
                "get": {
                    "operationId": "download_video",
                    "tags": ["videos"],
                    "summary": "Download video",
                    "responses": {
                        "200": {
                            "description": "The file.",
                            "content": {
                                "video/mp4": {"schema": {"type": "string", "format": "binary"}}
                            },
                        }
                    },
                },
            },
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def task(times: bool = False) -> bytes:
    """The response, as a server would write it: compact JSON."""
    created = "2026-03-02T08:15:30Z" if times else 1772439330
    started = "2026-03-02T08:15:41Z" if times else 1772439341
    finished = "2026-03-02T08:18:02Z" if times else 1772439482
    value = {
        "id": TASK_ID,
        "object": "video.task",
        "model": "atelier/motion-2-pro",
        "status": "succeeded",
        "progress": 100,
        "created_at": created,
        "started_at": started,
        "finished_at": finished,
        "request": {
            "model": "atelier/motion-2-pro",
            "prompt": (
                "A lighthouse on a basalt cliff in a winter storm at dusk. Waves break over the rocks, the beam turns "
                "slowly through sheets of rain, gulls ride the wind below the lantern room. The camera rises from the "
                "water's edge along the tower and ends level with the light. Muted blues and greys, one warm window, "
                "film grain, shallow depth of field, natural motion of water and cloth. No cut: one continuous shot, the "
                "horizon level throughout, the tower never leaving the frame."
            ),
            "negative_prompt": "text, logos, people, sudden cuts, overexposed sky, lens dirt",
            "duration": 10,
            "aspect_ratio": "16:9",
            "seed": 982451653,
            "camera": {"type": "crane", "speed": 0.35, "pan": 0.0, "tilt": 12.5},
        },
        "output": {
            "video": {
                "url": (
                    "https://files.video.example/results/2026/03/02/task_01hzy8n3m4q5r6s7t8v9w0x1y2/"
                    "output.mp4?expires=1772525882&signature=5f2b1c9d7e8a4036b1d2c3e4f5a60718"
                ),
                "media_type": "video/mp4",
                "bytes": 18734592,
                "width": 1920,
                "height": 1080,
                "fps": 24.0,
                "seconds": 10.04,
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            },
            "seed": 982451653,
            "watermarked": False,
        },
        "usage": {"credits": 14.0, "currency": "USD", "queue_seconds": 11.2},
        "metadata": {"project": "north-sea", "shot": "014b"},
    }
    return json.dumps(value, separators=(",", ":")).encode()


def records() -> bytes:
    """20 records of 250 bytes, each with a UUID and a date-time, as compact JSON."""
    value = {
        "records": [
            {
                "id": f"0b8a6f5e-2c1d-4e3f-9a7b-{number:012x}",
                "name": f"Take {number:02} of the lighthouse in the storm at dusk",
                "created_at": f"2026-03-02T08:{number:02}:30Z",
                "owner": "north-sea/second-unit",
                "tags": ["lighthouse", "storm", "crane"],
                "size": 18734592 + number,
                "seconds": 10.04,
                "public": number % 2 == 0,
            }
            for number in range(20)
        ]
    }
    return json.dumps(value, separators=(",", ":")).encode()


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return schema | ({"required": list(required)} if required else {})


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(name: str, status: int, schema: str, **more: Any) -> dict[str, Any]:
    responses = {str(status): schema, "401": "Failure", "404": "Failure", "429": "Failure"}
    return {
        "operationId": name,
        "tags": ["videos"],
        "summary": name.replace("_", " ").capitalize(),
        "responses": {
            code: {
                "description": "Response.",
                "content": {"application/json": {"schema": _ref(schema_name)}},
            }
            for code, schema_name in responses.items()
        },
        **more,
    }
