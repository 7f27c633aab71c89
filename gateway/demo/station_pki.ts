import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/timers.ts";
import { createAuthority, createRequest, type Credential } from "./demo_pki.ts";
import type { OwnPkiFiles } from "./demo_site.ts";
import type { GatewayProcess } from "./gateway_process.ts";

/** Where the certificates of gateway and stations come from. */
export interface StationPki {
  /** The CA that the gateway's certificate chains to. */
  readonly caPem: string;
  credentialFor(stationId: string): Promise<Credential>;
}

/** The site CA of a running gateway: every station makes a key of its own and sends a signing request. */
export async function siteCaPki(gateway: Pick<GatewayProcess, "command">): Promise<StationPki> {
  const { pem } = (await gateway.command("cert export-ca")).data as { readonly pem: string };
  return {
    caPem: pem,
    async credentialFor(station) {
      const { csrPem, keyPem } = createRequest(station, "Bulkhead demo");
      const { data } = await gateway.command("cert issue", { station, csr: csrPem });
      return { certPem: (data as { readonly pem: string }).pem, keyPem };
    },
  };
}

/** A CA of the operator's own: the gateway gets its certificate and the stations' CA as files. */
export function ownPki(host: string, clock: Clock, random: Random): StationPki & { readonly files: OwnPkiFiles } {
  const authority = createAuthority("Demo station CA", clock.now(), random);
  return {
    caPem: authority.certPem,
    files: {
      gateway: authority.issue({ commonName: "localhost", usage: "server", names: ["localhost", host] }),
      stationCaPem: authority.certPem,
    },
    credentialFor: (commonName) => Promise.resolve(authority.issue({ commonName, usage: "client" })),
  };
}
