import assert from "node:assert/strict";
import { waitFor } from "../support/wait_for.ts";
import { TestNet } from "../support/test_net.ts";

const BASE = new URL("../../deploy/nftables/base.nft", import.meta.url).pathname;
const OPEN = new URL("../../deploy/nftables/open.nft", import.meta.url).pathname;

/** Station and CSMS with the box between them, as tests/support/test_net.ts draws it; the firewall loads before any link is up. */
async function withSite(
  work: (site: { net: TestNet; station: string; gw: string; csms: string }) => Promise<void>,
): Promise<void> {
  await using net = new TestNet();
  const [station, gw, csms] = [await net.add("station"), await net.add("gw"), await net.add("csms")];
  await net.cable("ot0", station, "10.20.0.11/24", gw, "10.20.0.1/24");
  await net.cable("it0", gw, "10.99.0.2/24", csms, "10.99.0.9/24");
  await net.ok(gw, "nft", "-f", BASE);
  await net.plug("ot0", station, gw);
  await net.plug("it0", gw, csms);
  await work({ net, station, gw, csms });
}

/** A TCP server that answers "hello". */
async function serve(net: TestNet, namespace: string, port: number): Promise<void> {
  net.spawn(namespace, "socat", `TCP-LISTEN:${port},fork,reuseaddr`, "SYSTEM:echo hello");
  const listens = async () => (await net.ok(namespace, "ss", "-Hltn", `sport = :${port}`)).includes(`:${port}`);
  await waitFor(`port ${port}`, listens);
}

async function reaches(net: TestNet, from: string, address: string, port: number): Promise<boolean> {
  const outcome = await net.run(from, "socat", "-t2", "-T2", "-", `TCP:${address}:${port},connect-timeout=1`);
  return outcome.stdout.includes("hello");
}

const admit = (net: TestNet, gw: string, element: string) =>
  net.ok(gw, "nft", "add", "element", "inet", "bulkhead", "admitted_tcp", `{ ${element} }`);

async function refused(net: TestNet, gw: string, counter: string): Promise<number> {
  const text = await net.ok(gw, "nft", "list", "counter", "inet", "bulkhead", counter);
  return Number(/packets (\d+)/.exec(text)?.[1]);
}

Deno.test("base firewall: the file is valid and loading it twice changes nothing", () =>
  withSite(async ({ net, gw }) => {
    await net.ok(gw, "nft", "-c", "-f", BASE);
    const before = await net.ok(gw, "nft", "list", "ruleset");
    await net.ok(gw, "nft", "-f", BASE);
    const strip = (text: string) => text.replaceAll(/packets \d+ bytes \d+/g, "");
    assert.equal(strip(await net.ok(gw, "nft", "list", "ruleset")), strip(before));
  }));

Deno.test("base firewall: a listening port is out of reach until it is admitted on that zone (EV-02, EV-05)", () =>
  withSite(async ({ net, station, gw, csms }) => {
    for (const port of [8443, 8444]) await serve(net, gw, port);
    assert.equal(await reaches(net, station, "10.20.0.1", 8444), false);
    assert.ok(await refused(net, gw, "refused_input") > 0);
    await admit(net, gw, '"ot0" . 8444');
    await waitFor("the port to be reached", () => reaches(net, station, "10.20.0.1", 8444));
    assert.equal(await reaches(net, station, "10.20.0.1", 8443), false, "another port of the same zone");
    assert.equal(await reaches(net, csms, "10.99.0.2", 8444), false, "the same port of another zone");
  }));

Deno.test("base firewall: the site's list opens what it names; a mistake in it changes nothing", () =>
  withSite(async ({ net, station, gw }) => {
    const folder = await Deno.makeTempDir();
    const open = (await Deno.readTextFile(OPEN)).replaceAll("/etc/bulkhead/open.d", folder);
    await Deno.writeTextFile(`${folder}/open`, open);
    const load = () => net.run(gw, "nft", "-f", `${folder}/open`);
    assert.equal((await load()).code, 0, "an empty list is fine");
    await serve(net, gw, 8444);
    const listed = 'add element inet bulkhead admitted_tcp { "ot0" . 8444 }\n';
    await Deno.writeTextFile(
      `${folder}/10-site.nft`,
      `${listed}add element inet bulkhead admitted_tpc { "ot0" . 22 }\n`,
    );
    assert.notEqual((await load()).code, 0);
    assert.equal(await reaches(net, station, "10.20.0.1", 8444), false);
    await Deno.writeTextFile(`${folder}/10-site.nft`, listed);
    assert.equal((await load()).code, 0);
    await waitFor("the port to be reached", () => reaches(net, station, "10.20.0.1", 8444));
    await Deno.remove(`${folder}/10-site.nft`);
    assert.equal((await load()).code, 0);
    assert.equal(await reaches(net, station, "10.20.0.1", 8444), false, "what is no longer listed is closed again");
    await Deno.remove(folder, { recursive: true });
  }));

Deno.test("base firewall: the box itself may connect out and gets its answers", () =>
  withSite(async ({ net, gw, csms }) => {
    await serve(net, csms, 443);
    await waitFor("the port to be reached", () => reaches(net, gw, "10.99.0.9", 443));
  }));

Deno.test("base firewall: nothing is routed between zones, even where the kernel would", () =>
  withSite(async ({ net, station, gw, csms }) => {
    await net.ok(gw, "sysctl", "-qw", "net.ipv4.ip_forward=1");
    await net.ok(station, "ip", "route", "add", "10.99.0.0/24", "via", "10.20.0.1");
    await net.ok(csms, "ip", "route", "add", "10.20.0.0/24", "via", "10.99.0.2");
    await serve(net, csms, 443);
    assert.equal(await reaches(net, station, "10.99.0.9", 443), false);
    assert.ok(await refused(net, gw, "refused_forward") > 0);
    await net.ok(gw, "nft", "delete", "table", "inet", "bulkhead");
    await waitFor("the port to be reached", () => reaches(net, station, "10.99.0.9", 443));
  }));

Deno.test("base firewall: ping is answered at a walking pace, and a flood is not", () =>
  withSite(async ({ net, station, gw }) => {
    assert.equal((await net.run(station, "ping", "-c1", "-W10", "10.20.0.1")).code, 0);
    const flood = await net.run(station, "ping", "-q", "-f", "-c200", "-W1", "10.20.0.1");
    const received = Number(/(\d+) received/.exec(flood.stdout)?.[1]);
    assert.ok(received < 100, `${received} of 200 answered`);
    assert.ok(await refused(net, gw, "refused_input") > 0);
  }));

Deno.test("base firewall: UDP is refused until it is admitted", () =>
  withSite(async ({ net, station, gw }) => {
    net.spawn(gw, "socat", "UDP-RECVFROM:8053,fork", "SYSTEM:echo hello");
    await waitFor("port 8053", async () => (await net.ok(gw, "ss", "-Hlun", "sport = :8053")).includes(":8053"));
    const ask = async () => (await net.run(station, "sh", "-c", "echo q | socat -t1 -T1 - UDP:10.20.0.1:8053")).stdout;
    assert.equal(await ask(), "");
    await net.ok(gw, "nft", "add", "element", "inet", "bulkhead", "admitted_udp", '{ "ot0" . 8053 }');
    await waitFor("an answer", async () => await ask() === "hello\n");
  }));
