import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { QUIRK_NAMES } from "../../profiles/quirks.ts";
import { OCPP_VERSIONS, type OcppVersion } from "../../gateway/ocpp/codec.ts";
import { OCPP_LIMITS } from "../../gateway/ocpp/limits.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
import {
  admission,
  connectStation,
  FakeControl,
  FakeCsms,
  Peer,
  PLAIN,
  until,
  workerContext,
} from "../support/ocpp_rig.ts";

const ACTIONS: Readonly<Record<OcppVersion, readonly string[]>> = {
  "ocpp1.6": ["StartTransaction", "StopTransaction", "MeterValues"],
  "ocpp2.0.1": ["TransactionEvent", "MeterValues"],
  "ocpp2.1": ["TransactionEvent", "MeterValues"],
};
const MODES = ["observe", "enforce", "enforce-known-actions"] as const;

/** Nested deeper than anything the gateway looks into, in two ways. */
const DEEP = `{"customData":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
const DEEPER = `${'{"a":'.repeat(OCPP_LIMITS.jsonDepth)}1${"}".repeat(OCPP_LIMITS.jsonDepth)}`;

/** Transaction messages with everything wrong that still is an OCPP-J message: form, schema, rules, ids, spelling. */
function hostile(version: OcppVersion): string[] {
  const long = "x".repeat(300), signed = String.raw`OCMF|{\"ID\":\"1F2D\u0041\"}|{}`;
  return ACTIONS[version].flatMap((action) => [
    `[2,"1","${action}",{}]`,
    `[2, "2" ,"${action}",{"vendorExtra":1.0,"connectorId":"one","timestamp":"2026-01-01T00:00:00"}]`,
    `[2,"3","${action}",{"a":1,"a":2}]`,
    `[2,"3","${action}",{"transactionId":99999999999,"meterStop":-1}]`,
    `[2,4,"${action}",{"idTag":"${long}"}]`,
    `[2,"${"i".repeat(40)}","${action}",{}]`,
    `[2,"5","${action}"]`,
    `[2,"6","${action}",[1],"more"]`,
    `[2,"7","${action}-Signed",{"payload":"${signed}","signature":"\\u0000"}]`,
    `[2,"${"i".repeat(OCPP_LIMITS.messageIdCharsMax + 1)}","${action}",{}]`,
    `[2,"${"\\u0069".repeat(3_000)}","${action}",{}]`,
    `[2,null,"${action}",{}]`,
    `[2,false,"${action}",{}]`,
    `[2,"9","${action}",${DEEP}]`,
    `[2,"10","${action.replace("n", "\\u006e")}-Signed",${DEEPER}]`,
    `[2,"8","${action}",{"meterValue":[{"sampledValue":[{"value":"${signed}","format":"SignedData"}]}]}]`,
  ]);
}

