import { deepStrictEqual as equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseFrame } from "../codec.ts";
import { FILE_RULES, judging } from "./part.ts";

const GATEWAY = "https://10.20.0.1:8446/f/x";
const ELSEWHERE = "https://elsewhere.example/f";

function rule(action: string, payload: unknown, hosts: readonly string[] | null = ["10.20.0.1:8446"]): string {
  const passes = { call: () => ({ pass: true, rule: "ocpp.forward" }) as const, result: () => undefined };
  const verdict = judging(passes, { hosts: () => hosts ?? undefined, watched: () => undefined })
    .call("csms", parseFrame(JSON.stringify([2, "1", action, payload])), {
      ...{ repeated: false, overRate: false, overPending: false },
    });
  return verdict.pass ? "pass" : verdict.take ? verdict.rule : `${verdict.rule} ${verdict.code}`;
}
const REFUSED = `${FILE_RULES.spelling} SecurityError`;

Deno.test("ocpp firmware: an action under another spelling of its name leads no station past the gateway (invariant 13)", () => {
  for (
    const action of [
      "updateFirmware",
      "UPDATEFIRMWARE",
      " UpdateFirmware",
      "UpdateFirmware\0",
      "getlog-signed",
      "Update\ufb01rmware",
      "GetDiagno\u017ftics",
    ]
  ) {
    equal(rule(action, { location: ELSEWHERE }), REFUSED, JSON.stringify(action));
  }
  equal([rule("UpdateFirmwares", {}), rule("reset", {})], ["pass", "pass"]);
  equal(rule("updateFirmware", { location: ELSEWHERE }, null), "pass", "a site whose gateway serves no files");
});

Deno.test("ocpp firmware: a place under another spelling, beside the right one, leads no station past the gateway", () => {
  equal(rule("UpdateFirmware", { location: GATEWAY, Location: ELSEWHERE }), REFUSED);
  equal(rule("UpdateFirmware", { location: GATEWAY, "\uff4cocation": ELSEWHERE }), REFUSED);
  equal(rule("GetLog", { log: { remoteLocation: GATEWAY, RemoteLocation: ELSEWHERE } }), REFUSED);
  equal(rule("GetLog", { log: { remoteLocation: GATEWAY }, Log: { remoteLocation: ELSEWHERE } }), REFUSED);
  equal(rule("UpdateFirmware", { firmware: { location: GATEWAY, "location\0": ELSEWHERE } }), REFUSED);
  const text = JSON.stringify({ location: GATEWAY, LOCATION: ELSEWHERE });
  equal(rule("UpdateFirmware-Signed", { payload: Buffer.from(text).toString("base64url") }), REFUSED);
  equal(rule("GetDiagnostics", { location: ELSEWHERE, customData: { Location: "x" } }), FILE_RULES.upload);
  equal(rule("UpdateFirmware", { location: ELSEWHERE, retrieveDate: "x" }), FILE_RULES.update);
});
