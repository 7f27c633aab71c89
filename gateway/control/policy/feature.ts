import type { ModbusRule } from "../../../policies/modbus_rule.ts";
import type { RecordedClient } from "../../../policies/modbus_recording.ts";
import type { OcppRule } from "../../../policies/ocpp_rule.ts";
import type { RecordedStation } from "../../../policies/recorded_message.ts";
import type { RecordingHead } from "../../../policies/recording.ts";
import type { Json } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import { linesWorkerOf } from "../../core/modbus_api.ts";
import type { Stations } from "../../inventory/stations.ts";
import type { CommandResult, ControlContext, ControlFeature } from "../contract.ts";
import { explainModbusCommand, MODBUS_DIRECTIONS } from "../modbus/explain_command.ts";
import { recordingFile } from "../data_paths.ts";
import { explainCommand } from "./explain_command.ts";
import { POLICY_RECORD_LIMITS } from "./limits.ts";
import { RecordingStore } from "./recording_store.ts";

/** The site's rules as the OCPP Workers have them in force. */
export interface RulesInForce {
  /** undefined: the site has no rules of its own. */
  readonly rules: readonly OcppRule[] | undefined;
  readonly mode: "enforce" | "observe";
  readonly timeZone: string;
}

/** What the policy commands work on. */
export interface PolicyParts {
  readonly context: ControlContext;
  readonly stations: Pick<Stations, "get">;
}

/** Policy as a feature of control: keeps the recording of judged messages, and answers what rules say. */
export async function createPolicyFeature(
  { context, stations }: PolicyParts,
  modbus: () => Promise<readonly RecordedClient[]>,
): Promise<ControlFeature> {
  const { log, timers, workers } = context;
  const store = new RecordingStore(recordingFile(context.box));
  try {
    await store.load();
  } catch (error) {
    log.warn("policy.recording.unread", { msg: describeError(error) }); // it begins anew
  }
  const save = async (now: boolean) => {
    if (context.disk.level === "full") return; // what must be stored has the rest of the disk
    try {
      await store.save(now);
    } catch (error) {
      log.warn("policy.recording.unwritten", { msg: describeError(error) });
    }
  };
  const stop = timers.every(POLICY_RECORD_LIMITS.saveMs, () => void save(false));
  const inForce = () => rulesInForce(context);
  return {
    name: "policy",
    handlers: {
      "policy.recorded": ({ stations: recorded }) => store.add(recorded as unknown as readonly RecordedStation[]),
    },
    commands: {
      "policy explain": async (args) =>
        MODBUS_DIRECTIONS.includes(String(args["direction"]))
          ? await explainModbusCommand(context, args)
          : explainCommand({ context, stations }, await inForce(), args),
      "policy rules": async () => describeRules(await inForce()),
      "policy recording": async () => {
        for (const name of workers.of("ocpp")) await collect(context, name, store);
        return exportRecording(context, store, await inForce(), {
          rules: await modbusRulesInForce(context),
          clients: await modbus(),
        });
      },
    },
    stop: async () => {
      stop();
      await save(true);
    },
  };
}

/** Has one Worker hand over all it kept. One that does not answer keeps it for later. */
async function collect({ workers, log }: ControlContext, name: string, store: RecordingStore): Promise<void> {
  try {
    for (let more = true; more;) {
      const part = await workers.get(name).call("policy.recording", {});
      store.add(part.stations as unknown as readonly RecordedStation[]);
      more = part.more;
    }
  } catch (error) {
    log.warn("policy.recording.uncollected", { worker: name, msg: describeError(error) });
  }
}

/** What is in force is what a Worker says it is; a site without OCPP Workers has no rules in force. */
async function rulesInForce({ workers, site }: ControlContext): Promise<RulesInForce> {
  const name = workers.of("ocpp").at(-1);
  if (name === undefined) return { rules: undefined, mode: "enforce", timeZone: site.site.timeZone };
  const { rules, mode, timeZone } = await workers.get(name).call("policy.rules", {});
  return {
    rules: (rules ?? undefined) as readonly OcppRule[] | undefined,
    mode,
    timeZone: timeZone ?? site.site.timeZone,
  };
}

/** The Modbus rules of the Worker that owns the lines; undefined without Modbus. */
async function modbusRulesInForce({ workers }: ControlContext): Promise<RecordingHead["modbus"]> {
  const lines = linesWorkerOf(workers);
  if (lines === undefined) return undefined;
  const { rules, mode } = await workers.get(lines).call("modbus.rules", {});
  return { rules: rules as unknown as readonly ModbusRule[], mode };
}

/** The site's own rules as they are in force; `policy table` shows them together with the built-in ones. */
function describeRules({ rules, mode, timeZone }: RulesInForce): CommandResult {
  const lines = (rules ?? []).map(({ id, effect, because }) => `${effect.padEnd(5)} ${id}: ${because}`);
  const text = rules
    ? [`${lines.length} rules, mode ${mode}`, ...lines].join("\n")
    : "This site has no rules of its own.";
  return { text, data: { rules: (rules ?? null) as unknown as Json, mode, timeZone } };
}

/** The whole recording as JSON lines: a head with the rules in force, then a line per station and per Modbus client. */
function exportRecording(
  { site }: ControlContext,
  store: RecordingStore,
  { rules, mode, timeZone }: RulesInForce,
  modbus: { readonly rules: RecordingHead["modbus"]; readonly clients: readonly RecordedClient[] },
): CommandResult {
  const head: RecordingHead = {
    recording: "bulkhead-policy",
    version: 1,
    site: site.site.id,
    timeZone,
    mode,
    rules: rules ?? null,
    ...modbus.rules && { modbus: modbus.rules },
  };
  const lines = [head, ...store.all(), ...modbus.clients].map((line) => JSON.stringify(line)).join("\n");
  const { length: modbusClients } = modbus.clients;
  return { text: lines, data: { lines, stations: store.all().length, kinds: store.kinds, modbusClients } };
}
