"""The HTTP API in this process: damaged requests, and what every answer must be; the ledger stays VALID.

An answer is below 400, or it is a problem document of the closed set of codes with the status of its code.
500 is always a finding, and so is 503: nothing here is slow, stopped or broken. The writer, its store and the
signing are the real ones; only the sockets are left out.
"""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from billproof.model.identifiers import CustomerId, Sequence
from billproof.model.outcomes import ReceiptVerdict
from billproof.model.receipts import receipt_id
from billproof.model.tiers import Tier
from billproof.service.access import read_public_key
from billproof.service.audit import AuditOptions, audit
from billproof.service.http.app import Settings, make_app
from billproof.service.http.limits import Rate, RateLimiter
from billproof.service.http.problems import HTTP_STATUS, PROBLEM_TYPE, TYPE_PREFIX, Code, Phase
from billproof.service.keystore import key_directory
from tools.fuzzing.mutation import ODD_TEXT, Damage
from tools.fuzzing.seeds import Seeds
from tools.fuzzing.target import Target, law

_EVENT: Final = (
    '{"amount":"1.5","currency":"USD","entitlement":"api","event_time":"2024-09-25T00:00:00Z",'
    '"usage":"1 call"}'
)
_RECEIPT: Final = receipt_id(CustomerId("acme"), Sequence(2))
_REQUESTS: Final = (
    ("POST", "/v1/events", _EVENT),
    ("POST", "/v1/events", f"[{_EVENT[:-1]},\"idempotency_key\":\"b1\"}}]"),
    ("POST", "/v1/refunds", '{"customer":"acme","refers_to":2,"amount":"0.5","currency":"USD"}'),
    ("POST", "/v1/refunds",
     f'{{"customer":"acme","receipt_id":"{_RECEIPT}","amount":"0.1","currency":"USD"}}'),
    ("POST", "/v1/voids", '{"customer":"acme","refers_to":3}'),
    ("POST", "/v1/chargebacks", '{"customer":"acme","refers_to":4,"amount":"0.5","currency":"USD"}'),
    ("POST", "/v1/holds", '{"customer":"bob","reason":"fraud"}'),
    ("POST", "/v1/releases", '{"customer":"bob","reason":"fraud","refers_to":6}'),
    ("POST", "/v1/invoices/acme/2024-09", "{}"),
    ("GET", "/v1/invoices/acme/2024-09", ""),
    ("POST", "/v1/customers/bob/keys", json.dumps({"public": "PEM", "evidence": "a contract"})),
    ("POST", "/v1/customers/bob/keys/KEY/revocation", "{}"),
    ("GET", "/v1/customers/carol/usage?period=2024-09", ""),
    ("GET", "/v1/customers/acme/ledger?after=0&limit=10", ""),
    ("GET", f"/v1/receipts/{_RECEIPT}?customer=acme", ""),
    ("POST", "/v1/disputes", f'{{"customer":"acme","receipt_id":"{_RECEIPT}","claim":"altered"}}'),
    ("GET", f"/v1/disputes/{_RECEIPT}.duplicated?customer=acme", ""),
    ("POST", f"/v1/disputes/{_RECEIPT}.altered/end", '{"customer":"acme","resolution":"upheld"}'),
    ("GET", "/v1/checkpoints/latest", ""),
    ("GET", "/.well-known/jwks.json", ""),
    ("GET", "/page/../../etc/passwd", ""),
    ("GET", "/metrics", ""),
)  # fmt: skip
_SIGNATURE: Final = (
    'signature-input: sig1=("@method" "@path" "content-digest" "idempotency-key");created=1;keyid="k"',
    "signature: sig1=:AAAA:",
)


class Noticing:
    """The innermost layer: an exception that the service turns into 500 is kept, so that it can be shown."""

    def __init__(self, app: ASGIApp, noticed: list[Exception]) -> None:
        self._app = app
        self._noticed = noticed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            self._noticed.append(error)
            raise


