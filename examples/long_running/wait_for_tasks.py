"""Start tasks of four APIs, each with a style of its own, and wait for their typed results.

for name in videos azure_style google_style accepted
do orcagen generate examples/long_running/$name.yaml --output build --package $name; done
python examples/long_running/server.py 8765 &
PYTHONPATH=build python examples/long_running/wait_for_tasks.py http://127.0.0.1:8765
"""

import sys

import accepted
import azure_style
import google_style
import videos
from accepted.api import default as reports
from azure_style.api import default as disks
from google_style.api import default as datasets
from videos.api import default as video


def main(url: str) -> None:
    with videos.Client(url, polling=videos.Polling(interval=0.01)) as client:
        task = client.start(video.create_video(body={"prompt": "a kite"}))
        for event in task.events(timeout=60):
            print(event.kind, event.status)
        print(task.result().status)
    with azure_style.Client(url, polling=azure_style.Polling(interval=0.01)) as client:
        print(client.start(disks.disks_create_or_update("data", body={})).wait(60))
    with google_style.Client(url, polling=google_style.Polling(interval=0.01)) as client:
        print(client.start(datasets.create_dataset()).wait(60))
    with accepted.Client(url, polling=accepted.Polling(interval=0.01)) as client:
        print(client.start(reports.create_report()).wait(60))


if __name__ == "__main__":
    main(sys.argv[1])
