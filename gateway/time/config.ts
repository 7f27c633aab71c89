import { z } from "zod";
import { isHostName, parseIp } from "../config/ip.ts";
import { FilePath, IsolatedSegment, listOf, NameId } from "../config/values.ts";
import { TIME_LIMITS } from "./limits.ts";

const TimeHost = z.string().refine((text) => isHostName(text) || parseIp(text) !== undefined, {
  error: "a host name or IP address, as time.cloudflare.com",
});

/** One server that the box's clock follows; it has either `nts` or `ntp`. */
export const TimeServer = z.strictObject({
  nts: TimeHost.optional().describe("A server with Network Time Security (RFC 8915): what it says is proven"),
  port: z.int().min(1).max(65_535).optional().describe("With nts: port of its key exchange; absent: 4460"),
  caFile: FilePath.optional().describe("With nts: PEM file with the CAs of its certificate; absent: the public CAs"),
  ntp: TimeHost.optional().describe("A server without NTS, whose answers anybody on the way can change"),
  plaintext: IsolatedSegment.optional().describe("Needed for ntp: nobody else is on the way to it"),
});
/** One server that the box's clock follows. */
export type TimeServer = z.infer<typeof TimeServer>;

/** The `time` section. */
export const TimeConfig = z.strictObject({
  serve: listOf(NameId).default([]).describe("Zones whose devices may ask this box for the time (NTP, port 123)"),
  upstream: z.array(TimeServer).max(TIME_LIMITS.servers).default([]).describe(
    "Servers that the box's clock follows; none: its own clock, or a receiver that chrony knows of",
  ),
  realTimeClock: z.boolean().default(true).describe(
    "false: the box has no clock that runs while it is off, so the first NTS certificates are taken without their dates",
  ),
  stationOffsetSeconds: z.int().min(1).max(86_400).default(60).describe(
    "Seconds that a station's clock may be off before an alarm is raised",
  ),
});
/** The `time` section. */
export type TimeConfig = z.infer<typeof TimeConfig>;
