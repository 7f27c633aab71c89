import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ClimbSite } from "../support/climb_site.ts";
import { runSClient, type SClientOptions } from "../support/s_client.ts";
import { TestCa } from "../support/test_ca.ts";
import { auditRecords, statusIn } from "../support/tls_site.ts";
import { waitFor } from "../support/wait_for.ts";

const PASSWORD = "5f3a9c0d1e7b284655aa90fe31c4d7b2e8f06a1c";
const WEAK = "a-weak-password-1";
const ADDRESS = "127.66.1.1";
const STATIONS = [
  {
    ...{ id: "CP1", address: ADDRESS },
    ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, passwordFile: "password" },
  },
  { id: "CP2", ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, passwordFile: "weak" } },
  { id: "CP3", ocpp: { protocols: ["ocpp1.6"], securityProfile: 3 } },
];
const MAKER = new TestCa("Maker of stations");

/** A site with these stations, and a way to knock at its TLS listener as one. */
async function withDoor(
  more: Record<string, unknown>,
  test: (site: ClimbSite, knock: (ask: Knock) => Promise<string>) => Promise<void>,
) {
  await using site = await ClimbSite.open(STATIONS, { password: PASSWORD, weak: WEAK }, more);
  const { data } = await site.run("cert export-ca", {});
  const caPem = (data as unknown as { readonly pem: string }).pem;
  await test(site, async ({ target, user, password, ...tls }) => {
    const lines = [
      ...[`GET ${target} HTTP/1.1`, "Host: localhost", "Connection: Upgrade", "Upgrade: websocket"],
      ...[
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: ocpp1.6",
      ],
      `Authorization: Basic ${btoa(`${user ?? target.split("/").at(-1)}:${password}`)}`,
    ];
    const input = [...lines, "", "no frame"].join("\r\n");
    return (await runSClient({ port: site.ports.tls, caPem, input, version: "tls1_2", ...tls })).output;
  });
}

interface Knock extends Omit<SClientOptions, "port" | "input"> {
  readonly target: string;
  readonly user?: string;
  readonly password: string;
}

/** The whole HTTP answer in what s_client printed. */
const answerIn = (output: string) => /HTTP\/1\.1 [\s\S]*?\r?\n\r?\n/.exec(output)?.[0] ?? output.slice(-400);
const maker = () => {
  const { certPem, keyPem } = MAKER.client("X-4711");
  return { certPem, keyPem };
};

const WRONG: readonly (readonly [ask: Knock, rule: string])[] = [
  [{ target: "/ocpp/CP1", password: "wrong" }, "admission.credential"],
  [{ target: "/ocpp/CP2", password: "wrong" }, "admission.credential"],
  [{ target: "/ocpp/CP3", password: "wrong" }, "admission.certificate"],
  [{ target: "/ocpp/CP3", password: "wrong", ...maker() }, "peer.chain"],
  [{ target: "/ocpp/NOBODY", password: "wrong" }, "admission.unknown-station"],
  [{ target: "/ocpp/NOBODY", password: "wrong", ...maker() }, "admission.unknown-station"],
  [{ target: "/ocpp/a%2Fb", password: "wrong" }, "ocpp.request.path"],
  [{ target: "/elsewhere", password: "wrong" }, "ocpp.request.path"],
];

Deno.test("product: with unknownStations unauthorized nobody learns which stations there are, and the audit knows (O-23)", () =>
  withDoor({ unknownStations: "unauthorized" }, async (site, knock) => {
    const answers = new Set<string>();
    for (const [index, [ask]] of WRONG.entries()) {
      answers.add(answerIn(await knock({ ...ask, from: `127.67.1.${index + 1}` })));
    }
    deepEqual([...answers].map((answer) => answer.replaceAll("\r", "").trim().split("\n")), [[
      "HTTP/1.1 401 Unauthorized",
      "Connection: close",
      "Content-Length: 0",
      'WWW-Authenticate: Basic realm="ocpp", charset="UTF-8"',
    ]]);
    const records = await auditRecords(site);
    for (const [index, [, rule]] of WRONG.entries()) {
      const mine = records.filter(({ source, outcome }) => source === `127.67.1.${index + 1}` && outcome === "refused");
      deepEqual(mine.map((record) => record.rule), [rule]);
    }
    equal(statusIn(await knock({ target: "/ocpp/CP1", password: PASSWORD, from: ADDRESS })), 101);
  }));