for (const version of OCPP_VERSIONS) {
  for (const validation of MODES) {
    Deno.test(`invariant 15: ${version}, ${validation}: transaction messages reach the CSMS in order and to the byte`, async () => {
      const csms = new FakeCsms();
      const upstream = { csms: "main", url: `ws://127.0.0.1:${await csms.listen()}/csms`, graceSeconds: 0 };
      const quirks = QUIRK_NAMES.filter((name) => name !== "close-when-mute");
      for (const withQuirks of [[], quirks]) {
        const control = new FakeControl(({ stationId }) =>
          admission(upstream.url, stationId, { upstream, validation, quirks: withQuirks })
        );
        const service = await startOcpp(workerContext(control, [PLAIN]));
        const before = csms.peers.length;
        const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`, {
          protocols: [version],
        });
        ok(station instanceof Peer);
        try {
          await until(() => csms.peers.length === before + 1);
          const far = csms.peers.at(-1)!, sent = hostile(version);
          for (const text of sent) station.send(text);
          // a flood: more than the rate and more than may wait for an answer, and still none is refused
          for (let i = 0; i < OCPP_LIMITS.messagesBurst + 50; i++) {
            sent.push(`[2,"f${i}","${ACTIONS[version][0]}",{"seqNo":${i}}]`);
          }
          for (const text of sent.slice(-OCPP_LIMITS.messagesBurst - 50)) station.send(text);
          await until(() => far.texts.length === sent.length, "all of them at the CSMS");
          equal(far.texts, sent);
          equal(station.texts, []);
          equal(station.closed, undefined);
        } finally {
          station.socket.terminate();
          await service.drain(500);
        }
      }
      await csms.close();
    });
  }
}

/** A conduit with one station of this version, and its CSMS. */
async function withStation(version: OcppVersion, run: (station: Peer, far: Peer) => Promise<void>): Promise<void> {
  const csms = new FakeCsms();
  const upstream = { csms: "main", url: `ws://127.0.0.1:${await csms.listen()}/csms`, graceSeconds: 0 };
  const control = new FakeControl(({ stationId }) => admission(upstream.url, stationId, { upstream }));
  const service = await startOcpp(workerContext(control, [PLAIN]));
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`, { protocols: [version] });
  ok(station instanceof Peer);
  try {
    await until(() => csms.peers.length === 1);
    await run(station, csms.peers[0]!);
  } finally {
    station.socket.terminate();
    await service.drain(500);
    await csms.close();
  }
}

/** Ids and payloads of answers that are as odd as the messages above; the station needs the answer to go on. */
const ANSWERS: readonly (readonly [id: string, answer: (id: string) => string])[] = [
  ['"a"', (id) => `[3,${id},${DEEP}]`],
  ['"b"', (id) => `[3,${id},{"idTagInfo":{"status":"Accepted"},"transactionId":7,"customData":${DEEPER}}]`],
  [`"${"i".repeat(300)}"`, (id) => `[3,${id},{"idTagInfo":{"status":"Accepted"},"transactionId":7}]`],
  [`"${"j".repeat(5_000)}"`, (id) => `[4,${id},"InternalError","",{}]`],
  ["null", (id) => `[3,${id},{}]`],
  ["true", (id) => `[4,${id},"GenericError","",${DEEPER}]`],
  ["12", (id) => `[3,${id},{"a":1,"a":2},"more"]`],
];
for (const version of OCPP_VERSIONS) {
  Deno.test(`invariant 15: ${version}: the answer to a transaction message reaches the station to the byte, whatever is wrong with it`, () =>
    withStation(version, async (station, far) => {
      const answers = ANSWERS.map(([id, answer]) => answer(id));
      for (const [id] of ANSWERS) station.send(`[2,${id},"${ACTIONS[version][0]}",{}]`);
      await until(() => far.texts.length === ANSWERS.length, "all of them at the CSMS");
      for (const answer of answers) far.send(answer);
      // answers to nothing go nowhere, whatever is wrong with them
      for (const text of [`[3,"x",${DEEP}]`, `[3,"${"i".repeat(300)}",{}]`, "[3,null,{}]"]) far.send(text);
      far.send('[2,"last","Reset",{}]');
      await until(() => station.texts.at(-1) === '[2,"last","Reset",{}]', "the message after them");
      equal(station.texts.slice(0, -1), answers);
      equal(far.texts.length, ANSWERS.length);
    }));
}

Deno.test("invariant 15: a station that sends all it kept at once gets the answer to each message", () =>
  withStation("ocpp1.6", async (station, far) => {
    const count = 300;
    for (let i = 0; i < count; i++) station.send(`[2,"m${i}","StartTransaction",{"meterStart":${i}}]`);
    await until(() => far.texts.length === count);
    const answers = Array.from({ length: count }, (_, i) => `[3,"m${i}",{"transactionId":${i}}]`);
    for (const answer of answers) far.send(answer);
    await until(() => station.texts.length === count, "an answer to each");
    equal(station.texts, answers);
  }));

Deno.test("invariant 15: a message that is no transaction's and beyond the limits goes nowhere, of either side", () =>
  withStation("ocpp2.1", async (station, far) => {
    for (const [peer, action] of [[station, "DataTransfer"], [far, "TransactionEvent"]] as const) {
      for (const type of [2, 6]) {
        peer.send(`[${type},"a","${action}",${DEEP}]`);
        peer.send(`[${type},"${"i".repeat(300)}","${action}",{}]`);
        peer.send(`[${type},null,"${action}",{}]`);
      }
      await until(() => peer.texts.length === 6, "a refusal of each");
      equal(peer.texts, Array(6).fill('[4,"-1","RpcFrameworkError","No OCPP-J message",{}]'));
    }
    const event = `[6,"${"i".repeat(300)}","TransactionEvent",${DEEP}]`;
    station.send(event);
    await until(() => far.texts.length === 7);
    equal(far.texts[6], event);
  }));
