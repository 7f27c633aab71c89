import type { BayStation } from "../../policies/commissioning.ts";
import type { KnownIdentity, ProtocolState, StepEntry, StepException } from "../../policies/commissioning_types.ts";
import type { PictureRecord } from "../photos/photo_store.ts";

/** A person's signature under a protocol. */
export interface ProtocolSignature {
  /** The account. */
  readonly by: string;
  /** As the person wrote the own name. */
  readonly name: string;
  readonly at: number;
  /** SHA-256 of what was signed, hexadecimal. */
  readonly over: string;
  /** A path of SVG within 300 by 100, where it was drawn. */
  readonly drawing?: string;
}

/** A station as the steps of a protocol know it. */
export interface HeldStation extends BayStation {
  readonly known: KnownIdentity;
}

/** What is kept of the commissioning of one bay. Times are wall milliseconds. */
export interface Protocol {
  readonly id: number;
  readonly bay: string;
  readonly stations: readonly string[];
  readonly state: ProtocolState;
  readonly startedAt: number;
  readonly startedBy: string;
  /** By key of the step. */
  readonly entries: Readonly<Record<string, StepEntry>>;
  readonly exceptions: Readonly<Record<string, StepException>>;
  /** Of the photos in `entries`, by their hash. */
  readonly photos: Readonly<Record<string, PictureRecord>>;
  readonly installer?: ProtocolSignature;
  readonly operator?: ProtocolSignature;
  /** What its stations were when it was closed: it stays as it was signed, whatever becomes of them. */
  readonly held?: readonly HeldStation[];
  readonly closedAt?: number;
  readonly closedBy?: string;
}
