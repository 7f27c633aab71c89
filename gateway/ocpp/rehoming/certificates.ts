import { plainAction } from "../../../policies/ocpp.ts";
import { GUARDS } from "../../../policies/ocpp_rehoming.ts";
import type { CertificateHash } from "../../core/upstream_api.ts";
import type { OcppFrame } from "../codec.ts";
import type { Answer, Side } from "../effects.ts";
import { OCPP_LIMITS } from "../limits.ts";
import type { OwnOutcome } from "../own_calls.ts";
import type { Relay } from "../relay.ts";
import type { RelayPartTools } from "../relay_parts.ts";
import { plainPayload } from "../signed_payload.ts";
import { useAnew } from "./settings.ts";
import { answerOf, askStation, fieldOf, listOf, payloadText, rejected, textOf } from "./station_part.ts";

/** What these takers work with. */
export type CertificateTools = Pick<RelayPartTools, "reporter"> & { readonly context: RelayPartTools["context"] };

const STATION_TYPE = "ChargingStationCertificate";
const ROOT_TYPE = { "1.6": "CentralSystemRootCertificate", "2.x": "CSMSRootCertificate" } as const;

/** The CSMS asks for a request: the gateway makes a key of its own and sends SignCertificate when it has answered. */
export async function startRequest({ context, reporter }: CertificateTools, relay: Relay): Promise<Answer> {
  const { session } = relay.options;
  const { csr } = await context.control.call("upstream.request", { session });
  const send = async () => {
    const payload = { csr, ...is16(relay) ? {} : { certificateType: STATION_TYPE } };
    const call = { action: "SignCertificate", payloadText: JSON.stringify(payload), timeoutMs: REQUEST_MS };
    note(reporter, relay, "request", await relay.callCsms(call), relay.options.csms);
  };
  return { payload: { status: "Accepted" }, afterwards: () => void send() };
}

/** CertificateSigned: the key in it says whose it is (decision 0065). */
export async function takeSigned(
  { context, reporter }: CertificateTools,
  relay: Relay,
  frame: OcppFrame,
  bytes: Uint8Array,
): Promise<Answer> {
  const { session, version, securityProfile, stationCertificates = "elsewhere" } = relay.options;
  const text = payloadText(bytes);
  const chainPem = textOf(fieldOf(frame.payload, "certificateChain"));
  const { status, reason, choices } = await context.control.call("upstream.certificate", { session, chainPem });
  if (status === "accepted") {
    return { payload: { status: "Accepted" }, ...choices ? { afterwards: () => useAnew(relay, choices) } : {} };
  }
  if (status === "rejected") return { payload: rejected(version, "InvalidCertificate", reason) };
  const isOmitted = !is16(relay) && fieldOf(frame.payload, "certificateType") === undefined;
  // A station that shows this certificate to the gateway would not be let in with one that the site CA did not sign.
  const isHarmless = stationCertificates === "elsewhere" || (isOmitted && securityProfile < 3);
  if (isHarmless) return await forward(relay, "CertificateSigned", text);
  const why = "it is for a key that neither the gateway nor the site CA knows";
  refuse(reporter, relay, "ocpp.rehome.certificate", why);
  return { payload: rejected(version, "InvalidCertificate", why) };
}

/** InstallCertificate of a root of the CSMS: for the gateway's own leg. */
export async function installRoot({ context }: CertificateTools, relay: Relay, frame: OcppFrame): Promise<Answer> {
  const { session, version } = relay.options;
  const certificatePem = textOf(fieldOf(frame.payload, "certificate"));
  const { status, reason, choices } = await context.control.call("upstream.root.install", { session, certificatePem });
  if (choices) relay.options.ways?.take(choices);
  return { payload: status === "accepted" ? { status: "Accepted" } : rejected(version, "InvalidCertificate", reason) };
}

/** DeleteCertificate: control knows the roots of the CSMS leg and those that must stay; all others are the station's. */
export async function deleteRoot(
  tools: CertificateTools,
  relay: Relay,
  frame: OcppFrame,
  bytes: Uint8Array,
): Promise<Answer> {
  const text = payloadText(bytes);
  const isSigned = frame.action !== plainAction(frame.action);
  const end = await deleteByHash(tools, relay, isSigned ? plainPayload(frame) : frame.payload, isSigned);
  if (end === "ambiguous") return AMBIGUOUS_HASH;
  if (end === "foreign") return await forward(relay, frame.action, text);
  if (end === "deleted") return { payload: { status: "Accepted" } };
  if (!isSigned) return { payload: { status: "Failed" } };
  refuse(tools.reporter, relay, "ocpp.rehome.signed", GUARDS["ocpp.rehome.signed"]);
  return { code: "SecurityError", description: GUARDS["ocpp.rehome.signed"] };
}

/** What the CSMS is told when a hash could be read in two ways. */
export const AMBIGUOUS_HASH: Answer = { code: "SecurityError", description: GUARDS["ocpp.rehome.ambiguous"] };

/** Deletes a root of the CSMS leg here. "foreign": by its hash it is the station's; "ambiguous": recorded as refused. */
export async function deleteByHash(
  { context, reporter }: CertificateTools,
  relay: Relay,
  payload: unknown,
  isSigned: boolean,
) {
  const hash = hashOf(payload);
  if (!hash) {
    // A station that forgives the spelling could find by it the root without which it cannot verify the gateway (O-20).
    refuse(reporter, relay, "ocpp.rehome.ambiguous", "its hash data is not written as OCPP writes it");
    return "ambiguous" as const;
  }
  const { session } = relay.options;
  const { status, choices } = await context.control.call("upstream.root.delete", { session, hash, isSigned });
  if (choices) relay.options.ways?.take(choices);
  return status;
}

