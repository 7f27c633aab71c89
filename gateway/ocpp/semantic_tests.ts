/**
 * Building blocks of semantic rules: each answers where a payload breaks it, as a JSON pointer, or undefined. They run
 * on payloads that passed their schema and on those that did not, so nothing is taken for granted; a missing or
 * mistyped value is the schema's business and passes here.
 */
export type SemanticTest = (payload: unknown) => string | undefined;

/** A step of a path: a property, or "*" for every item of a list. */
type Path = readonly string[];

interface Found {
  readonly at: string;
  readonly value: unknown;
}

/** Every value at a path with its JSON pointer. */
function find(payload: unknown, path: Path): Found[] {
  let found: Found[] = [{ at: "", value: payload }];
  for (const step of path) {
    found = found.flatMap(({ at, value }): Found[] => {
      if (step === "*") return Array.isArray(value) ? value.map((item, i) => ({ at: `${at}/${i}`, value: item })) : [];
      const inner = field(value, step);
      return inner === undefined ? [] : [{ at: `${at}/${step}`, value: inner }];
    });
  }
  return found;
}

function field(value: unknown, name: string): unknown {
  const isObject = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return isObject ? (value as Record<string, unknown>)[name] : undefined;
}

/** Where the first value at a path is wrong; makes no list and no pointer when none is, as in nearly every message. */
function firstWrong(
  value: unknown,
  path: Path,
  isWrong: (value: unknown) => boolean,
  depth = 0,
): string | undefined {
  const step = path[depth];
  if (step === undefined) return isWrong(value) ? "" : undefined;
  if (step !== "*") {
    const inner = field(value, step);
    const at = inner === undefined ? undefined : firstWrong(inner, path, isWrong, depth + 1);
    return at === undefined ? undefined : `/${step}${at}`;
  }
  if (!Array.isArray(value)) return undefined;
  for (let i = 0; i < value.length; i++) {
    const at = firstWrong(value[i], path, isWrong, depth + 1);
    if (at !== undefined) return `/${i}${at}`;
  }
  return undefined;
}

/** Numbers at `path` are `lowest` or above. */
export function atLeast(path: Path, lowest: number): SemanticTest {
  const isLower = (value: unknown) => typeof value === "number" && value < lowest;
  return (payload) => firstWrong(payload, path, isLower);
}

/** Under every object at `path` the time `earlier` is before the time `later`. */
export function ordered(path: Path, earlier: string, later: string): SemanticTest {
  return (payload) => {
    const wrong = find(payload, path).find(({ value }) => {
      const [from, to] = [instant(field(value, earlier)), instant(field(value, later))];
      return from !== undefined && to !== undefined && from >= to;
    });
    return wrong && `${wrong.at}/${later}`;
  };
}

