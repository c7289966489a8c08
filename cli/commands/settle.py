"""`tracework settle`: what an epoch comes to."""

from __future__ import annotations

from collections.abc import Callable

import click

from ...conformance.values import render
from ...protocol.encoding.schema import encode_object
from ...protocol.errors import ProtocolError
from ...protocol.rewards.epoch import Epoch
from ...protocol.rewards.explain import Line, explain, words
from ...protocol.rewards.payout import PayoutTree
from ...protocol.rewards.settle import settle
from ...protocol.rewards.settlement import Settlement
from ...protocol.rewards.view import SetAside
from ...verifier.epochs import refused
from ...worker import executors
from ...worker.files import write_file
from .. import epochs, exits
from .. import evidence as reader
from ..command import command as declare
from ..command import engine_option, json_option
from ..console import bad, count, faint, good, say, say_json, table
from ..evidence import Reading, reader_options
from ..failure import Failure
from ..files import read

SHOWN = 10
"""So many records that were set aside are shown; --json has all."""


@declare(
    "settle",
    examples=[
        "tracework settle epoch.cbor -o settlement.cbor",
        "tracework settle --check settlement.cbor epoch.cbor",
        "tracework settle --explain 1 epoch.cbor",
        "tracework settle epoch.cbor --evidence evidence/ --registry registry.cbor -o settlement.cbor",
    ],
    exit_codes={0: "settled; with --check: the settlement is the epoch's", 1: "with --check: it is another", 3: ""},
)
@click.argument("epoch_file", metavar="EPOCH", type=click.Path(allow_dash=True))
@click.option("-o", "--output", type=click.Path(), help="Write the settlement to this file.")
@click.option("--check", "other", type=click.Path(allow_dash=True), help="Compare with this settlement.")
@click.option(
    "--explain", "account", metavar="ACCOUNT", help="Say why an account (key, address, position) gets this much."
)
@click.option(
    "--evidence",
    multiple=True,
    type=click.Path(),
    help="Hold the records to this evidence, a file or a folder; set aside what it doesn't show. Repeatable.",
)
@reader_options(required=False)
@engine_option
@json_option
def command(
    epoch_file: str,
    output: str | None,
    other: str | None,
    account: str | None,
    evidence: tuple[str, ...],
    registry: str | None,
    earlier: tuple[str, ...],
    materials: tuple[tuple[str, str], ...],
    supplied: bool,
    engine: executors.Engine,
    as_json: bool,
) -> None:
    """Compute what EPOCH comes to under the standard rule: payouts, slashes, refunds, burn, treasury.

    The same records give the same settlement to the byte, in whatever order they are. Records that contradict others
    are set aside and named. What goes in equals what comes out, or nothing is written.

    With --evidence and --registry every record is held to the evidence first, as `tracework epoch new` reads it.
    Without, the records are taken as they are.
    """
    if sum(option is not None for option in (output, other, account)) > 1:
        raise click.UsageError("--output, --check and --explain exclude one another")
    if bool(evidence) != (registry is not None):
        raise click.UsageError("--evidence goes with --registry: the network's registry before the epoch")
    if not evidence and (earlier or materials or supplied):
        raise click.UsageError("--earlier, --execute and --supplied go with --evidence")
    with epochs.many_objects():
        epoch, rule = epochs.read_epoch(epoch_file)
        reading = None
        out: list[SetAside] = []
        if registry is not None:
            reading = reader.read(
                evidence,
                frame=epoch,
                parameters=rule.parameters,
                registry=registry,
                earlier=earlier,
                materials=materials,
                supplied=supplied,
                executor=executors.choose(engine).factory,
            )
            out = _refused(epoch, reading, registry)
        settlement = settle(epoch, rule, out)
        if other is not None:
            _check(settlement, other, as_json)
        elif account is not None:
            number = epochs.account_number(epoch, account)
            _explain(explain(epoch, rule, number, out), epoch, settlement, number, as_json)
        else:
            tree = PayoutTree(payouts) if (payouts := settlement.by_address()) else None
            if output is not None:
                write_file(output, encode_object(settlement))
            _show(settlement, tree, as_json, lambda aside: reader.aside_lines(reading, epoch, aside))


def _refused(epoch: Epoch, reading: Reading, registry: str) -> list[SetAside]:
    try:
        return refused(epoch, reading.shown)
    except ProtocolError as error:
        raise Failure(f"{registry} is not the registry that the epoch's accounts are of: {error}") from error


