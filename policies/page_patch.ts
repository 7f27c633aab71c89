import { type Decision, deny } from "./decision.ts";
import { matchesPath, type PageRequest } from "./device_page.ts";
import { compareVersions } from "./version.ts";

/** A hole in a device's pages that the gateway closes in front of it, until the device has the firmware that does. */
export interface PagePatch {
  /** The advisory's id, which is the rule's. */
  readonly id: string;
  readonly because: string;
  /** First version without the hole; absent: there is none. */
  readonly fixedIn?: string;
  /** Paths as in PageRow. */
  readonly paths: readonly string[];
  /** Default: all. */
  readonly methods?: readonly string[];
  /**
   * Parameters that are looked at, "*" for all, and what their whole value must match; absent: the request is refused
   * as such.
   */
  readonly parameters?: { readonly names: readonly string[] | "*"; readonly allow: string };
}

/** The patch that refuses this request to a device of this firmware; undefined when none does. */
export function judgePatches(
  request: PageRequest,
  firmware: string | undefined,
  patches: readonly PagePatch[],
): Extract<Decision, { effect: "deny" }> | undefined {
  const hit = patches.find((patch) => isOpen(patch, firmware) && isHit(patch, request));
  if (!hit) return undefined;
  const until = hit.fixedIn === undefined ? "No firmware mends it" : `Firmware ${hit.fixedIn} mends it`;
  return deny(`ui.patch.${hit.id}`, hit.because, until) as Extract<Decision, { effect: "deny" }>;
}

/** A firmware that nobody knows has the hole. */
function isOpen({ fixedIn }: PagePatch, firmware: string | undefined): boolean {
  return fixedIn === undefined || firmware === undefined || compareVersions(firmware, fixedIn) < 0;
}

function isHit({ paths, methods, parameters }: PagePatch, request: PageRequest): boolean {
  if (!paths.some((path) => matchesPath(request.path, path))) return false;
  if (methods && !methods.includes(request.method)) return false;
  if (!parameters) return true;
  const { names, allow } = parameters;
  const whole = new RegExp(`^(?:${allow})$`, "su");
  return request.parameters.some(([name, value]) =>
    (names === "*" || names.some((one) => one.toLowerCase() === name.toLowerCase())) && !whole.test(value)
  );
}
