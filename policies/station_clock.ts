/** A certificate that a station has to believe, as it counts for its clock. */
export interface ClockCertificate {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** What is known of one station's clock. */
export interface StationClockFacts {
  /** Seconds that its clock is ahead of the box's; negative: behind. */
  readonly offsetSeconds: number;
  /** Seconds that it may be off. */
  readonly limitSeconds: number;
  /** The box's time, milliseconds since the epoch. */
  readonly now: number;
  /** What it has to believe at its next connection; none without TLS. */
  readonly certificates: readonly ClockCertificate[];
  /** Hours before a certificate's end, by the station's clock, when that is told. */
  readonly marginHours: number;
}

/** What to say of a clock: right, off, or so far off that the station will refuse the gateway's certificate. */
export type StationClockVerdict =
  | { readonly state: "right" }
  | { readonly state: "off"; readonly detail: string }
  | { readonly state: "certificate"; readonly detail: string };

const HOUR_MS = 3_600_000;

/**
 * Judges one clock. A station that is still connected shows an alarm before it fails: at its next connection it compares
 * the certificate's dates with its own clock, which may say 1970.
 */
export function judgeStationClock(facts: StationClockFacts): StationClockVerdict {
  const { offsetSeconds, limitSeconds, now, certificates, marginHours } = facts;
  if (Math.abs(offsetSeconds) <= limitSeconds) return { state: "right" };
  const off = `its clock is ${inWords(Math.abs(offsetSeconds))} ${offsetSeconds > 0 ? "ahead" : "behind"}`;
  const seen = now + offsetSeconds * 1_000;
  for (const { name, notBefore, notAfter } of certificates) {
    if (seen < notBefore) {
      return { state: "certificate", detail: `${off}: to it the certificate of ${name} is not valid yet` };
    }
    if (seen > notAfter) return { state: "certificate", detail: `${off}: to it the certificate of ${name} has ended` };
    // Only what its clock alone brings about: the end of a certificate by the right time has an alarm of its own.
    if (seen > notAfter - marginHours * HOUR_MS && now <= notAfter - marginHours * HOUR_MS) {
      return {
        state: "certificate",
        detail: `${off}: to it the certificate of ${name} ends within ${marginHours} hours`,
      };
    }
  }
  return { state: "off", detail: off };
}

/** "90 seconds", "5 hours", "12 days", "56 years". */
export function inWords(seconds: number): string {
  const units: readonly [size: number, name: string][] = [
    [365.25 * 86_400, "years"],
    [86_400, "days"],
    [3_600, "hours"],
    [60, "minutes"],
  ];
  const [size, name] = units.find(([size]) => seconds >= 2 * size) ?? [1, "seconds"];
  return `${Math.floor(seconds / size)} ${name}`;
}

/**
 * Seconds that a device's clock is ahead, from the Date header of an answer that just came (RFC 9110 section 6.6.1), for
 * pages of controllers; undefined when it has no such time.
 */
export function offsetOfHttpDate(header: string | undefined, receivedAt: number): number | undefined {
  if (header === undefined || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(header)) {
    return undefined;
  }
  const at = parseHttpDate(header);
  return at === undefined ? undefined : Math.round((at - receivedAt) / 1_000);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** Milliseconds since the epoch of an IMF-fixdate; policies have no Date. */
function parseHttpDate(text: string): number | undefined {
  const [, day, month, year, time] = text.split(" ");
  const [hours, minutes, seconds] = time!.split(":").map(Number);
  const at = MONTHS.indexOf(month!);
  if (at < 0) return undefined;
  const years = Number(year);
  if (years < 1970) return undefined;
  const isLeap = years % 4 === 0 && (years % 100 !== 0 || years % 400 === 0);
  const leapDays = Math.floor((years - 1) / 4) - Math.floor((years - 1) / 100) + Math.floor((years - 1) / 400) - 477;
  const days = (years - 1970) * 365 + leapDays + DAYS_BEFORE[at]! + (isLeap && at > 1 ? 1 : 0) + Number(day) - 1;
  return (days * 86_400 + hours! * 3_600 + minutes! * 60 + seconds!) * 1_000;
}
