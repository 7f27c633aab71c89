import type { Evidence, ImageVerdict, VerdictStep } from "./firmware_types.ts";
import { compareVersions } from "./version.ts";

/** What a check found. "absent": there was nothing to check. */
export interface Finding {
  readonly found: "good" | "bad" | "absent";
  /** What was seen, with the value and what was wanted. */
  readonly detail: string;
  /** Bad for its age alone: a repository that vouches for the image outweighs it (an expired signer). */
  readonly aged?: true;
}

/** The part of a vendor's profile that decides. */
export interface TrustRule {
  readonly vendor: string;
  /** Any of these sets proves an image. */
  readonly evidence: readonly (readonly Evidence[])[];
  readonly onUnverified: "refuse" | "hold";
  readonly floor?: string;
  /** Ends of file names; empty: any. */
  readonly formats: readonly string[];
  readonly maxBytes: number;
}

/** Everything that was found out about one image. */
export interface ImageFacts {
  readonly vendor: string;
  readonly version: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Absent: the site has no profile of this vendor. */
  readonly rule?: TrustRule;
  /** The repository's chain: threshold, expiry, versions, delegation, length and hash. */
  readonly tuf: Finding;
  /** The vendor's hash as a person or a page said it. */
  readonly vendorSha256: Finding;
  /** The hash of PublishFirmware: a wrong one ends it, a right one proves nothing. */
  readonly md5: Finding;
  readonly certificate: Finding;
  readonly signature: Finding;
  readonly minisign: Finding;
  /** Persons who vouched for it by its vendor's hash. */
  readonly releasedBy: readonly string[];
}

/** Persons that "two-person" asks for. */
export const PERSONS = 2;
/** Proofs that two persons bring when they release an image: each types the vendor's hash. */
const BY_PERSONS: readonly Evidence[] = ["vendor-sha256", "two-person"];

/**
 * Whether an image may be served. A proof that is bad ends it, whatever else speaks for it; what no proof speaks for is
 * refused or held, as the vendor's profile says.
 */
export function judgeImage(facts: ImageFacts): ImageVerdict {
  const steps: VerdictStep[] = [];
  for (const link of LINKS) {
    const step = { id: link.id, title: link.title, ...link.check(facts) };
    steps.push(step);
    if (step.outcome === "refused") return refused(link.rule, step.detail, steps);
  }
  return concluded(facts, facts.rule!, steps);
}

/** A verdict from outside the chain: what could not be looked at, as a file beyond its size. */
export function refusedAt(id: string, title: string, rule: string, detail: string): ImageVerdict {
  return refused(rule, detail, [{ id, title, outcome: "refused", detail }]);
}

type Check = Pick<VerdictStep, "outcome" | "detail">;
interface Link {
  readonly id: string;
  readonly title: string;
  readonly rule: string;
  check(facts: ImageFacts): Check;
}

/** The chain, in order. */
const LINKS: readonly Link[] = [
  { id: "vendor", title: "Vendor is known", rule: "firmware.vendor", check: checkVendor },
  { id: "format", title: "File is of a kind that is taken", rule: "firmware.format", check: checkFormat },
  { id: "size", title: "Size is within the vendor's most", rule: "firmware.size", check: checkSize },
  { id: "floor", title: "Version is not below the floor", rule: "firmware.floor", check: checkFloor },
  { id: "md5", title: "MD5 of the request", rule: "firmware.md5", check: (facts) => proof(facts.md5) },
  {
    id: "sha256",
    title: "Hash that the vendor publishes",
    rule: "firmware.sha256",
    check: (facts) => proof(facts.vendorSha256),
  },
  { id: "tuf", title: "Repository vouches for it", rule: "firmware.tuf", check: (facts) => proof(facts.tuf) },
  {
    id: "certificate",
    title: "Signing certificate leads to the vendor's root",
    rule: "firmware.certificate",
    check: (facts) => unlessAged(facts, facts.certificate),
  },
  {
    id: "signature",
    title: "Vendor's signature covers the whole file",
    rule: "firmware.signature",
    check: (facts) => unlessAged(facts, facts.signature),
  },
  { id: "minisign", title: "minisign signature", rule: "firmware.minisign", check: (facts) => proof(facts.minisign) },
];

function checkVendor({ vendor, rule }: ImageFacts): Check {
  if (rule) return { outcome: "ok", detail: `the site has a profile of ${vendor}` };
  return {
    outcome: "refused",
    detail: `the site has no profile of the vendor "${vendor}": wanted one under firmware.vendors`,
  };
}

