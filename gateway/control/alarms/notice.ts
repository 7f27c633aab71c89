import type { AlarmSeverity, Delivery } from "../../core/control_api.ts";
import { ALARM_SEVERITIES } from "../../core/control_api.ts";
import { type Alarm, alarmKind, type NoticeKind } from "./model.ts";

/** A receiver of notices as control sees it; address and secrets are the courier's. */
export interface NoticeTarget {
  readonly id: string;
  readonly by: "webhook" | "mail";
  readonly minSeverity: AlarmSeverity;
}

/** True when a target wants alarms of this severity. */
export function wantsSeverity(target: NoticeTarget, severity: AlarmSeverity): boolean {
  return ALARM_SEVERITIES.indexOf(severity) >= ALARM_SEVERITIES.indexOf(target.minSeverity);
}

/** What a target gets: JSON for a webhook, a plain text for a mail. `id` names the notice, so that a receiver can drop repeats. */
export function noticeDelivery(
  target: NoticeTarget,
  alarm: Alarm,
  notice: NoticeKind,
  site: string,
  id: string,
): Delivery {
  return target.by === "webhook"
    ? { kind: "webhook", sink: target.id, body: webhookBody(alarm, notice, site, id) }
    : { kind: "mail", sink: target.id, subject: mailSubject(alarm, notice, site), text: mailText(alarm, notice, site) };
}

function webhookBody(alarm: Alarm, notice: NoticeKind, site: string, id: string): string {
  const { meaning, action } = alarmKind(alarm.kind);
  return JSON.stringify({
    id,
    site,
    notice,
    kind: alarm.kind,
    subject: alarm.subject,
    severity: alarm.severity,
    state: alarm.state,
    detail: alarm.detail,
    meaning,
    action,
    count: alarm.count,
    firstSeen: new Date(alarm.firstSeen).toISOString(),
    lastSeen: new Date(alarm.lastSeen).toISOString(),
    flapping: alarm.flapping,
  });
}

function mailSubject({ severity, kind, subject }: Alarm, notice: NoticeKind, site: string): string {
  const word = notice === "cleared" ? "cleared" : notice === "test" ? "test" : severity;
  return oneLine(`[${site}] ${word}: ${kind} ${subject}`);
}

function mailText(alarm: Alarm, notice: NoticeKind, site: string): string {
  const { meaning, action } = alarmKind(alarm.kind);
  const state = notice === "flapping" ? "comes and goes; further changes are not sent until it is steady" : alarm.state;
  return [
    `${meaning}.`,
    "",
    `What to do: ${action}`,
    "",
    `Site:       ${site}`,
    `Alarm:      ${alarm.kind}`,
    `About:      ${oneLine(alarm.subject)}`,
    `State:      ${state}`,
    `Detail:     ${oneLine(alarm.detail)}`,
    `Count:      ${alarm.count}`,
    `First seen: ${new Date(alarm.firstSeen).toISOString()}`,
    `Last seen:  ${new Date(alarm.lastSeen).toISOString()}`,
    "",
  ].join("\n");
}

/** Peers' words end up here: no control character may start a header or a line of its own. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f]+/g, " ");
}
