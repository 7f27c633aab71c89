import { securityEvent } from "../../../profiles/security_events.ts";
import type { CommandArgs, CommandResult, ControlContext, ControlFeature } from "../../control/contract.ts";
import type { AuditEvent, Json } from "../../core/control_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import type { Stations } from "../stations.ts";
import { type SecurityEntry, SecurityLog } from "./event_log.ts";
import { SECURITY_LIMITS } from "./limits.ts";
import { ownEvent } from "./own_events.ts";

/** What the feature needs beside the context. */
export interface SecurityFeatureParts {
  readonly context: ControlContext;
  readonly stations: Pick<Stations, "get">;
  /** Calls back with every audit record that was stored. */
  readonly onAudit: (listener: (event: AuditEvent) => void) => void;
}

/** Kinds of alarms by how urgent an event is. */
const ALARMS = { urgent: "station.security.urgent", routine: "station.security.routine" } as const;

/** The feature, with what others ask it. */
export interface SecurityFeature extends ControlFeature {
  /** Whether a station has told of an event itself: not all of them know how. */
  hasTold(stationId: string): boolean;
}

/** Security events of stations and of the gateway: listed, the critical ones pushed as alarms, exportable. */
export async function createSecurityFeature(parts: SecurityFeatureParts): Promise<SecurityFeature> {
  const { context, stations } = parts, { clock, timers, log } = context;
  let site = context.site;
  const retentionDays = () => site.audit.retention.security ?? site.audit.retentionDays;
  const events = await SecurityLog.open({ ...context, retentionDays });
  const pusher = new SecurityAlarms(context, events.list());
  parts.onAudit((record) => {
    const own = ownEvent(record);
    if (!own) return;
    // Ids that nobody knows share one list: a guesser must not fill the memory with names.
    const isKnown = own.subject === "gateway" || own.subject.startsWith("csms ") || stations.get(own.subject);
    const subject = isKnown ? own.subject : "unknown";
    events.add({ ...own, subject, origin: "gateway" }).catch((error) => {
      log.warn("security.event.unstored", { type: own.type, msg: describeError(error) });
    });
  });
  const cancel = timers.every(SECURITY_LIMITS.lookMs, () => {
    pusher.settle(clock.now()).catch((error) => log.warn("security.look.failed", { msg: describeError(error) }));
  });
  return {
    name: "security",
    hasTold: (stationId) => events.list(stationId).some(({ origin }) => origin === "station"),
    handlers: {
      "security.event": async ({ stationId, type, time, info, missed }) => {
        const told = { subject: stationId, type, origin: "station", count: 1 + missed } as const;
        const { entry, isNew } = await events.add({ ...told, ...time ? { time } : {}, ...info ? { info } : {} });
        await pusher.push(entry);
        if (isNew) await recordTold(context, entry);
      },
    },
    commands: { "security-events": (args) => Promise.resolve(list(events, args)) },
    reconfigure: (next) => {
      site = next;
      return Promise.resolve();
    },
    stop: () => Promise.resolve(cancel()),
  };
}

/** A station's own name for something says nothing to anybody else, and may be any text: only standard events go into the chain. */
async function recordTold({ audit }: Pick<ControlContext, "audit">, entry: SecurityEntry): Promise<void> {
  const { subject, type, info, time } = entry;
  if (!securityEvent(type)) return;
  await audit.record({
    event: "station.security.told",
    class: "security",
    who: subject,
    outcome: "ok",
    detail: { type, ...info === undefined ? {} : { info }, ...time === undefined ? {} : { time } },
  });
}

/** Alarms of events: raised at each, cleared a while after the last, so that the next one is told again. */
export class SecurityAlarms {
  readonly #alarms: ControlContext["alarms"];
  readonly #last = new Map<string, { readonly kind: string; readonly subject: string; readonly at: number }>();

  /** @param told events of before a restart: their alarms may stand yet, and clear in their time */
  constructor({ alarms }: Pick<ControlContext, "alarms">, told: readonly SecurityEntry[] = []) {
    this.#alarms = alarms;
    for (const entry of told.toReversed()) if (entry.origin === "station") this.#remember(entry);
  }

  async push({ type, subject, lastAt, info, time }: SecurityEntry): Promise<void> {
    const alarm = this.#remember({ type, subject, lastAt });
    if (!alarm) return;
    const detail = [securityEvent(type)!.meaning, time && `at ${time} by its clock`, info].filter(Boolean).join("; ");
    await this.#alarms.raise({ ...alarm, detail });
  }

  #remember({ type, subject, lastAt }: Pick<SecurityEntry, "type" | "subject" | "lastAt">) {
    const urgency = securityEvent(type)?.alarm ?? "none";
    if (urgency === "none") return undefined;
    const alarm = { kind: ALARMS[urgency], subject: `${subject} ${type}` } as const;
    this.#last.set(alarm.subject, { ...alarm, at: lastAt });
    return alarm;
  }

  async settle(now: number): Promise<void> {
    for (const [about, { kind, subject, at }] of this.#last) {
      if (now - at < SECURITY_LIMITS.alarmMs) continue;
      this.#last.delete(about);
      await this.#alarms.clear(kind, subject);
    }
  }
}

function list(events: SecurityLog, args: CommandArgs): CommandResult {
  const subject = typeof args["subject"] === "string" ? args["subject"] : undefined;
  const since = args["since"] === undefined ? 0 : Date.parse(String(args["since"]));
  if (Number.isNaN(since)) {
    throw new GatewayError("CLI_USAGE", `--since "${String(args["since"])}" is no time`, { hint: "Write 2026-01-31" });
  }
  const found = events.list(subject).filter((entry) => {
    return entry.lastAt >= since && (args["critical"] !== true || entry.isCritical);
  });
  const data = found.map(({ at, lastAt, ...entry }) => ({
    ...entry,
    first: new Date(at).toISOString(),
    last: new Date(lastAt).toISOString(),
  })) as unknown as Json;
  if (args["lines"] === true) return { text: (data as Json[]).map((row) => JSON.stringify(row)).join("\n"), data };
  if (found.length === 0) return { text: "No security event is listed for that.", data };
  const rows = found.map(({ lastAt, subject: of, type, isCritical, origin, count, info = "" }) => [
    ...[new Date(lastAt).toISOString(), of, type, isCritical ? "critical" : "-", origin, String(count), info],
  ]);
  return { text: formatTable(["last", "subject", "event", "", "told by", "count", "info"], rows), data };
}
