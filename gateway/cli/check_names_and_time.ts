import type { Site } from "../config/schema.ts";
import { type Finding, foundWarning } from "./finding.ts";

/** What `check` says of the dns and time sections beside their faults: things that work, and not as people expect. */
export function checkNamesAndTime({ dns, hal, time, stations }: Site): Finding[] {
  const found: Finding[] = [];
  if (time && !hal) {
    found.push(foundWarning(["time"], "nobody tells chrony of it: there is no hal: section (docs/time.md)"));
  }
  if (dns?.upstream.length === 1) {
    found.push(foundWarning(["dns", "upstream"], "there is one server: with it away only kept answers are left"));
  }
  const isByStation = dns?.nameRules.some((rule) => rule.stations ?? rule.vendors ?? rule.models ?? rule.units);
  const unknown = stations.filter(({ address, access }) => address === undefined && access === "network");
  if (isByStation && unknown.length > 0) {
    const names = unknown.slice(0, 5).map(({ id }) => id).join(", ");
    const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : "";
    found.push(foundWarning(["dns", "nameRules"], `stations without an address get none of these: ${names}${more}`));
  }
  return found;
}
