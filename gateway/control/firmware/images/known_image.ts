import { fitsModel } from "../../../../policies/firmware_mark.ts";
import type { ImageRecord, ImageVerdict, Taken, VerdictStep } from "../../../core/firmware_api.ts";

/** The rule by which an image counts that came without proof and stands in the vault already. */
export const KNOWN_RULE = "firmware.known";

/**
 * The verdict on an image that is on record. One that was withdrawn stays so until two persons release it. One that is
 * servable needs no second proof, as long as nothing speaks against it and it is asked for by whom it is made for.
 */
export function verdictOnKnown(known: ImageRecord, { verdict, claim }: Pick<Taken, "claim" | "verdict">): ImageVerdict {
  if (known.state === "withdrawn") {
    const why = `this image was withdrawn (${known.why ?? "no reason kept"}): two persons must release it`;
    return refused("withdrawn", "It was not withdrawn", why, verdict);
  }
  const isUnproven = verdict.outcome === "held" ||
    verdict.outcome === "refused" && verdict.rule === "firmware.evidence";
  if (known.state !== "verified" || !isUnproven) return verdict;
  const models = claim.models ?? [], vendor = claim.vendor.toLowerCase();
  const fits = models.length === 0
    ? vendor === known.vendor
    : models.every((model) => fitsModel(known, { vendor, model }));
  if (!fits) {
    const made = `${known.vendor} ${known.models.join(", ") || "of any model"}`;
    const why = `it is made for ${made}: it was asked for by ${[vendor, ...models].join(" ")}`;
    return refused("model", "It is made for who asks", why, verdict);
  }
  const why = `it stands in the vault already, proved by ${known.evidence.join(" and ") || "two persons"}`;
  const step: VerdictStep = { id: "known", title: "It was proved before", outcome: "ok", detail: why };
  const { evidence } = known;
  return { outcome: "verified", rule: KNOWN_RULE, why, steps: [...verdict.steps.slice(0, -1), step], evidence };
}

function refused(id: string, title: string, why: string, { steps }: ImageVerdict): ImageVerdict {
  const step: VerdictStep = { id, title, outcome: "refused", detail: why };
  return { outcome: "refused", rule: `firmware.${id}`, why, steps: [...steps, step], evidence: [] };
}
