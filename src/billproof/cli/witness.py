"""``billproof witness``: co-sign checkpoints, and only after checking them."""

import sys
from pathlib import Path

import click

from billproof.cli.deeds import now
from billproof.cli.extras import check_service_extra, importing
from billproof.cli.failures import EXIT_ERROR
from billproof.cli.output import EXIT_HOLDS, EXIT_VIOLATION, Json, example, output_options, print_result
from billproof.cli.parameters import FILE, InstantParameter
from billproof.model.canonical import canonical_bytes
from billproof.model.checkpoints import (
    CheckpointDocument,
    note_lines,
    parse_checkpoint,
    render_checkpoint,
    signature_line,
)
from billproof.model.cosignatures import is_witness_name
from billproof.model.identifiers import Instant
from billproof.model.key_sets import parse_key_set
from billproof.service.files import read_input, write_output
from billproof.service.witnessing import Cosigned, NotCosigned, Witness, cosign_note

DEFAULT_NAME = "billproof.dev/witness"
"""The name of a witness that nobody has named."""


class NameParameter(click.ParamType[str]):
    """The name of a witness."""

    name = "name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name."""
        if not is_witness_name(str(value)):
            self.fail(f"{value!r} is no name; use visible ASCII without blanks and plus signs", param, ctx)
        return str(value)


_STATE = click.option(
    "--state", type=FILE, required=True, help="The witness's own memory; its key lies beside it."
)
_NAME = click.option(
    "--name", type=NameParameter(), default=DEFAULT_NAME, show_default=True, help="Name in signature lines."
)


@click.group(
    "witness",
    epilog=example(
        "billproof export ledger.db --to jwks --out keys.json",
        "billproof export ledger.db --to checkpoint --out head.json",
        "billproof witness cosign head.json --ledger ledger.db --jwks keys.json --state w.db --out h.json",
        "billproof witness key --state w.db",
        "billproof witness serve --ledger ledger.db --jwks keys.json --state w.db --port 8090",
    ),
)
def command() -> None:
    """Co-sign checkpoints: the head of a log, checked by somebody who remembers the one before.

    A witness signs only what extends the head that it signed last, and only after it has followed every
    entry in between itself: each one sound, and the map of heads the fold of the log, with one chain per
    customer. It never signs a smaller head, or another one of the same size. Run it where the operator of
    the log cannot reach it.
    """


@command.command(
    "cosign",
    epilog=example(
        "billproof witness cosign head.json --ledger ledger.db --jwks keys.json --state w1.db --out h.json"
    ),
)
@click.argument("checkpoint", type=FILE)
@click.option("--ledger", type=FILE, required=True, help="Database or JSON lines: the entries.")
@click.option("--jwks", type=FILE, required=True, help="Key set of the log, obtained once and kept.")
@_STATE
@_NAME
@click.option("--out", type=FILE, help="Where to write the checkpoint with the co-signature added.")
@click.option("--as-of", type=InstantParameter(), help="Time in the signature; default: now.")
@output_options
def cosign(
    checkpoint: Path, ledger: Path, jwks: Path, *, state: Path, name: str, out: Path | None,
    as_of: Instant | None, output_format: str, quiet: bool,
) -> int:  # fmt: skip
    """Check CHECKPOINT against the entries and the head signed last, and co-sign it.

    Exits with 0 if it signed, and with 1 if it refused; the reason is one of SIGNATURE, ROLLBACK, FORK,
    ENTRIES, NOT_THE_LOG and NOT_THE_FOLD.
    """
    document = parse_checkpoint(read_input(checkpoint), str(checkpoint))
    keys = parse_key_set(read_input(jwks), str(jwks))
    witness = Witness(name=name, state=state, keys=keys, ledger=ledger)
    answer = cosign_note(witness, document.note, now() if as_of is None else as_of)
    if isinstance(answer, NotCosigned):
        print_result(
            _refusal(answer),
            [f"REFUSED  {checkpoint}: {answer.refused.refusal.value}: it {answer.refused.reason}"],
            output_format=output_format, quiet=quiet,
        )  # fmt: skip
        return EXIT_VIOLATION
    if out is not None:
        write_output(out, _with_line(document, answer).encode("utf-8") + b"\n")
    where = f" to {out}" if out is not None else f": {answer.line.strip()}"
    print_result(
        {
            "verdict": "COSIGNED",
            "line": answer.line,
            "size": answer.size,
            "size_before": answer.size_before,
            "verifier_key": witness.verifier_key,
            "refusal": None,
            "reason": "",
            "exit_code": EXIT_HOLDS,
        },
        [f"COSIGNED  {checkpoint}: {answer.size} entries, {answer.size_before} signed before{where}"],
        output_format=output_format,
        quiet=quiet,
    )
    return EXIT_HOLDS


