"""Operations tagged `models`.

The models that the key may use.
"""

from __future__ import annotations

from .. import models
from .._runtime.call import Call
from .._runtime.methods import ClientT, Method, Methods
from .._runtime.response_headers import TypedHeaders, header_field


def list_models(
    *,
    provider: str | None = None,
    capability: str | None = None,
    min_context: int | None = None,
) -> Call[models.ModelList]:
    """List the models that the key may use

    Only models that have a price and are open to the account. Video models show
    `openai-video` among their
    `supported_endpoint_types`.

    Args:
        provider: Only models of this provider. (minLength=1)
        capability: Only models with this capability. Its values are not documented.
            (minLength=1)
        min_context: Only models with at least this context length, in tokens; not
            useful for video models. (minimum=0)

    Returns:
        The list of models.

    Raises:
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `ListModelsHeaders`.
    """
    return Call.of(
        "GET",
        "/models",
        query_params={
            "provider": provider,
            "capability": capability,
            "min_context": min_context,
        },
        responses={
            200: models.ModelList,
            401: models.ErrorBody,
            403: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",), ()),
    )


def get_model(model_id: str) -> Call[models.Model]:
    """Get one model

    Args:
        model_id: The id of the model. Its slash need not be percent-encoded.
            (minLength=1)

    Returns:
        The model.

    Raises:
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `GetModelHeaders`.
    """
    return Call.of(
        "GET",
        "/models/{model_id}",
        path_params={"model_id": model_id},
        responses={
            200: models.Model,
            401: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
    )


class ListModelsHeaders(TypedHeaders):
    """Headers of the responses of `list_models`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class GetModelHeaders(TypedHeaders):
    """Headers of the responses of `get_model`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class ModelsMethods(Methods[ClientT]):
    """The operations of this module, sent by a client."""

    list_models = Method(list_models)
    get_model = Method(get_model)
