import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DnsSite, doh, dot } from "../support/dns_site.ts";
import { runCommand } from "../support/run_command.ts";
import { Unbound } from "../support/unbound.ts";
import { waitFor } from "../support/wait_for.ts";

const RECORDS = [
  "csms.test. 2 IN A 203.0.113.7",
  "csms.test. 2 IN AAAA 2001:db8::7",
  "www.test. 60 IN CNAME csms.test.",
  "inside.test. 60 IN A 192.168.1.1",
  ...Array.from({ length: 60 }, (_, at) => `many.test. 60 IN A 203.0.113.${at + 1}`),
];

for (const [kind, upstream] of [["TLS", dot], ["HTTPS", doh]] as const) {
  Deno.test(`dns: dig over UDP and TCP, kdig, unbound over ${kind}: what is allowed, refused, own, local and long (EV-19)`, async () => {
    await using unbound = await Unbound.up(RECORDS);
    await using site = await DnsSite.up([upstream(unbound)], unbound.ca.pem);
    for (const over of ["+notcp", "+tcp"]) {
      deepEqual(await site.ask(over, "csms.test"), ["A 203.0.113.7"]);
      deepEqual(await site.ask(over, "CSMS.Test", "AAAA"), ["AAAA 2001:db8::7"]);
      deepEqual(await site.ask(over, "www.test"), ["CNAME csms.test."]); // unbound's local data has no more
      deepEqual(await site.ask(over, "nothing.test"), ["NXDOMAIN"]);
      deepEqual(await site.ask(over, "evil.test"), ["REFUSED"]);
      deepEqual(await site.ask(over, "inside.test"), ["REFUSED"]);
      deepEqual(await site.ask(over, "gw.test"), ["A 10.20.0.1"]);
      deepEqual(await site.ask(over, "ntp.elinc.de"), ["A 127.0.0.1"]);
      deepEqual(await site.ask(over, "csms.test", "TXT"), ["NOERROR"]);
    }
    equal((await site.ask("many.test")).length, 60);
    match((await site.dig("+noedns", "+ignore", "many.test")).stdout, /flags: qr tc rd ra/);
    match((await site.dig("evil.test")).stdout, /EDE: 18 \(Prohibited\): \(dns\.default-deny/);
    match((await site.dig("+opcode=notify", "csms.test")).stdout, /status: NOTIMP/);
    match((await site.dig("+edns=3", "+noednsneg", "csms.test")).stdout, /status: BADVERS/);
    match((await site.dig("-c", "CH", "version.bind", "TXT")).stdout, /status: REFUSED/);
    const kdig = await runCommand([
      "kdig",
      "@127.0.0.1",
      "-p",
      String(site.port),
      "+tcp",
      "+keepopen",
      "csms.test",
      "gw.test",
    ]);
    match(kdig.stdout, /203\.0\.113\.7[\s\S]*10\.20\.0\.1/);
  });
}

Deno.test("dns: the first upstream dies, the second is asked; both die, old answers hold; they come back, and the alarm ends", async () => {
  await using first = await Unbound.up(["csms.test. 2 IN A 203.0.113.1"]);
  await using second = await Unbound.up(["csms.test. 2 IN A 203.0.113.2"]);
  const pem = first.ca.pem + second.ca.pem;
  await using site = await DnsSite.up([dot(first), doh(second)], pem);
  deepEqual(await site.ask("csms.test"), ["A 203.0.113.1"]);
  await first.kill();
  await waitFor("the second upstream", async () => (await site.ask("csms.test"))[0] === "A 203.0.113.2");
  await second.kill();
  await waitFor("an old answer", async () => /EDE: 3 \(Stale Answer\)/.test((await site.dig("csms.test")).stdout));
  deepEqual(await site.ask("csms.test"), ["A 203.0.113.2"]);
  deepEqual(await site.ask("nothing.test"), ["SERVFAIL"]);
  await waitFor("the alarm", async () => {
    await site.ask("csms.test");
    return (await site.command("alarms list")).text.includes("dns.upstream.away");
  }, 60_000);
  await first.start();
  await waitFor("the first upstream", async () => (await site.ask("csms.test"))[0] === "A 203.0.113.1", 90_000);
  await waitFor("the end of its alarm", async () => {
    const { text } = await site.command("alarms list");
    return !text.includes(`127.0.0.1:${first.ports.dot}`);
  });
});

Deno.test("dns: an upstream that is somebody else is not asked", async () => {
  await using unbound = await Unbound.up(RECORDS, "other.test");
  await using site = await DnsSite.up([dot(unbound), doh(unbound)], unbound.ca.pem);
  const { stdout } = await site.dig("csms.test");
  match(stdout, /status: SERVFAIL/);
  match(stdout, /EDE: 22 .*is not "dns\.test"/);
});

Deno.test("dns: refused names are kept by station over kill -9, with how to allow them; explain and forget (EV-19)", async () => {
  await using site = await DnsSite.up([], "", { allow: [] });
  for (let count = 0; count < 3; count++) deepEqual(await site.ask("-b", "127.0.0.11", "evil.test"), ["REFUSED"]);
  const denied = () => site.command("dns denied", { station: "CP001" });
  await waitFor("the report of all three", async () => /CP001\s+evil\.test\s+A\s+3/.test((await denied()).text));
  await waitFor("its record", async () => {
    return /dns\.query\.refused/.test((await site.command("audit tail", { lines: "500" })).text);
  });
  await site.kill();
  await site.start();
  const { text } = await denied();
  match(text, /CP001\s+evil\.test\s+A\s+3/);
  match(text, /add a rule with names: \[evil\.test\], stations: \["CP001"\]/);
  const { text: why, ok: isAllowed } = await site.command("dns explain", { name: "evil.test", station: "CP001" });
  equal(isAllowed, false);
  match(why, /is refused to CP001 by dns\.default-deny/);
  match((await site.command("audit tail", { lines: "500" })).text, /dns\.query\.refused/);
  await site.command("dns forget");
  ok((await denied()).text.includes("No name was refused"));
});
