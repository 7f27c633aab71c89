/** How a file travels between a station and the gateway. */
export const FILE_PROTOCOLS = ["https", "sftp", "http", "ftp"] as const;
/** One of them. */
export type FileProtocol = (typeof FILE_PROTOCOLS)[number];

/** What is known when somebody shows the token of a grant. Plain data. */
export interface GrantFacts {
  /** Absent: nobody was given this token. */
  readonly grant?: {
    readonly stationId: string;
    readonly protocol: FileProtocol;
    readonly fileName: string;
    readonly state: "open" | "closed";
    readonly expiresAt: number;
    readonly budgetBytes: number;
    readonly sentBytes: number;
  };
  readonly protocol: FileProtocol;
  /** Absent: the protocol names the file later, or the station chooses the name (uploads). */
  readonly fileName?: string;
  /** Address it came from. */
  readonly source: string;
  /** Common name of the client certificate, proven by the transport. */
  readonly commonName?: string;
  /** Addresses of the grant's station: that of site.yaml, and that of its live connection. */
  readonly addresses: readonly string[];
  readonly now: number;
}

/** Rules of refusals; the holder of a wrong token hears the same of all: there is no such file. */
export const GRANT_RULES = {
  unknown: "firmware.grant-unknown",
  holder: "firmware.grant-holder",
  model: "firmware.grant-model",
  protocol: "firmware.grant-protocol",
  name: "firmware.grant-name",
  closed: "firmware.grant-closed",
  expired: "firmware.grant-expired",
  spent: "firmware.grant-spent",
} as const;

/** A verdict; `isAttack`: somebody else than the station holds its token, or guesses. */
export type GrantVerdict =
  | { readonly effect: "allow"; readonly leftBytes: number }
  | { readonly effect: "deny"; readonly rule: string; readonly reason: string; readonly isAttack: boolean };

/** Whether a station may use a grant now. */
export function decideGrant(
  { grant, protocol, fileName, source, commonName, addresses, now }: GrantFacts,
): GrantVerdict {
  if (!grant) return deny("unknown", "No grant has this token", true);
  const isHolder = commonName === undefined
    ? addresses.some((address) => plainAddress(address) === plainAddress(source))
    : commonName === grant.stationId;
  if (!isHolder) {
    const shown = commonName === undefined ? source : `a certificate of "${commonName}"`;
    return deny("holder", `The grant is for station "${grant.stationId}", which is not at ${shown}`, true);
  }
  if (protocol !== grant.protocol) {
    return deny("protocol", `The grant is for ${grant.protocol}, it was shown over ${protocol}`, true);
  }
  if (fileName !== undefined && fileName !== grant.fileName) {
    return deny("name", `The grant is for the file "${grant.fileName}"`, false);
  }
  return decideOpen(grant, now);
}

/** What is known when somebody shows the token of an image that a CSMS had published. Plain data. */
export interface PublishedFacts {
  /** The station of the inventory that it is, by its certificate or address; absent: none. */
  readonly station?: { readonly id: string; readonly protocol: FileProtocol; readonly fitsImage: boolean };
  /** What this station was granted of this publication before, the newest. */
  readonly grant?: Pick<NonNullable<GrantFacts["grant"]>, "budgetBytes" | "expiresAt" | "sentBytes" | "state">;
  readonly image: { readonly fileName: string; readonly sizeBytes: number };
  readonly protocol: FileProtocol;
  readonly fileName?: string;
  readonly source: string;
  readonly now: number;
}

/** Whether a station may fetch a published image now: any that it is made for, each within one grant at a time. */
export function decidePublished(
  { station, grant, image, protocol, fileName, source, now }: PublishedFacts,
): GrantVerdict {
  if (!station) return deny("holder", `Published images are for stations: none is known at ${source}`, true);
  if (!station.fitsImage) {
    return deny("model", `The image is for another vendor or model than that of station "${station.id}"`, false);
  }
  if (protocol !== station.protocol) {
    return deny("protocol", `Station "${station.id}" fetches by ${station.protocol}, it asked over ${protocol}`, false);
  }
  if (fileName !== undefined && fileName !== image.fileName) {
    return deny("name", `What is published is the file "${image.fileName}"`, false);
  }
  // One whose time is over makes room for another; one that was spent or closed before does not.
  return grant && now < grant.expiresAt ? decideOpen(grant, now) : { effect: "allow", leftBytes: image.sizeBytes };
}

function decideOpen(
  { state, expiresAt, budgetBytes, sentBytes }: NonNullable<PublishedFacts["grant"]>,
  now: number,
): GrantVerdict {
  if (state === "closed") return deny("closed", "The grant is closed: its update has ended", false);
  if (now >= expiresAt) return deny("expired", "The grant is past its time", false);
  const leftBytes = budgetBytes - sentBytes;
  if (leftBytes <= 0) return deny("spent", `The grant's ${budgetBytes} bytes are used up`, false);
  return { effect: "allow", leftBytes };
}

/** An address as it is compared: IPv4 within IPv6 is IPv4. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "").toLowerCase();
}

function deny(rule: keyof typeof GRANT_RULES, reason: string, isAttack: boolean): GrantVerdict {
  return { effect: "deny", rule: GRANT_RULES[rule], reason, isAttack };
}

/** One exception to HTTPS: for these models ("vendor/model"; "*" at the end stands for any rest). */
export interface ProtocolException {
  readonly protocol: Exclude<FileProtocol, "https">;
  readonly models: readonly string[];
}

/** How a station's files travel: HTTPS, unless its model stands in an exception; of several the first counts. */
export function protocolFor(
  station: { readonly vendor?: string | undefined; readonly model?: string | undefined },
  exceptions: readonly ProtocolException[],
): FileProtocol {
  return exceptions.find(({ models }) => isModelNamed(station, models))?.protocol ?? "https";
}

/** Whether one of these patterns, "vendor/model" or "vendor/*", names a station like this one; case does not count. */
export function isModelNamed(
  station: { readonly vendor?: string | undefined; readonly model?: string | undefined },
  patterns: readonly string[],
): boolean {
  const name = `${station.vendor ?? ""}/${station.model ?? ""}`.toLowerCase();
  return patterns.some((pattern) => {
    const plain = pattern.toLowerCase();
    return plain.endsWith("*") ? name.startsWith(plain.slice(0, -1)) : name === plain;
  });
}
