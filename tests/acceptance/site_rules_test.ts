import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { createRpcClient, type RpcPeer, type RpcRequest } from "../../gateway/demo/ocpp_rpc.ts";
import type { OcppVersion } from "../../gateway/demo/model.ts";
import { StrictCsms } from "../../gateway/demo/strict_csms.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { runCommand } from "../support/run_command.ts";
import { waitFor } from "../support/wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const FLAGS = ["--no-prompt", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
const PASSWORD = "0123456789abcdef0123";
const STATIONS: Readonly<Record<string, OcppVersion>> = { CP16: "ocpp1.6", CP201: "ocpp2.0.1", CP21: "ocpp2.1" };

const RULES = `
- id: firmware-hosts
  effect: deny
  because: Firmware comes from our own server only
  from: csms
  actions: [UpdateFirmware, SignedUpdateFirmware, GetDiagnostics, GetLog]
  hostsOutside: [fw.example]
- id: keys-on-site
  effect: deny
  because: This is set on site
  from: csms
  keys: [ocppcentraladdress, OCPPCommCtrlr.OfflineThreshold]
- id: vendor-commands
  effect: deny
  because: Nobody knows this vendor
  from: csms
  actions: [DataTransfer]
  vendorIdsOutside: [com.example]
- id: few-resets
  effect: deny
  because: That is often enough
  from: csms
  actions: [Reset]
  rate: { over: 2, seconds: 3600 }
- id: no-transactions
  effect: deny
  because: Shows that it is not refused
  from: station
- id: everything-else
  effect: allow
  because: The rest is relayed
`;

/** A site with the rules above, one station per version, a strict CSMS: all sockets and processes are real. */
class RulesWorld implements AsyncDisposable {
  readonly received: { readonly station: string; readonly method: string }[] = [];
  readonly #peers: RpcPeer[] = [];

  private constructor(readonly folder: string, readonly csms: StrictCsms, readonly port: number) {}

  gateway!: GatewayProcess;

  static async open(rules = RULES): Promise<RulesWorld> {
    const folder = await Deno.makeTempDir({ prefix: "bulkhead-rules-" });
    const password = new TextEncoder().encode(PASSWORD);
    const csms = await StrictCsms.start({
      host: "127.0.0.2",
      port: 0,
      passwords: new Map(Object.keys(STATIONS).map((id) => [id, password])),
      badges: new Set(["BADGE"]),
      heartbeatSeconds: 300,
      clock: systemClock,
    });
    const { plain } = reservePorts();
    const world = new RulesWorld(folder, csms, plain);
    await Deno.mkdir(`${folder}/rules/cases`, { recursive: true });
    await world.writeRules(rules);
    await world.writeSite();
    await Deno.writeTextFile(`${folder}/password`, PASSWORD, { mode: 0o600 });
    await world.start();
    return world;
  }

  get configFile(): string {
    return `${this.folder}/site.yaml`;
  }

  writeRules(text: string): Promise<void> {
    return Deno.writeTextFile(`${this.folder}/rules/ocpp.yaml`, text);
  }

  async writeSite(mode = "enforce"): Promise<void> {
    const stations = Object.entries(STATIONS).map(([id, protocol]) =>
      `  - { id: ${id}, vendor: example, ocpp: { protocols: [${protocol}], securityProfile: 1, passwordFile: password, csms: main } }`
    );
    await Deno.writeTextFile(
      this.configFile,
      `version: 1
site: { id: rules, dataDir: ./data }
stations:
${stations.join("\n")}
ocpp:
  listeners: [{ id: plain, listen: "127.0.0.1:${this.port}", plaintext: isolated-segment }]
  csms: [{ id: main, url: "${this.csms.url}", plaintext: isolated-segment, graceSeconds: 0 }]
  rules: rules/ocpp.yaml
  mode: ${mode}
`,
    );
  }

  async start(): Promise<void> {
    const dataDir = `${this.folder}/data`;
    this.gateway = await GatewayProcess.start({ configFile: this.configFile, dataDir, timers: systemTimers });
  }

  /** Connects a station that accepts everything it is asked. */
  async connect(id: string): Promise<RpcPeer> {
    const access = { endpoint: `ws://127.0.0.1:${this.port}/ocpp`, password: new TextEncoder().encode(PASSWORD) };
    const peer = createRpcClient(id, STATIONS[id]!, access as never);
    peer.handle(({ method }: RpcRequest) => {
      this.received.push({ station: id, method });
      if (method === "SetVariables") return { setVariableResult: [] };
      if (method === "UpdateFirmware" && id === "CP16" || method === "GetDiagnostics") return {};
      return { status: "Accepted" };
    });
    await peer.connect();
    this.#peers.push(peer);
    await waitFor(`${id} at the CSMS`, () => this.csms.connected.includes(id));
    return peer;
  }

  /** What the CSMS gets for a CALL: "ok", or code, sentence and rule of the refusal. */
  async call(id: string, action: string, payload: Record<string, unknown>): Promise<string> {
    try {
      await this.csms.call(id, action, payload);
      return "ok";
    } catch (error) {
      const { rpcErrorCode, message, details } = error as {
        rpcErrorCode?: string;
        message: string;
        details?: { rule?: string };
      };
      return rpcErrorCode === undefined ? `error ${message}` : `${rpcErrorCode} ${details?.rule} ${message}`;
    }
  }

