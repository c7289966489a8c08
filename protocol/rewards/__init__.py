"""Settlement: what an epoch's records earn and cost, to the last base unit (spec/settlement.md, spec/rewards.md).

    epoch = Epoch(network="testnet", …, accounts=[…], units=[…], claims=[…], verdicts=[…])
    settlement = settle(epoch, StandardRule(parameters))

`records` has the record types, `epoch` their set and its file, `view` judges what contradicts what, `rule` is what a
rule is, `settle` runs one and keeps the books, `standard` is the protocol's own rule, `payout` the tree of payouts.
"""
