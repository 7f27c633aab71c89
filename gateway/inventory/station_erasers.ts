import { atKey, entryEraser, type StationEraser } from "../store/station_eraser.ts";

/** What the inventory stores of stations, by the id as the second part of the key. */
export const INVENTORY_ERASERS: readonly StationEraser[] = [
  entryEraser({ name: "inventory.adoption", holds: "how far its adoption was", prefix: "adoption", isOf: atKey(1) }),
  entryEraser({ name: "inventory.inbox", holds: "its attempts before it was known", prefix: "inbox", isOf: atKey(1) }),
  entryEraser({
    name: "inventory.entry",
    holds: "its entry, when a command made it",
    prefix: "station",
    isOf: atKey(1),
  }),
  entryEraser({ name: "inventory.climb", holds: "its last climb", prefix: "stationClimb", isOf: atKey(1) }),
  entryEraser({
    name: "inventory.credential",
    holds: "verifier of its password",
    prefix: "stationCredential",
    isOf: atKey(1),
  }),
  entryEraser({ name: "inventory.facts", holds: "what its messages told", prefix: "stationFacts", isOf: atKey(1) }),
  entryEraser({ name: "inventory.lowering", holds: "leave to lower it", prefix: "stationLowering", isOf: atKey(1) }),
  entryEraser({ name: "inventory.profile", holds: "profiles it has proven", prefix: "stationProfile", isOf: atKey(1) }),
  entryEraser({
    name: "inventory.raised",
    holds: "the profile it climbed to",
    prefix: "stationRaised",
    isOf: atKey(1),
  }),
  entryEraser({
    name: "inventory.quarantine",
    holds: "that it is kept out of use",
    prefix: "stationQuarantine",
    isOf: atKey(1),
  }),
  entryEraser({
    name: "inventory.replacement",
    holds: "what binds it to other hardware",
    prefix: "stationReplacement",
    isOf: atKey(1),
  }),
  entryEraser({
    name: "inventory.retired",
    holds: "digest of a dead password",
    prefix: "stationRetired",
    isOf: atKey(1),
  }),
  entryEraser({ name: "inventory.transactions", holds: "what charges", prefix: "transactions", isOf: atKey(1) }),
  entryEraser({
    name: "inventory.upstream",
    holds: "passwords, keys and certificates that its CSMS set, sealed",
    prefix: "upstream",
    isOf: atKey(1),
  }),
  entryEraser({
    name: "inventory.migration",
    holds: "its place in a migration, and what a shadow answered",
    prefix: "migration",
    isOf: atKey(2),
  }),
  entryEraser({ name: "inventory.place", holds: "where it stands", prefix: "plan", below: "place", isOf: atKey(2) }),
  entryEraser({
    name: "inventory.security-events",
    holds: "its security events, with the texts it wrote",
    prefix: "securityEvents",
    isOf: atKey(1),
  }),
];
