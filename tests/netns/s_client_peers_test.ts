import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createRequest, type Credential } from "../../gateway/demo/demo_pki.ts";
import { powerOn } from "../../gateway/demo/testing/bench.ts";
import { PURPOSE } from "../../gateway/pki/extensions.ts";
import { runSClient } from "../support/s_client.ts";
import { forgeKeyPem, TestCa } from "../support/test_ca.ts";
import {
  auditRecords,
  type SeenRecord,
  statusIn,
  type TlsSite,
  upgradeRequest,
  withTlsSite,
} from "../support/tls_site.ts";
import { waitFor } from "../support/wait_for.ts";

const LONG_AGO = Date.UTC(2021, 0, 1);

/** What a client shows at the listener with the operator's own CA, and how the gateway answers before any WebSocket. */
interface Peer {
  readonly name: string;
  readonly shows: (site: TlsSite) => Credential | undefined | Promise<Credential>;
  /** Asks for this station; CP001 when absent. */
  readonly asks?: string;
  /** HTTP status; undefined: TLS itself fails. */
  readonly status: number | undefined;
  /** The one audit record. */
  readonly record: readonly [event: string, rule: string];
}

const PEERS: readonly Peer[] = [
  {
    name: "no certificate",
    shows: () => undefined,
    status: 401,
    record: ["station.session.refused", "admission.certificate"],
  },
  {
    name: "the right certificate",
    shows: ({ ownCa }) => ownCa.client("CP001"),
    status: 101,
    record: ["station.session.admitted", "admission.profile-3"],
  },
  {
    name: "another station's certificate of the right CA",
    shows: ({ ownCa }) => ownCa.client("CP002"),
    status: 401,
    record: ["station.session.refused", "admission.cn-mismatch"],
  },
  {
    name: "a certificate of the right CA for a station that is not in the inventory",
    shows: ({ ownCa }) => ownCa.client("CP999"),
    asks: "CP999",
    status: 404,
    record: ["station.session.refused", "admission.unknown-station"],
  },
  {
    name: "a certificate of a stranger's CA",
    shows: () => new TestCa("Stranger").client("CP001"),
    status: 403,
    record: ["ocpp.connection.refused", "peer.chain"],
  },
  {
    name: "a certificate of the other listener's CA",
    shows: (site) => issuedBySite(site, "CP001"),
    status: 403,
    record: ["ocpp.connection.refused", "peer.chain"],
  },
  {
    name: "an expired certificate",
    shows: ({ ownCa }) => ownCa.client("CP002", { notBefore: LONG_AGO - 1_000, notAfter: LONG_AGO }),
    asks: "CP002",
    status: 403,
    record: ["ocpp.connection.refused", "peer.expired"],
  },
  {
    name: "a server's certificate of the right CA",
    shows: ({ ownCa }) => ownCa.client("CP002", { purposes: [PURPOSE.serverAuth] }),
    asks: "CP002",
    status: 403,
    record: ["ocpp.connection.refused", "peer.purpose"],
  },
  {
    name: "an X.509 v1 certificate of the right CA (invariant 2)",
    shows: ({ ownCa }) => ownCa.client("CP003", { version: 1 }),
    asks: "CP003",
    status: 403,
    record: ["ocpp.connection.refused", "peer.version"],
  },
  {
    name: "an X.509 v1 certificate without its key, which Deno lets through TLS (F1)",
    shows: ({ ownCa }) => stolen(ownCa.client("CP003", { version: 1 })),
    asks: "CP003",
    status: 403,
    record: ["ocpp.connection.refused", "peer.version"],
  },
  {
    name: "the right certificate without its key",
    shows: ({ ownCa }) => stolen(ownCa.client("CP001")),
    status: undefined,
    record: ["ocpp.tls.failed", "InvalidChargePointCertificate"],
  },
];

function stolen({ certPem, spki }: { readonly certPem: string; readonly spki: Uint8Array }): Credential {
  return { certPem, keyPem: forgeKeyPem(spki) };
}

async function issuedBySite({ gateway }: TlsSite, station: string): Promise<Credential> {
  const { csrPem, keyPem } = createRequest(station, "Test CPO");
  const { data } = await gateway.command("cert issue", { station, csr: csrPem });
  return { certPem: (data as { readonly pem: string }).pem, keyPem };
}

