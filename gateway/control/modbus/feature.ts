import type { RecordedClient } from "../../../policies/modbus_recording.ts";
import { type KeptLease, linesWorkerOf } from "../../core/modbus_api.ts";
import type { ControlContext, ControlFeature } from "../contract.ts";
import { KeptLeases } from "./kept_leases.ts";
import { ModbusRecording } from "./modbus_recording.ts";
import { discoverCommand } from "./discover_command.ts";
import { linesCommand } from "./lines_command.ts";
import { readCommand } from "./read_command.ts";
import { unitsCommand } from "./units_command.ts";

/** A lease as `status` shows it. */
export type ShownLease = KeptLease & { readonly seconds: number };

/** Modbus as a feature of control: who commands what is kept, requests are recorded, people read devices. */
export interface ModbusFeature extends ControlFeature {
  /** Who commands which point now; empty without Modbus. */
  leases(): Promise<readonly ShownLease[]>;
  /** What was recorded, with what the Worker still has. */
  recording(): Promise<readonly RecordedClient[]>;
}

/** Creates it. Sites without Modbus have it, too: it then has nothing to do. */
export function createModbusFeature(context: ControlContext): ModbusFeature {
  const { store, workers, log } = context;
  const kept = new KeptLeases(store);
  const recording = new ModbusRecording();
  const lines = () => {
    const name = linesWorkerOf(workers);
    return name === undefined ? undefined : workers.get(name);
  };
  return {
    name: "modbus",
    handlers: {
      "modbus.leased": ({ leases }) => kept.keep(leases),
      "modbus.leases.kept": async () => {
        const units = new Set(context.site.modbus?.units.map(({ unit }) => unit));
        return { leases: await kept.all((unit) => units.has(unit)) };
      },
      "modbus.recorded": ({ clients }) => recording.add(clients as unknown as readonly RecordedClient[]),
    },
    commands: {
      "modbus discover": (args, who) => discoverCommand(context, args, who),
      "modbus lines": () => linesCommand(context),
      "modbus read": (args, who) => readCommand(context, args, who),
      "modbus units": () => unitsCommand(context),
    },
    leases: async () => (await lines()?.call("modbus.leases", {}))?.leases ?? [],
    recording: async () => {
      await recording.collect(lines(), log);
      return recording.all();
    },
  };
}
