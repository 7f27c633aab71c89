import { pathToFileURL } from "node:url";
import type { Import } from "./layer_rules.ts";
import { ROOT } from "./tree.ts";

interface GraphModule {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier?: string; readonly error?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

/**
 * Every import of the given files and of what they reach, types included, by one `deno info --json` over a temporary
 * file that imports them all. Worker entries are imported by nobody, so the caller lists every file.
 * @throws Error with what `deno info` printed, or naming the import that does not resolve
 */
export async function importGraph(paths: readonly string[]): Promise<Import[]> {
  const folder = await Deno.makeTempDir();
  try {
    const entry = `${folder}/all.ts`;
    const lines = paths.map((path) => `import ${JSON.stringify(pathToFileURL(ROOT + path).href)};\n`);
    await Deno.writeTextFile(entry, lines.join(""));
    return readGraph(await denoInfo(entry));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function denoInfo(entry: string): Promise<readonly GraphModule[]> {
  const args = ["info", "--json", "--config", `${ROOT}deno.json`, entry];
  const output = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
  if (!output.success) throw new Error(`deno info failed: ${new TextDecoder().decode(output.stderr)}`);
  return JSON.parse(new TextDecoder().decode(output.stdout)).modules;
}

function readGraph(modules: readonly GraphModule[]): Import[] {
  const root = pathToFileURL(ROOT).href;
  const ours = modules.filter(({ specifier }) => specifier.startsWith(root));
  return ours.flatMap(({ specifier, dependencies = [], error }) => {
    const from = specifier.slice(root.length);
    if (error) throw new Error(`${from}: ${error}`);
    return dependencies.map((dependency) => {
      const to = dependency.code?.specifier ?? dependency.type?.specifier;
      if (to === undefined) throw new Error(`${from}: cannot resolve "${dependency.specifier}"`);
      return { from, to: to.startsWith(root) ? to.slice(root.length) : to };
    });
  });
}
