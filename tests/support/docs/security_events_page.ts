import { SECURITY_EVENTS } from "../../../profiles/security_events.ts";
import { code, page, table } from "./page.ts";

/** docs/security-events.md: the standard events, which are critical, and which are pushed. */
export function securityEventsPage(): string {
  return page(
    "Security events",
    [
      "Stations tell their CSMS of security events (SecurityEventNotification); the gateway relays each one and keeps a list of",
      "its own: the last 200 of every station, every CSMS and of the gateway itself, equal ones within a minute as one with a",
      "count. `security-events [SUBJECT]` shows it, `--lines` exports it as JSON lines; it is kept as long as",
      "`audit.retention.security` says. What a station adds in words is stripped of logins and of what a word as `pin=` names.",
    ].join("\n"),
    [
      "Besides, the gateway lists what it saw itself in the same words: a wrong credential or certificate, no common TLS version",
      "or suite, a replayed or invalid message it refused, a CSMS that is an impostor, a changed security setting, its own start.",
      "Those have alarms of their own and are not pushed a second time; ids that nobody knows share the subject `unknown`.",
    ].join("\n"),
    [
      "*urgent* events raise `station.security.urgent` (critical), *routine* ones `station.security.routine` (info): whom they",
      "reach is `notify[].minSeverity`. Such an alarm clears a quarter of an hour after the last event.",
    ].join("\n"),
    table(
      ["event", "name in 1.6", "critical", "pushed as", "meaning"],
      SECURITY_EVENTS.map((event) => [
        code(event.name),
        event.in16 === undefined ? "" : `${code(event.in16)} (1.6)`,
        event.isCritical ? "yes" : "",
        event.alarm === "none" ? "" : event.alarm,
        event.meaning,
      ]),
    ),
  );
}
