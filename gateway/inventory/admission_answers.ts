import type { Site } from "../config/schema.ts";
import type { Admission } from "../core/control_api.ts";
import type { Station } from "./config.ts";

/** HTTP status of a refusal. */
export type RefusalStatus = (Admission & { readonly admit: false })["status"];

/** HTTP status before 101 by rule: 404 for an unknown id, 401 for a bad proof (OCPP-J 1.6 section 3, O-23). */
const STATUS: Readonly<Record<string, RefusalStatus>> = {
  "admission.mac-unknown": 503,
  "admission.source-limited": 429,
  "admission.identity-limited": 429,
  "admission.decommissioned": 404,
  "admission.unknown-station": 404,
  "admission.profile-lowered": 403,
  "admission.protocol": 403,
  "admission.quirk": 404,
  "ocpp.request.path": 404,
};

/** Refusals because of earlier failures; they are no further failure. */
export const LIMIT_RULES: ReadonlySet<string> = new Set(["admission.source-limited", "admission.identity-limited"]);

/** Refusals that say nothing about the credential, so that they are no failure of the identity. */
const NO_GUESS_RULES: ReadonlySet<string> = new Set([
  "admission.decommissioned",
  "admission.mac-unknown",
  "admission.protocol",
  "admission.quirk",
  "admission.unknown-station",
]);

/** Refusals of what has proven itself, or cannot: they are told apart without saying which stations there are. */
const OPEN_RULES: ReadonlySet<string> = new Set([
  "admission.mac-unknown",
  "admission.profile-lowered",
  "admission.protocol",
]);

/** Whether the Worker found the fault, and records it: a certificate or a target, not a credential. */
export function isWorkersRule(rule: string): boolean {
  return rule.startsWith("peer.") || rule.startsWith("ocpp.request.");
}

/**
 * The status of a refusal. `alike` (`ocpp.unknownStations: unauthorized`): whoever proved nothing is answered 401,
 * whether or not there is such a station.
 */
export function statusOf(rule: string, alike: boolean): RefusalStatus {
  if (alike && !OPEN_RULES.has(rule) && !LIMIT_RULES.has(rule)) return 401;
  return STATUS[rule] ?? (rule.startsWith("peer.") ? 403 : 401);
}

/** Against whose allowance a refusal counts. Where all are answered alike they are counted alike, too. */
export function countsAgainst(rule: string, alike: boolean): "both" | "none" | "source" {
  if (LIMIT_RULES.has(rule)) return "none";
  if (alike && !OPEN_RULES.has(rule)) return "both";
  if (isWorkersRule(rule)) return "none";
  return NO_GUESS_RULES.has(rule) ? "source" : "both";
}

/** Whether the answer must not tell which stations there are (O-23). */
export function answersAlike({ site }: { readonly site: Site }): boolean {
  return site.ocpp?.unknownStations === "unauthorized";
}

/** A listener with a CA file of its own takes certificates that the site CA did not sign. */
export function signerOn(name: string, { ocpp }: Site): "site-ca" | "elsewhere" {
  const listener = ocpp?.listeners.find(({ id, listen }) => (id ?? listen) === name);
  return listener?.tls?.clientCaFile === undefined ? "site-ca" : "elsewhere";
}

/** What the site's rules may compare: never what the station claims of itself. */
export function resourceOf({ vendor, model, unit }: Station): { vendor?: string; model?: string; unit?: string } {
  return {
    ...vendor !== undefined && { vendor },
    ...model !== undefined && { model },
    ...unit !== undefined && { unit },
  };
}