def _check(settlement: Settlement, path: str, as_json: bool) -> None:
    same = read(path) == encode_object(settlement)
    if as_json:
        say_json(render({"same": same, "settlement": settlement.hash}))
    elif same:
        say(f"{good('EQUAL')}: {path} is this epoch's settlement, {settlement.hash.hex()}")
    else:
        where = _difference(settlement, epochs.read_settlement(path))
        say(f"{bad('DIFFERENT')}: {path} is not what follows from this epoch: {where} differ [STL-053]")
    if not same:
        raise click.exceptions.Exit(exits.BAD)


def _difference(ours: Settlement, theirs: Settlement) -> str:
    """The fields in which two settlements differ."""
    return ", ".join(entry.name for entry in ours.ENTRIES if getattr(ours, entry.name) != getattr(theirs, entry.name))


def _explain(lines: list[Line], epoch: Epoch, settlement: Settlement, account: int, as_json: bool) -> None:
    paid = sum(entry.amount for entry in settlement.by_reason() if entry.account == account)
    told = sum(line.amount for line in lines if line.amount is not None and line.what != "slash")
    if paid != told:
        raise Failure(f"the lines add up to {told}, and the settlement pays {paid}: please report this", exits.BUG)
    if as_json:
        said = [_line(line) for line in lines]
        say_json(render({"account": account, "key": epoch.accounts[account].key, "paid": paid, "lines": said}))
        return
    who = epoch.accounts[account]
    say(f"account {account}, key {who.key.hex()[:16]}…, address 0x{who.address.hex()}")
    for line in lines:
        amount = "" if line.amount is None else f"{line.amount:+,}"
        unit = "" if line.unit is None else f", unit {line.unit.hex()[:16]}…"
        say(f"{amount:>20}  {line.what}{unit}")
        say(f"{'':>20}  {faint(f'{line.why} [{line.clause}]')}")
    say(f"{paid:>+20,}  in all, claimable from slot {settlement.claimable}")


def _line(line: Line) -> dict[str, object]:
    said: dict[str, object] = {"what": line.what, "clause": line.clause, "why": line.why}
    if line.amount is not None:
        said["amount"] = str(line.amount)
    if line.unit is not None:
        said["unit"] = line.unit
    return said


def _show(
    settlement: Settlement, tree: PayoutTree | None, as_json: bool, aside_text: Callable[[SetAside], str]
) -> None:
    totals, asides = settlement.totals, [SetAside(*aside) for aside in settlement.set_aside()]
    sums = {entry.name: getattr(totals, entry.name) for entry in totals.ENTRIES}
    if as_json:
        said = {
            "settlement": settlement.hash,
            "epoch": settlement.epoch,
            "number": settlement.number,
            "claimable": settlement.claimable,
            "totals": sums,
            "payees": len(settlement.by_address()),
            "set_aside": [aside_text(aside) for aside in asides],
        }
        if tree is not None:
            said["payout_root"] = tree.root
        say_json(render(said))
        return
    say(f"epoch {settlement.number} of {settlement.network}, claimable from slot {settlement.claimable}")
    reasons: dict[str, int] = {}
    for entry in sorted(settlement.by_reason(), key=lambda entry: entry.reason):
        reasons[words(entry.reason)] = reasons.get(words(entry.reason), 0) + entry.amount
    into = [("escrow", totals.escrow), ("emission", totals.emission), ("slashes", totals.slashes)]
    shared = sum(entry.amount for entry in settlement.by_beneficiary())
    out = [(name, amount) for name, amount in reasons.items() if name != "refund"]
    out += [
        ("beneficiaries", shared),
        ("burnt", totals.burn),
        ("treasury", totals.treasury),
        ("refunds", totals.refunds),
    ]
    for title, rows in (("in", into), ("out", out)):
        say(f"{title}: {sum(amount for _, amount in rows):,}")
        width = max(len(f"{amount:,}") for _, amount in rows)
        table([(name, f"{amount:,}".rjust(width)) for name, amount in rows if amount or title == "in"])
    if asides:
        say(f"set aside: {count(len(asides), 'record', exact=True)}")
        for aside in asides[:SHOWN]:
            say(f"  {aside_text(aside)}")
        if len(asides) > SHOWN:
            say(faint("  … (--json has all)"))
    table({"settlement": settlement.hash.hex()} | ({"payout root": "0x" + tree.root.hex()} if tree else {}), indent=0)
