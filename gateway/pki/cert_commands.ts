import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { KEYS } from "../store/keys.ts";
import { faultsOfRequest, readSigningRequest } from "./csr.ts";
import { hashKey, type IssuedCertificate, type IssuedCertificates, recordOf } from "./issued_certificates.ts";
import { PKI_LIMITS } from "./limits.ts";
import type { ListenerTrusts } from "./listener_trusts.ts";
import type { SiteCa } from "./site_ca.ts";

const DAY_MS = 86_400_000;
const LIST_DAYS = 7;
const SOURCES = { "own": "your files", "acme": "the ACME server", "site-ca": "the site CA" } as const;

/** What the commands stand on. `onRevoked` makes a revocation effective everywhere. */
export interface CertCommandParts {
  readonly context: ControlContext;
  readonly ca: SiteCa;
  readonly issued: IssuedCertificates;
  readonly trusts: Pick<ListenerTrusts, "ends">;
  readonly onRevoked: (stationIds: readonly string[]) => Promise<void>;
}

/** The `cert` commands. */
export function certCommands(parts: CertCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "cert export-ca": () => Promise.resolve({ text: parts.ca.pem.trimEnd(), data: { pem: parts.ca.pem } }),
    "cert export-crl": () => exportRevocationList(parts),
    "cert issue": (args, who) => issue(parts, args, who),
    "cert list": (args) => list(parts, args),
    "cert revoke": (args, who) => revoke(parts, args, who),
  };
}

async function issue(parts: CertCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { context: { site, clock, audit }, ca, issued } = parts;
  const stationId = textArg(args, "station");
  await requireStation(parts.context, stationId);
  const request = readSigningRequest(textArg(args, "csr"));
  const faults = [...faultsOfRequest(request, stationId, site.pki.stationOrganizations)];
  const known = await issued.list();
  if (known.length >= PKI_LIMITS.issued) faults.push(`the site CA has issued ${known.length} certificates, its limit`);
  const keyHash = hashKey(request.publicKey.spki);
  const twin = known.find((record) => record.keyHash === keyHash && record.stationId !== stationId);
  if (twin) faults.push(`its key is the one of station "${twin.stationId}": every station needs its own`);
  if (faults.length > 0) {
    throw new GatewayError("PKI_REQUEST_REFUSED", `Cannot issue for "${stationId}": ${faults.join("; ")}`, {
      hint: "Let the station make a new request with a key of its own",
    });
  }
  const now = clock.now();
  const validity = {
    notBefore: now - site.pki.backdateHours * 3_600_000,
    notAfter: now + site.pki.stationCertificateDays * DAY_MS,
  };
  const organization = request.subject.organizations[0] ?? site.pki.organization;
  const pem = ca.issueStation(organization, stationId, request.publicKey.spki, validity);
  const record = recordOf(pem, stationId, who, now);
  await issued.add(record);
  const { serial, fingerprint } = record;
  const notAfter = new Date(record.notAfter).toISOString();
  const detail = { stationId, fingerprint, notAfter };
  const event = "certificate.serial.issued";
  await audit.record({ event, class: "security", who, target: serial, outcome: "ok", detail });
  return { text: pem.trimEnd(), data: { serial, fingerprint, stationId, notAfter, pem } };
}

async function list({ issued, context, trusts }: CertCommandParts, args: CommandArgs): Promise<CommandResult> {
  const stationId = typeof args["station"] === "string" ? args["station"] : undefined;
  const revokedAt = new Map((await issued.revoked()).map(({ serial, at }) => [serial, at]));
  const rows = (await issued.list(stationId)).map((record) => ({
    ...{ serial: record.serial, stationId: record.stationId, fingerprint: record.fingerprint, who: record.who },
    issuedAt: new Date(record.issuedAt).toISOString(),
    notAfter: new Date(record.notAfter).toISOString(),
    state: stateOf(record, revokedAt.get(record.serial), context.clock.now()),
  }));
  const lines = rows.map(({ serial, stationId: id, state, notAfter }) =>
    `${serial}  ${id.padEnd(24)}  ${state.padEnd(8)}  until ${notAfter.slice(0, 10)}`
  );
  const listeners = stationId !== undefined ? [] : trusts.ends().map(({ listener, source, names, notAfter }) => ({
    ...{ listener, source, names },
    notAfter: new Date(notAfter).toISOString(),
  }));
  const servers = listeners.map(({ listener, source, notAfter }) =>
    `listener ${listener}  from ${SOURCES[source]}  until ${notAfter.slice(0, 16)}Z`
  );
  const none = lines.length === 0 ? ["No station certificate was issued"] : [];
  return { text: [...servers, ...lines, ...none].join("\n"), data: { certificates: rows, listeners } };
}

