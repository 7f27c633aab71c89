import { z } from "zod";
import { FilePath, InterfaceAddress, listOf, NameId, Text } from "./values.ts";

/** True for a time zone name this runtime knows (IANA). */
function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The `site` section. */
export const SiteInfo = z.strictObject({
  id: NameId.describe("Short name of the site, in certificates, metrics and file names"),
  name: Text.optional().describe("Name for people; absent: the id"),
  timeZone: z.string().refine(isTimeZone, { error: "an IANA time zone, as Europe/Berlin" }).default("UTC").describe(
    "Time zone of schedules and reports; stored times are UTC",
  ),
  dataDir: FilePath.default("./data").describe(
    "Folder of store, audit and control socket; only the gateway may read it",
  ),
});

/** One network zone (IEC 62443-3-2). */
export const Zone = z.strictObject({
  id: NameId.describe("Name of the zone"),
  role: z.enum(["ot", "uplink", "management"]).describe("ot: stations; uplink: towards CSMS; management: people"),
  interface: z.string().regex(/^[A-Za-z0-9._:@-]{1,15}$/, { error: "a Linux interface name of 1 to 15 characters" })
    .describe("Linux interface of the zone"),
  address: InterfaceAddress.optional().describe("This box's address in the zone; absent: any"),
});
/** One network zone. */
export type Zone = z.infer<typeof Zone>;

/** The `network` section. */
export const NetworkConfig = z.strictObject({
  zones: listOf(Zone).default([]).describe("Zones this box stands between; several of one role are normal"),
});

/** The `hal` section: the privileged helper hald. */
export const HalConfig = z.strictObject({
  socket: FilePath.default("/run/bulkhead/hal.sock").describe("Unix socket of hald"),
  keyStore: z.enum(["file", "tpm", "pkcs11"]).default("file").describe(
    "Where the key that seals secrets lives: a file in dataDir, or the TPM or PKCS#11 token behind hald",
  ),
});
