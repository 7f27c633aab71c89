import type { Json, StationCallAnswer } from "../core/control_api.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import type { Cleared, ClearPart } from "./record.ts";

/** Sends one CALL of the gateway to the station. */
export type AskStation = (action: string, payload: Json) => Promise<StationCallAnswer>;

/** What came of one part; "away": nobody is there to be asked, "unanswered": nobody knows what came of it. */
export type ClearOutcome = Pick<Cleared, "answer" | "state"> | "away" | "unanswered";

/** Fields of an answer; of one that is no object none. */
type Fields = Readonly<Record<string, unknown>>;
type Answer = { readonly fields: Fields } | { readonly outcome: ClearOutcome };

/**
 * Clears one part at a connected station, as far as OCPP can; safe to be done again. Badges are known to nobody here, so
 * customer information is asked to be cleared without naming a customer: a station may say that it needs one.
 */
export async function clearPart(part: ClearPart, protocol: string, ask: AskStation): Promise<ClearOutcome> {
  const is16 = protocol === "ocpp1.6";
  switch (part) {
    case "cache":
      return statusOf(await sent(ask, "ClearCache", {}));
    case "list":
      return await clearList(is16, ask);
    case "customer":
      if (is16) return { state: "none", answer: "OCPP 1.6 knows no customer information" };
      return statusOf(await sent(ask, "CustomerInformation", { requestId: 1, report: false, clear: true }));
    case "certificates":
      return await deleteCertificates(is16, ask);
    default:
      return part satisfies never;
  }
}

/** An empty list in the place of the CSMS's, under the version that follows: the station leaves its CSMS. */
async function clearList(is16: boolean, ask: AskStation): Promise<ClearOutcome> {
  const known = await sent(ask, "GetLocalListVersion", {});
  if ("outcome" in known) return known.outcome;
  const name = is16 ? "listVersion" : "versionNumber", version = known.fields[name];
  if (typeof version !== "number" || !Number.isSafeInteger(version)) {
    return { state: "refused", answer: "its list has no version" };
  }
  // 0: it has no list; -1 (1.6): it keeps none
  if (version <= 0) return { state: "none", answer: `version ${version}` };
  const list = is16 ? { localAuthorizationList: [] } : {}; // 2.x wants no empty list: an absent one is empty
  const next = version >= 2 ** 31 - 1 ? 1 : version + 1;
  return statusOf(await sent(ask, "SendLocalList", { [name]: next, updateType: "Full", ...list }));
}

/** Deletes the certificates that it lists, but never those of its maker: they prove its firmware. */
async function deleteCertificates(is16: boolean, ask: AskStation): Promise<ClearOutcome> {
  const wanted = is16 ? { certificateType: "CentralSystemRootCertificate" } : {};
  const listed = await sent(ask, "GetInstalledCertificateIds", wanted);
  if ("outcome" in listed) return listed.outcome;
  if (listed.fields["status"] === "NotFound") return { state: "none", answer: "NotFound" };
  const hashes = is16
    ? listOf(listed.fields["certificateHashData"])
    : hashesOf2(listed.fields["certificateHashDataChain"]);
  let deleted = 0;
  const refused: string[] = [];
  for (const certificateHashData of hashes.slice(0, DECOMMISSION_LIMITS.certificates)) {
    const answer = await sent(ask, "DeleteCertificate", { certificateHashData: certificateHashData as Json });
    if ("outcome" in answer && typeof answer.outcome === "string") return answer.outcome;
    const said = "fields" in answer ? wordOf(answer.fields["status"]) : (answer.outcome as { answer: string }).answer;
    if (said === "Accepted" || said === "NotFound") deleted++;
    else refused.push(said);
  }
  const answer = `${deleted} of ${hashes.length} deleted${refused.length > 0 ? `, ${refused[0]}` : ""}`;
  return { state: deleted === hashes.length ? "cleared" : "refused", answer };
}

function hashesOf2(chains: unknown): readonly unknown[] {
  return listOf(chains).flatMap((chain) => {
    const { certificateType, certificateHashData, childCertificateHashData } = chain as Fields;
    if (certificateType === "ManufacturerRootCertificate") return [];
    return [certificateHashData, ...listOf(childCertificateHashData)];
  });
}

const listOf = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];

async function sent(ask: AskStation, action: string, payload: Json): Promise<Answer> {
  const answer = await ask(action, payload);
  if ("noAnswer" in answer) return { outcome: answer.noAnswer === "away" ? "away" : "unanswered" };
  if ("error" in answer) {
    const { code } = answer.error, isUnknown = code === "NotImplemented" || code === "NotSupported";
    return { outcome: { state: isUnknown ? "none" : "refused", answer: `${action}: ${wordOf(code)}` } };
  }
  const { result } = answer;
  return { fields: typeof result === "object" && result !== null && !Array.isArray(result) ? result as Fields : {} };
}

function statusOf(answer: Answer): ClearOutcome {
  if ("outcome" in answer) return answer.outcome;
  const said = wordOf(answer.fields["status"]);
  return { state: said === "Accepted" ? "cleared" : said === "NotSupported" ? "none" : "refused", answer: said };
}

const wordOf = (value: unknown): string =>
  typeof value === "string" ? value.slice(0, DECOMMISSION_LIMITS.answerChars) : "no status";
