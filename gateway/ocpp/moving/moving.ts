import type { WorkerApi } from "../../core/control_api.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import type { Relay } from "../relay.ts";
import type { ObservedMessage, RelayObserver } from "../relay_observer.ts";
import type { RelayPart, RelayPartTools } from "../relay_parts.ts";
import { Acceptance, type AcceptanceStep } from "./acceptance.ts";
import { MOVING_LIMITS } from "./limits.ts";
import { TransactionWatch, WATCHED_ACTIONS } from "./transaction_watch.ts";

/** Milliseconds a station has to say whether it will boot. */
const ASK_MS = 30_000;

interface Watched {
  readonly relay: Relay;
  readonly transactions: TransactionWatch;
  /** Set while the CSMS is new to this station. */
  readonly acceptance: Acceptance | undefined;
  /** When control was last told that the station has booted, monotonic. */
  bootToldAt: number;
}

/**
 * What a migration needs to know in the Worker: which transactions run, so that a station moves between them; and whether
 * a new CSMS accepts it.
 */
export class Moving implements RelayPart {
  readonly observer: readonly RelayObserver[];
  readonly handlers: RpcHandlers<WorkerApi>;
  readonly #tools: RelayPartTools;
  readonly #bySession = new Map<string, Watched>();
  /** Those whose CSMS is new to them: only of these every message is looked at. */
  readonly #accepting = new Set<string>();

  constructor(tools: RelayPartTools) {
    this.#tools = tools;
    this.observer = [{
      name: "moving",
      actions: ["BootNotification", ...WATCHED_ACTIONS],
      opened: (relay) => this.#opened(relay),
      message: (relay, message) => this.#message(relay, message),
      ended: (relay) => this.#ended(relay),
    }, {
      name: "acceptance",
      isIdle: () => this.#accepting.size === 0,
      message: (relay, message) => this.#judge(relay, message),
    }];
    this.handlers = {
      "transactions.live": () =>
        [...this.#bySession.values()].map(({ relay, transactions: { open } }) => ({
          stationId: relay.options.stationId,
          open,
        })),
      "sessions.release": ({ sessions, why }) => ({ released: sessions.filter((one) => this.#release(one, why)) }),
    };
  }

  tick(): void {
    const now = this.#tools.context.clock.monotonic();
    for (const watched of this.#bySession.values()) {
      if (watched.transactions.tick(now)) this.#report(watched, false);
      if (watched.acceptance) this.#follow(watched, watched.acceptance.tick(now));
    }
  }

  #opened(relay: Relay): void {
    const { session, transactions = [], isNewCsms } = relay.options;
    const now = this.#tools.context.clock.monotonic();
    const acceptance = isNewCsms ? new Acceptance(now) : undefined;
    if (acceptance) this.#accepting.add(session);
    const watch = new TransactionWatch(transactions);
    this.#bySession.set(session, { relay, transactions: watch, acceptance, bootToldAt: -Infinity });
  }

  #ended({ options: { session } }: Relay): void {
    this.#bySession.delete(session);
    this.#accepting.delete(session);
  }

  #message(relay: Relay, message: ObservedMessage): void {
    const watched = this.#bySession.get(relay.options.session);
    if (!watched || message.fate === "refused") return;
    const { from, kind, action } = message;
    const isChanged = watched.transactions.see(message, this.#tools.context.clock.monotonic());
    const hasBooted = from === "station" && kind === "call" && action === "BootNotification";
    if (isChanged || (hasBooted && this.#isNews(watched))) this.#report(watched, hasBooted);
  }

  /** A station that boots again and again tells nothing new: its list was whole already. */
  #isNews(watched: Watched): boolean {
    const now = this.#tools.context.clock.monotonic();
    if (now - watched.bootToldAt < MOVING_LIMITS.bootReportMs) return false;
    watched.bootToldAt = now;
    return true;
  }

  #judge(relay: Relay, { from, kind, action, frame, fate }: ObservedMessage): void {
    const watched = this.#bySession.get(relay.options.session), acceptance = watched?.acceptance;
    if (!acceptance || fate === "refused") return;
    if (from === "station" && kind === "call") acceptance.called(action);
    // What the gateway answers in the place of a CSMS that is away says nothing of that CSMS.
    else if (from === "csms" && kind === "reply" && isThrough(relay)) {
      this.#follow(watched, acceptance.answered(action, frame));
    }
  }

  #report({ relay, transactions }: Watched, hasBooted: boolean): void {
    this.#tools.context.control.notify("transactions.changed", {
      stationId: relay.options.stationId,
      open: transactions.open,
      ...(hasBooted ? { booted: true } : {}),
    });
  }

  #follow(watched: Watched, step: AcceptanceStep): void {
    if (step === undefined) return;
    if (step === "ask") return void this.#ask(watched);
    this.#accepting.delete(watched.relay.options.session); // it is over
    this.#tools.context.control.notify("migration.judged", { session: watched.relay.options.session, ...step });
  }

  async #ask(watched: Watched): Promise<void> {
    const payloadText = '{"requestedMessage":"BootNotification"}';
    const outcome = await watched.relay.call({ action: "TriggerMessage", payloadText, timeoutMs: ASK_MS });
    const status = outcome.is === "result" ? (outcome.payload as { readonly status?: unknown } | null)?.status : "";
    this.#follow(watched, watched.acceptance?.willBoot(status === "Accepted"));
  }

  /** Ends a session in which nothing runs; the look and the end are one turn, so that nothing can begin between them. */
  #release(session: string, why: string): boolean {
    const watched = this.#bySession.get(session);
    if (!watched) return false;
    const { relay, transactions } = watched;
    const { station, queued } = relay.options.conversation.load;
    const isQuiet = this.#tools.context.clock.monotonic() - relay.stationSpokeAt >= MOVING_LIMITS.quietMs;
    if (transactions.open.length > 0 || queued > 0 || (station > 0 && !isQuiet)) return false;
    relay.end("moved", 1012, why);
    return true;
  }
}

function isThrough({ options }: Relay): boolean {
  return (options.csmsState?.() ?? "through") === "through";
}
