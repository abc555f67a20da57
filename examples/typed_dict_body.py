"""A request body as a typed dict: a type checker and an editor know every key and value.

    mypy examples/typed_dict_body.py
    python examples/typed_dict_body.py

The package `orcarouter_api` is generated with the setting `typed_dicts = true`.
"""

from orcarouter import OrcaRouter
from orcarouter_api.api import video
from orcarouter_api.dicts import KlingVideoRequestDict

BODY: KlingVideoRequestDict = {
    "model": "kling/kling-v3-omni",
    "prompt": "A lighthouse in a storm",
    "metadata": {"mode": "pro", "duration": "5", "aspect_ratio": "16:9"},
}


def main() -> None:
    call = video.submit_video_task(body=BODY)  # a value: nothing is sent yet
    print(call.curl("https://api.orcarouter.ai/v1"))
    with OrcaRouter() as orca:
        print(orca.videos.create(BODY).id)


if __name__ == "__main__":
    main()
