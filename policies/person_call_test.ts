import { deepStrictEqual as equal, match } from "node:assert/strict";
import { decidePersonCall } from "./person_call.ts";

const change = (key: unknown) => ({ action: "ChangeConfiguration", payload: { key, value: "x" } });
const variables = (...names: unknown[]) => ({
  action: "SetVariables",
  payload: {
    setVariableData: names.map((name) => ({
      component: { name: "SecurityCtrlr" },
      variable: { name },
      attributeValue: "x",
    })),
  },
});

const REFUSED = [
  { name: "the password of 1.6", facts: change("AuthorizationKey") },
  { name: "the profile of 1.6, in another case and with blanks", facts: change(" securityPROFILE ") },
  { name: "the password of 2.x", facts: variables("BasicAuthPassword") },
  {
    name: "the order of network profiles, behind something harmless",
    facts: variables("X", "NetworkConfigurationPriority"),
  },
  { name: "a network profile", facts: { action: "SetNetworkProfile", payload: {} } },
  { name: "a certificate of the station", facts: { action: "CertificateSigned", payload: {} } },
];

const ALLOWED = [
  { name: "a harmless key", facts: change("HeartbeatInterval") },
  { name: "a harmless variable", facts: variables("HeartbeatInterval") },
  { name: "reading what may not be set", facts: { action: "GetConfiguration", payload: { key: ["SecurityProfile"] } } },
  { name: "a reset", facts: { action: "Reset", payload: { type: "Soft" } } },
  { name: "a root certificate", facts: { action: "InstallCertificate", payload: {} } },
  { name: "payloads that are none: the schema refuses them", facts: { action: "SetVariables", payload: null } },
  { name: "a key that is no text", facts: change(7) },
  { name: "a list of nothing", facts: variables(undefined) },
];

for (const { name, facts } of REFUSED) {
  Deno.test(`person call: refuses ${name}`, () => {
    const decision = decidePersonCall(facts);
    equal([decision.effect, decision.rule], ["deny", "person-call.connection"]);
    match(decision.effect === "deny" ? decision.hint ?? "" : "", /station climb/);
  });
}

for (const { name, facts } of ALLOWED) {
  Deno.test(`person call: allows ${name}`, () => {
    equal(decidePersonCall(facts), { effect: "allow", rule: "person-call.allowed" });
  });
}
