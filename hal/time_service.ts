import { HAL_LIMITS } from "./limits.ts";
import { type Checked, flag, integer, list, number, object, oneOf, optional, text } from "./schema.ts";

/** Letters of host names and IP addresses: nothing that chrony reads as more than one word. */
const Host = text({ min: 1, max: 253, form: /^[A-Za-z0-9][A-Za-z0-9.:-]*$/ });

/** What the box's clock follows and whom it serves. */
export const TimeSettings = object({
  servers: list(
    object({
      host: Host,
      /** Network Time Security; without it the answers prove nothing. */
      nts: flag,
      port: optional(integer(1, 65_535)),
      /** CAs of its certificate, PEM; absent: the public ones of the box. */
      ca: optional(text({ min: 1, max: HAL_LIMITS.timeCaChars, form: /^[A-Za-z0-9+/=\s-]+$/ })),
    }),
    HAL_LIMITS.timeServers,
  ),
  /** Networks that may ask for the time. */
  serve: list(text({ min: 9, max: 18, form: /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/ }), 16),
  /** False: no clock runs while the box is off, so the first certificates are taken without their dates. */
  realTimeClock: flag,
});
/** What the box's clock follows and whom it serves. */
export type TimeSettings = Checked<typeof TimeSettings>;

/** How chrony does, as it last said. */
export const TimeReport = object({
  /** Seconds since chrony said so. */
  ageSeconds: number,
  /** Absent: it says nothing about its clock. */
  tracking: optional(object({
    stratum: integer(0, 16),
    /** Seconds that the box's clock is ahead of the time it follows. */
    offsetSeconds: number,
    leap: text({ max: 40 }),
  })),
  sources: list(
    object({
      host: text({ max: 253 }),
      state: oneOf(["selected", "combined", "not-combined", "unreachable", "false-ticker", "too-variable", "unusable"]),
      /** Whether any of the last eight questions was answered. */
      isReachable: flag,
      offsetSeconds: number,
      /** Absent: without NTS. */
      nts: optional(object({
        /** Cookies left: none means that nothing it says can be proven. */
        cookies: integer(0, 1_000),
        /** Key exchanges tried in a row without success. */
        attempts: integer(0, 1_000_000),
      })),
    }),
    HAL_LIMITS.timeSources,
  ),
});
/** How chrony does, as it last said. */
export type TimeReport = Checked<typeof TimeReport>;

/** The time service of the box. */
export interface TimeService {
  /** Writes what it shall do; true when that is something else than before. @throws HardwareError HAL_TIME */
  apply(settings: TimeSettings): Promise<boolean>;
  /** @throws HardwareError HAL_TIME when it says nothing */
  report(): Promise<TimeReport>;
}
