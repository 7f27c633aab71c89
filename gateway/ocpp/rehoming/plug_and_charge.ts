import type { OcppFrame } from "../codec.ts";
import type { Answer, Side } from "../effects.ts";
import type { Relay } from "../relay.ts";
import { innerPayload } from "../signed_payload.ts";
import { AMBIGUOUS_HASH, type CertificateTools, deleteByHash, forward, isRootType, refuse } from "./certificates.ts";
import { useAnew } from "./settings.ts";
import { answerOf, askStation, fieldOf, listOf, payloadText, textOf } from "./station_part.ts";

/** The rule of everything that is taken out of Plug & Charge. */
const RULE = "ocpp.rehome.plug-and-charge";
/** How the note has a message refused that is none of its own: by the status of the DataTransfer alone. */
const UNKNOWN: Answer = { payload: { status: "UnknownMessageId" } };

/** What the takers of one message inside a DataTransfer are given. */
interface Inside {
  readonly inner: unknown;
  /** The DataTransfer's payload as it was written: that is what the station gets. */
  readonly text: string;
}

/**
 * Plug & Charge of OCPP 1.6 whose message inside would touch what belongs to the legs (decision 0065). What is the
 * station's by its hash or key is passed on as it was written; all else is answered in the words of the note: a
 * DataTransfer that is Accepted, with the answer of OCPP 2.0.1 in `data`.
 */
export async function answerInside(
  tools: CertificateTools,
  relay: Relay,
  from: Side,
  frame: OcppFrame,
  bytes: Uint8Array,
): Promise<Answer> {
  // The bytes belong to the socket: copied before anything is awaited.
  const inside: Inside = { inner: innerPayload(frame.payload), text: payloadText(bytes) };
  const name = textOf(fieldOf(frame.payload, "messageId"));
  const deny = (answer: Answer) => {
    refuse(tools.reporter, relay, RULE, `${name.slice(0, 40)} inside a DataTransfer is for the other leg`, from);
    return answer;
  };
  if (from === "station") return deny(name === "SignCertificate" ? said({ status: "Rejected" }) : UNKNOWN);
  switch (name) {
    case "CertificateSigned":
      return await takeCertificate(tools, relay, inside) ?? deny(said({ status: "Rejected" }));
    case "DeleteCertificate":
      return await deleteRoot(tools, relay, inside);
    case "GetInstalledCertificateIds":
      return await listCertificates(relay, inside);
    case "InstallCertificate":
      return deny(said({ status: "Rejected" }));
    case "TriggerMessage":
      return deny(said({ status: "NotImplemented" }));
    default:
      return deny(UNKNOWN);
  }
}

/** An answer of OCPP 2.0.1 inside that of a DataTransfer. */
function said(payload: Readonly<Record<string, unknown>>, more: { readonly afterwards?: () => void } = {}): Answer {
  return { payload: { status: "Accepted", data: JSON.stringify(payload) }, ...more };
}

/**
 * Without a type it is the station's V2G certificate, as the note has it, unless it is for the gateway's own key. With
 * another type than V2G it is for neither: undefined.
 */
async function takeCertificate({ context }: CertificateTools, relay: Relay, { inner, text }: Inside) {
  if ((fieldOf(inner, "certificateType") ?? undefined) !== undefined) return undefined;
  const chainPem = textOf(fieldOf(inner, "certificateChain"));
  const { session } = relay.options;
  const { status, choices } = await context.control.call("upstream.certificate", { session, chainPem });
  if (status === "foreign") return await forward(relay, "DataTransfer", text);
  if (status === "rejected") return said({ status: "Rejected" });
  return said({ status: "Accepted" }, choices ? { afterwards: () => useAnew(relay, choices) } : {});
}

/** Control knows the roots of the CSMS leg and those that must stay; all others are the station's. */
async function deleteRoot(tools: CertificateTools, relay: Relay, { inner, text }: Inside): Promise<Answer> {
  const end = await deleteByHash(tools, relay, inner, false);
  if (end === "ambiguous") return AMBIGUOUS_HASH;
  if (end === "foreign") return await forward(relay, "DataTransfer", text);
  return said({ status: end === "deleted" ? "Accepted" : "Failed" });
}

/** Certificates of ISO 15118 are the station's; of the roots for its own legs the CSMS hears nothing. */
async function listCertificates(relay: Relay, { text }: Inside): Promise<Answer> {
  const outcome = await askStation(relay, "DataTransfer", text);
  if (outcome.is !== "result") return answerOf(outcome);
  const inner = innerPayload(outcome.payload);
  const given = listOf(inner, "certificateHashDataChain");
  const kept = given.filter((entry) => !isRootType(fieldOf(entry, "certificateType")));
  if (kept.length === given.length) return answerOf(outcome);
  const answer = kept.length === 0 ? { status: "NotFound" } : { ...inner, certificateHashDataChain: kept };
  return { payload: { ...outcome.payload as Record<string, unknown>, data: JSON.stringify(answer) } };
}
