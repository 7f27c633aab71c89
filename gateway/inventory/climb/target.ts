import type { Site } from "../../config/schema.ts";
import { parseSocketAddress } from "../../config/ip.ts";
import type { CommandArgs } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";

/** What the PKI knows of a listener's root. */
export interface ListenerRoots {
  /** The root that the certificates of a listener chain to, in PEM; undefined when it is not known here. */
  rootOf(listener: string): { readonly pem: string; readonly keyType: "ec" | "rsa" } | undefined;
}

/** Where a station shall connect after its climb. */
export interface ClimbTarget {
  readonly listener: {
    readonly url: string;
    readonly port: number;
    readonly rootKey?: "ec" | "rsa";
    readonly isSiteCa: boolean;
  };
  readonly rootPem?: string;
  /** Certificates of the site CA are accepted there. */
  readonly signs: boolean;
}

/**
 * The TLS listener a station climbs to: the first of the site, or the one that --listener names. --url replaces the URL
 * made of its address, --root its root. undefined: no listener has TLS.
 * @throws GatewayError STATION_INVALID for a listener, URL or root that cannot be used
 */
export function climbTarget(site: Site, roots: ListenerRoots, args: CommandArgs): ClimbTarget | undefined {
  const secure = site.ocpp?.listeners.filter(({ tls }) => tls !== undefined) ?? [];
  const wanted = args["listener"];
  const listener = wanted === undefined ? secure[0] : secure.find((one) => listenerName(one) === wanted);
  if (!listener) {
    if (wanted === undefined) return undefined;
    const names = secure.map(listenerName).join(", ") || "none";
    throw invalid(`No OCPP listener "${String(wanted)}" has TLS`, `Those that have: ${names}`);
  }
  const address = parseSocketAddress(listener.listen)!; // the schema has checked it
  const host = listener.tls?.names?.[0] ?? (address.host.includes(":") ? `[${address.host}]` : address.host);
  const isAny = address.host === "0.0.0.0" || address.host === "::";
  if (typeof args["url"] !== "string" && isAny && !listener.tls?.names?.[0]) {
    throw invalid(
      `The listener "${listenerName(listener)}" has no address of its own`,
      "Pass --url wss://HOST:PORT/PATH",
    );
  }
  const url = readUrl(args) ?? `wss://${host}:${address.port}${listener.path}`;
  const known = roots.rootOf(listenerName(listener));
  const given = typeof args["root"] === "string" ? args["root"] : undefined;
  if (given !== undefined && !given.includes("-----BEGIN CERTIFICATE-----")) {
    throw invalid(
      "--root names a file without a certificate in PEM",
      "Pass the root that the listener's own certificate chains to",
    );
  }
  const rootPem = given ?? known?.pem;
  const port = Number(new URL(url).port || 443);
  return {
    listener: {
      url,
      port,
      isSiteCa: listener.tls?.identities === undefined,
      ...given === undefined && known ? { rootKey: known.keyType } : {},
    },
    ...rootPem === undefined ? {} : { rootPem },
    signs: listener.tls?.clientCaFile === undefined,
  };
}

const listenerName = ({ id, listen }: { readonly id?: string | undefined; readonly listen: string }) => id ?? listen;

function readUrl(args: CommandArgs): string | undefined {
  const given = args["url"];
  if (typeof given !== "string") return undefined;
  if (URL.canParse(given) && new URL(given).protocol === "wss:") return given.replace(/\/+$/, "");
  throw invalid(`--url "${given.slice(0, 80)}" is no wss URL`, "Pass wss://HOST:PORT/PATH, without the station id");
}

const invalid = (what: string, hint: string) => new GatewayError("STATION_INVALID", what, { hint });
