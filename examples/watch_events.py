"""Print every event while waiting for a task: its status, failed lookups, estimated progress.

python examples/watch_events.py
"""

from orcarouter import OrcaRouter


def main() -> None:
    with OrcaRouter() as orca:
        task = orca.videos.create(model="kling/kling-v3", prompt="A kite over dunes")
        for event in task.events(timeout=1800):
            if event.kind == "lookup_failed":
                print(f"lookup failed, next in {event.next_poll_in:.0f} s: {event.error}")
            elif event.snapshot is not None and event.changed:
                print(f"{event.elapsed:4.0f} s  {event.progress:4.0%}  {event.snapshot.status}")
        print("statuses: " + ", ".join(change.status for change in task.timeline))


if __name__ == "__main__":
    main()
