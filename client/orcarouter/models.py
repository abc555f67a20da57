"""The models that the service offers to this account (API reference, section 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orcarouter._network import own_errors
from orcarouter._responses import make_rejection_error, parse_error
from orcarouter.errors import APIConnectionError
from orcarouter_api import AsyncClient, Client, Response, Retries
from orcarouter_api._runtime.damaged_json import read_json
from orcarouter_api.api import models

if TYPE_CHECKING:
    from orcarouter_api.models import Model

__all__ = ["AsyncModels", "Models"]

# Once more, at once: a pooled connection may have been closed long before.
_RETRIES = Retries(attempts=2, initial_backoff=0.0, status_codes=())


def _read(response: Response[Any]) -> Any:
    """The parsed body of a successful response.

    Raises APIConnectionError, RequestRejectedError.
    """
    body, status_code = read_json(response.content), response.status_code
    if status_code // 100 != 2:
        # A bare 5xx comes from a proxy; one with an error envelope is the service's own answer.
        if status_code >= 500 and parse_error(status_code, body) is None:
            raise APIConnectionError(f"the service responded with HTTP {status_code}")
        raise make_rejection_error(response, "the request for models")
    return body


def _read_list(response: Response[Any]) -> list[Model]:
    from orcarouter_api.models import Model

    body = _read(response)
    entries = body.get("data") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise APIConnectionError("the response is not a list of models")
    return [Model.from_dict(entry) for entry in entries if isinstance(entry, dict)]


def _read_one(response: Response[Any]) -> Model:
    from orcarouter_api.models import Model

    body = _read(response)
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise APIConnectionError("the response is not a model")
    return Model.from_dict(body)


class Models:
    """The models that the service offers to this account: `OrcaRouter.models`."""

    def __init__(self, client: Client) -> None:
        """Called by `OrcaRouter`."""
        self._client = client.with_options(retries=_RETRIES)

    def list(self) -> list[Model]:
        """All models. `orcarouter.capabilities` has the parameters of each.

        Raises APIConnectionError, RequestRejectedError.
        """
        with own_errors():
            return _read_list(self._client.send_raw(models.list_models()))

    def get(self, model_id: str) -> Model:
        """One model, by its id such as `kling/kling-v3`.

        Raises ModelNotFoundError, APIConnectionError, RequestRejectedError.
        """
        with own_errors():
            return _read_one(self._client.send_raw(models.get_model(model_id)))


class AsyncModels:
    """The models that the service offers to this account: `AsyncOrcaRouter.models`."""

    def __init__(self, client: AsyncClient) -> None:
        """Called by `AsyncOrcaRouter`."""
        self._client = client.with_options(retries=_RETRIES)

    async def list(self) -> list[Model]:
        """See `Models.list`."""
        with own_errors():
            return _read_list(await self._client.send_raw(models.list_models()))

    async def get(self, model_id: str) -> Model:
        """See `Models.get`."""
        with own_errors():
            return _read_one(await self._client.send_raw(models.get_model(model_id)))
