"""The same with asyncio: two submissions at once, then wait for both and download them.

python examples/async_videos.py videos/
"""

import asyncio
import sys
from pathlib import Path

from orcarouter import AsyncOrcaRouter

PROMPTS = ["A paper boat in the rain", "A kite over dunes"]


async def main(folder: Path) -> None:
    async with AsyncOrcaRouter() as orca:
        tasks = await asyncio.gather(
            *(orca.videos.create(model="kling/kling-v3", prompt=prompt) for prompt in PROMPTS)
        )
        for prompt, outcome in zip(PROMPTS, await orca.wait_all(tasks), strict=True):
            if outcome.ok:
                file = await outcome.task.download(folder / f"{outcome.task.id}.mp4")
                print(f"{prompt}: {file.path}")
            else:
                print(f"{prompt}: {outcome.error}", file=sys.stderr)


if __name__ == "__main__":
    videos = Path(sys.argv[1])
    videos.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(videos))