function checkFormat({ fileName, rule }: ImageFacts): Check {
  const formats = rule!.formats;
  if (formats.length === 0) return { outcome: "not-needed", detail: `any file name is taken, this is ${fileName}` };
  const isTaken = formats.some((end) => fileName.toLowerCase().endsWith(`.${end.toLowerCase()}`));
  if (isTaken) return { outcome: "ok", detail: fileName };
  return {
    outcome: "refused",
    detail: `the file is called ${fileName}: wanted a name that ends in .${formats.join(" or .")}`,
  };
}

function checkSize({ sizeBytes, rule }: ImageFacts): Check {
  if (sizeBytes === 0) return { outcome: "refused", detail: "the file is empty" };
  if (sizeBytes <= rule!.maxBytes) return { outcome: "ok", detail: `${sizeBytes} bytes, at most ${rule!.maxBytes}` };
  return {
    outcome: "refused",
    detail: `the file has ${sizeBytes} bytes: at most ${rule!.maxBytes} are taken of this vendor`,
  };
}

function checkFloor({ version, rule }: ImageFacts): Check {
  const floor = rule!.floor;
  if (floor === undefined) return { outcome: "not-needed", detail: `no floor is set, this is ${version}` };
  if (compareVersions(version, floor) >= 0) return { outcome: "ok", detail: `${version} is not below ${floor}` };
  return {
    outcome: "refused",
    detail: `version ${version} is below the floor ${floor}: an older version is not taken`,
  };
}

function proof({ found, detail }: Finding): Check {
  return { outcome: found === "good" ? "ok" : found === "bad" ? "refused" : "not-needed", detail };
}

/** A signer that has expired since is outweighed by a repository that vouches for the image today. */
function unlessAged({ tuf }: ImageFacts, finding: Finding): Check {
  if (finding.found !== "bad" || !finding.aged || tuf.found !== "good") return proof(finding);
  return { outcome: "not-needed", detail: `${finding.detail}; the repository vouches for the image` };
}

function concluded(facts: ImageFacts, rule: TrustRule, steps: VerdictStep[]): ImageVerdict {
  const evidence = evidenceOf(facts);
  const wanted = rule.evidence.map((set) => set.join(" and ")).join(", or ");
  const met = rule.evidence.find((set) => set.every((name) => evidence.includes(name)));
  const last = (outcome: VerdictStep["outcome"], detail: string): VerdictStep[] => [
    ...steps,
    { id: "evidence", title: "What proves it is enough", outcome, detail },
  ];
  if (met) {
    const why = `proved by ${met.join(" and ")}`;
    return { outcome: "verified", rule: "firmware.evidence", why, steps: last("ok", why), evidence };
  }
  const seen = evidence.length === 0 ? "nothing proves it" : `it is proved by ${evidence.join(" and ")} alone`;
  const why = `${seen}: wanted ${wanted}`;
  const persons = facts.releasedBy.length;
  const needsPersons = rule.evidence.some((set) =>
    set.includes("two-person") && set.every((name) => BY_PERSONS.includes(name) || evidence.includes(name))
  );
  if (needsPersons || rule.onUnverified === "hold") {
    const detail = `${why}; ${persons} of ${PERSONS} persons have vouched for the vendor's hash`;
    if (persons >= PERSONS) {
      const released = `released by ${facts.releasedBy.join(" and ")} by the vendor's hash`;
      return { outcome: "verified", rule: "firmware.released", why: released, steps: last("ok", released), evidence };
    }
    return { outcome: "held", rule: "firmware.held", why: detail, steps: last("waiting", detail), evidence };
  }
  return refused("firmware.evidence", why, last("refused", why));
}

function evidenceOf(facts: ImageFacts): Evidence[] {
  const persons = facts.releasedBy.length >= PERSONS;
  const found: readonly (readonly [Evidence, boolean])[] = [
    ["tuf", facts.tuf.found === "good"],
    ["ocpp-signature", facts.certificate.found === "good" && facts.signature.found === "good"],
    // who releases an image types the vendor's hash
    ["vendor-sha256", facts.vendorSha256.found === "good" || persons],
    ["minisign", facts.minisign.found === "good"],
    ["two-person", persons],
  ];
  return found.filter(([, isFound]) => isFound).map(([name]) => name);
}

function refused(rule: string, why: string, steps: readonly VerdictStep[]): ImageVerdict {
  return { outcome: "refused", rule, why, steps, evidence: [] };
}
