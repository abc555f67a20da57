"""A payment whose response is lost: sent again with the same idempotency key, it is made once.

orcagen generate examples/payments/payments.yaml --config examples/payments/payments.toml --output build --package payments
PYTHONPATH=build python examples/payments/charge_once.py URL    # of examples/payments/server.py
"""

import sys

from payments import Client, Retries
from payments.models import NewCharge


def main(url: str) -> None:
    retries = Retries(initial_backoff=0.01, on_retry=lambda failed: print(failed.error))
    with Client(url, retries=retries) as client:
        charge = client.charges.create_charge(
            body=NewCharge(amount=1200, currency="eur", metadata={"order": "17"})
        )
        print(charge.amount, "charged; charges made:", charge.metadata["charges"])


if __name__ == "__main__":
    main(sys.argv[1])
