import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { PLUG_AND_CHARGE_VENDOR } from "../../../policies/ocpp_plug_and_charge.ts";
import { REHOMING_TABLE } from "../../../policies/ocpp_rehoming_table.ts";
import { FakeControl, until } from "../../../tests/support/ocpp_rig.ts";
import { RelayRig } from "../../../tests/support/relay_rig.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { RelayPartTools } from "../relay_parts.ts";
import { rehomingPart } from "./part.ts";

/** Control that answers in the least pleasant way that its interface allows. */
const ANSWERS: Readonly<Record<string, (args: never) => unknown>> = {
  "upstream.change": ({ changes }: { changes: unknown[] }) => ({
    results: changes.map(() => ({ status: "rejected", reason: "no" })),
  }),
  "upstream.read": () => ({ identity: "", organization: "", profile: 2, url: "", priority: "1", activeSlot: 1 }),
  "upstream.network": () => ({ status: "rejected" }),
  "upstream.request": () => ({ csr: "csr" }),
  "upstream.certificate": () => ({ status: "foreign" }),
  "upstream.root.install": () => ({ status: "rejected" }),
  "upstream.root.delete": () => ({ status: "foreign" }),
  "upstream.root.list": () => ({ hashes: [] }),
  "station.certificate": () => ({ reason: "no" }),
};

/** A relay of 1.6 whose judge takes everything under one rule. */
function rigOf(rule: string, answers = ANSWERS) {
  const control = {
    call: (method: string, args: never) => Promise.resolve(answers[method]!(args)),
  } as unknown as Rpc<ControlApi>;
  const reporter = { auditRepeating: () => {} };
  const { takers } = rehomingPart({ context: { control }, reporter } as unknown as RelayPartTools);
  return new RelayRig({ takers: takers!, override: () => ({ pass: false, take: true, rule }) });
}

const TAKEN = REHOMING_TABLE.filter(({ handling }) => handling === "take");
const ODD: readonly unknown[] = [
  {},
  null,
  7,
  "text",
  [],
  { setVariableData: [null, 7, {}, { component: null, variable: 3 }] },
  { getVariableData: [{}], key: [null, 3, {}], certificateType: [7, null], certificateHashData: 5 },
  { key: "SecurityProfile", value: { a: 1 }, certificateChain: 9, certificate: [], csr: {}, connectionData: [] },
  { certificateHashData: { hashAlgorithm: "MD5" }, configurationSlot: "x", requestedMessage: 1 },
];

/** What every one of these messages needs, in one payload. */
const WHOLE = {
  ...{ key: "AuthorizationKey", value: "0123456789abcdef" },
  setVariableData: [{
    ...{ component: { name: "SecurityCtrlr" }, variable: { name: "BasicAuthPassword" } },
    attributeValue: "0123456789abcdef",
  }],
  certificateHashData: { hashAlgorithm: "SHA256", issuerNameHash: "a", issuerKeyHash: "b", serialNumber: "c" },
  ...{ vendorId: PLUG_AND_CHARGE_VENDOR, messageId: "CertificateSigned", data: '{"certificateChain":"x"}' },
};

for (const { rule, actions, from } of TAKEN) {
  for (const action of actions) {
    Deno.test(`re-homing taker ${rule}: every payload of ${action} gets one answer, however odd it is`, async () => {
      for (const payload of ODD) {
        const rig = rigOf(rule);
        const side = from === "csms" ? rig.csms : rig.station;
        side.say([2, "x", action, payload]);
        // what is passed on to the station gets an answer that is as odd
        await until(() => side.sent.length > 0 || rig.station.sent.length > 0);
        const own = from === "csms" ? rig.station.sent.map((text) => JSON.parse(text)) : [];
        for (const [, id] of own) rig.station.say([3, id, payload ?? {}]);
        await until(() => side.sent.some((text) => JSON.parse(text)[1] === "x"));
        const answers = side.sent.map((text) => JSON.parse(text)).filter(([, id]) => id === "x");
        equal(answers.length, 1, `${JSON.stringify(payload)}: ${side.sent}`);
        ok(answers[0][0] === 3 || answers[0][0] === 4);
      }
    });
  }
}

Deno.test("re-homing: without control nothing is answered as done", async () => {
  const gone = Object.fromEntries(
    Object.keys(ANSWERS).map((method) => [method, () => {
      throw new Error("control is gone");
    }]),
  );
  for (const { rule, actions, from } of TAKEN) {
    if (from === "station" && rule === "ocpp.rehome.plug-and-charge") continue; // it says no, whatever control knows
    const rig = rigOf(rule, gone);
    const side = from === "csms" ? rig.csms : rig.station;
    side.say([2, "x", actions[0], WHOLE]);
    await until(() => side.sent.length > 0 || rig.station.sent.length > 0);
    for (const [, id] of rig.station.sent.map((text) => JSON.parse(text))) {
      if (id !== "x") rig.station.say([3, id, {}]);
    }
    await until(() => side.sent.some((text) => JSON.parse(text)[1] === "x"));
    const [type, , code] = side.last;
    equal([type, code], [4, "InternalError"], `${rule}: ${side.sent}`);
  }
});

Deno.test("re-homing: a request for a certificate goes to the CSMS after its answer", async () => {
  const rig = rigOf("ocpp.rehome.sign");
  rig.csms.say([2, "x", "ExtendedTriggerMessage", { requestedMessage: "SignChargePointCertificate" }]);
  await until(() => rig.csms.sent.length === 2);
  equal(rig.csms.sent[0], '[3,"x",{"status":"Accepted"}]');
  equal(rig.csms.last.slice(2), ["SignCertificate", { csr: "csr" }]);
  equal([rig.station.sent, new FakeControl(() => ({ admit: false, rule: "", status: 404 })).audited], [[], []]);
});

Deno.test("re-homing: hash data that a station may read and control does not is refused, not passed on (O-20)", async () => {
  const good = { hashAlgorithm: "SHA256", issuerNameHash: "a1", issuerKeyHash: "B2", serialNumber: "0x0c" };
  const odd = [
    { ...good, hashAlgorithm: "sha256" },
    { ...good, hashAlgorithm: "SHA-256" },
    { ...good, issuerNameHash: " a1" },
    { ...good, issuerKeyHash: "b2\0" },
    { ...good, serialNumber: "" },
    { ...good, serialNumber: 12 + "\t" },
    undefined,
  ];
  for (const certificateHashData of odd) {
    const rig = rigOf("ocpp.rehome.root-delete");
    rig.csms.say([2, "x", "DeleteCertificate", { certificateHashData }]);
    await until(() => rig.csms.sent.length > 0 || rig.station.sent.length > 0);
    equal([rig.csms.last[2], rig.station.sent], ["SecurityError", []], JSON.stringify(certificateHashData));
  }
  const rig = rigOf("ocpp.rehome.root-delete");
  rig.csms.say([2, "x", "DeleteCertificate", { certificateHashData: good }]);
  await until(() => rig.csms.sent.length > 0 || rig.station.sent.length > 0);
  equal(rig.station.last.slice(2), ["DeleteCertificate", { certificateHashData: good }]);
});
