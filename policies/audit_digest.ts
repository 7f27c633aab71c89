/** One record of the audit chain, as far as a digest goes. */
export interface DigestRecord {
  readonly event: string;
  readonly outcome?: string | undefined;
  readonly rule?: string | undefined;
  readonly who?: string | undefined;
  readonly target?: string | undefined;
  /** The kind of a security event that a station told. */
  readonly told?: string | undefined;
}

/** What a digest tells apart, in the order in which it is written (EV-27). */
export const DIGEST_PARTS = [
  /** Sign-ins of people, and logins at controllers, that failed. */
  "sign-ins",
  /** What was refused, by the id of the rule. */
  "refusals",
  /** Firmware: images, updates, campaigns. */
  "firmware",
  /** Starts of this gateway and of stations. */
  "restarts",
  /** Security events that stations told. */
  "stations",
  /** Changes of configuration, people, secrets, certificates. */
  "changes",
  /** Alarms that were raised. */
  "alarms",
] as const;
/** One of them. */
export type DigestPart = typeof DIGEST_PARTS[number];

/** How often something happened, with who or what it was about most. */
export interface DigestLine {
  readonly what: string;
  readonly count: number;
  /** Most often first; at most a few. */
  readonly by: readonly string[];
}

/** What happened in a time, counted. */
export interface AuditDigest {
  readonly records: number;
  readonly parts: Readonly<Record<DigestPart, readonly DigestLine[]>>;
}

const LIMITS = { lines: 200, names: 1_000, shown: 3 };
const CHANGES =
  /^(?:gateway\.configuration|people\.(?:account|grant|factor|token|break-glass|password)|secret\.|certificate\.serial|segmentation\.|posture\.(?:golden|line\.waived)|station\.(?:entry|credential|adoption)|badge\.entry|firmware\.image\.(?:taken|removed|released)|backup\.)/;
const RESTARTS = /^(?:gateway\.process\.started|ocpp\.controller\.booted|posture\.golden\.restarted)$/;
const TOLD_RESTARTS: ReadonlySet<string> = new Set(["ResetOrReboot", "StartupOfTheDevice"]);
const TOLD_FIRMWARE: ReadonlySet<string> = new Set([
  ...["FirmwareUpdated", "InvalidFirmwareSignature", "InvalidFirmwareSigningCertificate"],
]);

/** Counts records; however many come, it keeps a bounded number of names. */
export class DigestCounter {
  #records = 0;
  readonly #parts = new Map<DigestPart, Map<string, { count: number; by: Map<string, number> }>>();

  add(record: DigestRecord): void {
    this.#records++;
    for (const [part, what] of placesOf(record)) this.#count(part, what, record.target ?? record.who);
  }

  digest(): AuditDigest {
    const parts = DIGEST_PARTS.map((part) => [part, linesOf(this.#parts.get(part))] as const);
    return { records: this.#records, parts: Object.fromEntries(parts) as AuditDigest["parts"] };
  }

  #count(part: DigestPart, what: string, by: string | undefined): void {
    const lines = this.#parts.get(part) ?? new Map<string, { count: number; by: Map<string, number> }>();
    this.#parts.set(part, lines);
    const name = lines.has(what) || lines.size < LIMITS.lines ? what : "others";
    const line = lines.get(name) ?? { count: 0, by: new Map<string, number>() };
    line.count++;
    if (by !== undefined && (line.by.has(by) || line.by.size < LIMITS.names)) {
      line.by.set(by, (line.by.get(by) ?? 0) + 1);
    }
    lines.set(name, line);
  }
}

/** Where a record is counted: a refused sign-in is a refusal too. */
function placesOf({ event, outcome, rule, told }: DigestRecord): readonly (readonly [DigestPart, string])[] {
  const places: (readonly [DigestPart, string])[] = [];
  const isLogin = event === "people.login.refused" || event === "people.login.locked" ||
    event === "people.setup.refused";
  if (isLogin || event === "device.login.made" && outcome !== "ok") places.push(["sign-ins", event]);
  if (outcome === "refused") places.push(["refusals", rule ?? event]);
  if (/^firmware\.|^transfer\.(?:request|publish|grant)\.|^station\.firmware\./.test(event)) {
    places.push(["firmware", event]);
  }
  if (RESTARTS.test(event)) places.push(["restarts", event]);
  if (event === "station.security.told") {
    const kind = told ?? "a security event";
    if (TOLD_RESTARTS.has(kind)) places.push(["restarts", kind]);
    else if (TOLD_FIRMWARE.has(kind)) places.push(["firmware", kind]);
    else places.push(["stations", kind]);
  }
  if (outcome !== "refused" && CHANGES.test(event)) places.push(["changes", event]);
  if (event === "alarm.raised") places.push(["alarms", event]);
  return places;
}

function linesOf(lines: Map<string, { count: number; by: Map<string, number> }> | undefined): readonly DigestLine[] {
  const all = [...lines ?? []].map(([what, { count, by }]) => ({ what, count, by: most(by) }));
  return all.toSorted((a, b) => b.count - a.count || (a.what < b.what ? -1 : 1));
}

function most(by: ReadonlyMap<string, number>): readonly string[] {
  const sorted = [...by].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const rest = sorted.length - LIMITS.shown;
  return [...sorted.slice(0, LIMITS.shown).map(([name]) => name), ...rest > 0 ? [`and ${rest} more`] : []];
}
