import { Buffer } from "node:buffer";
import { deepStrictEqual as equal } from "node:assert/strict";
import { until } from "../../tests/support/ocpp_rig.ts";
import { RelayRig } from "../../tests/support/relay_rig.ts";
import { OCPP_LIMITS } from "./limits.ts";

Deno.test("ocpp relay: a CSMS leg is opened anew at once when nothing is unanswered; the station's leg stays", async () => {
  const rig = new RelayRig();
  const before = rig.csms;
  rig.relay.renewUpstream();
  equal(before.closed?.code, 1000);
  rig.station.say([2, "1", "StopTransaction", {}]);
  before.emit("close", 1000, Buffer.from("")); // the end of the old leg is not the end of the session
  rig.redialled(true);
  await until(() => rig.csms !== before && rig.csms.sent.length === 1);
  equal(rig.csms.sent, ['[2,"1","StopTransaction",{}]']);
  equal([rig.ended, rig.station.closed], [[], undefined]);
});

Deno.test("ocpp relay: it waits for unanswered calls, and no longer than its limit", () => {
  const rig = new RelayRig();
  rig.station.say([2, "1", "Heartbeat", {}]);
  rig.relay.renewUpstream();
  rig.time.advance(OCPP_LIMITS.renewQuietMs - 1);
  rig.relay.tick();
  equal(rig.csms.closed === undefined, true);
  rig.time.advance(1);
  rig.relay.tick();
  equal(rig.csms.closed?.code, 1000);
  const second = new RelayRig();
  second.station.say([2, "1", "Heartbeat", {}]);
  second.relay.renewUpstream();
  second.csms.say([3, "1", {}]);
  second.relay.tick();
  equal(second.csms.closed?.code, 1000);
});

Deno.test("ocpp relay: when no credential is taken the station is told, and keeps its messages", async () => {
  const rig = new RelayRig();
  rig.relay.renewUpstream();
  rig.redialled(false);
  await until(() => rig.ended.length === 1);
  equal([rig.ended, rig.station.closed?.code], [["csms-lost"], 1001]);
});

Deno.test("ocpp relay: an answer that took its time is for the CSMS leg that asked, not for the next one", async () => {
  const rule = "test.take";
  const waiting: ((answer: { payload: object }) => void)[] = [];
  const takers = { [rule]: () => new Promise<{ payload: object }>((resolve) => waiting.push(resolve)) };
  const rig = new RelayRig({ override: () => ({ pass: false, take: true, rule }), takers });
  const before = rig.csms;
  before.say([2, "1", "GetInstalledCertificateIds", {}]);
  rig.relay.renewUpstream();
  rig.redialled(true);
  await until(() => rig.csms !== before);
  rig.csms.say([2, "1", "ChangeConfiguration", {}]);
  waiting[0]!({ payload: { of: "the first" } });
  waiting[1]!({ payload: { of: "the second" } });
  await until(() => rig.csms.sent.length > 0);
  equal(rig.csms.sent, ['[3,"1",{"of":"the second"}]']);
});
