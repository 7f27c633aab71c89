import type { ModbusEffect, ModbusFacts, ModbusRule } from "../../../policies/modbus_rule.ts";
import { explainModbus, type ModbusExplanation } from "../../../policies/modbus_explain.ts";
import { minuteOfWeek } from "../../../policies/ocpp_case.ts";
import { isInside, parseIp } from "../../config/ip.ts";
import { GatewayError } from "../../core/errors.ts";
import { createLocalWeek } from "../../core/local_week.ts";
import { LINES_WORKER, linesWorkerOf } from "../../core/modbus_api.ts";
import { targetsOf, touchedBy } from "../../modbus/policy_targets.ts";
import { buildRequest, type NamedRequest } from "../../modbus/policy_request.ts";
import { PointIndex } from "../../modbus/profile.ts";
import type { CommandArgs, CommandResult, ControlContext } from "../contract.ts";
import { unitOf } from "./units_command.ts";

/** Directions of `policy explain` that ask about Modbus. */
export const MODBUS_DIRECTIONS: readonly string[] = ["read", "write", "function"];

/**
 * `policy explain UNIT read POINTS`, `UNIT write POINT VALUE` or `UNIT function CODE`: which rule decides on such a request
 * of a client, and why no other. What happened before (leases, rises) is not looked at.
 */
export async function explainModbusCommand(context: ControlContext, args: CommandArgs): Promise<CommandResult> {
  const unitText = String(args["station"]).replace(/^unit[ -]?/, "");
  const { unit, known } = unitOf(context, { unit: unitText });
  const { rules, mode, timeZone } = await rulesInForce(context);
  const built = buildRequest(known, namedRequest(args));
  if ("fault" in built) throw new GatewayError("CLI_USAGE", `Such a request cannot be made: ${built.fault}`);
  const { request } = built;
  const touched = touchedBy(request, known && new PointIndex(known));
  const facts: ModbusFacts = {
    principal: principalOf(args, rules),
    functionCode: request.function,
    ...request.function === 8 && { subfunction: request.subfunction },
    unit,
    targets: touched.flatMap((access) => targetsOf(access, () => ({}))),
    minuteOfWeek: minuteOf(args, timeZone, context.clock.now()),
  };
  const explained = explainModbus(facts, rules);
  const isKnown = !known?.unsupported.includes(request.function);
  return {
    text: explanationText(facts, explained, mode, isKnown),
    data: JSON.parse(JSON.stringify({ facts, ...explained })),
  };
}

async function rulesInForce({ workers }: ControlContext) {
  const { rules, mode, timeZone } = await workers.get(linesWorkerOf(workers) ?? LINES_WORKER).call("modbus.rules", {});
  return { rules: rules as unknown as readonly ModbusRule[], mode, timeZone };
}

function namedRequest(args: CommandArgs): NamedRequest {
  const what = String(args["action"]), value = args["payload"];
  switch (args["direction"]) {
    case "read":
      return { read: what.split(",") };
    case "write":
      if (typeof value === "string" && value !== "") {
        return { write: { [what]: Number.isNaN(Number(value)) ? value : Number(value) } };
      }
      throw new GatewayError(
        "CLI_USAGE",
        `A write of ${what} needs its value, as \`policy explain 11 write ${what} 16\``,
      );
    default: {
      const [code, subfunction] = what.split("/");
      if (/^\d+$/.test(code ?? "")) {
        return { function: Number(code), ...subfunction && { subfunction: Number(subfunction) } };
      }
      throw new GatewayError(
        "CLI_USAGE",
        `Function code "${what}" cannot be used: wanted a number, as 43, or 8/4 for a subfunction`,
      );
    }
  }
}

function principalOf(args: CommandArgs, rules: readonly ModbusRule[]): ModbusFacts["principal"] {
  const source = String(args["source"] ?? "192.0.2.1"); // an address for examples (RFC 5737): in no network of a rule
  if (parseIp(source) === undefined) throw new GatewayError("CLI_USAGE", `Source "${source}" is no IP address`);
  const networks = [...new Set(rules.flatMap(({ sources }) => sources ?? []))];
  return {
    role: typeof args["role"] === "string" ? args["role"] : undefined,
    client: String(args["client"] ?? "(any client)"),
    listener: String(args["listener"] ?? "(any listener)"),
    networks: networks.filter((network) => isInside(source, network)),
  };
}

function minuteOf(args: CommandArgs, timeZone: string, now: number): number {
  const at = args["at"];
  if (typeof at !== "string") return createLocalWeek(timeZone)(now);
  const minute = minuteOfWeek(at);
  if (minute !== undefined) return minute;
  throw new GatewayError("CLI_USAGE", `Time "${at}" is unknown: wanted a day and a time, as "mon 22:30"`);
}

const EFFECTS: Readonly<Record<ModbusEffect, string>> = { allow: "allow", deny: "deny ", mask: "mask " };

function explanationText(
  { principal, unit, functionCode, targets }: ModbusFacts,
  { decision, standings }: ModbusExplanation,
  mode: "enforce" | "observe",
  isKnown: boolean,
): string {
  const names = targets.map(({ point, access, value }) =>
    `${access} ${point?.name ?? "unknown registers"}${point ? ` (${point.class})` : ""}${
      value === undefined ? "" : ` = ${value}`
    }`
  );
  const lines = [
    `${principal.client} with role ${principal.role ?? "(none)"}, unit ${unit}, function code ${functionCode}`,
    ...names.map((name) => `  ${name}`),
  ];
  if (!isKnown) lines.push("The profile says that the device does not know this function code: answered 01 here.");
  if (decision.effect === "deny") {
    const verb = mode === "observe" ? "FORWARDED, noted as would-refuse by" : "REFUSED by";
    lines.push(`${verb} ${decision.rule}: ${decision.reason}`);
    if (decision.hint) lines.push(`  ${decision.hint}`);
  } else {
    lines.push(`FORWARDED by ${decision.rule}`);
    if (decision.masked.length > 0) lines.push(`  shown as zeros: ${decision.masked.join(", ")}`);
    for (const { target, clamped, lease } of decision.writes) {
      if (clamped !== undefined) lines.push(`  ${target.point!.name} is forwarded as ${clamped}`);
      if (lease) {
        lines.push(
          `  it brings the right to command ${target.point!.name} for ${lease.seconds} s, priority ${lease.priority}`,
        );
      }
    }
  }
  for (const { id, effect, because, about, missed } of standings) {
    const standing = missed === undefined ? `holds (${because})` : `does not hold: ${missed}`;
    lines.push(
      `  ${EFFECTS[effect]} ${id}${about === undefined || targets.length < 2 ? "" : ` for ${about}`}: ${standing}`,
    );
  }
  return [...lines, "Not looked at here: who commands the point now, and how fast a clamp lets it rise."].join("\n");
}
