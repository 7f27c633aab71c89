import type { Json } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import type { CommandArgs, CommandResult, ControlContext, ControlFeature } from "../contract.ts";
import { withoutSecrets } from "./bundle.ts";

/** Records of the audit chain that go along: badges in it are pseudonyms already. */
const AUDIT_LINES = "300";

/** Reading commands whose answers support needs, with their arguments. */
const PARTS: readonly (readonly [string, CommandArgs])[] = [
  ["status", {}],
  ["stations", {}],
  ["stations", { inbox: true }],
  ["alarms list", { all: true }],
  ["csms list", {}],
  ["cert list", {}],
  ["outage list", {}],
  ["policy rules", {}],
  ["audit verify", {}],
  ["audit tail", { lines: AUDIT_LINES }],
];

/** What the feature needs. */
export interface SupportParts {
  readonly context: Pick<ControlContext, "box" | "clock" | "files" | "site">;
  readonly version: string;
  /** Runs a reading command of another feature. */
  readonly run: (command: string, args: CommandArgs) => Promise<CommandResult>;
}

/** The support bundle: what the gateway knows of itself in one document, without secrets. */
export function createSupportFeature(parts: SupportParts): ControlFeature {
  return { name: "support", commands: { "support bundle": () => makeBundle(parts) } };
}

async function makeBundle({ context, version, run }: SupportParts): Promise<CommandResult> {
  const { box, clock, files, site } = context;
  const answers: Record<string, Json> = {};
  for (const [command, args] of PARTS) {
    const name = [command, ...Object.keys(args)].join(" ");
    answers[name] = await readPart(async () => (await run(command, args)).data);
  }
  const bundle = withoutSecrets({
    bundle: "bulkhead-support",
    made: new Date(clock.now()).toISOString(),
    site: site.site.id,
    version,
    runtime: { deno: Deno.version.deno, v8: Deno.version.v8, os: Deno.build.os, arch: Deno.build.arch },
    memoryBytes: { ...Deno.memoryUsage() },
    configuration: await readPart(() => Promise.resolve(files.text(box.configFile))),
    answers,
  });
  return { text: JSON.stringify(bundle, undefined, 1), data: bundle };
}

/** A part that cannot be read is what support looks for: it says why, and the others still come. */
async function readPart(read: () => Promise<Json>): Promise<Json> {
  try {
    return await read();
  } catch (error) {
    return { unread: describeError(error) };
  }
}
