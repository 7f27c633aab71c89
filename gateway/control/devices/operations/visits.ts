import { Buffer } from "node:buffer";
import type { DeviceRole } from "../../../../policies/access_types.ts";
import { UI_PROXY_WORKER } from "../../../core/device_api.ts";
import type {
  DeviceOperation,
  DeviceTask,
  OperationFailed,
  TaskResult,
  TriedSecret,
} from "../../../core/device_operations_api.ts";
import { describeError, GatewayError } from "../../../core/errors.ts";
import { Turns } from "../../../core/turns.ts";
import type { ControlContext } from "../../contract.ts";
import type { LinkSessionRecord } from "../feature.ts";
import { OPERATION_LIMITS } from "./limits.ts";

/** One task at one controller. */
export interface VisitOrder {
  readonly station: string;
  readonly who: string;
  readonly role: DeviceRole;
  readonly task: DeviceTask;
  /** Tried instead of the site's; the driver's name for the role stands in for an absent one. */
  readonly secret?: TriedSecret;
  readonly onProgress?: (bytes: number) => void;
}

/** What visits need of the others. */
export interface VisitParts {
  readonly context: Pick<ControlContext, "log" | "random" | "workers">;
  /** The driver's name of an account for a role. */
  readonly nameOf: (station: string, role: DeviceRole) => string | undefined;
  /** Who has the pages of a station open, and since when. */
  readonly personAt: (station: string) => { readonly person: string; readonly since: number } | undefined;
  /** The driver lets one login in at a time. */
  readonly isSingle: (station: string) => boolean;
}

interface Running extends LinkSessionRecord {
  readonly onProgress?: (bytes: number) => void;
}

/** What changes nothing goes on beside a person, where the controller lets several in. */
const QUIET: ReadonlySet<DeviceTask["do"]> = new Set(["configuration", "logs", "prove", "read"]);
/** What broke off may have been carried out. */
const CHANGING: ReadonlySet<DeviceTask["do"]> = new Set(["firmware", "password", "reboot", "write"]);

/**
 * Visits of the gateway itself at controllers, carried out by the Worker that reaches them. Each has the id of a device
 * session of its own, by which the Worker asks for account, pin and lease; one at a time at each controller.
 */
export class Visits {
  /** Told of each operation that is over: its lease and its tries are too. */
  readonly onEnded: ((session: string) => void)[] = [];
  readonly #parts: VisitParts;
  readonly #running = new Map<string, Running>();
  readonly #turns = new Turns();

  constructor(parts: VisitParts) {
    this.#parts = parts;
  }

  /** The operation that a Worker asks for. */
  get(session: string): LinkSessionRecord | undefined {
    return this.#running.get(session);
  }

  /** Bytes of a file, as the Worker that moves it tells. */
  progress(session: string, worker: string, bytes: number): void {
    const running = this.#running.get(session);
    if (running?.worker === worker) running.onProgress?.(bytes);
  }

  /** Carries out one task. Never throws for what the controller does. */
  async run(order: VisitOrder): Promise<TaskResult> {
    return await this.#turns.run([order.station], () => this.#visit(order));
  }

  async #visit(order: VisitOrder): Promise<TaskResult> {
    const { station, task } = order;
    const person = this.#parts.personAt(station);
    if (person && (!QUIET.has(task.do) || this.#parts.isSingle(station))) {
      return { ...failed("busy", `${person.person} has its pages open`), ...person };
    }
    const worker = this.#parts.context.workers.of(UI_PROXY_WORKER).at(-1);
    if (worker === undefined) {
      return failed("away", "No Worker reaches controllers: the site has no console.devicePages, or it is restarting");
    }
    const session = `operation-${Buffer.from(this.#parts.context.random.bytes(9)).toString("hex")}`;
    const running = this.#recordOf(order, session, worker);
    if (!running) return failed("no-account", `The driver has no account for the ${order.role}`);
    this.#running.set(session, running);
    try {
      return await this.#ask(worker, session, order);
    } finally {
      this.#running.delete(session);
      for (const tell of this.onEnded) tell(session);
    }
  }

  #recordOf({ station, who, role, secret, onProgress }: VisitOrder, session: string, worker: string) {
    const name = secret && (secret.name ?? this.#parts.nameOf(station, role));
    if (secret && name === undefined) return undefined;
    return {
      ...{ id: session, person: who, station, deviceRole: role, worker },
      ...secret && name !== undefined ? { account: { name, password: secret.password } } : {},
      ...onProgress ? { onProgress } : {},
    };
  }

  async #ask(worker: string, session: string, { station, role, task }: VisitOrder): Promise<TaskResult> {
    const { workers, log } = this.#parts.context;
    const isFile = task.do === "firmware" || task.do === "logs" || task.do === "configuration";
    const deadlineMs = isFile ? OPERATION_LIMITS.fileMs : OPERATION_LIMITS.taskMs;
    try {
      return await workers.get(worker).call("device.operate", { session, station, role, task }, { deadlineMs });
    } catch (error) {
      log.warn("device.operation.broken", { station, operation: task.do, msg: describeError(error) });
      const isKnown = error instanceof GatewayError && error.code === "RPC_UNKNOWN_METHOD";
      return failed(CHANGING.has(task.do) && !isKnown ? "unknown" : "away", describeError(error));
    }
  }
}

function failed(failure: OperationFailed["failure"], why: string): OperationFailed {
  return { ok: false, failure, why };
}

/** What an operation is called in the audit and in commands. */
export const operationOf = ({ do: what }: DeviceTask): DeviceOperation | "prove" => what;
