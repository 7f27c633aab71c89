import type { Conduit } from "./gateway/core/conduit.ts";
import type { Site } from "./gateway/config/schema.ts";
import { dispatchCommandLine, type LocalCommand } from "./gateway/cli/dispatch_command.ts";
import { helpText } from "./gateway/cli/help.ts";
import { VERSION } from "./gateway/cli/version.ts";
import { hasher } from "./gateway/people/mod.ts";

/** The list of it all: what a site may run beside control. */
const CONDUITS: readonly Conduit<Site>[] = [hasher];

/** Commands of the calling process; each loads only what it needs. All others run in the gateway. */
const LOCAL: Readonly<Record<string, LocalCommand>> = {
  "help": () => Promise.resolve({ text: helpText(), data: {} }),
  "run": async (args) => (await import("./gateway/cli/run.ts")).runGateway(args, CONDUITS),
  "version": () =>
    Promise.resolve({ text: `bulkhead ${VERSION} on Deno ${Deno.version.deno}`, data: { version: VERSION } }),
};

Deno.exit(await dispatchCommandLine(Deno.args, LOCAL));
