import { strictEqual as equal } from "node:assert/strict";
import { plainAction } from "./plain_action.ts";

const CASES: readonly (readonly [action: string, plain: string])[] = [
  ["TransactionEvent-Signed", "TransactionEvent"],
  ["MeterValues-Signed", "MeterValues"],
  ["-Signed", ""],
  ["TransactionEvent-Signed-Signed", "TransactionEvent-Signed"],
  ["TransactionEvent-signed", "TransactionEvent-signed"],
  ["TransactionEventSigned", "TransactionEventSigned"],
  ["Signed", "Signed"],
  ["Unlocked", "Unlocked"],
  ["MeterValues", "MeterValues"],
  ["d", "d"],
  ["", ""],
];

for (const [action, plain] of CASES) {
  Deno.test(`plain action: "${action}" is judged as "${plain}"`, () => equal(plainAction(action), plain));
}
