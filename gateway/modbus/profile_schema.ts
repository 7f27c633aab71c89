import { z } from "zod";
import type { ProfileSource } from "../../profiles/modbus/source.ts";
import { EVIDENCE_RUNGS, type Point, POINT_CLASSES, POINT_TYPES, sizeOf, TABLES } from "./point.ts";
import type { Profile } from "./profile.ts";
import { MODBUS_LIMITS } from "./limits.ts";

const Name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "small letters, digits and single hyphens").max(64);

const Values = z.array(z.union([z.number(), z.tuple([z.number(), z.number()])])).max(64).optional();

/** One point as it stands in a profile file. */
const PointEntry = z.strictObject({
  name: Name.describe("How people and rules name it"),
  at: z.int().min(0).max(65535).describe("Address on the wire, from 0 (documents often count from 1 or 40001)"),
  table: z.enum(TABLES).default("holding").describe("Which of the four tables"),
  type: z.enum(POINT_TYPES).default("u16").describe("How its registers make a value"),
  length: z.int().min(1).max(MODBUS_LIMITS.readRegisters).optional().describe("Registers of an ascii or bits point"),
  class: z.enum(POINT_CLASSES).default("measured").describe("What it is to policy"),
  access: z.enum(["read", "write", "read-write"]).default("read").describe("What the device allows"),
  unit: z.string().max(16).optional().describe("Unit of the scaled value"),
  scale: z.number().positive().default(1).describe("Raw value times this is the value in its unit"),
  wordOrder: z.enum(["big", "little"]).optional().describe("Overrides the profile's"),
  absent: z.array(z.string().regex(/^([0-9a-f]{4})+$/)).default([]).describe("Raw values, as hex, that mean none"),
  legal: Values.describe("Scaled values that may be written: single ones, or ranges with both ends in"),
  restricted: Values.describe("Scaled values that restart it or take it out of service: only by a rule of their own"),
  meanings: z.record(z.string(), z.string().max(80)).optional().describe("Meaning of raw numbers"),
  heartbeat: z.boolean().default(false).describe("Written again and again to keep a failsafe from firing"),
  idempotent: z.boolean().default(true).describe("A second write of the same value changes nothing"),
  maxAgeMs: z.int().min(0).max(3_600_000).optional().describe("How long a read may be answered from memory"),
  source: z.string().max(120).describe("Where it is written or was seen"),
  rung: z.enum(EVIDENCE_RUNGS).describe("How well it is known, weakest first"),
});

/** A profile file: one kind of device. */
export const ProfileFile = z.strictObject({
  id: Name.describe("Named by `modbus.units[].profile`"),
  name: z.string().min(1).max(80).describe("Maker and models"),
  wordOrder: z.enum(["big", "little"]).default("big").describe("Order of the registers of a value"),
  unsupported: z.array(z.int().min(1).max(127)).default([]).describe("Function codes that it does not know"),
  notes: z.string().max(600).optional().describe("What to know before using it"),
  points: z.array(PointEntry).min(1).max(2000).describe("Everything that is known of it"),
});

// What ships in profiles/ and what a site writes has one form.
ProfileFile satisfies z.ZodType<unknown, ProfileSource>;

/** Measured values change all the time and are asked by many; set points must be read as they are. */
const DEFAULT_MAX_AGE_MS = { measured: 500, commanded: 0, protected: 0, personal: 0, credential: 0 } as const;

/** The profile that a file means. Faults are the linter's (profile_lint.ts). */
export function profileOf(file: z.output<typeof ProfileFile>): Profile {
  const { id, name, unsupported } = file;
  return { id, name, unsupported, points: file.points.map((entry) => pointOf(entry, file.wordOrder)) };
}

function pointOf(entry: z.output<typeof PointEntry>, wordOrder: "big" | "little"): Point {
  const { at, source: _source, wordOrder: own, maxAgeMs, length, legal, restricted, meanings, unit, ...rest } = entry;
  return {
    ...rest,
    address: at,
    length: sizeOf(entry.type, length),
    wordSwap: (own ?? wordOrder) === "little",
    maxAgeMs: maxAgeMs ?? DEFAULT_MAX_AGE_MS[entry.class],
    ...(unit === undefined ? {} : { unit }),
    ...(legal === undefined ? {} : { legal }),
    ...(restricted === undefined ? {} : { restricted }),
    ...(meanings === undefined ? {} : { meanings }),
  };
}
