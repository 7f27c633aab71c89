import { deepStrictEqual as equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { PLUG_AND_CHARGE_VENDOR as vendorId } from "../../../policies/ocpp_plug_and_charge.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import { parseFrame } from "../codec.ts";
import { createJudge } from "../policy.ts";
import type { Relay } from "../relay.ts";
import type { RelayPartTools } from "../relay_parts.ts";
import type { Side } from "../effects.ts";
import { rehomingPart } from "./part.ts";

const RULE = "ocpp.rehome.plug-and-charge";
const HASH = { hashAlgorithm: "SHA256", issuerNameHash: "a1", issuerKeyHash: "b2", serialNumber: "c3" };
const DELETE = JSON.stringify({ certificateHashData: HASH });

/** What becomes of a DataTransfer in a relay: "pass", "take" or the rule that refused it. */
function judge(text: string, from: Side = "csms"): string {
  const verdict = createJudge({
    ...{ version: "ocpp1.6", validation: "observe", securityProfile: 2 },
    check: { call: () => undefined, result: () => undefined },
    rehoming: { stationTls: true, upstreamTls: true, stationCertificates: "site-ca" },
  }).call(from, parseFrame(text), { repeated: false, overRate: false, overPending: false });
  return verdict.pass ? "pass" : "take" in verdict ? "take" : verdict.rule;
}
const message = (messageId: string, data: unknown) =>
  JSON.stringify([2, "1", "DataTransfer", { vendorId, messageId, data }]);

/** What the taker answers, what the station was sent, and what was recorded as refused. */
async function take(
  text: string,
  { answers = {}, station = { status: "Accepted", data: "{}" }, options = {}, from = "csms" }: {
    readonly answers?: Readonly<Record<string, unknown>>;
    readonly station?: unknown;
    readonly options?: Partial<Relay["options"]>;
    readonly from?: Side;
  } = {},
) {
  const asked: unknown[] = [], audited: string[] = [], told: unknown[] = [];
  const control = {
    call: (method: string, args: unknown) => {
      told.push(args);
      return Promise.resolve(answers[method] ?? { status: "foreign" });
    },
  } as unknown as Rpc<ControlApi>;
  const reporter = { auditRepeating: ({ rule }: { rule: string }) => audited.push(rule) };
  const { takers } = rehomingPart({ context: { control }, reporter } as unknown as RelayPartTools);
  const relay = {
    options: { session: "s", stationId: "CP001", csms: "main", version: "ocpp1.6", securityProfile: 3, ...options },
    call: (call: { action: string; payloadText: string }) => {
      asked.push([call.action, call.payloadText]);
      return Promise.resolve({ is: "result", payload: station });
    },
  } as unknown as Relay;
  const answer = await takers![RULE]!(relay, from, parseFrame(text), Buffer.from(text));
  return { answer: "payload" in answer ? answer.payload : answer.code, asked, audited, told };
}
const inData = (payload: unknown) => ({ status: "Accepted", data: JSON.stringify(payload) });

Deno.test("Plug & Charge of 1.6: what stands inside is judged as it is read, and not passed on when it can be read in two ways", () => {
  equal(judge(message("DeleteCertificate", DELETE)), "take");
  equal(judge(message("DeleteCertificate", JSON.parse(DELETE))), "take"); // an object instead of a text
  equal(judge(message("InstallCertificate", '{"certificateType":"\\u0043SMSRootCertificate"}')), "take");
  equal(judge(message("InstallCertificate", '{"certificateType":"V2GRootCertificate"}')), "pass");
  const odd = [
    '{"certificateType":"CSMSRootCertificate","certificateType":"V2GRootCertificate"}',
    '{"certificateType":"V2GRootCertificate","certificate\\u0054ype":"CSMSRootCertificate"}',
    '{"certificateType":"V2GRootCertificate","CERTIFICATETYPE":"CSMSRootCertificate"}',
    JSON.stringify('{"certificateType":"CSMSRootCertificate"}'),
    '[{"certificateType":"CSMSRootCertificate"}]',
    '{"certificateType":"V2GRootCertificate"},{"certificateType":"CSMSRootCertificate"}',
    '\ufeff{"certificateType":"CSMSRootCertificate"}',
    "{'certificateType':'CSMSRootCertificate'}",
    '{"certificateType":"CSMSRootCertificate",}',
    '/**/{"certificateType":"CSMSRootCertificate"}',
    `{"x":${"[".repeat(200)}${"]".repeat(200)}}`,
    7,
    [{ certificateType: "CSMSRootCertificate" }],
  ];
  for (const data of odd) {
    equal(judge(message("InstallCertificate", data)), "ocpp.rehome.ambiguous", JSON.stringify(data));
  }
});

Deno.test("Plug & Charge of 1.6: a member that stands twice hides no Plug & Charge, and other vendors' data is not looked into", () => {
  const twice = `[2,"1","DataTransfer",{"vendorId":"${vendorId}","messageId":"DeleteCertificate","vendorId":"acme"}]`;
  equal(judge(twice), "ocpp.rehome.ambiguous");
  equal(judge('[2,"1","DataTransfer",{"vendorId":"acme","messageId":"DeleteCertificate","data":"{"}]'), "pass");
  equal(judge(twice, "station"), "pass");
});

Deno.test("Plug & Charge of 1.6: a root goes by its hash: the gateway's stays, one of the CSMS leg is deleted here, any other is the station's", async () => {
  const text = message("DeleteCertificate", DELETE).replace('"data":', '"x" : 1.0, "data":');
  const kept = await take(text, { answers: { "upstream.root.delete": { status: "kept" } } });
  equal([kept.answer, kept.asked], [inData({ status: "Failed" }), []]);
  equal(kept.told, [{ session: "s", hash: HASH, isSigned: false }]);
  const deleted = await take(text, { answers: { "upstream.root.delete": { status: "deleted" } } });
  equal([deleted.answer, deleted.asked], [inData({ status: "Accepted" }), []]);
  const station = inData({ status: "NotFound" });
  const foreign = await take(text, { station });
  equal(foreign.answer, station);
  equal(foreign.asked, [["DataTransfer", text.slice('[2,"1","DataTransfer",'.length, -1)]]); // byte for byte
  const plain = await take(text, { options: { securityProfile: 1 } });
  equal([plain.answer, plain.asked], ["SecurityError", []]);
});

Deno.test("Plug & Charge of 1.6: hash data that control reads differently than a station may is refused", async () => {
  for (const more of [{ hashAlgorithm: "sha256" }, { serialNumber: " c3" }, { issuerKeyHash: "" }]) {
    const data = JSON.stringify({ certificateHashData: { ...HASH, ...more } });
    const { answer, asked, audited } = await take(message("DeleteCertificate", data));
    equal([answer, asked, audited], ["SecurityError", [], ["ocpp.rehome.ambiguous"]]);
  }
});

Deno.test("Plug & Charge of 1.6: a chain without a type is the station's, unless the key is the gateway's; other types are nobody's", async () => {
  const chain = message("CertificateSigned", '{"certificateChain":"x"}');
  equal((await take(chain)).asked.length, 1);
  for (const [status, wanted] of [["accepted", "Accepted"], ["rejected", "Rejected"]]) {
    const { answer, asked } = await take(chain, { answers: { "upstream.certificate": { status } } });
    equal([answer, asked], [inData({ status: wanted }), []]);
  }
  const typed = message("CertificateSigned", '{"certificateChain":"x","certificateType":"ChargingStationCertificate"}');
  const { answer, asked, audited, told } = await take(typed);
  equal([answer, asked, audited, told], [inData({ status: "Rejected" }), [], [RULE], []]);
});

Deno.test("Plug & Charge of 1.6: of the roots of its legs a station tells the CSMS nothing", async () => {
  const v2g = { certificateType: "V2GRootCertificate", certificateHashData: HASH };
  const own = { certificateType: "CSMSRootCertificate", certificateHashData: HASH };
  const ask = async (station: unknown) => (await take(message("GetInstalledCertificateIds", "{}"), { station })).answer;
  const both = inData({ status: "Accepted", certificateHashDataChain: [own, v2g] });
  equal(await ask(both), inData({ status: "Accepted", certificateHashDataChain: [v2g] }));
  equal(await ask(inData({ status: "Accepted", certificateHashDataChain: [own] })), inData({ status: "NotFound" }));
  for (
    const untouched of [{ status: "Accepted", data: '{ "certificateHashDataChain" : [] }' }, { status: "Rejected" }]
  ) {
    equal(await ask(untouched), untouched);
  }
});

Deno.test("Plug & Charge of 1.6: what is for a leg is answered in the words of the note, recorded, and reaches nobody", async () => {
  const answers = [
    ["InstallCertificate", '{"certificateType":"CSMSRootCertificate"}', inData({ status: "Rejected" })],
    ["TriggerMessage", '{"requestedMessage":"SignChargingStationCertificate"}', inData({ status: "NotImplemented" })],
    ["SetNetworkProfile", "{}", { status: "UnknownMessageId" }],
    ["DataTransfer", DELETE, { status: "UnknownMessageId" }],
  ] as const;
  for (const [name, data, wanted] of answers) {
    const { answer, asked, audited } = await take(message(name, data));
    equal([answer, asked, audited], [wanted, [], [RULE]], name);
  }
  const request = message("SignCertificate", '{"csr":"x","certificateType":"ChargingStationCertificate"}');
  equal((await take(request, { from: "station" })).answer, inData({ status: "Rejected" }));
});
