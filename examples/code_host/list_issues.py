"""All pages of a list, by their Link headers, through an outage of the server.

orcagen generate examples/code_host/code_host.yaml --output build --package code_host
PYTHONPATH=build python examples/code_host/list_issues.py URL    # of examples/code_host/server.py
"""

import sys

from code_host import Client, Retries
from code_host.api import issues


def main(url: str) -> None:
    retries = Retries(attempts=5, on_retry=lambda failed: print("again after", failed.error))
    with Client(url, retries=retries) as client:
        for issue in client.paginate(issues.list_issues("boats", state="all")):
            print(issue.number, issue.title)


if __name__ == "__main__":
    main(sys.argv[1])
