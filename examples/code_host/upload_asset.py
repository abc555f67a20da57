"""Upload a file, and show the progress.

orcagen generate examples/code_host/code_host.yaml --output build --package code_host
PYTHONPATH=build python examples/code_host/upload_asset.py URL FILE    # of examples/code_host/server.py
"""

import sys
from pathlib import Path

from code_host import Client


def show(done: int, total: int | None) -> None:
    print(f"{done} of {total} bytes sent")


def main(url: str, file: Path) -> None:
    with Client(url, on_upload=show) as client:
        asset = client.assets.upload_asset("boats", name=file.name, body=file)
    print(f"{asset.name}: {asset.size} bytes stored")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
