/** One use of a badge at a station. Times are wall milliseconds of the site. */
export interface BadgeUse {
  readonly stationId: string;
  /** Parts of one unit are one place: a driver stands before both. */
  readonly place: string;
  readonly from: number;
  /** Absent: it charges still, as far as anybody knows. */
  readonly to?: number;
  /** It was told long after it began: the station was cut off, and its end may come next. */
  readonly isLate: boolean;
  /** When it was heard of. */
  readonly seenAt: number;
}

/** Why one badge looks like two. */
export type CloneKind = "csms-says-so" | "impossible-order" | "renewed" | "two-places";

/** A suspicion, with where else the badge is. */
export interface CloneSuspicion {
  readonly kind: Extract<CloneKind, "impossible-order" | "two-places">;
  readonly elsewhere: string;
}

/** Bounds of judging by time. */
export const CLONE_TIMES = {
  /** What is told later than this after it happened was kept by the station, milliseconds. */
  lateMs: 120_000,
  /** A station's clock that is further ahead is not believed. */
  aheadMs: 60_000,
  /** What claims to be older is not believed either: a clock that started anew. */
  oldestMs: 30 * 86_400_000,
  /** Two uses have to overlap by more than this, since clocks of stations differ. */
  overlapMs: 60_000,
  /** A late use without an end is judged when its end has had this long to come. */
  patienceMs: 180_000,
} as const;

/** Types of idToken (2.x) that are a thing somebody carries: codes and tokens of apps may be many people's at once. */
const CARRIED: ReadonlySet<string> = new Set(["emaid", "evccid", "iso14443", "iso15693", "macaddress", "vin"]);

/** Whether two uses at a time can mean a copy. OCPP 1.6 has no types: every idTag counts. */
export const isCarried = (type: string | undefined): boolean => type === undefined || CARRIED.has(type.toLowerCase());

/**
 * When something happened at a station: by its own time where that can be, since it may tell of it hours later, else when it
 * was heard of. NaN: it told none that can be read.
 */
export function happenedAt(
  seenAt: number,
  stationTime: number,
): { readonly at: number; readonly isLate: boolean } {
  const age = seenAt - stationTime;
  const isBelieved = age >= -CLONE_TIMES.aheadMs && age <= CLONE_TIMES.oldestMs;
  if (!isBelieved || age <= CLONE_TIMES.lateMs) return { at: seenAt, isLate: false };
  return { at: stationTime, isLate: true };
}

/**
 * Whether a use cannot be that of the one badge that was used elsewhere. Two that run now are two places; one that turns
 * out to have overlapped another one, from what a station told later, is an impossible order. A late use whose end may
 * still come is not judged yet.
 */
export function suspectClone(use: BadgeUse, others: readonly BadgeUse[], now: number): CloneSuspicion | undefined {
  if (isUndecided(use, now)) return undefined;
  for (const other of others) {
    if (other.place === use.place || isUndecided(other, now)) continue;
    const isBoth = use.to === undefined && other.to === undefined;
    if (isBoth && !use.isLate && !other.isLate) return { kind: "two-places", elsewhere: other.stationId };
    const overlap = Math.min(use.to ?? now, other.to ?? now) - Math.max(use.from, other.from);
    if (overlap > CLONE_TIMES.overlapMs) {
      return { kind: isBoth ? "two-places" : "impossible-order", elsewhere: other.stationId };
    }
  }
  return undefined;
}

const isUndecided = ({ isLate, to, seenAt }: BadgeUse, now: number): boolean =>
  isLate && to === undefined && now - seenAt < CLONE_TIMES.patienceMs;