Deno.test("product: without it an unknown id is 404, one that is none too, and a wrong password 401 (O-23)", () =>
  withDoor({}, async (_site, knock) => {
    const statuses: (number | undefined)[] = [];
    for (const [index, [ask]] of WRONG.entries()) {
      statuses.push(statusIn(await knock({ ...ask, from: `127.67.1.${index + 1}` })));
    }
    deepEqual(statuses, [401, 401, 401, 403, 404, 404, 404, 404]);
  }));

Deno.test("product: a station of profile 2 with the certificate of its factory enters by its password, on resumed sessions too (0197)", () =>
  withDoor({}, async (site, knock) => {
    const own = { target: "/ocpp/CP1", from: ADDRESS, ...maker() };
    for (const version of ["tls1_2", "tls1_3"] as const) {
      const session = await Deno.makeTempFile();
      const first = await knock({ ...own, version, password: PASSWORD, sessionOut: session });
      equal(statusIn(first), 101, first.slice(-400));
      await settled(site);
      const { certPem: _, keyPem: __, ...bare } = own;
      const again = await knock({ ...bare, version, password: PASSWORD, sessionIn: session });
      match(again, /^Reused, /m);
      equal(statusIn(again), 101, again.slice(-400));
      await settled(site);
      await Deno.remove(session);
    }
    const old = MAKER.client("X-1", { version: 1 }), first = { certPem: old.certPem, keyPem: old.keyPem };
    equal(statusIn(await knock({ ...own, ...first, password: PASSWORD })), 101, "an X.509 certificate of version 1");
    await settled(site);
    equal(statusIn(await knock({ ...own, password: "wrong" })), 401);
    const refused = await knock({ ...own, target: "/ocpp/CP3", from: "127.66.1.3", password: PASSWORD });
    equal(statusIn(refused), 403);
    const records = await auditRecords(site);
    const ignored = records.filter(({ event }) => event === "ocpp.certificate.ignored");
    deepEqual(ignored.map(({ rule }) => rule), ["peer.chain", "peer.version"]);
    const { text } = await site.run("security-events", { subject: "CP1" });
    match(text, /InvalidChargingStationCertificate .* gateway .* peer\.chain from 127\.66\.1\.1/);
  }));

Deno.test("product: a station that does not trust the gateway is one event, one alarm and an answer of why, until it gets in", () =>
  withDoor({}, async (site, knock) => {
    const alarms = async () => (await site.run("alarms list", {})).text;
    const isUp = async () => (await alarms()).includes(`ocpp.station.tls ${ADDRESS}`);
    for (const version of ["tls1_2", "tls1_3", "tls1_3"] as const) {
      await knock({ target: "/ocpp/CP1", password: PASSWORD, from: ADDRESS, version, caPem: MAKER.pem });
    }
    await waitFor("the alarm", isUp);
    match(await alarms(), /does not accept the gateway's certificate.*UnknownCA.*the address of CP1/);
    const failed = (await auditRecords(site)).filter(({ event }) => event === "ocpp.tls.failed");
    deepEqual(failed.map(({ rule, source, detail }) => [rule, source, detail?.["station"]]), [
      ["InvalidCentralSystemCertificate", ADDRESS, "CP1"],
    ]);
    const { text } = await site.run("why", { station: "CP1" });
    match(text, /Fix: Install the site CA in the station/);
    ok(statusIn(await knock({ target: "/ocpp/CP1", password: PASSWORD, from: ADDRESS })) === 101);
    await waitFor("the alarm to end", async () => !await isUp());
  }));

/** Waits until the gateway has seen its stations leave. */
async function settled(site: ClimbSite): Promise<void> {
  await waitFor("the station to be gone", async () => {
    const { data } = await site.run("stations", {});
    return (data as unknown as { connected: boolean }[]).every(({ connected }) => !connected);
  });
}
