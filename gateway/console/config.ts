import { z } from "zod";
import { HostName, ListenAddress, PemPair } from "../config/values.ts";
import { DevicePagesConfig } from "../ui_proxy/config.ts";

/** The `console` section: pages and REST API for people. */
export const ConsoleConfig = z.strictObject({
  listen: ListenAddress.describe("IP address and port; never on an OT zone"),
  hostname: HostName.describe("Host name people type; the certificate is issued for it"),
  certificate: PemPair.optional().describe(
    "Own server certificate; absent: from pki.acme when configured, else from the site CA, renewed by itself",
  ),
  devicePages: DevicePagesConfig.optional().describe(
    "The login in front of controllers' pages (`stations[].ui`); absent: nobody opens any",
  ),
});
/** The `console` section. */
export type ConsoleConfig = z.infer<typeof ConsoleConfig>;
