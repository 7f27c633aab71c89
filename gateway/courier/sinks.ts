import type { Site } from "../config/schema.ts";
import type { NotifyTarget } from "./config.ts";

/** The name of the one OTLP endpoint. */
export const OTLP_SINK = "otlp";

/** Name of a syslog receiver in alarms, status and the store. */
export function syslogSinkId(sink: Site["audit"]["syslog"][number]): string {
  return sink.id ?? sink.tls;
}

/** Name of a receiver of alarms: its id, else the host of the webhook or the mail address; a repeat gets a number. */
export function notifyIds(targets: readonly NotifyTarget[]): readonly string[] {
  const seen = new Map<string, number>();
  return targets.map(({ id, webhook, mailTo }) => {
    const name = id ?? (webhook === undefined ? String(mailTo) : new URL(webhook).host);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}
