"""What the client does where its sources conflict: one test per row of section 14 of the API reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.client.support import KLING, SEEDANCE, AnyClient, ClientClock, HTTPResponse

from orcarouter import errors
from orcarouter._responses import (
    definitely_not_accepted,
    make_rejection_error,
    parse_error,
    parse_retry_after,
)
from orcarouter.capabilities import ValidationResult, check
from orcarouter.cli.compose import compose
from orcarouter.task import InvalidTaskError, parse_snapshot, parse_state
from orcarouter.testing import Emulator, Fault, VirtualClock

URL = "https://cdn.example.net/out/abc.mp4?Signature=s"
SAMPLE = Path(__file__).parents[2].joinpath("client/orcarouter/testing/sample.mp4").read_bytes()


def wrapped_form(**data: Any) -> dict[str, Any]:
    return {"code": "success", "message": "", "data": {"task_id": "t", **data}}


def parse(body: Any) -> Any:
    return parse_snapshot(body, "t")


def make_response(status_code: int, body: Any = None, **headers: str) -> HTTPResponse:
    return HTTPResponse(status_code, headers, json.dumps(body).encode())


def openai_error(code: Any = None, message: str = "no") -> dict[str, Any]:
    return {
        "error": {"message": message, "type": "orcarouter_api_error", "code": code, "param": None}
    }


def task_error(code: str, message: str = "no") -> dict[str, Any]:
    return {"code": code, "message": message, "data": None}


# Section 14.1: the wire format


class TestC1:
    """Two response shapes: one parser reads both, on either path."""

    def test_wrapped_and_flat_responses_are_equivalent(self) -> None:
        wrapped_task = parse(wrapped_form(status="SUCCESS", progress="100%", result_url=URL))
        flat_task = parse(
            {"id": "t", "status": "completed", "progress": 100, "metadata": {"url": URL}}
        )
        for snapshot in (wrapped_task, flat_task):
            assert (snapshot.state, snapshot.progress, snapshot.video_url) == (
                "succeeded",
                100,
                URL,
            )

    def test_flat_response_with_data_without_status(self) -> None:
        assert parse({"id": "t", "status": "in_progress", "data": {"x": 1}}).state == "running"

    @pytest.mark.orcarouter_emulator(quirks=["legacy_flat"])
    def test_flat_response_on_the_wrapped_path(self, client: AnyClient, tmp_path: Path) -> None:
        client.create(KLING).download(tmp_path / "a.mp4")

    @pytest.mark.orcarouter_emulator(quirks=["wrapped_flat"])
    def test_flat_response_inside_the_wrapper(self, client: AnyClient, tmp_path: Path) -> None:
        client.create(KLING).download(tmp_path / "a.mp4")

    def test_the_documented_path_is_polled(
        self, client: AnyClient, server: Emulator[VirtualClock]
    ) -> None:
        task = client.create(KLING)
        task.wait()
        assert {each.path for each in server.requests_to("lookup")} == {
            f"/v1/video/generations/{task.id}"
        }


class TestC2:
    """Three sets of status values, compared case-insensitively; an unknown one means running."""

    @pytest.mark.parametrize(
        "status", ["SUCCESS", "succeeded", "Succeed", "completed", " success "]
    )
    def test_success(self, status: str) -> None:
        assert parse_state(status) == "succeeded"

    @pytest.mark.parametrize("status", ["FAILURE", "failed", "cancelled", "Canceled", "EXPIRED"])
    def test_failure(self, status: str) -> None:
        assert parse_state(status) == "failed"

    @pytest.mark.parametrize(
        "status",
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
    def test_anything_else_is_running(self, status: str) -> None:
        assert parse_state(status) == "running"


@pytest.mark.parametrize(
    ("value", "percent"),
    [("30%", 30), ("30", 30), (30, 30), (30.4, 30), ("", None), (None, None), ([], None),
     ("x", None), (True, None), (-5, 0), ("250%", 100), (float("nan"), None)],
)  # fmt: skip
def test_c3_progress(value: Any, percent: int | None) -> None:
    assert parse(wrapped_form(status="IN_PROGRESS", progress=value)).progress == percent


def test_c3_progress_does_not_determine_the_state() -> None:
    assert (
        parse(wrapped_form(status="IN_PROGRESS", progress="100%", result_url=URL)).state
        == "running"
    )
    assert parse(wrapped_form(status="SUCCESS", progress="")).state == "succeeded"


@pytest.mark.parametrize(
    "body",
    [
        wrapped_form(status="SUCCESS", result_url=URL, fail_reason="https://other/x"),
        wrapped_form(status="SUCCESS", fail_reason=URL),
        wrapped_form(status="SUCCESS", result_url="", fail_reason=URL),
        wrapped_form(status="SUCCESS", data={"data": {"task_result": {"videos": [{"url": URL}]}}}),
        wrapped_form(
            status="SUCCESS", data={"code": 0, "data": {"task_result": {"videos": [{"url": URL}]}}}
        ),
        wrapped_form(status="SUCCESS", data={"content": {"video_url": URL}}),
        wrapped_form(status="SUCCESS", url=URL),
        {"task_id": "t", "status": "succeeded", "url": URL, "error": None},
        {"id": "t", "status": "completed", "metadata": {"url": URL}},
    ],
)
def test_c4_locations_of_the_url(body: Any) -> None:
    assert parse(body).video_url == URL


@pytest.mark.parametrize(
    "text", ["done", "ftp://h/x", "https://", "https:// h", "//h/x", 7, None, "http://[x"]
)
def test_c4_values_that_are_not_urls(text: Any) -> None:
    snapshot = parse(wrapped_form(status="SUCCESS", result_url=text))
    assert (snapshot.state, snapshot.video_url) == ("succeeded", None)


def test_c4_urls_of_other_files() -> None:
    kling = {
        "data": {
            "task_result": {"videos": [{"url": URL, "watermark_url": URL + "w", "duration": "5.1"}]}
        }
    }
    snapshot = parse(wrapped_form(status="SUCCESS", data=kling))
    assert (snapshot.watermarked_url, snapshot.seconds) == (URL + "w", 5.1)
    ark = {"content": {"video_url": URL, "last_frame_url": URL + "f"}}
    assert parse(wrapped_form(status="SUCCESS", data=ark)).last_frame_url == URL + "f"


def test_c5_a_failed_task_has_no_url() -> None:
    text = "content risk control triggered"
    assert parse(wrapped_form(status="FAILURE", result_url=text, fail_reason=text)).failure == text
    failed = parse(wrapped_form(status="FAILURE", result_url=URL))
    assert (failed.video_url, failed.failure) == (None, None)


@pytest.mark.parametrize("code", ["success", "", None, 0, "SUCCESS"])
def test_c6_codes_of_successful_responses(code: Any) -> None:
    assert parse_error(200, {"code": code, "message": "m", "data": {"status": "QUEUED"}}) is None


def test_c6_a_usable_task_takes_precedence_over_an_unknown_code() -> None:
    assert (
        parse({"code": "odd", "message": "m", "data": {"status": "SUCCESS"}}).state == "succeeded"
    )
    with pytest.raises(InvalidTaskError):
        parse({"code": "odd", "message": "m", "data": None})
    assert parse_error(200, {"code": "odd", "message": "m", "data": None}) is not None


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (openai_error("bad_thing"), "bad_thing", "no"),
        (openai_error(1301), "1301", "no"),
        (openai_error(None), None, "no"),
        ({"error": {"message": "no"}}, None, "no"),
        ({"error": "no"}, None, "no"),
        (task_error("invalid_request"), "invalid_request", "no"),
    ],
)
def test_c7_both_envelopes(body: Any, code: str | None, message: str) -> None:
    error = parse_error(400, body)
    assert error is not None
    assert (error.code, error.message) == (code, message)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"data": 1}, {"error": None}])
def test_c7_bodies_without_an_error(body: Any) -> None:
    assert parse_error(400, body) is None


@pytest.mark.parametrize("quirks", [[], ["unknown_task_400"]])
def test_c8_task_not_found(
    client: AnyClient, server: Emulator[VirtualClock], quirks: list[str]
) -> None:
    if quirks:
        server.script.add(Fault("lookup", status=400, code="task_not_exist", error_format="task"))
    with pytest.raises(errors.TaskNotFoundError):
        client.task("task_unknown").wait()
    assert len(server.requests_to("lookup")) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (402, openai_error("insufficient_user_quota"), errors.InsufficientCreditError),
        (402, None, errors.InsufficientCreditError),
        (403, openai_error("insufficient_user_quota"), errors.InsufficientCreditError),
        (403, task_error("quota_insufficient"), errors.InsufficientCreditError),
        (403, openai_error("insufficient_credit"), errors.InsufficientCreditError),
        (403, openai_error("model_access_denied"), errors.PermissionDeniedError),
        (403, None, errors.PermissionDeniedError),
    ],
)
def test_c9_insufficient_credit(
    status: int, body: Any, kind: type[errors.RequestRejectedError]
) -> None:
    assert type(make_rejection_error(make_response(status, body), "it")) is kind


@pytest.mark.parametrize("status", [404, 503])
def test_c10_unknown_model(client: AnyClient, server: Emulator[VirtualClock], status: int) -> None:
    server.script.add(Fault("submit", status=status, code="model_not_found"))
    with pytest.raises(errors.ModelNotFoundError):
        client.create(KLING)
    assert len(server.requests_to("submit")) == 1


def test_c11_rate_limits(
    client: AnyClient, server: Emulator[VirtualClock], clock: ClientClock
) -> None:
    for type_ in ("rate_limit_exceeded", "free_rate_limited"):
        assert (
            type(make_rejection_error(make_response(429, openai_error(type_)), "it"))
            is errors.RateLimitError
        )
    assert parse_retry_after(make_response(429, **{"retry-after": "12"})) == 12
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    late = {"retry-after": date, "date": "Sun, 06 Nov 1994 08:49:07 GMT"}
    assert parse_retry_after(make_response(429, **late)) == 30
    assert parse_retry_after(make_response(429, **{"retry-after": date})) == 0
    assert parse_retry_after(make_response(429, **{"retry-after": "soon"})) is None
    assert parse_retry_after(make_response(429)) is None
    for value in (
        "9" * 5000,
        "1" * 300 + "." + "1" * 300,
        "-5",
        "nan",
        "inf",
        "1e999",
        ".",
        "\u00b2",
        "\xff\xfe",
        "\x00",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Fri, 31 Dec 9999 23:59:59 -999999999999",
        "Fri, 31 Dec 99999999999999999999 23:59:59 GMT",
        "Fri, 00 Foo 2026 99:99:99 GMT",
        "Fri,",
        "1 2 3 4 5 6 7 8 9",
    ):
        headers = {"retry-after": value}
        for date in ("", "Mon, 01 Jan 0001 00:00:00 +2359", value):
            seconds = parse_retry_after(make_response(429, **headers, date=date))
            assert seconds is None or 0 <= seconds <= 86400, value
    # Without Retry-After: exponential backoff from two seconds.
    server.script.add(Fault("submit", status=429, times=4))
    client.create(KLING)
    assert [round(delay / 2**n) for n, delay in enumerate(clock.sleeps)] == [2, 2, 2, 2]


@pytest.mark.parametrize("quirk", ["no_submission_status", "short_submission", "task_id_only"])
def test_c12_short_submission_responses(client_kind: str, quirk: Any) -> None:
    from tests.client.support import open_client

    with (
        Emulator(clock=VirtualClock(), quirks=[quirk]) as server,
        open_client(client_kind, server) as client,
    ):
        task = client.create(KLING)
        assert task.id in server.tasks
        assert task.handle.snapshot.state == "running"
        assert task.wait().video_url


def test_c12_task_id_is_preferred(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", change={"id": "another"}))
    assert client.create(KLING).id in server.tasks


def test_c13_times_in_milliseconds() -> None:
    for time in (1790000000, 1790000000000):
        flat = {"id": "t", "status": "queued", "created_at": time}
        assert parse(flat).submitted_at == 1790000000
    assert parse(wrapped_form(status="QUEUED", submit_time=0)).submitted_at is None


def test_c14_running_tasks_have_no_end_time() -> None:
    flat = {"id": "t", "completed_at": 1790000100, "created_at": 1790000000}
    assert parse({**flat, "status": "in_progress"}).finished_at is None
    assert parse({**flat, "status": "completed"}).finished_at == 1790000100


def test_c15_failure_without_an_error(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    assert parse({"id": "t", "status": "failed", "progress": 100}).failure is None
    server.script.add(Fault("submit", fail_reason=""))
    with pytest.raises(errors.TaskFailedError, match="gives no reason"):
        client.create(KLING).wait()
    server.script.add(Fault("submit", fail_reason="the reason"))
    with pytest.raises(errors.TaskFailedError, match="the reason"):
        client.create(KLING).wait()


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"status": "failed", "error": {"code": "OutputVideoSensitiveContentDetected", "message": "blocked"}},
         "OutputVideoSensitiveContentDetected", "blocked"),
        ({"status": "failed", "error": {"code": 500, "message": ""}}, "500", "500"),
        ({"status": "failed", "error": "no"}, None, "no"),
        (wrapped_form(status="FAILURE", fail_reason=" the reason "), None, "the reason"),
        (wrapped_form(status="FAILURE", data={"data": {"task_status_msg": "1301"}}), None, "1301"),
        (wrapped_form(status="FAILURE", data={"error": {"code": "InternalServiceError", "message": "m"}}),
         "InternalServiceError", "m"),
        (wrapped_form(status="FAILURE", fail_reason=URL), None, None),
    ],
)  # fmt: skip
def test_c15_locations_of_the_failure_reason(body: Any, code: str | None, text: str | None) -> None:
    snapshot = parse(body)
    assert (snapshot.failure_code, snapshot.failure) == (code, text)


def test_c16_the_wrapped_form_is_the_norm(client: AnyClient) -> None:
    # The flat response on the wrapped path that it describes is accepted (C1), but not required.
    snapshot = client.create(KLING).wait()
    assert set(snapshot.raw) >= {"code", "data"}


def test_c17_locations_of_minimax_fields() -> None:
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


# Section 14.2: parameters

OMNI = "kling/kling-v3-omni"
V3 = "kling/kling-v3"
V26 = "kling/kling-v2-6"
PNG = "https://h/a.png"
VIDEO = {"video_url": "https://h/a.mp4", "refer_type": "feature"}


def kling(model: str, image: str | None = None, **metadata: Any) -> ValidationResult:
    ratio = {} if image else {"aspect_ratio": "16:9"}
    body = {"model": model, "prompt": "x", "metadata": {"mode": "pro", **ratio, **metadata}}
    return check({**body, "image": image} if image else body)


def seedance(**metadata: Any) -> ValidationResult:
    return check({**SEEDANCE, "metadata": {**SEEDANCE["metadata"], **metadata}})


def paths(violations: Any) -> list[str]:
    return [violation.path for violation in violations]


def test_p1_local_images_are_sent_as_data_uris(
    client: AnyClient, server: Emulator[VirtualClock], tmp_path: Path
) -> None:
    file = tmp_path / "first.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n rest")
    client.create({"model": V3, "prompt": "x", "metadata": {"mode": "pro"}}, image=file)
    sent = server.requests_to("submit")[0].json()
    assert sent["image"].startswith("data:image/png;base64,")
    assert kling(V3, image=PNG).ok


def test_p2_video_o1_accepts_durations_5_and_10() -> None:
    result = kling("kling/kling-video-o1", duration="7", image_list=[{"image_url": PNG}])
    assert paths(result.errors) == ["metadata.duration"]
    assert kling("kling/kling-video-o1", duration="10").ok


def test_p3_a_reference_video_limits_the_duration() -> None:
    assert paths(kling(OMNI, duration="12", video_list=[VIDEO]).errors) == ["metadata.duration"]
    assert kling(OMNI, duration="10", video_list=[VIDEO]).ok
    edited = kling(OMNI, duration="5", video_list=[{**VIDEO, "refer_type": "base"}])
    assert edited.ok
    assert "metadata.duration" in paths(edited.notes)


def test_p4_cfg_scale_is_valid_on_v3_and_never_added() -> None:
    assert kling(V3, cfg_scale=0.7).ok
    assert paths(kling(V26, cfg_scale=0.7).errors) == ["metadata.cfg_scale"]
    assert compose({}, flags={"model": V3, "prompt": "x"}, media={}, settings=()) == {
        "model": V3,
        "prompt": "x",
    }


def test_p5_shot_type_intelligence_on_omni_is_a_warning() -> None:
    result = kling(OMNI, multi_shot=True, shot_type="intelligence")
    assert (result.ok, paths(result.warnings)) == (True, ["metadata.shot_type"])


def test_p6_the_prompt_is_required() -> None:
    shots = [{"index": 1, "prompt": "a", "duration": "5"}]
    metadata = {"mode": "pro", "aspect_ratio": "16:9", "duration": "5", "multi_shot": True,
                "shot_type": "customize", "multi_prompt": shots}  # fmt: skip
    assert check({"model": V3, "prompt": "x", "metadata": metadata}).ok
    assert paths(check({"model": V3, "prompt": " ", "metadata": metadata}).errors) == ["prompt"]


def test_p7_4k_needs_one_of_two_models_and_no_video() -> None:
    assert kling(V3, mode="4k").ok
    assert kling(OMNI, mode="4k").ok
    assert paths(kling(V26, mode="4k").errors) == ["metadata.mode"]
    assert paths(kling(OMNI, mode="4k", video_list=[VIDEO]).errors) == ["metadata.mode"]


def test_p8_aspect_ratio_with_a_first_frame_is_a_note() -> None:
    result = kling(V3, image=PNG, aspect_ratio="16:9")
    assert (result.ok, paths(result.notes)) == (True, ["metadata.aspect_ratio"])


def test_p9_unsupported_last_frame_on_kling_is_a_warning() -> None:
    for model, mode, path in (
        ("kling/kling-v2-master", "pro", "metadata.image_tail"),
        (V26, "std", "metadata.mode"),
    ):
        result = kling(model, image=PNG, image_tail=PNG, mode=mode)
        assert (result.ok, paths(result.warnings)) == (True, [path])
    assert list(kling(V26, image=PNG, image_tail=PNG)) == []


def test_p10_frames_on_omni_belong_in_image_list() -> None:
    assert paths(kling(OMNI, image=PNG, aspect_ratio="16:9").warnings) == ["image"]
    media = {"first_frame": [PNG], "last_frame": [PNG], "reference_image": [PNG]}
    request = compose({}, flags={"model": OMNI, "prompt": "x"}, media=media, settings=())
    assert "image" not in request
    assert [each.get("type") for each in request["metadata"]["image_list"]] == [
        "first_frame",
        "end_frame",
        None,
    ]


def test_p11_no_sound_with_a_reference_video() -> None:
    assert paths(kling(OMNI, sound="on", video_list=[VIDEO]).errors) == ["metadata.sound"]
    assert kling(OMNI, sound="off", video_list=[VIDEO]).ok


def test_p12_no_sound_with_a_last_frame_on_v2_6() -> None:
    assert paths(kling(V26, image=PNG, image_tail=PNG, sound="on").errors) == ["metadata.sound"]


def test_p13_seedance_uses_the_role_last_frame() -> None:
    def frames(last: str) -> list[dict[str, Any]]:
        return [
            {"type": "image_url", "image_url": {"url": PNG}, "role": role}
            for role in ("first_frame", last)
        ]

    assert seedance(content=frames("last_frame")).ok
    (violation,) = seedance(content=frames("end_frame")).errors
    assert (violation.path, violation.suggestion) == ("metadata.content[1].role", "last_frame")
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


def test_p16_generate_audio_is_sent_unchanged(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    client.create(SEEDANCE)
    assert server.requests_to("submit")[0].json()["metadata"]["generate_audio"] is False
    for option, value in (("on", True), ("off", False)):
        flags = {"model": SEEDANCE["model"], "prompt": "x", "sound": option}
        assert compose({}, flags=flags, media={}, settings=())["metadata"] == {
            "generate_audio": value
        }


def test_p17_4k_on_seedance_is_a_warning() -> None:
    result = seedance(resolution="4k")
    assert (result.ok, paths(result.warnings)) == (True, ["metadata.resolution"])


def test_p18_reference_images_on_planned_models_are_a_warning() -> None:
    content = [{"type": "image_url", "image_url": {"url": PNG}, "role": "reference_image"}]
    body = {"model": "byteplus/seedance-1-5-pro", "prompt": "x", "metadata": {"content": content}}
    result = check(body)
    assert (result.ok, paths(result.warnings)) == (True, ["model", "metadata.content[0]"])


def test_p19_unknown_models_pass(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    assert check({"model": "other/new-model", "prompt": "x"}).ok
    # Near a known one it is most likely a mistake; `check="warn"` sends it nevertheless.
    assert not check({"model": "kling/kling-v9", "prompt": "x"}).ok
    with pytest.raises(errors.ModelNotFoundError):  # from the service, not from validation
        client.create({"model": "kling/kling-v9", "prompt": "x"}, check="warn")
    assert len(server.requests_to("submit")) == 1


def test_p20_unknown_metadata_passes_with_a_note(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    result = kling(V3, future_key=1)
    assert (result.ok, paths(result.notes)) == (True, ["metadata.future_key"])
    client.create({**KLING, "metadata": {**KLING["metadata"], "future_key": 1}})
    assert server.requests_to("submit")[0].json()["metadata"]["future_key"] == 1


def test_responses_that_prove_a_rejection() -> None:
    assert definitely_not_accepted(make_response(400, task_error("anything")))
    assert definitely_not_accepted(make_response(503, openai_error("model_not_found")))
    assert definitely_not_accepted(make_response(307))
    for ambiguous in (
        make_response(500),
        make_response(502, openai_error("upstream_error")),
        make_response(303),
        make_response(408),
        make_response(499),
    ):
        assert not definitely_not_accepted(ambiguous)
