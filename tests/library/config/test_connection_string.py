"""Connection strings: what works, what is refused, and that none of it is ever shown."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingenious_storage.config import parse_connection_string
from ingenious_storage.config.azure.shared_keys import EMULATOR_KEY
from ingenious_storage.errors import ConfigurationError
from tests.library.config.conftest import Load
from tests.library.config.refusals import ACCOUNT, CANARY, KEY, SAS, STRING, refused

URL = f"https://{ACCOUNT}.blob.core.windows.net"
EMULATOR_URL = "http://127.0.0.1:10000/devstoreaccount1"
EMULATOR = f"AccountName=devstoreaccount1;AccountKey={EMULATOR_KEY}"
SHORT_KEY = base64.b64encode(CANARY.encode()).decode()

WORKS = {
    "as the portal shows it": (f"{STRING};EndpointSuffix=core.windows.net", URL),
    "an extra ; and newlines": (f"\n{STRING.replace(';', ';;{0}')};\r\n".format("\n  "), URL),
    "no protocol": (f"AccountName={ACCOUNT};AccountKey={KEY}", URL),
    "other case": (f"accountname={ACCOUNT};ACCOUNTKEY={KEY}", URL),
    "protocol in capitals": (f"{STRING.replace('https', 'HTTPS')}", URL),
    "spaces": (f" AccountName = {ACCOUNT} ; AccountKey = {KEY} ", URL),
    "SAS only": (f"BlobEndpoint={URL}/;SharedAccessSignature={SAS}", URL),
    "SAS with ?": (f"BlobEndpoint={URL};SharedAccessSignature=?{SAS}", URL),
    "SAS and account": (f"AccountName={ACCOUNT};SharedAccessSignature={SAS}", URL),
    "key and SAS": (f"{STRING};SharedAccessSignature={SAS}", URL),
    "other services": (
        f"{STRING};QueueEndpoint=https://evil.example;BlobSecondaryEndpoint=x",
        URL,
    ),
    "China": (
        f"{STRING};EndpointSuffix=core.chinacloudapi.cn",
        f"https://{ACCOUNT}.blob.core.chinacloudapi.cn",
    ),
    "US government": (
        f"{STRING};EndpointSuffix=core.usgovcloudapi.net",
        f"https://{ACCOUNT}.blob.core.usgovcloudapi.net",
    ),
    "DNS zone": (
        f"{STRING};BlobEndpoint=https://{ACCOUNT}.z01.blob.storage.azure.net/",
        f"https://{ACCOUNT}.z01.blob.storage.azure.net",
    ),
    "private link": (
        f"{STRING};BlobEndpoint=https://{ACCOUNT}.privatelink.blob.core.windows.net",
        f"https://{ACCOUNT}.privatelink.blob.core.windows.net",
    ),
    "capitals in the host": (f"{STRING};BlobEndpoint=HTTPS://{URL[8:].upper()}", URL),
    "development storage": ("UseDevelopmentStorage=true", EMULATOR_URL),
    "development storage, lenient": ("usedevelopmentstorage=True;\n", EMULATOR_URL),
    "development storage by proxy": (
        "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://127.0.0.1",
        EMULATOR_URL,
    ),
    "emulator": (
        f"DefaultEndpointsProtocol=http;{EMULATOR};BlobEndpoint={EMULATOR_URL};",
        EMULATOR_URL,
    ),
    "emulator by name": (
        f"{EMULATOR};BlobEndpoint=http://devstoreaccount1.blob.localhost:10000",
        "http://devstoreaccount1.blob.localhost:10000",
    ),
    "emulator on IPv6": (
        f"{EMULATOR};BlobEndpoint=https://[::1]:10000/devstoreaccount1",
        "https://[::1]:10000/devstoreaccount1",
    ),
    "emulator with an account and key of its own": (
        f"AccountName=mine;AccountKey={SHORT_KEY};BlobEndpoint=http://localhost:1/mine",
        "http://localhost:1/mine",
    ),
}


@pytest.mark.parametrize(("text", "url"), WORKS.values(), ids=WORKS)
def test_works(text: str, url: str) -> None:
    parsed = parse_connection_string(text)
    assert parsed.endpoint.url == url
    assert parsed.account_name in url
    assert parsed.account_key or parsed.sas_token
    if parsed.sas_token is not None:
        assert parsed.sas_token.get_secret_value() == SAS
    assert CANARY not in repr(parsed)
    assert KEY not in repr(parsed)


REFUSED = {
    "empty": ("", "has no AccountKey and no SharedAccessSignature"),
    "no key and no SAS": (f"AccountName={ACCOUNT}", "has no AccountKey and no SharedAccess"),
    "only a key": (f"AccountKey={KEY}", "has no AccountName and no BlobEndpoint"),
    "bad base64": (f"AccountName={ACCOUNT};AccountKey={CANARY}!", "AccountKey in"),
    "base64 cut short": (STRING[:-1], "AccountKey in storage.connection_string is not a whole"),
    "base64 of other length": (f"AccountName={ACCOUNT};AccountKey={SHORT_KEY}", "AccountKey in"),
    "base64 for URLs": (f"AccountName={ACCOUNT};AccountKey={'-_' * 43}==", "AccountKey in"),
    "newline in the key": (
        f"AccountName={ACCOUNT};AccountKey={KEY[:40]}\n{KEY[40:]}",
        "AccountKey",
    ),
    "duplicate": (f"{STRING};AccountKey={KEY}", "has AccountKey twice"),
    "duplicate in other case": (f"{STRING};accountkey={CANARY}", "has AccountKey twice"),
    "unknown part": (f"{STRING};{CANARY}=1", "has an unknown name in part 4 of 4"),
    "no name": (f"AccountName={ACCOUNT};{KEY}", "has an unknown name in part 2 of 2"),
    "not one at all": (f"https://x.blob.core.windows.net/?sig={CANARY}", "has an unknown name"),
    "empty value": (f"AccountName=;AccountKey={KEY}", "has an empty AccountName"),
    "space for ;": (f"AccountName={ACCOUNT} AccountKey={KEY}", "has no AccountKey"),
    "space for ; and a SAS": (
        f"AccountName={ACCOUNT} AccountKey={KEY};SharedAccessSignature={SAS}",
        "AccountName in storage.connection_string is not the name of a storage account",
    ),
    "unknown host suffix": (
        f"{STRING};EndpointSuffix=evil.example",
        f"{ACCOUNT}.blob.evil.example is not a host of Azure",
    ),
    "suffix that looks right": (
        f"{STRING};EndpointSuffix=core.windows.net.evil.example",
        "host of",
    ),
    "suffix without a dot before": (f"{STRING};EndpointSuffix=evilcore.windows.net", "host of"),
    "suffix with a user": (
        f"{STRING};EndpointSuffix=core.windows.net@evil.example",
        "URL of a blob",
    ),
    "suffix with a path": (f"{STRING};EndpointSuffix=evil.example/core.windows.net", "host of"),
    "suffix with a query": (f"{STRING};EndpointSuffix=evil.example?core.windows.net", "URL of a"),
    "suffix with a backslash": (
        f"{STRING};EndpointSuffix=evil.example\\.core.windows.net",
        "URL of",
    ),
    "suffix with blob": (f"{STRING};EndpointSuffix=blob.core.windows.net", "not the blob endpoint"),
    "unknown host": (f"{STRING};BlobEndpoint=https://evil.example", "evil.example is not a host"),
    "private address": (f"{STRING};BlobEndpoint=http://10.0.0.4/x", "10.0.0.4 is not a host of"),
    "other service": (
        f"{STRING};BlobEndpoint=https://{ACCOUNT}.queue.core.windows.net",
        "is not the blob endpoint of an account",
    ),
    "endpoint with a container": (f"{STRING};BlobEndpoint={URL}/data", "not the blob endpoint"),
    "endpoint with a SAS": (f"{STRING};BlobEndpoint={URL}/?{SAS}", "BlobEndpoint in"),
    "endpoint with a bad port": (f"{STRING};BlobEndpoint={URL}:{CANARY}", "BlobEndpoint in"),
    "endpoint with brackets": (f"{STRING};BlobEndpoint=https://[{CANARY}", "BlobEndpoint in"),
    "endpoint without a host": (f"{STRING};BlobEndpoint=https://", "BlobEndpoint in"),
    "endpoint of another account": (
        f"{STRING};BlobEndpoint=https://other.blob.core.windows.net",
        f"is '{ACCOUNT}', but the endpoint is that of 'other'",
    ),
    "emulator of another account": (
        f"{EMULATOR};BlobEndpoint=http://127.0.0.1:10000/other",
        "is 'devstoreaccount1', but the endpoint is that of 'other'",
    ),
    "emulator without account": (f"{EMULATOR};BlobEndpoint=http://127.0.0.1:10000", "ends with"),
    "emulator with a container": (
        f"{EMULATOR};BlobEndpoint={EMULATOR_URL}/data",
        "its path is not",
    ),
    "capital in the account": (
        f"AccountName=Contoso;AccountKey={KEY}",
        "not the name of a storage",
    ),
    "short account": (f"AccountName=ab;AccountKey={KEY}", "not the name of a storage account"),
    "quotes": (f'"{STRING}"', "holds quotation marks"),
    "single quotes": (f"'{STRING}'", "holds quotation marks"),
    "quotes within": (f'AccountName={ACCOUNT};AccountKey="{KEY}"', "holds quotation marks"),
    "typographic quotes": (f"\u201c{STRING}\u201d", "holds quotation marks"),
    "other protocol": (
        STRING.replace("https", "ftp"),
        "DefaultEndpointsProtocol that is not https",
    ),
    "other protocol of the endpoint": (f"{STRING};BlobEndpoint=ftp{URL[5:]}", "BlobEndpoint in"),
    "http to Azure": (STRING.replace("https", "http"), "uses http"),
    "SAS without signature": (
        f"AccountName={ACCOUNT};SharedAccessSignature=sv=1&x={CANARY}",
        "is not a shared access signature",
    ),
    "SAS as a URL": (f"AccountName={ACCOUNT};SharedAccessSignature={URL}?{SAS}", "not a shared"),
    "development storage off": ("UseDevelopmentStorage=false", "must be true and stand alone"),
    "development storage and a key": (f"UseDevelopmentStorage=true;{STRING}", "stand alone"),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, expected: str) -> None:
    refused(lambda: parse_connection_string(text), "storage.connection_string", expected)


def test_a_near_name_is_suggested() -> None:
    error = refused(lambda: parse_connection_string(f"AcountName={ACCOUNT};AccountKey={KEY}"))
    assert error.hint == "Did you mean AccountName?"


def test_a_host_can_be_allowed() -> None:
    text = f"{STRING};BlobEndpoint=https://blobs.contoso.example"
    refused(lambda: parse_connection_string(text, ["other.example", "so.example"]), "not a host")
    parsed = parse_connection_string(text, ["contoso.example"])
    assert (parsed.endpoint.url, parsed.account_name) == (
        "https://blobs.contoso.example",
        ACCOUNT,
    )
    nameless = f"BlobEndpoint=https://blobs.contoso.example;SharedAccessSignature={SAS}"
    refused(
        lambda: parse_connection_string(nameless, ["contoso.example"]),
        "AccountName in storage.connection_string is missing",
    )


def test_plain_http_beyond_loopback_is_for_the_public_key_only() -> None:
    compose = "BlobEndpoint=http://azurite:10000/devstoreaccount1"
    parsed = parse_connection_string(f"{EMULATOR};{compose}", ["azurite"])
    assert parsed.endpoint.url == "http://azurite:10000/devstoreaccount1"
    secret = f"AccountName=devstoreaccount1;AccountKey={KEY};{compose}"
    refused(lambda: parse_connection_string(secret, ["azurite"]), "uses http")


_NAMES = st.from_regex(r"[a-z0-9]{3,24}", fullmatch=True)
_KEYS = st.binary(min_size=64, max_size=64).map(lambda raw: base64.b64encode(raw).decode())
_SUFFIXES = st.sampled_from(["core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net"])


@given(
    name=_NAMES,
    key=_KEYS,
    suffix=_SUFFIXES,
    order=st.permutations(range(4)),
    between=st.sampled_from([";", ";;", "; ", ";\n", " ;\r\n"]),
)
def test_parsing_gives_the_parts_back(
    name: str, key: str, suffix: str, order: list[int], between: str
) -> None:
    parts = [
        "DefaultEndpointsProtocol=https",
        f"AccountName={name}",
        f"AccountKey={key}",
        f"EndpointSuffix={suffix}",
    ]
    parsed = parse_connection_string(between.join(parts[place] for place in order) + between)
    assert parsed.account_name == parsed.endpoint.account == name
    assert parsed.account_key is not None
    assert parsed.account_key.get_secret_value() == key
    assert parsed.endpoint.url == f"https://{name}.blob.{suffix}"
    assert parsed.sas_token is None


@given(
    st.text() | st.lists(st.sampled_from([*STRING.split(";"), SAS, "=", "", "x=y"])).map(";".join)
)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        shown = parse_connection_string(text).endpoint.url
    except ConfigurationError as error:
        shown = f"{error} {error.hint}"
    assert CANARY not in shown


OWN = f"AccountName=agents;AccountKey={KEY};BlobEndpoint=http://azurite_1:10000/agents"


def test_an_emulator_elsewhere_is_refused_with_the_settings_that_allow_it() -> None:
    error = refused(lambda: parse_connection_string(OWN), "azurite_1 is not a host of Azure")
    assert "storage.allowed_endpoint_suffixes" in error.hint
    error = refused(lambda: parse_connection_string(OWN, ["azurite_1"]), "uses http")
    assert "storage.allow_http" in error.hint
    parsed = parse_connection_string(OWN, ["azurite_1"], allow_http=True)
    assert parsed.endpoint.url == "http://azurite_1:10000/agents"
    assert parsed.account_name == "agents"


def test_http_is_allowed_for_signed_requests_only(load: Load) -> None:
    options = {
        "storage.type": "azure_blob",
        "storage.endpoint": "http://azurite_1:10000/agents",
        "storage.allowed_endpoint_suffixes": "azurite_1",
        "storage.allow_http": "true",
    }
    account = load(overrides={**options, "storage.account_key": KEY}).storage.azure_account()
    assert account.account_url == "http://azurite_1:10000/agents"
    refused(lambda: load(overrides={**options, "storage.credential": "default"}), "sends a token")
    azure = {**options, "storage.endpoint": f"http://{ACCOUNT}.blob.core.windows.net"}
    refused(lambda: load(overrides={**azure, "storage.account_key": KEY}), "uses http")
