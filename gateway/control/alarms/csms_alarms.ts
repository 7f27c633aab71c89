import type { Site } from "../../config/schema.ts";
import type { AlarmName } from "./holders.ts";

/** Alarms whose subject is the id of a CSMS. */
const CSMS_KINDS: ReadonlySet<string> = new Set([
  "ocpp.csms.unreachable",
  "ocpp.csms.untrusted",
  "ocpp.mirror.away",
  "ocpp.mirror.dropped",
  "ocpp.rules.refused",
]);

/** Whether an alarm is about a CSMS that the site has no more: nobody dials it, so nobody would ever end the alarm. */
export function isOfGoneCsms({ kind, subject }: AlarmName, { ocpp }: Pick<Site, "ocpp">): boolean {
  return CSMS_KINDS.has(kind) && !ocpp?.csms.some(({ id }) => id === subject);
}
