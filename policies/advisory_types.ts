/** A product that an advisory names, as its tree describes it. */
export interface AdvisoryProduct {
  readonly id: string;
  /** Who makes it; empty: the tree does not say. */
  readonly vendors: readonly string[];
  /** Names of product, family and the full name. */
  readonly names: readonly string[];
  /** Versions that it stands for, as the tree writes them; absent: it names none. */
  readonly versions?: string | undefined;
}

/** One weakness. Products by their id. */
export interface AdvisoryWeakness {
  /** CVE, or another id; absent: it has none. */
  readonly id?: string;
  readonly title?: string;
  /** CVSS base score, the highest. */
  readonly score?: number;
  readonly affected: readonly string[];
  readonly notAffected: readonly string[];
  readonly underInvestigation: readonly string[];
  /** What its maker says to do. */
  readonly remedies: readonly string[];
}

/** A security advisory, as far as it is matched and shown. */
export interface Advisory {
  readonly id: string;
  readonly title: string;
  readonly publisher: string;
  readonly version: string;
  /** Wall milliseconds. */
  readonly releasedAt: number;
  /** As its publisher calls it; absent: it does not. */
  readonly severity?: string;
  readonly products: readonly AdvisoryProduct[];
  readonly weaknesses: readonly AdvisoryWeakness[];
}

/** A controller as far as advisories go. */
export interface AdvisedController {
  readonly vendor?: string | undefined;
  readonly model?: string | undefined;
  /** As it reported it itself. */
  readonly version?: string | undefined;
}

/** What an advisory means for one controller. */
export interface AdvisoryVerdict {
  /** "possible": it may be: its version or model is not known, or the range cannot be read. */
  readonly state: "affected" | "possible";
  /** Ids of the weaknesses. */
  readonly weaknesses: readonly string[];
  /** One sentence. */
  readonly why: string;
}
