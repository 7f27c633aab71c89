import { isTestPath } from "./tree.ts";

/** What the files under one path may import of ours. The longest matching `path` decides. */
export interface LayerRow {
  /** A file, or a folder or name prefix. */
  readonly path: string;
  /** Path prefixes; the row's own folder is not implied. */
  readonly may: readonly string[];
  /** Prefixes within `may` that stay forbidden. */
  readonly never?: readonly string[];
  /** "none": neither npm: nor node: packages. "npm": packages, but nothing of node:. */
  readonly packages?: "none" | "npm";
}

/** The conduits of DESIGN section 4: none imports another. */
export const CONDUITS = [
  "dhcp",
  "dns",
  "firmware",
  "modbus",
  "ocpp",
  "probe",
  "switches",
  "tunnel",
  "ui_proxy",
] as const;

/** The declarations that every part of control builds against. */
const CONTROL_CONTRACT = [
  "gateway/control/contract.ts",
  "gateway/control/audit_events.ts",
  "gateway/control/alarm_kinds.ts",
];
/** The way out of the site, shared by all that dial. */
const UPLINK = ["gateway/uplink/"];
const BASE = ["gateway/core/", "gateway/config/", "policies/", "profiles/"];
/** What parts of control share; they run in the control Worker, beside the store. */
const CONTROL_PARTS = [
  "audit",
  "commissioning",
  "config",
  "core",
  "incidents",
  "inventory",
  "papers",
  "people",
  "photos",
  "pki",
  "posture",
  "segmentation",
  "store",
  "time",
  "vault",
].map((name) => `gateway/${name}/`);
/** The files of a conduit that hold sockets. */
const SOCKETS = CONDUITS.flatMap((name) =>
  ["service", "worker", "listener", "dialer"].map((file) => `gateway/${name}/${file}`)
);

function controlPart(name: string): LayerRow {
  return { path: `gateway/${name}/`, may: [...CONTROL_PARTS, ...CONTROL_CONTRACT, "hal/", "policies/", "profiles/"] };
}

function conduit(name: string): LayerRow {
  return {
    path: `gateway/${name}/`,
    may: [
      `gateway/${name}/`,
      ...BASE,
      ...UPLINK,
      "gateway/inventory/",
      "gateway/pki/",
      "hal/",
      "deno.json",
      ...CONTROL_CONTRACT,
    ],
  };
}

/** A Worker that is no conduit and no part of control. */
function helperWorker(name: string): LayerRow {
  return {
    path: `gateway/${name}/`,
    may: [`gateway/${name}/`, ...BASE, ...UPLINK, "gateway/pki/", ...CONTROL_CONTRACT],
  };
}

/** codec.ts and session.ts speak no I/O: core and their own folder's files, nothing of node:. */
function sansIo(name: string, file: "codec" | "session"): LayerRow {
  return {
    path: `gateway/${name}/${file}`,
    may: ["gateway/core/", `gateway/${name}/`],
    never: ["service", "worker", "mod", "listener", "dialer", "policy", "config"].map((own) =>
      `gateway/${name}/${own}`
    ),
    packages: "npm",
  };
}

/**
 * Who may import whom (DESIGN section 3). tests/ may import everything and nobody imports tests/. A folder without a
 * row fails the layer test: give it one here, with the fewest rights that serve it.
 */
