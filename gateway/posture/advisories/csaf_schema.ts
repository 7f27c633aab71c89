import { z } from "zod";
import { ADVISORY_LIMITS } from "./limits.ts";

const Name = z.string().min(1).max(2_000);
const ProductIds = z.array(Name).min(1).max(ADVISORY_LIMITS.products);
const When = z.string().refine((text) => !Number.isNaN(Date.parse(text)), {
  error: "a date and time, as RFC 3339 has it",
});

const Product = z.looseObject({ name: Name, product_id: Name });

const CATEGORIES = [
  ...["architecture", "host_name", "language", "legacy", "patch_level", "product_family", "product_name"],
  ...["product_version", "product_version_range", "service_pack", "specification", "vendor"],
] as const;

/** A branch of the product tree (CSAF 2.0, 3.1.2): either further branches, or a product. */
export interface CsafBranch {
  readonly category: string;
  readonly name: string;
  readonly branches?: readonly CsafBranch[] | undefined;
  readonly product?: z.infer<typeof Product> | undefined;
}
const Branch: z.ZodType<CsafBranch> = z.looseObject({
  category: z.enum(CATEGORIES),
  name: Name,
  product: Product.optional(),
  get branches() {
    return z.array(Branch).min(1).max(ADVISORY_LIMITS.products).optional();
  },
}).refine(({ branches, product }) => (branches === undefined) !== (product === undefined), {
  error: "either branches or a product",
}) as unknown as z.ZodType<CsafBranch>;

const Relationship = z.looseObject({
  category: z.enum([
    ...[
      "default_component_of",
      "external_component_of",
      "installed_on",
      "installed_with",
      "optional_component_of",
    ] as const,
  ]),
  full_product_name: Product,
  product_reference: Name,
  relates_to_product_reference: Name,
});

const Status = z.looseObject({
  first_affected: ProductIds.optional(),
  first_fixed: ProductIds.optional(),
  fixed: ProductIds.optional(),
  known_affected: ProductIds.optional(),
  known_not_affected: ProductIds.optional(),
  last_affected: ProductIds.optional(),
  recommended: ProductIds.optional(),
  under_investigation: ProductIds.optional(),
});

const Weakness = z.looseObject({
  cve: z.string().regex(/^CVE-\d{4}-\d{4,}$/, { error: "CVE-YEAR-NUMBER" }).optional(),
  ids: z.array(z.looseObject({ system_name: Name, text: Name })).min(1).optional(),
  title: Name.optional(),
  notes: z.array(z.looseObject({ category: Name, text: Name })).min(1),
  product_status: Status,
  scores: z.array(z.looseObject({
    products: ProductIds,
    cvss_v2: z.looseObject({ baseScore: z.number().min(0).max(10) }).optional(),
    cvss_v3: z.looseObject({ baseScore: z.number().min(0).max(10) }).optional(),
  })).optional(),
  remediations: z.array(z.looseObject({ category: Name, details: Name })).optional(),
});

/**
 * A CSAF 2.0 document of the profile csaf_security_advisory (sections 3 and 4.4): what has to be there, and the parts that
 * are matched. Further members are left alone.
 */
export const CsafDocument = z.looseObject({
  document: z.looseObject({
    category: z.literal("csaf_security_advisory", { error: "the profile csaf_security_advisory" }),
    csaf_version: z.literal("2.0", { error: "CSAF 2.0" }),
    publisher: z.looseObject({
      category: z.enum(["coordinator", "discoverer", "other", "translator", "user", "vendor"]),
      name: Name,
      namespace: Name,
    }),
    title: Name,
    notes: z.array(z.looseObject({ category: Name, text: Name })).min(1),
    references: z.array(z.looseObject({ summary: Name, url: Name })).min(1),
    aggregate_severity: z.looseObject({ text: Name }).optional(),
    tracking: z.looseObject({
      id: Name.regex(/^\S(.*\S)?$/, { error: "an id without blanks at its ends" }).max(100),
      status: z.enum(["draft", "final", "interim"]),
      version: z.string().regex(/^(?:0|[1-9]\d*)(?:\.\d+\.\d+.*)?$/, { error: "a number, or MAJOR.MINOR.PATCH" }),
      initial_release_date: When,
      current_release_date: When,
      revision_history: z.array(z.looseObject({ date: When, number: Name, summary: Name })).min(1),
    }),
  }),
  product_tree: z.looseObject({
    branches: z.array(Branch).min(1).max(ADVISORY_LIMITS.products).optional(),
    full_product_names: z.array(Product).min(1).max(ADVISORY_LIMITS.products).optional(),
    relationships: z.array(Relationship).min(1).max(ADVISORY_LIMITS.products).optional(),
  }),
  vulnerabilities: z.array(Weakness).min(1).max(ADVISORY_LIMITS.weaknesses),
});
/** Such a document. */
export type CsafDocument = z.infer<typeof CsafDocument>;
