import { deepEqual, equal, match } from "node:assert/strict";
import { START_FLAGS } from "../support/run_gateway.ts";
import { TestNet } from "../support/test_net.ts";
import { waitFor } from "../support/wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SITE = {
  version: 1,
  site: { id: "garage-12", name: "Garage; Main Street" },
  hal: { socket: "/run/bulkhead/hal.sock" },
  network: {
    zones: [
      { id: "ot", role: "ot", interface: "ot0", address: "10.20.0.1/24" },
      { id: "uplink", role: "uplink", interface: "up0", address: "203.0.113.1/24" },
    ],
  },
  ocpp: {
    listeners: [{ listen: "10.20.0.1:8444", tls: {} }],
    csms: [{ id: "main", url: "wss://203.0.113.5/ocpp" }],
  },
  audit: { syslog: [{ id: "siem", tls: "203.0.113.5:6514" }] },
  time: { serve: ["ot"], upstream: [{ ntp: "203.0.113.5", plaintext: "isolated-segment" }] },
  telemetry: { metricsListen: "203.0.113.1:9464" },
};

Deno.test("firewall sheet: every row is tried from the box: what passes, what the site's firewall drops, what listens, what does not", async () => {
  await using net = new TestNet();
  const [gw, beyond] = [await net.add("gw"), await net.add("beyond")];
  await net.link("up0", gw, "203.0.113.1/24", beyond, "203.0.113.5/24");
  const deno = [Deno.execPath(), "run", "-A", "--no-check", "--cached-only"] as const;
  net.spawn(beyond, ...deno, `${ROOT}tests/support/net_answerer.ts`, "csms", "443", "6514", "123");
  await waitFor("the far side", async () => (await net.ok(beyond, "ss", "-Hltun", "sport = :123")).includes("tcp"));
  // The site's own firewall lets the CSMS through and not the syslog receiver.
  await net.ok(
    beyond,
    "nft",
    "add table inet site; add chain inet site in { type filter hook input priority 0; policy accept; }; " +
      "add rule inet site in tcp dport 6514 drop",
  );
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-sheet-" });
  try {
    await Deno.writeTextFile(`${folder}/site.yaml`, JSON.stringify(SITE));
    const sheet = (...args: string[]) =>
      net.run(
        gw,
        Deno.execPath(),
        "run",
        ...START_FLAGS,
        `${ROOT}main.ts`,
        "firewall-sheet",
        "--config",
        `${folder}/site.yaml`,
        ...args,
      );
    const { stdout, stderr, code } = await sheet("--json");
    equal(stderr, "");
    const { rows } = JSON.parse(stdout);
    deepEqual(
      rows.map((row: Record<string, string>) =>
        `${row["direction"]} ${row["protocol"]}/${row["port"]} ${row["tested"]!.split(":")[0]}`
      ),
      ["out tcp/443 reachable", "out tcp/6514 FAILED", "out udp/123 reachable", "in tcp/9464 does not listen"],
    );
    equal(code, 1, "a row that fails is an exit code for the site's own scripts");
    const html = await sheet("--untested", "--format", "html", "--file", `${folder}/sheet.html`);
    equal(html.code, 0, html.stderr);
    match(
      await Deno.readTextFile(`${folder}/sheet.html`),
      /Firewall change request: Garage; Main Street[^]*<td>203\.0\.113\.5<\/td>/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
