/** `deno task sbom [FILE]`: writes the CycloneDX SBOM of deno.lock to FILE, or to standard output. */
import { createSbom } from "./docs/sbom_document.ts";

const root = new URL("../../", import.meta.url);
const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", root)));
const project = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
const text = `${JSON.stringify(await createSbom({ lock, project, denoVersion: Deno.version.deno }), null, 2)}\n`;
const [file] = Deno.args;
if (file) await Deno.writeTextFile(file, text);
else await Deno.stdout.write(new TextEncoder().encode(text));
