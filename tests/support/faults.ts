import manifest from "../../deno.json" with { type: "json" };

/** Parts of a configuration, as JSON, that make a Worker of a faulting gateway fail when a reload brings them. */
export const FAULTS = {
  control: `"name":"control throws"`,
  ocpp: `"pingSeconds":61`,
  /** In the configuration of the owner of Modbus lines, alone or with its listeners, and of a Worker with Modbus listeners. */
  modbus: [`"lines throw":`, `"idleMs":61000`],
  ui_proxy: `"contact":"pages throw"`,
  /** In control's and in an OCPP Worker's configuration. */
  jump: [`"name":"clock jumps"`, `"pingSeconds":62`],
  jumpMs: 3_600_000,
} as const;

const ROOT = new URL("../../", import.meta.url).href;
const ENTRY = `${ROOT}gateway/core/worker_entry.ts`;
const ENTRIES = [
  ...["control/worker", "ocpp/worker", "modbus/worker", "modbus/worker_lines", "modbus/worker_one"],
  "ui_proxy/worker",
];
const FAULTING = `${ROOT}tests/support/faulting_worker_entry.ts`;

/**
 * The flag that starts the real gateway with Workers of control, OCPP, Modbus and device pages that fail on demand: an import map swaps their
 * entry function and nothing else.
 */
export async function faultingFlags(folder: string): Promise<readonly string[]> {
  const swapped = { [ENTRY]: FAULTING };
  const scopes = Object.fromEntries(ENTRIES.map((entry) => [`${ROOT}gateway/${entry}.ts`, swapped]));
  // An import map of its own knows no paths below a package unless it says so, as deno.json does by itself.
  const below = Object.entries(manifest.imports).map(([name, at]) => [`${name}/`, `${at.replace("npm:", "npm:/")}/`]);
  const imports = { ...manifest.imports, ...Object.fromEntries(below) };
  const path = `${folder}/import_map.json`;
  await Deno.writeTextFile(path, JSON.stringify({ imports, scopes }));
  return [`--import-map=${path}`];
}
