import type { RequestEvent, UpdateRequest } from "../../../../policies/firmware_request_types.ts";
import { describeError, GatewayError } from "../../../core/errors.ts";
import type { ImageClaim, ImageSource, ImageVault } from "../../../core/firmware_api.ts";
import { fileNameOf, type UpdateAsk, versionOf } from "./update_message.ts";

/** What is known of a station that a CSMS wants to update. */
export interface UpdatedStation {
  readonly vendor?: string;
  readonly model?: string;
  readonly firmwareVersion?: string;
}

/** What fetching works with. */
export interface FetchParts {
  readonly vault: Pick<ImageVault, "image" | "intake">;
  stationOf(stationId: string): UpdatedStation | undefined;
  /** The image behind a URL of the gateway itself, which it had published. */
  publishedAt(location: string): string | undefined;
}

/** Faults of an intake that another attempt cannot mend. */
const FINAL_FAULTS: Readonly<Record<string, string>> = {
  FIRMWARE_CHANGED: "firmware.withdrawn",
  FIRMWARE_HOST_REFUSED: "firmware.host",
  FIRMWARE_REFUSED: "firmware.refused",
  FIRMWARE_TOO_LARGE: "firmware.size",
};

/** What came of a fetch, as an event of whoever asked for it. */
export type FetchOutcome = Extract<RequestEvent, { readonly is: "judged" | "unfetched" }>;

/**
 * Fetches and verifies what a CSMS named. What it had published stands in the vault: that is read anew and compared with
 * what it says now, since an image is for one vendor and model, and a signature of one file. Never throws.
 */
export function fetchImage(
  { vault, publishedAt, stationOf }: FetchParts,
  { stationId, csms }: UpdateRequest,
  ask: UpdateAsk,
): Promise<FetchOutcome> {
  const sha256 = publishedAt(ask.location), published = sha256 === undefined ? undefined : vault.image(sha256);
  const station = stationOf(stationId) ?? {}, fileName = published?.fileName ?? fileNameOf(ask.location);
  const claim = {
    vendor: station.vendor ?? "",
    ...station.model === undefined ? {} : { models: [station.model] },
    version: published?.version ?? versionOf(fileName),
    ...fileName === "" ? {} : { fileName },
    ...ask.signature === undefined ? {} : { signature: ask.signature },
    ...ask.certificate === undefined ? {} : { certificate: ask.certificate },
  };
  const source: ImageSource = published
    ? { kind: "vault", sha256: published.sha256, claim }
    : { kind: "url", url: ask.location, claim };
  return takeIn(vault, source, `csms:${csms}`);
}

/** Takes an image in for a CSMS. Never throws. */
export async function takeIn(
  vault: Pick<ImageVault, "intake">,
  source: ImageSource & { readonly claim: ImageClaim },
  who: string,
): Promise<FetchOutcome> {
  try {
    const { verdict, image } = await vault.intake(source, who);
    const { outcome, rule, why } = verdict;
    const target = image?.version || source.claim.version;
    return {
      ...{ is: "judged", outcome, rule, why },
      ...image ? { sha256: image.sha256 } : {},
      ...target === "" ? {} : { target },
    };
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : "";
    const why = describeError(error).slice(0, 300), rule = FINAL_FAULTS[code];
    if (code === "RPC_PEER_GONE") return { is: "unfetched", why, isOurs: true };
    return rule === undefined ? { is: "unfetched", why } : { is: "judged", outcome: "refused", rule, why };
  }
}

/** What an image in the vault is worth now. */
export function judgedAs(vault: Pick<ImageVault, "image">, sha256: string): FetchOutcome {
  const image = vault.image(sha256);
  const why = image?.why ?? `the image is ${image?.state ?? "not in the vault"}`;
  const outcome = image?.state === "verified" ? "verified" : image?.state === "held" ? "held" : "refused";
  const target = image?.version;
  return { is: "judged", outcome, rule: `firmware.${outcome}`, why, sha256, ...target ? { target } : {} };
}
