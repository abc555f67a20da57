"""Read a long list in parts: stop anywhere, and continue from a stored cursor.

orcagen generate examples/payments/payments.yaml --config examples/payments/payments.toml --output build --package payments
PYTHONPATH=build python examples/payments/continue_list.py URL    # of examples/payments/server.py
"""

import json
import sys

from payments import Client
from payments.api import charges


def main(url: str) -> None:
    call = charges.list_charges(limit=2)
    with Client(url) as client:
        page = next(client.paginate(call).pages())
        print([charge.id for charge in page.items])
        stored = json.dumps(page.cursor)

    with Client(url) as client:  # for example in another process, the next day
        rest = client.paginate(call, cursor=json.loads(stored), max_items=10)
        print([charge.id for charge in rest])


if __name__ == "__main__":
    main(sys.argv[1])
