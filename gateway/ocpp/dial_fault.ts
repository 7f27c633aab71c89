import type { Reporter } from "./reporter.ts";
import type { Admitted } from "./upgrade.ts";
import type { DialError } from "./upstream.ts";

/** Records why the CSMS could not be reached, and raises the alarm that fits. */
export function reportDialFault(
  reporter: Reporter,
  { stationId, upstream }: Pick<Admitted, "stationId" | "upstream">,
  fault: DialError | undefined,
  why: string,
): void {
  const event = fault?.securityEvent;
  reporter.auditRepeating({
    event: event ? "ocpp.upstream.untrusted" : "ocpp.upstream.failed",
    class: event ? "security" : "operation",
    who: "gateway",
    target: upstream.csms,
    outcome: "failed",
    detail: { why: why.slice(0, 300), station: stationId, ...(event ? { securityEvent: event } : {}) },
  });
  if (event) reporter.raise("ocpp.csms.untrusted", upstream.csms, `${event}: ${why}`);
  else if (fault?.status === undefined || fault.status >= 500) {
    reporter.raise("ocpp.csms.unreachable", upstream.csms, why);
  }
}
