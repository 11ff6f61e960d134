"""Broken containers: what is refused, slow or wrong in them."""

from __future__ import annotations

import time

from ingenious_ops.doctor.checks import guarantees
from tests.library.documents.faults.proxy import Answer
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import case
from tests.support.credentials import FakeCredential
from tests.support.faults import Call, Request
from tests.support.servers.canned import HANG


@case(
    "data.container",
    "does not exist, and nothing here may create it",
    "ingenious-storage containers ensure --profile cloud.*infra up",
    code="container_not_found",
    blocks=("data.list", "data.create", "data.delete"),
)
def no_container(bench: Bench) -> None:
    bench.with_key()
    bench.storage["container_data"] = "not-there"
    bench.stores.clear()


@case(
    "data.create",
    "AuthorizationPermissionMismatch",
    "SAS does not allow this.*racwdl",
    code="permission_denied",
    blocks=("data.overwrite", "data.preconditions"),
)
def read_only_sas(bench: Bench) -> None:
    bench.with_sas("rl")


@case(
    "data.delete",
    "AuthorizationPermissionMismatch",
    "SAS does not allow this",
    code="permission_denied",
)
def write_but_no_delete(bench: Bench) -> None:
    bench.with_sas("racwl")


@case(
    "data.list", "AuthorizationPermissionMismatch", "SAS does not allow", code="permission_denied"
)
def write_but_no_list(bench: Bench) -> None:
    bench.with_sas("racwd")


@case(
    "data.create",
    "AuthorizationPermissionMismatch",
    "az role assignment create --role 'Storage Blob Data Contributor' --assignee the-object .*"
    "/blobServices/default/containers/test-",
    code="permission_denied",
    blocks=("data.overwrite",),
)
def missing_role(bench: Bench) -> None:
    credential = FakeCredential(claims={"oid": "the-object"})
    azurite = bench.with_identity(credential)

    def reply(request: Request, call: Call) -> Answer:
        if request.operation in ("put", "delete"):
            return Answer(403, [("x-ms-error-code", "AuthorizationPermissionMismatch")])
        found: Answer = call()
        return found

    bench.with_identity(credential, bench.before(azurite, reply).azurite)


@case(
    "data.read",
    "AuthorizationPermissionMismatch",
    "SAS does not allow",
    code="permission_denied",
    blocks=("data.latency", "data.preconditions"),
)
def write_but_no_read(bench: Bench) -> None:
    bench.with_sas("acwdl")


@case(
    "data.preconditions",
    "refused: this store ignores If-None-Match on a read, If-None-Match on a write, If-Match on a "
    "write, If-Match on a delete, If-None-Match of 4 writers at once, 4 of which succeeded",
    "Do not use it: two writers would overwrite each other",
    code="preconditions_ignored",
)
def store_without_preconditions(bench: Bench) -> None:
    """A gateway that drops the headers; a SAS, because a key would sign them."""
    bench.with_sas("racwdl")
    proxy = bench.before(bench.stores[0])
    proxy.hidden = frozenset({"if-match", "if-none-match"})
    bench.storage["endpoint"] = proxy.azurite.account_url


@case(
    "data.read",
    "not what was written",
    "A cache or gateway",
    code="corrupt_object",
)
def store_that_alters(bench: Bench) -> None:
    azurite = bench.with_key()

    def reply(request: Request, call: Call) -> Answer:
        found: Answer = call()
        if request.operation != "get" or request.key is None or found.status >= 300:
            return found
        return Answer(found.status, found.headers, found.body[::-1])

    bench.with_key(bench.before(azurite, reply).azurite)


@case(
    "data.latency",
    r"slow: p50 \d+",
    "run in the account's region",
    status="warn",
    exit=0,
)
def slow_store(bench: Bench) -> None:
    bench.patch.setattr(guarantees, "_SLOW_P50", 0.25)
    azurite = bench.with_key()

    def reply(request: Request, call: Call) -> Answer:
        if request.operation == "get" and request.key is not None:
            time.sleep(0.27)
        found: Answer = call()
        return found

    bench.with_key(bench.before(azurite, reply).azurite)


@case(
    "data.create",
    "503 ServerBusy",
    "lower the parallelism",
    code="throttled",
)
def busy_store(bench: Bench) -> None:
    azurite = bench.with_key()

    def reply(request: Request, call: Call) -> Answer:
        if request.operation == "put":
            return Answer(503, [("x-ms-error-code", "ServerBusy")])
        found: Answer = call()
        return found

    bench.with_key(bench.before(azurite, reply).azurite)


@case("service", "no usable answer", "Check", code="timeout", blocks=("clock", "credential"))
def silent_store(bench: Bench) -> None:
    bench.with_canned(HANG)
    bench.options = ["--timeout", "2"]


@case(
    "account.soft_delete",
    "storage.retention_days is 7, the account keeps deleted blobs 0 days",
    "Set storage.retention_days: 0",
    status="warn",
    exit=0,
)
def retention_that_is_not_so(bench: Bench) -> None:
    bench.with_key()
    bench.storage["retention_days"] = 7
