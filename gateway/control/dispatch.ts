import { GatewayError, StorageError } from "../core/errors.ts";
import type { Audit, CommandArgs, CommandCaller, CommandResult, ControlFeature, DiskGuard } from "./contract.ts";

/** Commands that change nothing: they are answered also when no record of them can be stored. */
export const READING_COMMANDS: ReadonlySet<string> = new Set([
  "access explain",
  "access list",
  "alarms list",
  "audit digest",
  "audit tail",
  "audit verify",
  "badge list",
  "badge settings",
  "badge suspects",
  "cert export-ca",
  "cert list",
  "commissioning list",
  "commissioning pdf",
  "commissioning photo",
  "commissioning show",
  "decommission certificate",
  "decommission list",
  "decommission places",
  "decommission show",
  "device capabilities",
  "device files",
  "device jobs",
  "dhcp inbox",
  "dhcp leases",
  "dhcp status",
  "dns denied",
  "dns explain",
  "dns status",
  "firmware list",
  "firmware publications",
  "firmware show",
  "firmware campaign list",
  "firmware campaign plan",
  "firmware campaign report",
  "firmware inventory",
  "firmware sbom",
  "gateway decommission show",
  "grant list",
  "incident list",
  "incident show",
  "inspection due",
  "inspection list",
  "inspection show",
  "modbus discover",
  "modbus lines",
  "modbus read",
  "modbus units",
  "outage list",
  "outage refused",
  "plan picture",
  "plan show",
  "policy explain",
  "policy recording",
  "policy rules",
  "posture",
  "posture advisory list",
  "posture advisory show",
  "posture golden",
  "posture golden fixes",
  "posture guides",
  "request list",
  "secret cards",
  "secret list",
  "segmentation explain",
  "segmentation plan",
  "segmentation show",
  "segmentation switches",
  "session list",
  "station adoption",
  "station record",
  "stations",
  "status",
  "time status",
  "token list",
  "tunnel list",
  "user list",
  "user policy",
  "why",
]);

/**
 * What every page of the console shows and live parts ask for again and again: no record of each look. That somebody was
 * signed in, from where and how long, is recorded.
 */
const GLANCES: ReadonlySet<string> = new Set([
  "alarms list",
  "cert list",
  "commissioning list",
  "commissioning photo",
  "commissioning show",
  "csms list",
  "decommission list",
  "device capabilities",
  "device jobs",
  "firmware campaign list",
  "firmware campaign report",
  "firmware inventory",
  "incident list",
  "plan picture",
  "plan show",
  "policy rules",
  "stations",
  "status",
  "why",
]);

/**
 * Runs a command of one of the features for a named person. It is audited before it runs, so that a command that ends
 * the process has left its record; one that fails leaves a second record that says so.
 */
export async function dispatchCommand(
  { features, audit, disk, isPage = false }: {
    readonly features: readonly ControlFeature[];
    readonly audit: Audit;
    readonly disk?: DiskGuard;
    /** A page of the console asks, in the name of a person whose session is recorded. */
    readonly isPage?: boolean;
  },
  command: string,
  args: CommandArgs,
  who: string,
  caller?: CommandCaller,
): Promise<CommandResult> {
  const commands = features.map((feature) => feature.commands ?? {});
  const handler = commands.find((each) => Object.hasOwn(each, command))?.[command]; // "toString" is no command
  if (!handler) {
    throw new GatewayError("CTL_REFUSED", `The running gateway has no command "${command}"`, {
      hint: "Its version may be older than this command line: run `version` and `status`",
    });
  }
  const reads = READING_COMMANDS.has(command);
  if (!reads && disk?.level === "full") {
    throw new GatewayError(
      "CTL_REFUSED",
      `"${command}" is refused while the data disk is full (audit.diskFullPercent)`,
      {
        hint: "Free space on the data disk; `status` and other reading commands go on",
      },
    );
  }
  const target = typeof args["station"] === "string" ? { target: args["station"] } : {};
  const event = { event: "control.command.ran", class: "access", who, ...target } as const;
  try {
    if (!(isPage && GLANCES.has(command))) await audit.record({ ...event, outcome: "ok", detail: { command } });
  } catch (error) {
    if (!reads || !(error instanceof StorageError)) throw error; // who looks for the cause must be able to look
  }
  try {
    return await handler(args, who, caller);
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : "CTL_FAILED";
    await audit.record({ ...event, outcome: "failed", detail: { command, code } });
    throw error;
  }
}
