"""Verify a webhook, and read its typed event.

orcagen generate examples/code_host/code_host.yaml --output build --package code_host
PYTHONPATH=build python examples/code_host/verify_webhook.py
"""

from collections.abc import Mapping

from code_host import models, webhooks

SECRET = "the secret of the webhook's settings"


def receive(body: bytes, headers: Mapping[str, str]) -> int:
    """What a handler of any web framework does with a request; the status of its response."""
    try:
        event = webhooks.unwrap(body, headers, SECRET)
    except webhooks.WebhookVerificationError as error:
        print("refused:", error)
        return 400
    match event:
        case models.IssueEvent(action="opened", issue=issue):
            print(f"issue {issue.number} was opened: {issue.title}")
        case _:
            print("another event:", event)
    return 204


def main() -> None:
    body = b'{"action": "opened", "issue": {"number": 7, "title": "Leaks"}}'
    headers = webhooks.sign(body, SECRET)  # as the service does
    print(receive(body, headers))
    print(receive(body.replace(b"7", b"8"), headers))


if __name__ == "__main__":
    main()
