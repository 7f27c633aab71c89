import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { HardwareError } from "../gateway/core/errors.ts";
import { HAL_LIMITS } from "./limits.ts";
import { FirewallLab } from "./testing/firewall_lab.ts";
import { TEST_RULESET } from "./testing/test_ruleset.ts";

const OTHER = TEST_RULESET.replace("8444", "8445");
const isFirewallFault = (code: string) => (error: unknown) => error instanceof HardwareError && error.code === code;

Deno.test("firewall: a ruleset is loaded with its mark and the site's own files, and undone when nobody confirms it", async () => {
  await using lab = await FirewallLab.open();
  lab.nft.base = "table inet bulkhead {\n\t# base\n}\n";
  const digest = await lab.apply(TEST_RULESET);
  match(
    lab.nft.loaded,
    /dport 8444[^]*add chain inet bulkhead ruleset_[0-9a-f]{16}\ninclude "\/etc\/bulkhead\/open\.d\/\*\.nft"\n$/,
  );
  deepEqual((await lab.firewall.state()).pending, { digest, secondsLeft: 60 });
  lab.time.advance(59_999);
  equal((await lab.firewall.state()).undone, undefined);
  lab.time.advance(1);
  const state = await lab.firewall.state();
  match(lab.nft.loaded, /delete table inet bulkhead\n[^]*# base/);
  deepEqual([state.pending, state.confirmed, state.undone?.why], [undefined, undefined, "nobody confirmed it in time"]);
});

Deno.test("firewall: a confirmed ruleset stays, is there for the next boot, and is what the next one falls back to", async () => {
  await using lab = await FirewallLab.open();
  const digest = await lab.apply(TEST_RULESET);
  equal((await lab.firewall.confirm(digest)).confirmed, digest);
  lab.time.advance(3_600_000);
  const current = await Deno.readTextFile(`${lab.folder}/current.nft`);
  equal(current, lab.nft.loaded);
  equal((await Deno.stat(`${lab.folder}/current.nft`)).mode! & 0o777, 0o644, "the boot's unit reads it without rights");
  await lab.apply(OTHER);
  await lab.firewall.undo("a person undid it");
  equal(lab.nft.loaded, current);
  deepEqual((await lab.firewall.state()).confirmed, digest);
});

Deno.test("firewall: hald is killed and comes back: the deadline stands", async () => {
  await using lab = await FirewallLab.open();
  await lab.apply(TEST_RULESET);
  lab.time.advance(40_000);
  await lab.restart();
  equal((await lab.firewall.state()).pending?.secondsLeft, 20);
  lab.time.advance(20_000);
  equal((await lab.firewall.state()).undone?.why, "nobody confirmed it in time");
});

Deno.test("firewall: hald comes back after the deadline: undone at once", async () => {
  await using lab = await FirewallLab.open();
  await lab.apply(TEST_RULESET);
  lab.firewall.stop();
  lab.time.advance(61_000);
  await lab.restart();
  const state = await lab.firewall.state();
  deepEqual([state.pending, state.undone?.why], [undefined, "nobody confirmed it in time"]);
  ok(!lab.nft.loaded.includes("dport 8444"));
});

Deno.test("firewall: a wall clock that jumps moves no deadline", async () => {
  await using lab = await FirewallLab.open();
  await lab.apply(TEST_RULESET);
  lab.time.jump(86_400_000);
  await lab.restart();
  equal((await lab.firewall.state()).pending?.secondsLeft, 60);
});

Deno.test("firewall: the box restarts before the confirmation: the boot's rules stay, the ruleset is given up", async () => {
  await using lab = await FirewallLab.open();
  const kept = await lab.apply(TEST_RULESET);
  await lab.firewall.confirm(kept);
  await lab.apply(OTHER);
  lab.nft.loaded = await Deno.readTextFile(`${lab.folder}/current.nft`); // what the boot's unit does
  lab.uptimeOffset = 61_000; // a time of day that the deadline does not tell from the run before
  await lab.restart();
  const state = await lab.firewall.state();
  deepEqual([state.pending, state.confirmed, state.isLoaded], [undefined, kept, true]);
  equal(state.undone?.why, "the box started again before it was confirmed");
});

Deno.test("firewall: killed between keeping the script and forgetting that it was pending: it is the confirmed one", async () => {
  await using lab = await FirewallLab.open();
  const digest = await lab.apply(TEST_RULESET);
  const pending = await Deno.readTextFile(`${lab.folder}/pending.json`);
  await lab.firewall.confirm(digest);
  await Deno.writeTextFile(`${lab.folder}/pending.json`, pending);
  await lab.restart();
  lab.time.advance(120_000);
  const state = await lab.firewall.state();
  deepEqual([state.confirmed, state.pending, state.undone], [digest, undefined, undefined]);
});

Deno.test("firewall: a ruleset that the kernel refuses changes nothing and leaves nothing pending", async () => {
  await using lab = await FirewallLab.open();
  await lab.firewall.confirm(await lab.apply(TEST_RULESET));
  const before = lab.nft.loaded;
  lab.nft.refuses = "8445";
  await rejects(lab.apply(OTHER), isFirewallFault("HAL_TOOL_FAILED"));
  equal(lab.nft.loaded, before);
  equal((await lab.firewall.state()).pending, undefined);
});

Deno.test("firewall: what cannot be written down is not loaded", async () => {
  await using lab = await FirewallLab.open();
  await Deno.remove(lab.folder, { recursive: true });
  await Deno.writeTextFile(lab.folder, "a file where the folder was");
  await rejects(lab.apply(TEST_RULESET), isFirewallFault("HAL_FIREWALL"));
  equal(lab.nft.loaded, "");
});

Deno.test("firewall: only one ruleset waits at a time, and only it can be confirmed or undone", async () => {
  await using lab = await FirewallLab.open();
  await rejects(lab.firewall.undo("x"), isFirewallFault("HAL_FIREWALL"));
  const digest = await lab.apply(TEST_RULESET);
  await rejects(lab.apply(OTHER), isFirewallFault("HAL_FIREWALL"));
  await rejects(
    lab.firewall.confirm(digest.replace(/^./, (c) => c === "0" ? "1" : "0")),
    isFirewallFault("HAL_FIREWALL"),
  );
  equal((await lab.firewall.confirm(digest)).pending, undefined);
});

Deno.test("firewall: a ruleset that somebody took out of the kernel cannot be confirmed and is undone", async () => {
  await using lab = await FirewallLab.open();
  const digest = await lab.apply(TEST_RULESET);
  lab.nft.loaded = "";
  await rejects(lab.firewall.confirm(digest), isFirewallFault("HAL_FIREWALL"));
  equal((await lab.firewall.state()).pending, undefined);
});

Deno.test("firewall: rules that somebody flushes are loaded again within half a minute", async () => {
  await using lab = await FirewallLab.open();
  await lab.firewall.confirm(await lab.apply(TEST_RULESET));
  lab.nft.loaded = "";
  equal((await lab.firewall.state()).isLoaded, false);
  lab.time.advance(HAL_LIMITS.firewallTendMs);
  const state = await lab.firewall.state();
  deepEqual([state.isLoaded, state.reloads], [true, 1]);
});

Deno.test("firewall: settings of interfaces come with a ruleset and go with it; late interfaces get theirs", async () => {
  await using lab = await FirewallLab.open();
  lab.settings.values.set("eth1 ipv4.forwarding", 0);
  const settings = ["eth1", "eth2"].map((name) => ({ interface: name, key: "ipv4.forwarding" as const, value: 1 }));
  const digest = await lab.apply(TEST_RULESET, 60, settings);
  equal(lab.settings.values.get("eth1 ipv4.forwarding"), 1);
  deepEqual((await lab.firewall.state()).missingInterfaces, ["eth2"]);
  await lab.firewall.undo("x");
  equal(lab.settings.values.get("eth1 ipv4.forwarding"), 0);
  await lab.firewall.confirm(await lab.apply(TEST_RULESET, 60, settings));
  lab.settings.values.set("eth2 ipv4.forwarding", 0);
  lab.time.advance(HAL_LIMITS.firewallTendMs);
  deepEqual((await lab.firewall.state()).missingInterfaces, []);
  equal(lab.settings.values.get("eth2 ipv4.forwarding"), 1);
  equal(digest.length, 64);
});

Deno.test("firewall: parts must follow each other, and a ruleset has a limit", async () => {
  await using lab = await FirewallLab.open();
  throws(() => lab.firewall.stage({ offset: 5, text: "x" }), isFirewallFault("HAL_FIREWALL_TEXT"));
  lab.firewall.stage({ offset: 0, text: "x".repeat(HAL_LIMITS.rulesetBytes) });
  throws(
    () => lab.firewall.stage({ offset: HAL_LIMITS.rulesetBytes, text: "x" }),
    isFirewallFault("HAL_FIREWALL_TEXT"),
  );
  const digest = await lab.stage(TEST_RULESET);
  await lab.firewall.check(digest);
  lab.firewall.stage({ offset: TEST_RULESET.length, text: "\n" });
  await rejects(lab.firewall.check(digest), isFirewallFault("HAL_FIREWALL_TEXT"));
  equal(lab.nft.scripts.length, 0, "a dry run loads nothing");
});

Deno.test("firewall: a damaged file is set aside and hald goes on, saying that it knows of no confirmed rules", async () => {
  await using lab = await FirewallLab.open();
  await lab.firewall.confirm(await lab.apply(TEST_RULESET));
  await Deno.writeTextFile(`${lab.folder}/current.json`, "{");
  await lab.restart();
  equal((await lab.firewall.state()).confirmed, undefined);
  equal(await Deno.readTextFile(`${lab.folder}/current.json.damaged`), "{");
});

Deno.test("firewall: an undo that the kernel refused is tried again until it succeeds", async () => {
  await using lab = await FirewallLab.open();
  await lab.apply(TEST_RULESET);
  lab.firewall.stop();
  lab.time.advance(61_000);
  lab.nft.refuses = "delete table inet bulkhead";
  await lab.restart();
  equal((await lab.firewall.state()).undone, undefined);
  lab.nft.refuses = undefined;
  lab.time.advance(HAL_LIMITS.firewallTendMs);
  equal((await lab.firewall.state()).undone?.why, "nobody confirmed it in time");
});

Deno.test("firewall: an opening gets a new end when it is opened again, and closes", async () => {
  await using lab = await FirewallLab.open();
  const opening = { source: "10.99.0.9", station: "10.20.0.11", port: 22 };
  await lab.firewall.open({ ...opening, seconds: 60 });
  match(
    lab.nft.scripts.at(-1)!,
    /^add .*\ndelete .*\nadd element inet bulkhead opened \{ 10\.99\.0\.9 \. 10\.20\.0\.11 \. 22 timeout 60s \}\n$/,
  );
  await lab.firewall.close(opening);
  match(lab.nft.scripts.at(-1)!, /^add [^\n]*\ndelete [^\n]*\n$/);
});

Deno.test("firewall: counters and denied flows are read from nft's own form, and nothing else is", async () => {
  await using lab = await FirewallLab.open();
  lab.nft.json = '{"nftables":[{"metainfo":{}},{"counter":{"name":"f0","packets":3,"bytes":180}}]}';
  deepEqual(await lab.firewall.counters(), { f0: 3 });
  const elem = { val: { concat: ["eth1", "10.20.0.11", "10.20.0.12", "tcp", 80] }, counter: { packets: 2, bytes: 1 } };
  lab.nft.json = JSON.stringify({ nftables: [{ set: { name: "denied_input", elem: [{ elem }] } }] });
  deepEqual(await lab.firewall.denied("input"), [
    { interface: "eth1", source: "10.20.0.11", destination: "10.20.0.12", protocol: "tcp", port: 80, packets: 2 },
  ]);
  lab.nft.json = '{"nftables":[{"set":{"name":"denied_input"}}]}';
  deepEqual(await lab.firewall.denied("input"), []);
  for (
    const broken of ["", "{}", '{"nftables":[{"set":{"elem":[{"elem":{}}]}}]}', '{"nftables":[{"set":{"elem":1}}]}']
  ) {
    lab.nft.json = broken;
    await rejects(lab.firewall.denied("input"), isFirewallFault("HAL_TOOL_FAILED"));
  }
  lab.nft.json = '{"nftables":[{"counter":{"name":1}}]}';
  await rejects(lab.firewall.counters(), isFirewallFault("HAL_TOOL_FAILED"));
});
