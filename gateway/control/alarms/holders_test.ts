import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { ALARM_KINDS } from "../alarm_kinds.ts";
import { AlarmHolders } from "./holders.ts";
import { ALARM_LIMITS } from "./limits.ts";

const AWAY = { kind: "ocpp.csms.unreachable", subject: "main" };
const LAPSE = ALARM_LIMITS.heldMs + ALARM_KINDS["ocpp.csms.unreachable"].cooldownSeconds * 1_000;

function rig() {
  const time = new ManualTime();
  return { time, holders: new AlarmHolders(time) };
}
const named = (over: readonly { readonly kind: string; readonly subject: string }[]) =>
  over.map(({ kind, subject }) => `${kind} ${subject}`);

Deno.test("alarm holders: an alarm that nobody holds is over at any Worker's word: an earlier process raised it", () => {
  equal(rig().holders.release(AWAY, "ocpp-0"), true);
});

Deno.test("alarm holders: what two Workers see is over when the second of them says so", () => {
  const { holders } = rig();
  holders.hold(AWAY, "ocpp-0");
  holders.hold(AWAY, "ocpp-1");
  equal(holders.release(AWAY, "ocpp-0"), false);
  equal(holders.release(AWAY, "ocpp-0"), false);
  equal(holders.release(AWAY, "ocpp-2"), false);
  equal(holders.release({ ...AWAY, subject: "other" }, "ocpp-0"), true);
  equal(holders.release({ ...AWAY, kind: "ocpp.csms.untrusted" }, "ocpp-0"), true);
  equal(holders.release(AWAY, "ocpp-1"), true);
});

Deno.test("alarm holders: a word that is not said again lapses, and then the contrary of another Worker counts", () => {
  const { time, holders } = rig();
  holders.hold(AWAY, "ocpp-0");
  equal(holders.release(AWAY, "ocpp-1"), false);
  time.advance(LAPSE - 1);
  equal(holders.over(), []);
  holders.hold(AWAY, "ocpp-0");
  time.advance(LAPSE - 1);
  equal(holders.over(), []);
  time.advance(1);
  equal(named(holders.over()), ["ocpp.csms.unreachable main"]);
  equal(holders.over(), []);
});

Deno.test("alarm holders: without another's word nothing is over by time alone, nor by one that sees it itself now", () => {
  const { time, holders } = rig();
  holders.hold(AWAY, "ocpp-0");
  time.advance(LAPSE);
  equal(holders.over(), []);
  holders.hold(AWAY, "ocpp-0");
  holders.release(AWAY, "ocpp-1");
  holders.hold(AWAY, "ocpp-1");
  time.advance(LAPSE);
  equal(holders.over(), []);
  equal(holders.release(AWAY, "ocpp-2"), true);
});

Deno.test("alarm holders: the word of a Worker ends with it, and ends the alarm where another saw the contrary", () => {
  const { holders } = rig();
  holders.hold(AWAY, "ocpp-0");
  holders.hold({ ...AWAY, subject: "b" }, "ocpp-0");
  holders.hold({ ...AWAY, subject: "c" }, "ocpp-0");
  holders.hold({ ...AWAY, subject: "c" }, "ocpp-1");
  holders.release({ ...AWAY, subject: "b" }, "ocpp-1");
  equal(named(holders.left("ocpp-0")), ["ocpp.csms.unreachable b"]);
  equal(holders.release({ ...AWAY, subject: "c" }, "ocpp-0"), false);
  equal(holders.release(AWAY, "ocpp-1"), true);
});

Deno.test("alarm holders: as many are known as there are alarms; of one more the oldest is anybody's to end", () => {
  const { holders } = rig();
  for (let at = 0; at < ALARM_LIMITS.alarms; at++) holders.hold({ ...AWAY, subject: `s${at}` }, "ocpp-0");
  equal(holders.release({ ...AWAY, subject: "s0" }, "ocpp-1"), false);
  holders.hold({ ...AWAY, subject: "one more" }, "ocpp-0");
  equal(holders.release({ ...AWAY, subject: "s0" }, "ocpp-1"), true);
  equal(holders.release({ ...AWAY, subject: "s1" }, "ocpp-1"), false);
});
