"""The models that the service offers to this account (API reference, section 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orcarouter._flows.polling import send_idempotent
from orcarouter._http.api_errors import make_rejection_error, parse_error, parse_json
from orcarouter._http.redaction import one_line
from orcarouter._io.effects import Flow, SendRequest
from orcarouter._io.runner import AsyncRunner, Runner
from orcarouter.errors import APIConnectionError
from orcarouter_api import Call
from orcarouter_api.api import models
from orcarouter_api.errors import ConnectError, TransportError

if TYPE_CHECKING:
    from orcarouter_api.models import Model

__all__ = ["AsyncModels", "Models"]


def _fetch(call: Call[Any], timeout: float) -> Flow[Any]:
    """Send a call and return the parsed body of a successful response.

    Raises APIConnectionError, RequestRejectedError.
    """
    try:
        response = yield from send_idempotent(SendRequest(call, timeout, timeout))
    except (ConnectError, TransportError) as error:
        raise APIConnectionError(one_line(str(error))) from error
    body = parse_json(response.content)
    if not response.is_success:
        # A bare 5xx comes from a proxy; one with an error envelope is the service's own answer.
        if response.status_code >= 500 and parse_error(response.status_code, body) is None:
            raise APIConnectionError(f"the service responded with HTTP {response.status_code}")
        raise make_rejection_error(response, "the request for models")
    return body


def _list(timeout: float) -> Flow[list[Model]]:
    from orcarouter_api.models import Model

    body = yield from _fetch(models.list_models(), timeout)
    entries = body.get("data") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise APIConnectionError("the response is not a list of models")
    return [Model.from_dict(entry) for entry in entries if isinstance(entry, dict)]


def _get(model_id: str, timeout: float) -> Flow[Model]:
    from orcarouter_api.models import Model

    body = yield from _fetch(models.get_model(model_id), timeout)
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise APIConnectionError("the response is not a model")
    return Model.from_dict(body)


class Models:
    """The models that the service offers to this account: `OrcaRouter.models`."""

    def __init__(self, runner: Runner, timeout: float) -> None:
        """Called by `OrcaRouter`; `timeout` is in seconds."""
        self._runner, self._timeout = runner, timeout

    def list(self) -> list[Model]:
        """All models. `orcarouter.capabilities` has the parameters of each.

        Raises APIConnectionError, RequestRejectedError.
        """
        return self._runner.run(_list(self._timeout))

    def get(self, model_id: str) -> Model:
        """One model, by its id such as `kling/kling-v3`.

        Raises ModelNotFoundError, APIConnectionError, RequestRejectedError.
        """
        return self._runner.run(_get(model_id, self._timeout))


class AsyncModels:
    """The models that the service offers to this account: `AsyncOrcaRouter.models`."""

    def __init__(self, runner: AsyncRunner, timeout: float) -> None:
        """Called by `AsyncOrcaRouter`; `timeout` is in seconds."""
        self._runner, self._timeout = runner, timeout

    async def list(self) -> list[Model]:
        """See `Models.list`."""
        return await self._runner.run(_list(self._timeout))

    async def get(self, model_id: str) -> Model:
        """See `Models.get`."""
        return await self._runner.run(_get(model_id, self._timeout))
