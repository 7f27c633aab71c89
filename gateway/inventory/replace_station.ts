import { Buffer } from "node:buffer";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { Station } from "./config.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { stationOf, type StationParts } from "./station_commands.ts";
import { passwordBytes } from "../config/materials.ts";
import type { Bindings } from "./stations.ts";
import { UPSTREAM_LIMITS } from "./upstream/limits.ts";
import { isRelayed, type UpstreamLegFacts } from "./upstream/upstreams.ts";

/** What the PKI does for a replaced station. */
export interface ReplacePki {
  /** Revokes all certificates of a station, and those of other CAs that are named; ends connections that use them. */
  revokeStation(stationId: string, more: readonly string[], who: string): Promise<readonly string[]>;
}

/** What the person wants, checked. */
interface Wish {
  readonly reason: string;
  readonly bindings: Bindings;
  /** Password by which the CSMS knows the station, base64; "new": the CSMS is given the new one by hand. */
  readonly csms: string | "new" | undefined;
}

/**
 * `station replace ID --reason TEXT`: other hardware, same identity. What the CSMS knows it by is kept, so that billing
 * goes on; everything the old hardware could prove is dead when this answers: password, certificates, bindings, sessions.
 * Safe to run again when it was interrupted.
 * @throws GatewayError STATION_INVALID when a binding or the credential at the CSMS is missing
 */
export async function replaceStation(
  parts: StationParts,
  pki: ReplacePki,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const { context, upstreams, stations, facts } = parts;
  const station = stationOf(parts, args);
  const leg = upstreams.legOf(station);
  const wish = readWish(parts, station, args);
  const kept = await identityAtCsms(parts, leg, wish);
  await context.audit.record({
    event: "station.entry.replaced",
    class: "security",
    who,
    target: station.id,
    outcome: "ok",
    detail: { reason: wish.reason, bindings: Object.keys(wish.bindings).join(" "), csms: kept.said },
  });
  await kept.keep();
  await parts.climbing.forget?.(station.id, who); // the old hardware may hold a password that a climb sent
  const password = await newPassword(parts, station);
  const last = facts.of(station.id)["certificateSerial"];
  const revoked = await pki.revokeStation(station.id, typeof last === "string" ? [last] : [], who);
  if (Object.keys(wish.bindings).length > 0) await stations.replace(station, wish.bindings);
  await facts.forget(station.id);
  await parts.hardware.forget?.(station.id);
  await closeSessions(parts, station.id);
  const done = { station: station.id, ...password === undefined ? {} : { password }, revoked, ...wish.bindings };
  return { text: handover(parts, station, { ...wish, password, revoked, said: kept.said }), data: done };
}

function readWish({ stations }: StationParts, station: Station, args: CommandArgs): Wish {
  const reason = String(args["reason"] ?? "").trim();
  if (reason === "" || reason.length > INVENTORY_LIMITS.reasonChars) {
    throw invalid(
      station.id,
      `a reason of 1 to ${INVENTORY_LIMITS.reasonChars} characters is wanted`,
      "Pass --reason TEXT; it is kept in the audit chain",
    );
  }
  const given = Object.fromEntries(
    (["mac", "address", "serial"] as const).flatMap((name) =>
      typeof args[name] === "string" ? [[name, args[name]]] : []
    ),
  );
  const parsed = Station.pick({ mac: true, address: true, serial: true }).safeParse(given);
  if (!parsed.success) {
    const [fault] = parsed.error.issues;
    throw invalid(
      station.id,
      `${fault?.path.join(".")}: ${fault?.message}`,
      "Pass --mac, --address and --serial as on the new hardware",
    );
  }
  const bindings = parsed.data as Bindings;
  if (station.mac !== undefined && bindings.mac === undefined) {
    throw invalid(
      station.id,
      `it is bound to the MAC address ${station.mac}`,
      "Pass --mac with that of the new hardware",
    );
  }
  const twin = stations.all().find(({ id, mac, address }) =>
    id !== station.id &&
    (mac !== undefined && mac === bindings.mac || address !== undefined && address === bindings.address)
  );
  if (twin) {
    throw invalid(station.id, `this MAC or IP address is that of station "${twin.id}"`, "Compare it with the label");
  }
  return { reason, bindings, csms: csmsOf(station, args) };
}

function csmsOf(station: Station, args: CommandArgs): Wish["csms"] {
  const content = args["csms-password"];
  if (args["new-at-csms"] === true && content !== undefined) {
    throw invalid(station.id, "--csms-password and --new-at-csms exclude each other", "Pass one of them");
  }
  if (args["new-at-csms"] === true) return "new";
  if (typeof content !== "string") return undefined;
  const secret = passwordBytes(bytesOf(station, content));
  const { passwordBytesMin: min, passwordBytesMax: max } = UPSTREAM_LIMITS;
  if (secret.length >= min && secret.length <= max) return Buffer.from(secret).toString("base64");
  throw invalid(
    station.id,
    `the password in that file has ${secret.length} bytes`,
    `${min} to ${max} bytes are wanted`,
  );
}

