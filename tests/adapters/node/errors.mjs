// Rejections: evidence that a check found wrong, with the check's stage, code and requirement (spec/errors.md).

export class Rejected extends Error {
  constructor(stageAndCode, requirement, message) {
    super(message);
    [this.stage, this.code] = stageAndCode.split("/");
    this.requirement = requirement;
  }
}

export function check(holds, stageAndCode, requirement, message) {
  if (!holds) throw new Rejected(stageAndCode, requirement, message ?? stageAndCode);
}
