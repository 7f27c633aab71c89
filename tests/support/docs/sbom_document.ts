/** The parts of deno.lock (version 5) that an SBOM needs. */
export interface DenoLock {
  readonly version: string;
  /** "npm:ws@8.23.0" -> the version that was resolved. */
  readonly specifiers: Readonly<Record<string, string>>;
  /** "ajv-formats@3.0.1_ajv@8.20.0" -> integrity and what it depends on. */
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
}

/** The parts of deno.json that an SBOM needs. */
export interface Project {
  readonly name: string;
  readonly version: string;
}

/** One component of CycloneDX 1.6. */
export interface Component {
  readonly type: "application" | "library" | "platform";
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
}

/** A CycloneDX 1.6 document as far as we fill it. */
export interface Sbom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** What an SBOM is made of. */
export interface SbomSource {
  readonly lock: DenoLock;
  readonly project: Project;
  readonly denoVersion: string;
}

/**
 * The SBOM of what deno.lock pins, plus Deno itself (CycloneDX 1.6). The same lock gives the same document: the serial
 * number is derived from the content and there is no time stamp, so that a changed SBOM always means changed software.
 * @throws Error for a lock of another version, and for an entry it does not understand
 */
export async function createSbom({ lock, project, denoVersion }: SbomSource): Promise<Sbom> {
  if (lock.version !== "5") throw new Error(`deno.lock has version ${lock.version}, wanted 5`);
  const packages = Object.entries(lock.npm);
  const refs = new Map(packages.map(([key]) => [key, packageRef(key)]));
  const root = projectComponent(project);
  const deno: Component = {
    type: "platform",
    "bom-ref": `pkg:github/denoland/deno@v${denoVersion}`,
    name: "deno",
    version: denoVersion,
    purl: `pkg:github/denoland/deno@v${denoVersion}`,
  };
  const body = {
    metadata: { component: root },
    components: [deno, ...unique(packages.map(([key, locked]) => libraryComponent(key, locked)))],
    dependencies: [
      { ref: root["bom-ref"], dependsOn: [deno["bom-ref"], ...directRefs(lock, refs)].sort() },
      { ref: deno["bom-ref"], dependsOn: [] },
      ...mergeEdges(packages.map(([key, locked]) => ({ ref: packageRef(key), dependsOn: edges(locked, refs) }))),
    ],
  };
  return { bomFormat: "CycloneDX", specVersion: "1.6", serialNumber: await serialOf(body), version: 1, ...body };
}

/** "@scope/name@1.2.3_peer@4.5.6" -> scope, name and version; what follows "_" only says which peers were chosen. */
function parseKey(key: string): { readonly group?: string; readonly name: string; readonly version: string } {
  const match = /^(?:(@[^/]+)\/)?([^@/]+)@([^_]+)(?:_.*)?$/.exec(key);
  if (!match) throw new Error(`deno.lock: cannot read the package name in "${key}"`);
  const [, group, name, version] = match;
  return { ...group === undefined ? {} : { group }, name: name!, version: version! };
}

/** The package URL, which is also the reference: "pkg:npm/%40hono/node-server@2.1.8". */
function packageRef(key: string): string {
  const { group, name, version } = parseKey(key);
  return `pkg:npm/${group === undefined ? "" : `${encodeURIComponent(group)}/`}${name}@${version}`;
}

function libraryComponent(key: string, { integrity }: LockedPackage): Component {
  const { group, name, version } = parseKey(key);
  const ref = packageRef(key);
  const [algorithm, digest] = integrity.split("-", 2);
  if (algorithm !== "sha512" || !digest) {
    throw new Error(`deno.lock: "${key}" has integrity "${integrity}", wanted sha512`);
  }
  const content = Uint8Array.fromBase64(digest).toHex();
  return {
    type: "library",
    "bom-ref": ref,
    ...group === undefined ? {} : { group },
    name,
    version,
    purl: ref,
    hashes: [{ alg: "SHA-512", content }],
  };
}

function projectComponent({ name, version }: Project): Component {
  const [group, short] = name.split("/");
  const purl = `pkg:generic/${encodeURIComponent(group!)}/${short}@${version}`;
  return { type: "application", "bom-ref": purl, group: group!, name: short!, version, purl };
}

/** Dependencies are written as a full key, or as a bare name when the lock holds one version of it. */
function edges(
  { dependencies = [], optionalDependencies = [] }: LockedPackage,
  refs: ReadonlyMap<string, string>,
): string[] {
  return [...new Set([...dependencies, ...optionalDependencies].map((name) => resolve(name, refs)))].sort();
}

function resolve(name: string, refs: ReadonlyMap<string, string>): string {
  const exact = refs.get(name);
  if (exact) return exact;
  const found = [...refs.keys()].filter((key) => key.startsWith(`${name}@`) || key.startsWith(`${name}_`));
  const distinct = new Set(found.map((key) => refs.get(key)!));
  if (distinct.size !== 1) throw new Error(`deno.lock: "${name}" names ${distinct.size} packages, wanted one`);
  return [...distinct][0]!;
}

function directRefs({ specifiers }: DenoLock, refs: ReadonlyMap<string, string>): string[] {
  return Object.entries(specifiers).map(([specifier, version]) => {
    const name = specifier.slice("npm:".length, specifier.lastIndexOf("@"));
    return resolve(`${name}@${version}`, refs);
  });
}

/** One package chosen with different peers stands in the lock several times and is one component. */
function unique(components: readonly Component[]): Component[] {
  const byRef = new Map(components.map((component) => [component["bom-ref"], component]));
  return [...byRef.values()].sort((a, b) => a["bom-ref"] < b["bom-ref"] ? -1 : 1);
}

function mergeEdges(rows: readonly { ref: string; dependsOn: string[] }[]): { ref: string; dependsOn: string[] }[] {
  const merged = Map.groupBy(rows, ({ ref }) => ref);
  return [...merged].sort(([a], [b]) => a < b ? -1 : 1).map(([ref, same]) => ({
    ref,
    dependsOn: [...new Set(same.flatMap(({ dependsOn }) => dependsOn))].sort(),
  }));
}

/** A UUID of version 8 (RFC 9562: own content) from the SHA-256 of the body. */
async function serialOf(body: unknown): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(body))));
  const bytes = digest.slice(0, 16);
  bytes[6] = bytes[6]! & 0x0f | 0x80;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  const hex = bytes.toHex();
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `urn:uuid:${parts.join("-")}`;
}
