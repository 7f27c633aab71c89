import { runGateway } from "../../gateway/cli/run.ts";
import type { Site } from "../../gateway/config/schema.ts";
import type { Conduit } from "../../gateway/core/conduit.ts";
import { hasher } from "../../gateway/people/mod.ts";

/** A conduit whose Worker misbehaves as `site.name` says, once a reload hands it that name. */
const misbehaving: Conduit<Site> = {
  name: "misbehaving",
  workers: ({ site }) => [{
    name: "misbehaving",
    module: new URL("./misbehaving_worker.ts", import.meta.url),
    permissions: {},
    config: site.name ?? "calm",
    after: [],
  }],
};

Deno.exit(await runGateway({ config: Deno.args[0]! }, [hasher, misbehaving]));