/**
 * Revokes every certificate of a station that is not revoked yet, and those named beside (serials of other CAs). Nothing
 * to revoke is no fault. @returns the serial numbers
 */
export async function revokeAll(
  { context: { clock, audit }, issued, onRevoked }: Pick<CertCommandParts, "context" | "issued" | "onRevoked">,
  stationId: string,
  more: readonly string[],
  who: string,
): Promise<readonly string[]> {
  const gone = new Set((await issued.revoked()).map(({ serial }) => serial));
  const own = (await issued.list(stationId)).map(({ serial }) => serial);
  const serials = [...new Set([...own, ...more])].filter((serial) => !gone.has(serial));
  if (serials.length === 0) return [];
  await issued.revoke(serials, clock.now());
  for (const serial of serials) {
    const event = "certificate.serial.revoked";
    await audit.record({ event, class: "security", who, target: serial, outcome: "ok", detail: { stationId } });
  }
  await onRevoked([stationId]);
  return serials;
}

async function revoke(parts: CertCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { context: { clock, audit }, issued, onRevoked } = parts;
  const records = await findToRevoke(issued, args);
  const now = clock.now();
  const serials = records.map(({ serial }) => serial);
  await issued.revoke(serials, now);
  for (const { serial, stationId } of records) {
    const event = "certificate.serial.revoked";
    const detail = stationId === undefined ? { foreign: true } : { stationId };
    await audit.record({ event, class: "security", who, target: serial, outcome: "ok", detail });
  }
  await onRevoked([...new Set(records.flatMap(({ stationId }) => stationId ?? []))]);
  return { text: `Revoked: ${serials.join(", ")}`, data: { revoked: serials } };
}

/** A mistyped serial number must not look like a revocation; one of another CA is only taken when it is asked for so. */
async function findToRevoke(
  issued: IssuedCertificates,
  args: CommandArgs,
): Promise<readonly (Partial<IssuedCertificate> & { readonly serial: string })[]> {
  const given = args["serial"];
  const station = args["station"];
  if ((given === undefined) === (station === undefined)) {
    throw new GatewayError("CLI_USAGE", "Name either a serial number or --station, not both and not neither");
  }
  if (typeof station === "string") {
    const revoked = new Set((await issued.revoked()).map(({ serial }) => serial));
    const records = (await issued.list(station)).filter(({ serial }) => !revoked.has(serial));
    if (records.length > 0) return records;
    throw new GatewayError("PKI_NOT_FOUND", `No certificate of station "${station}" is left to revoke`);
  }
  const serial = String(given).toLowerCase().replaceAll(":", "").replace(/^(00)+(?=..)/, "");
  if (!/^([0-9a-f]{2}){1,20}$/.test(serial)) {
    throw new GatewayError(
      "CLI_USAGE",
      `"${String(given)}" is not a serial number: wanted hex, as \`cert list\` shows it`,
    );
  }
  const record = await issued.get(serial);
  const isForeign = args["foreign"] === true;
  if (record && isForeign) {
    throw new GatewayError("CLI_USAGE", `Serial number ${serial} is of the site CA, for "${record.stationId}"`, {
      hint: "Leave --foreign out",
    });
  }
  if (record || isForeign) return [record ?? { serial }];
  throw new GatewayError("PKI_NOT_FOUND", `The site CA has issued no certificate with serial number ${serial}`, {
    hint: "Compare it with `cert list`; if it is of another CA that a listener accepts (clientCaFile), add --foreign",
  });
}

async function exportRevocationList({ ca, issued, context }: CertCommandParts): Promise<CommandResult> {
  const { number, revoked } = await issued.nextList();
  const pem = ca.revocationList(revoked, number, context.clock.now(), LIST_DAYS);
  return { text: pem.trimEnd(), data: { pem, number, entries: revoked.length } };
}

async function requireStation({ site, store }: ControlContext, stationId: string): Promise<void> {
  if (site.stations.some(({ id }) => id === stationId)) return;
  if (await store.get([...KEYS.station, stationId])) return;
  throw new GatewayError("PKI_REQUEST_REFUSED", `Station "${stationId}" is not in the inventory`, {
    hint: "Add it to site.yaml or adopt it first; upper and lower case matter",
  });
}

function stateOf({ notAfter }: IssuedCertificate, revokedAt: number | undefined, now: number): string {
  return revokedAt !== undefined ? "revoked" : now > notAfter ? "expired" : "good";
}

function textArg(args: CommandArgs, name: string): string {
  const value = args[name];
  if (typeof value === "string" && value !== "") return value;
  throw new GatewayError("CLI_USAGE", `Option --${name} is missing`, { hint: "See `help`" });
}
