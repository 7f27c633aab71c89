import { deepStrictEqual as equal, match } from "node:assert/strict";
import { DnsSite, doh, dot } from "../support/dns_site.ts";
import { runCommand, runOk } from "../support/run_command.ts";
import { Unbound } from "../support/unbound.ts";
import { waitFor } from "../support/wait_for.ts";

const RECORDS = ["csms.test. 2 IN A 203.0.113.1", "www.test. 60 IN A 203.0.113.2"];

Deno.test("failure matrix: DNS without upstreams", async (t) => {
  await using first = await Unbound.up(RECORDS);
  await using second = await Unbound.up(RECORDS);
  await using site = await DnsSite.up([dot(first), doh(second)], first.ca.pem + second.ca.pem);
  equal(await site.ask("csms.test"), ["A 203.0.113.1"]);
  await first.kill();
  await second.kill();
  await t.step(
    "failure matrix: DNS: every upstream / names that were asked for before: open: the answer of before, for staleHours, marked as old",
    async () => {
      await waitFor("an old answer", async () => /EDE: 3 /.test((await site.dig("csms.test")).stdout));
      equal(await site.ask("csms.test"), ["A 203.0.113.1"]);
    },
  );
  await t.step(
    "failure matrix: DNS: every upstream / new names: closed: SERVFAIL, nothing is made up",
    async () => equal(await site.ask("www.test"), ["SERVFAIL"]),
  );
  await t.step(
    "failure matrix: DNS: every upstream / own answers and refusals: open: as ever",
    async () => equal([await site.ask("gw.test"), await site.ask("evil.test")], [["A 10.20.0.1"], ["REFUSED"]]),
  );
  await t.step(
    "failure matrix: DNS: every upstream / people: open: `dns status` and `alarms list` name those that are away",
    async () => {
      await waitFor("the alarm", async () => {
        await site.ask("www.test");
        return (await site.command("alarms list")).text.includes("dns.upstream.away");
      }, 60_000);
      match((await site.command("dns status")).text, new RegExp(`127\\.0\\.0\\.1:${first.ports.dot} +tls +away`));
    },
  );
  await second.start();
  await t.step("failure matrix: DNS: every upstream / back in service: by itself within a minute", async () => {
    await waitFor("a new name", async () => (await site.ask("www.test"))[0] === "A 203.0.113.2", 90_000);
  });
});

Deno.test("failure matrix: DNS without the disk", async (t) => {
  const disk = await Deno.makeTempDir({ prefix: "bulkhead-disk-" });
  await runOk(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", disk]);
  try {
    await using unbound = await Unbound.up(RECORDS);
    await using site = await DnsSite.up([dot(unbound)], unbound.ca.pem, {}, disk);
    equal(await site.ask("csms.test"), ["A 203.0.113.1"]);
    await runCommand(["dd", "if=/dev/zero", `of=${disk}/ballast`, "bs=4k"]);
    await t.step(
      "failure matrix: DNS: the disk / names that were asked for before: open",
      async () => equal(await site.ask("csms.test"), ["A 203.0.113.1"]),
    );
    await t.step(
      "failure matrix: DNS: the disk / new names: open",
      async () => equal(await site.ask("www.test"), ["A 203.0.113.2"]),
    );
    await t.step(
      "failure matrix: DNS: the disk / own answers and refusals: open: as ever; what is refused waits in memory until it can be stored",
      async () => equal([await site.ask("gw.test"), await site.ask("evil.test")], [["A 10.20.0.1"], ["REFUSED"]]),
    );
    await t.step(
      "failure matrix: DNS: the disk / people: open: they read; closed: a command that changes something is refused and says to free space",
      async () => {
        match((await site.command("dns status")).text, /Rules are in force/);
        await waitFor("the refusal", () => {
          return site.command("dns forget").then(() => false, (error: Error) => /disk|space|full/i.test(error.message));
        }, 40_000);
      },
    );
    await Deno.remove(`${disk}/ballast`);
    await t.step(
      "failure matrix: DNS: the disk / back in service: by itself: the refused names of meanwhile are listed",
      async () => {
        await waitFor(
          "the refused name",
          async () => (await site.command("dns denied")).text.includes("evil.test"),
          40_000,
        );
      },
    );
  } finally {
    await runOk(["umount", disk]);
    await Deno.remove(disk);
  }
});
