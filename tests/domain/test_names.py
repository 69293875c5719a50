"""What somebody calls a recording reaches people, and no service that has rules of its own for names."""

import json
from email import message_from_bytes, policy

from tests.harness.managed import managed_service

NAME = "Zoë's 50 % + 1 & $d$ “토론”.mp4"


def test_a_name_that_no_service_would_take_stands_in_no_job_and_no_key() -> None:
    with managed_service() as (service, managed):
        asset = service.upload(NAME)
        service.settle()
        ended = service.asset(asset.ref)
        stores = (service.services.uploads, service.services.outputs)
        asked = json.dumps([managed.jobs, managed.transcriptions, [store.names("") for store in stores]], default=str)
        (mail,) = service.mails(ended)
    assert sorted(rendition.preset for rendition in ended.renditions) == ["audio", "gif", "phone", "web"]
    assert ended.file_name == NAME
    assert NAME in str(message_from_bytes(mail, policy=policy.default)["Subject"])
    for piece in ("Zoë", "\\u", "%", "&", "$", "debate"):
        assert piece not in asked
