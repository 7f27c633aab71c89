import { stringify } from "yaml";
import type { WorkerApi } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { LINES_WORKER, linesWorkerOf, type ReadSpan } from "../../core/modbus_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import { MODBUS_LIMITS } from "../../modbus/limits.ts";
import { type FoundModel, SunSpecChain } from "../../modbus/sunspec_chain.ts";
import { type DiscoveredProfile, type ReadModel, sunSpecProfile } from "../../modbus/sunspec_profile.ts";
import type { CommandArgs, CommandResult, ControlContext } from "../contract.ts";
import { MODBUS_CONTROL_LIMITS } from "./limits.ts";
import { unitOf } from "./units_command.ts";

/** Registers of one model that are read at most: what is known lies at its front. */
const MOST_OF_A_MODEL = 250;

/** `modbus discover --unit 5`: the SunSpec models of a device as a profile file, to be reviewed and named in site.yaml. */
export async function discoverCommand(context: ControlContext, args: CommandArgs, who: string): Promise<CommandResult> {
  const { unit, line } = unitOf(context, args);
  const id = String(args["id"] ?? `sunspec-unit-${unit}`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id) || id.length > 64) {
    throw new GatewayError("CLI_USAGE", `Id "${id}" cannot be used: wanted small letters, digits and single hyphens`);
  }
  const read = reader(context.workers.get(linesWorkerOf(context.workers) ?? LINES_WORKER), unit, `person ${who}`);
  const { models, base } = await walk(read, unit);
  const known: ReadModel[] = [];
  for (const model of models) known.push({ ...model, registers: await readModel(read, model) });
  const { profile, remarks } = sunSpecProfile(id, known, `unit ${unit} of line ${line}`);
  if (profile.points.length === 0) {
    const ids = models.map(({ id }) => id).join(", ") || "none";
    throw new GatewayError("MODBUS_NOT_SUNSPEC", `Unit ${unit} has no SunSpec model that is known here: it has ${ids}`);
  }
  return {
    text: profileText(profile, [`Found at ${base}: models ${models.map(({ id }) => id).join(", ")}`, ...remarks]),
    data: JSON.parse(JSON.stringify({ unit, base, models, profile, remarks })),
  };
}

type Read = (span: ReadSpan) => Promise<readonly number[] | undefined>;

function reader(lines: Rpc<WorkerApi>, unit: number, who: string): Read {
  return async (span) => {
    const options = { deadlineMs: MODBUS_CONTROL_LIMITS.readMs };
    const { answers: [answer] } = await lines.call("modbus.read", { unit, who, spans: [span] }, options);
    return answer && "registers" in answer ? answer.registers : undefined;
  };
}

async function walk(read: Read, unit: number) {
  const chain = new SunSpecChain();
  let step = chain.start();
  while ("read" in step) step = chain.received(await read({ table: "holding", ...step.read }));
  if ("models" in step) return step;
  throw new GatewayError("MODBUS_NOT_SUNSPEC", `Unit ${unit} cannot be read as SunSpec: ${step.fault}`, {
    hint: "Check that the device has SunSpec switched on; other devices need a profile (docs/add-a-modbus-profile.md)",
  });
}

async function readModel(read: Read, { address, length }: FoundModel): Promise<readonly number[]> {
  const registers: number[] = [];
  const most = Math.min(length, MOST_OF_A_MODEL);
  while (registers.length < most) {
    const quantity = Math.min(MODBUS_LIMITS.readRegisters, most - registers.length);
    const part = await read({ table: "holding", address: address + registers.length, quantity });
    if (!part) break; // what cannot be read is left out of the profile
    registers.push(...part);
  }
  return registers;
}

function profileText(profile: DiscoveredProfile["profile"], remarks: readonly string[]): string {
  const head = remarks.map((remark) => `# ${remark}`).join("\n");
  return `${head}\n# Review it, store it as a file, name that under modbus.profiles and its id in modbus.units.\n${
    stringify(profile, { lineWidth: 120 })
  }`.trimEnd();
}
