"""One setting names an extension: its seam, engine and options are then known to all that goes by seams."""

import sys
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from types import ModuleType

import pytest

from chalicelib.clients.aws import Aws
from chalicelib.domain.assets import Options, Status
from chalicelib.errors import SettingsError
from chalicelib.pipeline import estimates
from chalicelib.seams.registry import SEAMS
from chalicelib.services import Services
from chalicelib.settings import Settings
from deployment.errors import DeploymentError
from deployment.policies import API, policies
from deployment.target import Target
from docs import make_costs
from local.runtime import engines
from tests.harness.aws_calls import PLACE
from tests.harness.service import running_service
from tests.house.test_settings import GOOD
from tests.toy.abacus import Abacus
from tests.toy.counting import COUNTING

EXTENDED = GOOD | {"RAPPORTEUR_EXTENSIONS": "tests.toy", "RAPPORTEUR_COUNTER": "tests.toy.abacus"}

ON_AWS = {seam.setting.upper(): seam.on_aws for seam in SEAMS if seam.on_aws}


def extended(**own: str) -> Settings:
    return Settings.from_environment(EXTENDED | {f"RAPPORTEUR_{name}": value for name, value in own.items()})


def test_its_seams_come_behind_the_built_in_ones_and_only_where_it_is_named() -> None:
    assert tuple(Settings.from_environment(GOOD).engines) == SEAMS
    assert tuple(extended().engines) == (*SEAMS, COUNTING)


def test_the_engine_of_its_seam_is_required_as_those_of_others() -> None:
    with pytest.raises(SettingsError, match=r"PROBER .*; RAPPORTEUR_COUNTER \(engine that counts words\) is not set"):
        extended(COUNTER="", PROBER="")


def engine_of(settings: Settings) -> Abacus:
    found = Services(settings, Aws()).engine(COUNTING)
    assert isinstance(found, Abacus)
    return found


def test_its_engine_is_made_from_its_own_options() -> None:
    assert [engine_of(settings).beads for settings in (extended(), extended(ABACUS_BEADS="7"))] == [100, 7]


def test_an_option_that_cannot_be_used_is_named() -> None:
    with pytest.raises(SettingsError, match=r"RAPPORTEUR_ABACUS_BEADS \(beads on the abacus\) is 'many'"):
        Services(extended(ABACUS_BEADS="many"), Aws()).engine(COUNTING)


def test_a_seam_of_its_own_has_no_engines_in_the_package() -> None:
    with pytest.raises(SettingsError, match="no counting engine called sand; there are: none in this package"):
        Services(extended(COUNTER="sand"), Aws()).engine(COUNTING)


def test_functions_may_do_what_its_engine_needs() -> None:
    settings = extended(ABACUS_BEADS="7", **ON_AWS)
    allowed = defaultdict(set)
    for function, policy in policies("rapporteur", "dev", PLACE, settings).items():
        for statement in policy["Statement"]:
            for action in statement["Action"]:
                if action.startswith("abacus:"):
                    allowed[action].add(function)
                    assert statement["Resource"] == [PLACE.arn("abacus", "beads/7")]
    assert allowed == {
        "abacus:Count": {"on_analysis", "on_sweep"},
        "abacus:Read": {"on_job_notice"},
        "abacus:Clear": {API, "on_upload", "on_account", "on_sweep"},
    }


def test_what_its_engine_charges_is_priced_by_its_own_list() -> None:
    plain = make_costs.SETTINGS
    settings = replace(plain, engines={**plain.engines, COUNTING: "tests.toy.abacus"})
    work = replace(make_costs.recording(), settings=settings)
    found = estimates.cost_of(work)
    assert found.usd - estimates.cost_of(make_costs.recording()).usd == 9  # 9,000 words at a tenth of a cent
    assert found.as_of == "2026-01-31", "as old as the oldest price"
    assert found.unpriced == ()


def test_what_it_charges_for_words_is_estimated_for_all_of_them() -> None:
    plain = make_costs.SETTINGS
    settings = replace(plain, engines={**plain.engines, COUNTING: "tests.toy.abacus"})
    found = estimates.estimate(estimates.media_of(40 * 3600, video=False), Options(), settings)
    (line,) = [line for line in found.lines if line.item == "abacus.word"]
    assert line.quantity == Decimal(40 * 60 * estimates.WORDS_A_MINUTE)


def test_a_deployment_and_one_machine_have_its_engine_by_default() -> None:
    target = Target("dev", "admin@rapporteur.example", None, {"EXTENSIONS": "tests.toy", "ABACUS_BEADS": "7"})
    found = target.variables({})
    assert found["RAPPORTEUR_COUNTER"] == "tests.toy.abacus"
    assert found["RAPPORTEUR_ABACUS_BEADS"] == "7"
    assert target.packages == {"tests"}
    assert target.services == {"mediaconvert", "transcribe", "comprehend", "rekognition", "textract"}
    assert engines({"EXTENSIONS": "tests.toy"})["COUNTER"] == "tests.toy.abacus"
    plain = Target("dev", "admin@rapporteur.example", None, {})
    assert not plain.knows("ABACUS_BEADS")
    assert plain.knows("BEDROCK_MODEL"), "of an engine of the package, chosen or not"
    assert plain.packages == set()
    assert "COUNTER" not in engines({})


def test_one_machine_runs_with_its_engine_which_stands_in_the_books() -> None:
    with running_service(EXTENSIONS="tests.toy") as service:
        asset = service.upload()
        service.settle()
        ended = service.asset(asset.ref)
        assert ended.status is Status.COMPLETED
        assert ended.cost is not None
        assert [line.item for line in ended.cost.lines] == ["abacus.word"]
        assert isinstance(service.services.engine(COUNTING), Abacus)


def test_a_module_that_cannot_be_imported_is_named() -> None:
    with pytest.raises(SettingsError, match=r"tests\.toi, which cannot be imported"):
        extended(EXTENSIONS="tests.toy,tests.toi")
    with pytest.raises(DeploymentError, match=r"tests\.toi, which cannot be imported"):
        Target("dev", "admin@rapporteur.example", None, {"EXTENSIONS": "tests.toi"}).variables({})


def test_a_module_that_brings_something_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    strange = ModuleType("strange")
    strange.SEAMS = ("counting",)
    monkeypatch.setitem(sys.modules, "strange", strange)
    with pytest.raises(SettingsError, match="strange, whose SEAMS is no tuple of Seam"):
        extended(EXTENSIONS="strange")
