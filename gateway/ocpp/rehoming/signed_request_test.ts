import { equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { BENDER_KEYS } from "../../../profiles/controllers/bender_keys.ts";
import { type OcppVersion, parseFrame } from "../codec.ts";
import { createJudge } from "../policy.ts";

/** What becomes of a signed message of the CSMS whose signed text is this one. */
function judge(version: OcppVersion, action: string, payload: string): string {
  const settings = {
    version,
    validation: "observe",
    securityProfile: 2,
    keys: BENDER_KEYS,
    check: { call: () => undefined, result: () => undefined },
    rehoming: { stationTls: true, upstreamTls: true, stationCertificates: "site-ca" },
  } as const;
  const frame = parseFrame(JSON.stringify([2, "1", `${action}-Signed`, { payload, signatures: [] }]));
  const verdict = createJudge(settings).call("csms", frame, { repeated: false, overRate: false, overPending: false });
  return verdict.pass ? "pass" : verdict.rule;
}
const signed = (text: string) => Buffer.from(text).toString("base64url");
const OWN = '{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"attributeValue":"x"}';
const OTHER = '{"component":{"name":"HeartbeatCtrlr"},"variable":{"name":"Interval"},"attributeValue":"60"}';

Deno.test("signed requests: one of the station's alone is passed on", () => {
  equal(judge("ocpp2.0.1", "SetVariables", signed(`{"setVariableData":[${OTHER}]}`)), "pass");
});

Deno.test("signed requests: a member that stands twice in what is signed could be either, so nothing of it is passed on", () => {
  const twice = `{"setVariableData":[${OWN}],"setVariableData":[${OTHER}]}`;
  equal(judge("ocpp2.0.1", "SetVariables", signed(twice)), "ocpp.profile-downgrade");
  const nested =
    `{"setVariableData":[{"component":{"name":"SecurityCtrlr","name":"x"},"variable":{"name":"Identity"}}]}`;
  equal(judge("ocpp2.1", "GetVariables", signed(nested.replace("set", "get"))), "ocpp.rehome.ambiguous");
  equal(
    judge("ocpp2.0.1", "InstallCertificate", signed('{"certificateType":"CSMSRootCertificate","certificateType":"x"}')),
    "ocpp.rehome.ambiguous",
  );
});

Deno.test("signed requests: a setting of the maker's laboratory behind a second key of the same name is not passed on", () => {
  const text = '{"key":"SSHAccessUsb","value":"On","key":"HeartbeatInterval"}';
  equal(judge("ocpp1.6", "ChangeConfiguration", signed(text)), "ocpp.profile-downgrade");
});

Deno.test("signed requests: what decoders of base64 read differently is not read at all", () => {
  const text = signed(`{"setVariableData":[${OTHER}]}`);
  for (const odd of [`${text.slice(0, 8)}\n${text.slice(8)}`, `${text}=A`, `*${text}`, `${text} `]) {
    equal(judge("ocpp2.0.1", "SetVariables", odd), "ocpp.profile-downgrade", odd);
  }
});
