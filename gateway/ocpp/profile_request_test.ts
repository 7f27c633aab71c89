import { deepStrictEqual as equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseFrame } from "./codec.ts";
import { createJudge } from "./policy.ts";
import { askedProfile } from "./profile_request.ts";

const asked = (action: string, payload: unknown) => askedProfile(parseFrame(JSON.stringify([2, "1", action, payload])));
const signed = (payload: unknown) => ({
  payload: Buffer.from(JSON.stringify(payload)).toString("base64url"),
  signatures: [],
});
const network = (securityProfile: unknown) => ({ configurationSlot: 1, connectionData: { securityProfile } });
const variable = (name: string, attributeValue: unknown) => ({
  component: { name: "SecurityCtrlr" },
  variable: { name },
  attributeValue,
});

const CASES: readonly [name: string, action: string, payload: unknown, profile: number | undefined][] = [
  ["1.6 key", "ChangeConfiguration", { key: "SecurityProfile", value: "1" }, 1],
  ["1.6 key in another case", "ChangeConfiguration", { key: "sEcurityprofile ", value: "2" }, 2],
  ["another 1.6 key", "ChangeConfiguration", { key: "HeartbeatInterval", value: "1" }, undefined],
  ["a value with a blank", "ChangeConfiguration", { key: "SecurityProfile", value: " 3" }, 0],
  ["a value that is no profile", "ChangeConfiguration", { key: "SecurityProfile", value: "4" }, 0],
  ["no value", "ChangeConfiguration", { key: "SecurityProfile" }, 0],
  ["2.x network profile", "SetNetworkProfile", network(2), 2],
  ["2.x network profile without one", "SetNetworkProfile", { configurationSlot: 1 }, 0],
  ["2.x variable", "SetVariables", { setVariableData: [variable("SecurityProfile", "1")] }, 1],
  [
    "the lowest of several variables",
    "SetVariables",
    { setVariableData: [variable("SecurityProfile", "3"), variable("SecurityProfile", "1")] },
    1,
  ],
  ["other variables", "SetVariables", { setVariableData: [variable("Identity", "1")] }, undefined],
  ["no variables at all", "SetVariables", {}, undefined],
  ["a signed network profile", "SetNetworkProfile-Signed", signed(network(3)), 3],
  ["a signed one that cannot be read", "SetNetworkProfile-Signed", { payload: "%%" }, 0],
  ["a signed one without payload", "ChangeConfiguration-Signed", {}, 0],
  ["a signed change of another key", "ChangeConfiguration-Signed", signed({ key: "X", value: "1" }), undefined],
  ["another action", "Reset", { type: "Soft" }, undefined],
  ["a name from Object", "constructor", {}, undefined],
];
for (const [name, action, payload, profile] of CASES) {
  Deno.test(`ocpp profile request: ${name} asks for ${profile ?? "nothing"}`, () => {
    equal(asked(action, payload), profile);
  });
}

Deno.test("ocpp profile request: a key named twice could mean either and counts as profile 0", () => {
  const text = '[2,"1","ChangeConfiguration",{"key":"SecurityProfile","key":"Other","value":"3"}]';
  equal(askedProfile(parseFrame(text)), 0);
});

Deno.test("ocpp judge: a downgrade by the CSMS gets SecurityError, the same or a higher profile passes (O-02)", () => {
  const check = { call: () => undefined, result: () => undefined };
  const state = { repeated: false, overRate: false, overPending: false };
  const set = (version: "ocpp1.6" | "ocpp2.0.1", profile: number) => {
    const is16 = version === "ocpp1.6";
    const payload = is16 ? { key: "SecurityProfile", value: String(profile) } : network(profile);
    const frame = parseFrame(JSON.stringify([2, "1", is16 ? "ChangeConfiguration" : "SetNetworkProfile", payload]));
    return createJudge({ version, validation: "observe", check, securityProfile: 2 }).call("csms", frame, state);
  };
  for (const version of ["ocpp1.6", "ocpp2.0.1"] as const) {
    const lowered = set(version, 1);
    equal([lowered.pass, lowered.rule, !lowered.pass && !lowered.take && lowered.code], [
      false,
      "ocpp.profile-downgrade",
      "SecurityError",
    ]);
    equal([set(version, 2).pass, set(version, 3).pass], [true, true]);
  }
});
