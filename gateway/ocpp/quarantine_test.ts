import { deepEqual, equal, ok } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { parseFrame } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { quarantinePart } from "./quarantine.ts";
import type { RelayPartTools } from "./relay_parts.ts";
import type { CallVerdict, Judge } from "./session.ts";
import type { Taker } from "./taker.ts";
import type { Admitted } from "./upgrade.ts";

const PASSED: CallVerdict = { pass: true, rule: "ocpp.forward" };
const REFUSED: CallVerdict = { pass: false, rule: "ocpp.schema", code: "FormationViolation", reason: "broken" };
const CALM = { repeated: false, overRate: false, overPending: false };
const judge = (verdict: CallVerdict): Judge => ({ call: () => verdict, result: () => "its fault" });

/** The part with a control that only remembers. */
function rig(isTrusted: boolean) {
  const asked: string[] = [], time = new ManualTime();
  const call = (method: string, args: unknown) => {
    asked.push(`${method} ${JSON.stringify(args)}`);
    return Promise.resolve({ isTrusted });
  };
  const part = quarantinePart({ context: { clock: time, control: { call } } } as unknown as RelayPartTools);
  const judging = (inner: Judge, quarantine: boolean) =>
    part.judging!(inner, "ocpp1.6", "CP001", (quarantine ? { quarantine } : {}) as Admitted);
  const boot = () => {
    const taker: Taker = part.takers!["ocpp.quarantine.boot"]!;
    const relay = { options: { stationId: "CP001" } } as Parameters<Taker>[0];
    return taker(relay, "station", parseFrame('[2,"1","BootNotification",{}]'), new Uint8Array());
  };
  return { asked, time, judging, boot };
}

const said = (of: Judge, from: "station" | "csms", action: string) =>
  of.call(from, parseFrame(JSON.stringify([2, "1", action, {}])), CALM);

Deno.test("O-21: a session in quarantine is judged by it first, and by everything else after", () => {
  const { judging } = rig(true);
  const strict = judging(judge(PASSED), true);
  deepEqual(said(strict, "station", "BootNotification"), { pass: false, take: true, rule: "ocpp.quarantine.boot" });
  const refused = said(strict, "csms", "RemoteStartTransaction");
  ok(!refused.pass && !refused.take && refused.code === "SecurityError" && refused.rule === "ocpp.quarantine");
  equal(said(strict, "station", "Heartbeat"), PASSED);
  equal(said(judging(judge(REFUSED), true), "station", "Heartbeat"), REFUSED);
  equal(strict.result("Heartbeat", parseFrame('[3,"1",{}]')), "its fault");
});

Deno.test("O-21: any other session is not touched", () => {
  const inner = judge(PASSED);
  equal(rig(true).judging(inner, false), inner);
});

Deno.test("O-21: control knows of the boot before the station is told Pending", async () => {
  const { boot, asked, time } = rig(true);
  const currentTime = new Date(time.now()).toISOString();
  deepEqual(await boot(), {
    payload: { currentTime, interval: OCPP_LIMITS.quarantineBootSeconds, status: "Pending" },
  });
  deepEqual(asked, ['stations.quarantined {"stationId":"CP001"}', "outage.clock {}"]);
});

Deno.test("O-21: without a clock to believe the station gets no time, and its password all the same", async () => {
  const { boot, asked } = rig(false);
  const answer = await boot();
  ok("code" in answer && answer.code === "GenericError");
  equal(asked[0], 'stations.quarantined {"stationId":"CP001"}');
});