@command.command("key", epilog=example("billproof witness key --state w1.db --name example.org/w1"))
@_STATE
@_NAME
@output_options
def key(state: Path, name: str, *, output_format: str, quiet: bool) -> int:
    """Print the verifier key, for the policies of readers; make the key where there is none."""
    witness = Witness(name=name, state=state, keys=parse_key_set('{"keys":[]}', "none"), ledger=state)
    text = witness.verifier_key
    policy = canonical_bytes({"faulty": 0, "quorum": 1, "witnesses": [text]}).decode("utf-8")
    print_result(
        {"verifier_key": text, "exit_code": EXIT_HOLDS},
        [text, f"  a policy of this witness alone: {policy}"],
        output_format=output_format,
        quiet=quiet,
    )
    return EXIT_HOLDS


@command.command(
    "serve",
    epilog=example(
        "billproof witness serve --ledger ledger.db --jwks keys.json --state w1.db --port 8090",
    ),
)
@click.option("--ledger", type=FILE, required=True, help="Database or JSON lines: the entries.")
@click.option("--jwks", type=FILE, required=True, help="Key set of the log, obtained once and kept.")
@_STATE
@_NAME
@click.option("--origin", help="The only log that is known; default: whatever its keys have signed.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8090, show_default=True, help="0 takes a free port."
)
@output_options
def serving(
    ledger: Path, jwks: Path, *, state: Path, name: str, origin: str | None, host: str, port: int,
    output_format: str, quiet: bool,
) -> int:  # fmt: skip
    """Co-sign over HTTP, as C2SP tlog-witness: POST /add-checkpoint, until SIGTERM or Ctrl-C.

    The body is "old SIZE", the consistency proof, an empty line and the signed checkpoint; the reply is the
    signature line. The entries are followed as by witness cosign. The key for readers is at /verifier-key.
    """
    del quiet
    check_service_extra()
    with importing():
        from billproof.service.http.server import make_server
        from billproof.service.http.witness import make_witness_app

    keys = parse_key_set(read_input(jwks), str(jwks))
    witness = Witness(name=name, state=state, keys=keys, ledger=ledger)
    verifier_key = witness.verifier_key

    def tell(url: str) -> None:
        document: dict[str, Json] = {"url": url, "verifier_key": verifier_key}
        lines = [f"witness {verifier_key} on {url}"]
        print_result(document, lines, output_format=output_format, quiet=False)
        sys.stdout.flush()

    server = make_server(make_witness_app(witness, origin), host, port, tell)
    server.run()
    return EXIT_HOLDS if server.started else EXIT_ERROR


def _with_line(document: CheckpointDocument, answer: Cosigned) -> str:
    """Return the checkpoint with the new line, in place of an older one under the same key."""
    text, lines = note_lines(document.note, "checkpoint")
    _, fresh = note_lines(f"{text}\n{answer.line}", "checkpoint")
    name, data = fresh[0]
    kept = [signature_line(*line) for line in lines if (line[0], line[1][:4]) != (name, data[:4])]
    note = f"{text}\n{''.join(kept)}{answer.line}"
    return render_checkpoint(CheckpointDocument(note=note, body=document.body, heads=document.heads))


def _refusal(answer: NotCosigned) -> dict[str, Json]:
    return {
        "verdict": "REFUSED",
        "line": None,
        "size": answer.size,
        "size_before": answer.size,
        "verifier_key": None,
        "refusal": answer.refused.refusal.value,
        "reason": answer.refused.reason,
        "exit_code": EXIT_VIOLATION,
    }
