import { deepEqual, equal, match } from "node:assert/strict";
import type { ControlContext } from "../contract.ts";
import { createSupportFeature } from "./feature.ts";

const SITE_YAML = "version: 1\nocpp: { csms: [{ id: main, url: 'wss://gate:hunter2@csms.example' }] }\n";
const context = {
  box: { configFile: "/site/site.yaml", configDir: "/site", dataDir: "/site/data" },
  clock: { now: () => Date.UTC(2026, 0, 1), monotonic: () => 0 },
  files: { text: () => SITE_YAML, bytes: () => new Uint8Array() },
  site: { site: { id: "lab" } },
} as unknown as ControlContext;

Deno.test("support bundle: holds every part, says why one is missing, and no secret", async () => {
  const asked: string[] = [];
  const feature = createSupportFeature({
    context,
    version: "0.1.0",
    run: (command, args) => {
      asked.push(command);
      if (command === "cert list") return Promise.reject(new Error("the key store is away"));
      return Promise.resolve({ text: "", data: { command, password: "hunter2", lines: Number(args["lines"] ?? 0) } });
    },
  });
  const { text, data } = await feature.commands!["support bundle"]!({}, "anna");
  const bundle = data as unknown as { answers: Record<string, unknown>; site: string; configuration: string };
  equal(bundle.site, "lab");
  match(bundle.configuration, /wss:\/\/\(removed\)@csms\.example/);
  equal(text.includes("hunter2"), false);
  deepEqual(bundle.answers["cert list"], { unread: "the key store is away" });
  deepEqual(Object.keys(bundle.answers).length, asked.length);
  deepEqual(JSON.parse(text), data);
});
