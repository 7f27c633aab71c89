/** `deno task docs`: writes every page that is made from the registries. A test compares the committed pages. */
import { GENERATED_PAGES } from "./docs/pages.ts";

const root = new URL("../../", import.meta.url);
for (const [path, make] of Object.entries(GENERATED_PAGES)) {
  const text = make();
  const file = new URL(path, root);
  const old = await Deno.readTextFile(file).catch(() => undefined);
  if (old === text) continue;
  await Deno.writeTextFile(file, text);
  await Deno.stdout.write(new TextEncoder().encode(`${path} written\n`));
}
