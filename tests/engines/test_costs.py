"""Costs: from usage and a dated price list; never a surprise."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.costs import by_service
from chalicelib.engines.costs import PriceList, cost, prices
from chalicelib.engines.registry import module_of
from chalicelib.pipeline.estimates import cost_of
from chalicelib.seams.transcription import TRANSCRIPTION
from deployment.template import UNLESS_ASKED
from docs import idle_costs, make_costs

LISTED = PriceList("2026-11-21", {"a": Decimal("0.5"), "b": Decimal("0.000001")})
USAGES = st.dictionaries(st.sampled_from(["a", "b"]), st.decimals(0, 10_000, places=3))


@given(USAGES, USAGES)
def test_work_done_together_costs_what_it_costs_apart(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> None:
    apart = cost([one], LISTED).usd + cost([other], LISTED).usd
    assert abs(cost([one, other], LISTED).usd - apart) <= Decimal("0.000004")


def test_what_has_no_price_is_named_and_not_counted() -> None:
    found = cost([{"a": Decimal(2), "c": Decimal(7)}], LISTED)
    assert found.usd == 1
    assert found.unpriced == ("c",)
    assert [line.item for line in found.lines] == ["a"]


@given(st.floats(1, 36_000), st.floats(1, 36_000), st.sampled_from(sorted(make_costs.CHOICES)))
def test_a_longer_recording_never_costs_less(one: float, other: float, choice: str) -> None:
    shorter, longer = sorted((one, other))
    settings = make_costs.CHOICES[choice]

    def usd(seconds: float) -> Decimal:
        work = make_costs.recording()
        media = replace(work.asset.media, duration=seconds)  # type: ignore[type-var]
        made = tuple(replace(r, duration=min(r.duration, seconds)) for r in work.asset.renditions)
        asset = replace(work.asset, media=media, renditions=made)
        return cost_of(replace(work, asset=asset, transcript=None, settings=settings)).usd

    assert usd(shorter) <= usd(longer)


def test_transcribe_charges_begun_seconds_and_at_least_fifteen() -> None:
    work = replace(make_costs.recording(), settings=make_costs.SETTINGS)
    short = replace(work, asset=replace(work.asset, media=replace(work.asset.media, duration=3.2)))  # type: ignore[type-var]
    charges = module_of(TRANSCRIPTION, "amazon_transcribe").charges
    assert charges(short) == {"transcribe.batch": Decimal("0.25")}
    assert charges(work) == {"transcribe.batch": Decimal(60)}
    assert charges(replace(work, transcript=None)) == {}


def test_engines_on_this_machine_charge_nothing() -> None:
    assert module_of(TRANSCRIPTION, "local.engines.pocketsphinx").charges(make_costs.recording()) == {}


def test_a_model_without_a_price_is_named() -> None:
    settings = make_costs.deployed(summarizer="bedrock", bedrock_model="eu.acme.large-v9:0")
    assert cost_of(replace(make_costs.recording(), settings=settings)).unpriced == (
        "bedrock.acme.large-v9:0.input",
        "bedrock.acme.large-v9:0.output",
    )


def test_costs_are_told_by_service() -> None:
    listed = PriceList("2026-11-21", {"s3.put": Decimal(1), "s3.get": Decimal(2), "sqs.request": Decimal(3)})
    assert by_service(cost([{"s3.put": Decimal(1), "s3.get": Decimal(1), "sqs.request": Decimal(2)}], listed)) == {
        "s3": Decimal(3),
        "sqs": Decimal(6),
    }


def items() -> list[Any]:
    listed = json.loads((Path(make_costs.ROOT) / "chalicelib" / "engines" / "prices.json").read_text())
    return [*listed["items"].items(), *listed["idle"].items(), *listed["alternatives"].items()]


@pytest.mark.parametrize(("name", "price"), items())
def test_every_price_says_for_what_and_from_where(name: str, price: dict[str, Any]) -> None:
    assert set(price) == {"unit", "usd", "source", "verified"}
    assert Decimal(price["usd"]) > 0
    assert price["source"].startswith("https://")


def test_the_page_of_costs_is_what_the_script_writes() -> None:
    assert make_costs.PAGE.read_text() == make_costs.page(), "run: python docs/make_costs.py"
    assert prices().as_of in make_costs.PAGE.read_text()


def test_every_kind_of_resource_is_free_while_it_stands_there_or_is_reckoned() -> None:
    kinds = {resource["Type"] for resource in idle_costs.resources()}
    assert kinds - set(idle_costs.FREE) == {idle_costs.ALARM, idle_costs.IMAGES_KIND}
    for resource in idle_costs.resources():
        given = resource.get("Properties", {})
        assert given.get("BillingMode", "PAY_PER_REQUEST") == "PAY_PER_REQUEST", "capacity that is bought beforehand"
        assert given.get("PricingPlan", "ON_DEMAND") == "ON_DEMAND"
        assert "alias/aws/" in str(given.get("KmsMasterKeyId", "alias/aws/")), "a key of one's own is a dollar a month"


def test_an_alarm_is_charged_by_each_metric_that_it_looks_at() -> None:
    plain = {"Type": idle_costs.ALARM, "Properties": {"MetricName": "Errors"}}
    sums = {
        "Type": idle_costs.ALARM,
        "Properties": {"Metrics": [{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": ""}]},
    }
    assert idle_costs.alarm_metrics([plain, sums, {"Type": "AWS::SQS::Queue"}]) == 3


def test_what_stands_is_told_to_the_cent() -> None:
    found = idle_costs.standing()
    assert all(one.least <= one.most <= one.without_free for one in found)
    (alarms, polling, clock, mail) = found
    metrics = idle_costs.alarm_metrics(idle_costs.resources(*UNLESS_ASKED))
    assert alarms.without_free == metrics * Decimal("0.10")
    assert polling.least == (10 * 2 * 730 * 3600 // 20 - 1_000_000) * Decimal("0.0000004")
    assert clock.what.startswith("2,220 calls"), "three an hour, one a day"
    page, readme = make_costs.PAGE.read_text(), (make_costs.ROOT / "README.md").read_text()
    least, most = (sum(getattr(one, part) for one in found) for part in ("least", "most"))
    told = f"${least:.2f} to ${most:.2f} a month"
    assert told in page.replace("**", "")
    assert told in readme.replace("\n", " ")
    assert mail.most > 0
