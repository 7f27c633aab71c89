import { z } from "zod";
import { QUIRK_NAMES } from "../../profiles/quirks.ts";
import { FilePath, IpAddress, MacAddress, NameId, PemPair, StationId, Text } from "../config/values.ts";
import { StationUi } from "../ui_proxy/config.ts";

/** Station-side OCPP versions, as named in Sec-WebSocket-Protocol. */
export const OCPP_PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;

/** What the gateway shows for one station at a CSMS that is not its own. */
export const StationUpstream = z.strictObject({
  csms: NameId.describe("The id of a mirror, a limited secondary, or of the CSMS that a migration moves to"),
  passwordFile: FilePath.optional().describe("File with the Basic password there; the user is the station's id"),
  certificate: PemPair.optional().describe("Client certificate there"),
});

/** How one station speaks OCPP. */
export const StationOcpp = z.strictObject({
  protocols: z.array(z.enum(OCPP_PROTOCOLS)).min(1).max(OCPP_PROTOCOLS.length).describe(
    "OCPP versions this station may speak",
  ),
  securityProfile: z.literal([0, 1, 2, 3]).describe(
    "1 plain and Basic, 2 TLS and Basic, 3 mutual TLS; 0 no credential, bound to mac and address, shown in status for ever",
  ),
  passwordFile: FilePath.optional().describe(
    "File with the station's Basic password (16 to 40 bytes), profiles 1 and 2; absent: set by `station credential`",
  ),
  binding: z.enum(["mac-and-address", "address-alone-on-isolated-segment"]).default("mac-and-address").describe(
    "Profile 0: what proves the station; its MAC is seen by hald. Without it only address-alone-on-isolated-segment works",
  ),
  factoryPasswordFile: FilePath.optional().describe(
    "File with the Basic password it came with: it is let in with it once, in quarantine, and given one of its own",
  ),
  csms: NameId.describe("The id of the CSMS this station is relayed to"),
  onLoss: z.enum(["mirror-close", "store-and-forward"]).optional().describe(
    "What this station sees when its CSMS is lost; absent: as its CSMS says",
  ),
  upstreamPasswordFile: FilePath.optional().describe(
    "File with the Basic password towards the CSMS; absent: the station's own credential is relayed",
  ),
  upstreamCertificate: PemPair.optional().describe("This station's client certificate towards the CSMS"),
  upstreams: z.array(StationUpstream).max(8).optional().describe(
    "Credentials of this station at other CSMS: mirrors, secondaries, the target of a migration",
  ),
  validation: z.enum(["observe", "enforce", "enforce-known-actions"]).default("observe").describe(
    "What happens to a message that breaks the OCPP schema: observe records it, enforce refuses it",
  ),
  quirks: z.array(z.enum(QUIRK_NAMES)).max(QUIRK_NAMES.length).default([]).describe(
    "Tolerances for what its firmware does wrong, by name; docs/quirks.md says what each risks and which its vendor brings",
  ),
});

/** One station or part of a station. */
export const Station = z.strictObject({
  id: StationId.describe('OCPP identity; always text: write "012" in quotes, 012 is the number 12'),
  vendor: NameId.optional().describe("Vendor in lower case, as bender"),
  model: Text.optional().describe("Model as printed on the controller"),
  serial: Text.optional().describe("Serial number, in quotes"),
  mac: MacAddress.optional().describe("MAC address of the controller, in quotes"),
  address: IpAddress.optional().describe("IP address of the controller on the OT zone"),
  unit: NameId.optional().describe("Parts of one double station or cabinet share a unit"),
  part: z.enum(["single", "primary", "secondary", "cabinet", "dispenser"]).default("single").describe(
    "What this controller is in its unit",
  ),
  reachedThrough: StationId.optional().describe(
    "The station through which this part is reached, when it has no network",
  ),
  access: z.enum(["network", "usb-only"]).default("network").describe(
    "usb-only: configured with a cable on site, never over the network",
  ),
  tunnelPorts: z.array(z.int().min(1).max(65_535)).min(1).max(8).optional().describe(
    "TCP ports that a grant with the capability tunnel may open for minutes with `connect`, as [22]; absent: none",
  ),
  ocpp: StationOcpp.optional().describe("How this station speaks OCPP; absent: it has no OCPP connection of its own"),
  ui: StationUi.optional().describe("The controller's configuration pages behind the gateway's login; absent: none"),
});
/** One station or part of a station. */
export type Station = z.infer<typeof Station>;
