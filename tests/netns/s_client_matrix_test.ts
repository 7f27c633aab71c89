import { deepEqual, equal, match, ok } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { runSClient, type SClientOptions } from "../support/s_client.ts";
import { auditRecords, STATIONS, statusIn, type TlsSite, upgradeRequest, withTlsSite } from "../support/tls_site.ts";
import { waitFor } from "../support/wait_for.ts";

type Offer = Omit<SClientOptions, "port" | "from">;

/** Client offers that a listener with P-256 and RSA certificates serves, and what it then shows. */
const SERVED: readonly { name: string; offer: Offer; shows: RegExp; key: "ec" | "rsa" }[] = [
  { name: "TLS 1.3", offer: { version: "tls1_3" }, shows: /TLSv1\.3, Cipher is TLS_/, key: "ec" },
  { name: "TLS 1.2", offer: { version: "tls1_2" }, shows: /TLSv1\.2, Cipher is ECDHE-ECDSA-/, key: "ec" },
  {
    name: "TLS 1.2 with RSA suites only",
    offer: { version: "tls1_2", more: ["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"] },
    shows: /TLSv1\.2, Cipher is ECDHE-RSA-AES128-GCM-SHA256/,
    key: "rsa",
  },
  {
    name: "TLS 1.2 with ECDSA suites only",
    offer: { version: "tls1_2", more: ["-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"] },
    shows: /TLSv1\.2, Cipher is ECDHE-ECDSA-AES256-GCM-SHA384/,
    key: "ec",
  },
  {
    name: "TLS 1.3 with RSA signatures only",
    offer: { version: "tls1_3", more: ["-sigalgs", "RSA-PSS+SHA256"] },
    shows: /TLSv1\.3/,
    key: "rsa",
  },
  {
    name: "TLS 1.3 with ECDSA signatures only",
    offer: { version: "tls1_3", more: ["-sigalgs", "ECDSA+SHA256"] },
    shows: /TLSv1\.3/,
    key: "ec",
  },
];

/** Offers that must fail: with an alert, and with one audit record that says why. */
const REFUSED: readonly { name: string; offer: Offer; rule: string }[] = [
  { name: "TLS 1.0", offer: { version: "tls1" }, rule: "InvalidTLSVersion" },
  { name: "TLS 1.1", offer: { version: "tls1_1" }, rule: "InvalidTLSVersion" },
  {
    name: "TLS_RSA only",
    offer: { version: "tls1_2", more: ["-cipher", "AES128-GCM-SHA256:AES256-GCM-SHA384"] },
    rule: "InvalidTLSCipherSuite",
  },
  {
    name: "CBC only",
    offer: { version: "tls1_2", more: ["-cipher", "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES256-SHA"] },
    rule: "InvalidTLSCipherSuite",
  },
  {
    name: "finite-field DHE only",
    offer: { version: "tls1_2", more: ["-cipher", "DHE-RSA-AES128-GCM-SHA256"] },
    rule: "InvalidTLSCipherSuite",
  },
];

/** Names in SNI and the name that the certificate shown then has. */
const NAMES: readonly { servername: string | null; shows: string }[] = [
  { servername: "localhost", shows: "localhost" },
  { servername: "other.example", shows: "other.example" },
  { servername: "OTHER.example", shows: "other.example" },
  { servername: "a.wild.example", shows: "other.example" },
  { servername: "a.b.wild.example", shows: "localhost" },
  { servername: "unknown.example", shows: "localhost" },
  { servername: null, shows: "localhost" },
];

function shown(output: string): X509Certificate {
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(output)?.[0];
  ok(pem, output);
  return new X509Certificate(pem);
}

const connect = ({ ownPort, ownCa }: TlsSite, offer: Offer, from?: string) =>
  runSClient({
    ...{ port: ownPort, caPem: ownCa.pem, input: upgradeRequest("CP001"), ...offer },
    ...(from === undefined ? {} : { from }),
  });

Deno.test("s_client: TLS 1.2 and 1.3 are served with the certificate that the client can check (EV-08)", async (t) => {
  await withTlsSite(async (site) => {
    for (const { name, offer, shows, key } of SERVED) {
      await t.step(name, async () => {
        const { output } = await connect(site, offer);
        match(output, shows);
        match(output, /Verification: OK/);
        equal(shown(output).publicKey.asymmetricKeyType, key);
        equal(statusIn(output), 401, "without a client certificate the station's door stays closed");
      });
    }
    for (const { servername, shows } of NAMES) {
      await t.step(`SNI ${servername ?? "none"}`, async () => {
        const { output } = await connect(site, { servername });
        equal(shown(output).subject.split("CN=")[1], shows);
      });
    }
  });
});

Deno.test("s_client: TLS 1.0, TLS 1.1, TLS_RSA, CBC and DHE end with an alert and one audit record each (EV-08)", async (t) => {
  await withTlsSite(async (site) => {
    for (const [index, { name, offer, rule }] of REFUSED.entries()) {
      await t.step(name, async () => {
        const source = `127.66.2.${index + 1}`;
        const { output } = await connect(site, offer, source);
        match(output, /alert (protocol version|handshake failure)/);
        equal(statusIn(output), undefined);
        const mine = async () => (await auditRecords(site)).filter((record) => record.source === source);
        await waitFor("the audit record", async () => (await mine()).length > 0);
        const records = await mine();
        deepEqual(records.map(({ event, outcome, rule }) => [event, outcome, rule]), [
          ["ocpp.tls.failed", "refused", rule],
        ]);
        match(String(records[0]!.detail?.["versions"]), /^TLSv1\.[0-2]$/);
      });
    }
    await t.step("why tells the technician, and an alarm stands", async () => {
      await connect(site, { version: "tls1_1" }, STATIONS.CP002);
      const { text } = await waitFor("the answer", async () => {
        const answer = await site.gateway.command("why", { station: "CP002" });
        return answer.text.includes("InvalidTLSVersion") && answer;
      });
      match(text, /CP002 cannot charge because of TLS: handshake failed/);
      await waitFor("the alarm", async () => {
        return /ocpp\.station\.tls/.test((await site.gateway.command("alarms list")).text);
      });
    });
  });
});
