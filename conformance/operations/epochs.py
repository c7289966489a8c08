"""Epochs out of evidence (spec/settlement.md, "Evidence"), and commitments to fault proofs (spec/fault.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...protocol.encoding.schema import decode_object
from ...protocol.errors import SchemaError
from ...protocol.machine.interpreter import Interpreter
from ...protocol.registry.snapshot import Registry
from ...protocol.rewards.epoch import decode_epoch
from ...protocol.rewards.parameters import Parameters
from ...protocol.rewards.records import RecordType, pack
from ...protocol.work.fault_commit import FaultReveal
from ...verifier import faults
from ...verifier.epoch_files import Told
from ...verifier.epochs import Shown, refused, shown
from ...verifier.verdict import evidence_hash
from ..values import number, octets
from . import Operation
from .work import described, given_materials, judged


def made(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The records that evidence shows, and what each file is worth."""
    found = _shown(input)
    files = []
    for one in found.findings:
        entry: dict[str, Any] = {"file": one.file, "records": len(one.records)}
        files.append(entry | ({"code": one.error.code} if one.error else {}))
    records = [(kind, record) for kind in list(RecordType)[1:] for record in found.epoch.records(kind)]
    return {"hash": found.epoch.hash, "records": _spelled(records), "files": files}


def of_file(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The records that one file of some evidence shows, or why it shows nothing."""
    name = evidence_hash(octets(input["file"]))
    finding = next(one for one in _shown(input).findings if one.file == name)
    if finding.error is not None:
        raise finding.error
    return {"records": _spelled(finding.records)}


def refusals(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The records of an epoch that evidence doesn't show."""
    epoch, parameters = decode_epoch(octets(input["epoch"]))
    if parameters is None:
        raise SchemaError("missing-field", "no parameters", requirement="ENC-030")
    told = Told(
        network=epoch.network,
        number=epoch.number,
        first_slot=epoch.first_slot,
        last_slot=epoch.last_slot,
        treasury=epoch.treasury,
        parameters=parameters,
        registry=decode_object(Registry, octets(input["registry"])),
        earlier=tuple(decode_object(Registry, octets(one)) for one in input.get("earlier", ())),
        supplied=bool(input.get("supplied", False)),
    )
    evidence = shown(told, [octets(file) for file in input["files"]], executor=Interpreter)
    return {"set_aside": [aside._asdict() for aside in refused(epoch, evidence)]}


def _shown(input: Mapping[str, Any]) -> Shown:
    told = Told(
        network=input["network"],
        number=number(input["number"]),
        first_slot=number(input["first_slot"]),
        last_slot=number(input["last_slot"]),
        treasury=octets(input["treasury"]),
        parameters=decode_object(Parameters, octets(input["parameters"])),
        registry=decode_object(Registry, octets(input["registry"])),
        earlier=tuple(decode_object(Registry, octets(one)) for one in input.get("earlier", ())),
        supplied=bool(input.get("supplied", False)),
    )
    materials = [given_materials(one) for one in input.get("executed", ())]
    return shown(told, [octets(file) for file in input["files"]], executor=Interpreter, materials=materials)


def _spelled(records: Iterable[tuple[RecordType, Any]]) -> list[Mapping[str, Any]]:
    """Records as vectors have them: type and packed bytes, ascending."""
    packed = sorted((kind, pack(kind, [record])[0]) for kind, record in set(records))
    return [{"type": int(kind), "record": data} for kind, data in packed]


def committed(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check that a prover had committed to a fault proof."""
    data = octets(input["reveal"])
    verdict = judged(faults.check_fault_reveal(data, octets(input["proof"]), executor=Interpreter))
    commit = decode_object(FaultReveal, data).commit
    return {"id": commit.id, "commitment": commit.body.commitment, **described(verdict)}


OPERATIONS: dict[str, Operation] = {
    "settlement.shown": made,
    "settlement.file": of_file,
    "settlement.refused": refusals,
    "fault.committed": committed,
}
