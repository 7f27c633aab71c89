import type { Delivery } from "../../core/control_api.ts";
import type { Workers } from "../contract.ts";
import { DELIVERY_LIMITS } from "./limits.ts";

/** Hands something to the courier; resolves when the receiver has it. */
export type Deliver = (delivery: Delivery) => Promise<void>;

/** Deliveries through the courier Worker. Rejects with its UpstreamError, RPC_PEER_GONE or RPC_DEADLINE. */
export function courierDeliver(workers: Workers): Deliver {
  return async (delivery) => {
    await workers.get("courier").call("courier.deliver", delivery, { deadlineMs: DELIVERY_LIMITS.deliverMs });
  };
}
