import type { Conduit, WorkerSpec } from "./gateway/core/conduit.ts";
import type { LoadedSite } from "./gateway/config/load.ts";
import type { Site } from "./gateway/config/schema.ts";
import type { CommandArgs } from "./gateway/control/contract.ts";
import { FIRMWARE_PUBLISHING } from "./gateway/cli/firmware_publish_command_table.ts";
import { dispatchCommandLine, type LocalCommand } from "./gateway/cli/dispatch_command.ts";
import { runHelp } from "./gateway/cli/help.ts";
import { VERSION } from "./gateway/cli/version.ts";
import { systemClock } from "./gateway/core/clock.ts";
import { acme } from "./gateway/acme/mod.ts";
import { consoleConduit } from "./gateway/console/mod.ts";
import { courier } from "./gateway/courier/mod.ts";
import { dhcp } from "./gateway/dhcp/mod.ts";
import { modbus } from "./gateway/modbus/mod.ts";
import { firmwareIntake } from "./gateway/firmware/intake/mod.ts";
import { firmwareServing } from "./gateway/firmware/serving/mod.ts";
import { dns } from "./gateway/dns/mod.ts";
import { ocpp } from "./gateway/ocpp/mod.ts";
import { identity } from "./gateway/identity/mod.ts";
import { probe } from "./gateway/probe/mod.ts";
import { switches } from "./gateway/switches/mod.ts";
import { uiProxy } from "./gateway/ui_proxy/mod.ts";
import { hasher } from "./gateway/people/mod.ts";
import { tunnel } from "./gateway/tunnel/mod.ts";

/** The list of it all: what a site may run beside control. */
export const CONDUITS: readonly Conduit<Site>[] = [
  hasher,
  identity,
  acme,
  courier,
  consoleConduit,
  dhcp,
  modbus,
  ocpp,
  dns,
  tunnel,
  switches,
  probe,
  firmwareIntake,
  uiProxy,
  firmwareServing,
];

/** Commands of the calling process; each loads only what it needs. All others run in the gateway. */
const LOCAL: Readonly<Record<string, LocalCommand>> = {
  "audit export": async (args) => await auditCommand("audit export", args),
  "audit tail": async (args) => await auditCommand("audit tail", args),
  "audit verify": async (args) => await auditCommand("audit verify", args),
  "backup key": async (args) => (await import("./gateway/cli/new_recovery_key.ts")).runNewRecoveryKey(args),
  "check": async (args) => (await import("./gateway/cli/check.ts")).runCheck(args, { workersOf: await workersOf() }),
  "commissioning pdf": (args) => paperToFile("commissioning pdf", args),
  "commissioning verify": async (args) => await (await import("./gateway/cli/paper_files.ts")).verifyPaper(args),
  "concentrator": async (args) => (await import("./gateway/dhcp/concentrator/run.ts")).runConcentrator(args),
  "connect": async (args) => (await import("./gateway/cli/connect.ts")).runConnect(args),
  "decommission verify": async (args) =>
    await (await import("./gateway/cli/decommission_verify.ts")).runDecommissionVerify(args),
  "demo": async (args) => (await import("./gateway/demo/run_demo.ts")).runDemo(args),
  "device download": async (args) => (await import("./gateway/cli/device_download.ts")).runDeviceDownload(args),
  "device file": async (args) => (await import("./gateway/cli/device_download.ts")).runDeviceFile(args),
  "firewall-sheet": async (args) => (await import("./gateway/cli/firewall_sheet.ts")).runFirewallSheet(args),
  "firmware export": async (args) => (await import("./gateway/cli/firmware_export.ts")).runFirmwareExport(args),
  "firmware fetch": async (args) => await (await import("./gateway/cli/firmware_import.ts")).runFirmwareFetch(args),
  "firmware hand-out": async (args) => (await import("./gateway/cli/firmware_hand_out.ts")).runFirmwareHandOut(args),
  "firmware import": async (args) => await (await import("./gateway/cli/firmware_import.ts")).runFirmwareImport(args),
  ...Object.fromEntries(
    FIRMWARE_PUBLISHING.map((name) => [name, (args: CommandArgs) => firmwarePublishing(name, args)]),
  ),
  "flags": async (args) => (await import("./gateway/cli/flags.ts")).runFlags(args, await workersOf()),
  "gateway decommission erase": async (args) => (await import("./gateway/cli/erase_gateway.ts")).runEraseGateway(args),
  "help": (args) => Promise.resolve(runHelp(args)),
  "init": async (args) => (await import("./gateway/cli/init.ts")).runInit(args),
  "ledger export": async (args) =>
    await (await import("./gateway/cli/ledger_commands.ts")).terminalLedgerExport()(args),
  "modbus lint": async (args) => (await import("./gateway/cli/modbus_lint.ts")).runModbusLint(args),
  "policy diff": async (args) => (await import("./gateway/cli/policy_diff.ts")).runPolicyDiff(args),
  "policy propose": async (args) => (await import("./gateway/cli/policy_propose.ts")).runPolicyPropose(args),
  "policy table": async (args) => (await import("./gateway/cli/policy_table.ts")).runPolicyTable(args),
  "policy test": async (args) => (await import("./gateway/cli/policy_test_command.ts")).runPolicyTest(args),
  "posture golden lint": async (args) => (await import("./gateway/cli/golden_lint.ts")).runGoldenLint(args),
  "posture report": (args) => paperToFile("posture report", args),
  "restore": async (args) => (await import("./gateway/cli/restore.ts")).runRestore(args),
  "run": async (args) => (await import("./gateway/cli/run.ts")).runGateway(args, CONDUITS),
  "secret escrow": async (args) => await (await import("./gateway/cli/secret_files.ts")).runEscrow(args),
  "secret open": async (args) => await (await import("./gateway/cli/secret_files.ts")).runOpenEscrow(args),
  "station climb": async (args) => await (await import("./gateway/cli/climb_follow.ts")).runClimb(args),
  "version": () =>
    Promise.resolve({ text: `bulkhead ${VERSION} on Deno ${Deno.version.deno}`, data: { version: VERSION } }),
};

async function firmwarePublishing(name: string, args: CommandArgs) {
  return await (await import("./gateway/cli/firmware_publish.ts")).FIRMWARE_PUBLISH[name]!(args, systemClock.now());
}

async function paperToFile(name: string, args: CommandArgs) {
  return await (await import("./gateway/cli/paper_files.ts")).paperToFile(name, args);
}

async function auditCommand(name: string, args: CommandArgs) {
  return await (await import("./gateway/cli/audit_commands.ts")).terminalAuditCommands()[name]!(args);
}

async function workersOf(): Promise<(loaded: LoadedSite) => readonly WorkerSpec[]> {
  const { siteWorkers } = await import("./gateway/cli/site_workers.ts");
  return (loaded) => siteWorkers(loaded, CONDUITS);
}

if (import.meta.main) Deno.exit(await dispatchCommandLine(Deno.args, LOCAL));
