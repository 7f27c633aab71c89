import type { Advisory, AdvisoryProduct, AdvisoryWeakness } from "../../../policies/advisory_types.ts";
import { GatewayError } from "../../core/errors.ts";
import { type CsafBranch, CsafDocument } from "./csaf_schema.ts";
import { ADVISORY_LIMITS } from "./limits.ts";

/**
 * Reads one CSAF 2.0 security advisory. @throws GatewayError ADVISORY_INVALID with the JSON pointer of every fault: what is
 * there, what is wanted
 */
export function readCsaf(text: string): Advisory {
  if (text.length > ADVISORY_LIMITS.fileBytes) {
    throw invalid(`it is longer than ${ADVISORY_LIMITS.fileBytes} characters`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`it is no JSON: ${(cause as Error).message}`);
  }
  if (depthOf(value) > ADVISORY_LIMITS.depth * 3) throw invalid("it is nested too deeply");
  const { success, data, error } = CsafDocument.safeParse(value);
  if (!success) {
    const faults = error.issues.slice(0, ADVISORY_LIMITS.faults).map(({ path, message }) =>
      `${pointerOf(path)}: ${message}`
    );
    throw invalid(faults.join("\n"));
  }
  const products = productsOf(data);
  refuseUnknown(data, new Set(products.map(({ id }) => id)));
  const { document: { title, publisher, tracking, aggregate_severity: severity } } = data;
  return {
    ...{ id: tracking.id, title: cut(title), publisher: cut(publisher.name), version: tracking.version },
    releasedAt: Date.parse(tracking.current_release_date),
    ...severity ? { severity: cut(severity.text) } : {},
    products,
    weaknesses: data.vulnerabilities.map(weaknessOf),
  };
}

/** RFC 6901. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("") || "/";
}

/** What the branches above a product say of it. */
interface Trail {
  readonly vendors: readonly string[];
  readonly names: readonly string[];
  readonly versions?: string;
}

function productsOf({ product_tree: tree }: CsafDocument): readonly AdvisoryProduct[] {
  const found = new Map<string, AdvisoryProduct>();
  const add = (id: string, name: string, { vendors, names, versions }: Trail, where: string) => {
    if (found.has(id)) throw invalid(`${where}: the product id "${id.slice(0, 80)}" is defined twice`);
    if (found.size >= ADVISORY_LIMITS.products) {
      throw invalid(`${where}: more than ${ADVISORY_LIMITS.products} products`);
    }
    found.set(id, {
      ...{ id, vendors, names: [...names, name].map(cut) },
      ...versions === undefined ? {} : { versions },
    });
  };
  const walk = (branches: readonly CsafBranch[], trail: Trail, where: string, depth: number) => {
    if (depth > ADVISORY_LIMITS.depth) throw invalid(`${where}: deeper than ${ADVISORY_LIMITS.depth} branches`);
    for (const [at, branch] of branches.entries()) {
      const next = along(trail, branch), here = `${where}/${at}`;
      if (branch.product) add(branch.product.product_id, branch.product.name, next, `${here}/product/product_id`);
      if (branch.branches) walk(branch.branches, next, `${here}/branches`, depth + 1);
    }
  };
  walk(tree.branches ?? [], { vendors: [], names: [] }, "/product_tree/branches", 1);
  for (const [at, { product_id: id, name }] of (tree.full_product_names ?? []).entries()) {
    add(id, name, { vendors: [], names: [] }, `/product_tree/full_product_names/${at}/product_id`);
  }
  for (const [at, one] of (tree.relationships ?? []).entries()) {
    const where = `/product_tree/relationships/${at}`, { full_product_name: full } = one;
    const part = found.get(one.product_reference), on = found.get(one.relates_to_product_reference);
    if (!part) throw invalid(`${where}/product_reference: no product has the id "${one.product_reference}"`);
    if (!on) {
      throw invalid(
        `${where}/relates_to_product_reference: no product has the id "${one.relates_to_product_reference}"`,
      );
    }
    const versions = part.versions ?? on.versions;
    const trail: Trail = {
      vendors: [...new Set([...on.vendors, ...part.vendors])],
      names: [...on.names],
      ...versions === undefined ? {} : { versions },
    };
    add(full.product_id, full.name, trail, `${where}/full_product_name/product_id`);
  }
  return [...found.values()];
}

function along(trail: Trail, { category, name }: CsafBranch): Trail {
  switch (category) {
    case "vendor":
      return { ...trail, vendors: [...trail.vendors, cut(name)] };
    case "product_name":
    case "product_family":
      return { ...trail, names: [cut(name), ...trail.names] };
    case "product_version":
    case "product_version_range":
      return { ...trail, versions: name };
    default:
      return trail;
  }
}

function weaknessOf(
  { cve, ids, title, product_status: status, scores, remediations }: CsafDocument["vulnerabilities"][number],
): AdvisoryWeakness {
  const id = cve ?? ids?.[0]?.text;
  const points = (scores ?? []).map(({ cvss_v3: v3, cvss_v2: v2 }) => v3?.baseScore ?? v2?.baseScore ?? 0);
  const remedies = (remediations ?? []).map(({ category, details }) => cut(`${category}: ${details}`));
  return {
    ...id === undefined ? {} : { id: cut(id) },
    ...title === undefined ? {} : { title: cut(title) },
    ...points.length === 0 ? {} : { score: Math.max(...points) },
    affected: [...status.known_affected ?? [], ...status.first_affected ?? [], ...status.last_affected ?? []],
    notAffected: [
      ...[...status.known_not_affected ?? [], ...status.fixed ?? [], ...status.first_fixed ?? []],
    ],
    underInvestigation: status.under_investigation ?? [],
    remedies: [...new Set(remedies)].slice(0, 5),
  };
}

/** Every product that is named has to be defined (CSAF 2.0, mandatory test 6.1.1). */
function refuseUnknown({ vulnerabilities }: CsafDocument, known: ReadonlySet<string>): void {
  for (const [at, { product_status: status }] of vulnerabilities.entries()) {
    for (const [name, ids] of Object.entries(status)) {
      const bad = Array.isArray(ids) ? ids.findIndex((id) => !known.has(String(id))) : -1;
      if (bad < 0) continue;
      const what = `no product of the tree has the id "${String((ids as unknown[])[bad]).slice(0, 80)}"`;
      throw invalid(`/vulnerabilities/${at}/product_status/${name}/${bad}: ${what}`);
    }
  }
}

/** Without recursion: a file may be as deep as it likes. */
function depthOf(value: unknown): number {
  let depth = 0, level: unknown[] = [value];
  while (level.length > 0 && depth <= ADVISORY_LIMITS.depth * 3) {
    depth++;
    level = level.flatMap((one) => typeof one === "object" && one !== null ? Object.values(one) : []);
  }
  return depth;
}

const cut = (text: string): string => text.slice(0, ADVISORY_LIMITS.textChars);

const invalid = (what: string): GatewayError =>
  new GatewayError("ADVISORY_INVALID", `This is no CSAF 2.0 security advisory:\n${what}`, {
    hint: "Get the file anew from its publisher; nothing was imported",
  });
