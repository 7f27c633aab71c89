import type { Checked } from "../schema.ts";
import { clockState } from "./clock_state.ts";
import { hello } from "./hello.ts";
import { keystoreDescribe } from "./keystore_describe.ts";
import { keystoreRoot } from "./keystore_root.ts";
import { netLinks } from "./net_links.ts";
import { netNeighbour } from "./net_neighbour.ts";
import { watchdogPet } from "./watchdog_pet.ts";

/** Everything hald can be asked. A verb that is not in this list does not exist. Alphabetical by name. */
export const VERBS = [clockState, hello, keystoreDescribe, keystoreRoot, netLinks, netNeighbour, watchdogPet] as const;

type Listed = typeof VERBS[number];
/** Name of a verb. */
export type VerbName = Listed["name"];
/** Arguments of a verb. */
export type VerbArgs<N extends VerbName> = Checked<Extract<Listed, { readonly name: N }>["args"]>;
/** Answer of a verb. */
export type VerbAnswer<N extends VerbName> = Checked<Extract<Listed, { readonly name: N }>["answer"]>;
