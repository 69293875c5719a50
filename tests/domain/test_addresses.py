import pytest

from chalicelib.domain import addresses
from chalicelib.errors import InvalidRequest


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("ada@example.org", "ada@example.org"),
        ("Ada.Lovelace+reports@Example.ORG", "Ada.Lovelace+reports@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("ada@" + "a" * 63 + ".org", "ada@" + "a" * 63 + ".org"),
    ],
)
def test_an_address_is_sent_to_in_ascii(written: str, sent: str) -> None:
    assert addresses.normal(written) == sent


@pytest.mark.parametrize(
    "written",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "ada@example..org",
        "ada@-example.org",
        "ada@" + "a" * 64 + ".org",
        "a" * 65 + "@example.org",
        "ada@" + "a.b" * 100,
        "ada @example.org",
        "ada@example.org ",
        "ada@example.org\r\nBcc: eve@example.org",
        "a@b@example.org",
        '"ada lovelace"@example.org',
        "ада@example.org",
        "=?utf-8?q?ada?=@example.org",
        "ada@[127.0.0.1]",
    ],
)
def test_what_mail_cannot_be_sent_to_is_told(written: str) -> None:
    with pytest.raises(InvalidRequest) as told:
        addresses.normal(written)
    assert told.value.field == "address"


def test_all_ways_to_write_an_address_have_one_fingerprint() -> None:
    ways = ["Ada@Bücher.example", "ada@bücher.example", "ADA@XN--BCHER-KVA.example", " ada@xn--bcher-kva.example "]
    assert len({addresses.fingerprint(way) for way in ways}) == 1
    assert addresses.fingerprint("ada@example.org") != addresses.fingerprint("bob@example.org")
    assert "ada" not in addresses.fingerprint("ada@example.org")
    assert addresses.fingerprint("no address") == addresses.fingerprint("no address")
