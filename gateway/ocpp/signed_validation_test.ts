import { deepStrictEqual as equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { ValidationMode } from "../../policies/ocpp.ts";
import { parseFrame } from "./codec.ts";
import type { Side } from "./effects.ts";
import { createJudge } from "./policy.ts";
import { loadSchemaCheck } from "./validation.ts";

const check = await loadSchemaCheck("ocpp2.0.1");
const jws = (text: string) => ({ payload: Buffer.from(text).toString("base64url"), signatures: [] });

/** "pass", "pass, noted <rule>" or "<rule> <code>". */
function judge(validation: ValidationMode, from: Side, action: string, payload: unknown): string {
  const frame = parseFrame(JSON.stringify([2, "1", action, payload]));
  const verdict = createJudge({ version: "ocpp2.0.1", validation, check, securityProfile: 0 })
    .call(from, frame, { repeated: false, overRate: false, overPending: false });
  if (verdict.pass) return verdict.would === undefined ? "pass" : `pass, noted ${verdict.would}`;
  return verdict.take ? "taken" : `${verdict.rule} ${verdict.code}`;
}

const CASES: readonly (readonly [what: string, action: string, payload: unknown, verdict: string])[] = [
  ["a good one", "Reset-Signed", jws('{"type":"OnIdle"}'), "pass"],
  ["a value that no version knows", "Reset-Signed", jws('{"type":"Hard"}'), "ocpp.schema PropertyConstraintViolation"],
  ["a property that is missing", "Reset-Signed", jws("{}"), "ocpp.schema OccurrenceConstraintViolation"],
  ["a property of the wrong type", "Reset-Signed", jws('{"type":1}'), "ocpp.schema TypeConstraintViolation"],
  [
    "a rule that the schemas miss",
    "UnlockConnector-Signed",
    jws('{"evseId":0,"connectorId":1}'),
    "ocpp.schema PropertyConstraintViolation",
  ],
  ["what is no base64", "Reset-Signed", { payload: "%%" }, "ocpp.schema FormatViolation"],
  ["what is no JSON", "Reset-Signed", jws("type"), "ocpp.schema FormatViolation"],
  ["the plain payload", "Reset-Signed", { type: "OnIdle" }, "ocpp.schema FormatViolation"],
  ["a member twice", "Reset-Signed", jws('{"type":"OnIdle","type":"Immediate"}'), "ocpp.schema FormatViolation"],
  ["an action of no version", "Melt-Signed", jws("{}"), "ocpp.unknown-action NotImplemented"],
];
for (const [what, action, payload, verdict] of CASES) {
  Deno.test(`signed messages are held to the schema of what they wrap: ${what}: ${verdict}`, () => {
    equal(judge("enforce", "csms", action, payload), verdict);
    const rule = verdict.split(" ")[0]!;
    equal(judge("observe", "csms", action, payload), verdict === "pass" ? "pass" : `pass, noted ${rule}`);
    const isUnknown = rule === "ocpp.unknown-action";
    equal(judge("enforce-known-actions", "csms", action, payload), isUnknown ? "pass" : verdict);
  });
}

Deno.test("signed messages of a transaction pass, whatever is wrong with what they wrap (invariant 15)", () => {
  for (const payload of [jws("{}"), jws("type"), { payload: 7 }, {}, jws('{"a":1,"a":2}')]) {
    equal(judge("enforce", "station", "TransactionEvent-Signed", payload), "pass, noted ocpp.schema");
  }
});
