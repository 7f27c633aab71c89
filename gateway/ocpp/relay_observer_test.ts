import { deepStrictEqual as equal } from "node:assert/strict";
import { RelayRig } from "../../tests/support/relay_rig.ts";
import type { RelayObserver } from "./relay_observer.ts";

/** An observer that keeps what it was shown. */
function reader(name: string, more: Partial<RelayObserver> = {}): RelayObserver & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    name,
    seen,
    message: (_relay, { kind, action, from }) => void seen.push(`${from} ${kind} ${action}`),
    ...more,
  };
}

Deno.test("ocpp observers: one that names its actions is shown these and their answers, signed ones too, and no others", () => {
  const some = reader("some", { actions: ["Heartbeat"] }), all = reader("all");
  const rig = new RelayRig({ observers: [some, all] });
  rig.station.say([2, "1", "Heartbeat", {}]);
  rig.csms.say([3, "1", {}]);
  rig.station.say([2, "2", "Heartbeat-Signed", {}]);
  rig.station.say([2, "3", "StatusNotification", {}]);
  equal(some.seen, ["station call Heartbeat", "csms reply Heartbeat", "station call Heartbeat-Signed"]);
  equal(all.seen, [...some.seen, "station call StatusNotification"]);
});

Deno.test("ocpp observers: one that is idle is shown nothing until it is not", () => {
  let isIdle = true;
  const sleepy = reader("sleepy", { isIdle: () => isIdle }), awake = reader("awake", { actions: ["Heartbeat"] });
  const rig = new RelayRig({ observers: [sleepy, awake] });
  rig.station.say([2, "1", "Heartbeat", {}]);
  isIdle = false;
  rig.station.say([2, "2", "Heartbeat", {}]);
  equal([sleepy.seen.length, awake.seen.length], [1, 2]);
});

Deno.test("ocpp observers: one that throws is counted and costs the others nothing", () => {
  const broken = reader("broken", {
    message: () => {
      throw new Error("broken");
    },
  });
  const whole = reader("whole");
  const rig = new RelayRig({ observers: [broken, whole] });
  rig.station.say([2, "1", "Heartbeat", {}]);
  equal([whole.seen.length, rig.csms.sent.length], [1, 1]);
  equal(rig.counted().filter((line) => line.includes("observer")), [
    'bulkhead_ocpp_observer_faults_total {"observer":"broken"} 1',
  ]);
});