  /** Waits for a line of the audit trail: Workers tell control of what passed, and are not waited for. */
  async audited(line: RegExp): Promise<void> {
    await waitFor(`${line} in the audit trail`, async () => {
      return line.test((await this.gateway.command("audit tail", { lines: "500" })).text);
    });
  }

  /** Runs main.ts as a person would. */
  command(...args: string[]) {
    return runCommand([Deno.execPath(), "run", ...FLAGS, `${ROOT}main.ts`, ...args, "--config", this.configFile]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) await peer.close({ force: true });
    await this.gateway.stop();
    await this.csms.stop("crash");
    await Deno.remove(this.folder, { recursive: true });
  }
}

const AT = "2026-01-01T00:00:00Z";
const firmware = (id: string, location: string): [string, Record<string, unknown>] =>
  id === "CP16"
    ? ["UpdateFirmware", { location, retrieveDate: AT }]
    : ["UpdateFirmware", { requestId: 1, firmware: { location, retrieveDateTime: AT } }];
const setting = (id: string, component: string, name: string): [string, Record<string, unknown>] =>
  id === "CP16" ? ["ChangeConfiguration", { key: name, value: "1" }] : ["SetVariables", {
    setVariableData: [{ attributeValue: "1", component: { name: component }, variable: { name } }],
  }];

Deno.test("product: a CSMS that breaks the site's rules is refused in every version, and the station never sees it", async () => {
  await using world = await RulesWorld.open();
  const stations = new Map<string, RpcPeer>();
  for (const id of Object.keys(STATIONS)) {
    const station = await world.connect(id);
    stations.set(id, station);
    const refused = /^SecurityError site\.firmware-hosts Firmware comes from our own server only$/;
    for (
      const location of [
        "https://evil.example/a",
        "https://fw.example@evil.example/a",
        "HTTPS://fw.example.evil.example/",
      ]
    ) {
      match(await world.call(id, ...firmware(id, location)), refused, `${id} ${location}`);
    }
    const key = id === "CP16"
      ? setting(id, "", "OCPPCentralAddress")
      : setting(id, "ocppcommctrlr", "OfflineThreshold");
    match(await world.call(id, ...key), /^SecurityError site\.keys-on-site /, id);
    match(await world.call(id, "DataTransfer", { vendorId: "com.other" }), /^SecurityError site\.vendor-commands /, id);
    const reset = { type: id === "CP16" ? "Soft" : "Immediate" };
    deepEqual([await world.call(id, "Reset", reset), await world.call(id, "Reset", reset)], ["ok", "ok"], id);
    match(await world.call(id, "Reset", reset), /^SecurityError site\.few-resets That is often enough$/, id);
    equal(await world.call(id, ...firmware(id, "https://FW.example:8446/a")), "ok", id);
    equal(await world.call(id, "DataTransfer", { vendorId: "Com.Example" }), "ok", id);
    const seen = world.received.filter(({ station }) => station === id).map(({ method }) => method);
    deepEqual(seen, ["Reset", "Reset", "UpdateFirmware", "DataTransfer"], id);
    await rejects(station.call("Heartbeat", {}), /Shows that it is not refused/, "a rule about stations");
  }
  const [old, modern] = [stations.get("CP16")!, stations.get("CP201")!];
  const started = await old.call("StartTransaction", { connectorId: 1, idTag: "BADGE", meterStart: 0, timestamp: AT });
  ok((started as { transactionId: number }).transactionId > 0, "invariant 15");
  const event = {
    eventType: "Started",
    timestamp: AT,
    triggerReason: "Authorized",
    seqNo: 0,
    transactionInfo: { transactionId: "t1" },
  };
  ok(await modern.call("TransactionEvent", event), "invariant 15");
  await world.audited(/ocpp\.message\.refused.*site\.firmware-hosts/);
  await world.audited(/ocpp\.message\.unusual.*site\.no-transactions/);
});

Deno.test("product: rules are reloaded under live connections; a bad file keeps the old ones (invariant 4)", async () => {
  await using world = await RulesWorld.open();
  await world.connect("CP16");
  const evil = firmware("CP16", "https://evil.example/a");
  match(await world.call("CP16", ...evil), /site\.firmware-hosts/);
  await world.writeRules(`${RULES}\n- { id: firmware-hosts, effect: permit }\n`);
  const refused = await world.gateway.command("reload");
  equal(refused.ok, false);
  match(refused.text, /rules\/ocpp\.yaml:\d+:\d+ \[6\]\.effect: "permit" is not allowed, wanted one of allow, deny/);
  match(refused.text, /rules\/ocpp\.yaml:\d+:\d+ \[6\]\.because: is missing/);
  match(await world.call("CP16", ...evil), /site\.firmware-hosts/, "the old rules hold");
  await Deno.remove(`${world.folder}/rules/ocpp.yaml`);
  equal((await world.gateway.command("reload")).ok, false);
  match(await world.call("CP16", ...evil), /site\.firmware-hosts/, "the old rules hold");
  await world.writeRules(
    "- { id: all, effect: allow, because: x }\n- { id: no-reset, effect: deny, because: No, actions: [Reset] }\n",
  );
  match((await world.gateway.command("reload")).text, /ocpp-0: takes its new configuration; nothing drops/);
  equal(await world.call("CP16", ...evil), "ok");
  match(await world.call("CP16", "Reset", { type: "Soft" }), /site\.no-reset/);
  await world.writeSite("observe");
  await world.gateway.command("reload");
  equal(await world.call("CP16", "Reset", { type: "Soft" }), "ok");
  await world.audited(/ocpp\.message\.unusual.*site\.no-reset/);
  match((await world.gateway.command("status")).text, /only tried out/);
  deepEqual(world.csms.connected, ["CP16"]);
});