/** GetInstalledCertificateIds: roots of the CSMS are the gateway's, all other types the station's. */
export async function listRoots(
  { context }: CertificateTools,
  relay: Relay,
  frame: OcppFrame,
  bytes: Uint8Array,
): Promise<Answer> {
  const given = fieldOf(frame.payload, "certificateType");
  const types = Array.isArray(given) ? given : given === undefined || given === null ? [] : [given];
  const others = types.filter((type) => !isRootType(type));
  const isAll = types.length === 0;
  const text = isAll ? payloadText(bytes) : JSON.stringify({ certificateType: others });
  const asks = isAll || others.length > 0;
  const station = asks ? await askStation(relay, "GetInstalledCertificateIds", text) : undefined;
  if (station && station.is !== "result") return answerOf(station);
  const { hashes } = await context.control.call("upstream.root.list", { session: relay.options.session });
  return { payload: is16(relay) ? list16(hashes) : list2(hashes, station) };
}

function list16(hashes: readonly CertificateHash[]) {
  return hashes.length === 0 ? { status: "NotFound" } : { status: "Accepted", certificateHashData: hashes };
}

function list2(hashes: readonly CertificateHash[], station: OwnOutcome & { is: "result" } | undefined) {
  const theirs = listOf(station?.payload, "certificateHashDataChain")
    .filter((entry) => !isRootType(fieldOf(entry, "certificateType")));
  const own = hashes.map((hash) => ({ certificateType: ROOT_TYPE["2.x"], certificateHashData: hash }));
  const chain = [...theirs, ...own];
  return chain.length === 0 ? { status: "NotFound" } : { status: "Accepted", certificateHashDataChain: chain };
}

/** A station's request on its own leg: the site CA signs, and the certificate follows the answer (A02). */
export async function signForStation(
  { context, reporter }: CertificateTools,
  relay: Relay,
  frame: OcppFrame,
): Promise<Answer> {
  const { session, version } = relay.options;
  const csr = textOf(fieldOf(frame.payload, "csr"));
  const { chainPem, reason } = await context.control.call("station.certificate", { session, csr });
  if (chainPem === undefined) return { payload: rejected(version, "InvalidCSR", reason) };
  const send = async () => {
    const payload = { certificateChain: chainPem, ...is16(relay) ? {} : { certificateType: STATION_TYPE } };
    note(reporter, relay, "certificate", await askStation(relay, "CertificateSigned", JSON.stringify(payload)));
  };
  return { payload: { status: "Accepted" }, afterwards: () => void send() };
}

/** Milliseconds that a CSMS has to answer the gateway's own request. */
const REQUEST_MS = 30_000;

function is16(relay: Relay): boolean {
  return relay.options.version === "ocpp1.6";
}

/** Whether a certificate type names the roots of the CSMS, in any version and case. */
export function isRootType(value: unknown): boolean {
  const name = textOf(value).trim().toLowerCase();
  return Object.values(ROOT_TYPE).some((type) => type.toLowerCase() === name);
}

/** What is the station's goes to the station, as it was written; not over a leg without TLS (LC15). */
export async function forward(relay: Relay, action: string, text: string): Promise<Answer> {
  if (relay.options.securityProfile < 2) {
    return { code: "SecurityError", description: GUARDS["ocpp.rehome.plaintext"] };
  }
  return answerOf(await askStation(relay, action, text));
}

/** By what a DeleteCertificate names its certificate; undefined when a station could read it differently. */
function hashOf(payload: unknown): CertificateHash | undefined {
  const data = fieldOf(payload, "certificateHashData");
  const [hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber] = [
    "hashAlgorithm",
    "issuerNameHash",
    "issuerKeyHash",
    "serialNumber",
  ].map((name) => textOf(fieldOf(data, name)).slice(0, OCPP_LIMITS.hashChars)) as [string, string, string, string];
  if (hashAlgorithm !== "SHA256" && hashAlgorithm !== "SHA384" && hashAlgorithm !== "SHA512") return undefined;
  if (![issuerNameHash, issuerKeyHash, serialNumber].every((hex) => /^(?:0x)?[0-9a-f]+$/i.test(hex))) return undefined;
  return { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber };
}

/** What became of a call that the gateway made for a certificate; audited when it was not accepted. */
function note(
  reporter: CertificateTools["reporter"],
  relay: Relay,
  what: string,
  outcome: OwnOutcome,
  who: string = relay.options.stationId,
): void {
  const status = outcome.is === "result" ? textOf(fieldOf(outcome.payload, "status")) : outcome.is;
  if (status === "Accepted") return;
  reporter.auditRepeating({
    event: "station.upstream.rejected",
    class: "security",
    who,
    target: relay.options.stationId,
    outcome: "refused",
    rule: "ocpp.rehome.rejected",
    detail: { setting: what, reason: `answered ${status.slice(0, 40)}` },
  });
}

/** Records what was answered for its receiver with a no. */
export function refuse(
  reporter: CertificateTools["reporter"],
  relay: Relay,
  rule: string,
  why: string,
  from: Side = "csms",
) {
  reporter.auditRepeating({
    event: "ocpp.message.refused",
    class: "security",
    who: from === "csms" ? relay.options.csms : relay.options.stationId,
    target: relay.options.stationId,
    outcome: "refused",
    rule,
    detail: { why },
  });
}
