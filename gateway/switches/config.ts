import { z } from "zod";
import { parseIp } from "../config/ip.ts";
import { SWITCH_LIMITS } from "./limits.ts";
import { FilePath, IsolatedSegment, NameId } from "../config/values.ts";

const Ipv4 = z.string().refine((text) => parseIp(text)?.length === 4, { error: "an IPv4 address, as 10.20.0.2" });

/** How a switch is asked: as a user of SNMPv3, or by the community of SNMPv2c that everybody on the way can read. */
const SnmpConfig = z.strictObject({
  user: z.string().min(1).max(32).optional().describe("User of SNMPv3 with authentication and privacy"),
  hash: z.enum(["sha1", "sha256", "sha512"]).default("sha256").describe("Hash of the user's authentication"),
  authPasswordFile: FilePath.optional().describe("Authentication password of the user, 8 characters or more"),
  privacyPasswordFile: FilePath.optional().describe("Privacy password of the user (AES-128), 8 characters or more"),
  communityFile: FilePath.optional().describe("Community of SNMPv2c, which may read only; needs plaintext"),
  plaintext: IsolatedSegment.optional().describe("SNMPv2c is not encrypted and proves nobody's identity"),
});

/** A switch that is read, never written. */
export const SwitchConfig = z.strictObject({
  id: NameId.describe("Name in pages, alarms and `why`"),
  address: Ipv4.describe("Where its management answers"),
  port: z.int().min(1).max(65_535).default(161).describe("UDP port of SNMP"),
  snmp: SnmpConfig.describe("How it is asked"),
  readSeconds: z.int().min(15).max(3_600).default(60).describe("Seconds between two readings"),
});
/** The `switches` section. */
export const SwitchesConfig = z.array(SwitchConfig).min(1).max(SWITCH_LIMITS.switches);
/** A switch that is read. */
export type SwitchConfig = z.infer<typeof SwitchConfig>;
