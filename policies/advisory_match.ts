import type { AdvisedController, Advisory, AdvisoryProduct, AdvisoryVerdict } from "./advisory_types.ts";
import { isWithin, parseRange } from "./version_range.ts";

type Fit = { readonly is: "no" } | { readonly is: "possible" | "yes"; readonly why: string };

/**
 * What an advisory means for a controller, by vendor, product and version; undefined: nothing. A controller that may be
 * one of its products and whose version or model nobody knows is "possible", never silently unaffected.
 */
export function matchAdvisory(advisory: Advisory, controller: AdvisedController): AdvisoryVerdict | undefined {
  const fits = new Map(advisory.products.map((product) => [product.id, fitOf(product, controller)]));
  const found: { readonly id: string; readonly fit: Exclude<Fit, { is: "no" }> }[] = [];
  for (const [at, weakness] of advisory.weaknesses.entries()) {
    const id = weakness.id ?? `weakness ${at + 1}`;
    const own = (ids: readonly string[]) => ids.flatMap((product) => fits.get(product) ?? []);
    if (own(weakness.notAffected).some(({ is }) => is === "yes")) continue;
    const best = bestOf(own(weakness.affected));
    const open = bestOf(own(weakness.underInvestigation));
    if (best.is !== "no") found.push({ id, fit: best });
    else if (open.is !== "no") {
      found.push({ id, fit: { is: "possible", why: `${open.why}; its maker still looks into it` } });
    }
  }
  const sure = found.filter(({ fit }) => fit.is === "yes"), shown = sure.length > 0 ? sure : found;
  if (shown.length === 0) return undefined;
  return {
    state: sure.length > 0 ? "affected" : "possible",
    weaknesses: shown.map(({ id }) => id),
    why: shown[0]!.fit.why,
  };
}

function bestOf(fits: readonly Fit[]): Fit {
  return fits.find(({ is }) => is === "yes") ?? fits.find(({ is }) => is === "possible") ?? { is: "no" };
}

function fitOf(product: AdvisoryProduct, { vendor, model, version }: AdvisedController): Fit {
  if (vendor === undefined || !isVendor(product, vendor)) return { is: "no" };
  const isModel = model === undefined ? undefined : isModelOf(product, model);
  if (isModel === false) return { is: "no" };
  const named = product.names[0] ?? product.id;
  if (isModel === undefined) {
    return possible(`its model is not known; the advisory is about ${named}`, product, version);
  }
  return versionFit(product, version, named);
}

/** Without a model a version that is out of range still clears it. */
function possible(why: string, product: AdvisoryProduct, version: string | undefined): Fit {
  return versionFit(product, version, "")?.is === "no" ? { is: "no" } : { is: "possible", why };
}

function versionFit({ versions }: AdvisoryProduct, version: string | undefined, named: string): Fit {
  if (versions === undefined) return { is: "yes", why: `it is ${named}, and the advisory names no version` };
  const range = parseRange(versions);
  if (range === undefined) {
    return { is: "possible", why: `nobody can read which versions "${versions.slice(0, 80)}" means` };
  }
  if (range === "all") return { is: "yes", why: `it is ${named}, of which every version is affected` };
  if (version === undefined) return { is: "possible", why: "it has not told its firmware version yet" };
  // "n/a" compares like any other text: it must not clear a controller.
  if (!/\d/.test(version)) return { is: "possible", why: `it tells "${version.slice(0, 40)}", which is no version` };
  if (!isWithin(version, range)) return { is: "no" };
  return { is: "yes", why: `it is ${named} with ${version}, and ${versions} is affected` };
}

/** The vendor's word stands in the maker's name: "bender" in "Bender GmbH & Co. KG". */
function isVendor({ vendors, names }: AdvisoryProduct, vendor: string): boolean {
  const word = fold(vendor), makers = vendors.length > 0 ? vendors : names;
  return word !== "" && makers.some((maker) => words(maker).some((one) => one === word) || fold(maker) === word);
}

/** One is the beginning of the other, or a word with a digit in it stands in both. */
function isModelOf({ names, vendors }: AdvisoryProduct, model: string): boolean {
  const own = fold(model);
  if (own === "") return false;
  return names.some((name) => {
    const bare = words(name).filter((word) =>
      !vendors.some((vendor) => words(vendor).includes(word)) && word !== "firmware"
    );
    const folded = bare.join("");
    if (
      folded.length >= 3 &&
      (own.startsWith(folded) || folded.startsWith(own) || own.includes(folded) && folded.length >= 4)
    ) {
      return true;
    }
    return bare.some((word) => word.length >= 4 && /\d/.test(word) && /[a-z]/.test(word) && own.includes(word));
  });
}

const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const fold = (text: string): string => words(text).join("");
