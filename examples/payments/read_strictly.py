"""Find out where a server departs from its document.

orcagen generate examples/payments/payments.yaml --config examples/payments/payments.toml --output build --package payments
PYTHONPATH=build python examples/payments/read_strictly.py URL    # of examples/payments/server.py
"""

import sys

from payments import Client
from payments.api import charges
from payments.errors import DecodingError


def main(url: str) -> None:
    with Client(url) as client:
        response = client.send_raw(charges.get_charge("ch_broken"))
        print("lenient:", response.parsed)
        for problem in response.problems:
            print(f"  {problem.pointer}: expected {problem.expected}, found {problem.actual}")
        try:
            client.with_options(strict=True).charges.get_charge("ch_broken")
        except DecodingError as error:
            print(f"strict: {len(error.problems)} problems")


if __name__ == "__main__":
    main(sys.argv[1])