class Api:
    """A running service without sockets."""

    def __init__(self, database: Path) -> None:
        rates = {tier: Rate(per_second=10**9, burst=10**9) for tier in Tier}
        settings = Settings(database=database, is_logging=False, limiter=RateLimiter(rates=rates))
        self.app = make_app(settings)
        self.noticed: list[Exception] = []
        self.app.user_middleware.append(Middleware(Noticing, noticed=self.noticed))
        self.database = database
        self._loop = asyncio.new_event_loop()
        self._life = self.app.router.lifespan_context(self.app)
        self._loop.run_until_complete(self._life.__aenter__())
        self._is_open = True

    def close(self) -> None:
        """Stop it as a server does: what is committed is signed first."""
        if self._is_open:
            self._is_open = False
            self._loop.run_until_complete(self._life.__aexit__(None, None, None))
            self._loop.close()

    def answer(self, scope: Scope, body: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
        """Return status, headers and body of the answer to a request."""
        parts: list[Message] = []
        pieces: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return pieces.pop() if pieces else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            parts.append(message)

        self._loop.run_until_complete(self.app(scope, receive, send))
        content = b"".join(part.get("body", b"") for part in parts[1:])
        return parts[0]["status"], dict(parts[0]["headers"]), content


def _examples(seeds: Seeds) -> tuple[bytes, ...]:
    """Return requests as text: the line of the request, the headers, an empty line, the body."""
    made = []
    public = seeds.customer_pems[0]
    key_id = read_public_key(public).key_id
    for token in seeds.tokens:
        for number, (method, path, plain) in enumerate(_REQUESTS):
            path = path.replace("KEY", key_id)
            body = plain.replace('"PEM"', json.dumps(public.decode()))
            lines = [f"{method} {path}", f"authorization: Bearer {token}", f"idempotency-key: f{number}",
                     "content-type: application/json", f"content-length: {len(body)}"]  # fmt: skip
            made.append("\n".join([*lines, "", body]))
            if number < 2:
                made.append("\n".join([*lines, *_SIGNATURE, "", body]))
    return tuple(text.encode() for text in made)


def _scope(data: bytes) -> tuple[Scope, bytes]:
    """Return what a server would hand on of a request; the head has no more than one line per header."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    path, _, query = target.partition(b"?")
    headers = [
        (name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)
    ]
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method.decode("latin-1"),
        "scheme": "http", "path": path.decode("utf-8", "replace"), "raw_path": path, "query_string": query,
        "root_path": "", "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "state": {},
    }, body  # fmt: skip


def check_answer(status: int, headers: dict[bytes, bytes], body: bytes) -> None:
    """Check that an answer is one that the interface documents.

    Raises:
        BrokenContractError: It is not.
    """
    if status < 400:
        return
    law(headers.get(b"content-type", b"").decode() == PROBLEM_TYPE, f"{status} without a problem document")
    document = json.loads(body)
    code, phase = document.get("code"), document.get("phase")
    law(
        code in list(Code) and phase in list(Phase),
        f"code {code!r} or phase {phase!r} is not of the closed set",
    )
    law(HTTP_STATUS[Code(code)] == status == document.get("status"), f"{code} with status {status}")
    named = document.get("type") == TYPE_PREFIX + code.lower().replace("_", "-")
    law(named and bool(document.get("title")) and bool(document.get("detail")), f"{code} without its texts")
    law(status < 500, f"{code}: {document.get('detail')}")


def _damaged(damage: Damage) -> Callable[[Random], bytes]:
    """Return what damages a request: as a whole, or its body, or one header, alone."""

    def make(random: Random) -> bytes:
        data = random.choice(damage.examples)
        head, mark, body = data.partition(b"\n\n")
        way = random.randrange(8)
        if way < 4 and body:
            part = Damage(examples=(body,), is_json=True).make(random)
            # A fresh key, so that what is good is committed and not replayed.
            fresh = b"idempotency-key: n%d" % random.randrange(10**9)
            lines = [fresh if line.startswith(b"idempotency-key") else line for line in head.split(b"\n")]
            return b"\n".join(lines) + mark + part
        if way < 6:
            lines = head.split(b"\n")
            place = random.randrange(len(lines))
            name, colon, value = lines[place].partition(b": ")
            odd = random.choice(
                (*ODD_TEXT, b"", b"Bearer", b"gzip", b"-1", b"9" * 4_400, value * 2, value[:-1])
            )
            lines[place] = name + (colon or b" ") + odd.replace(b"\n", b"")
            return b"\n".join(lines) + mark + body
        return damage.make(random)

    return make


def http_targets(seeds: Seeds) -> tuple[Target, ...]:
    """Return the targets of the service and of the witness."""
    database = seeds.directory / "served.db"
    shutil.copyfile(seeds.database, database)
    shutil.copytree(key_directory(seeds.database), key_directory(database))
    api = Api(database)

    def run(data: bytes) -> None:
        api.noticed.clear()
        status, headers, body = api.answer(*_scope(data))
        if api.noticed:
            raise api.noticed[0]
        check_answer(status, headers, body)

    def finish() -> None:
        api.close()
        report = audit(database, AuditOptions())
        law(report.verdict == ReceiptVerdict.VALID, f"the ledger is {report.verdict}: {report.first}")

    damage = Damage(examples=_examples(seeds), is_json=False)
    return (
        Target(
            name="http-api",
            run=run,
            documented=(),
            make=_damaged(damage),
            examples=damage.examples,
            weight=60,
            finish=finish,
            close=api.close,
        ),
    )