const REFUSALS = new Set(["ocpp.tls.failed", "ocpp.connection.refused", "station.session.refused"]);

/** The one record of a source that says how its attempt ended. */
async function verdictOn(site: TlsSite, source: string): Promise<readonly SeenRecord[]> {
  const isVerdict = ({ event }: SeenRecord) => REFUSALS.has(event) || event === "station.session.admitted";
  const mine = async () => (await auditRecords(site)).filter((record) => record.source === source && isVerdict(record));
  await waitFor("the audit record", async () => (await mine()).length > 0);
  return await mine();
}

Deno.test("s_client: every kind of client certificate gets its own answer before 101, and one audit record (invariant 2)", async (t) => {
  await withTlsSite(async (site) => {
    for (const [index, { name, shows, asks = "CP001", status, record }] of PEERS.entries()) {
      for (const [more, version] of (["tls1_2", "tls1_3"] as const).entries()) {
        await t.step(`${name}, ${version}`, async () => {
          const from = `127.66.${3 + more}.${index + 1}`;
          const { output } = await runSClient({
            ...{ port: site.ownPort, caPem: site.ownCa.pem, from, version, input: upgradeRequest(asks) },
            ...await shows(site),
          });
          equal(statusIn(output), status, output.slice(-600));
          const records = await verdictOn(site, from);
          deepEqual(records.map(({ event, rule }) => [event, rule]), [record]);
        });
      }
    }
  });
});

Deno.test("s_client: revoking a connected station closes it at once and its TLS session cannot be resumed (invariant 2)", async (t) => {
  const folder = await Deno.makeTempDir();
  try {
    await withTlsSite(async (site) => {
      const { sitePort: port, siteCaPem: caPem, csms, gateway } = site;
      const credential = await issuedBySite(site, "CP001");
      const ask = (from: string, more: Record<string, unknown> = {}) =>
        runSClient({ port, caPem, from, version: "tls1_2", input: upgradeRequest("CP001"), ...credential, ...more });
      const session = `${folder}/session`;
      await t.step("a full handshake, and one that resumes its session", async () => {
        equal(statusIn((await ask("127.66.5.1", { sessionOut: session })).output), 101);
        const { output } = await ask("127.66.5.2", { sessionIn: session });
        match(output, /^Reused, /m);
        equal(statusIn(output), 101);
      });
      const spec = { id: "CP001", protocol: "ocpp1.6", securityProfile: 3, vendor: "a", model: "b", powerWatts: 1 };
      const endpoint = `wss://127.0.0.1:${port}/ocpp`;
      const station = powerOn({ ...spec, badge: "B1" } as never, { endpoint, caPem, ...credential });
      try {
        await waitFor("the station at its CSMS", () => csms.connected.includes("CP001"));
        const { text } = await gateway.command("cert revoke", { station: "CP001" });
        match(text, /Revoked: /);
        await t.step("the live session ends, on both legs", async () => {
          await waitFor("the CSMS to lose the station", () => !csms.connected.includes("CP001"));
          await waitFor("the station to be refused", () => station.view.lastMessage.includes("403"));
        });
      } finally {
        await station.powerOff();
      }
      await t.step("neither the session nor a full handshake opens the door again", async () => {
        const resumed = await ask("127.66.5.3", { sessionIn: session });
        equal(statusIn(resumed.output), 403);
        equal(statusIn((await ask("127.66.5.4")).output), 403);
        for (const source of ["127.66.5.3", "127.66.5.4"]) {
          deepEqual((await verdictOn(site, source)).map(({ rule }) => rule), ["peer.revoked"]);
        }
      });
      await t.step("a session of one listener opens nothing at the other (F2)", async () => {
        const { output } = await ask("127.66.5.5", { port: site.ownPort, caPem: site.ownCa.pem, sessionIn: session });
        ok(!/^Reused, /m.test(output));
        equal(statusIn(output), 403);
        // A revocation holds at every listener, whoever issued the certificate (decisions/0197).
        deepEqual((await verdictOn(site, "127.66.5.5")).map(({ rule }) => rule), ["peer.revoked"]);
      });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
