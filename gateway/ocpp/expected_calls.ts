import type { WorkerContext } from "../core/conduit.ts";
import type { Json } from "../core/control_api.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { OcppFrame } from "./codec.ts";
import type { RelayPart } from "./relay_parts.ts";
import type { CallVerdict, Judge } from "./session.ts";

/** The rule by which the gateway answers a CALL that control has announced. */
export const EXPECTED_RULE = "ocpp.expected";

/**
 * CALLs of single stations that are meant for the gateway and not for the CSMS, for a while: a signing request that the
 * gateway itself asked for. Control announces them, and answers when they come.
 */
export class ExpectedCalls {
  readonly #context: Pick<WorkerContext<unknown>, "clock" | "control">;
  /** "action station" -> monotonic milliseconds until which it is expected. */
  readonly #until = new Map<string, number>();

  constructor(context: Pick<WorkerContext<unknown>, "clock" | "control">) {
    this.#context = context;
  }

  /** Hangs the answers on all relays. */
  get part(): RelayPart {
    return {
      handlers: {
        "station.expect": ({ stationId, action, forMs }) => {
          if (forMs <= 0) this.#until.delete(keyOf(stationId, action));
          else this.#add(keyOf(stationId, action), forMs);
        },
      },
      takers: {
        [EXPECTED_RULE]: async ({ options: { stationId } }, _from, { action, payload }) => ({
          payload: (await this.#context.control.call("stations.expected", {
            stationId,
            action,
            payload: (payload ?? null) as Json,
          })).payload,
        }),
      },
      judging: (inner, _version, stationId) => this.watch(stationId, inner),
      tick: () => this.#forget(),
    };
  }

  /** The judge of one station, which takes what is expected and leaves the rest to `inner`. */
  watch(stationId: string, inner: Judge): Judge {
    return {
      result: (action, frame) => inner.result(action, frame),
      call: (from, frame, state) => {
        const verdict = inner.call(from, frame, state);
        // A CALL that would be refused (too many, broken) is refused, whoever it is for.
        const isRefused = !verdict.pass && !verdict.take;
        if (from !== "station" || isRefused || !this.#isExpected(stationId, frame.action)) return verdict;
        return isAboutTheCar(frame) ? verdict : TAKEN;
      },
    };
  }

  #isExpected(stationId: string, action: string): boolean {
    if (this.#until.size === 0) return false;
    return (this.#until.get(keyOf(stationId, action)) ?? 0) > this.#context.clock.monotonic();
  }

  #add(key: string, forMs: number): void {
    const now = this.#context.clock.monotonic();
    if (this.#until.size >= OCPP_LIMITS.expectedCalls) this.#until.delete(this.#until.keys().next().value!);
    this.#until.set(key, now + Math.min(forMs, OCPP_LIMITS.expectedMs));
  }

  #forget(): void {
    const now = this.#context.clock.monotonic();
    for (const [key, until] of this.#until) {
      if (until <= now) this.#until.delete(key);
    }
  }
}

const TAKEN: CallVerdict = Object.freeze({ pass: false, take: true, rule: EXPECTED_RULE });

/** A request for a certificate that the station shows to cars (V2G): no matter of the gateway's, whatever it waits for. */
function isAboutTheCar({ action, payload }: OcppFrame): boolean {
  if (action !== "SignCertificate" || typeof payload !== "object" || payload === null) return false;
  const { certificateType = STATION_TYPE } = payload as { readonly certificateType?: unknown };
  return certificateType !== STATION_TYPE;
}

const STATION_TYPE = "ChargingStationCertificate";

/** A station id holds no blank. */
const keyOf = (stationId: string, action: string): string => `${action} ${stationId}`;
