import { z } from "zod";
import { isHostName, parseCidr, parseHostPort, parseIp, parseSocketAddress } from "./ip.ts";
import { CONFIG_LIMITS } from "./limits.ts";

/** Building blocks of every config.ts. The text given to `error` says what is wanted; load.ts adds value and place. */

/** A short name that other keys refer to. */
export const NameId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/, {
  error: "1 to 48 letters, digits, '.', '_' or '-', starting with a letter or digit",
});

/**
 * An OCPP identity: the identifierString characters of OCPP 2.0.1 without ":" (it ends the user name of HTTP Basic,
 * RFC 7617) plus inner spaces, which exist in the field.
 */
export const StationId = z.string().regex(
  /^(?!\.{1,2}$)[A-Za-z0-9*_=+|@.-](?:[A-Za-z0-9*_=+|@. -]{0,46}[A-Za-z0-9*_=+|@.-])?$/,
  {
    error: "an OCPP identity of 1 to 48 characters: letters, digits, * - _ = + | @ . and inner spaces",
  },
);

/** Free text for people. */
export const Text = z.string().min(1).max(CONFIG_LIMITS.textChars);

/** A file, absolute or relative to the folder of site.yaml. */
export const FilePath = z.string().min(1).max(CONFIG_LIMITS.textChars).regex(/^[^\0\r\n]+$/, {
  error: "a file path without line breaks",
});

/** An IP address and port to listen on. */
export const ListenAddress = z.string().refine((text) => parseSocketAddress(text) !== undefined, {
  error: "IP address and port, as 10.20.0.1:8444 or [::1]:8444",
});

/** A host and port to connect to. */
export const HostPort = z.string().refine((text) => (parseHostPort(text)?.port ?? 0) > 0, {
  error: "host and port, as siem.example:6514",
});

/** An IPv4 or IPv6 address. */
export const IpAddress = z.string().refine((text) => parseIp(text) !== undefined, {
  error: "an IP address, as 10.20.0.11",
});

/** An interface address with its prefix length. */
export const InterfaceAddress = z.string().refine((text) => parseCidr(text) !== undefined, {
  error: "an IP address with prefix length, as 10.20.0.1/24",
});

/** A DNS name. */
export const HostName = z.string().refine(isHostName, { error: "a host name, as gw.garage-12.example" });

/** A MAC address in quotes, because YAML takes some of them for numbers. */
export const MacAddress = z.string().regex(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/, {
  error: 'six hex bytes in quotes, as "02:00:00:00:00:11"',
});

/** Builds the check of a URL: one of the schemes, no user info (secrets are files), no fragment. */
export function urlOf(schemes: readonly string[], options: { readonly mayHaveQuery: boolean }) {
  const wanted = schemes.map((scheme) => `${scheme}//`).join(" or ");
  const query = options.mayHaveQuery ? "" : ", query";
  return z.string().max(CONFIG_LIMITS.textChars).refine((text) => {
    const url = URL.parse(text);
    return url !== null && schemes.includes(url.protocol) && url.username === "" && url.password === "" &&
      url.hash === "" && !text.includes("#") && (options.mayHaveQuery || !text.includes("?"));
  }, { error: `a URL that starts with ${wanted}, without user, password${query} and fragment` });
}

/** An https:// URL. */
export const HttpsUrl = urlOf(["https:"], { mayHaveQuery: true });

/** A ws:// or wss:// URL. */
export const WebSocketUrl = urlOf(["wss:", "ws:"], { mayHaveQuery: false });

/** A certificate with its private key, both PEM. */
export const PemPair = z.strictObject({
  certFile: FilePath.describe("PEM file: certificate, leaf first, then its intermediates"),
  keyFile: FilePath.describe("PEM file: private key of the certificate"),
});

/** The one value that allows an unencrypted socket. It stays visible in `status`. */
export const IsolatedSegment = z.literal("isolated-segment");

/** A list with the common bound. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).max(CONFIG_LIMITS.listEntries);
}
