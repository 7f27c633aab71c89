import type { ControlContext, ControlFeature } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { ConsoleOrders, WORKER } from "./acme_orders.ts";
import type { PkiFeature } from "./feature.ts";

const TICK_MS = 60_000;

/** ACME in control: decides when, holds the keys, signs, judges what was issued. The Worker "acme" speaks. */
export interface AcmeFeature extends ControlFeature {
  /** Starts a run when one is due and waits for its end; runs by itself every minute. */
  tick(): Promise<void>;
}

/** Presents the kept certificate at once. */
export async function createAcmeFeature(
  context: ControlContext,
  pki: Pick<PkiFeature, "presentBeside">,
): Promise<AcmeFeature> {
  const orders = new ConsoleOrders(context, pki);
  await orders.configure();
  const inBackground = () => {
    orders.tick().catch((error) => context.log.error("acme.tick.failed", { msg: describeError(error) }));
  };
  const stop = context.timers.every(TICK_MS, inBackground);
  return {
    name: "acme",
    tick: () => orders.tick(),
    handlers: {
      "acme.sign": ({ run, ...request }) => orders.sign(run, request),
      "acme.ordered": ({ run, order }) => orders.ordered(run, order),
    },
    commands: { "cert renew": () => orders.renew() },
    workerJoined: (worker) => Promise.resolve(worker.startsWith(WORKER) ? inBackground() : undefined),
    reconfigure: async () => {
      await orders.configure();
      inBackground();
    },
    stop: () => {
      stop();
      return orders.stop();
    },
  };
}
