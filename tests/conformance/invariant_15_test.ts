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
