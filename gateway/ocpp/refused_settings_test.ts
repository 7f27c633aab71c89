import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { BENDER_KEYS } from "../../profiles/controllers/bender_keys.ts";
import { parseFrame } from "./codec.ts";
import { createJudge } from "./policy.ts";

const judge = (keys: typeof BENDER_KEYS | undefined, from: "csms" | "station" = "csms") => (text: string) => {
  const settings = {
    version: "ocpp1.6",
    validation: "observe",
    check: { call: () => undefined, result: () => undefined },
    securityProfile: 0,
    ...keys ? { keys } : {},
  } as const;
  const frame = parseFrame(text);
  const verdict = createJudge(settings).call(from, frame, { repeated: false, overRate: false, overPending: false });
  return verdict.pass ? "pass" : "code" in verdict ? `${verdict.rule} ${verdict.code}` : verdict.rule;
};
const change = (key: string, value: string) => JSON.stringify([2, "1", "ChangeConfiguration", { key, value }]);
const REFUSED = "ocpp.setting SecurityError";

const CASES: readonly [what: string, text: string, verdict: string][] = [
  ["the laboratory's key", change("SSHAccessUsb", "On"), REFUSED],
  ["downgrades of firmware", change("AllowFirmwareDowngrade", "On"), REFUSED],
  ["the style of the pages", change("WebUIStyle_web", "2"), REFUSED],
  ["the pages off", change("WebUIEnabledLAN_tcpip", "Off"), REFUSED],
  ["a limit", change("OperatorCurrentLimit", "16"), "pass"],
  ["a key of the standard", change("HeartbeatInterval", "60"), "pass"],
  [
    "the laboratory's key, signed",
    JSON.stringify([2, "1", "ChangeConfiguration-Signed", {
      payload: Buffer.from('{"key":"SSHAccessUsb","value":"On"}').toString("base64url"),
      signatures: [],
    }]),
    REFUSED,
  ],
  [
    "a key named twice",
    '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","key":"SSHAccessUsb","value":"1"}]',
    REFUSED,
  ],
  ["another action", '[2,"1","Reset",{"key":"SSHAccessUsb","type":"Soft"}]', "pass"],
];
for (const [what, text, verdict] of CASES) {
  Deno.test(`ocpp judge: a CSMS writes ${what} at a Bender: ${verdict}`, () =>
    equal(judge(BENDER_KEYS)(text), verdict));
}

Deno.test("ocpp judge: a controller whose settings nobody knows is the CSMS's to set; a station sets nothing", () => {
  deepEqual(CASES.map(([, text]) => judge(undefined)(text)), CASES.map(() => "pass"));
  equal(judge(BENDER_KEYS, "station")(change("SSHAccessUsb", "On")), "pass");
});
