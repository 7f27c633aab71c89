import { z } from "zod";
import { isHostName, parseIp } from "../config/ip.ts";
import { FilePath, IsolatedSegment, ListenAddress, listOf, PemPair, Text, urlOf } from "../config/values.ts";
import { DRIVER_NAMES } from "../../profiles/controllers/driver_names.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";

/** A label of a device's origin; "--p81" at its end is the gateway's own way to name a further port. */
export const PageLabel = z.string().regex(/^(?!.*--p\d+$)[a-z0-9](?:[a-z0-9-]{0,53}[a-z0-9])?$/, {
  error: 'a label of 1 to 55 lower-case letters, digits and inner hyphens that does not end in "--p" and digits',
});

const PortRange = z.string().refine((text) => readPortRange(text) !== undefined, {
  error: `two ports from 1024 to 65535 with a hyphen, as 9401-9440, at most ${UI_PROXY_LIMITS.ports} of them`,
});

/** `console.devicePages`: the door in front of the pages of controllers. */
export const DevicePagesConfig = z.strictObject({
  listen: ListenAddress.describe(
    "IP address and port of the pages, never on an OT zone; each page is https://<name of the station>.<hostname>:<port>",
  ),
  ports: PortRange.optional().describe(
    "Further ports of the same address, one for each page in the order of stations, for people who have no DNS; absent: none",
  ),
  uploadMegabytes: z.int().min(1).max(UI_PROXY_LIMITS.uploadMegabytes).default(1_024).describe(
    "Longest upload to a page, firmware or not, in megabytes of 10^6 bytes",
  ),
  contact: Text.optional().describe("Whom to ask, with a telephone number: stands on every refusal"),
  certificate: PemPair.optional().describe(
    "Own certificate for hostname and *.hostname; absent: from the site CA, renewed by itself",
  ),
});
/** `console.devicePages`. */
export type DevicePagesConfig = z.infer<typeof DevicePagesConfig>;

const PageUrl = urlOf(["https:", "http:"], { mayHaveQuery: false });

/** One account of a controller that the gateway logs in with. */
export const DeviceAccountConfig = z.strictObject({
  role: z.enum(["user", "operator", "installer", "manufacturer"]).describe("The device's role that this account has"),
  user: Text.optional().describe("Its name at the device; absent: the driver's name for the role"),
  passwordFile: FilePath.describe("File with its password; people never see it"),
});

/** `stations[].ui`: the configuration pages of one controller. */
export const StationUi = z.strictObject({
  url: PageUrl.describe("The controller's page as it is reached on the OT side, as https://10.20.0.11"),
  driver: z.enum(DRIVER_NAMES).describe(
    "Family of the controller: how it logs in and what its pages mean; form: by formFile; guided: people log in by hand",
  ),
  formFile: FilePath.optional().describe(
    "driver form: YAML file that says where the login form is and what tells that it worked",
  ),
  accounts: listOf(DeviceAccountConfig).default([]).describe(
    "Accounts of the controller, one a role; without one for a role nobody opens the pages in it (guided needs none)",
  ),
  oldTls: z.literal("by-openssl-helper").optional().describe(
    "The controller speaks only TLS or certificates that the gateway refuses: hald reaches it by OpenSSL; stays in status",
  ),
  name: PageLabel.optional().describe("Name before .hostname; absent: made from the station's id"),
  pinFile: FilePath.optional().describe(
    "PEM file: the controller's whole certificate as approved; absent: a person approves what it presents",
  ),
  plaintext: IsolatedSegment.optional().describe("Needed for http:// on the way to the controller; stays in status"),
  alsoAt: listOf(PageUrl).default([]).describe("Further ports of the same controller, each an origin of its own"),
  aliases: listOf(
    z.string().refine((text) => isHostName(text) || parseIp(text) !== undefined, {
      error: "a host name or IP address",
    }),
  ).default([]).describe("Hosts by which the controller names itself in links, as 192.168.123.123"),
  oldPages: z.enum(["blocked", "by-grant", "allowed"]).default("blocked").describe(
    "The maker's old pages (BC-09): blocked, open to grants that name them, or open",
  ),
});
/** `stations[].ui`. */
export type StationUi = z.infer<typeof StationUi>;

/** First and last port of a range; undefined when it is none. */
export function readPortRange(text: string): { readonly first: number; readonly last: number } | undefined {
  const match = /^([1-9]\d{3,4})-([1-9]\d{3,4})$/.exec(text);
  if (!match) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  const isRange = first >= 1_024 && last <= 65_535 && first <= last && last - first < UI_PROXY_LIMITS.ports;
  return isRange ? { first, last } : undefined;
}
