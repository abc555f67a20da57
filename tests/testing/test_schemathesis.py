"""Requests made from the document: the answers of the emulator conform to it, and none is a server error.

Schemathesis sends the document's examples, values at the limits of its schemas, random values that conform and random
values that do not. Seeded, so that each run sends the same requests.
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
# The service answers 404 to an unknown method, as to an unknown URL; the check wants 405.
EXCLUDED = [unsupported_method]


def _narrowed() -> dict[str, Any]:
    """The document as far as the emulator accepts what it permits.

    The document leaves models open, the emulator has a catalogue.
    """
    document = load_document().content
    schemas = dict(document["components"]["schemas"])
    *known, _other = schemas["VideoRequest"]["oneOf"]
    schemas["VideoRequest"] = {"oneOf": known}
    for name in ("KlingModel", "SeedanceModel", "MinimaxModel"):
        schemas[name] = schemas[name]["anyOf"][0]
    return {
        **document,
        "components": {**document["components"], "schemas": schemas},
    }


def _config(**generation: Any) -> schemathesis.Config:
    # The key comes from the test: a request without it is the business of other tests.
    generation |= {"with-security-parameters": False, "allow-extra-parameters": False}
    return schemathesis.Config.from_dict({"generation": generation})


# createVideo is an alias: it would get the same thousand requests as submitVideoTask.
schema = schemathesis.openapi.from_dict(_narrowed(), config=_config()).exclude(
    operation_id="createVideo"
)
video_schema = schemathesis.openapi.from_dict(_narrowed(), config=_config(mode="positive"))


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator[VirtualClock]]:
    # A file as long as the one in the document's examples of ranges.
    with Emulator(clock=VirtualClock(), check=False, video=bytes(2_097_152)) as emulator:
        yield emulator


@schema.parametrize()
@settings(derandomize=True, max_examples=10, deadline=None)
def test_operation(case: schemathesis.Case[Any], server: Emulator[VirtualClock]) -> None:
    case.call_and_validate(server.base_url, headers=HEADERS, excluded_checks=EXCLUDED)


def test_links_lead_from_a_submission_to_its_file(server: Emulator[VirtualClock]) -> None:
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
