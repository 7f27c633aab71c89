import { z } from "zod";
import { operation } from "./operation.ts";

const Reload = z.object({
  applied: z.boolean(),
  faults: z.array(z.string()),
  plan: z.array(z.string()).describe("What happens to which part, and which connections drop"),
  diff: z.array(z.string()).describe("What changed in site.yaml, line by line"),
});
/** What a reload did or would do. */
export type Reload = z.infer<typeof Reload>;

/** What a reload would change. */
export const planReload = operation({
  id: "planReload",
  method: "post",
  path: "/reload/plan",
  tag: "system",
  summary: "Says what a reload of site.yaml would change, and changes nothing",
  needs: "command reload",
  input: z.object({}),
  output: Reload,
  call: async (person) => Reload.parse((await person.run("reload", { plan: true })).data),
});

/** Applies a changed site.yaml. */
export const applyReload = operation({
  id: "applyReload",
  method: "post",
  path: "/reload",
  tag: "system",
  summary: "Applies a changed site.yaml, or keeps the old one and says why",
  needs: "command reload",
  input: z.object({}),
  output: Reload,
  call: async (person) => Reload.parse((await person.run("reload")).data),
});

/** Makes a backup now. */
export const makeBackup = operation({
  id: "makeBackup",
  method: "post",
  path: "/backup",
  tag: "system",
  summary: "Makes a sealed backup now and sends it to every target",
  needs: "command backup",
  input: z.object({}),
  output: z.object({ text: z.string(), ok: z.boolean() }),
  call: async (person) => {
    const { text, ok = true } = await person.run("backup");
    return { text, ok };
  },
});

/** What support needs. */
export const readSupportBundle = operation({
  id: "readSupportBundle",
  method: "post",
  path: "/support-bundle",
  tag: "system",
  summary: "What support needs to understand a fault, without secrets",
  needs: "command support bundle",
  input: z.object({}),
  output: z.looseObject({ bundle: z.literal("bulkhead-support"), made: z.string() }),
  call: async (person) =>
    z.looseObject({ bundle: z.literal("bulkhead-support"), made: z.string() }).parse(
      (await person.run("support bundle")).data,
    ),
});
