"""What each option costs by itself, and that an estimate is of what is asked for."""

from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Options
from chalicelib.domain.media import MediaInfo
from chalicelib.pipeline import choices, estimates
from docs.make_costs import deployed

AWS = deployed()
FILM = estimates.media_of(600.0, video=True)


def told(option: str) -> dict[str, Decimal]:
    return {price.per: price.usd for price in choices.costs(option, AWS)}


def test_a_detection_costs_by_the_minute_the_picture_and_the_still() -> None:
    dime, mill = Decimal("0.1"), Decimal("0.001")
    assert told("label") == told("text") == {"minute": dime, "picture": mill, "frame": mill}
    assert told("segment") == {"minute": dime}, "stills tell no shots, and a picture has none"
    assert told("person") == {}


def test_stills_cost_something_themselves_once_for_all_that_is_looked_for_in_them() -> None:
    stills = AiOptions(framebased=True, frame_capture_mode=1, transcribe=False)
    one, two = replace(stills, label=True), replace(stills, label=True, text=True)

    def usd(ai: AiOptions) -> Decimal:
        return estimates.estimate(FILM, Options(presets=(), ai=ai), AWS).usd

    each = told("label")["frame"] * 601
    assert usd(two) - usd(one) == each
    assert float(usd(one) - usd(stills)) == pytest.approx(float(each + 10 * told("framebased")["minute"]))


def test_what_reads_costs_by_the_page_and_what_listens_by_the_minute() -> None:
    assert set(told("textract")) == {"page"}
    assert set(told("transcribe")) == {"minute"}


def items(media: MediaInfo, ai: AiOptions, settings: object = AWS) -> set[str]:
    found = estimates.estimate(media, Options(presets=(), ai=ai), settings)  # type: ignore[arg-type]
    assert found.unpriced == ()
    services = {line.item.partition(".")[0] for line in found.lines if line.usd > Decimal("0.0005")}
    return services - {"mediaconvert"}


def test_an_estimate_is_of_what_is_asked_for_over_what_the_deployment_does() -> None:
    assert items(FILM, AiOptions()) == {"transcribe", "comprehend"}
    assert items(FILM, AiOptions(label=True)) == {"transcribe", "comprehend", "rekognition"}
    assert items(FILM, AiOptions(transcribe=False)) == set()
    eager = replace(AWS, ai_options=AiOptions(moderation=True))
    assert "rekognition" in items(FILM, AiOptions(), eager)
    assert "rekognition" not in items(FILM, AiOptions(moderation=False), eager), "an explicit no wins"


def test_what_the_deployment_does_not_allow_costs_nothing() -> None:
    asked = AiOptions(face=True, transcribe=False)
    assert items(FILM, asked) == set()
    assert items(FILM, asked, replace(AWS, biometrics=True)) == {"rekognition"}


def test_a_document_costs_by_its_pages_unless_it_is_not_to_be_read() -> None:
    page, pages = estimates.document_of(1), estimates.document_of(100)
    assert items(page, AiOptions()) == {"textract", "comprehend"}
    assert items(page, AiOptions(textract=False)) == set()
    one, many = (estimates.estimate(media, Options(), AWS).usd for media in (page, pages))
    assert 80 * one < many < 120 * one


def test_a_picture_costs_what_is_looked_for_in_it() -> None:
    assert items(estimates.A_PICTURE, AiOptions()) == set()
    assert items(estimates.A_PICTURE, AiOptions(label=True, moderation=True)) == {"rekognition"}
