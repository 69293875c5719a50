"""What `python -m local serve` is made of, piece by piece: signatures, codes, turns, the journal, the mailbox."""

import gzip
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import boto3
import pytest
import time_machine
from botocore.config import Config
from botocore.credentials import Credentials
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses import ses_backends
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from chalicelib.domain.keys import S3Object
from chalicelib.errors import RapporteurError
from local.aws import storage
from local.aws.accounts import HashedPassword
from local.aws.codes import Codes, ExpiredCode, TooManyCodes, WrongCode
from local.aws.journal import Journal
from local.aws.turns import Ended, Turns
from local.data_folder import DataFolder
from local.http.mailbox import MailboxDoor
from local.http.pages import PagesDoor
from local.http.presigned import Refused, Signatures, leads_to_s3, led_here
from local.http.server import Server, Site
from local.mail.mailbox import Mailbox
from local.serve import Service

REGION = "us-east-1"
KEY = "a b/ü+$&.mp4"
SIGNATURES = Signatures(Credentials("embedded", "secret"), REGION)
REGIONAL = Config(
    signature_version="s3v4", s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
)
CONFIGS = {
    "by host": REGIONAL,
    "by path": REGIONAL.merge(Config(s3={"addressing_style": "path", "us_east_1_regional_endpoint": "regional"})),
}
REFUSED = {
    "InvalidRequest": Config(signature_version="s3"),
    "SignatureDoesNotMatch": Config(signature_version="s3v4", s3={"us_east_1_regional_endpoint": "legacy"}),
}


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "embedded")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # which keeps the credentials that a test before this one had


@pytest.fixture
def aws(credentials: None) -> Iterator[None]:
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield


def check(url: str, method: str = "GET") -> None:
    assert leads_to_s3(url)
    here = led_here(url, "http://localhost:1")
    path, _, query = here.removeprefix("http://localhost:1/s3/").partition("?")
    bucket, _, key = path.partition("/")
    SIGNATURES.check(method, bucket, key, dict(parse_qsl(query)), query)


@pytest.mark.parametrize("config", CONFIGS)
def test_what_boto3_signs_is_known_and_nothing_else(credentials: None, config: str) -> None:
    s3 = boto3.client("s3", config=CONFIGS[config])
    disposition = 'attachment; filename="x y"'
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": "bu-cket", "Key": KEY, "ResponseContentDisposition": disposition}, ExpiresIn=60
    )
    check(url)
    part = {"Bucket": "bu-cket", "Key": KEY, "UploadId": "u/+=", "PartNumber": 3}
    check(s3.generate_presigned_url("upload_part", Params=part), "PUT")
    for forged in (url.replace("mp4", "mp3"), url.replace("bu-cket", "bu-cket2"), url.replace("attachment", "inline")):
        with pytest.raises(Refused) as refused:
            check(forged)
        assert refused.value.code == "SignatureDoesNotMatch"
    with pytest.raises(Refused):
        check(url, "PUT")
    with time_machine.travel(time.time() + 61), pytest.raises(Refused, match="expired"):
        check(url)
    with pytest.raises(Refused, match="not signed"):
        check(url.partition("?")[0])


@pytest.mark.parametrize("code", REFUSED)
def test_what_s3_refuses_is_refused_here(credentials: None, code: str) -> None:
    """What was signed by version 2, or for the global endpoint."""
    s3 = boto3.client("s3", config=REFUSED[code])
    with pytest.raises(Refused) as refused:
        check(s3.generate_presigned_url("get_object", Params={"Bucket": "bu-cket", "Key": KEY}, ExpiresIn=60))
    assert refused.value.code == code
    if code == "InvalidRequest":
        with pytest.raises(Refused) as refused:
            SIGNATURES.check_form("bu-cket", s3.generate_presigned_post("bu-cket", KEY)["fields"], 1)
        assert refused.value.code == code


