import { stringify } from "yaml";
import { reservePorts } from "./gateway_process.ts";
import { runGateway, type RunningProcess } from "./run_gateway.ts";

/** A running gateway with a console, before anybody has an account. */
export interface ConsoleGateway {
  readonly gateway: RunningProcess;
  readonly folder: string;
  readonly configFile: string;
  /** The setup code of its first start. */
  readonly setupCode: string;
  /** Address of a path of the console, by its name. */
  at(path: string): string;
}

/** Runs a test with a gateway of its own, as `deno task start run` makes it. */
export async function withConsoleGateway(
  people:
    | Readonly<Record<string, unknown>>
    | ((at: { readonly port: number; readonly folder: string }) => Promise<Readonly<Record<string, unknown>>>),
  test: (site: ConsoleGateway) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-console-" });
  const { console: port, plain } = reservePorts();
  const configFile = `${folder}/site.yaml`;
  const site = {
    version: 1,
    site: { id: "garage-12", name: "Parking garage", dataDir: "./data" },
    console: { listen: `127.0.0.1:${port}`, hostname: "localhost" },
    people: typeof people === "function" ? await people({ port, folder }) : people,
    stations: [{ id: "CP001", ocpp: { protocols: ["ocpp1.6"], securityProfile: 1, csms: "main" } }],
    ocpp: {
      listeners: [{ listen: `127.0.0.1:${plain}`, plaintext: "isolated-segment" }],
      csms: [{ id: "main", url: "ws://127.0.0.9:9/ocpp", plaintext: "isolated-segment" }],
    },
  };
  await Deno.writeTextFile(configFile, stringify(site));
  const gateway = runGateway(configFile);
  try {
    await gateway.ready(40_000);
    const setupCode = /^SETUP code (\S+)/m.exec(gateway.text())?.[1];
    if (setupCode === undefined) throw new Error(`No setup code:\n${gateway.text()}`);
    await test({ gateway, folder, configFile, setupCode, at: (path) => `https://localhost:${port}${path}` });
  } finally {
    await gateway.stop();
    await Deno.remove(folder, { recursive: true });
  }
}
