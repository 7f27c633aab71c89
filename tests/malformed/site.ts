import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import type { BenchPlace } from "../bench/ocpp/site.ts";
import { freePort } from "../support/free_port.ts";
import { FakeCsms } from "../support/ocpp_rig.ts";
import { KNOCKED_AT } from "./broken_bytes.ts";

/** Stations that behave; their CSMS is the one of the bench. */
export const NEIGHBOURS = 20;
/** Identities of the attackers; each is used by one connection at a time. */
export const ATTACKERS = 256;

/** Identity of the n-th attacker. */
export const attackerId = (n: number): string => `ODD${String(n).padStart(3, "0")}`;

/** A real gateway with a plain and a TLS listener, and a CSMS that writes down what attackers got through to it. */
export interface MalformedSite extends AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly csms: FakeCsms;
  readonly plainPort: number;
  readonly tlsPort: number;
}

/** Starts it. */
export async function startSite({ site }: BenchPlace): Promise<MalformedSite> {
  const dir = `${site.dir}/gateway`;
  await Deno.mkdir(dir, { mode: 0o700 });
  await Deno.writeTextFile(`${dir}/password`, site.password, { mode: 0o600 });
  for (const file of [site.certFile, site.keyFile, site.caFile]) {
    await Deno.copyFile(file, `${dir}/${file.split("/").at(-1)}`);
  }
  const csms = new FakeCsms(undefined, undefined, false);
  const [plainPort, tlsPort] = [freePort(), freePort()];
  const station = (id: string, securityProfile: number, to: string) => ({
    id,
    ocpp: { protocols: ["ocpp1.6"], securityProfile, passwordFile: "password", csms: to },
  });
  const odd = `ws://127.0.0.1:${await csms.listen()}/odd`;
  const config = {
    version: 1,
    site: { id: "malformed", dataDir: "./data" },
    console: { listen: `127.0.0.1:${freePort()}`, hostname: "localhost" },
    ocpp: {
      listeners: [
        { listen: `127.0.0.1:${tlsPort}`, tls: { clientCaFile: "ca.pem", identities: [IDENTITY] } },
        { listen: `127.0.0.1:${plainPort}`, plaintext: "isolated-segment" },
      ],
      csms: [
        { id: "main", url: `wss://localhost:${site.csmsPort}/ocpp`, caFile: "ca.pem" },
        { id: "odd", url: odd, plaintext: "isolated-segment" },
      ],
    },
    stations: [
      ...Array.from({ length: NEIGHBOURS }, (_, n) => station(`CP${String(n).padStart(5, "0")}`, 2, "main")),
      ...Array.from({ length: ATTACKERS }, (_, n) => station(attackerId(n), 1, "odd")),
      station(KNOCKED_AT, 1, "odd"),
    ],
  };
  await Deno.writeTextFile(`${dir}/site.yaml`, stringify(config));
  const gateway = await GatewayProcess.start({
    configFile: `${dir}/site.yaml`,
    dataDir: `${dir}/data`,
    timers: systemTimers,
    flags: ["-q"],
  });
  return {
    gateway,
    csms,
    plainPort,
    tlsPort,
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await csms.close();
    },
  };
}

const IDENTITY = { certFile: "server.pem", keyFile: "server.key" };
