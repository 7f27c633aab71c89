import { FOUR_EYES } from "./access.ts";
import type { AccessRequest } from "./access_types.ts";
import { allow, type Decision, deny } from "./decision.ts";

/** Who wants to decide a request. */
export interface ApprovalFacts {
  readonly request: Pick<AccessRequest, "createdAt" | "deviceRole" | "person" | "state">;
  readonly by: string;
  readonly roles: readonly string[];
  readonly now: number;
}

/** A request that nobody decided is void after this. */
export const REQUEST_MS = 24 * 3_600_000;

/**
 * Whether somebody may approve or deny a request: never the own one, whatever the role (separation of duties); the
 * manufacturer's account only administrators, everything else operators too.
 */
export function decideApproval({ request, by, roles, now }: ApprovalFacts): Decision {
  if (request.state !== "pending") return deny("approval.decided", `This request is ${request.state} already`);
  if (now - request.createdAt >= REQUEST_MS) {
    return deny("approval.expired", "This request is older than a day", "Ask for a new one");
  }
  if (by.toLowerCase() === request.person.toLowerCase()) {
    return deny("approval.own", "Nobody decides the own request", "Ask another person who may");
  }
  if (by === "break-glass") {
    return deny("approval.break-glass", "The break-glass account decides no requests", "Nobody knows who uses it");
  }
  const wanted = request.deviceRole === FOUR_EYES ? ["administrator"] : ["administrator", "operator"];
  if (wanted.some((role) => roles.includes(role))) return allow("approval.allowed");
  return deny("approval.role", `Deciding this request needs the role ${wanted.join(" or ")}`);
}
