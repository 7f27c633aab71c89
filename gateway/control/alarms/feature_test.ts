import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { Site } from "../../config/schema.ts";
import type { AlarmRaise } from "../../core/control_api.ts";
import type { ControlContext } from "../contract.ts";
import { createAlarmsFeature } from "./feature.ts";
import { ALARM_LIMITS } from "./limits.ts";
import type { SiteAlarms } from "./mod.ts";

const siteOf = (...ids: string[]) => ({ ocpp: { csms: ids.map((id) => ({ id })) } }) as unknown as Site;
const AWAY = { kind: "ocpp.csms.unreachable", subject: "main" };

/** The feature with alarms that only remember which stand. */
function rig(stand: readonly { readonly kind: string; readonly subject: string }[] = []) {
  const time = new ManualTime();
  const standing = new Map(stand.map((alarm) => [`${alarm.kind} ${alarm.subject}`, alarm]));
  const alarms = {
    list: () => [...standing.values()],
    raise: (raise: AlarmRaise) => Promise.resolve(void standing.set(`${raise.kind} ${raise.subject}`, raise)),
    clear: (kind: string, subject: string) => Promise.resolve(void standing.delete(`${kind} ${subject}`)),
  } as unknown as SiteAlarms;
  const context = { site: siteOf("main"), clock: time, timers: time } as unknown as ControlContext;
  const feature = createAlarmsFeature(context, alarms);
  const of = (worker: string) => {
    const handlers = feature.handlersFor!(worker);
    return {
      raise: (alarm = AWAY) => handlers["alarm.raise"]!({ ...alarm, detail: worker }),
      clear: (alarm = AWAY) => handlers["alarm.clear"]!(alarm),
    };
  };
  return { time, feature, of, standing: () => [...standing.keys()] };
}

Deno.test("alarms: of two Workers with the same CSMS none clears what the other still sees; it is one alarm", async () => {
  const { of, standing } = rig();
  const [one, other] = [of("ocpp-0"), of("ocpp-1")];
  await one.raise();
  await other.raise();
  await other.clear();
  equal(standing(), ["ocpp.csms.unreachable main"]);
  await one.clear();
  equal(standing(), []);
});

Deno.test("alarms: what an earlier process raised is over at the first word of any Worker", async () => {
  const { of, standing } = rig([AWAY]);
  await of("ocpp-1").clear();
  equal(standing(), []);
});

Deno.test("alarms: a Worker that sees nothing any more holds no alarm for ever, one that has ended none at all", async () => {
  const { time, feature, of, standing } = rig();
  await of("ocpp-0").raise();
  await of("ocpp-1").clear();
  time.advance(ALARM_LIMITS.heldMs);
  equal(standing().length, 1, "its cooldown counts, too");
  time.advance(300_000 + ALARM_LIMITS.heldLookMs);
  await waitFor("the next look", () => standing().length === 0);
  await of("ocpp-0").raise();
  await of("ocpp-1").clear();
  await feature.workerLeft!("ocpp-0");
  equal(standing(), []);
  await feature.stop!();
  equal(time.armed, 0);
});

Deno.test("alarms: those about a CSMS that the site has no more end at the reload and at the start, and do not come back", async () => {
  const gone = ["ocpp.csms.unreachable", "ocpp.csms.untrusted", "ocpp.mirror.away", "ocpp.mirror.dropped"];
  const about = (kinds: readonly string[], subject: string) => kinds.map((kind) => ({ kind, subject }));
  const other = { kind: "disk.full", subject: "old" };
  const { feature, of, standing } = rig([...about(gone, "old"), ...about(gone, "main"), other]);
  await waitFor("the start", () => standing().length === gone.length + 1);
  equal(standing().filter((name) => name.endsWith(" old")), ["disk.full old"]);
  await of("ocpp-0").raise({ kind: "ocpp.rules.refused", subject: "old" });
  equal(standing().length, gone.length + 1);
  await feature.reconfigure!({ ...siteOf("next") });
  equal(standing(), ["disk.full old"]);
});