def test_a_form_is_held_to_its_policy(credentials: None) -> None:
    s3 = boto3.client("s3", config=REGIONAL)
    form = s3.generate_presigned_post(
        "bu-cket",
        KEY,
        Fields={"Content-Type": "video/mp4"},
        Conditions=[{"Content-Type": "video/mp4"}, ["content-length-range", 1, 10]],
        ExpiresIn=60,
    )
    fields = form["fields"]
    SIGNATURES.check_form("bu-cket", fields, 10)
    refusals: list[tuple[str, dict[str, str], int, str]] = [
        ("other", fields, 10, "AccessDenied"),
        ("bu-cket", fields, 11, "EntityTooLarge"),
        ("bu-cket", fields, 0, "EntityTooSmall"),
        ("bu-cket", fields | {"key": "other"}, 10, "AccessDenied"),
        ("bu-cket", fields | {"acl": "public-read"}, 10, "AccessDenied"),
        ("bu-cket", fields | {"policy": "e30="}, 10, "SignatureDoesNotMatch"),
        ("bu-cket", {}, 10, "SignatureDoesNotMatch"),
    ]
    for bucket, sent, size, code in refusals:
        with pytest.raises(Refused) as refused:
            SIGNATURES.check_form(bucket, sent, size)
        assert refused.value.code == code
    with time_machine.travel(time.time() + 61), pytest.raises(Refused, match="expired"):
        SIGNATURES.check_form("bu-cket", fields, 10)


@pytest.mark.parametrize(
    "text", ["https://example.org/?u=https://b.s3.amazonaws.com/", "see https://bu-cket.s3.amazonaws.com/a b", "x"]
)
def test_what_only_speaks_of_s3_leads_elsewhere(text: str) -> None:
    assert not leads_to_s3(text)


def test_a_code_is_used_once_in_time_and_not_guessed() -> None:
    now = [1000.0]
    codes = Codes(lambda: now[0])
    code = codes.issue("reset", "ada", "ada@example.org")
    with pytest.raises(ExpiredCode):
        codes.redeem("sign-up", "ada", code)
    again = Codes(lambda: now[0])
    again.restore(codes.to_json())
    assert again.redeem("reset", "ada", f" {code}") == "ada@example.org"
    with pytest.raises(ExpiredCode):
        again.redeem("reset", "ada", code)
    code = codes.issue("reset", "ada", "ada@example.org")
    for _ in range(5):
        with pytest.raises(WrongCode):
            codes.redeem("reset", "ada", "no")
    with pytest.raises(ExpiredCode):
        codes.redeem("reset", "ada", code)
    code = codes.issue("reset", "ada", "ada@example.org")
    now[0] += 3601
    with pytest.raises(ExpiredCode):
        codes.redeem("reset", "ada", code)


def test_of_codes_there_are_few_in_an_hour_however_they_end() -> None:
    now = [1000.0]
    codes = Codes(lambda: now[0])
    for _ in range(5):
        codes.issue("reset", "ada", "ada@example.org")
        now[0] += 60
    codes.issue("reset", "bob", "bob@example.org")
    codes.issue("address", "ada", "ada@example.org")
    again = Codes(lambda: now[0])
    again.restore(codes.to_json())
    for kept in (codes, again):
        with pytest.raises(TooManyCodes):
            kept.issue("reset", "ada", "ada@example.org")
    now[0] += 3600 - 5 * 60 + 1
    code = codes.issue("reset", "ada", "ada@example.org")
    with pytest.raises(TooManyCodes):
        codes.issue("reset", "ada", "ada@example.org")
    assert codes.redeem("reset", "ada", code) == "ada@example.org"


def test_a_hashed_password_knows_the_right_one_only() -> None:
    kept = HashedPassword.of("Correct-horse-9")
    again = HashedPassword.from_text(str(kept))
    assert again == "Correct-horse-9"
    assert again != "Correct-horse-8"
    assert again != kept
    assert str(HashedPassword.of("Correct-horse-9")) != str(kept)
    assert "horse" not in str(kept)


def test_turns_are_had_in_order_and_one_at_a_time() -> None:
    turns, order, inside = Turns(), list[int](), list[int]()

    def take(number: int) -> None:
        with turns.turn():
            inside.append(number)
            assert len(inside) == 1
            time.sleep(0.01)
            order.append(number)
            inside.remove(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(5)]
    with turns.turn():
        for thread in threads:
            thread.start()
            time.sleep(0.02)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_after_the_end_there_are_no_turns() -> None:
    turns, refused = Turns(), list[str]()

    def late() -> None:
        try:
            with turns.turn():
                refused.append("had one")
        except Ended:
            refused.append("none")

    waiting = threading.Thread(target=late)
    turns.end()
    waiting.start()
    waiting.join()
    assert refused == ["none"]


