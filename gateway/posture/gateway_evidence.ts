import type { Evidence } from "../../policies/posture_types.ts";
import type { Site } from "../config/schema.ts";
import type { DiskGuard } from "../control/contract.ts";

const DAY = 86_400_000;

/** What is known of the gateway itself. */
export interface GatewayKnowledge {
  readonly site: Site;
  readonly disk: DiskGuard["level"];
  readonly visibleExceptions: number;
  readonly inboxStations: number;
  /** Whether the box's clock follows a proven time; undefined: hald or chrony does not say. */
  readonly isClockSynchronised: boolean | undefined;
  /** When the last whole backup reached its targets, wall milliseconds. */
  readonly lastBackupAt: number | undefined;
  /** Local people who can log in with a password alone; undefined: it could not be found out. */
  readonly peopleWithoutSecondFactor: number | undefined;
}

type Reader = (known: GatewayKnowledge, now: number) => string | undefined;

/** Facts that guides may ask for, in `gateway` checks; undefined: nobody can say now. */
const FACTS: Readonly<Record<string, Reader>> = {
  "adoption-inbox": ({ inboxStations }) => String(inboxStations),
  "alarm-receivers": ({ site }) => String(site.notify.length),
  "audit-receivers": ({ site }) => String(site.audit.syslog.length),
  // no backup at all is as old as it gets
  "backup-age-days": ({ lastBackupAt }, now) =>
    lastBackupAt === undefined ? "9999" : String(Math.max(0, Math.floor((now - lastBackupAt) / DAY))),
  "clock-synchronised": ({ isClockSynchronised: is }) => is === undefined ? undefined : is ? "on" : "off",
  "disk": ({ disk }) => disk,
  "key-store": ({ site }) => site.hal?.keyStore ?? "file",
  "password-policy": ({ site }) => site.people.passwordPolicy,
  "people-without-second-factor": ({ peopleWithoutSecondFactor: count }) =>
    count === undefined ? undefined : String(count),
  "segmentation": ({ site }) => site.segmentation === undefined ? "off" : "on",
  "visible-exceptions": ({ visibleExceptions }) => String(visibleExceptions),
};

/** Names of the facts, for docs and for the test that no guide asks for another one. */
export const GATEWAY_FACTS = Object.keys(FACTS);

/** One fact of the gateway, as of now. */
export function gatewayEvidence(fact: string, known: GatewayKnowledge, now: number): Evidence {
  const reader = Object.hasOwn(FACTS, fact) ? FACTS[fact] : undefined;
  if (!reader) return { is: "unknown", why: `this gateway knows no fact "${fact}"` };
  const value = reader(known, now);
  return value === undefined ? { is: "unknown", why: "nobody can say now" } : { is: "value", value, at: now };
}
