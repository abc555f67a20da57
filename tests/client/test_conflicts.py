"""What the client does where the sources disagree: one test for each row of section 14 of the API reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.client.support import KLING, SEEDANCE, ClientClock, Orca

from orcarouter import errors
from orcarouter.capabilities import ValidationResult, check
from orcarouter.cli.compose import compose
from orcarouter.refusals import envelope, made_no_task, refusal, retry_after
from orcarouter.steps import Reply
from orcarouter.tasks import Unreadable, read_snapshot, state_of
from orcarouter.testing import Emulator, Fault, VirtualClock

URL = "https://cdn.example.net/out/abc.mp4?Signature=s"
SAMPLE = Path(__file__).parents[2].joinpath("client/orcarouter/testing/sample.mp4").read_bytes()


def wrapped(**data: Any) -> dict[str, Any]:
    return {"code": "success", "message": "", "data": {"task_id": "t", **data}}


def read(body: Any) -> Any:
    return read_snapshot(body, "t")


def reply(status: int, body: Any = None, **headers: str) -> Reply:
    return Reply(status, headers, json.dumps(body).encode())


def openai(code: Any = None, message: str = "no") -> dict[str, Any]:
    return {
        "error": {"message": message, "type": "orcarouter_api_error", "code": code, "param": None}
    }


def task_error(code: str, message: str = "no") -> dict[str, Any]:
    return {"code": code, "message": message, "data": None}


# 14.1: the wire format


class TestC1:
    """Two shapes: one reader takes both, on either path."""

    def test_the_wrapped_and_the_flat_form_say_the_same(self) -> None:
        one = read(wrapped(status="SUCCESS", progress="100%", result_url=URL))
        other = read({"id": "t", "status": "completed", "progress": 100, "metadata": {"url": URL}})
        for snapshot in (one, other):
            assert (snapshot.state, snapshot.progress, snapshot.video_url) == (
                "succeeded",
                100,
                URL,
            )

    def test_a_flat_form_may_hold_data_without_a_status(self) -> None:
        assert read({"id": "t", "status": "in_progress", "data": {"x": 1}}).state == "running"

    @pytest.mark.orcarouter_emulator(quirks=["legacy_flat"])
    def test_a_flat_answer_on_the_wrapped_path(self, client: Orca, tmp_path: Path) -> None:
        client.create(KLING).download(tmp_path / "a.mp4")

    @pytest.mark.orcarouter_emulator(quirks=["wrapped_flat"])
    def test_a_flat_answer_inside_the_wrapper(self, client: Orca, tmp_path: Path) -> None:
        client.create(KLING).download(tmp_path / "a.mp4")

    def test_the_path_that_is_polled_is_the_seeds(
        self, client: Orca, server: Emulator[VirtualClock]
    ) -> None:
        task = client.create(KLING)
        task.wait()
        assert {each.path for each in server.requests_to("lookup")} == {
            f"/v1/video/generations/{task.id}"
        }


class TestC2:
    """Three vocabularies, compared without regard to case; an unknown word means running."""

    @pytest.mark.parametrize("word", ["SUCCESS", "succeeded", "Succeed", "completed", " success "])
    def test_success(self, word: str) -> None:
        assert state_of(word) == "succeeded"

    @pytest.mark.parametrize("word", ["FAILURE", "failed", "cancelled", "Canceled", "EXPIRED"])
    def test_failure(self, word: str) -> None:
        assert state_of(word) == "failed"

    @pytest.mark.parametrize(
        "word",
        [
            "NOT_START",
            "SUBMITTED",
            "QUEUED",
            "IN_PROGRESS",
            "UNKNOWN",
            "processing",
            "PONDERING",
            "",
        ],
    )
    def test_anything_else_is_running(self, word: str) -> None:
        assert state_of(word) == "running"


@pytest.mark.parametrize(
    ("value", "percent"),
    [("30%", 30), ("30", 30), (30, 30), (30.4, 30), ("", None), (None, None), ([], None),
     ("x", None), (True, None), (-5, 0), ("250%", 100), (float("nan"), None)],
)  # fmt: skip
def test_c3_progress(value: Any, percent: int | None) -> None:
    assert read(wrapped(status="IN_PROGRESS", progress=value)).progress == percent


def test_c3_progress_does_not_decide() -> None:
    assert read(wrapped(status="IN_PROGRESS", progress="100%", result_url=URL)).state == "running"
    assert read(wrapped(status="SUCCESS", progress="")).state == "succeeded"


@pytest.mark.parametrize(
    "body",
    [
        wrapped(status="SUCCESS", result_url=URL, fail_reason="https://other/x"),
        wrapped(status="SUCCESS", fail_reason=URL),
        wrapped(status="SUCCESS", result_url="", fail_reason=URL),
        wrapped(status="SUCCESS", data={"data": {"task_result": {"videos": [{"url": URL}]}}}),
        wrapped(
            status="SUCCESS", data={"code": 0, "data": {"task_result": {"videos": [{"url": URL}]}}}
        ),
        wrapped(status="SUCCESS", data={"content": {"video_url": URL}}),
        wrapped(status="SUCCESS", url=URL),
        {"task_id": "t", "status": "succeeded", "url": URL, "error": None},
        {"id": "t", "status": "completed", "metadata": {"url": URL}},
    ],
)
def test_c4_places_of_the_url(body: Any) -> None:
    assert read(body).video_url == URL


@pytest.mark.parametrize(
    "text", ["done", "ftp://h/x", "https://", "https:// h", "//h/x", 7, None, "http://[x"]
)
def test_c4_what_is_no_url(text: Any) -> None:
    snapshot = read(wrapped(status="SUCCESS", result_url=text))
    assert (snapshot.state, snapshot.video_url) == ("succeeded", None)


def test_c4_other_files() -> None:
    kling = {
        "data": {
            "task_result": {"videos": [{"url": URL, "watermark_url": URL + "w", "duration": "5.1"}]}
        }
    }
    snapshot = read(wrapped(status="SUCCESS", data=kling))
    assert (snapshot.watermarked_url, snapshot.seconds) == (URL + "w", 5.1)
    ark = {"content": {"video_url": URL, "last_frame_url": URL + "f"}}
    assert read(wrapped(status="SUCCESS", data=ark)).last_frame_url == URL + "f"


def test_c5_a_failed_task_has_no_url() -> None:
    text = "content risk control triggered"
    assert read(wrapped(status="FAILURE", result_url=text, fail_reason=text)).failure == text
    failed = read(wrapped(status="FAILURE", result_url=URL))
    assert (failed.video_url, failed.failure) == (None, None)


@pytest.mark.parametrize("code", ["success", "", None, 0, "SUCCESS"])
def test_c6_codes_that_are_no_error(code: Any) -> None:
    assert envelope(200, {"code": code, "message": "m", "data": {"status": "QUEUED"}}) is None


def test_c6_a_usable_task_wins_over_a_strange_code() -> None:
    assert read({"code": "odd", "message": "m", "data": {"status": "SUCCESS"}}).state == "succeeded"
    with pytest.raises(Unreadable):
        read({"code": "odd", "message": "m", "data": None})
    assert envelope(200, {"code": "odd", "message": "m", "data": None}) is not None


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (openai("bad_thing"), "bad_thing", "no"),
        (openai(1301), "1301", "no"),
        (openai(None), None, "no"),
        ({"error": {"message": "no"}}, None, "no"),
        ({"error": "no"}, None, "no"),
        (task_error("invalid_request"), "invalid_request", "no"),
    ],
)
def test_c7_both_envelopes(body: Any, code: str | None, message: str) -> None:
    found = envelope(400, body)
    assert found is not None
    assert (found.code, found.message) == (code, message)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"data": 1}, {"error": None}])
def test_c7_what_is_no_envelope(body: Any) -> None:
    assert envelope(400, body) is None


@pytest.mark.parametrize("oddities", [[], ["unknown_task_400"]])
def test_c8_no_such_task(client: Orca, server: Emulator[VirtualClock], oddities: list[str]) -> None:
    if oddities:
        server.script.add(Fault("lookup", status=400, code="task_not_exist", error_format="task"))
    with pytest.raises(errors.TaskNotFound):
        client.task("task_unknown").wait()
    assert len(server.requests_to("lookup")) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (402, openai("insufficient_user_quota"), errors.NoCredit),
        (402, None, errors.NoCredit),
        (403, openai("insufficient_user_quota"), errors.NoCredit),
        (403, task_error("quota_insufficient"), errors.NoCredit),
        (403, openai("insufficient_credit"), errors.NoCredit),
        (403, openai("model_access_denied"), errors.NotPermitted),
        (403, None, errors.NotPermitted),
    ],
)
def test_c9_no_credit(status: int, body: Any, kind: type[errors.Refused]) -> None:
    assert type(refusal(reply(status, body), "it")) is kind


@pytest.mark.parametrize("status", [404, 503])
def test_c10_unknown_model(client: Orca, server: Emulator[VirtualClock], status: int) -> None:
    server.script.add(Fault("submit", status=status, code="model_not_found"))
    with pytest.raises(errors.ModelNotFound):
        client.create(KLING)
    assert len(server.requests_to("submit")) == 1


def test_c11_rate_limits(client: Orca, server: Emulator[VirtualClock], clock: ClientClock) -> None:
    for type_ in ("rate_limit_exceeded", "free_rate_limited"):
        assert type(refusal(reply(429, openai(type_)), "it")) is errors.RateLimited
    assert retry_after(reply(429, **{"retry-after": "12"})) == 12
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    late = {"retry-after": date, "date": "Sun, 06 Nov 1994 08:49:07 GMT"}
    assert retry_after(reply(429, **late)) == 30
    assert retry_after(reply(429, **{"retry-after": date})) == 0
    assert retry_after(reply(429, **{"retry-after": "soon"})) is None
    assert retry_after(reply(429)) is None
    # Without a hint: from a few seconds, doubling.
    server.script.add(Fault("submit", status=429, times=4))
    client.create(KLING)
    assert [round(pause / 2**n) for n, pause in enumerate(clock.pauses)] == [2, 2, 2, 2]


@pytest.mark.parametrize("oddity", ["no_submission_status", "short_submission", "task_id_only"])
def test_c12_short_submission_answers(driver: str, oddity: Any) -> None:
    from tests.client.support import orca

    with (
        Emulator(clock=VirtualClock(), quirks=[oddity]) as server,
        orca(driver, server) as client,
    ):
        task = client.create(KLING)
        assert task.id in server.tasks
        assert task.handle.snapshot.state == "running"
        assert task.wait().video_url


def test_c12_task_id_is_preferred(client: Orca, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", change={"id": "another"}))
    assert client.create(KLING).id in server.tasks


def test_c13_milliseconds() -> None:
    for time in (1790000000, 1790000000000):
        flat = {"id": "t", "status": "queued", "created_at": time}
        assert read(flat).submitted_at == 1790000000
    assert read(wrapped(status="QUEUED", submit_time=0)).submitted_at is None


def test_c14_an_early_end_is_none() -> None:
    flat = {"id": "t", "completed_at": 1790000100, "created_at": 1790000000}
    assert read({**flat, "status": "in_progress"}).finished_at is None
    assert read({**flat, "status": "completed"}).finished_at == 1790000100


def test_c15_a_failure_without_an_error(client: Orca, server: Emulator[VirtualClock]) -> None:
    assert read({"id": "t", "status": "failed", "progress": 100}).failure is None
    server.script.add(Fault("submit", fail_reason=""))
    with pytest.raises(errors.TaskFailed, match="gives no reason"):
        client.create(KLING).wait()
    server.script.add(Fault("submit", fail_reason="the reason"))
    with pytest.raises(errors.TaskFailed, match="the reason"):
        client.create(KLING).wait()


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"status": "failed", "error": {"code": "OutputVideoSensitiveContentDetected", "message": "blocked"}},
         "OutputVideoSensitiveContentDetected", "blocked"),
        ({"status": "failed", "error": {"code": 500, "message": ""}}, "500", "500"),
        ({"status": "failed", "error": "no"}, None, "no"),
        (wrapped(status="FAILURE", fail_reason=" the reason "), None, "the reason"),
        (wrapped(status="FAILURE", data={"data": {"task_status_msg": "1301"}}), None, "1301"),
        (wrapped(status="FAILURE", data={"error": {"code": "InternalServiceError", "message": "m"}}),
         "InternalServiceError", "m"),
        (wrapped(status="FAILURE", fail_reason=URL), None, None),
    ],
)  # fmt: skip
def test_c15_where_the_reason_is(body: Any, code: str | None, text: str | None) -> None:
    snapshot = read(body)
    assert (snapshot.failure_code, snapshot.failure) == (code, text)


def test_c16_the_gateways_own_document_is_not_the_model(client: Orca) -> None:
    # What it describes, a flat answer on the wrapped path, is read all the same (C1); nothing relies on it.
    snapshot = client.create(KLING).wait()
    assert set(snapshot.raw) >= {"code", "data"}


def test_c17_where_minimax_takes_its_fields() -> None:
    body = {
        "model": "minimax/minimax-h3",
        "prompt": "A bud opens",
        "duration": 6,
        "size": "768P",
        "metadata": {"first_frame_image": "https://h/a.png", "ratio": "16:9"},
    }
    assert check(body).ok
    flags = {"model": "minimax/minimax-h3", "prompt": "A bud opens", "duration": "6",
             "resolution": "768P", "aspect_ratio": "16:9"}  # fmt: skip
    media = {"first_frame": ["https://h/a.png"]}
    assert compose({}, flags=flags, media=media, settings=()) == body


# 14.2: parameters

OMNI = "kling/kling-v3-omni"
V3 = "kling/kling-v3"
V26 = "kling/kling-v2-6"
PNG = "https://h/a.png"
VIDEO = {"video_url": "https://h/a.mp4", "refer_type": "feature"}


def kling(model: str, image: str | None = None, **metadata: Any) -> ValidationResult:
    shape = {} if image else {"aspect_ratio": "16:9"}
    body = {"model": model, "prompt": "x", "metadata": {"mode": "pro", **shape, **metadata}}
    return check({**body, "image": image} if image else body)


def seedance(**metadata: Any) -> ValidationResult:
    return check({**SEEDANCE, "metadata": {**SEEDANCE["metadata"], **metadata}})


def paths(found: Any) -> list[str]:
    return [each.path for each in found]


def test_p1_local_images_go_as_data_uris(
    client: Orca, server: Emulator[VirtualClock], tmp_path: Path
) -> None:
    file = tmp_path / "first.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n rest")
    client.create({"model": V3, "prompt": "x", "metadata": {"mode": "pro"}}, image=file)
    sent = server.requests_to("submit")[0].json()
    assert sent["image"].startswith("data:image/png;base64,")
    assert kling(V3, image=PNG).ok


def test_p2_video_o1_takes_5_or_10() -> None:
    found = kling("kling/kling-video-o1", duration="7", image_list=[{"image_url": PNG}])
    assert paths(found.errors) == ["metadata.duration"]
    assert kling("kling/kling-video-o1", duration="10").ok


def test_p3_a_reference_video_limits_the_length() -> None:
    assert paths(kling(OMNI, duration="12", video_list=[VIDEO]).errors) == ["metadata.duration"]
    assert kling(OMNI, duration="10", video_list=[VIDEO]).ok
    edited = kling(OMNI, duration="5", video_list=[{**VIDEO, "refer_type": "base"}])
    assert edited.ok
    assert "metadata.duration" in paths(edited.notes)


def test_p4_cfg_scale_is_taken_on_v3_and_never_added() -> None:
    assert kling(V3, cfg_scale=0.7).ok
    assert paths(kling(V26, cfg_scale=0.7).errors) == ["metadata.cfg_scale"]
    assert compose({}, flags={"model": V3, "prompt": "x"}, media={}, settings=()) == {
        "model": V3,
        "prompt": "x",
    }


def test_p5_shot_type_intelligence_on_omni_is_a_warning() -> None:
    found = kling(OMNI, multi_shot=True, shot_type="intelligence")
    assert (found.ok, paths(found.warnings)) == (True, ["metadata.shot_type"])


def test_p6_a_prompt_is_always_needed() -> None:
    shots = [{"index": 1, "prompt": "a", "duration": "5"}]
    metadata = {"mode": "pro", "aspect_ratio": "16:9", "duration": "5", "multi_shot": True,
                "shot_type": "customize", "multi_prompt": shots}  # fmt: skip
    assert check({"model": V3, "prompt": "x", "metadata": metadata}).ok
    assert paths(check({"model": V3, "prompt": " ", "metadata": metadata}).errors) == ["prompt"]


def test_p7_4k_on_two_models_and_without_a_video() -> None:
    assert kling(V3, mode="4k").ok
    assert kling(OMNI, mode="4k").ok
    assert paths(kling(V26, mode="4k").errors) == ["metadata.mode"]
    assert paths(kling(OMNI, mode="4k", video_list=[VIDEO]).errors) == ["metadata.mode"]


def test_p8_a_shape_beside_a_first_frame_is_a_note() -> None:
    found = kling(V3, image=PNG, aspect_ratio="16:9")
    assert (found.ok, paths(found.notes)) == (True, ["metadata.aspect_ratio"])


def test_p9_a_last_frame_where_kling_has_none_is_a_warning() -> None:
    for model, mode, path in (
        ("kling/kling-v2-master", "pro", "metadata.image_tail"),
        (V26, "std", "metadata.mode"),
    ):
        found = kling(model, image=PNG, image_tail=PNG, mode=mode)
        assert (found.ok, paths(found.warnings)) == (True, [path])
    assert list(kling(V26, image=PNG, image_tail=PNG)) == []


def test_p10_frames_on_omni_go_into_image_list() -> None:
    assert paths(kling(OMNI, image=PNG, aspect_ratio="16:9").warnings) == ["image"]
    media = {"first_frame": [PNG], "last_frame": [PNG], "reference_image": [PNG]}
    request = compose({}, flags={"model": OMNI, "prompt": "x"}, media=media, settings=())
    assert "image" not in request
    assert [each.get("type") for each in request["metadata"]["image_list"]] == [
        "first_frame",
        "end_frame",
        None,
    ]


def test_p11_no_sound_with_a_video() -> None:
    assert paths(kling(OMNI, sound="on", video_list=[VIDEO]).errors) == ["metadata.sound"]
    assert kling(OMNI, sound="off", video_list=[VIDEO]).ok


def test_p12_no_sound_with_a_last_frame_on_v2_6() -> None:
    assert paths(kling(V26, image=PNG, image_tail=PNG, sound="on").errors) == ["metadata.sound"]


def test_p13_seedances_word_is_last_frame() -> None:
    def frames(last: str) -> list[dict[str, Any]]:
        return [
            {"type": "image_url", "image_url": {"url": PNG}, "role": role}
            for role in ("first_frame", last)
        ]

    assert seedance(content=frames("last_frame")).ok
    (found,) = seedance(content=frames("end_frame")).errors
    assert (found.path, found.suggestion) == ("metadata.content[1].role", "last_frame")
    media = {"first_frame": [PNG], "last_frame": [PNG]}
    flags = {"model": SEEDANCE["model"], "prompt": "x"}
    composed = compose({}, flags=flags, media=media, settings=())
    assert composed["metadata"]["content"] == frames("last_frame")


def test_p14_duration_has_the_type_of_its_family() -> None:
    assert paths(seedance(duration="6").errors) == ["metadata.duration"]
    assert paths(kling(V3, duration=6).errors) == ["metadata.duration"]
    for model, sent in ((SEEDANCE["model"], 6), (V3, "6")):
        flags = {"model": model, "prompt": "x", "duration": "6"}
        assert compose({}, flags=flags, media={}, settings=())["metadata"] == {"duration": sent}


def test_p15_no_flex_tier_on_seedance_2() -> None:
    assert paths(seedance(service_tier="flex").errors) == ["metadata.service_tier"]
    assert seedance(service_tier="default").ok


def test_p16_generate_audio_is_sent_as_said(client: Orca, server: Emulator[VirtualClock]) -> None:
    client.create(SEEDANCE)
    assert server.requests_to("submit")[0].json()["metadata"]["generate_audio"] is False
    for word, value in (("on", True), ("off", False)):
        flags = {"model": SEEDANCE["model"], "prompt": "x", "sound": word}
        assert compose({}, flags=flags, media={}, settings=())["metadata"] == {
            "generate_audio": value
        }


def test_p17_4k_on_seedance_is_a_warning() -> None:
    found = seedance(resolution="4k")
    assert (found.ok, paths(found.warnings)) == (True, ["metadata.resolution"])


def test_p18_reference_images_on_planned_models_are_a_warning() -> None:
    content = [{"type": "image_url", "image_url": {"url": PNG}, "role": "reference_image"}]
    body = {"model": "byteplus/seedance-1-5-pro", "prompt": "x", "metadata": {"content": content}}
    found = check(body)
    assert (found.ok, paths(found.warnings)) == (True, ["model", "metadata.content[0]"])


def test_p19_unknown_models_pass(client: Orca, server: Emulator[VirtualClock]) -> None:
    assert check({"model": "kling/kling-v9", "prompt": "x"}).ok
    with pytest.raises(errors.ModelNotFound):  # said by the service, not by us
        client.create({"model": "kling/kling-v9", "prompt": "x"})
    assert len(server.requests_to("submit")) == 1


def test_p20_unknown_metadata_passes_with_a_note(
    client: Orca, server: Emulator[VirtualClock]
) -> None:
    found = kling(V3, future_key=1)
    assert (found.ok, paths(found.notes)) == (True, ["metadata.future_key"])
    client.create({**KLING, "metadata": {**KLING["metadata"], "future_key": 1}})
    assert server.requests_to("submit")[0].json()["metadata"]["future_key"] == 1


def test_answers_that_surely_made_no_task() -> None:
    assert made_no_task(reply(400, task_error("anything")))
    assert made_no_task(reply(503, openai("model_not_found")))
    assert made_no_task(reply(307))
    for unsure in (
        reply(500),
        reply(502, openai("upstream_error")),
        reply(303),
        reply(408),
        reply(499),
    ):
        assert not made_no_task(unsure)