def test_a_folder_is_for_one_at_a_time(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as first:
        assert first.secret("a") == first.secret("a") != first.secret("b")
        with pytest.raises(RapporteurError, match="another Rapporteur"):
            DataFolder(tmp_path / "data")
        secret = first.secret("a")
    with DataFolder(tmp_path / "data") as again:
        assert again.secret("a") == secret
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    (tmp_path / "file").touch()
    with pytest.raises(RapporteurError, match="cannot be used"):
        DataFolder(tmp_path / "file")


ITEM: dict[str, Any] = {
    "id": {"S": "1"},
    "number": {"N": "1.5"},
    "nothing": {"NULL": True},
    "yes": {"BOOL": True},
    "set": {"SS": ["a", "b"]},
    "bytes": {"B": b"\x00\xff"},
    "map": {"M": {"list": {"L": [{"M": {"deep": {"S": "é"}}}, {"N": "2"}]}, "empty": {"L": []}}},
}


def resources() -> tuple[Any, Any, str]:
    dynamodb, s3, sqs = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sqs")
    dynamodb.create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    s3.create_bucket(Bucket="bucket")
    return dynamodb, s3, sqs.create_queue(QueueName="work")["QueueUrl"]


def test_what_was_written_down_is_there_again(tmp_path: Path, credentials: None) -> None:
    with DataFolder(tmp_path) as folder, mock_aws():
        journal = Journal(folder, REGION)
        with journal.listening():
            dynamodb, s3, queue = resources()
            for number in "123456":
                dynamodb.put_item(TableName="things", Item=ITEM | {"id": {"S": number}})
            dynamodb.update_item(
                TableName="things",
                Key={"id": {"S": "2"}},
                UpdateExpression="SET #map.#list = :new",
                ExpressionAttributeNames={"#map": "map", "#list": "list"},
                ExpressionAttributeValues={":new": {"S": "new"}},
            )
            journal.flush()
            dynamodb.delete_item(TableName="things", Key={"id": {"S": "3"}})
            dynamodb.batch_write_item(RequestItems={"things": [{"DeleteRequest": {"Key": {"id": {"S": "4"}}}}]})
            dynamodb.transact_write_items(
                TransactItems=[{"Delete": {"TableName": "things", "Key": {"id": {"S": "5"}}}}]
            )
            boto3.resource("dynamodb").Table("things").delete_item(Key={"id": "6"})
            s3.put_object(Bucket="bucket", Key="a/é", Body=b"old", ContentType="text/plain", Metadata={"x": "y"})
            journal.flush()
            s3.put_object(Bucket="bucket", Key="a/é", Body=b"new", ContentType="text/plain", Metadata={"x": "y"})
            s3.put_object(Bucket="bucket", Key="gone", Body=b"gone")
            journal.flush()
            s3.delete_object(Bucket="bucket", Key="gone")
            sqs = boto3.client("sqs")
            sqs.send_message(QueueUrl=queue, MessageBody="kept")
            sqs.send_message(QueueUrl=queue, MessageBody="done")
            received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
            for message in received:
                if message["Body"] == "done":
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            journal.flush()
            before = s3.head_object(Bucket="bucket", Key="a/é")
            s3.put_object(Bucket="bucket", Key="never flushed", Body=b"x")
    (tmp_path / "objects" / "orphan").touch()
    with DataFolder(tmp_path) as folder, mock_aws():
        dynamodb, s3, queue = resources()
        journal = Journal(folder, REGION)
        journal.restore()
        items = {item["id"]["S"]: item for item in dynamodb.scan(TableName="things")["Items"]}
        assert items.keys() == {"1", "2"}
        assert items["1"] == ITEM
        assert items["2"]["map"]["M"]["list"] == {"S": "new"}
        [found] = s3.list_objects_v2(Bucket="bucket")["Contents"]
        assert found["Key"] == "a/é"
        after = s3.get_object(Bucket="bucket", Key="a/é")
        assert after["Body"].read() == b"new"
        for name in ("ETag", "ContentType", "Metadata", "LastModified", "ContentLength"):
            assert after[name] == before[name]
        [message] = boto3.client("sqs").receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
        assert message["Body"] == "kept"
        assert message["Attributes"]["ApproximateReceiveCount"] == "2"
        assert len(list((tmp_path / "objects").iterdir())) == 1


def test_what_could_not_be_written_down_is_not_taken_for_written(
    tmp_path: Path, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(journal: Journal) -> dict[tuple[str, str], str]:
        raise OSError("No space left on device")

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "whose clients are made while this journal listens")
    with DataFolder(tmp_path) as folder, mock_aws(config={"core": {"mock_credentials": False}}):
        journal = Journal(folder, REGION)
        with journal.listening():
            dynamodb, s3, _ = resources()
            s3.put_object(Bucket="bucket", Key="before", Body=b"before")
            journal.flush()
            dynamodb.put_item(TableName="things", Item=ITEM)
            s3.put_object(Bucket="bucket", Key="new", Body=b"new")
            s3.delete_object(Bucket="bucket", Key="before")
            with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
                patched.setattr(Journal, "_flush_messages", full)
                journal.flush()
            assert journal._db.execute("SELECT count(*) FROM items").fetchone() == (0,)
            journal.flush()
        assert journal._db.execute("SELECT count(*) FROM items").fetchone() == (1,)
        assert journal._db.execute("SELECT name FROM objects").fetchall() == [("new",)]
        assert len(list((tmp_path / "objects").iterdir())) == 1


def test_an_upload_in_parts_is_joined_on_disk(tmp_path: Path, aws: None) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    upload = s3.create_multipart_upload(Bucket="bucket", Key="long", ContentType="video/mp4")["UploadId"]
    size, parts = 100_000_000, []
    for number in (1, 2, 3):
        path = tmp_path / str(number)
        with path.open("wb") as file:
            file.truncate(size)
            file.write(str(number).encode())
        storage.put_part(path, S3Object("bucket", "long"), upload, number, f"{number:032x}")
        parts.append({"PartNumber": number, "ETag": f'"{number:032x}"'})
    with pytest.raises(FileNotFoundError):
        storage.put_part(tmp_path / "1", S3Object("bucket", "other"), upload, 1, "0" * 32)
    where: Any = {"Bucket": "bucket", "Key": "long", "UploadId": upload}
    assert [part["Size"] for part in s3.list_parts(**where)["Parts"]] == [size] * 3
    with storage.joining_in(tmp_path):
        for wrong in ([{"PartNumber": 4, "ETag": "x"}], [{"PartNumber": 1, "ETag": "x"}]):
            with pytest.raises(s3.exceptions.ClientError, match="InvalidPart"):
                s3.complete_multipart_upload(**where, MultipartUpload={"Parts": wrong})
        tracemalloc.start()
        s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        with pytest.raises(s3.exceptions.ClientError, match="NoSuchUpload"):
            s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    assert peak < 20_000_000
    head = s3.head_object(Bucket="bucket", Key="long")
    assert (head["ContentLength"], head["ContentType"], head["ETag"][-3:]) == (3 * size, "video/mp4", '-3"')
    for number in (1, 2, 3):
        first = (number - 1) * size
        piece = s3.get_object(Bucket="bucket", Key="long", Range=f"bytes={first}-{first}")["Body"].read()
        assert piece == str(number).encode()
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchUpload"):
        s3.list_parts(**where)


def mailed(folder: Path) -> Mailbox:
    message = EmailMessage()
    message["From"], message["To"] = "reports@rapporteur.example", "ada@example.org"
    message["Subject"] = "<script>alert(1)</script> Zoë"
    message.set_content("Hello <b>Ada</b>")
    message.add_alternative('<p>Hello</p><script>alert(1)</script><img src="cid:chart">', subtype="html")
    html: Any = message.get_body(("html",))
    html.add_related(b"png bytes", "image", "png", cid="<chart>")
    message.add_attachment(b"<script>", "text", "html", filename='a"\u2028b.html')
    boto3.client("ses").verify_email_identity(EmailAddress="reports@rapporteur.example")
    boto3.client("sesv2").send_email(
        FromEmailAddress="reports@rapporteur.example",
        Destination={"ToAddresses": ["ada@example.org"]},
        Content={"Raw": {"Data": message.as_bytes()}},
    )
    boto3.client("ses").send_email(
        Source="reports@rapporteur.example",
        Destination={"ToAddresses": ["bob@example.org"]},
        Message={"Subject": {"Data": "Plain"}, "Body": {"Text": {"Data": "text"}}},
    )
    mailbox = Mailbox(folder, REGION)
    mailbox.collect()
    assert not ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    return mailbox


def test_a_mail_can_be_read_and_runs_nothing(tmp_path: Path, aws: None) -> None:
    mailbox = mailed(tmp_path)
    client = Client(Site({"/mailbox": MailboxDoor(mailbox), "/": lambda request: Response("page")}, "127.0.0.1"))
    newest, first = mailbox.headings(10)
    assert (newest.subject, newest.recipient, first.recipient) == ("Plain", "bob@example.org", "ada@example.org")
    listed = client.get("/mailbox").text
    assert "<script" not in listed
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Zoë" in listed
    page = client.get(f"/mailbox/{first.name}")
    assert "<script" not in page.text
    assert "Hello &lt;b&gt;Ada&lt;/b&gt;" in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    frame = client.get(f"/mailbox/{first.name}/html")
    assert "data:image/png;base64," in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script" not in policy
    attached = client.get(f"/mailbox/{first.name}/attachments/0")
    assert attached.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''a%22")
    assert attached.data.strip() == b"<script>"
    raw = client.get(f"/mailbox/{first.name}/raw").data
    assert raw.count(b"Date: ") == raw.count(b"Message-ID: ") == 1
    for missing in ("/mailbox/x", f"/mailbox/{first.name}/attachments/1", f"/mailbox/{newest.name}/nothing"):
        assert client.get(missing).status_code == 404
    assert client.post("/mailbox").status_code == 405
    assert client.get("/mailboxes").text == "page"
    with client.get("/mailbox/style.css") as styles:
        assert styles.mimetype == "text/css"


def test_a_page_that_is_edited_is_seen_at_the_next_look_and_asked_for_in_vain_before(tmp_path: Path) -> None:
    page = tmp_path / "app.js"
    browser = Client(Site({"/": PagesDoor(tmp_path)}, "localhost"), Response)
    for number in range(3):
        page.write_text(f"const version = {number}\n" + "x" * 2000 * number)
        answer = browser.get("/app.js", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(answer.data) == page.read_bytes()
        again = browser.get("/app.js", headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data, again.headers["Cache-Control"]) == (304, b"", "no-cache")
        assert browser.head("/app.js", headers={"Accept-Encoding": "gzip"}).data == b""


def test_what_breaks_a_door_is_an_answer() -> None:
    def broken(request: Request) -> Response:
        raise RuntimeError("secret")

    def stopping(request: Request) -> Response:
        raise Ended

    client = Client(Site({"/": broken, "/late": stopping}, "::1"))
    answer = client.get("/")
    assert (answer.status_code, "secret" in answer.text) == (500, False)
    assert answer.headers["Content-Security-Policy"]
    assert client.get("/late").status_code == 503
    assert client.get("/late", headers={"Host": "[::1]:80"}).status_code == 503
    assert client.get("/late", headers={"Host": "[::2]:80"}).status_code == 421
    assert client.get("/late", headers={"Host": ""}).status_code == 421


def test_a_fault_of_ours_as_things_are_written_down_ends_the_service_with_a_sentence(tmp_path: Path) -> None:
    class Waking:
        def wake(self) -> None:
            pass

    server = Server("127.0.0.1", 0, 1)
    with closing(server._server), DataFolder(tmp_path / "data") as folder:
        service = Service(server, folder, {}, None)
        service._runtime.pump = Waking()  # type: ignore[assignment]
        # It was never started, so there is no pool whose accounts could be written down.
        with pytest.raises(RapporteurError, match=r"could not be written down \(KeyError\)"), service._turn():
            pass
        with pytest.raises(Ended), service._turn():
            pass


def test_who_let_others_have_turns_goes_no_further_when_one_of_those_could_not_be_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, later = [], []
    server = Server("127.0.0.1", 0, 1)
    with closing(server._server), DataFolder(tmp_path / "data") as folder:
        service = Service(server, folder, {}, None)
        service._runtime.pump = SimpleNamespace(wake=lambda: None)  # type: ignore[assignment]

        def full() -> None:
            kept.append(threading.current_thread())
            raise OSError("No space left on device")

        monkeypatch.setattr(service._journal, "flush", full)
        monkeypatch.setattr(service._accounts, "flush", lambda: None)

        def request() -> None:
            with pytest.raises(RapporteurError, match="No space"), service._turn():
                pass

        other = threading.Thread(target=request)
        with pytest.raises(Ended), service._turn():
            with service._outside.waiting():
                other.start()
                other.join()
            later.append("a write")
        assert kept == [other]
        assert not later
        # Of whoever overlooks that, nothing is written down either.
        service._unwritten = None
        with service._turn():
            service._unwritten = RapporteurError("full")
        assert kept == [other]