export const LAYERS: readonly LayerRow[] = [
  { path: "main.ts", may: ["gateway/", "hal/", "policies/"] },
  { path: "policies/", may: ["policies/"], packages: "none" },
  // data about devices in the field; whoever needs it reads it
  { path: "profiles/", may: ["profiles/"], packages: "none" },
  { path: "hal/", may: ["hal/", "gateway/core/", "deno.json"] },
  // the words of grants are those of the policy that judges them
  { path: "gateway/core/", may: ["gateway/core/", "policies/access_types.ts", "policies/firmware_types.ts"] },
  // the schema is composed of each part's config.ts, and of nothing else of that part
  { path: "gateway/config/", may: ["gateway/config/", "gateway/core/", "policies/", "profiles/", ...eachConfig()] },
  // each part's config.ts is pure: it declares its keys and knows the common value types
  ...eachConfig().map((path) => ({
    path,
    may: [
      ...["gateway/config/", "gateway/core/", "profiles/", ...eachConfig()],
      ...["limits", "signature_algorithms"].map((own) => path.replace(/config\.ts$/, `${own}.ts`)),
    ],
  })),
  ...[
    "audit",
    "commissioning",
    "incidents",
    "inventory",
    "papers",
    "people",
    "photos",
    "pki",
    "posture",
    "segmentation",
    "store",
    "time",
    "vault",
  ].map(
    controlPart,
  ),
  {
    ...controlPart("decommission"),
    // the certificate of erasure is signed with the audit chain's key
    may: [...controlPart("decommission").may, "gateway/decommission/", "gateway/control/audit/signer.ts"],
  },
  // control composes all its parts; a conduit's control side may be listed here, its sockets never
  {
    path: "gateway/control/",
    may: ["gateway/", "hal/", "policies/", "profiles/controllers/", "profiles/firmware_floors.ts"],
    never: [...SOCKETS, "gateway/cli/", "gateway/demo/"],
  },
  { path: "gateway/control/contract.ts", may: ["gateway/core/", "gateway/config/", "gateway/store/", "hal/"] },
  ...CONDUITS.map(conduit),
  // what control keeps of a conduit: a part of control that knows this conduit's types, never its sockets
  { ...controlPart("dns/control"), may: [...controlPart("dns/control").may, "gateway/dns/"], never: SOCKETS },
  {
    ...controlPart("switches/control"),
    may: [...controlPart("switches/control").may, "gateway/switches/"],
    never: SOCKETS,
  },
  ...CONDUITS.flatMap((name) => [sansIo(name, "codec"), sansIo(name, "session")]),
  ...["acme", "courier", "hasher", "identity"].map(helperWorker),
  { path: "gateway/uplink/", may: ["gateway/uplink/", "gateway/pki/verified_server.ts", ...BASE] },
  {
    path: "gateway/console/",
    may: ["gateway/console/", ...BASE, "gateway/people/", "gateway/pki/", ...CONTROL_CONTRACT, "deno.json"],
  },
  // commands run in the calling process: they may look at everything and open no conduit's sockets
  { path: "gateway/cli/", may: ["gateway/", "hal/", "policies/", "profiles/", "deno.json"], never: SOCKETS },
  // what a conduit may import, shown on an example that no site runs
  { path: "examples/", may: ["examples/", ...BASE] },
  // a simulated garage: it may use codecs and the CLI, and plays every peer itself
  { path: "gateway/demo/", may: ["gateway/", "hal/", "policies/"], never: SOCKETS },
];

function eachConfig(): string[] {
  const parts = [
    "audit",
    "console",
    "control",
    "courier",
    "decommission",
    "inventory",
    "people",
    "pki",
    "posture",
    "segmentation",
  ];
  const named = [...parts, "store", "time", "vault", ...CONDUITS].map((name) => `gateway/${name}/config.ts`);
  return [...named, "gateway/control/audit_config.ts"];
}

/** One import: both ends relative to the repository, or a package specifier in `to`. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Says what is wrong with an import, or nothing. */
export function judgeImport({ from, to }: Import): string | undefined {
  if (isTestPath(from)) return undefined;
  const row = rowOf(from);
  if (!row) return `${from}: no row in tests/architecture/layer_rules.ts covers this file`;
  if (/^(npm|node|jsr|https?):/.test(to)) return judgePackage(row, from, to);
  if (isTestPath(to)) return `${from} -> ${to}: product code imports a test`;
  const allowed = row.may.some((prefix) => to.startsWith(prefix)) &&
    !row.never?.some((prefix) => to.startsWith(prefix));
  return allowed ? undefined : `${from} -> ${to}: the row "${row.path}" does not allow it`;
}

function judgePackage(row: LayerRow, from: string, to: string): string | undefined {
  if (/^(jsr|https?):/.test(to)) return `${from} -> ${to}: only npm: packages are reachable`;
  const refused = row.packages === "none" || row.packages === "npm" && to.startsWith("node:");
  return refused ? `${from} -> ${to}: the row "${row.path}" allows no such package` : undefined;
}

function rowOf(path: string): LayerRow | undefined {
  const rows = LAYERS.filter((row) => path.startsWith(row.path));
  return rows.sort((a, b) => b.path.length - a.path.length)[0];
}
