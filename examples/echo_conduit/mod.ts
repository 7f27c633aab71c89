import type { Conduit } from "../../gateway/core/conduit.ts";
import type { EchoConfig } from "./config.ts";

/** The echo conduit's declaration: one Worker that may use its listen address and nothing else. */
export const echo: Conduit<{ readonly echo?: EchoConfig | undefined }> = {
  name: "echo",
  workers: ({ echo: config }) =>
    config === undefined ? [] : [{
      name: "echo",
      module: new URL("./worker.ts", import.meta.url),
      permissions: { net: [config.listen] },
      config,
      after: ["control"],
    }],
};
