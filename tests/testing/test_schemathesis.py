"""Requests generated from the OpenAPI document: the responses conform to it, and none is a server error.

Schemathesis sends the examples of the document, boundary values of its schemas, and random valid and invalid values.
The generation is deterministic: each run sends the same requests.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import unsupported_method
from tests.testing.support import KEY

from orcarouter.testing import Emulator, VirtualClock
from orcarouter.testing.document import load_document

HEADERS = {"Authorization": f"Bearer {KEY}"}
# The service answers an unknown method with 404, as an unknown URL; this check expects 405.
EXCLUDED = [unsupported_method]


def _restrict_models() -> dict[str, Any]:
    """The document with a closed list of models: it permits any model, but the emulator has a fixed list."""
    document = load_document().content
    schemas = dict(document["components"]["schemas"])
    *variants, _other = schemas["VideoRequest"]["oneOf"]
    schemas["VideoRequest"] = {"oneOf": variants}
    for name in ("KlingModel", "SeedanceModel", "MinimaxModel"):
        schemas[name] = schemas[name]["anyOf"][0]
    return {
        **document,
        "components": {**document["components"], "schemas": schemas},
    }


def _config(**generation: Any) -> schemathesis.Config:
    # The test sends the key; other tests send requests without it.
    generation |= {"with-security-parameters": False, "allow-extra-parameters": False}
    return schemathesis.Config.from_dict({"generation": generation})


# createVideo is an alias of submitVideoTask, and would get the same thousand requests.
schema = schemathesis.openapi.from_dict(_restrict_models(), config=_config()).exclude(
    operation_id="createVideo"
)
video_schema = schemathesis.openapi.from_dict(_restrict_models(), config=_config(mode="positive"))


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator[VirtualClock]]:
    # As long as the file in the document's examples of range requests.
    with Emulator(clock=VirtualClock(), check=False, video=bytes(2_097_152)) as emulator:
        yield emulator


@schema.parametrize()
@settings(derandomize=True, max_examples=10, deadline=None)
def test_operation(case: schemathesis.Case[Any], server: Emulator[VirtualClock]) -> None:
    case.call_and_validate(server.base_url, headers=HEADERS, excluded_checks=EXCLUDED)


def test_links_from_a_submission_to_its_file(server: Emulator[VirtualClock]) -> None:
    machine = video_schema.include(path_regex="^/video").as_state_machine()

    class Session(machine):  # type: ignore[misc, valid-type]
        def get_call_kwargs(self, case: schemathesis.Case[Any]) -> dict[str, Any]:
            server.clock.advance(2)
            return {"base_url": server.base_url, "headers": HEADERS}

        def validate_response(
            self, response: schemathesis.Response, case: schemathesis.Case[Any], **kwargs: Any
        ) -> None:
            case.validate_response(response, excluded_checks=EXCLUDED, transport_kwargs=kwargs)

    before = len(server.requests)
    Session.run(
        settings=settings(derandomize=True, max_examples=6, stateful_step_count=6, deadline=None)
    )
    answered = Counter(
        request.operation for request in server.requests[before:] if request.status in (200, 206)
    )
    linked = {"submitVideoTask", "createVideo", "getVideoTask", "getVideo", "getVideoContent"}
    assert answered.keys() == linked
