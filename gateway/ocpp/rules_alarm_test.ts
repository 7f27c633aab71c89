import { deepEqual } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { encodeCallError, encodeCallResult } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { Relay } from "./relay.ts";
import { RulesAlarm } from "./rules_alarm.ts";

function rig() {
  const time = new ManualTime();
  const told: string[] = [];
  const alarm = new RulesAlarm({
    raise: (kind, subject, detail) => void told.push(`raise ${kind} ${subject}: ${detail}`),
    clear: (kind, subject) => void told.push(`clear ${kind} ${subject}`),
  }, time);
  const answer = (to: "csms" | "station", text: string, csms = "main") =>
    alarm.observer.answered!({ options: { csms, stationId: "CP001" } } as Relay, { to, text, at: 0 });
  const refuse = (rule: string) => encodeCallError("1", "SecurityError", "Not from there", { rule });
  return { time, told, alarm, answer, refuse };
}
const RAISED = "raise ocpp.rules.refused main: site.firmware-hosts refused a message to station CP001";

Deno.test("rules alarm: a CSMS that is refused by a rule of the site raises it, and nothing else does", () => {
  const { told, answer, refuse } = rig();
  answer("station", refuse("site.firmware-hosts"));
  answer("csms", refuse("ocpp.rate"));
  answer("csms", encodeCallResult("1", { rule: "site.firmware-hosts" }));
  answer("csms", encodeCallError("1", "GenericError", `"rule":"site.x"}]`));
  deepEqual(told, []);
  answer("csms", refuse("site.firmware-hosts"));
  answer("csms", refuse("ocpp.no-rule"), "ems");
  deepEqual(told, [RAISED, "raise ocpp.rules.refused ems: ocpp.no-rule refused a message to station CP001"]);
});

Deno.test("rules alarm: is over when the CSMS kept to the rules for its time, and begins anew after it", () => {
  const { time, told, alarm, answer, refuse } = rig();
  answer("csms", refuse("site.firmware-hosts"));
  time.advance(OCPP_LIMITS.rulesQuietMs - 1);
  alarm.tick();
  deepEqual(told, [RAISED]);
  time.advance(1);
  alarm.tick();
  alarm.tick();
  deepEqual(told, [RAISED, "clear ocpp.rules.refused main"]);
  answer("csms", refuse("site.firmware-hosts"));
  deepEqual(told.at(-1), RAISED);
});

Deno.test("rules alarm: a Worker that ends takes its alarms along", () => {
  const { told, alarm, answer, refuse } = rig();
  answer("csms", refuse("site.firmware-hosts"));
  alarm.drain();
  deepEqual(told, [RAISED, "clear ocpp.rules.refused main"]);
});

Deno.test("rules alarm: what an earlier Worker raised is over after a quiet time, too", () => {
  const { time, told, alarm, answer, refuse } = rig();
  const open = () => alarm.observer.opened!({ options: { csms: "main", stationId: "CP001" } } as Relay);
  open();
  time.advance(OCPP_LIMITS.rulesQuietMs / 2);
  answer("csms", refuse("site.firmware-hosts"));
  open();
  time.advance(OCPP_LIMITS.rulesQuietMs - 1);
  alarm.tick();
  deepEqual(told, [RAISED], "a new connection does not end it, and does not put its end off");
  time.advance(1);
  alarm.tick();
  deepEqual(told, [RAISED, "clear ocpp.rules.refused main"]);
});
