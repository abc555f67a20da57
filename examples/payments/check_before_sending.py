"""Check a request before it is sent, with all its mistakes at once.

orcagen generate examples/payments/payments.yaml --config examples/payments/payments.toml --output build --package payments
PYTHONPATH=build python examples/payments/check_before_sending.py URL    # of examples/payments/server.py
"""

import sys

from payments import Client
from payments.errors import InvalidRequestError


def main(url: str) -> None:
    with Client(url, validate_requests=True) as client:
        try:
            client.charges.list_charges(limit=1000, starting_after="Ch 5")
        except InvalidRequestError as error:
            for problem in error.problems:
                print(f"{problem.pointer}: expected {problem.expected}, found {problem.actual}")


if __name__ == "__main__":
    main(sys.argv[1])