Deno.test("product: policy explain, recording, diff, table and test tell what the gateway does, also after it is gone", async () => {
  await using world = await RulesWorld.open();
  await world.connect("CP16");
  await world.connect("CP21");
  await world.call("CP16", ...firmware("CP16", "https://user:secret@fw.example/a"));
  await world.call("CP16", ...firmware("CP16", "https://evil.example/a"));
  await world.call("CP21", "Reset", { type: "Immediate" });

  const explained = await world.command(
    "policy",
    "explain",
    "CP16",
    "from-csms",
    "UpdateFirmware",
    `{"location":"ftp://evil.example"}`,
  );
  match(explained.stdout, /REFUSED by site\.firmware-hosts: Firmware comes from our own server only/, explained.stderr);
  match(explained.stdout, /allow everything-else: holds/);
  match(
    (await world.command("policy", "explain", "CP16", "from-station", "StartTransaction")).stdout,
    /RELAYED, noted as would-refuse by site\.no-transactions/,
  );
  match((await world.command("policy", "explain", "CP99", "from-csms", "Reset")).stderr, /STATION_UNKNOWN/);
  match(
    (await world.command("policy", "explain", "CP16", "sideways", "Reset")).stderr,
    /wanted from-csms or from-station/,
  );

  const fresh = `${world.folder}/new.yaml`;
  await Deno.writeTextFile(
    fresh,
    "- { id: all, effect: allow, because: x }\n- { id: no-reset, effect: deny, because: No, actions: [Reset] }\n",
  );
  const diff = await world.command("policy", "diff", fresh);
  match(diff.stdout, /2 decisions change:/, diff.stderr + diff.stdout);
  match(diff.stdout, /CP16 +csms +UpdateFirmware +https:\/\/evil\.example +1 +refused by site\.firmware-hosts +passes/);
  match(diff.stdout, /CP21 +csms +Reset +type Immediate +1 +passes +refused by site\.no-reset/);

  const recording = await world.command("policy", "recording");
  equal(recording.stdout.includes("secret"), false);
  const file = `${world.folder}/recording.jsonl`;
  await Deno.writeTextFile(file, recording.stdout);
  await world.gateway.stop();
  const offline = await world.command("policy", "diff", fresh, "--recording", file);
  equal(offline.stdout, diff.stdout, offline.stderr);
  await Deno.writeTextFile(fresh, "- { id: all }\n");
  const bad = await world.command("policy", "diff", fresh, "--recording", file);
  match(bad.stderr, /new\.yaml:1:3 \[0\]\.effect: is missing/);
  equal(bad.code, 1);

  await world.start();
  const kept = await world.command("policy", "recording");
  match(kept.stdout, /evil\.example/, "a regular stop keeps the recording");
});

Deno.test("product: policy table and policy test need no gateway; a case that does not hold fails", async () => {
  await using world = await RulesWorld.open();
  await world.gateway.stop();
  const table = await world.command("policy", "table");
  match(table.stdout, /ocpp\.transaction-passes/, table.stderr);
  match(table.stdout, /CP16, CP201, CP21 +csms +UpdateFirmware +depends \(firmware-hosts, /);
  match(table.stdout, /warning|no-transactions/);
  const cases = `${world.folder}/rules/cases/site.yaml`;
  const one = (expect: string) => `cases: [{ case: a reset, from: csms, action: Reset, expect: ${expect} }]\n`;
  await Deno.writeTextFile(cases, one("pass"));
  const good = await world.command("policy", "test");
  deepEqual([good.code, good.stdout.split("\n").at(-2)?.replace(/\d+ passed/, "N passed")], [
    0,
    "policy test: N passed, 0 failed",
  ]);
  await Deno.writeTextFile(cases, one("refuse"));
  const failed = await world.command("policy", "test");
  equal(failed.code, 1);
  match(failed.stdout, /FAILED .*site\.yaml: 0 of 1\n +a reset: expected refuse, got pass by ocpp\.forward/);
  await Deno.writeTextFile(cases, "cases: [{ case: x, form: csms }]\n");
  match(
    (await world.command("policy", "test")).stderr,
    /site\.yaml:1:20 cases\[0\]\.form: there is no such key here.*did you mean "from"/,
  );
});