function instant(value: unknown): number | undefined {
  const at = typeof value === "string" && value.length <= 40 ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** `name` is there unless `by` has one of these values. */
export function requiredUnless(name: string, by: string, values: readonly string[]): SemanticTest {
  return (payload) => {
    const state = field(payload, by);
    return typeof state === "string" && !values.includes(state) && field(payload, name) === undefined
      ? `/${name}`
      : undefined;
  };
}

/** `test` holds only where the property `name` has this value. */
export function byValue(name: string, value: string, test: SemanticTest): SemanticTest {
  return (payload) => field(payload, name) === value ? test(payload) : undefined;
}

/** The value at `path`, when it is there, is this one. */
export function unless(path: Path, wanted: string): SemanticTest {
  return (payload) => firstWrong(payload, path, (value) => value !== wanted);
}

/** Every object at `path` has one of these; "name.0" asks for the first item of the list `name`. */
export function needsEntries(path: Path, names: readonly string[]): SemanticTest {
  const wanted = names.map((name) => name.split("."));
  const lacksAll = (value: unknown) => !wanted.some((steps) => hasEntry(value, steps));
  return (payload) => firstWrong(payload, path, lacksAll);
}

/** Whether something is at these steps; "0" is the first item of a list. */
function hasEntry(value: unknown, steps: readonly string[]): boolean {
  let inner = value;
  for (const step of steps) {
    if (step !== "0") inner = field(inner, step);
    else if (!Array.isArray(inner) || inner.length === 0) return false;
    else inner = inner[0];
  }
  return inner !== undefined;
}

/** Schedules of the profile at `path`, one (1.6) or several (2.x): periods begin at 0 and rise. */
export function startsAtZero(path: Path): SemanticTest {
  return (payload) => {
    const one = find(payload, [...path, "chargingSchedule"]);
    const schedules = one.flatMap(({ at, value }) =>
      Array.isArray(value) ? value.map((item, i) => ({ at: `${at}/${i}`, value: item })) : [{ at, value }]
    );
    for (const { at, value } of schedules) {
      const periods = field(value, "chargingSchedulePeriod");
      const wrong = Array.isArray(periods) ? firstUnordered(periods) : -1;
      if (wrong >= 0) return `${at}/chargingSchedulePeriod/${wrong}/startPeriod`;
    }
    return undefined;
  };
}

function firstUnordered(periods: readonly unknown[]): number {
  let before = -1;
  for (const [i, period] of periods.entries()) {
    const start = field(period, "startPeriod");
    if (typeof start !== "number") return -1;
    if (i === 0 ? start !== 0 : start <= before) return i;
    before = start;
  }
  return -1;
}

/** Where a profile may be installed, by its purpose (1.6 section 3.13.1, 2.x K01). */
export const profilePlace: SemanticTest = (payload) => {
  const profile = field(payload, "csChargingProfiles") ?? field(payload, "chargingProfile");
  const name = field(payload, "evseId") === undefined ? "connectorId" : "evseId";
  const place = field(payload, name), purpose = field(profile, "chargingProfilePurpose");
  if (purpose === "ChargingStationExternalConstraints") return "/chargingProfile/chargingProfilePurpose";
  if (typeof place !== "number" || typeof purpose !== "string") return undefined;
  const isStationMax = purpose === "ChargePointMaxProfile" || purpose === "ChargingStationMaxProfile";
  if (isStationMax && place !== 0) return `/${name}`;
  return purpose === "TxProfile" && place === 0 ? `/${name}` : undefined;
};

/** Properties that hold a time, in all versions (a test compares them with the schemas). */
export const TIME_FIELDS: ReadonlySet<string> = new Set([
  "basetime",
  "cacheExpiryDateTime",
  "currentTime",
  "departureTime",
  "dynUpdateTime",
  "endDateTime",
  "expiryDate",
  "expiryDateTime",
  "generatedAt",
  "installDateTime",
  "latestTimestamp",
  "nextUpdate",
  "oldestTimestamp",
  "productionDate",
  "retrieveDate",
  "retrieveDateTime",
  "scheduleStart",
  "settlementTime",
  "startDateTime",
  "startPeriod",
  "startSchedule",
  "startTime",
  "stopTime",
  "timeAnchor",
  "timeBase",
  "timestamp",
  "validFrom",
  "validTo",
]);

/** Nesting that is searched for times; the schemas of all versions stay under it. */
const DEPTH = 12;

/** A time without a zone means another moment to each reader. */
export const timestampsHaveZone: SemanticTest = (payload) => {
  return hasZoneless(payload, 0) ? findZoneless(payload, "", 0) : undefined;
};

/** The same without saying where: nearly every message has none, and the pointers cost more than the search. */
function hasZoneless(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null || depth > DEPTH) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (hasZoneless(value[i], depth + 1)) return true;
    return false;
  }
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner === "string") {
      if (couldBeZoneless(inner) && TIME_FIELDS.has(key) && ZONELESS.test(inner)) return true;
    } else if (typeof inner === "object" && key !== "customData" && hasZoneless(inner, depth + 1)) return true;
  }
  return false;
}

/** As long as a time at least, and it ends with a digit. */
function couldBeZoneless(text: string): boolean {
  return text.length >= 19 && text.charCodeAt(text.length - 1) <= 0x39;
}

function findZoneless(value: unknown, at: string, depth: number): string | undefined {
  if (typeof value !== "object" || value === null || depth > DEPTH) return undefined;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const found = findZoneless(value[i], `${at}/${i}`, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  for (const key in value) {
    if (key === "customData") continue; // the vendor's own
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner === "string") {
      if (TIME_FIELDS.has(key) && ZONELESS.test(inner)) return `${at}/${key}`;
    } else {
      const found = findZoneless(inner, `${at}/${key}`, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const ZONELESS = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?$/;
