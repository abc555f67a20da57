"""The models that the service offers to this account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orcarouter.drivers import AsyncDriver, Driver
from orcarouter.errors import Unreachable
from orcarouter.polling import exchange
from orcarouter.redaction import brief
from orcarouter.refusals import envelope, parsed, refusal
from orcarouter.steps import Exchange, Flow
from orcarouter_api import Call
from orcarouter_api.api import models
from orcarouter_api.errors import ConnectionFailed, TransportError

if TYPE_CHECKING:
    from orcarouter_api.models import Model

__all__ = ["AsyncModels", "Models"]


def _fetched(call: Call[Any], timeout: float) -> Flow[Any]:
    """The parsed body of a success.

    Raises Unreachable, Refused.
    """
    try:
        reply = yield from exchange(Exchange(call, timeout, timeout))
    except (ConnectionFailed, TransportError) as error:
        raise Unreachable(brief(str(error))) from error
    body = parsed(reply.content)
    if not 200 <= reply.status < 300:
        if reply.status >= 500 and envelope(reply.status, body) is None:
            raise Unreachable(f"the service answers with HTTP {reply.status}")
        raise refusal(reply, "the model list")
    return body


def _list(timeout: float) -> Flow[list[Model]]:
    from orcarouter_api.models import Model

    body = yield from _fetched(models.list_models(), timeout)
    entries = body.get("data") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise Unreachable("the answer is not a list of models")
    return [Model.from_dict(entry) for entry in entries if isinstance(entry, dict)]


def _one(model_id: str, timeout: float) -> Flow[Model]:
    from orcarouter_api.models import Model

    body = yield from _fetched(models.get_model(model_id), timeout)
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise Unreachable("the answer is not a model")
    return Model.from_dict(body)


class Models:
    """The models that the service offers to this account (API reference, section 9)."""

    def __init__(self, driver: Driver, timeout: float) -> None:
        """Made by `OrcaRouter`."""
        self._driver, self._timeout = driver, timeout

    def list(self) -> list[Model]:
        """All of them; the capability map says what each takes.

        Raises Unreachable, Refused.
        """
        return self._driver.run(_list(self._timeout))

    def get(self, model_id: str) -> Model:
        """One of them.

        Raises ModelNotFound, Unreachable, Refused.
        """
        return self._driver.run(_one(model_id, self._timeout))


class AsyncModels:
    """The models that the service offers to this account, for asyncio."""

    def __init__(self, driver: AsyncDriver, timeout: float) -> None:
        """Made by `AsyncOrcaRouter`."""
        self._driver, self._timeout = driver, timeout

    async def list(self) -> list[Model]:
        """As `Models.list`."""
        return await self._driver.run(_list(self._timeout))

    async def get(self, model_id: str) -> Model:
        """As `Models.get`."""
        return await self._driver.run(_one(model_id, self._timeout))
