import type { Site } from "../../config/schema.ts";
import { notifyIds } from "../../courier/sinks.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { CommandArgs, CommandResult, ControlContext, ControlFeature } from "../contract.ts";
import { courierDeliver } from "../delivery/courier_call.ts";
import { isOfGoneCsms } from "./csms_alarms.ts";
import { AlarmHolders, type AlarmName } from "./holders.ts";
import { ALARM_LIMITS } from "./limits.ts";
import type { SiteAlarms } from "./mod.ts";
import { type Alarm, alarmKind } from "./model.ts";
import { noticeDelivery, type NoticeTarget } from "./notice.ts";

/** The receivers of notices that a site names. */
export function noticeTargets(site: Site): readonly NoticeTarget[] {
  const ids = notifyIds(site.notify);
  return site.notify.map(({ webhook, minSeverity }, index) => ({
    id: ids[index]!,
    by: webhook === undefined ? "mail" : "webhook",
    minSeverity,
  }));
}

/** The alarms as a feature of control: raises of Workers, and the commands `alarms list`, `alarms ack`, `alarms test`. */
export function createAlarmsFeature(context: ControlContext, alarms: SiteAlarms): ControlFeature {
  const holders = new AlarmHolders(context.clock);
  const endAll = async (names: readonly AlarmName[]) => {
    for (const { kind, subject } of names) await alarms.clear(kind, subject);
  };
  const endGone = (site: Site) => endAll(alarms.list().filter((alarm) => isOfGoneCsms(alarm, site)));
  const stopLooks = context.timers.every(ALARM_LIMITS.heldLookMs, () => void endAll(holders.over()));
  void endGone(context.site); // what the site lost while the gateway stood still
  return {
    name: "alarms",
    handlersFor: (worker) => ({
      "alarm.raise": async (raise) => {
        if (isOfGoneCsms(raise, context.site)) return; // a Worker that is being drained after a reload
        holders.hold(raise, worker);
        await alarms.raise(raise);
      },
      "alarm.clear": async ({ kind, subject }) => {
        if (holders.release({ kind, subject }, worker)) await alarms.clear(kind, subject);
      },
    }),
    workerLeft: (worker) => endAll(holders.left(worker)),
    reconfigure: endGone,
    stop: () => Promise.resolve(stopLooks()),
    commands: {
      "alarms ack": (args, who) => acknowledge(alarms, args, who),
      "alarms list": (args) => Promise.resolve(list(alarms, args)),
      "alarms test": (_args, who) => sendTests(context, alarms, who),
    },
  };
}

function list(alarms: SiteAlarms, args: CommandArgs): CommandResult {
  const found = alarms.list({ cleared: args.all === true });
  const text = found.length === 0 ? "No alarms" : found.map(describeAlarm).join("\n");
  const data = found.map((alarm) => ({ ...alarm, ...textsOf(alarm) }));
  return { text, data: { alarms: data } };
}

async function acknowledge(alarms: SiteAlarms, args: CommandArgs, who: string): Promise<CommandResult> {
  const { kind, subject } = args;
  if (typeof kind !== "string" || typeof subject !== "string") {
    throw new GatewayError("CLI_USAGE", "Cannot acknowledge: name kind and subject of the alarm");
  }
  const alarm = await alarms.acknowledge(kind, subject, who);
  return { text: describeAlarm(alarm), data: { ...alarm } };
}

/** One test notice through every receiver, at once and past the outbox, with what became of each. */
async function sendTests(context: ControlContext, alarms: SiteAlarms, who: string): Promise<CommandResult> {
  const { clock, workers, audit, site } = context;
  const now = clock.now();
  const alarm: Alarm = {
    kind: "notify.test",
    subject: site.site.id,
    severity: "info",
    state: "active",
    detail: `Test notice asked for by ${who}`,
    count: 1,
    firstSeen: now,
    lastSeen: now,
    changes: [],
    flapping: false,
    notified: true,
  };
  const deliver = courierDeliver(workers);
  const results = await Promise.all(alarms.targets.map(async (target) => {
    try {
      await deliver(noticeDelivery(target, alarm, "test", site.site.id, alarms.outbox.newId()));
      return { target: target.id, by: target.by, ok: true };
    } catch (error) {
      return { target: target.id, by: target.by, ok: false, why: describeError(error) };
    }
  }));
  const failed = results.filter(({ ok }) => !ok).length;
  const detail = { targets: results.length, failed };
  await audit.record({ event: "notify.test.sent", class: "access", who, outcome: failed ? "failed" : "ok", detail });
  const rows = results.map(({ target, by, ok, why }) =>
    `${ok ? "ok    " : "FAILED"} ${by} ${target}${why ? `: ${why}` : ""}`
  );
  if (rows.length === 0) rows.push("site.yaml names nobody under notify:");
  return { text: rows.join("\n"), data: { results }, ok: failed === 0 };
}

/** One alarm for people: what, how bad, since when, and what to do. */
function describeAlarm(alarm: Alarm): string {
  const { kind, subject, severity, state, count, firstSeen, lastSeen, detail, acknowledged, flapping } = alarm;
  const { meaning, action } = textsOf(alarm);
  const by = acknowledged ? `, in hand of ${acknowledged.by}` : "";
  const head = `${severity.toUpperCase()} ${kind} ${subject} (${state}${flapping ? ", comes and goes" : ""}${by})`;
  const seen = `${count} times, ${new Date(firstSeen).toISOString()} to ${new Date(lastSeen).toISOString()}`;
  return `${head}\n  ${meaning}${detail ? `: ${detail}` : ""}\n  ${seen}\n  ${action}`;
}

function textsOf({ kind }: Alarm): { readonly meaning: string; readonly action: string } {
  const { meaning, action } = alarmKind(kind);
  return { meaning, action };
}