/** The file comes as base64: a Basic password may be any bytes (O-05). */
function bytesOf({ id }: Station, base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw invalid(
      id,
      "the password did not come as base64",
      "Name its file with --csms-password, by the same version of the command line",
    );
  }
}

/** How the CSMS goes on knowing the station. Nothing is changed before `keep`. */
async function identityAtCsms(
  { context, upstreams, credentials }: StationParts,
  leg: UpstreamLegFacts,
  { csms }: Wish,
): Promise<{ readonly said: string; readonly keep: () => Promise<void> }> {
  const { station, configured, facts } = leg;
  const nothing = () => Promise.resolve();
  const { kept, fresh } = await upstreams.read(leg);
  if (!isRelayed(station, configured) || kept || fresh) return { said: "its own credential, kept", keep: nothing };
  if (csms === "new") return { said: "the new password, entered there by hand", keep: nothing };
  const file = station.ocpp?.passwordFile;
  const isFile = file !== undefined && await credentials.kindOf(station, context.files) === "file";
  const known = csms ??
    (isFile ? Buffer.from(passwordBytes(context.files.bytes(file))).toString("base64") : undefined);
  if (known === undefined) {
    throw invalid(
      station.id,
      `"${leg.csms}" knows it by the station's own password, which this gateway never kept`,
      "Pass --csms-password FILE with that password, or --new-at-csms to enter the new one there by hand",
    );
  }
  const profile = facts.configuredProfile === 1 ? 1 : 2;
  const keep = () =>
    upstreams.change(leg, (record) => {
      const credential = { profile, password: known, at: facts.now } as const;
      return Promise.resolve({ record: { ...record, kept: credential, isDetached: true as const }, answer: undefined });
    });
  return { said: "the password of before, kept by the gateway", keep };
}

/** 20 random bytes as 40 hex digits (O-05); a station with a certificate has none. */
async function newPassword({ context, credentials }: StationParts, station: Station): Promise<string | undefined> {
  const profile = station.ocpp?.securityProfile;
  if (profile !== 1 && profile !== 2) return undefined;
  const password = Buffer.from(context.random.bytes(20)).toString("hex");
  await credentials.replace(station, new TextEncoder().encode(password), context.files, context.clock.now());
  return password;
}

async function closeSessions({ context, live }: StationParts, stationId: string): Promise<void> {
  live.withdraw(stationId);
  const why = "its hardware was replaced";
  for (const worker of context.workers.of("ocpp")) {
    await context.workers.get(worker).call("stations.close", { stationIds: [stationId], why });
  }
}

/** What the technician at the new hardware needs, on one screen. */
function handover(
  { context }: StationParts,
  station: Station,
  done: Wish & { readonly password: string | undefined; readonly revoked: readonly string[]; readonly said: string },
): string {
  const { ocpp } = station, { mac, address, serial } = done.bindings;
  const isTls = (ocpp?.securityProfile ?? 0) >= 2;
  const listener = context.site.ocpp?.listeners.find(({ tls }) => (tls !== undefined) === isTls);
  const url = listener ? `${isTls ? "wss" : "ws"}://${listener.listen}${listener.path}/${station.id}` : "(no listener)";
  const bound = [mac && `MAC ${mac}`, address && `IP ${address}`, serial && `serial ${serial}`].filter(Boolean);
  return [
    `Handover for ${station.id}: new hardware, same identity`,
    "",
    `1. OCPP URL            ${url}`,
    `2. OCPP identity       ${station.id}`,
    `3. OCPP version        ${ocpp?.protocols.join(" or ")}, security profile ${ocpp?.securityProfile}`,
    done.password === undefined
      ? ocpp?.securityProfile === 3
        ? `4. Certificate         let the new controller make a request, then: cert issue --station ${station.id} --csr FILE`
        : "4. Credential          none: it is bound to where it stands"
      : `4. Password, shown once: ${done.password} (AuthorizationKey or BasicAuthPassword)`,
    ...isTls ? ["5. Root to trust       cert export-ca > site-ca.pem"] : [],
    "",
    `Old hardware: its password is dead, ${done.revoked.length} certificates revoked, its connection closed.`,
    ...station.ui
      ? ["Files of its pages that were kept here are gone; passwords of the factory are looked for anew."]
      : [],
    `At the CSMS "${ocpp?.csms}": ${done.said}.`,
    ...bound.length === 0
      ? []
      : [`Bound now to ${bound.join(", ")}. Set the same in site.yaml where the station stands there.`],
    ...ocpp?.passwordFile === undefined || done.password === undefined
      ? []
      : [`The password in "${ocpp.passwordFile}" is dead; a new content of that file would be in force again.`],
  ].join("\n");
}

function invalid(id: string, why: string, hint: string): GatewayError {
  return new GatewayError("STATION_INVALID", `Cannot replace "${id}": ${why}`, { hint });
}
