/** One component of an image, as its software bill of materials names it. */
export interface SbomComponent {
  readonly name: string;
  readonly version: string;
  readonly supplier: string;
  readonly licence: string;
}

/** What a bill of materials lists. */
export interface Sbom {
  readonly format: "CycloneDX" | "SPDX";
  readonly formatVersion: string;
  readonly components: readonly SbomComponent[];
  /** Components beyond the limit, which are not listed. */
  readonly left: number;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a bill of materials: CycloneDX or SPDX 2 as JSON. It is the vendor's word and judges nothing; what is not
 * understood is left out.
 * @returns undefined when it is neither
 */
export function readSbom(value: unknown, most: number): Sbom | undefined {
  const sbom = fieldsOf(value);
  if (sbom?.["bomFormat"] === "CycloneDX") {
    return listed("CycloneDX", sbom["specVersion"], sbom["components"], cyclone, most);
  }
  const spdx = text(sbom?.["spdxVersion"]);
  return spdx.startsWith("SPDX-")
    ? listed("SPDX", spdx.slice("SPDX-".length), sbom!["packages"], spdxPackage, most)
    : undefined;
}

function listed(
  format: Sbom["format"],
  version: unknown,
  list: unknown,
  read: (fields: Fields) => SbomComponent,
  most: number,
): Sbom {
  const all = (Array.isArray(list) ? list : []).map(fieldsOf).filter((one) => one !== undefined).map(read)
    .filter(({ name }) => name !== "");
  return { format, formatVersion: text(version), components: all.slice(0, most), left: Math.max(0, all.length - most) };
}

function cyclone(fields: Fields): SbomComponent {
  const [first] = Array.isArray(fields["licenses"]) ? fields["licenses"] : [];
  const choice = fieldsOf(first), licence = fieldsOf(choice?.["license"]);
  return {
    name: [text(fields["group"]), text(fields["name"])].filter((part) => part !== "").join("/"),
    version: text(fields["version"]),
    supplier: text(fieldsOf(fields["supplier"])?.["name"]) || text(fields["publisher"]),
    licence: text(licence?.["id"]) || text(licence?.["name"]) || text(choice?.["expression"]),
  };
}

function spdxPackage(fields: Fields): SbomComponent {
  const known = (name: string) => {
    const value = text(fields[name]);
    return value === "NOASSERTION" || value === "NONE" ? "" : value;
  };
  return {
    name: known("name"),
    version: known("versionInfo"),
    supplier: known("supplier").replace(/^(Organization|Person): /, ""),
    licence: known("licenseConcluded") || known("licenseDeclared"),
  };
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : undefined;
}

const text = (value: unknown): string => typeof value === "string" ? value.slice(0, 120) : "";
